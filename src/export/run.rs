//! Streams pages from a platform to an output.
//!
//! One page in memory at a time. Exports go from old to new up to an instant fixed at the start, so rows that arrive
//! meanwhile neither shift pages nor appear twice; after each page on disk the state beside the file is renamed into
//! place, so an end at any moment loses nothing and doubles nothing.

use super::listed::Listed;
use super::progress::Progress;
use super::resume::{self, Next, State};
use super::sink::{Sink, name};
use super::{Error, Reader, Remote, Sheet, sheet};
use crate::api::{
    Action, Block, Detection, Event, Incident, LedgerEntry, List, Page, Problem, RuleStanding, Source, Span,
    Suppression, Timestamp,
};
use crate::command::{Export, Resource};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Rows asked for at once: the most the contract allows.
const PAGE_ROWS: u64 = 1000;

/// An export and the world it runs in.
pub struct Order<'a> {
    /// What to write.
    pub export: Export,
    /// Who reads standard output.
    pub reader: Reader,
    /// The clock: the end of the range when none is given.
    pub now: Timestamp,
    /// Show how far it is on standard error.
    pub progress: bool,
    /// Set from outside to end after the running page.
    pub stop: &'a AtomicBool,
    /// Standard output.
    pub stdout: Box<dyn Write + Send>,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// Rows written, those of resumed runs included.
    pub rows: u64,
    /// Ended early because it was told to stop.
    pub interrupted: bool,
    /// There are more rows than the limit let through.
    pub more: bool,
    /// What was really searched, when that was less than asked for.
    pub covered: Option<Span>,
}

/// Runs an export to its end, or to the stop.
///
/// # Errors
/// The platform fails, the output cannot be written, or what is there stands in the way.
pub async fn run(remote: &dyn Remote, order: Order<'_>) -> Result<Done, Error> {
    match order.export.resource {
        Resource::Audit => stream::<Event>(remote, order).await,
        Resource::Detections => stream::<Detection>(remote, order).await,
        Resource::Incidents => stream::<Incident>(remote, order).await,
        Resource::Actions => stream::<Action>(remote, order).await,
        Resource::Blocks => stream::<Block>(remote, order).await,
        Resource::Sources => stream::<Source>(remote, order).await,
        Resource::Ledger => stream::<LedgerEntry>(remote, order).await,
        Resource::Rules => stream::<RuleStanding>(remote, order).await,
        Resource::Suppressions => stream::<Suppression>(remote, order).await,
    }
}

async fn stream<R: Listed>(remote: &dyn Remote, order: Order<'_>) -> Result<Done, Error> {
    let Order { mut export, mut reader, now, progress, stop, stdout } = order;
    let mut state = begin(&export, now)?;
    export.until = state.until;
    if export.out.is_some() {
        reader = Reader::Machine;
    }
    let bar = Progress::new(progress, export.resource, state.rows);
    let mut output =
        Output { sheet: sheet::<R>(&export, reader, now), sink: None, stdout: Some(stdout), out: &export.out };
    let mut done = Done { rows: state.rows, ..Done::default() };
    while state.next != Next::End {
        let list = next_page(&export, &state);
        let page = fetch::<R>(remote, &list).await.map_err(|p| told_safe(p, &export, &state))?;
        done.more = output.page(&mut state, &export, page, &mut done.covered)?;
        done.rows = state.rows;
        bar.rows(state.rows);
        if stop.load(Ordering::Relaxed) && state.next != Next::End {
            done.interrupted = true;
            return Ok(done);
        }
    }
    output.end(&state)?;
    Ok(done)
}

/// The state to start from: what an interrupted export left, or a new one.
fn begin(export: &Export, now: Timestamp) -> Result<State, Error> {
    let until = if export.newest_first { export.until } else { Some(export.until.unwrap_or(now)) };
    let new = State { asked: resume::asked(export), until, next: Next::Start, offset: 0, rows: 0 };
    let Some(file) = export.out.as_deref().map(Path::new) else { return Ok(new) };
    let standing = |what: &str, why: &str, hint: String| {
        Err(Error::Standing { what: format!("{} {what}", name(file)), why: why.to_owned(), hint })
    };
    match (export.resume, resume::load(file)?) {
        (true, Some(state)) if state.asked == new.asked => Ok(state),
        (true, Some(state)) => standing(
            "cannot be resumed with these arguments",
            &format!("it was begun as: {}", state.asked),
            format!("Give the same arguments, or remove it and {}.", name(&resume::beside(file))),
        ),
        (true, None) if file.exists() => standing(
            "has nothing to resume",
            "no .cursor file stands beside it, so that export is complete",
            "Choose another name for --out, or remove the file.".into(),
        ),
        (false, Some(state)) => standing(
            "holds an interrupted export",
            &format!("{} rows are in it", state.rows),
            format!("Go on with --resume, or remove it and {}.", name(&resume::beside(file))),
        ),
        (_, None) => Ok(new),
    }
}

