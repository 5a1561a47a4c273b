//! Wrong input: each fault is said clearly (file, key path, what to do), with the exit code that tells its kind, by `check` and `serve` alike.

use std::{fmt::Write, net::TcpListener, process::Command};

use crate::run::{Ran, Sandbox, assert_shown, config};

const BY_NAME: &str = "forwardedUserMatchingUserEntityName";

/// A configuration that cannot work.
struct Fault {
    name: &'static str,
    resolver: &'static str,
    more: &'static str,
}

const fn fault(name: &'static str, resolver: &'static str, more: &'static str) -> Fault {
    Fault { name, resolver, more }
}

macro_rules! guest {
    ($name:literal, $more:literal) => {
        concat!("stagedoor: { components: { mine: { source: '", env!("STAGEDOOR_GUESTS"), "/", $name, ".wasm'", $more, " } } }")
    };
}

const FAULTS: [Fault; 26] = [
    fault("bad YAML", BY_NAME, "stagedoor: { listen: [ }"),
    fault("unknown resolver", "forwardedUser", ""),
    fault("no resolver", "~", ""),
    fault("component that is not there", "mine", "stagedoor: { components: { mine: { source: ./gone.wasm } } }"),
    fault("component of the wrong world", "mine", guest!("wrong_world", "")),
    fault("corrupt component", "mine", "stagedoor: { components: { mine: { source: ./corrupt.wasm } } }"),
    fault("truncated component", "mine", "stagedoor: { components: { mine: { source: ./truncated.wasm } } }"),
    fault("core module", "mine", "stagedoor: { components: { mine: { source: ./module.wasm } } }"),
    fault("missing setting", "mine", guest!("settings", "")),
    fault("wrong settings", "emailLocalPartMatchingUserEntityName, allowedDomains: [], dangerouslyAllowSignInWithoutUserInCatalog: 7", ""),
    fault("misspelt option", "emailLocalPartMatchingUserEntityName, allowedDomain: [corp.example]", ""),
    fault("undecided power", "mine", guest!("fallback", "")),
    fault("incomplete bounds", "mine", guest!("fallback", ", grants: { fallback: { kinds: [user], names: ['.*'] } }")),
    fault("wrong digest", "mine", guest!("annotation", ", digest: 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'")),
    fault("unknown keys", BY_NAME, "stagedoor: { lisen: 1, limits: { timeOut: 1 s } }"),
    fault("unsupported algorithm", BY_NAME, "AUTH: { identityTokenAlgorithm: HS256 }"),
    fault("every peer trusted", BY_NAME, "stagedoor: { trust: { peers: [0.0.0.0/0] } }"),
    fault("bad listen address", BY_NAME, "stagedoor: { listen: 7107 }"),
    fault("stateDir below a file", BY_NAME, "stagedoor: { stateDir: ./app-config.yaml/state }"),
    fault("missing catalog file", BY_NAME, "catalog: { locations: [{ type: file, target: ./missing.yaml }] }"),
    fault("broken catalog file", BY_NAME, "catalog: { locations: [{ type: file, target: ./broken.yaml }] }"),
    fault("broken table", BY_NAME, "stagedoor: { tables: { roles: { source: ./roles.csv }, gone: { source: ./gone.yaml } } }"),
    fault("table that is not there", "mine", guest!("names_tables", "")),
    fault("unset variable", "'${NOT_SET}'", ""),
    fault("unset variable in an option", "emailLocalPartMatchingUserEntityName, allowedDomains: ['${NOT_SET}']", ""),
    fault("missing included file", BY_NAME, "app: { $include: ./gone.yaml }"),
];

/// Files that some faults are about.
const FILES: [(&str, &str); 5] = [
    ("corrupt.wasm", "this is no WebAssembly"),
    ("truncated.wasm", "\0asm\r\0\x01\0\x07"),
    ("module.wasm", "\0asm\x01\0\0\0"),
    ("broken.yaml", "kind: User\nmetadata: { name: alice\n"),
    ("roles.csv", "ad-1,developer\nad-2\n"),
];

