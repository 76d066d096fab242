//! A real `watchfloor serve` in its own folders, and the few helpers that journeys share.
#![allow(dead_code)] // Each journey uses its own part of this.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take before a test gives up. Generous: the machine is shared.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `ready` gives something.
pub fn wait_for<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = ready() {
            return value;
        }
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain for {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// A port nobody listens on right now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The real data beside the checkout.
pub fn shared(path: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    assert!(path.exists(), "{} is missing: this test needs ../shared/data", path.display());
    path
}

/// A running platform.
pub struct Platform {
    /// Its folders: `config/` and `data/`.
    pub dir: TempDir,
    /// Where it listens.
    pub address: SocketAddr,
    /// A token of role admin.
    pub token: String,
    netns: Option<String>,
    child: Child,
}

impl Platform {
    /// Starts one with `settings` (TOML) added to what every test needs.
    pub fn start(settings: &str) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), settings)
    }

    /// Starts one in folders that may hold the state of an earlier one.
    pub fn start_in(dir: TempDir, settings: &str) -> Self {
        Self::start_at(dir, "127.0.0.1:0", settings)
    }

    /// The same, listening at an address of the caller's choice.
    pub fn start_at(dir: TempDir, listen: &str, settings: &str) -> Self {
        Self::start_within(None, dir, listen, settings)
    }

    /// The same inside a network namespace; then only [`run`](Self::run) and what builds on it reach it from outside.
    pub fn start_within(netns: Option<&str>, dir: TempDir, listen: &str, settings: &str) -> Self {
        let config = dir.path().join("config");
        std::fs::create_dir_all(&config).unwrap();
        let own = format!("[platform]\nlisten = \"{listen}\"\ndiscover = false\ndrill = \"off\"\n");
        std::fs::write(config.join("settings.toml"), format!("{own}{settings}")).unwrap();
        let runtime = dir.path().join("data/platform.json");
        let _ = std::fs::remove_file(&runtime);
        let log = std::fs::File::create(dir.path().join("serve.log")).unwrap();
        let child = command_within(netns, dir.path())
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let netns = netns.map(str::to_owned);
        let mut platform = Self { dir, address: ([127, 0, 0, 1], 0).into(), token: String::new(), netns, child };
        let found: Value = wait_for("platform.json", || {
            if let Some(status) = platform.child.try_wait().unwrap() {
                panic!("serve ended with {status}: {}", platform.log());
            }
            serde_json::from_str(&std::fs::read_to_string(&runtime).ok()?).ok()
        });
        platform.address = found["url"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
        platform.token = found["token"].as_str().unwrap().to_owned();
        platform
    }

    /// What it wrote to its log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("serve.log")).unwrap_or_default()
    }

    /// Process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Runs the program against this platform.
    pub fn run(&self, args: &[&str]) -> Output {
        command_within(self.netns.as_deref(), self.dir.path()).args(args).stdin(Stdio::null()).output().unwrap()
    }

    /// Runs the program, which must succeed, and returns what it printed.
    pub fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{args:?} ended with {}: {out}{err}\n{}", output.status, self.log());
        out.into_owned()
    }

    /// Runs an export and returns its rows.
    pub fn export(&self, what: &str, query: &str) -> Vec<Value> {
        let text = self.ok(&["export", what, "-o", "ndjson", "--query", query]);
        text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    /// Calls the API directly.
    pub fn get(&self, path: &str) -> (u16, String) {
        let auth = format!("Authorization: Bearer {}", self.token);
        http(self.address, "GET", path, &[&auth])
    }

    /// Ends it as a service manager would and waits; gives its folders back for a restart.
    pub fn stop(mut self) -> TempDir {
        self.terminate();
        let dir = std::mem::replace(&mut self.dir, tempfile::tempdir().unwrap());
        drop(self);
        dir
    }

    /// Ends it as a service manager would, which it must obey; gives its folders back for a restart.
    pub fn ends(mut self) -> TempDir {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
        let ended = wait_for("the platform to end", || self.child.try_wait().unwrap());
        assert!(ended.success(), "it ended with {ended}: {}", self.log());
        let dir = std::mem::replace(&mut self.dir, tempfile::tempdir().unwrap());
        drop(self);
        dir
    }

    /// Kills it without warning; gives its folders back for a restart.
    pub fn kill(mut self) -> TempDir {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let dir = std::mem::replace(&mut self.dir, tempfile::tempdir().unwrap());
        drop(self);
        dir
    }

    fn terminate(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(10) {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.terminate();
        }
    }
}

/// The program with its folders under `dir` and nothing of the caller's own settings.
pub fn command(dir: &Path) -> Command {
    command_within(None, dir)
}

/// The same inside a network namespace.
fn command_within(netns: Option<&str>, dir: &Path) -> Command {
    let program = env!("CARGO_BIN_EXE_watchfloor");
    let mut command = Command::new(if netns.is_some() { "ip" } else { program });
    if let Some(netns) = netns {
        command.args(["netns", "exec", netns, program]);
    }
    command
        .env("WATCHFLOOR_CONFIG_DIR", dir.join("config"))
        .env("WATCHFLOOR_DATA_DIR", dir.join("data"))
        .env_remove("WATCHFLOOR_URL")
        .env_remove("WATCHFLOOR_TOKEN")
        .env_remove("SSH_CONNECTION")
        .env_remove("SSH_CLIENT");
    command
}

/// One HTTP request without any library: status and body.
pub fn http(address: SocketAddr, method: &str, path: &str, headers: &[&str]) -> (u16, String) {
    http_with(address, method, path, headers, "")
}

/// The same with a body.
pub fn http_with(address: SocketAddr, method: &str, path: &str, headers: &[&str], body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    for header in headers {
        request.push_str(header);
        request.push_str("\r\n");
    }
    if !body.is_empty() {
        request.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
    }
    request.push_str("\r\n");
    request.push_str(body);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    let body = answer.split_once("\r\n\r\n").map_or(String::new(), |(_, b)| b.to_owned());
    (status, body)
}
