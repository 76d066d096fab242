//! Runs a program with text on its standard input and a limit on its time. No shell anywhere.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// It exited with 0.
    pub success: bool,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs `words` (program and arguments) with `input`, at most for `patience`.
///
/// # Errors
/// A sentence: it could not be started, or did not end in time and was killed.
pub fn run(words: &[String], input: &str, patience: Duration) -> Result<Output, String> {
    let (program, arguments) = words.split_first().ok_or("no program given")?;
    let mut command = Command::new(program);
    command.args(arguments).env("LC_ALL", "C").env("PATH", path());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => format!("{program} is not installed"),
        _ => format!("{program} cannot be started: {e}"),
    })?;
    match exchange(&mut child, input, patience) {
        Some((out, err)) => {
            let status = child.wait().map_err(|e| format!("{program} cannot be waited for: {e}"))?;
            Ok(Output { success: status.success(), out, err })
        }
        None => {
            let _ = child.kill();
            let _ = child.wait();
            Err(format!("{program} did not answer within {} s and was stopped", patience.as_secs_f32()))
        }
    }
}

/// The service's path, and the places where system programs live that it may lack.
fn path() -> String {
    let own = std::env::var("PATH").unwrap_or_default();
    format!("{own}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin")
}

/// Writes `input` and reads both outputs, each in its own thread so that no full pipe can stop another.
fn exchange(child: &mut Child, input: &str, patience: Duration) -> Option<(String, String)> {
    let deadline = Instant::now() + patience;
    let (send, receive) = mpsc::channel();
    if let Some(mut stdin) = child.stdin.take() {
        let input = input.to_owned();
        // A program that does not read its input says why on standard error.
        std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    }
    let read = |at: usize, source: Option<Box<dyn Read + Send>>| {
        let send = send.clone();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut source) = source {
                let _ = source.read_to_end(&mut bytes);
            }
            let _ = send.send((at, String::from_utf8_lossy(&bytes).into_owned()));
        });
    };
    read(0, child.stdout.take().map(|s| Box::new(s) as _));
    read(1, child.stderr.take().map(|s| Box::new(s) as _));
    let mut texts = [String::new(), String::new()];
    for _ in 0..2 {
        match receive.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok((at, text)) => texts[at] = text,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
        }
    }
    Some(texts.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &[&str]) -> Vec<String> {
        line.iter().map(|w| (*w).to_owned()).collect()
    }

    #[test]
    fn programs_are_fed_and_stopped() {
        let big = "x".repeat(1 << 20);
        let echoed = run(&words(&["cat"]), &big, Duration::from_secs(20)).unwrap();
        assert!(echoed.success && echoed.out == big);
        let failed = run(&words(&["ls", "/nonexistent-dir"]), "", Duration::from_secs(20)).unwrap();
        assert!(!failed.success && failed.err.contains("nonexistent-dir"));
        let error = run(&words(&["sleep", "60"]), "", Duration::from_millis(50)).unwrap_err();
        assert!(error.contains("did not answer"), "{error}");
        assert!(
            run(&words(&["no-such-program-here"]), "", Duration::from_secs(1)).unwrap_err().contains("not installed")
        );
    }
}
