//! The compiling child: reads a component from stdin, writes compiled code to stdout, and says on stderr why not.

use std::{
    io::{self, Read, Write},
    path::Path,
    process::{ExitCode, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
    time::timeout,
};

use super::CompileError;
use crate::wasm::engine::code_config;

/// The hidden command of the binary.
const COMMAND: &str = "compile";

/// How long compiling may take. Python's 18 MB take 8 s on an idle core.
const TIME: Duration = Duration::from_mins(2);
/// How much address space the child may use. A component of 373 kB was seen to take over 4 GB.
#[cfg(unix)]
const MEMORY: u64 = 2 << 30;
/// How far the child stands back behind sign-ins.
#[cfg(unix)]
const NICENESS: i32 = 10;
/// Exit code of a component that is not valid, as opposed to a child that died.
const INVALID: u8 = 65;

/// Runs the child over these bytes.
pub(super) async fn compile(program: &Path, bytes: &[u8]) -> Result<Vec<u8>, CompileError> {
    let mut child = Command::new(program)
        .arg(COMMAND)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (Some(mut stdin), Some(mut stdout), Some(mut stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
        return Err(io::Error::other("its pipes were not opened").into());
    };
    let feed = async move {
        // A child that refuses early closes the pipe: its words on stderr say more than this error.
        let _ = stdin.write_all(bytes).await;
        drop(stdin);
    };
    let (mut code, mut words) = (Vec::new(), Vec::new());
    let run = async { tokio::join!(feed, stdout.read_to_end(&mut code), stderr.read_to_end(&mut words), child.wait()) };
    let Ok(((), read, _, status)) = timeout(TIME, run).await else {
        return Err(CompileError::Limit("120 s"));
    };
    read?;
    let status = status?;
    let words = String::from_utf8_lossy(&words).trim().to_owned();
    match status.code() {
        Some(0) => Ok(code),
        Some(code) if code == i32::from(INVALID) => Err(CompileError::Invalid(words)),
        // Out of memory ends in an abort, out of CPU time in a signal: neither leaves an exit code.
        None => Err(CompileError::Limit("2 GiB of memory or 120 s of CPU time")),
        Some(code) => Err(io::Error::other(format!("it ended with {code}: {words}")).into()),
    }
}

/// What the child does: the body of the hidden command.
pub fn run() -> ExitCode {
    limit_self();
    match compile_stdin() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut text = error.to_string();
            for cause in error.chain().skip(1) {
                text = format!("{text}: {cause}");
            }
            eprintln!("{}", text.replace('\n', " "));
            ExitCode::from(INVALID)
        }
    }
}

fn compile_stdin() -> wasmtime::Result<()> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    let engine = wasmtime::Engine::new(&code_config())?;
    let code = engine.precompile_component(&bytes)?;
    io::stdout().write_all(&code)?;
    Ok(())
}

#[cfg(unix)]
fn limit_self() {
    use rustix::process::{Resource, Rlimit, nice, setrlimit};
    let limit = |value| Rlimit { current: Some(value), maximum: Some(value) };
    // Where a system knows no such limit (macOS ignores the address space), time alone bounds the child.
    let _ = setrlimit(Resource::As, limit(MEMORY));
    let _ = setrlimit(Resource::Cpu, limit(TIME.as_secs()));
    let _ = setrlimit(Resource::Core, limit(0));
    let _ = nice(NICENESS);
}

#[cfg(not(unix))]
fn limit_self() {}
