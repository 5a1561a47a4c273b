//! A unix socket: who may open it may speak, and its file comes and goes with the server.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, net::UnixListener},
    process::Command,
};

use stagedoor_tests::{
    binary,
    door::{Door, Place, Settings},
};

use crate::REFRESH;

const ALICE: &[(&str, &str)] = &[("x-forwarded-user", "alice")];

fn on_a_socket() -> Settings<'static> {
    Settings { unix: true, config: "backend: { baseUrl: 'https://backstage.example.org' }", ..Settings::default() }
}

fn file(door: &Door) -> &std::path::Path {
    match &door.place {
        Place::Socket(path) => path,
        Place::Port(_) => panic!("it listens on TCP"),
    }
}

#[test]
fn whoever_may_open_the_socket_signs_in_and_the_file_goes_with_the_server() {
    let mut door = Door::ready(&on_a_socket());
    assert!(door.get(REFRESH, ALICE).is_alice(), "{}", door.log());
    assert_eq!(fs::metadata(file(&door)).unwrap().permissions().mode() & 0o777, 0o660);
    let log = door.terminated();
    assert!(log.contains("whoever may open the socket (mode 0660) may speak for users") && log.contains("curl --unix-socket "), "{log}");
    assert!(log.contains(r#""peer":"unix""#), "{log}");
    assert!(!file(&door).exists());
}

#[test]
fn the_mode_is_the_configured_one() {
    let config = "backend: { baseUrl: 'https://x' }\nstagedoor: { socketMode: '0600' }";
    let door = Door::ready(&Settings { config, ..on_a_socket() });
    assert_eq!(fs::metadata(file(&door)).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_a_dead_process_left_is_replaced() {
    let mut door = Door::ready(&on_a_socket());
    door.signal("KILL");
    assert_eq!(door.ended(), None);
    assert!(file(&door).exists(), "nobody removed it");
    let environment = [("APP_CONFIG_stagedoor_listen", format!("unix:{}", file(&door).display()))];
    let environment = environment.each_ref().map(|(name, value)| (*name, value.as_str()));
    let mut next = Door::spawn(&Settings { environment: &environment, ..on_a_socket() }, |directory| {
        fs::copy(door.directory.path().join("org.yaml"), directory.join("org.yaml")).unwrap();
    });
    next.place = door.place.clone();
    next.wait_for(|answer| answer.status == 200);
    assert!(next.get(REFRESH, ALICE).is_alice());
}

/// Starts a second server at this path and waits for its end.
fn second(door_directory: &std::path::Path, path: &std::path::Path) -> (Option<i32>, String) {
    let mut command = Command::new(binary());
    command.args(["serve", "--config", "base.yaml", "--config", "app-config.yaml"]).current_dir(door_directory).env_clear();
    let output = command.env("APP_CONFIG_stagedoor_listen", format!("unix:{}", path.display())).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn what_somebody_serves_is_in_use_and_what_is_no_socket_is_left_alone() {
    let door = Door::ready(&on_a_socket());
    let (code, said) = second(door.directory.path(), file(&door));
    assert_eq!(code, Some(69), "{said}");
    assert!(said.contains("is in use"), "{said}");
    assert!(door.get(REFRESH, ALICE).is_alice(), "the first one goes on");

    let precious = door.directory.path().join("precious");
    fs::write(&precious, "text").unwrap();
    let (code, said) = second(door.directory.path(), &precious);
    assert_eq!((code, fs::read_to_string(&precious).unwrap().as_str()), (Some(1), "text"));
    assert!(said.contains("precious exists and is no socket"), "{said}");
}

#[test]
fn a_successor_keeps_its_socket() {
    let mut door = Door::ready(&on_a_socket());
    fs::remove_file(file(&door)).unwrap();
    let _successor = UnixListener::bind(file(&door)).unwrap();
    door.signal("TERM");
    assert_eq!(door.ended(), Some(0));
    assert!(file(&door).exists(), "it belongs to somebody else");
}
