//! Groups are given once, in order, and never guessed.

use proptest::prelude::*;

use super::*;
use crate::testing::FakeContext;

fn groups(text: &str) -> Groups {
    Groups::separated(text, ',')
}

fn refs(groups: &Groups) -> Vec<String> {
    groups.entity_refs().iter().map(EntityRef::to_string).collect()
}

fn claim(claims: &str) -> Result<Groups, Error> {
    Groups::from_claim(&Claims::from_json(claims)?, "groups")
}

#[test]
fn a_header_holds_names_between_commas() {
    let read = |value: &str| Groups::from_header(&FakeContext::new().with_header("X-Forwarded-Groups", value), "x-forwarded-groups");
    for (value, names) in [
        ("", &[][..]),
        (",, ,\t,", &[]),
        ("a", &["a"]),
        ("b,a,b", &["b", "a"]),
        (" a , b ", &["a", "b"]),
        ("Team A,/dept/team", &["Team A", "/dept/team"]),
        ("admins,Admins", &["admins", "Admins"]),
        // What a proxy does that lets the client's copy through; no name of ours is made of it.
        ("evil, a", &["evil", "a"]),
    ] {
        assert_eq!(read(value).names(), names, "{value:?}");
    }
    assert!(Groups::from_header(&FakeContext::new(), "x-forwarded-groups").is_empty());
}

#[test]
fn a_claim_is_a_list_or_absent() {
    for (claims, expected) in [
        (r#"{"groups":["alpha","platform-admins","alpha"]}"#, &["group:default/alpha", "group:default/platform-admins"][..]),
        (r#"{"groups":["alpha", 7, "", null, ["x"], {"y":1}, true]}"#, &["group:default/alpha"]),
        (r#"{"groups":["Team A","team a"]}"#, &["group:default/Team A"]),
        (r#"{"groups":["a,b","role:x","ops/x","\u212Aevin","a\u0000"]}"#, &[]),
        (r#"{"groups":[]}"#, &[]),
        (r#"{"groups":null}"#, &[]),
        ("{}", &[]),
    ] {
        assert_eq!(refs(&claim(claims).unwrap()), expected, "{claims}");
    }
    for claims in [r#"{"groups":"admins"}"#, r#"{"groups":{"0":"admins"}}"#, r#"{"groups":7}"#] {
        assert_eq!(claim(claims).unwrap_err().cause(), Some("the claim groups is not a list"));
    }
}

#[test]
fn a_prefix_is_demanded_or_cut() {
    let given = groups("role:admin,/alpha,beta,role:,Role:x,role:role:y");
    assert_eq!(given.prefixed("role:").names(), ["admin", "role:y"]);
    assert_eq!(given.without_prefix("/").only(["alpha", "beta"]).names(), ["alpha", "beta"]);
    assert_eq!(groups("/,//a").without_prefix("/").names(), ["/a"], "once, and nothing is left of a slash alone");
}

#[test]
fn only_known_roles_count_and_the_author_says_what_without_them() {
    let known = |given| groups(given).only(["admins", "viewers"]);
    assert_eq!(known("viewers,x,admins").names(), ["admins", "viewers"]);
    assert!(known("x,ADMINS,viewer,admins\u{200B}").is_empty());
    assert_eq!(known("x").or_refuse("No role").unwrap_err(), Error::not_allowed("No role"));
    assert_eq!(known("admins").or_refuse("No role").unwrap().names(), ["admins"]);
    assert_eq!(known("x").or_default("guests").names(), ["guests"]);
    assert_eq!(known("admins").or_default("guests").names(), ["admins"]);
    assert!(groups("a").or_refuse("No role").unwrap().contains("a") && !groups("A").contains("a"));
}

#[test]
fn a_union_has_each_once_and_the_first_seen_first() {
    assert_eq!(refs(&groups("a,b").and(&groups("b,C"))), ["group:default/a", "group:default/b", "group:default/C"]);
}

#[test]
fn names_become_refs_of_their_namespace() {
    assert_eq!(refs(&groups("Team A,***").cleaned(NameRules::catalog())), ["group:default/team-a"]);
    assert_eq!(groups("a,A,role:b").entity_refs_in("Corp"), [EntityRef::group("a").in_namespace("corp")]);
    assert!(groups("a").entity_refs_in("a/b").is_empty());
}

#[test]
fn a_directory_full_of_groups_is_read_whole() {
    let many = (0..50_000).map(|n| format!("Group {n}")).collect::<Vec<_>>().join(",");
    assert_eq!(groups(&many).and(&groups(&many)).entity_refs().len(), 50_000);
}

proptest! {
    #[test]
    fn no_name_gets_in_that_was_not_there(text in "[a-c:/, ]{0,20}", prefix in "[a-c:/]{0,2}") {
        let all = groups(&text);
        for name in all.prefixed(&prefix).names() {
            prop_assert!(all.contains(&[&*prefix, name].concat()));
        }
        for name in all.without_prefix(&prefix).names() {
            prop_assert!(all.contains(name) || all.contains(&[&*prefix, name].concat()));
        }
        prop_assert!(all.entity_refs().iter().all(|group| group.kind() == "group" && group.namespace() == "default"));
    }
}
