//! Methods that nobody uses, or only to find out more than they should.

use super::{Request, RequestSettings, Tell, said};
use crate::api::Severity;

/// Methods of WebDAV, CalDAV and version control: at any other address somebody tries what a server knows.
const OF_FILES: [&str; 24] = [
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
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
    "ORDERPATCH",
];
/// What addresses of such servers have in them.
const PLACES: [&str; 14] = [
    "dav",
    "cal",
    "card",
    "svn",
    "git",
    "repo",
    "files",
    "remote.php",
    "exchange",
    "public",
    "principals",
    "disk",
    "drive",
    "sync",
];
/// Registered, or of caches and devices: ordinary for the few that use them, who say so (`[requests] methods`).
const OF_FEW: [&str; 7] = ["PURGE", "LINK", "UNLINK", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "PRI"];
/// Methods that tell more than they should.
pub(super) const TELLTALE: [&str; 4] = ["TRACE", "TRACK", "DEBUG", "CONNECT"];

pub(super) fn look(request: &Request<'_>, accepted: &RequestSettings, tell: Tell<'_>) {
    let (method, url) = (request.method, request.url);
    // Logs write `-` for what was no request.
    if method.is_empty() || method == "-" {
        return;
    }
    if accepted.takes_method(method) {
        return;
    }
    if OF_FILES.contains(&method) {
        if !is_place_of_files(url) {
            tell(
                said("method of a file server at another address", Severity::Low, 0.3),
                "method",
                "",
                method.as_bytes(),
            );
        }
        return;
    }
    let found = match method {
        _ if TELLTALE.contains(&method) => said("method that serves diagnosis", Severity::Low, 0.6),
        _ if OF_FEW.contains(&method) => said("method that few servers know", Severity::Low, 0.3),
        _ => said("method that is not in use", Severity::Low, 0.5),
    };
    tell(found, "method", "", method.as_bytes());
}

fn is_place_of_files(url: &str) -> bool {
    let path = url.split('?').next().unwrap_or_default().to_ascii_lowercase();
    PLACES.iter().any(|place| path.contains(place))
}
