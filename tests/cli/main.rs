//! The command line, seen from outside: the real binary in a process of its own.

mod commands;
mod faults;
#[cfg(unix)]
mod logs;
mod run;
mod secrets;
#[cfg(unix)]
mod serving;
mod tables;
#[cfg(unix)]
mod tokens;
