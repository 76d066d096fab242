//! What went wrong between here and the platform, in words: what, why, what to do.

use crate::api::{Problem, ProblemKind, Version};
use crate::text::{human, visible};
use reqwest::Url;
use std::error::Error;

/// The URL makes no sense.
pub(super) fn url(url: &str, why: &str) -> Problem {
    Problem::new(ProblemKind::Usage, format!("The platform's URL {} cannot be used", visible::escape(url)), why)
        .hint("Write for example https://watch.example.net or http://127.0.0.1:8840.")
}

/// The token would travel in the clear.
pub(super) fn plain(url: &Url) -> Problem {
    Problem::new(
        ProblemKind::Usage,
        format!("Plain http to {} is refused", url.host_str().unwrap_or_default()),
        "the token could be read and used by anybody on the way",
    )
    .hint("Use https, or an SSH tunnel to the platform's host and http://127.0.0.1.")
    .hint("If the way is safe, set allow_http = true for this server in the settings.")
}

/// The given certificates cannot be read.
pub(super) fn certificates() -> Problem {
    Problem::new(ProblemKind::Usage, "The CA file cannot be used", "no certificate can be read from it")
        .hint("It must hold one or more certificates in PEM form.")
}

/// The client could not be made.
pub(super) fn setup(error: &reqwest::Error) -> Problem {
    Problem::new(ProblemKind::Usage, "No connection can be prepared", cause(error))
        .hint("Check that the system's CA certificates are installed (Debian: ca-certificates), or name a ca_file.")
}

/// What is to be uploaded cannot be read.
pub(super) fn reading(error: &std::io::Error) -> Problem {
    Problem::new(ProblemKind::Usage, "The records could not be read", error.to_string())
}

/// No answer came.
pub(super) fn sending(url: &Url, error: &reqwest::Error) -> Problem {
    let place = place(url);
    let why = cause(error);
    let problem = Problem::new(ProblemKind::Unreachable, format!("The platform at {place} does not answer"), &why);
    if why.contains("certificate") {
        return problem
            .hint("If the platform uses its own CA, name its certificate as ca_file for this server in the settings.");
    }
    if error.is_timeout() && !error.is_connect() {
        return problem.hint("It took the request but gave no answer in time: it may be overloaded. Look at its log.");
    }
    problem.hint("Check that it is running (watchfloor serve) and that the URL is right: --server or WATCHFLOOR_URL.")
}

/// The answer is longer than anything the contract knows.
pub(super) fn too_long(url: &Url, limit: usize) -> Problem {
    let why = format!("it is longer than {}", human::bytes(limit as u64));
    Problem::new(ProblemKind::Internal, format!("The answer of {} cannot be read", place(url)), why)
}

/// The answer is JSON of the wrong shape.
pub(super) fn shape(url: &Url, error: &serde_json::Error) -> Problem {
    Problem::new(ProblemKind::Internal, format!("The answer of {} cannot be read", place(url)), error.to_string())
        .hint("Console and platform may be of versions that do not fit together: compare `watchfloor --version`.")
}

/// The platform speaks only contracts we do not know.
pub(super) fn version(theirs: &Version) -> Problem {
    let spoken = theirs.api.join(", ");
    Problem::new(
        ProblemKind::Unreachable,
        "This console and that platform do not speak the same contract",
        format!("we speak v1; {} {} speaks {spoken}", theirs.product, theirs.version),
    )
    .hint("Use a console of the platform's version.")
}

/// Something else than a platform answered.
pub(super) fn foreign(url: &Url, status: u16, kind: &str) -> Problem {
    let kind = if kind.is_empty() { "nothing" } else { kind };
    let title = format!("What answers at {} is not a Watchfloor platform", place(url));
    let mut problem = Problem::new(
        ProblemKind::Unreachable,
        title,
        format!("it sent status {status} with {}", visible::escape(kind)),
    );
    problem.status = status;
    match status {
        301..=308 => problem.hint("It sends us elsewhere: put the URL of the platform itself into the settings."),
        401 | 403 | 407 => problem.hint("A proxy in between may want a login of its own."),
        502..=504 => problem.hint("A proxy in between cannot reach the platform: check that it is running."),
        _ => problem.hint("Check the URL: --server or WATCHFLOOR_URL."),
    }
}

fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The innermost cause: the outer ones only repeat the URL.
fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        let what = if error.is_connect() { "no connection" } else { "no answer" };
        return format!("{what} in time");
    }
    let mut inner: &dyn Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    let why = inner.to_string();
    if why.contains("lookup address") || why.contains("dns error") {
        return format!("the name cannot be found ({why})");
    }
    why
}
