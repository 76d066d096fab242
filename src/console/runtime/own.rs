//! Themes of the operator's own: read from a folder, and read again when their file changes. A file that cannot be used
//! leaves the theme in use as it is and says why.

use crate::console::app::Msg;
use crate::console::app::kept::Kept;
use crate::console::theme::{Depth, Theme};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc::Sender;

/// How often a file is looked at. Nothing is drawn for that.
const LOOK: Duration = Duration::from_secs(2);
/// The longest theme, in bytes.
const LENGTH: u64 = 64 * 1024;

/// Where they are, and for what kind of terminal.
#[derive(Debug, Clone)]
pub(super) struct Own {
    pub dir: Option<PathBuf>,
    pub depth: Depth,
}

impl Own {
    /// The file of a theme; a name that leads elsewhere has none.
    fn file(&self, name: &str) -> Option<PathBuf> {
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        self.dir.as_ref().filter(|_| plain).map(|dir| dir.join(format!("{name}.toml")))
    }

    fn text(&self, name: &str) -> Option<String> {
        let file = self.file(name)?;
        let small = std::fs::metadata(&file).is_ok_and(|m| m.len() <= LENGTH);
        if small { std::fs::read_to_string(file).ok() } else { None }
    }

    /// A theme by name, built in or the operator's own.
    pub(super) fn find(&self, name: &str) -> Result<Theme, String> {
        Theme::find(name, self.depth, &|name| self.text(name)).map_err(|e| e.to_string())
    }

    /// When the file of a theme was last changed.
    fn changed(&self, name: &str) -> Option<SystemTime> {
        std::fs::metadata(self.file(name)?).ok()?.modified().ok()
    }
}

/// Reads a theme now and whenever its file changes, until told to stop.
pub(super) async fn follow_theme(own: Own, name: String, to: Sender<Msg>) {
    let mut seen = own.changed(&name);
    if to.send(Msg::Themed(own.find(&name).map(Box::new))).await.is_err() || seen.is_none() {
        return;
    }
    loop {
        tokio::time::sleep(LOOK).await;
        let changed = own.changed(&name);
        // An editor that writes anew takes the file away for a moment.
        if changed.is_some() && changed != seen {
            seen = changed;
            if to.send(Msg::Themed(own.find(&name).map(Box::new))).await.is_err() {
                return;
            }
        }
    }
}

/// The largest file of what outlives a session, in bytes: every view there may be, with the longest filters.
const KEPT: u64 = 1024 * 1024;

/// What the last session left; nothing where it cannot be read.
pub(super) fn read_kept(file: &Path) -> Kept {
    let small = std::fs::metadata(file).is_ok_and(|m| m.len() <= KEPT);
    let text = if small { std::fs::read_to_string(file).unwrap_or_default() } else { String::new() };
    toml::from_str(&text).unwrap_or_default()
}

/// Keeps it: written beside and renamed into place, so that an end at any moment leaves a whole file.
pub(super) fn write_kept(file: &Path, kept: &Kept) -> std::io::Result<()> {
    let text = toml::to_string(kept).map_err(std::io::Error::other)?;
    if let Some(dir) = file.parent() {
        std::fs::create_dir_all(dir)?;
    }
    let beside = file.with_extension("new");
    std::fs::write(&beside, text)?;
    std::fs::rename(beside, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_again_and_nonsense_is_nothing() {
        use crate::console::app::kept::View;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("new").join("console.toml");
        let view = View { screen: "triage".into(), query: "owner:\"o\\\"brien\"\n".into() };
        let kept = Kept { last: Some(view.clone()), views: [("mine 1".into(), view)].into(), ..Kept::default() };
        write_kept(&file, &kept).unwrap();
        assert_eq!(read_kept(&file), kept);
        std::fs::write(&file, "last = 7").unwrap();
        assert_eq!(read_kept(&file), Kept::default());
        assert_eq!(read_kept(&dir.path().join("nowhere")), Kept::default());
    }

    #[test]
    fn names_do_not_lead_out_of_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("mine.toml"), "inherits = \"dark\"\n[text]\nfg = \"#010203\"\n").unwrap();
        let own = Own { dir: Some(dir.path().join("sub")), depth: Depth::True };
        std::fs::create_dir(dir.path().join("sub")).unwrap();
        assert!(own.find("../mine").is_err());
        let own = Own { dir: Some(dir.path().to_owned()), depth: Depth::True };
        assert_eq!(own.find("mine").unwrap().name(), "mine");
        assert!(own.find("light").is_ok());
    }
}
