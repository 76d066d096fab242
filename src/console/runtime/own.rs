//! Files of the operator's own: themes from a folder and the settings, read again when they change. A file that cannot be
//! used leaves everything as it is and says why.

use crate::config::{ConsoleSettings, Settings};
use crate::console::app::Msg;
use crate::console::app::kept::Kept;
use crate::console::theme::{Depth, Theme};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc::Sender;

/// How often a file is looked at. Nothing is drawn for that.
pub(super) const LOOK: Duration = Duration::from_secs(2);
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
        touched(&self.file(name)?)
    }
}

/// Reads a theme now and whenever its file changes, until told to stop.
pub(super) async fn follow_theme((own, name): (Own, String), every: Duration, to: Sender<Msg>) {
    let mut seen = own.changed(&name);
    if to.send(Msg::Themed(own.find(&name).map(Box::new))).await.is_err() || seen.is_none() {
        return;
    }
    loop {
        tokio::time::sleep(every).await;
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

/// When a file was last changed, if it is there.
fn touched(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).ok()?.modified().ok()
}

/// Reads the settings whenever their file changes, until told to stop. `known` is how they were at the start.
pub(super) async fn follow_settings((file, known): (PathBuf, Settings), every: Duration, to: Sender<Msg>) {
    let mut seen = touched(&file);
    loop {
        tokio::time::sleep(every).await;
        let changed = touched(&file);
        // An editor that writes anew takes the file away for a moment.
        if changed.is_some() && changed != seen {
            seen = changed;
            let read = Settings::load(&file).map_err(|e| e.to_string());
            if to.send(Msg::Set(Box::new(read.map(|new| concerns(new, &known))))).await.is_err() {
                return;
            }
        }
    }
}

/// The console's part, and whether the rest is another than at the start.
fn concerns(mut new: Settings, known: &Settings) -> (ConsoleSettings, bool) {
    let console = std::mem::take(&mut new.console);
    let rest = Settings { console: ConsoleSettings::default(), ..known.clone() };
    (console, new != rest)
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

    /// Often enough for a test.
    const OFTEN: Duration = Duration::from_millis(5);

    async fn next(told: &mut tokio::sync::mpsc::Receiver<Msg>) -> Msg {
        tokio::time::timeout(Duration::from_secs(30), told.recv()).await.expect("nothing was told").unwrap()
    }

    /// Writes a file whole, as if `n` minutes had passed since the first.
    fn write_later(path: &Path, text: &str, n: u64) {
        let beside = path.with_extension("new");
        std::fs::write(&beside, text).unwrap();
        let file = std::fs::File::options().write(true).open(&beside).unwrap();
        file.set_modified(SystemTime::now() + Duration::from_secs(60 * n)).unwrap();
        std::fs::rename(beside, path).unwrap();
    }

    #[tokio::test]
    async fn a_theme_is_read_again_when_its_file_changes() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("mine.toml");
        std::fs::write(&file, "inherits = \"dark\"\n").unwrap();
        let (to, mut told) = tokio::sync::mpsc::channel(4);
        let own = Own { dir: Some(dir.path().to_owned()), depth: Depth::True };
        let follower = tokio::spawn(follow_theme((own, "mine".into()), OFTEN, to));
        let Msg::Themed(Ok(first)) = next(&mut told).await else { panic!("it is read at once") };
        assert_eq!(first.name(), "mine");
        write_later(&file, "inherits = \"light\"\n", 1);
        let Msg::Themed(Ok(second)) = next(&mut told).await else { panic!("it is read again") };
        assert_ne!(first, second);
        write_later(&file, "[tekst]\n", 2);
        let Msg::Themed(Err(why)) = next(&mut told).await else { panic!("its mistake is told") };
        assert!(why.contains("tekst"), "{why}");
        // An editor may take it away for a moment: that is told of by nobody.
        std::fs::remove_file(&file).unwrap();
        write_later(&file, "inherits = \"mono\"\n", 3);
        assert!(matches!(next(&mut told).await, Msg::Themed(Ok(_))));
        follower.abort();
    }

    #[tokio::test]
    async fn settings_are_read_again_when_their_file_changes() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("settings.toml");
        let text = "[platform]\nretention_days = 7\n[console]\nutc = true\n";
        std::fs::write(&file, text).unwrap();
        let (to, mut told) = tokio::sync::mpsc::channel(4);
        let known = Settings::load(&file).unwrap();
        let follower = tokio::spawn(follow_settings((file.clone(), known), OFTEN, to));
        // Not before it has seen the file as it is.
        tokio::task::yield_now().await;
        let mut set = async |text: &str, n| {
            write_later(&file, text, n);
            let Msg::Set(read) = next(&mut told).await else { panic!("only settings are followed") };
            *read
        };
        let (console, rest) = set(&text.replace("true", "false"), 1).await.unwrap();
        assert!(!console.utc && !rest);
        assert!(set(&text.replace('7', "8"), 2).await.unwrap().1, "the rest is told of, too");
        let why = set("[console]\nutz = true\n", 3).await.unwrap_err();
        assert!(why.contains("utc"), "{why}");
        follower.abort();
    }
}
