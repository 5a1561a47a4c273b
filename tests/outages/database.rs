//! PostgreSQL ends as in a crash, and starts again, under load.

use std::{fs, thread::sleep, time::Instant};

use stagedoor_tests::{
    door::{Door, Settings},
    organisation,
    postgres::Postgres,
};

use crate::load::{Load, WHILE, statuses};

/// More than can be signed in within the seconds in which nothing is written for somebody who was just stored.
const USERS: usize = 20_000;

#[test]
fn without_postgresql_sign_ins_fail_cleanly_and_with_it_they_work_again() {
    let Some(postgres) = Postgres::start("PostgreSQL that goes away under load") else { return };
    let config = format!("backend: {{ database: {{ client: pg, connection: '{}' }} }}", postgres.url("postgres"));
    let settings = Settings { config: &config, ..Settings::default() };
    let mut door = Door::spawn(&settings, |directory| fs::write(directory.join("org.yaml"), organisation(USERS)).expect("a file"));
    door.wait_for(|answer| answer.status == 200);
    let load = Load::on(&door, USERS);
    sleep(WHILE);
    postgres.stop();
    let gone = Instant::now();
    sleep(WHILE);
    postgres.start_again();
    let back = Instant::now();
    let recovered = load.recovered();
    sleep(2 * WHILE);
    let seen = load.ended();

    // Who is under way when it ends is cut off; who comes late in its absence waits for it.
    let before = statuses(seen.iter().filter(|seen| seen.at + WHILE / 2 < gone));
    let without = statuses(seen.iter().filter(|seen| (gone..gone + WHILE / 4).contains(&seen.at)));
    let after = statuses(seen.iter().filter(|seen| seen.at > back + WHILE));
    println!("before {before:?}, without {without:?}, signed in {recovered:?} after it was back, two seconds later {after:?}");
    assert!(recovered < WHILE);
    assert!(before.keys().eq([&200]) && after.keys().eq([&200]), "{before:?} {after:?}");
    assert!(without.keys().eq([&503]), "{without:?}");
    door.wait_for(|answer| answer.status == 200);
}
