//! Which lines are written where.

use std::{fmt::Write, thread::sleep, time::Duration};

use serde_json::Value;
use stagedoor_tests::stub::{Reply, Stub};

use crate::{
    run::{Sandbox, assert_shown, config, root},
    serving::{REFRESH, Serving, sandbox},
};

/// The lines on the target `audit` after a sign-in and a refusal, and what stood on stderr before the banner.
fn audited(variables: &[(&str, &str)]) -> (Vec<Value>, String) {
    let sandbox = sandbox();
    let server = Serving::start(sandbox.command(&["serve"]).envs(variables.iter().copied()));
    server.get(REFRESH, "x-forwarded-user: alice\r\n");
    server.get(REFRESH, "");
    let warnings = server.banner.split_inclusive('\n').take_while(|line| line.starts_with("warning: ")).collect();
    let (_, logs) = server.terminate();
    let lines = logs.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    (lines.filter(|line| line["target"] == "audit").collect(), warnings)
}

fn outcomes(variables: &[(&str, &str)]) -> String {
    let (lines, warnings) = audited(variables);
    lines.iter().fold(warnings, |mut text, line| {
        let _ = writeln!(text, "{} {}", line["outcome"], line["user"]);
        text
    })
}

#[test]
fn every_sign_in_is_recorded_unless_the_filter_names_the_target() {
    let both = "\"signed-in\" \"user:default/alice\"\n\"refused\" null\n";
    for variables in [&[][..], &[("LOG_LEVEL", "warn")], &[("LOG_LEVEL", "error")], &[("RUST_LOG", "off")], &[("RUST_LOG", ""), ("LOG_LEVEL", " ")]] {
        assert_eq!(outcomes(variables), both, "{variables:?}");
    }
    assert_eq!(outcomes(&[("RUST_LOG", "info,audit=warn")]), "\"refused\" null\n");
    assert_eq!(outcomes(&[("RUST_LOG", "debug,audit=off")]), "");
}

#[test]
fn a_filter_that_cannot_be_read_is_told() {
    for (variable, value) in [("LOG_LEVEL", "verbose"), ("RUST_LOG", "stagedoor=loud")] {
        let said = outcomes(&[(variable, value)]);
        assert!(said.starts_with(&format!("warning: {variable} is no")) && said.contains("signed-in"), "{said}");
    }
}

#[test]
fn the_record_tells_the_components_of_all_attempts_apart() {
    let chain = config("forwardedPreferredUsernameMatchingUserEntityName }, { resolver: forwardedUserMatchingUserEntityName", "");
    let more = "catalog: { locations: [{ type: file, target: ./org.yaml }] }\nstagedoor: { listen: 127.0.0.1:0 }\n";
    let sandbox = Sandbox::new(&[("app-config.yaml", &(chain + more)), ("org.yaml", crate::serving::ORGANISATION)]);
    let server = Serving::start(&mut sandbox.command(&["serve"]));
    server.get(REFRESH, "x-forwarded-preferred-username: nobody\r\nx-forwarded-user: alice\r\n");
    let (_, logs) = server.terminate();
    let line: Value = logs.lines().filter_map(|line| serde_json::from_str(line).ok()).find(|line: &Value| line["target"] == "audit").unwrap();
    let digests: Vec<_> = line["attempts"].as_str().unwrap().split('(').skip(1).map(|attempt| attempt.split(' ').next().unwrap()).collect();
    let [first, second] = digests[..] else { panic!("{line}") };
    assert!(first != second && [first, second].iter().all(|digest| digest.len() == 12), "{line}");
    assert!(line["digest"].as_str().unwrap().starts_with(&format!("sha256:{second}")), "{line}");
}

#[test]
fn the_record_names_the_kind_of_what_is_no_resolver() {
    let more = concat!(
        "catalog: { locations: [{ type: file, target: ./org.yaml }] }\nstagedoor: { listen: 127.0.0.1:0, components: { own: { source: ",
        env!("STAGEDOOR_GUESTS"),
        "/own_profile.wasm }, owns: { source: ",
        env!("STAGEDOOR_GUESTS"),
        "/owns.wasm } }, profile: own, ownership: owns }\n"
    );
    let app_config = config("forwardedUserMatchingUserEntityName", more);
    let sandbox = Sandbox::new(&[("app-config.yaml", &app_config), ("org.yaml", crate::serving::ORGANISATION)]);
    let server = Serving::start(&mut sandbox.command(&["serve"]));
    let labels: Vec<_> = server.banner.lines().skip(1).take(3).map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(labels, ["profile own", "resolvers forwardedUserMatchingUserEntityName", "ownership owns"]);
    server.get(REFRESH, "x-forwarded-user: alice\r\nx-auth-request-email: a@corp.example\r\n");
    server.get(REFRESH, "x-forwarded-user: alice\r\n");
    let (_, logs) = server.terminate();
    let lines: Vec<Value> =
        logs.lines().filter_map(|line| serde_json::from_str(line).ok()).filter(|line: &Value| line["target"] == "audit").collect();
    let asked = |line: &Value| -> Vec<String> {
        let attempts = line["attempts"].as_str().unwrap().split(") ");
        attempts.map(|attempt| attempt.split('(').next().unwrap().to_owned()).collect()
    };
    assert_eq!(asked(&lines[0]), ["profile:own", "forwardedUserMatchingUserEntityName", "ownership:owns"], "{}", lines[0]);
    assert_eq!(lines[0]["resolver"], "forwardedUserMatchingUserEntityName", "who decided");
    assert_eq!((asked(&lines[1]), &lines[1]["resolver"]), (vec!["profile:own".to_owned()], &Value::from("own")));
}

