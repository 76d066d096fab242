//! What doctor says about the environment, the data directory and the platform.

use super::*;
use crate::api::Reply;
use futures_util::future::BoxFuture;

fn environment_of(pairs: &[(&str, &str)]) -> Vec<CheckState> {
    let env = |name: &str| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
    environment(&env).into_iter().map(|c| c.state).collect()
}

#[test]
fn the_environment_is_judged() {
    use CheckState::{Failed, Ok, Warning};
    assert_eq!(environment_of(&[]), [Failed, Warning, Warning]);
    assert_eq!(environment_of(&[("TERM", "dumb"), ("LANG", "C")]), [Failed, Warning, Warning]);
    assert_eq!(environment_of(&[("TERM", "xterm-256color"), ("LANG", "C.UTF-8")]), [Ok, Ok, Ok]);
    assert_eq!(environment_of(&[("TERM", "linux"), ("NO_COLOR", "1"), ("LC_ALL", "de_DE.utf8")]), [Ok, Ok, Ok]);
}

#[test]
#[cfg(unix)]
fn an_open_data_directory_is_a_failure_with_a_fix() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let mode = |mode| std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o755);
    let check = data(dir.path()).remove(0);
    assert_eq!(check.state, CheckState::Failed);
    assert!(check.fix.contains("chmod 700"));
    mode(0o700);
    assert_eq!(data(dir.path()).remove(0).state, CheckState::Ok);
    assert_eq!(data(&dir.path().join("later")).remove(0).state, CheckState::Ok);
}

/// A platform whose clock is off and whose token check fails.
struct Off;

impl Remote for Off {
    fn send(&self, wire: Wire) -> BoxFuture<'_, Result<Reply, Problem>> {
        let answer = match wire.name {
            "version" => Ok(Reply {
                name: wire.name,
                body: serde_json::json!({
                    "product": "watchfloor", "version": "0.1.0", "api": ["v1"], "now": "2026-11-21T20:01:00Z",
                }),
            }),
            _ => Err(Problem::new(ProblemKind::Unauthenticated, "The token is wrong", "it has expired")
                .hint("Sign in again.")),
        };
        Box::pin(async move { answer })
    }
}

#[test]
fn a_skewed_clock_and_a_wrong_token_are_told() {
    let now = Timestamp::parse("2026-11-21T20:00:00Z").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let checks = runtime.block_on(reach(&Off, now));
    let states: Vec<_> = checks.iter().map(|c| c.state).collect();
    assert_eq!(states, [CheckState::Ok, CheckState::Warning, CheckState::Failed]);
    let shown = text(&checks);
    assert!(shown.contains("1 m apart") && shown.contains("Sign in again."), "{shown}");
}