/// The configuration; what a fault says about `AUTH` belongs into `auth`, which there is only one of.
fn app_config(fault: &Fault) -> String {
    match fault.more.strip_prefix("AUTH: {").and_then(|more| more.strip_suffix('}')) {
        Some(more) => config(fault.resolver, "").replacen("auth: {", &format!("auth: {{{more},"), 1),
        None => config(fault.resolver, fault.more),
    }
}

/// `serve` listens on a free port and `check` nowhere; a fault in `stagedoor.listen` or `stateDir` is not overridden.
fn command(sandbox: &Sandbox, name: &str, fault: &Fault) -> Command {
    let mut command = sandbox.command(&[name]);
    if fault.name.contains("stateDir") {
        command.env_remove("APP_CONFIG_stagedoor_stateDir");
    }
    if !fault.more.contains("listen:") {
        command.env("APP_CONFIG_stagedoor_listen", "127.0.0.1:0");
    }
    command
}

#[test]
fn each_fault_is_one_clear_line_and_exit_code_78() {
    let mut report = String::new();
    for fault in &FAULTS {
        let sandbox = Sandbox::new(&FILES);
        std::fs::write(sandbox.path().join("app-config.yaml"), app_config(fault)).unwrap();
        let checked = Ran::of(&mut command(&sandbox, "check", fault));
        assert_eq!((checked.code, checked.stdout.as_str()), (Some(78), ""), "{}: {checked}", fault.name);
        assert!(checked.stderr.lines().all(|line| line.starts_with("error: ") || line.starts_with("warning: ")), "{}: {checked}", fault.name);
        let served = Ran::of(&mut command(&sandbox, "serve", fault));
        assert_eq!(served.code, Some(78), "{}: {served}", fault.name);
        let errors = |ran: &Ran| ran.stderr.lines().filter(|line| line.starts_with("error: ")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(errors(&served), errors(&checked), "{}: serve says what check says", fault.name);
        let _ = writeln!(report, "{}\n{}", fault.name, checked.stderr);
    }
    assert_shown!("wrong_input", report);
}

#[cfg(unix)]
#[test]
fn a_state_directory_that_others_can_write_to_is_refused() {
    use std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
        path::Path,
    };

    type Spoil = fn(&Path);
    let spoils: [(&str, Spoil); 3] = [
        ("open to everybody", |state| fs::set_permissions(state, fs::Permissions::from_mode(0o777)).unwrap()),
        ("a key that others can write", |state| {
            fs::write(state.join("compiled/key"), [0; 32]).unwrap();
            fs::set_permissions(state.join("compiled/key"), fs::Permissions::from_mode(0o666)).unwrap();
        }),
        ("a key that is a link", |state| symlink("/etc/hostname", state.join("compiled/key")).unwrap()),
    ];
    let mut report = String::new();
    for (name, spoil) in spoils {
        let sandbox = Sandbox::new(&[("app-config.yaml", &config(BY_NAME, "stagedoor: { stateDir: ./state }"))]);
        let state = sandbox.path().join("state");
        fs::create_dir_all(state.join("compiled")).unwrap();
        spoil(&state);
        let ran = Ran::of(sandbox.command(&["check"]).env_remove("APP_CONFIG_stagedoor_stateDir"));
        assert_eq!(ran.code, Some(78), "{name}: {ran}");
        let _ = writeln!(report, "{name}\n{}", ran.stderr);
    }
    assert_shown!("open_state", report);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let ran = Sandbox::new(&[]).run(&["check", "--config", "gone.yaml"]);
    assert_eq!(ran.code, Some(78));
    assert_shown!("missing_file", ran);
}

#[test]
fn without_any_config_a_working_one_is_shown() {
    let ran = Sandbox::new(&[]).run(&["serve"]);
    assert_eq!(ran.code, Some(78));
    assert_shown!("no_config", ran);
}

