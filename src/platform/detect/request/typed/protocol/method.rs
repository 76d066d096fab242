//! Methods that nobody uses, or only to find out more than they should.

use super::{Tell, said};
use crate::api::Severity;

/// Methods of HTTP, WebDAV and their registered kin.
const METHODS: [&str; 40] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "QUERY",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
    "SEARCH",
    "MKCALENDAR",
    "MKACTIVITY",
    "MKWORKSPACE",
    "MERGE",
    "CHECKOUT",
    "CHECKIN",
    "UNCHECKOUT",
    "UPDATE",
    "LABEL",
    "BASELINE-CONTROL",
    "VERSION-CONTROL",
    "ACL",
    "BIND",
    "REBIND",
    "UNBIND",
    "LINK",
    "UNLINK",
    "PURGE",
    "NOTIFY",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "PRI",
    "ORDERPATCH",
];
/// Methods that tell more than they should.
pub(super) const TELLTALE: [&str; 4] = ["TRACE", "TRACK", "DEBUG", "CONNECT"];

pub(super) fn look(method: &str, tell: Tell<'_>) {
    // Logs write `-` for what was no request.
    if method.is_empty() || method == "-" || METHODS.contains(&method) {
        return;
    }
    let found = match TELLTALE.contains(&method) {
        true => said("method that serves diagnosis", Severity::Low, 0.6),
        false => said("unknown method", Severity::Low, 0.5),
    };
    tell(found, "method", "", method.as_bytes());
}
