//! What this host has to watch, and what it has but will not show.
//!
//! Looks only, reads nothing but the first byte; following is `tail`'s business. A log that may not be read is listed
//! with the reason and what to do about it, since that is what a newcomer meets first.

use super::{Format, JOURNAL_PATH, Watch};
use crate::api::{Source, SourceState};
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Directories with logs of requests: whose, where, a word that their names hold, the log expected there, its format.
const WEB: [(&str, &str, &str, &str, Option<Format>); 10] = [
    ("nginx", "var/log/nginx", "access", "access.log", None),
    ("apache", "var/log/apache2", "access", "access.log", None),
    ("apache", "var/log/httpd", "access", "access_log", None),
    ("nginx-error", "var/log/nginx", "error", "error.log", Some(Format::Error)),
    ("apache-error", "var/log/apache2", "error", "error.log", Some(Format::Error)),
    ("apache-error", "var/log/httpd", "error", "error_log", Some(Format::Error)),
    ("caddy", "var/log/caddy", "", "access.log", Some(Format::Caddy)),
    ("traefik", "var/log/traefik", "access", "access.log", Some(Format::Traefik)),
    ("zeek", "opt/zeek/logs/current", "", "conn.log", Some(Format::Zeek)),
    ("zeek", "var/log/zeek/current", "", "conn.log", Some(Format::Zeek)),
];

/// Zeek's logs that say who did what; the others describe files, certificates and itself.
const ZEEK: [&str; 6] = ["conn.log", "http.log", "ssh.log", "notice.log", "weird.log", "dns.log"];

/// Single files.
const FILES: [(&str, &str, Format); 7] = [
    ("auth", "var/log/auth.log", Format::Syslog),
    ("auth", "var/log/secure", Format::Syslog),
    ("suricata", "var/log/suricata/eve.json", Format::Eve),
    ("haproxy", "var/log/haproxy.log", Format::HaProxy),
    ("modsecurity", "var/log/modsec_audit.log", Format::ModSecurity),
    ("modsecurity", "var/log/nginx/modsec_audit.log", Format::ModSecurity),
    ("modsecurity", "var/log/apache2/modsec_audit.log", Format::ModSecurity),
];

/// Looks for what this host has, besides `extra` (the configured watches, which come first and are never left out).
#[must_use]
pub fn discover(extra: &[Watch]) -> Vec<(Watch, Source)> {
    discover_under(Path::new("/"), Path::new("journalctl"), extra)
}

/// How the configured watches are, without looking for others.
#[must_use]
pub fn describe(configured: &[Watch]) -> Vec<(Watch, Source)> {
    configured.iter().map(|watch| look(watch.clone(), Path::new("/"))).collect()
}

/// [`discover`] under another root and with another `journalctl`.
#[must_use]
pub fn discover_under(root: &Path, journalctl: &Path, extra: &[Watch]) -> Vec<(Watch, Source)> {
    let mut found: Vec<(Watch, Source)> = extra.iter().map(|watch| look(watch.clone(), root)).collect();
    for (name, dir, word, usual, format) in WEB {
        let dir = root.join(dir);
        match logs(&dir, word) {
            Ok(mut paths) => {
                paths.retain(|path| name != "zeek" || path.file_name().is_some_and(|n| ZEEK.iter().any(|z| n == *z)));
                // Servers have an access log, and errors only where something is wrong.
                let expected = (paths.is_empty() && word != "error").then(|| dir.join(usual));
                for path in paths.into_iter().chain(expected) {
                    add(&mut found, name, path, format, root);
                }
            }
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(_) => add(&mut found, name, dir.join(usual), format, root),
        }
    }
    for (name, path, format) in FILES {
        let path = root.join(path);
        if !matches!(std::fs::metadata(&path), Err(e) if e.kind() == ErrorKind::NotFound) {
            add(&mut found, name, path, Some(format), root);
        }
    }
    let sshd_covered = found.iter().any(|(w, s)| {
        w.format == Some(Format::Syslog) && s.state == SourceState::Reading || w.path == Path::new(JOURNAL_PATH)
    });
    if !sshd_covered {
        found.extend(journal(journalctl));
    }
    found
}

