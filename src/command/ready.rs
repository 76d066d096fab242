//! Whether a command can be used now: shared answers that explain themselves when they say no.
//!
//! On the command line (`place` is empty) nothing is known beforehand, so the platform has the last word there.

use super::{Context, Resource, Target, incident};
use crate::api::{Incident, Role};

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

/// Needs a token that may do what needs `role`. On the console a platform that is away keeps nobody from asking: the
/// console looks at it again when it is back.
///
/// # Errors
/// Says which role is needed and which the token has.
pub fn may(ctx: &Context, role: &Role) -> Result<(), String> {
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

/// May act on the platform as a whole, which must be there for that: nothing tells later what was meant.
///
/// # Errors
/// As [`may`], or that it is away.
pub fn responder_here(ctx: &Context) -> Result<(), String> {
    connected(ctx)?;
    responder(ctx)
}

/// May work the incidents chosen.
///
/// # Errors
/// As [`may`], or that none is chosen.
pub fn incident(ctx: &Context) -> Result<(), String> {
    analyst(ctx)?;
    if ctx.all && matches!(ctx.listed, Some((Resource::Incidents, _))) {
        return Ok(());
    }
    if ctx.place.is_some() && !ctx.subjects().into_iter().any(|t| incident::of(t).is_some()) {
        return Err("no incident is selected".into());
    }
    Ok(())
}

/// The incidents chosen are open.
///
/// # Errors
/// As [`incident`], or that none of them is.
pub fn incident_open(ctx: &Context) -> Result<(), String> {
    incident(ctx)?;
    let shown: Vec<&Incident> = ctx
        .subjects()
        .into_iter()
        .filter_map(|t| if let Target::Incident(i) = t { Some(i.as_ref()) } else { None })
        .collect();
    match shown.first() {
        Some(first) if shown.iter().all(|i| !i.state.is_open()) => {
            Err(format!("#{} is {}: reopen it first", first.id, first.state.label()))
        }
        _ => Ok(()),
    }
}

/// The incidents chosen are archived or closed.
///
/// # Errors
/// As [`incident`], or that they are open.
pub fn incident_done(ctx: &Context) -> Result<(), String> {
    incident(ctx)?;
    let subjects = ctx.subjects();
    let open =
        subjects.iter().map(|t| if let Target::Incident(i) = t { Some(i).filter(|i| i.state.is_open()) } else { None });
    match open.collect::<Option<Vec<_>>>().as_deref() {
        Some([first, ..]) => Err(format!("#{} is open already", first.id)),
        _ => Ok(()),
    }
}
