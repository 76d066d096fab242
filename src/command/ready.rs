//! Whether a command can be used now: shared answers that explain themselves when they say no.
//!
//! On the command line (`place` is empty) nothing is known beforehand, so the platform has the last word there.

use super::Context;
use crate::api::Role;

/// Needs a platform that answers.
///
/// # Errors
/// Says that it is away.
pub fn connected(ctx: &Context) -> Result<(), String> {
    if ctx.place.is_none() || ctx.connected {
        Ok(())
    } else {
        Err("the platform does not answer: wait for the connection to come back".into())
    }
}

/// Needs a platform that answers and a token that may do what needs `role`.
///
/// # Errors
/// Says which role is needed and which the token has.
pub fn may(ctx: &Context, role: &Role) -> Result<(), String> {
    connected(ctx)?;
    match &ctx.me {
        Some(me) if !me.role.may(role) => {
            Err(format!("your role is {}: this needs {} or above", me.role.label(), role.as_str()))
        }
        _ => Ok(()),
    }
}

/// May work incidents.
///
/// # Errors
/// As [`may`].
pub fn analyst(ctx: &Context) -> Result<(), String> {
    may(ctx, &Role::Analyst)
}

/// May act.
///
/// # Errors
/// As [`may`].
pub fn responder(ctx: &Context) -> Result<(), String> {
    may(ctx, &Role::Responder)
}