/// A guest's own lines are what its author wants to see, and a terminal must not obey them.
#[test]
fn try_shows_what_a_component_says_and_obeys_nothing_of_it() {
    let more = concat!(
        "stagedoor: { components: { mine: { source: '",
        env!("STAGEDOOR_GUESTS"),
        "/writes_escapes.wasm' } } }\ncatalog: { locations: [{ type: file, target: ./org.yaml }, { type: url, target: 'https://example.com/x' }] }"
    );
    let sandbox = Sandbox::new(&[("app-config.yaml", &config("mine", more)), ("org.yaml", crate::serving::ORGANISATION)]);
    for (name, user, code) in [("signs in", "alice", 0), ("refuses", "mallory", 1)] {
        let ran = sandbox.run(&["try", "--header", &format!("x-forwarded-user: {user}")]);
        assert_eq!(ran.code, Some(code), "{name}: {ran}");
        assert!(ran.stderr.contains(" INFO resolver: log "), "{ran}");
        assert!(ran.stderr.starts_with("warning: "), "the skipped location is told as check tells it: {ran}");
        assert!(!format!("{ran}").contains(|c: char| c.is_control() && c != '\n'), "{name}: {ran:?}", ran = ran.to_string());
        assert!(!ran.stdout.lines().any(|line| line == "because    nothing"), "{ran}");
        if code == 1 {
            assert_shown!("try_escapes", ran);
        }
    }
    let quiet = crate::run::Ran::of(sandbox.command(&["try", "--header", "x-forwarded-user: alice"]).env("RUST_LOG", "error"));
    assert!(!quiet.stderr.contains("INFO"), "{quiet}");
}

#[test]
fn check_is_silent_about_what_is_well() {
    let ran = crate::run::Ran::of(&mut crate::run::command(&root(), &["check", "--config", "config/app-config.yaml"]));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
}

/// The compiling child is what takes long at a start.
#[cfg(target_os = "linux")]
#[test]
fn a_stop_during_the_start_ends_it_at_once() {
    use std::{fs, io::Read, process::Command, process::Stdio, time::Instant};

    let sandbox = sandbox();
    let mut command = sandbox.command(&["serve"]);
    // Nothing is compiled yet there.
    command.env("APP_CONFIG_stagedoor_stateDir", format!("{:?}", sandbox.path().join("state"))).env("LOG_LEVEL", "info");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = child.id();
    let begun = Instant::now();
    let compiling = loop {
        let children = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
        let children: String = children.filter_map(|task| fs::read_to_string(task.path().join("children")).ok()).collect();
        if let Some(compiling) = children.split_whitespace().next() {
            break compiling.to_owned();
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "it compiles nothing");
        sleep(Duration::from_millis(1));
    };
    assert!(Command::new("kill").args(["-TERM", &id.to_string()]).status().unwrap().success());
    let (mut said, mut logs) = (String::new(), String::new());
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    child.stdout.take().unwrap().read_to_string(&mut logs).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""), "no banner");
    assert!(logs.contains("stopped before it served"), "{logs}");
    // A zombie has no command line any more.
    assert!(fs::read(format!("/proc/{compiling}/cmdline")).unwrap_or_default().is_empty(), "the compiling child is gone too");
}

#[test]
fn the_cache_of_the_catalog_says_at_the_end_what_it_did() {
    let stub = Stub::start(|asked| {
        if asked.target.ends_with("/alice") {
            Reply::Json(200, r#"{"kind":"User","metadata":{"name":"alice"}}"#.into())
        } else {
            Reply::Json(404, "{}".into())
        }
    });
    let more = format!(
        "discovery: {{ endpoints: [{{ target: 'http://{}/{{{{pluginId}}}}', plugins: [catalog] }}] }}\n\
         stagedoor: {{ listen: 127.0.0.1:0, catalog: {{ source: backstage }} }}",
        stub.address
    );
    let sandbox = Sandbox::new(&[("app-config.yaml", &config("forwardedUserMatchingUserEntityName", &more))]);
    let server = Serving::start(&mut sandbox.command(&["serve"]));
    for name in ["alice", "alice", "bob", "alice", "bob"] {
        server.get(REFRESH, &format!("x-forwarded-user: {name}\r\n"));
    }
    let (_, logs) = server.terminate();
    assert!(logs.contains("catalog cache: 2 hits, 1 for nobody, 2 calls, 0 waited for one, 0 failed, 0 served stale"), "{logs}");
}
