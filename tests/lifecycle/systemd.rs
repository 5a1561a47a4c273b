//! What systemd is told, read from a socket like the one it listens on.

use std::{os::unix::net::UnixDatagram, process::Command, time::Instant};

use stagedoor_tests::{
    binary,
    door::{Door, PATIENCE, Settings},
    npm::or_skipped,
};

/// Reads until a line is there, and gives all lines so far.
fn told(socket: &UnixDatagram, lines: &mut Vec<String>, wanted: &str) {
    let begun = Instant::now();
    while !lines.iter().any(|line| line == wanted) {
        assert!(begun.elapsed() < PATIENCE, "{wanted} is not among {lines:?}");
        let mut message = [0; 1024];
        let length = socket.recv(&mut message).expect("a message");
        lines.extend(String::from_utf8_lossy(&message[..length]).lines().map(str::to_owned));
    }
}

#[test]
fn it_is_told_when_the_server_serves_lives_and_stops() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let environment = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "300000")];
    let mut door = Door::ready(&Settings { environment: &environment, ..Settings::default() });
    let mut lines = Vec::new();
    told(&socket, &mut lines, "READY=1");
    assert!(lines.contains(&format!("STATUS=serving on http://127.0.0.1:{}", door.port())), "{lines:?}");
    for _ in 0..3 {
        lines.retain(|line| line != "WATCHDOG=1");
        told(&socket, &mut lines, "WATCHDOG=1");
    }
    assert!(!lines.contains(&"STOPPING=1".to_owned()));
    door.signal("TERM");
    told(&socket, &mut lines, "STOPPING=1");
    assert_eq!(door.ended(), Some(0));
}

#[test]
fn a_socket_that_is_gone_stops_nothing() {
    let mut door = Door::ready(&Settings { environment: &[("NOTIFY_SOCKET", "/nowhere/notify")], ..Settings::default() });
    door.signal("TERM");
    assert_eq!(door.ended(), Some(0));
    assert!(door.log().contains("systemd could not be told"), "{}", door.log());
}

/// systemd's own opinion. Whatever it prints about the file is a fault: it warns of keys that it does not know and goes on without them.
#[test]
fn the_unit_is_right_and_confines_the_server() {
    let analyze = |arguments: &[&str]| {
        let output = Command::new("systemd-analyze").args(arguments).output().map_err(|error| format!("systemd-analyze cannot be run: {error}"))?;
        Ok((output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()))
    };
    let text = include_str!("../../config/deploy/systemd/stagedoor.service").replace("/usr/local/bin/stagedoor", &binary().display().to_string());
    let directory = tempfile::tempdir().unwrap();
    let unit = directory.path().join("stagedoor.service");
    std::fs::write(&unit, text).unwrap();
    let unit = unit.to_str().unwrap();
    let Some((right, said)) = or_skipped(analyze(&["verify", unit]), "systemd's check of the unit") else { return };
    let about_it: Vec<_> = said.lines().filter(|line| line.contains("stagedoor")).collect();
    assert!(right && about_it.is_empty(), "{said}");
    let Some((confined, said)) = or_skipped(analyze(&["security", "--offline=true", "--threshold=20", unit]), "systemd's check of the unit") else {
        return;
    };
    assert!(confined, "{said}");
}
