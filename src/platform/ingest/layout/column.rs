//! The columns of logs that name them, and what each is called by whom.

use crate::platform::ingest::names::Names;
use std::sync::LazyLock;

/// Columns of one line that are looked at; no writer comes near.
pub(super) const COLUMNS_MAX: usize = 256;

/// What a column holds, in the words of whichever format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::platform::ingest) enum Column {
    Time,
    Date,
    Source,
    SourcePort,
    Target,
    TargetPort,
    User,
    Method,
    Host,
    /// The `Host` header as sent.
    HostHeader,
    Path,
    Query,
    Status,
    Bytes,
    Agent,
    Referer,
    Proto,
    Service,
    Sent,
    Received,
    State,
    Missed,
    /// Whether a logon succeeded.
    Granted,
    /// A notice's or weird's name.
    Name,
    Message,
    Detail,
    /// Address a notice is about.
    About,
    Actions,
    /// How a question about a name and a password ended, in words.
    Answered,
    /// A look-up's or certificate's name.
    Asked,
    Log,
}

/// How many there are.
pub(in crate::platform::ingest) const COLUMNS: usize = Column::Log as usize + 1;

static W3C: LazyLock<Names<Column>> = LazyLock::new(|| {
    Names::of(&[
        ("date", Column::Date),
        ("time", Column::Time),
        ("c-ip", Column::Source),
        ("c-port", Column::SourcePort),
        ("cs-username", Column::User),
        ("cs-method", Column::Method),
        ("cs(Host)", Column::Host),
        ("cs-host", Column::Host),
        ("x-host-header", Column::HostHeader),
        ("cs-uri-stem", Column::Path),
        ("cs-uri-query", Column::Query),
        ("sc-status", Column::Status),
        ("sc-bytes", Column::Bytes),
        ("cs(User-Agent)", Column::Agent),
        ("cs(Referer)", Column::Referer),
    ])
});

static ZEEK: LazyLock<Names<Column>> = LazyLock::new(|| {
    Names::of(&[
        ("ts", Column::Time),
        ("_path", Column::Log),
        ("id.orig_h", Column::Source),
        ("id.orig_p", Column::SourcePort),
        ("id.resp_h", Column::Target),
        ("id.resp_p", Column::TargetPort),
        ("proto", Column::Proto),
        ("service", Column::Service),
        ("orig_bytes", Column::Sent),
        ("resp_bytes", Column::Received),
        ("conn_state", Column::State),
        ("missed_bytes", Column::Missed),
        ("method", Column::Method),
        ("host", Column::Host),
        ("uri", Column::Path),
        ("referrer", Column::Referer),
        ("user_agent", Column::Agent),
        ("status_code", Column::Status),
        ("response_body_len", Column::Bytes),
        ("username", Column::User),
        ("user", Column::User),
        ("auth_success", Column::Granted),
        ("success", Column::Granted),
        ("reply_code", Column::Status),
        ("error_msg", Column::Detail),
        ("result", Column::Answered),
        ("command", Column::Method),
        ("client", Column::Agent),
        ("note", Column::Name),
        ("name", Column::Name),
        ("msg", Column::Message),
        ("sub", Column::Detail),
        ("addl", Column::Detail),
        ("src", Column::About),
        ("actions", Column::Actions),
        ("query", Column::Asked),
        ("server_name", Column::Asked),
        ("rcode_name", Column::State),
    ])
});

static FLOWS: LazyLock<Names<Column>> = LazyLock::new(|| {
    Names::of(&[
        ("srcaddr", Column::Source),
        ("srcport", Column::SourcePort),
        ("dstaddr", Column::Target),
        ("dstport", Column::TargetPort),
        ("protocol", Column::Proto),
        ("bytes", Column::Sent),
        ("start", Column::Time),
        ("action", Column::Actions),
    ])
});

/// The column of this name in a flow log of AWS'.
pub(super) fn flows(name: &str) -> Option<Column> {
    FLOWS.get(name)
}

/// Whether a line is the header of a flow log of AWS': names alone, both ends among them.
pub(super) fn names_flows(line: &str) -> bool {
    let named = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b' ');
    line.bytes().all(named) && ["srcaddr", "dstaddr"].iter().all(|name| line.split(' ').any(|word| word == *name))
}

/// The column of this name in a Zeek log.
pub(in crate::platform::ingest) fn zeek(name: &str) -> Option<Column> {
    ZEEK.get(name)
}

/// Columns in the order of their names.
pub(in crate::platform::ingest) fn columns(names: &str, known: fn(&str) -> Option<Column>) -> Vec<Option<Column>> {
    names.split([' ', '\t']).filter(|name| !name.is_empty()).take(COLUMNS_MAX).map(known).collect()
}

/// The column of this name in a W3C log.
pub(in crate::platform::ingest) fn w3c(name: &str) -> Option<Column> {
    W3C.get(name)
}
