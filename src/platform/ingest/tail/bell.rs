//! The kernel's notifications, boiled down to "look at these files": however many come, memory stays the same.

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Which files to look at.
#[derive(Default)]
struct Rung {
    all: bool,
    which: Vec<bool>,
    /// Paths whose events mean a file: the file, what it links to, its rotated names, a directory on the way to it.
    routes: Vec<(PathBuf, usize)>,
    /// Directories that were removed: the kernel no longer tells about them, even if they come back.
    lost: Vec<PathBuf>,
}

/// Rings when files change.
pub struct Bell {
    paths: Vec<PathBuf>,
    shared: Arc<(Mutex<Rung>, Condvar)>,
    watcher: Option<RecommendedWatcher>,
    /// Directories listened to, with their inode: one that was removed and made again is another.
    dirs: HashMap<PathBuf, u64>,
}

impl Bell {
    /// Listens for changes of these files.
    pub fn new(paths: Vec<PathBuf>) -> Self {
        let rung = Rung { which: vec![false; paths.len()], ..Rung::default() };
        let shared = Arc::new((Mutex::new(rung), Condvar::new()));
        let ring = shared.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let mut rung = lock(&ring.0);
            match event {
                // Reading a file is an event too, ours included.
                Ok(event) if matches!(event.kind, EventKind::Access(_)) && !event.need_rescan() => return,
                Ok(event) if !event.need_rescan() => rung.note(&event),
                _ => rung.all = true,
            }
            ring.1.notify_one();
        });
        let mut bell = Self { paths, shared, watcher: watcher.ok(), dirs: HashMap::new() };
        bell.listen();
        bell
    }

    /// Whether the kernel tells nothing: no notifications at all, or some directory's refused.
    pub fn blind(&self) -> bool {
        self.watcher.is_none() || self.dirs.values().any(|inode| *inode == 0)
    }

    /// Listens to the directories as they are now.
    pub fn listen(&mut self) {
        for dir in std::mem::take(&mut lock(&self.shared.0).lost) {
            self.dirs.remove(&dir);
        }
        let mut routes = Vec::new();
        for (i, path) in self.paths.iter().enumerate() {
            routes.push((path.clone(), i));
            if let Some(target) = std::fs::canonicalize(path).ok().filter(|t| t != path) {
                routes.push((target, i));
            }
        }
        for at in 0..routes.len() {
            let (path, i) = routes[at].clone();
            if let Some(step) = self.listen_near(&path).filter(|step| *step != path) {
                routes.push((step, i));
            }
        }
        lock(&self.shared.0).routes = routes;
    }

    /// Listens to the nearest directory above a path that exists, and says which of its entries leads to the path.
    fn listen_near(&mut self, path: &Path) -> Option<PathBuf> {
        let mut entry = path;
        loop {
            let dir = entry.parent()?;
            let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
            if let Ok(meta) = std::fs::metadata(dir) {
                self.listen_to(dir, meta.ino());
                return Some(entry.to_path_buf());
            }
            entry = dir;
        }
    }

    fn listen_to(&mut self, dir: &Path, inode: u64) {
        let known = self.dirs.get(dir).copied();
        if known == Some(inode) {
            return;
        }
        let Some(watcher) = &mut self.watcher else { return };
        if known.is_some() {
            let _already_gone = watcher.unwatch(dir);
        }
        let heard = watcher.watch(dir, RecursiveMode::NonRecursive).is_ok();
        self.dirs.insert(dir.to_path_buf(), if heard { inode } else { 0 });
    }

    /// Waits for a ring, at most `limit`, and marks the files it was for.
    pub fn take(&mut self, due: &mut [bool], limit: Duration) {
        let mut rung = lock(&self.shared.0);
        if !rung.rang() && !limit.is_zero() {
            let wait = self.shared.1.wait_timeout_while(rung, limit, |r| !r.rang());
            rung = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
        let all = std::mem::take(&mut rung.all);
        let mut led = false;
        for (i, due) in due.iter_mut().enumerate() {
            let rang = std::mem::take(&mut rung.which[i]);
            led |= rang;
            *due |= rang || all;
        }
        let lost = !rung.lost.is_empty();
        drop(rung);
        // Something on the way to a file may have come or gone.
        if lost || (led || all) && self.paths.iter().any(|p| p.parent().is_some_and(|d| !self.dirs.contains_key(d))) {
            self.listen();
        }
    }
}

impl Rung {
    fn rang(&self) -> bool {
        self.all || self.which.contains(&true)
    }

    fn note(&mut self, event: &notify::Event) {
        for path in &event.paths {
            let removed = matches!(event.kind, EventKind::Remove(_));
            if removed && !self.lost.contains(path) && self.routes.iter().any(|(route, _)| route.starts_with(path)) {
                self.lost.push(path.clone());
                self.all = true;
            }
            for (route, i) in &self.routes {
                if leads(path, route) {
                    self.which[*i] = true;
                }
            }
        }
    }
}

/// Whether an event at `path` may mean `route`: the same file, or its rotated name (`access.log.1`).
fn leads(path: &Path, route: &Path) -> bool {
    path == route
        || path.parent() == route.parent()
            && matches!((path.file_name(), route.file_name()), (Some(p), Some(r)) if
                p.as_encoded_bytes().strip_prefix(r.as_encoded_bytes()).is_some_and(|rest| matches!(rest.first(), Some(b'.' | b'-'))))
}

fn lock(rung: &Mutex<Rung>) -> MutexGuard<'_, Rung> {
    rung.lock().unwrap_or_else(PoisonError::into_inner)
}