fn next_page(export: &Export, state: &State) -> List {
    let left = export.limit.map_or(PAGE_ROWS, |limit| limit.saturating_sub(state.rows));
    List {
        query: export.query.clone(),
        since: export.since,
        until: export.until,
        at: export.at,
        limit: u32::try_from(left.clamp(1, PAGE_ROWS)).ok(),
        after: if let Next::After(cursor) = &state.next { Some(cursor.clone()) } else { None },
        oldest_first: !export.newest_first,
    }
}

async fn fetch<R: Listed>(remote: &dyn Remote, list: &List) -> Result<Page<R>, Problem> {
    R::page(remote.send(R::wire(list)).await?)
}

/// A failure of the platform half-way, with what that means for the file.
fn told_safe(problem: Problem, export: &Export, state: &State) -> Error {
    Error::Platform(if state.offset > 0 && export.out.is_some() {
        problem.hint(format!("{} rows are safe: run the same command with --resume.", state.rows))
    } else {
        problem
    })
}

/// The sheet and the place it is written to; a file is made only once there is something to write.
struct Output<'a, R> {
    sheet: Box<dyn Sheet<R>>,
    sink: Option<Sink>,
    stdout: Option<Box<dyn Write + Send>>,
    out: &'a Option<String>,
}

impl<R: Listed> Output<'_, R> {
    /// Writes a page and moves the state past it. True when the limit cut rows off.
    fn page(
        &mut self,
        state: &mut State,
        export: &Export,
        page: Page<R>,
        covered: &mut Option<Span>,
    ) -> Result<bool, Error> {
        let left = export.limit.map_or(u64::MAX, |limit| limit.saturating_sub(state.rows));
        let mut bytes = Vec::new();
        let mut rows = state.rows;
        let failed = |error| Error::Write { place: "A row".into(), error, resumable: false };
        if state.offset == 0 {
            self.sheet.start(&mut bytes).map_err(failed)?;
        }
        let found = page.items.len() as u64;
        for row in page.items.iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
            self.sheet.row(rows, row, &mut bytes).map_err(failed)?;
            rows += 1;
        }
        self.write(state, &bytes)?;
        let full = found >= left;
        let more = full && (found > left || page.next.is_some());
        state.rows = rows;
        state.offset += bytes.len() as u64;
        state.next = match page.next {
            Some(cursor) if !full => Next::After(cursor),
            _ => Next::End,
        };
        *covered = page.covered.or(*covered);
        self.save(state)?;
        Ok(more)
    }

    /// Writes the end and removes the state: nothing is left to resume.
    fn end(&mut self, state: &State) -> Result<(), Error> {
        let mut bytes = Vec::new();
        let failed = |error| Error::Write { place: "The end".into(), error, resumable: false };
        self.sheet.end(state.rows, &mut bytes).map_err(failed)?;
        self.write(state, &bytes)?;
        match (&self.sink, self.out) {
            (Some(Sink::File(..)), Some(file)) => resume::remove(Path::new(file)),
            _ => Ok(()),
        }
    }

    fn write(&mut self, state: &State, bytes: &[u8]) -> Result<(), Error> {
        self.open(state)?;
        match &mut self.sink {
            Some(sink) => sink.write(bytes),
            None => Ok(()),
        }
    }

    fn open(&mut self, state: &State) -> Result<(), Error> {
        if self.sink.is_some() {
            return Ok(());
        }
        let Some(file) = self.out.as_deref().map(Path::new) else {
            self.sink = self.stdout.take().map(Sink::Stream);
            return Ok(());
        };
        if state.next != Next::Start || (state.offset == 0 && resume::beside(file).exists()) {
            self.sink = Some(Sink::reopen(file, state.offset)?);
            return Ok(());
        }
        let sink = Sink::create(file)?;
        let fresh = matches!(sink, Sink::File(..));
        self.sink = Some(sink);
        if fresh && let Err(error) = resume::save(file, state) {
            // Without a state the file would only stand in the way of the next try.
            let _ = std::fs::remove_file(file);
            return Err(error);
        }
        Ok(())
    }

    fn save(&self, state: &State) -> Result<(), Error> {
        match (&self.sink, self.out) {
            (Some(Sink::File(..)), Some(file)) => resume::save(Path::new(file), state),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "run_test.rs"]
mod tests;
