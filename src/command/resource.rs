//! What can be listed and exported, and as what.

use crate::query;

/// What can be listed and exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Events.
    Audit,
    /// Detections.
    Detections,
    /// Incidents.
    Incidents,
    /// Actions.
    Actions,
    /// Blocks in force.
    Blocks,
    /// Sources.
    Sources,
    /// Ledger entries.
    Ledger,
    /// Rules, and how they do.
    Rules,
    /// Suppressions.
    Suppressions,
}

impl Resource {
    /// Every resource, in the order of the command line.
    pub const ALL: [Self; 9] = [
        Self::Audit,
        Self::Detections,
        Self::Incidents,
        Self::Actions,
        Self::Blocks,
        Self::Sources,
        Self::Ledger,
        Self::Rules,
        Self::Suppressions,
    ];

    /// The word on the command line and in an export's header.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Detections => "detections",
            Self::Incidents => "incidents",
            Self::Actions => "actions",
            Self::Blocks => "blocks",
            Self::Sources => "sources",
            Self::Ledger => "ledger",
            Self::Rules => "rules",
            Self::Suppressions => "suppressions",
        }
    }

    /// Its fields in the query language.
    #[must_use]
    pub const fn fields(self) -> query::Resource {
        match self {
            Self::Audit => query::Resource::Event,
            Self::Detections => query::Resource::Detection,
            Self::Incidents => query::Resource::Incident,
            Self::Actions => query::Resource::Action,
            Self::Blocks => query::Resource::Block,
            Self::Sources => query::Resource::Source,
            Self::Ledger => query::Resource::Ledger,
            Self::Rules => query::Resource::Rule,
            Self::Suppressions => query::Resource::Suppression,
        }
    }

    /// What its rows are called, for sentences.
    #[must_use]
    pub const fn rows(self) -> &'static str {
        match self {
            Self::Audit => "events",
            Self::Ledger => "ledger entries",
            other => other.word(),
        }
    }
}

/// Output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Aligned columns on a terminal, tab-separated to a pipe.
    Table,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// Comma-separated, defused for spreadsheets.
    Csv,
}

impl Format {
    /// The words of the command line.
    pub const KNOWN: [&'static str; 4] = ["table", "ndjson", "json", "csv"];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        [Self::Table, Self::Ndjson, Self::Json, Self::Csv]
            .into_iter()
            .find(|f| f.word() == word)
            .ok_or_else(|| format!("expected one of {}", Self::KNOWN.join(", ")))
    }
}
