//! A made-up organisation of any size, for measurements: the same text for the same number of users, on every machine.

use std::fmt::Write;

const DEPARTMENTS: usize = 10;
const TEAMS: usize = 100;

/// The annotation that holds a user's number.
pub const ANNOTATION: &str = "example.com/uid";

/// The name of the nth user, counted from 1.
pub fn user_name(nth: usize) -> String {
    format!("user-{nth:05}")
}

/// An entity file of that many users in a hundred teams of ten departments. Each user is in one to three teams and bears two annotations.
///
/// Each document is one line of JSON, which is YAML too: so the stub catalog of the real Backstage reads the same file.
pub fn organisation(users: usize) -> String {
    let mut text = String::with_capacity(users * 400 + 64 * 1024);
    group(&mut text, "organisation", "organization", None);
    for department in 1..=DEPARTMENTS {
        group(&mut text, &format!("department-{department}"), "department", Some("organisation".to_owned()));
    }
    for team in 1..=TEAMS {
        group(&mut text, &format!("team-{team}"), "team", Some(format!("department-{}", 1 + team % DEPARTMENTS)));
    }
    for nth in 1..=users {
        user(&mut text, nth);
    }
    text
}

fn group(text: &mut String, name: &str, kind: &str, parent: Option<String>) {
    let parent = parent.map_or_else(String::new, |parent| format!(r#","parent":"{parent}""#));
    let spec = format!(r#"{{"type":"{kind}","children":[]{parent}}}"#);
    document(text, "Group", &format!(r#"{{"name":"{name}"}}"#), &spec);
}

fn user(text: &mut String, nth: usize) {
    let name = user_name(nth);
    let mut teams = vec![1 + nth % TEAMS];
    if nth.is_multiple_of(2) {
        teams.push(1 + nth * 7 % TEAMS);
    }
    if nth.is_multiple_of(5) {
        teams.push(1 + nth * 3 % TEAMS);
    }
    teams.dedup();
    let teams: Vec<_> = teams.iter().map(|team| format!(r#""team-{team}""#)).collect();
    let metadata = format!(r#"{{"name":"{name}","annotations":{{"{ANNOTATION}":"uid-{nth}","example.com/login":"login-{nth}"}}}}"#);
    let spec = format!(r#"{{"profile":{{"displayName":"User {nth}","email":"{name}@example.com"}},"memberOf":[{}]}}"#, teams.join(","));
    document(text, "User", &metadata, &spec);
}

fn document(text: &mut String, kind: &str, metadata: &str, spec: &str) {
    let _ = writeln!(text, "---\n{{\"apiVersion\":\"backstage.io/v1alpha1\",\"kind\":\"{kind}\",\"metadata\":{metadata},\"spec\":{spec}}}");
}
