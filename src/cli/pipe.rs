//! Rows to the input of a shell command, and what that wrote. The command runs beside the console and cannot read from
//! the terminal; what it writes is kept up to a limit.

use crate::api::{Problem, ProblemKind};
use crate::command::Export;
use crate::export::{self, Order, Reader, Remote};
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;

/// The most that is kept of what a command writes, in bytes.
const KEPT: u64 = 256 * 1024;

/// Pipes run to their end.
static NEVER: AtomicBool = AtomicBool::new(false);

/// Writes the rows and waits for the command to end.
///
/// # Errors
/// The command cannot be started, or the platform fails.
pub(super) async fn run(client: &dyn Remote, export: Export, command: &str) -> Result<String, Problem> {
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| failed(&e))?;
    let input = child.stdin.take();
    let (out, err) = (keep(child.stdout.take()), keep(child.stderr.take()));
    let written = match input {
        Some(input) => write(client, export, Box::new(input)).await,
        None => Ok(()),
    };
    let ended = tokio::task::spawn_blocking(move || end(child, out, err))
        .await
        .map_err(|e| Problem::new(ProblemKind::Internal, "A part of the console failed", e.to_string()))?;
    written?;
    ended
}

fn failed(error: &std::io::Error) -> Problem {
    Problem::new(ProblemKind::Unavailable, "The command could not be run", error.to_string())
}

async fn write(client: &dyn Remote, export: Export, input: Box<std::process::ChildStdin>) -> Result<(), Problem> {
    let order =
        Order { export, reader: Reader::Machine, now: super::now(), progress: false, stop: &NEVER, stdout: input };
    match export::run(client, order).await {
        // `head` has seen enough: that is no failure.
        Err(export::Error::ReaderGone) => Ok(()),
        other => other.map(drop).map_err(export::Error::problem),
    }
}

/// Reads all of a pipe, so that its writer never waits, and keeps the beginning.
fn keep(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.by_ref().take(KEPT).read_to_end(&mut kept);
            let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        }
        kept
    })
}

fn end(mut child: Child, out: JoinHandle<Vec<u8>>, err: JoinHandle<Vec<u8>>) -> Result<String, Problem> {
    let (out, err) = (out.join().unwrap_or_default(), err.join().unwrap_or_default());
    let status = child.wait().map_err(|e| failed(&e))?;
    let cut = if out.len() as u64 >= KEPT { "\n(cut after 256 KiB)" } else { "" };
    let mut text = format!("{}{cut}", String::from_utf8_lossy(&out));
    if !err.is_empty() {
        text.push_str(&format!("\n{}", String::from_utf8_lossy(&err)));
    }
    if !status.success() {
        text.push_str(&format!("\n({status})"));
    }
    Ok(text)
}

#[cfg(test)]
#[path = "pipe_test.rs"]
mod tests;
