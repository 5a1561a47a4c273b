//! What each command says when all is well, and when a sign-in is refused.

use std::fs;

use stagedoor_tests::stub::{Reply, Stub};

use crate::{
    run::{Ran, Sandbox, assert_shown, command, config, root},
    serving::ORGANISATION,
};

const SAMPLE: [&str; 2] = ["--config", "config/app-config.yaml"];

fn sample(command_line: &[&str]) -> Ran {
    let (name, others) = command_line.split_first().expect("a command");
    Ran::of(&mut command(&root(), &[&[*name], &SAMPLE[..], others].concat()))
}

#[test]
fn help_shows_the_commands_with_examples() {
    assert_shown!("help", Sandbox::new(&[]).run(&["--help"]));
    assert_shown!("help_serve", Sandbox::new(&[]).run(&["serve", "--help"]));
    assert_shown!("help_try", Sandbox::new(&[]).run(&["try", "--help"]));
}

#[test]
fn no_command_is_wrong_usage_and_shows_the_help() {
    let ran = Sandbox::new(&[]).run(&[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.contains("Usage: stagedoor <COMMAND>"), "{ran}");
}

#[test]
fn the_version_is_that_of_the_package() {
    let ran = Sandbox::new(&[]).run(&["--version"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), concat!("stagedoor ", env!("CARGO_PKG_VERSION"), "\n")));
}

#[test]
fn the_schema_is_the_committed_one() {
    let ran = Sandbox::new(&[]).run(&["schema"]);
    assert_eq!(ran.code, Some(0));
    assert!(
        ran.stdout == fs::read_to_string(root().join("config/schema.json")).unwrap(),
        "config/schema.json is stale: stagedoor schema > config/schema.json"
    );
}

#[test]
fn check_says_what_would_run() {
    assert_shown!("check_sample", sample(&["check"]));
}

#[test]
fn try_explains_a_sign_in() {
    assert_shown!("try_signs_in", sample(&["try", "--header", "x-forwarded-user: alice"]));
}

#[test]
fn try_explains_a_refusal_and_ends_with_1() {
    let refused = |header| {
        let ran = sample(&["try", "--header", header]);
        assert_eq!(ran.code, Some(1), "{ran}");
        ran
    };
    assert_shown!("try_unknown_user", refused("x-forwarded-user: nobody"));
    assert_shown!("try_missing_header", refused("x-forwarded-email: alice@example.com"));
    assert_shown!("try_underscore_twin", refused("x_forwarded_user: alice"));
}

#[test]
fn try_runs_an_unlisted_component_with_every_power_denied() {
    let component = concat!("mine=", env!("STAGEDOOR_GUESTS"), "/fallback.wasm");
    let ran = sample(&["try", "--header", "x-forwarded-user: nobody", "--resolver", component]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert_shown!("try_unlisted_component", ran);
}

#[test]
fn try_replaces_the_source_of_a_listed_component_and_keeps_its_grants() {
    let more =
        "stagedoor: { components: { mine: { source: ./gone.wasm, grants: { fallback: { kinds: [user], namespaces: [default], names: ['.*'] } } } } }";
    let sandbox = Sandbox::new(&[("app-config.yaml", &config("mine", more))]);
    let component = concat!("mine=", env!("STAGEDOOR_GUESTS"), "/fallback.wasm");
    let ran = sandbox.run(&["try", "--header", "x-forwarded-user: nobody", "--resolver", component]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_shown!("try_replaced_source", ran);
}

/// A name that `stagedoor.profile` or `stagedoor.ownership` asks is replaced there, and not put into the chain.
#[test]
fn try_shows_every_kind_of_component_and_replaces_any() {
    let more = concat!(
        "catalog: { locations: [{ type: file, target: ./org.yaml }] }\nstagedoor: { components: { own: { source: ./gone.wasm }, owns: { source: ",
        env!("STAGEDOOR_GUESTS"),
        "/owns.wasm } }, profile: own, ownership: { component: owns, refs: ['group:default/all'] } }"
    );
    let app_config = config("forwardedUserMatchingUserEntityName", more);
    let sandbox = Sandbox::new(&[("app-config.yaml", &app_config), ("org.yaml", ORGANISATION)]);
    let component = concat!("own=", env!("STAGEDOOR_GUESTS"), "/own_profile.wasm");
    let headers = ["--header", "x-forwarded-user: alice", "--header", "x-auth-request-email: alice@corp.example"];
    let ran = sandbox.run(&[&["try", "--resolver", component], &headers[..]].concat());
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_shown!("try_every_kind", ran);
}

#[test]
fn without_an_app_config_the_printed_one_works() {
    let sandbox = Sandbox::new(&[("org.yaml", "kind: User\napiVersion: backstage.io/v1alpha1\nmetadata: { name: alice }\nspec: { memberOf: [] }\n")]);
    let ran = sandbox.run(&["check"]);
    assert_eq!(ran.code, Some(78));
    let (_, printed) = ran.stderr.split_once("\n\n").expect("the config stands behind an empty line");
    assert_eq!(printed.lines().count(), 3, "{printed}");
    fs::write(sandbox.path().join("app-config.yaml"), printed).unwrap();
    let ran = sandbox.run(&["try", "--header", "x-forwarded-user: alice"]);
    assert_eq!(ran.code, Some(0), "{ran}");
}

/// A server starts without the catalog, so a catalog that is not there is no fault of the configuration.
#[test]
fn check_asks_a_catalog_over_http_once_and_only_warns() {
    let stub = Stub::start(|_| Reply::Json(200, "[]".into()));
    let (address, token) = (stub.address, "hunter2hunter2");
    let more = format!(
        "discovery: {{ endpoints: [{{ target: 'http://{address}/api/{{{{pluginId}}}}', plugins: [catalog] }}] }}\n\
         stagedoor: {{ catalog: {{ source: backstage, token: {token} }} }}"
    );
    let sandbox = Sandbox::new(&[("app-config.yaml", &config("forwardedUserMatchingUserEntityName", &more))]);
    let ran = sandbox.run(&["check"]);
    assert_eq!((ran.code, ran.stderr.contains("warning")), (Some(0), false), "{ran}");
    assert!(ran.stdout.contains(&format!("catalog    http://{address}/api/catalog (kept for 30s)\n")), "{ran}");
    assert_eq!(stub.calls(), 1);
    drop(stub);
    let ran = sandbox.run(&["check"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let warning = format!("warning: http://{address}/api/catalog: the catalog could not be asked: no connection: ");
    assert!(ran.stderr.contains(&warning) && !ran.to_string().contains(token), "{ran}");
}
