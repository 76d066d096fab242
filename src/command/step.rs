//! What running a command asks for: intents of the screen, effects on the world. Both are plain values, so that a test
//! can say "pressing c on incident 7 yields exactly this".

use super::suppress::Draft;
use super::{Args, Change, Format, Place, Resource, Which};
use crate::api::{ActionRequest, Endpoint, EntityRef, IncidentId, Timestamp, Verdict, Wire};

/// One thing to happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Asked of the screen; no I/O.
    Intent(Intent),
    /// Asked of the world.
    Effect(Effect),
}

impl Step {
    /// A call of the platform; `done` is said when it worked.
    pub fn call<E: Endpoint>(input: &E::Input, done: impl Into<String>) -> Self {
        Self::Effect(Effect::Call { wire: Wire::of::<E>(input), done: done.into() })
    }
}

/// How a cursor moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// Half a page up.
    HalfUp,
    /// Half a page down.
    HalfDown,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// First row.
    First,
    /// Last row.
    Last,
    /// Next panel or tab.
    NextPanel,
    /// Panel or tab before.
    PreviousPanel,
}

/// Asked of the console.
#[derive(Debug, Clone, PartialEq)]
pub enum Intent {
    /// Move the cursor.
    Move(Motion),
    /// Open what the cursor is on.
    Open,
    /// Close the topmost thing, else go back one screen.
    Back,
    /// Go to a screen.
    Go(Place),
    /// Open an incident's screen.
    OpenIncident(IncidentId),
    /// Open an entity's screen.
    OpenEntity(EntityRef),
    /// Go to event search with this query.
    Search(String),
    /// Go to a search over detections with this query.
    SearchDetections(String),
    /// Search events instead of detections, or the other way round.
    SwitchRows,
    /// Count values of a field of what is found, or stop that.
    Facets,
    /// Choose which columns are shown.
    ChooseColumns,
    /// Hide these columns and show all others.
    HideColumns(Vec<&'static str>),
    /// Verify what the screen shows, wholly.
    Verify,
    /// Edit the filter of this screen.
    EditFilter,
    /// Open the command palette.
    OpenPalette,
    /// Open help.
    OpenHelp,
    /// Open the log of what the console has said.
    OpenMessages,
    /// Mark or unmark the row.
    ToggleMark,
    /// Mark all that fits the query, or nothing.
    MarkAll,
    /// Choose what to copy of the row.
    Copy,
    /// Choose a value of the row and what to do with it.
    Values,
    /// Keep this screen with its filter under a name.
    SaveView(String),
    /// Choose among the views that were kept.
    ChooseView,
    /// Go to a view that was kept.
    OpenView(String),
    /// Forget a view.
    DropView(String),
    /// Stop taking updates in, or go on.
    Pause,
    /// Times in another zone.
    Zone,
    /// So many milliseconds through time.
    Travel(i64),
    /// To an instant, as people write it.
    TravelTo(String),
    /// Back to now.
    Return,
    /// Compare what is shown with an instant, as people write it.
    Compare(String),
    /// Suppress something, after a preview.
    Suppress(Draft),
    /// Count the rows of this list by a field; the likeliest one when none is named.
    GroupBy(Option<String>),
    /// Hide who it is about, or show it again.
    Privacy,
    /// Explain where the row stands.
    Why,
    /// Judge the incident at hand, to be sent after a while.
    Judge(Verdict),
    /// What was to be done about this incident is not done after all.
    TookBack(IncidentId),
    /// Change many incidents, after a preview.
    Batch(Change, Which),
    /// Ask the platform for a preview and show it; the action is created on confirmation.
    Preview(ActionRequest),
    /// Ask for a verdict (and a comment), then close these incidents.
    AskVerdict(Which),
    /// Ask for what is still missing of a command's arguments, then run it.
    Ask {
        /// The command, by name.
        command: &'static str,
        /// Which of its arguments is asked for.
        arg: &'static str,
        /// What to ask, in words.
        title: String,
        /// The arguments there are.
        args: Args,
    },
    /// Use another theme.
    UseTheme(String),
    /// Draw with ASCII only, or with lines and blocks.
    UseGlyphs(bool),
    /// Draw everything anew.
    Redraw,
    /// Leave the terminal and stop, as the shell's job control expects.
    Suspend,
}

/// Asked of the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Call the platform. `done` is what to tell the operator when it worked, e.g. `claimed #7`.
    Call {
        /// The request.
        wire: Wire,
        /// Said when it worked.
        done: String,
    },
    /// Write rows to a file or to standard output.
    Export(Export),
    /// Write rows to the input of a shell command; console only.
    Pipe(Export, String),
    /// End the program.
    Quit,
}

/// An export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// What.
    pub resource: Resource,
    /// As what.
    pub format: Format,
    /// Filter.
    pub query: String,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// As it stood at this instant.
    pub at: Option<Timestamp>,
    /// Names and addresses as pseudonyms.
    pub pseudonyms: bool,
    /// To which file; standard output when absent.
    pub out: Option<String>,
    /// Go on where the interrupted export to the same file stopped.
    pub resume: bool,
    /// At most so many rows; all of them when absent.
    pub limit: Option<u64>,
    /// Newest first, as lists for people are; exports go from old to new, so that new rows do not disturb them.
    pub newest_first: bool,
}
