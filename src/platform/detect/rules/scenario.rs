//! What a scenario is. `parse.rs` reads one from a file, `bucket.rs` remembers how far somebody has come in it.

use crate::api::Severity;
use crate::query::Query;

/// Most events or distinct values a scenario may ask for where each is remembered.
pub const CAPACITY_MAX: i64 = 128;
/// Most events of a bucket that leaks: it only remembers how full it is.
pub const LEVEL_MAX: i64 = 100_000;
/// Most steps of a sequence.
pub const STEPS_MAX: usize = 8;

/// A leaky bucket or a sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// With its family: `scenario.ssh_slow_guessing`.
    pub name: String,
    /// In words.
    pub title: String,
    /// What kind of attack.
    pub class: String,
    /// One sentence for whoever has to judge it.
    pub description: String,
    /// ATT&CK.
    pub techniques: Vec<String>,
    /// How serious.
    pub severity: Severity,
    /// 0 to 1.
    pub confidence: f32,
    /// One step is a bucket; more are a sequence.
    pub steps: Vec<Step>,
    /// Whose events are counted together; the first names the entity. Nothing: everybody's.
    pub group_by: Vec<Group>,
    /// The field whose different values are counted, instead of events.
    pub distinct: Option<String>,
    /// So many make it fire.
    pub capacity: u32,
    /// Where a message names the client that the record does not: behind these texts, one after the other.
    pub address_after: Vec<String>,
    /// How a bucket empties.
    pub pace: Pace,
    /// After it fired, nothing is said about the same group for so long, in milliseconds, and it begins anew. Without
    /// it repeats are told at ten, a hundred, a thousand times as many.
    pub blackhole_ms: Option<i64>,
    /// Whether it speaks.
    pub mode: Mode,
    /// Logs it must and must not fire on.
    pub samples: Vec<Sample>,
    /// Where it was written.
    pub file: String,
    /// From which line on.
    pub line: usize,
    /// Shipped with the program.
    pub built_in: bool,
}

impl Scenario {
    /// Fires at once, and tells repeats at ten, a hundred, a thousand times as many.
    #[must_use]
    pub fn once() -> Self {
        Self {
            name: String::new(),
            title: String::new(),
            class: String::new(),
            description: String::new(),
            techniques: Vec::new(),
            severity: Severity::Info,
            confidence: 0.0,
            steps: vec![Step { filter: Query::default(), count: 1, within_ms: 0 }],
            group_by: Vec::new(),
            distinct: None,
            capacity: 1,
            address_after: Vec::new(),
            pace: Pace::Leak(1),
            blackhole_ms: None,
            mode: Mode::On,
            samples: Vec::new(),
            file: String::new(),
            line: 0,
            built_in: true,
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Which events.
    pub filter: Query,
    /// How many of them.
    pub count: u32,
    /// At most so long after the step before, in milliseconds.
    pub within_ms: i64,
}

/// How a bucket empties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// One event leaks in so many milliseconds.
    Leak(i64),
    /// Only the events of the last so many milliseconds count.
    Within(i64),
}

/// Whether a rule speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Its detections count.
    On,
    /// Its detections are counted, and nothing follows from them. How a user's own rules begin.
    Shadow,
    /// It is not evaluated.
    Off,
}

impl Mode {
    /// As written.
    pub const KNOWN: &'static [&'static str] = &["on", "shadow", "off"];

    /// As written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Shadow => "shadow",
            Self::Off => "off",
        }
    }

    /// Reads one of the words.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        [Self::On, Self::Shadow, Self::Off].into_iter().find(|mode| mode.as_str() == word)
    }
}

/// Whose events are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The client's address.
    Address,
    /// Its /24 (IPv4) or /48 (IPv6).
    Range,
    /// The user.
    User,
    /// The session.
    Session,
    /// The API key.
    Key,
    /// The host or site.
    Host,
    /// The account or workspace.
    Tenant,
}

impl Group {
    /// Words and groups.
    pub const ALL: [(&'static str, Self); 7] = [
        ("src_ip", Self::Address),
        ("range", Self::Range),
        ("user", Self::User),
        ("session", Self::Session),
        ("key", Self::Key),
        ("host", Self::Host),
        ("tenant", Self::Tenant),
    ];
}

/// A piece of log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The lines, with `{n}` for a running number and `{clf}`, `{bsd}`, `{iso}`, `{unix}` for the time.
    pub lines: String,
    /// Format by name; recognised when absent.
    pub format: Option<String>,
    /// How often the lines come.
    pub times: u32,
    /// Time from line to line, in milliseconds.
    pub every_ms: i64,
    /// Whom the scenario must accuse; `None`: it must not fire.
    pub entity: Option<String>,
    /// Where it was written.
    pub line: usize,
}
