//! Where rules come from: shipped, a user's own folder, folders of Sigma rules.

use super::{Fault, Mode, Rules, parse, shipped};
use crate::text::visible;
use std::path::{Path, PathBuf};

/// Largest file of rules, in bytes.
const FILE_MAX: u64 = 1 << 20;
/// Most files under one folder, and deepest folder.
const FILES_MAX: usize = 20_000;
const DEPTH_MAX: usize = 12;

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// Folder of one's own scenarios.
    pub own: Option<PathBuf>,
    /// Folders of Sigma rules.
    pub sigma: Vec<PathBuf>,
    /// How rules that were not shipped begin.
    pub new: Mode,
}

impl Default for Sources {
    fn default() -> Self {
        Self { own: None, sigma: Vec::new(), new: Mode::Shadow }
    }
}

/// Reads and compiles everything. What cannot be used is among [`Rules::faults`].
#[must_use]
pub fn load(sources: &Sources) -> Rules {
    let (mut scenarios, mut faults) = shipped::scenarios();
    if let Some(own) = &sources.own {
        let (found, bad) = files(own, &["toml"]);
        faults.extend(bad);
        for (file, text) in found {
            let (mut good, bad) = parse::scenarios(&text, &file, sources.new);
            good.iter_mut().for_each(|s| s.built_in = false);
            scenarios.extend(good);
            faults.extend(bad.into_iter().map(|e| fault(&file, &e)));
        }
    }
    let mut rules = Rules::new(scenarios);
    rules.faults.splice(0..0, faults);
    sigma(&mut rules, sources);
    rules
}

#[cfg(feature = "sigma")]
fn sigma(rules: &mut Rules, sources: &Sources) {
    if sources.sigma.is_empty() {
        return;
    }
    let (set, faults) = super::sigma::read(&sources.sigma, sources.new);
    rules.faults.extend(faults);
    rules.sigma = Some(set);
}

#[cfg(not(feature = "sigma"))]
fn sigma(rules: &mut Rules, sources: &Sources) {
    let why = "this build has no Sigma; install Watchfloor with its default features";
    rules.faults.extend(sources.sigma.iter().map(|path| Fault { file: shown(path), line: 0, why: why.into() }));
}

/// A mistake with its file.
pub(super) fn fault(file: &str, error: &crate::platform::written::Error) -> Fault {
    let key = if error.key.is_empty() { String::new() } else { format!("`{}`: ", error.key) };
    Fault { file: file.to_owned(), line: error.line, why: format!("{key}{}", error.why) }
}

/// The files with one of these endings under a path, by name, with their text.
pub(super) fn files(path: &Path, endings: &[&str]) -> (Vec<(String, String)>, Vec<Fault>) {
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    walk(path, endings, 0, &mut found, &mut faults);
    (found, faults)
}

fn walk(path: &Path, endings: &[&str], depth: usize, found: &mut Vec<(String, String)>, faults: &mut Vec<Fault>) {
    let mut fault =
        |why: String| faults.push(Fault { file: shown(path), line: 0, why: visible::escape(&why).into_owned() });
    if path.is_dir() {
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(e) => return fault(e.to_string()),
        };
        if depth >= DEPTH_MAX {
            return fault(format!("is nested deeper than {DEPTH_MAX} folders and is not read"));
        }
        let mut paths: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
        paths.sort();
        paths.iter().for_each(|path| walk(path, endings, depth + 1, found, faults));
        return;
    }
    let right = path.extension().and_then(|e| e.to_str()).is_some_and(|e| endings.contains(&e));
    if depth > 0 && !right {
        return;
    }
    if found.len() >= FILES_MAX {
        return fault(format!("is not read: there are more than {FILES_MAX} files"));
    }
    match std::fs::metadata(path) {
        Ok(meta) if meta.len() > FILE_MAX => fault(format!("is larger than {FILE_MAX} bytes and is not read")),
        Ok(_) => match std::fs::read_to_string(path) {
            Ok(text) => found.push((shown(path), text)),
            Err(e) => fault(format!("cannot be read: {e}")),
        },
        Err(e) => fault(format!("cannot be read: {e}")),
    }
}

/// A path, safe to draw.
pub(super) fn shown(path: &Path) -> String {
    visible::escape(&path.to_string_lossy()).into_owned()
}
