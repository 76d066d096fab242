//! `watchfloor replay FILE...`: the pipeline over files, one record for each detection.

use super::{Folders, Global, Modes, Replay, explain, headless, say};
use crate::api::{Finding, Problem, ProblemKind};
use crate::command::{Export, Resource};
use crate::export::{Sheet, sheet};
use crate::text::human;
use clap::ArgMatches;
use std::io::{self, Write};
use std::path::PathBuf;

/// Output is flushed when so many bytes are waiting, and at the end.
const CHUNK: usize = 64 * 1024;

/// Runs a replay.
///
/// # Errors
/// A file cannot be read, or the output not be written.
pub fn run(matches: &ArgMatches, global: &Global, modes: &dyn Modes) -> Result<u8, Problem> {
    // Settings that cannot be read keep nobody from replaying, but are not passed over in silence.
    let here = super::connect::Here::read(global);
    if let (Err(problem), false) = (&here, global.quiet) {
        say::note(&format!("watchfloor: replaying without settings: {}", problem.title));
    }
    let settings = here.map(|here| here.settings).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let ask = Replay {
        files: matches.get_many::<String>("file").unwrap_or_default().map(PathBuf::from).collect(),
        format: matches.get_one::<String>("format").cloned(),
        threads: matches.get_one::<u16>("threads").map_or(cores, |n| usize::from(*n)),
        rules: Folders::read(matches, global)?,
        shadow: matches.get_flag("shadow"),
        geo_db: settings.platform.geo_db,
        requests: settings.requests,
    };
    if let Some(line) = matches.get_one::<u64>("explain") {
        return explain::print(&modes.explain(&ask, *line)?, global);
    }
    let asked = Export {
        resource: Resource::Detections,
        format: global.format(),
        query: String::new(),
        since: None,
        until: None,
        at: None,
        pseudonyms: false,
        out: None,
        resume: false,
        limit: None,
        newest_first: false,
    };
    let mut printer = Printer {
        sheet: sheet::<Finding>(&asked, headless::reader(), super::now()),
        waiting: Vec::new(),
        rows: 0,
        out: Box::new(io::stdout()),
        failed: None,
    };
    printer.push(|sheet, _, out| sheet.start(out));
    let seen = modes.replay(&ask, &mut |finding| printer.push(|sheet, nth, out| sheet.row(nth, finding, out)))?;
    let rows = printer.rows.saturating_sub(1);
    printer.push(|sheet, _, out| sheet.end(rows, out));
    printer.flush();
    match printer.failed {
        Some(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            return Err(Problem::new(ProblemKind::Unavailable, "Standard output cannot be written", e.to_string())
                .hint("Free some space or choose another place, then run the command again."));
        }
        _ => {}
    }
    if !global.quiet {
        say::note(&format!(
            "watchfloor: {} ({} not understood), {}, {}",
            human::counted(seen.lines, "lines"),
            human::count(seen.unparsed),
            human::counted(seen.detections, "detections"),
            human::counted(seen.incidents, "incidents"),
        ));
    }
    Ok(0)
}

/// Collects rows and writes them in large pieces.
struct Printer {
    sheet: Box<dyn Sheet<Finding>>,
    waiting: Vec<u8>,
    /// Pieces pushed; the first is the heading.
    rows: u64,
    out: Box<dyn Write>,
    failed: Option<io::Error>,
}

impl Printer {
    /// Adds a piece; false once nobody reads on or the output failed.
    fn push(&mut self, piece: impl FnOnce(&mut dyn Sheet<Finding>, u64, &mut Vec<u8>) -> io::Result<()>) -> bool {
        if self.failed.is_none() {
            let nth = self.rows.saturating_sub(1);
            self.failed = piece(self.sheet.as_mut(), nth, &mut self.waiting).err();
            self.rows += 1;
            if self.waiting.len() >= CHUNK {
                self.flush();
            }
        }
        self.failed.is_none()
    }

    fn flush(&mut self) {
        if self.failed.is_none() {
            self.failed = self.out.write_all(&self.waiting).and_then(|()| self.out.flush()).err();
            self.waiting.clear();
        }
    }
}
