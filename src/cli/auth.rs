//! Tokens: keep and forget one's own (`auth`), make and revoke a platform's (`token`), and the list of themes.

use super::{Global, Modes, NewToken, answer, say, secret};
use crate::api::endpoint::{Empty, GetMe};
use crate::api::{Problem, ProblemKind, Reply, Role, Wire};
use crate::command::Format;
use crate::export::to_json;
use clap::ArgMatches;

#[cfg(feature = "platform")]
use super::token as made;

/// Without the platform there are no tokens of its own.
#[cfg(not(feature = "platform"))]
mod made {
    use super::{Global, NewToken, Problem};
    use crate::cli::{TokenRow, modes::absent};

    pub fn create(_: &Global, _: &NewToken) -> Result<String, Problem> {
        Err(absent("the platform"))
    }
    pub fn list(_: &Global) -> Result<Vec<TokenRow>, Problem> {
        Err(absent("the platform"))
    }
    pub fn revoke(_: &Global, _: &str) -> Result<(), Problem> {
        Err(absent("the platform"))
    }
}

/// `auth login|logout|status`.
///
/// # Errors
/// No token, a wrong token, or no safe place for it.
pub fn auth(verb: &str, args: &ArgMatches, global: &Global, modes: &dyn Modes) -> Result<u8, Problem> {
    match verb {
        "login" => {
            let token = secret::ask()?;
            let kept = modes.sign_in(global, &token, args.get_flag("insecure-storage"))?;
            match whoami(global, modes) {
                Err(problem) if problem.kind == ProblemKind::Unauthenticated => {
                    modes.sign_out(global)?;
                    Err(problem.hint("The token was not kept."))
                }
                Err(problem) => {
                    say::note(&format!("watchfloor: {kept}; it could not be tried yet: {problem}"));
                    Ok(0)
                }
                Ok(reply) => {
                    say::note(&format!("watchfloor: {kept}"));
                    answer::print(&[(reply, String::new())], global)
                }
            }
        }
        "logout" => {
            let said = modes.sign_out(global)?;
            if !global.quiet {
                say::note(&format!("watchfloor: {said}"));
            }
            Ok(0)
        }
        _ => {
            let place = modes.credential(global)?;
            let reply = whoami(global, modes)?;
            if !global.quiet && !global.json() {
                say::note(&format!("watchfloor: {place}"));
            }
            answer::print(&[(reply, String::new())], global)
        }
    }
}

fn whoami(global: &Global, modes: &dyn Modes) -> Result<Reply, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Problem::new(ProblemKind::Internal, "The runtime could not start", e.to_string()))?;
    runtime.block_on(async { modes.remote(global)?.send(Wire::of::<GetMe>(&Empty {})).await })
}

/// `token create|list|revoke`.
///
/// # Errors
/// The tokens cannot be read or written.
pub fn token(verb: &str, args: &ArgMatches, global: &Global) -> Result<u8, Problem> {
    let text = |name: &str| args.get_one::<String>(name).map(String::as_str).unwrap_or_default();
    match verb {
        "create" => {
            let ask = NewToken {
                name: text("name").to_owned(),
                role: Role::from(text("role")),
                days: args.get_one::<u32>("days").copied().unwrap_or(90),
            };
            let token = made::create(global, &ask)?;
            if !global.quiet {
                say::note("watchfloor: this is the only time the token is shown");
            }
            say::out(&format!("{token}\n"))
        }
        "revoke" => {
            made::revoke(global, text("id"))?;
            if !global.quiet {
                say::note(&format!("watchfloor: revoked {}", text("id")));
            }
            Ok(0)
        }
        _ => {
            let rows = made::list(global)?;
            if global.format() != Format::Table {
                return say::out(&to_json(&rows));
            }
            let line = |t: &super::TokenRow| {
                let expires = t.expires.map_or_else(|| "never".to_owned(), |t| t.to_string());
                format!("{}\t{}\t{}\t{expires}\n", t.id, t.role.as_str(), t.name)
            };
            say::out(&rows.iter().map(line).collect::<String>())
        }
    }
}

/// `themes`.
///
/// # Errors
/// Standard output cannot be written.
pub fn themes(global: &Global, modes: &dyn Modes) -> Result<u8, Problem> {
    let names = modes.themes(global);
    if global.json() {
        return say::out(&to_json(&names));
    }
    say::out(&names.iter().map(|name| format!("{name}\n")).collect::<String>())
}