#[test]
fn every_fault_is_reported_at_once() {
    let more = "stagedoor: { lisen: 1, trust: { peers: [nonsense] } }";
    let sandbox = Sandbox::new(&[("app-config.yaml", &config(BY_NAME, more))]);
    let ran = sandbox.run(&["check"]);
    assert_eq!(ran.stderr.lines().count(), 2, "{ran}");
    let two = "{ resolver: noSuch }, { resolver: neither }";
    let sandbox = Sandbox::new(&[("app-config.yaml", &format!("auth: {{ providers: {{ oauth2Proxy: {{ signIn: {{ resolvers: [{two}] }} }} }} }}"))]);
    let ran = sandbox.run(&["check"]);
    assert_eq!(ran.stderr.lines().count(), 2, "{ran}");
}

#[test]
fn a_port_in_use_is_69() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let sandbox = Sandbox::new(&[("app-config.yaml", &config(BY_NAME, &format!("stagedoor: {{ listen: '{address}' }}")))]);
    let mut ran = sandbox.run(&["serve"]);
    assert_eq!(ran.code, Some(69), "{ran}");
    ran.stderr = ran.stderr.replace(&address.to_string(), "[address]");
    assert_shown!("port_in_use", ran);
}

#[test]
fn serving_as_somebody_is_refused_where_others_could_reach_it() {
    let sandbox = Sandbox::new(&[("app-config.yaml", &config(BY_NAME, "stagedoor: { listen: 127.0.0.1:0 }"))]);
    let in_production = Ran::of(sandbox.command(&["serve", "--as", "alice"]).env("NODE_ENV", "production"));
    assert_eq!(in_production.code, Some(2));
    assert_shown!("serve_as_in_production", in_production);
    let everywhere = Sandbox::new(&[("app-config.yaml", &config(BY_NAME, "stagedoor: { listen: '0.0.0.0:0' }"))]).run(&["serve", "--as", "alice"]);
    assert_eq!(everywhere.code, Some(2));
    assert_shown!("serve_as_on_every_interface", everywhere);
}

#[test]
fn serving_as_somebody_wants_the_name_of_a_user() {
    let sandbox = Sandbox::new(&[("app-config.yaml", &config(BY_NAME, "stagedoor: { listen: 127.0.0.1:0 }"))]);
    for name in ["", "user:default/alice", "other/alice"] {
        let ran = sandbox.run(&["serve", "--as", name]);
        assert_eq!(ran.code, Some(2), "{name:?}: {ran}");
        assert!(ran.stderr.contains("--as: expected the name of a user"), "{ran}");
    }
}

/// What works, though perhaps not as meant, is told and does not stand in the way.
#[test]
fn what_comes_to_nothing_is_a_warning() {
    let more = "stagedoor: { trust: { peers: [10.0.0.1] }, components: { unused: { source: ./gone.wasm } } }";
    let ran = Sandbox::new(&[("app-config.yaml", &config("forwardedUserMatchingUserEntityName, something: 1", more))]).run(&["check"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    for warning in [
        "stagedoor.components.unused: neither an item of signIn.resolvers nor stagedoor.profile or stagedoor.ownership asks it",
        "stagedoor.trust.peers: stagedoor.listen is 127.0.0.1:7107, which only this machine reaches",
        "signIn.resolvers[0].something: forwardedUserMatchingUserEntityName has no such setting",
    ] {
        assert!(ran.stderr.contains(warning), "{warning}: {ran}");
    }
}

#[test]
fn wrong_arguments_are_wrong_usage() {
    let sandbox = Sandbox::new(&[("app-config.yaml", &config(BY_NAME, ""))]);
    for arguments in [
        &["try", "--header", "no colon"][..],
        &["try", "--header", "bad name: x"],
        &["try", "--resolver", "no-file"],
        &["serve", "--port", "1"],
        &["frobnicate"],
    ] {
        let ran = sandbox.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}: {ran}");
        assert!(ran.stderr.starts_with("error: "), "{ran}");
    }
}
