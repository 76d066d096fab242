//! A small internet of network namespaces: one server with nginx behind the gate, sshd, a packet filter that logs and
//! the platform that watches them; clients with an address and a cable each.

use crate::common::{Platform, wait_for};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// The server's address.
pub const SERVER: &str = "198.18.0.1";
/// What browsers call themselves.
pub const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// One machine on a cable of its own.
pub struct Client {
    netns: String,
    /// Its address.
    pub ip: String,
    /// The hardware address at the server's end of its cable.
    pub router: String,
}

/// The server and what runs there; all of it ends with the test.
pub struct Town {
    /// Blocks are the kernel's too, not the gate's alone.
    pub nftables: bool,
    name: String,
    server: String,
    dir: tempfile::TempDir,
    platform: Option<Platform>,
    children: Vec<Child>,
    netns: Vec<String>,
}

/// Runs a command that must succeed and gives what it printed.
fn sh(words: &str) -> String {
    let mut list = words.split(' ');
    let output = Command::new(list.next().unwrap()).args(list).output().unwrap();
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

impl Town {
    /// Builds it. `policy` comes before the rules of the default policy.
    pub fn new(nftables: bool, policy: &str) -> Self {
        let name = format!("wf{}{}", std::process::id(), if nftables { "k" } else { "g" });
        let server = format!("{name}s");
        let dir = tempfile::tempdir().unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(dir.path(), mode).unwrap();
        let netns = Vec::new();
        let mut town =
            Self { nftables, name, server: server.clone(), dir, platform: None, children: Vec::new(), netns };
        town.namespace(&server);
        sh(&format!("ip -n {server} addr add {SERVER}/32 dev lo"));
        for log in ["access.log", "auth.log", "packets.log"] {
            File::create(town.path(log)).unwrap();
        }
        town.start_packet_filter();
        town.start_sshd();
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("config")).unwrap();
        let default = include_str!("../../src/platform/policy/default.toml");
        let (head, rules) = default.split_once("\n[[rule]]").unwrap();
        fs::write(home.path().join("config/policy.toml"), format!("{head}\n{policy}\n[[rule]]{rules}")).unwrap();
        let source = |log, format| format!("[[source]]\npath = {:?}\nformat = \"{format}\"\n", town.path(log));
        let sources = [("access.log", "combined"), ("auth.log", "syslog"), ("packets.log", "syslog")];
        let sources: String = sources.into_iter().map(|(log, format)| source(log, format)).collect();
        let settings = format!("[enforcers]\nnftables = {nftables}\n{sources}");
        town.platform = Some(Platform::start_within(Some(&server), home, "127.0.0.1:8840", &settings));
        town.start_nginx();
        town
    }

    /// The platform.
    pub fn platform(&self) -> &Platform {
        self.platform.as_ref().unwrap()
    }

    /// A file of this town.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file of this town.
    pub fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    fn namespace(&mut self, name: &str) {
        sh(&format!("ip netns add {name}"));
        self.netns.push(name.to_owned());
        sh(&format!("ip -n {name} link set lo up"));
    }

    /// Lays the cable to a new client, the `n`th.
    pub fn client(&mut self, n: usize) -> Client {
        let (netns, ip, server) = (format!("{}c{n}", self.name), format!("198.18.{n}.7"), self.server.clone());
        self.namespace(&netns);
        sh(&format!("ip link add eth0 netns {netns} type veth peer name cable{n} netns {server}"));
        sh(&format!("ip -n {server} link set cable{n} up"));
        sh(&format!("ip -n {netns} addr add {ip}/32 dev eth0"));
        sh(&format!("ip -n {netns} link set eth0 up"));
        sh(&format!("ip -n {netns} route add {SERVER}/32 dev eth0"));
        sh(&format!("ip -n {server} route add {ip}/32 dev cable{n}"));
        let link = sh(&format!("ip -n {server} -br link show cable{n}"));
        Client { netns, ip, router: link.split_whitespace().nth(2).unwrap().to_owned() }
    }

    /// A command in a namespace, ended after so many seconds; what it prints goes to `log`.
    fn within(&self, netns: &str, seconds: u32, log: &str) -> Command {
        let mut command = Command::new("timeout");
        command.args(["-k", "2", &seconds.to_string(), "ip", "netns", "exec", netns]);
        let out = File::create(self.path(log)).unwrap();
        command.current_dir(self.dir.path()).env("HOME", self.dir.path());
        command.stdin(Stdio::null()).stderr(out.try_clone().unwrap()).stdout(out);
        command
    }

    /// Starts `words` at a client; it ends by itself or after `seconds`.
    pub fn start(&self, client: &Client, seconds: u32, words: &[String]) -> Child {
        self.within(&client.netns, seconds, &format!("{}.out", client.ip)).args(words).spawn().unwrap()
    }

    /// Asks for a page as a browser would: the status, 0 when nobody answers in time.
    pub fn get(&self, client: &Client, path: &str) -> u16 {
        let url = format!("http://{SERVER}{path}");
        let output = Command::new("ip")
            .args(["netns", "exec", &client.netns, "curl", "-s", "-o", "/dev/null", "-A", BROWSER])
            .args(["-w", "%{http_code}", "-m", if self.nftables { "1" } else { "20" }, &url])
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).parse().unwrap()
    }

    /// The lines of a log that hold `needle`.
    pub fn lines(&self, log: &str, needle: &str) -> Vec<String> {
        let text = fs::read(self.path(log)).unwrap();
        String::from_utf8_lossy(&text).lines().filter(|line| line.contains(needle)).map(str::to_owned).collect()
    }

    /// The verified block of this client.
    pub fn block_of(&self, client: &Client) -> Value {
        wait_for(&format!("a verified block of {}; {}", client.ip, self.told(client)), || {
            let rows = self.platform().export("actions", "state:verified");
            rows.into_iter().find(|row| row["target"] == client.ip.as_str())
        })
    }

    /// What was detected about a client: rule and class, each once.
    pub fn noticed(&self, client: &Client) -> Vec<(String, String)> {
        let rows = self.platform().export("detections", &format!("src_ip:{}", client.ip));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut list: Vec<_> = rows.iter().map(|row| (text(&row["rule"]), text(&row["class"]))).collect();
        list.sort();
        list.dedup();
        list
    }

    /// What is known about a client, for the message of a failure.
    pub fn told(&self, client: &Client) -> String {
        let out = fs::read(self.path(&format!("{}.out", client.ip))).unwrap_or_default();
        let out = String::from_utf8_lossy(&out[out.len().saturating_sub(600)..]).into_owned();
        format!("detected: {:?}; the tool said: {out}", self.noticed(client))
    }

    /// Accepts web and SSH, refuses the rest, and logs what it refuses as any host's packet filter does. The kernel
    /// keeps the packets of a namespace out of its own log, so ulogd takes and writes them.
    fn start_packet_filter(&mut self) {
        let rules = self.write(
            "filter.nft",
            "table inet host {\n chain input {\n  type filter hook input priority 10; policy accept\n  \
             iif lo accept\n  ct state established,related accept\n  tcp dport { 80, 2222 } accept\n  \
             tcp flags & (syn | ack) == syn log group 5 prefix \"kernel: [BLOCK] \" reject with tcp reset\n }\n}\n",
        );
        sh(&format!("ip netns exec {} nft -f {rules}", self.server));
        let mut conf = format!("[global]\nlogfile=\"{}\"\nloglevel=3\n", self.path("ulogd.log").display());
        conf += "stack=log1:NFLOG,base1:BASE,ifi1:IFINDEX,ip2str1:IP2STR,print1:PRINTPKT,emu1:LOGEMU\n";
        conf += &format!("[log1]\ngroup=5\n[emu1]\nfile=\"{}\"\nsync=1\n", self.path("packets.log").display());
        let conf = self.write("ulogd.conf", &conf);
        let mut command = self.within(&self.server, 600, "ulogd.out");
        let child = command.args(["ulogd", "-c", &conf]).spawn().unwrap();
        self.children.push(child);
        let said = || String::from_utf8_lossy(&fs::read(self.path("ulogd.log")).ok()?).contains("NFLOG").then_some(());
        wait_for("ulogd", said);
    }

    /// sshd with a key and a configuration of its own; nobody can log in. A thread does what a syslog daemon does:
    /// puts time, host and program before each message.
    fn start_sshd(&mut self) {
        let key = self.path("host_key").display().to_string();
        sh(&format!("ssh-keygen -q -t ed25519 -f {key} -C test -N "));
        fs::create_dir_all("/run/sshd").unwrap();
        let conf = self.write(
            "sshd_config",
            &format!(
                "Port 2222\nListenAddress {SERVER}\nHostKey {key}\nPidFile none\nUsePAM no\nPermitRootLogin no\n\
                 AllowUsers nobody-may\nPasswordAuthentication yes\nKbdInteractiveAuthentication no\nUseDNS no\n\
                 LoginGraceTime 20\n"
            ),
        );
        let mut command = Command::new("timeout");
        command.args(["600", "ip", "netns", "exec", &self.server, "/usr/sbin/sshd", "-D", "-e", "-f", &conf]);
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (said, mut log) = (child.stderr.take().unwrap(), File::options().append(true).open(self.path("auth.log")));
        std::thread::spawn(move || {
            for line in BufReader::new(said).split(b'\n').map_while(Result::ok) {
                let text = String::from_utf8_lossy(&line);
                let time = chrono::Local::now().format("%b %e %H:%M:%S");
                let _ = writeln!(log.as_mut().unwrap(), "{time} server sshd[4711]: {}", text.trim_end());
            }
        });
        self.children.push(child);
        wait_for("sshd", || (!self.lines("auth.log", "Server listening").is_empty()).then_some(()));
    }

    /// A shop: static pages, a search, an item, a login form that sends on whoever has a basket.
    fn start_nginx(&mut self) {
        let dir = self.path("www");
        fs::create_dir_all(&dir).unwrap();
        for n in 0..50 {
            fs::write(dir.join(format!("page{n}.html")), format!("<h1>Page {n}</h1>")).unwrap();
        }
        for name in ["index.html", "style.css", "shop.js", "logo.png"] {
            fs::write(dir.join(name), "welcome").unwrap();
        }
        let conf = format!(
            "daemon off; pid {d}/nginx.pid; error_log {d}/error.log; worker_processes 1; events {{}}
             http {{
               types {{ text/html html; text/css css; }}
               access_log {d}/access.log combined;
               client_body_temp_path {d}/b; proxy_temp_path {d}/p; fastcgi_temp_path {d}/f; uwsgi_temp_path {d}/u;
               scgi_temp_path {d}/s;
               upstream gate {{ server 127.0.0.1:8840; keepalive 8; }}
               server {{
                 listen {SERVER}:80;
                 location / {{ auth_request /gate; root {d}/www; }}
                 location ~ ^/(search|item|login|account)$ {{ auth_request /gate; proxy_pass http://127.0.0.1:8081; }}
                 location = /gate {{
                   internal; proxy_pass http://gate/v1/gate/check; proxy_http_version 1.1;
                   proxy_set_header Connection \"\"; proxy_pass_request_body off;
                   proxy_set_header Content-Length \"\"; proxy_set_header X-Real-IP $remote_addr;
                   proxy_set_header X-Original-URI $request_uri; proxy_set_header X-Original-Method $request_method;
                 }}
               }}
               server {{
                 listen 127.0.0.1:8081; access_log off;
                 set $door $request_method$http_cookie;
                 location = /login {{
                   if ($door = POSTbasket=full) {{ return 302 /account; }}
                   if ($door = POST) {{ return 401 \"wrong\"; }}
                   return 200 \"<form method=post>\";
                 }}
                 location / {{ return 200 \"<h1>Shop</h1>\"; }}
               }}
             }}",
            d = self.dir.path().display()
        );
        let conf = self.write("nginx.conf", &conf);
        let prefix = self.dir.path().display().to_string();
        let mut command = self.within(&self.server, 600, "nginx.out");
        self.children.push(command.args(["nginx", "-p", &prefix, "-c", &conf]).spawn().unwrap());
        wait_for("nginx", || self.path("nginx.pid").exists().then_some(()));
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        drop(self.platform.take());
        for child in &mut self.children {
            let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
            let _ = child.wait();
        }
        for name in &self.netns {
            let _ = Command::new("ip").args(["netns", "del", name]).status();
        }
    }
}