/// Files that are logs by name, hold a word in it, and are not rotated ones: `access.log`, `shop-access.log`,
/// `ssl_access_log`.
fn logs(dir: &Path, word: &str) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.contains(word) && (name.ends_with(".log") || !word.is_empty() && name.ends_with(&format!("{word}_log")))
        {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn add(found: &mut Vec<(Watch, Source)>, name: &str, path: PathBuf, format: Option<Format>, root: &Path) {
    if found.iter().all(|(watch, _)| watch.path != path) {
        let name = format!("{name}:{}", path.display());
        found.push(look(Watch { name, format, path }, root));
    }
}

/// A watch and how its file is.
fn look(watch: Watch, root: &Path) -> (Watch, Source) {
    if watch.path == Path::new(JOURNAL_PATH) {
        let source = watch.source(SourceState::Waiting, "the system's journal, as configured");
        return (watch, source);
    }
    let (state, why) = match first_byte(&watch.path) {
        Ok(0) => (SourceState::Waiting, "there, but nothing has been written to it yet".to_owned()),
        Ok(_) => (SourceState::Reading, "found, and readable".to_owned()),
        Err(error) => explain(&watch.path, &error, root),
    };
    let source = watch.source(state, why);
    (watch, source)
}

fn first_byte(path: &Path) -> std::io::Result<usize> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::new(ErrorKind::InvalidInput, "it is not a file"));
    }
    File::open(path)?.read(&mut [0])
}

/// Why a file cannot be read and what to do about it. `root` is where `/etc/group` is looked for.
#[must_use]
pub fn explain(path: &Path, error: &std::io::Error, root: &Path) -> (SourceState, String) {
    match error.kind() {
        ErrorKind::NotFound => {
            (SourceState::Waiting, "not there now; it is read from its start once it appears".to_owned())
        }
        ErrorKind::PermissionDenied => (SourceState::Unreadable, denied(path, root)),
        ErrorKind::InvalidInput | ErrorKind::IsADirectory => {
            (SourceState::Unreadable, "it is not a file: name the log file itself".to_owned())
        }
        _ => (SourceState::Unreadable, format!("it cannot be read: {error}; it is tried again")),
    }
}

/// Says who may read the file, or the directory in the way of it.
fn denied(path: &Path, root: &Path) -> String {
    let closed = path.ancestors().find_map(|p| std::fs::metadata(p).ok().map(|meta| (p, meta)));
    let Some((at, meta)) = closed else { return "you may not read it: run as a user who may".to_owned() };
    let what = if at == path { "it".to_owned() } else { format!("what is in {}", at.display()) };
    match group_of(&meta, root) {
        Some(group) => format!(
            "you may not read {what}: run as a member of group {group} (sudo usermod -aG {group} \"$USER\", then log in again)"
        ),
        None => format!("you may not read {what}: run as its owner (uid {}) or as root", meta.uid()),
    }
}

/// The group that may read where others may not, by name; root's own group is no advice.
fn group_of(meta: &Metadata, root: &Path) -> Option<String> {
    if meta.mode() & 0o040 == 0 || meta.gid() == 0 {
        return None;
    }
    let groups = std::fs::read_to_string(root.join("etc/group")).ok()?;
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(meta.gid())).then(|| name.to_owned())
    })
}

/// The journal, if there is a program that reads it.
fn journal(program: &Path) -> Option<(Watch, Source)> {
    let output =
        Command::new(program).args(["-n", "1", "--output=json", "--no-pager"]).stdin(Stdio::null()).output().ok()?;
    let watch = Watch { name: "journald".to_owned(), format: Some(Format::Journal), path: JOURNAL_PATH.into() };
    let said = String::from_utf8_lossy(&output.stderr);
    // Without the right to it journalctl shows one's own messages only, and says so.
    let (state, why) = if said.contains("ermission") || said.contains("not seeing messages") {
        let why = "you may not read the system's journal: run as a member of group systemd-journal \
                   (sudo usermod -aG systemd-journal \"$USER\", then log in again)";
        (SourceState::Unreadable, why.to_owned())
    } else if output.stdout.starts_with(b"{") {
        (SourceState::Reading, "the system's journal: logons are taken from it".to_owned())
    } else {
        (SourceState::Waiting, "the system's journal is there, but nothing is in it".to_owned())
    };
    let source = watch.source(state, why);
    Some((watch, source))
}

#[cfg(test)]
#[path = "discover_tests.rs"]
mod tests;
