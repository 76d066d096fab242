//! From options to a running console: what is read first, what is made of it, what is cleared up after it.

use super::own::{self, LOOK, Own, follow_settings};
use super::real::{Files, Real, wall_clock};
use super::{Link, Options, World, drive};
use crate::api::{Problem, ProblemKind};
use crate::console::app::App;
use crate::console::screen;
use crate::console::theme::{Depth, Theme};
use std::sync::Arc;

/// Opens the console on this terminal and runs it until the operator leaves. To be awaited by the program's main
/// thread (`block_on`): the terminal is given back first when that thread panics.
///
/// # Errors
/// The terminal cannot be used, or there is no theme of that name.
pub async fn run(options: Options, link: impl Link) -> Result<(), Problem> {
    if options.linear {
        return super::linear::run(options, link).await;
    }
    let own = Own { dir: options.themes.clone(), depth: depth(options.no_color) };
    let size = crossterm::terminal::size().ok().filter(|(w, h)| *w > 0 && *h > 0).ok_or_else(|| {
        unusable("its size is not known").hint("Run it in a terminal, or use the headless commands: watchfloor --help")
    })?;
    let (mut app, first) = App::open(setup(&options, &own, size)?);
    let settings = options.settings.console.clone();
    let files = Files { own, kept: options.kept };
    let mut world = Real::open(Arc::new(link), size, files, settings).map_err(|e| unusable(&e.to_string()))?;
    if !Theme::names().any(|built_in| built_in == app.theme_name()) {
        let name = app.theme_name().to_owned();
        world.theme(name);
    }
    if let Some(file) = options.settings_file {
        tokio::spawn(follow_settings((file, options.settings), LOOK, world.outbox()));
    }
    let ended = drive(&mut app, first, &mut world).await;
    world.hush().await;
    drop(world);
    ended.map_err(|e| unusable(&e.to_string()))
}

/// What the console is made from.
pub(super) fn setup(options: &Options, own: &Own, size: (u16, u16)) -> Result<crate::console::app::Setup, Problem> {
    let theme = own
        .find(&options.settings.console.theme)
        .map_err(|why| Problem::new(ProblemKind::Usage, "The theme cannot be used", why))?;
    let keys = options.keys.as_ref().and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
    Ok(crate::console::app::Setup {
        url: options.url.clone(),
        name: options.name.clone(),
        theme,
        registry: screen::REGISTRY,
        seed: options.console.clone(),
        now: wall_clock(),
        size,
        kept: options.kept.as_deref().map(own::read_kept).unwrap_or_default(),
        keys,
        key: options.key,
        settings: options.settings.console.clone(),
        offset: i64::from(chrono::Local::now().offset().local_minus_utc()) * 1000,
    })
}

pub(super) fn unusable(why: &str) -> Problem {
    Problem::new(ProblemKind::Unavailable, "The terminal cannot be used", why)
}

fn depth(no_color: bool) -> Depth {
    if no_color {
        return Depth::None;
    }
    let var = |name| std::env::var(name).ok();
    Depth::detect(var("NO_COLOR").as_deref(), var("COLORTERM").as_deref(), var("TERM").as_deref())
}
