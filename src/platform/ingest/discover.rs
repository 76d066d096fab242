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

/// Directories of web servers, with the log expected there.
const WEB: [(&str, &str, &str); 3] = [
    ("nginx", "var/log/nginx", "access.log"),
    ("apache", "var/log/apache2", "access.log"),
    ("apache", "var/log/httpd", "access_log"),
];

/// Single files.
const FILES: [(&str, &str, Format); 3] = [
    ("auth", "var/log/auth.log", Format::Syslog),
    ("auth", "var/log/secure", Format::Syslog),
    ("suricata", "var/log/suricata/eve.json", Format::Eve),
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
    for (name, dir, usual) in WEB {
        let dir = root.join(dir);
        match access_logs(&dir) {
            Ok(paths) => {
                for path in if paths.is_empty() { vec![dir.join(usual)] } else { paths } {
                    add(&mut found, name, path, Format::Combined, root);
                }
            }
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(_) => add(&mut found, name, dir.join(usual), Format::Combined, root),
        }
    }
    for (name, path, format) in FILES {
        let path = root.join(path);
        if !matches!(std::fs::metadata(&path), Err(e) if e.kind() == ErrorKind::NotFound) {
            add(&mut found, name, path, format, root);
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

/// Files that are access logs by name and not rotated ones: `access.log`, `shop-access.log`, `ssl_access_log`.
fn access_logs(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.contains("access") && (name.ends_with(".log") || name.ends_with("access_log")) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn add(found: &mut Vec<(Watch, Source)>, name: &str, path: PathBuf, format: Format, root: &Path) {
    if found.iter().all(|(watch, _)| watch.path != path) {
        let name = format!("{name}:{}", path.display());
        found.push(look(Watch { name, format: Some(format), path }, root));
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
