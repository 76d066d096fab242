//! Prints what the platform answered: a sheet for people, JSON for machines.

use super::{Global, say, sheet};
use crate::api::endpoint::{
    CreateAction, CreateSuppression, GetAction, GetEntity, GetIncident, GetMe, ListPresence, PreviewAction,
    PreviewSuppression, PurgeDrill, ReleaseBlocks, UndoAction, VerifyLedger,
};
use crate::api::{ActionState, Endpoint, Problem, ProblemKind, Reply};
use crate::command::Format;
use crate::export::{json, to_json};
use crate::text::human;

/// Prints answers with what to say about them; returns the exit code they stand for.
///
/// # Errors
/// They cannot be read, or not be printed in that format.
pub fn print(answers: &[(Reply, String)], global: &Global) -> Result<u8, Problem> {
    let mut code = 0;
    let mut text = String::new();
    for (reply, done) in answers {
        let (shown, its) = word(reply, done)?;
        text.push_str(&shown);
        code = code.max(its);
    }
    let bodies: Vec<_> = answers.iter().map(|(reply, _)| &reply.body).collect();
    match global.format() {
        Format::Table if global.quiet && answers.iter().all(|(_, done)| !done.is_empty()) => {}
        Format::Table => {
            say::out(&text)?;
        }
        Format::Json => {
            say::out(&if let [one] = bodies.as_slice() { to_json(one) } else { to_json(&bodies) })?;
        }
        Format::Ndjson => {
            let mut lines = Vec::new();
            for body in bodies {
                json::push_line(&mut lines, body)
                    .map_err(|e| Problem::new(ProblemKind::Internal, "The answer cannot be written", e.to_string()))?;
                lines.push(b'\n');
            }
            say::out(&String::from_utf8_lossy(&lines))?;
        }
        Format::Csv => {
            return Err(Problem::new(ProblemKind::Usage, "CSV fits lists and exports only", "this is a single answer")
                .hint("Use -o json."));
        }
    }
    Ok(code)
}

/// The text for people, and the exit code: an answer that came can still be bad news.
fn word(reply: &Reply, done: &str) -> Result<(String, u8), Problem> {
    let sentence = |code: u8| Ok((format!("{done}\n"), code));
    match reply.name {
        GetIncident::NAME => Ok((sheet::incident(&reply.clone().read::<GetIncident>()?), 0)),
        GetEntity::NAME => Ok((sheet::entity(&reply.clone().read::<GetEntity>()?), 0)),
        GetAction::NAME => Ok((sheet::action(&reply.clone().read::<GetAction>()?), 0)),
        GetMe::NAME => Ok((sheet::me(&reply.clone().read::<GetMe>()?), 0)),
        CreateAction::NAME => acted(&reply.clone().read::<CreateAction>()?, ActionState::Verified),
        UndoAction::NAME => acted(&reply.clone().read::<UndoAction>()?, ActionState::Undone),
        PreviewAction::NAME => {
            let preview = reply.clone().read::<PreviewAction>()?;
            let code = if preview.refusals.is_empty() { 0 } else { ProblemKind::Refused.exit_code() };
            Ok((sheet::preview(&preview), code))
        }
        PreviewSuppression::NAME => {
            let preview = reply.clone().read::<PreviewSuppression>()?;
            let code = if preview.refusals.is_empty() { 0 } else { ProblemKind::Refused.exit_code() };
            Ok((sheet::would_suppress(&preview), code))
        }
        CreateSuppression::NAME => {
            let made = reply.clone().read::<CreateSuppression>()?;
            Ok((format!("{done}: undo it with `watchfloor suppression undo {}`\n", made.id), 0))
        }
        ListPresence::NAME => Ok((sheet::here(&reply.clone().read::<ListPresence>()?), 0)),
        VerifyLedger::NAME => {
            let check = reply.clone().read::<VerifyLedger>()?;
            Ok((sheet::check(&check), u8::from(!check.intact)))
        }
        ReleaseBlocks::NAME => {
            let rows = reply.clone().read::<ReleaseBlocks>()?.rows;
            Ok((format!("{done}: {}\n", human::count(rows)), 0))
        }
        PurgeDrill::NAME => {
            let rows = reply.clone().read::<PurgeDrill>()?.rows;
            Ok((format!("{done}: {}\n", human::counted(rows, "rows")), 0))
        }
        _ => sentence(0),
    }
}

/// An action counts as done only when it reached the state that proves it.
fn acted(action: &crate::api::Action, proved: ActionState) -> Result<(String, u8), Problem> {
    let code = u8::from(action.state == ActionState::Failed);
    let open = action.state != proved && code == 0;
    let mut text = sheet::action(action);
    if open {
        text.push_str(&format!(
            "Not {} yet: follow it with `watchfloor action show {}`.\n",
            proved.as_str(),
            action.id
        ));
    }
    Ok((text, code))
}
