//! What runs on this host: the console over a platform of its own, the platform as a service, replay, the checks only
//! a platform can make. A build without the platform says so in each case.

use super::connect::Here;
use super::link::{ClientLink, Find};
use super::{Check, Color, Folders, Global, Modes, Replay};
use crate::api::{
    Explanation, Finding, Inspection, LedgerCheck, Problem, ProblemKind, Replayed, RulesAnswer, RulesAsk,
};
use crate::client::Client;
use crate::config::pseudonym;
use crate::console::theme::Theme;
use crate::console::{self, Options};
use crate::text::hex;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Runtime;

#[cfg(feature = "platform")]
use with_platform::{checks, explain, inspect, own_console, replay, rules, rules_layer, serve, verify_ledger};
#[cfg(not(feature = "platform"))]
use without_platform::{checks, explain, inspect, own_console, replay, rules, rules_layer, serve, verify_ledger};

fn runtime() -> Result<Runtime, Problem> {
    Runtime::new().map_err(|e| Problem::new(ProblemKind::Internal, "The runtime could not start", e.to_string()))
}

/// The parts of this build.
#[derive(Debug, Clone, Copy)]
pub struct Parts;

impl Modes for Parts {
    fn console(&self, global: &Global) -> Result<u8, Problem> {
        let here = Here::read(global)?;
        runtime()?.block_on(console(&here, global))
    }

    fn serve(&self, global: &Global, listen: Option<&str>) -> Result<u8, Problem> {
        serve(global, listen)
    }

    fn replay(&self, ask: &Replay, found: &mut dyn FnMut(&Finding) -> bool) -> Result<Replayed, Problem> {
        replay(ask, found)
    }

    fn inspect(&self, request: &[u8]) -> Result<Inspection, Problem> {
        inspect(request)
    }

    fn explain(&self, ask: &Replay, line: u64) -> Result<Explanation, Problem> {
        explain(ask, line)
    }

    fn rules(&self, folders: &Folders, ask: RulesAsk) -> Result<RulesAnswer, Problem> {
        rules(folders, ask)
    }

    fn rules_layer(&self, folders: &Folders) -> Result<serde_json::Value, Problem> {
        rules_layer(folders)
    }

    fn themes(&self, _: &Global) -> Vec<String> {
        Theme::names().map(str::to_owned).collect()
    }

    fn verify_ledger(&self, data: &Path) -> Result<LedgerCheck, Problem> {
        verify_ledger(data)
    }

    fn checks(&self, global: &Global) -> Vec<Check> {
        Here::read(global).map(|here| checks(&here)).unwrap_or_default()
    }
}

/// Opens the console on the platform that was named, else on the one that runs here, else on one of its own.
async fn console(here: &Here, global: &Global) -> Result<u8, Problem> {
    let named = here.server(global)?;
    match here.target(global) {
        Ok(target) => {
            let client = Client::new(target)?;
            match (client.version().await, &named) {
                (Ok(_), Some(server)) => return open(client, &server.name, here, (global, None)).await,
                (Ok(_), None) => return open(client, "this host", here, (global, Some(finder(here, global)))).await,
                (Err(problem), Some(_)) => return Err(problem),
                // A platform that was killed leaves its note behind.
                (Err(_), None) => {}
            }
        }
        Err(problem) if named.is_some() || problem.kind != ProblemKind::Unreachable => return Err(problem),
        Err(_) => {}
    }
    own_console(here, global).await
}

/// Reads again where this host's platform is, and by which token it is called.
fn finder(here: &Here, global: &Global) -> Find {
    let (here, global, known) = (here.clone(), global.clone(), Mutex::new(here.target(global).ok()));
    Arc::new(move || {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = here.target(&global).ok().filter(|found| known.as_ref() != Some(found))?;
        *known = Some(found.clone());
        Client::new(found).ok()
    })
}

async fn open(client: Client, name: &str, here: &Here, (global, find): (&Global, Option<Find>)) -> Result<u8, Problem> {
    let mut console = [0u8; 16];
    getrandom::fill(&mut console).map_err(|e| {
        Problem::new(ProblemKind::Unavailable, "The console cannot be opened", format!("no random numbers: {e}"))
    })?;
    let options = Options {
        console: hex::encode(console),
        url: client.url(),
        name: name.to_owned(),
        settings: here.settings.clone(),
        settings_file: Some(here.paths.settings()),
        themes: Some(here.paths.themes()),
        kept: Some(here.paths.session()).filter(|_| here.settings.console.restore),
        keys: Some(here.paths.keys()),
        key: pseudonym::key(&here.paths.pseudonyms())?,
        linear: global.linear,
        no_color: global.color == Color::Never,
    };
    let link = ClientLink::new(client, find, options.key, options.console.clone());
    console::run(options, link).await.map(|()| 0)
}

#[cfg(feature = "platform")]
mod with_platform;

#[cfg(not(feature = "platform"))]
mod without_platform;
