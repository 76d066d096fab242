//! Who is asking and whether they may: default deny, and every no says what to do about it.

use super::connection::Connection;
use super::tokens::{Denied, Tokens};
use crate::api::{Problem, ProblemKind, Role, Timestamp};
use axum::http::{HeaderMap, header};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The header in which an operator's console names the address its user came from over SSH.
pub const SSH_CLIENT: &str = "watchfloor-ssh-client";

/// Who makes a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Operator's name; `anonymous` where no token is needed and none was sent.
    pub name: String,
    /// What the token may do.
    pub role: Role,
    /// Id of the token; empty for `anonymous`.
    pub token: String,
    /// When the token ends.
    pub expires: Option<Timestamp>,
    /// The other end of the connection.
    pub peer: SocketAddr,
    /// Where the operator sits, when they came to the console's host over SSH.
    pub ssh_client: Option<IpAddr>,
}

/// Told of every caller who showed a good token.
pub(super) type Seen = Box<dyn Fn(&Caller) + Send + Sync>;

/// Checks tokens and roles.
pub(super) struct Door {
    pub tokens: Arc<Tokens>,
    pub seen: Option<Seen>,
}

impl Door {
    /// Lets a caller in who may do what `role` may do; nobody's role is needed where it is `None`.
    pub fn admit(
        &self,
        headers: &HeaderMap,
        connection: &Arc<Connection>,
        role: Option<&Role>,
    ) -> Result<Caller, Problem> {
        let Some(needed) = role else {
            return Ok(Caller {
                name: "anonymous".into(),
                role: Role::Other("none".into()),
                token: String::new(),
                expires: None,
                peer: connection.peer,
                ssh_client: None,
            });
        };
        let text = bearer(headers)?;
        let token = self.tokens.admit(text, now(), Some(connection)).map_err(denied)?;
        let ssh_client = ssh_client(headers)?;
        let (name, role, expires) = (token.name, token.role, Some(token.expires));
        let caller = Caller { name, role, token: token.id, expires, peer: connection.peer, ssh_client };
        if let Some(seen) = &self.seen {
            seen(&caller);
        }
        if !caller.role.may(needed) {
            return Err(Problem::new(
                ProblemKind::Forbidden,
                "This token may not do that",
                format!("{} has role {}; this call needs role {}", caller.name, caller.role.label(), needed.as_str()),
            )
            .hint("Ask the platform's admin for a token with that role."));
        }
        Ok(caller)
    }
}

/// The wall clock. The door is the edge: inner rooms get the time as a value.
pub(super) fn now() -> Timestamp {
    Timestamp(chrono::Utc::now().timestamp_millis())
}

fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let text = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    text.and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    })
    .ok_or_else(|| {
        Problem::new(ProblemKind::Unauthenticated, "A token is needed", "the request carries none")
            .hint("Send it as `Authorization: Bearer wf_...`. The platform's admin makes tokens.")
    })
}

fn denied(why: Denied) -> Problem {
    let (detail, hint) = match why {
        Denied::Malformed => (
            "it is incomplete or was changed on the way: its checksum does not fit",
            "Copy the whole token again, from wf_ to the last digit.",
        ),
        Denied::Unknown => ("this platform did not make it", "Check that the token belongs to this platform."),
        Denied::Expired => ("it has ended", "Ask the platform's admin for a new one."),
        Denied::Revoked => ("it was revoked", "Ask the platform's admin for a new one."),
    };
    Problem::new(ProblemKind::Unauthenticated, "The token does not open this platform", detail).hint(hint)
}

fn ssh_client(headers: &HeaderMap) -> Result<Option<IpAddr>, Problem> {
    let Some(value) = headers.get(SSH_CLIENT) else { return Ok(None) };
    // An address we cannot read would leave an operator without protection: rather say so than go on.
    let parsed = value.to_str().ok().and_then(|text| text.trim().parse::<IpAddr>().ok());
    parsed.map(|ip| Some(ip.to_canonical())).ok_or_else(|| {
        Problem::new(
            ProblemKind::Usage,
            "The header Watchfloor-Ssh-Client cannot be read",
            "it must hold one IP address, the first word of SSH_CONNECTION",
        )
    })
}
