//! Real attack tools from network namespaces of their own against a real nginx and a real sshd: each is noticed, named
//! rightly and stopped, while an ordinary visitor beside them is never hindered.
//!
//! `cargo test --test live_tools -- --ignored --nocapture` prints how much of each got through before its block.
#![cfg(feature = "platform")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)] // It prints what it measured.

mod common;
mod live;

use common::wait_for;
use live::{BROWSER, Client, SERVER, Town};
use std::fmt::Write as _;
use std::process::Child;

/// The default policy asks a person about guessed passwords and secret files and suggests blocks for scans and probing;
/// here it acts on them.
const POLICY: &str = r#"
[[rule]]
when = { rule = ["auth.*", "sweep.*", "web.probe_404", "web.secret_file"] }
mode = "act"
action = "block_address"
ttl = "1h"
"#;

/// Where a tool's attempts show.
#[derive(Clone, Copy, PartialEq)]
enum Trace {
    Web,
    Ssh,
    Packets,
}

struct Tool {
    name: &'static str,
    words: Vec<String>,
    /// One of these names it rightly: a rule, or a class.
    named: &'static [&'static str],
    trace: Trace,
    /// It goes slowly enough to be stopped before it is through: at fewer attempts than these.
    below: Option<usize>,
}

/// What came of one tool.
struct Outcome {
    through: usize,
    refused: usize,
    noticed: Vec<(String, String)>,
}

impl Tool {
    fn new(name: &'static str, trace: Trace, named: &'static [&'static str], words: &str) -> Self {
        let words = words.split(' ').map(str::to_owned).collect();
        Self { name, words, named, trace, below: None }
    }

    fn shell(name: &'static str, trace: Trace, named: &'static [&'static str], script: &str) -> Self {
        Self { words: ["bash", "-c", script].map(str::to_owned).to_vec(), ..Self::new(name, trace, named, "") }
    }

    fn with(mut self, word: &str) -> Self {
        self.words.push(word.to_owned());
        self
    }

    fn below(self, attempts: usize) -> Self {
        Self { below: Some(attempts), ..self }
    }

    /// Waits for the block and sees that it holds.
    fn judge(&self, town: &Town, client: &Client) -> Outcome {
        town.block_of(client);
        // The kernel does not answer at all; the visitor beside sees that the server does.
        let refusal = if town.nftables { 0 } else { 403 };
        for _ in 0..3 {
            assert_eq!(town.get(client, "/"), refusal, "{}: behind a verified block", self.name);
        }
        // The block does not wait for the disk, its grounds may be stored after it.
        let what = format!("{} to be called one of {:?}; {}", self.name, self.named, town.told(client));
        let noticed = wait_for(&what, || {
            let noticed = town.noticed(client);
            let right = noticed.iter().any(|(rule, class)| self.named.iter().any(|name| name == rule || name == class));
            right.then_some(noticed)
        });
        let (through, refused) = match self.trace {
            Trace::Web => {
                let lines = town.lines("access.log", &format!("{} - ", client.ip));
                let refused = lines.iter().filter(|line| line.contains("\" 403 ")).count();
                (lines.len() - refused, refused)
            }
            Trace::Ssh => (attempts(town, client), 0),
            Trace::Packets => (town.lines("packets.log", &format!("SRC={} ", client.ip)).len(), 0),
        };
        if let Some(below) = self.below {
            assert!(through < below, "{}: {through} of {below} got through: {}", self.name, town.told(client));
        }
        Outcome { through, refused, noticed }
    }
}

/// Passwords that sshd judged.
fn attempts(town: &Town, client: &Client) -> usize {
    let lines = town.lines("auth.log", &format!("from {} ", client.ip));
    lines.iter().filter(|line| line.contains("Failed password")).count()
}

/// Runs all tools at once, each from its own address, beside an ordinary visitor, and prints the table.
fn run(town: &mut Town, make: impl Fn(&Town, &Client) -> Vec<Tool>) {
    let visitor = town.client(1);
    let mut visit = start_visitor(town, &visitor);
    wait_for("the visitor", || (visited(town).len() > 5).then_some(()));
    let first = town.client(2);
    let count = make(town, &first).len();
    let mut clients = vec![first];
    clients.extend((1..count).map(|n| town.client(n + 2)));
    let started: Vec<(Tool, &Client, Child)> = clients
        .iter()
        .enumerate()
        .map(|(n, client)| {
            let tool = make(town, client).swap_remove(n);
            let child = town.start(client, 30, &tool.words);
            (tool, client, child)
        })
        .collect();
    let mut table =
        String::from("| tool | noticed as | requests through before the block | refused |\n|---|---|---|---|\n");
    for (tool, client, mut child) in started {
        child.wait().unwrap();
        let outcome = tool.judge(town, client);
        let rules = rules(&outcome.noticed);
        let refused = if tool.trace == Trace::Web { outcome.refused.to_string() } else { "dropped".into() };
        writeln!(table, "| {} | {} | {} | {refused} |", tool.name, rules, outcome.through).unwrap();
    }
    town.write("stop", "");
    let _ = visit.wait();
    let pages = visited(town);
    let hindered: Vec<&String> = pages.iter().filter(|line| !line.starts_with(['2', '3'])).collect();
    assert!(hindered.is_empty(), "the visitor was hindered: {hindered:?}; {:?}", town.noticed(&visitor));
    assert!(pages.len() > 200, "the visitor saw too little: {}", pages.len());
    let blocks = town.platform().export("blocks", "");
    assert!(blocks.iter().all(|block| block["target"] != visitor.ip.as_str()), "{blocks:?}");
    println!("{table}| ordinary visitor | {} | all {} | 0 |", rules(&town.noticed(&visitor)), pages.len());
}

/// The rules, for the table.
fn rules(noticed: &[(String, String)]) -> String {
    noticed.iter().map(|(rule, _)| rule.as_str()).collect::<Vec<_>>().join(", ")
}

/// Reads fifty pages with what they bring along, searches, signs in; then looks in now and then until all is over.
fn start_visitor(town: &Town, visitor: &Client) -> Child {
    let searches =
        ["O'Brien", "select your size from the list", "drop in & union of two teams", "50% off <b>shoes</b>"];
    let mut plan = String::new();
    let mut fetch = |path: &str, more: &str| {
        let _ = writeln!(plan, "next\nurl = \"http://{SERVER}{path}\"\noutput = /dev/null\nsilent\nmax-time = 20");
        let _ =
            writeln!(plan, "user-agent = \"{BROWSER}\"\nwrite-out = \"%{{http_code}} %{{url_effective}}\\n\"\n{more}");
    };
    fetch("/", "");
    for n in 0..50 {
        fetch(&format!("/page{n}.html"), "");
        for asset in ["style.css", "shop.js", "logo.png"] {
            fetch(&format!("/{asset}"), &format!("referer = \"http://{SERVER}/page{n}.html\""));
        }
        if let Some(words) = searches.get(n) {
            fetch("/search", &format!("get\ndata-urlencode = \"q={words}\""));
        }
    }
    fetch("/login", "");
    fetch(
        "/login",
        "cookie = \"basket=full\"\ndata-urlencode = \"user=anna\"\ndata-urlencode = \"password=it's raining; sun later\"",
    );
    fetch("/account", "cookie = \"basket=full\"");
    let plan = town.write("visit.plan", plan.strip_prefix("next\n").unwrap());
    let script = format!(
        "curl -s --rate 10/s -K {plan} > visited; until [ -e stop ]; do
           curl -s -o /dev/null -m 20 -A '{BROWSER}' -w '%{{http_code}} /\\n' http://{SERVER}/ >> visited; sleep 1; done"
    );
    town.start(visitor, 300, &["bash", "-c", &script].map(str::to_owned))
}

/// The visitor's answers: status and address.
fn visited(town: &Town) -> Vec<String> {
    std::fs::read_to_string(town.path("visited")).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// A small list of what scanners look for.
fn words() -> String {
    let names = "admin backup old test dev api portal private upload staff manager intranet shop2 reports archive beta";
    let ends = ["", "2", "-old", "_new", "/", ".php", ".html", ".txt"];
    names.split(' ').flat_map(|name| ends.map(|end| format!("{name}{end}\n"))).collect()
}

/// curl as somebody types it: one request after the other, with a browser's name.
fn by_hand(more: &str) -> String {
    format!(
        "while read -r path; do curl -s -o /dev/null -m 5 -A '{BROWSER}' {more} \"http://{SERVER}$path\"; sleep 0.2; done"
    )
}

#[test]
#[ignore = "needs root, nginx, sshd, nftables and attack tools"]
fn web_tools_are_noticed_named_and_stopped_by_the_gate() {
    let mut town = Town::new(false, POLICY);
    let list = town.write("words", &words());
    let passwords: String = (0..60).map(|n| format!("summer{n}\n")).collect();
    let passwords = town.write("passwords", &passwords);
    let state = town.path("sqlmap").display().to_string();
    run(&mut town, |_, _| {
        use Trace::Web;
        let url = format!("http://{SERVER}");
        let sqlmap = format!(
            "sqlmap -u {url}/item?id=1 --batch --level 1 --risk 1 --timeout 5 --retries 0 --disable-coloring \
             --output-dir {state}"
        );
        let disguise: Vec<String> = ["-A", BROWSER].map(str::to_owned).to_vec();
        let mut disguised = Tool::new("sqlmap as a browser", Web, &["sql_injection"], &format!("{sqlmap}2"));
        disguised.words.extend(disguise);
        let form = format!("/login:user=^USER^&password=^PASS^:H=User-Agent\\: {}:S=302", BROWSER.replace(':', "\\:"));
        let http = format!("hydra -l anna -P {passwords} -t 2 -I {SERVER} http-post-form");
        let mut login = Tool::new("hydra, web form, as a browser", Web, &["brute_force"], &http).below(60);
        login.words.push(form);
        let mut slow = Tool::new("ffuf, slow, as a browser", Web, &["probing"], "ffuf -t 1 -p 0.2 -s").below(128);
        slow.words.extend(["-w", &list, "-u", &format!("{url}/FUZZ"), "-H"].map(str::to_owned));
        slow.words.push(format!("User-Agent: {BROWSER}"));
        let sql = "/item?id=1\n/item?id=1'\n/item?id=1'+and+'1'='1\n/item?id=1+order+by+5--+-\n\
                   /item?id=-1+/*!50000union*/+select+1,2,user()--+-\n/item?id=1+and+sleep(5)";
        let files = "/.env\n/.git/config\n/backup.sql\n/wp-config.php.bak\n/.aws/credentials\n/id_rsa\n/db.sqlite";
        let hand = |list: &str, more| format!("printf '%s\\n' \"{list}\" | {}", by_hand(more));
        let guess = format!("sed 's/.*/\\/login/' {passwords} | {}", by_hand("-d user=anna -d password=$RANDOM"));
        vec![
            Tool::new("sqlmap", Web, &["sql_injection", "scanner"], &format!("{sqlmap}1")),
            disguised,
            Tool::new("ffuf", Web, &["scanner", "probing"], &format!("ffuf -t 4 -s -w {list} -u {url}/FUZZ")),
            slow,
            Tool::new("gobuster", Web, &["scanner", "probing"], &format!("gobuster dir -q -t 4 -w {list} -u {url}/")),
            Tool::new("dirb", Web, &["scanner", "probing"], &format!("dirb {url}/ {list} -S -r")).below(128),
            Tool::new("wfuzz", Web, &["scanner", "probing"], &format!("wfuzz -t 4 -Z -w {list} {url}/FUZZ")),
            Tool::new(
                "nmap, web scripts",
                Web,
                &["scanner"],
                &format!("nmap -n -Pn -p 80 --script http-enum {SERVER}"),
            ),
            Tool::new("hydra, web form", Web, &["scanner", "brute_force"], &http)
                .with("/login:user=^USER^&password=^PASS^:S=302"),
            login,
            Tool::shell("SQL injection by hand", Web, &["sql_injection"], &hand(sql, "")),
            Tool::shell("secret files by hand", Web, &["web.secret_file"], &hand(files, "")),
            Tool::shell("words by hand", Web, &["probing"], &format!("sed 's/^/\\//' {list} | {}", by_hand("")))
                .below(128),
            Tool::shell("passwords by hand", Web, &["brute_force"], &guess).below(60),
        ]
    });
}

#[test]
#[ignore = "needs root, nginx, sshd, nftables and attack tools"]
fn guessing_and_scans_are_noticed_named_and_stopped_in_the_kernel() {
    let mut town = Town::new(true, POLICY);
    let passwords: String = (0..80).map(|n| format!("summer{n}\n")).collect();
    let passwords = town.write("passwords", &passwords);
    let users: String = (0..40).map(|n| format!("user{n}\n")).collect();
    let users = town.write("users", &users);
    let askpass = town.write("askpass", "#!/bin/sh\necho summer\n");
    std::fs::set_permissions(&askpass, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    run(&mut town, |_, client| {
        use Trace::{Packets, Ssh};
        let (guessing, scanning) = (&["brute_force", "password_spraying"], &["scanning"]);
        let by_hand = format!(
            "export SSH_ASKPASS={askpass} SSH_ASKPASS_REQUIRE=force; for n in {{1..30}}; do ssh -F none -p 2222 -o \
             StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o NumberOfPasswordPrompts=1 -o ConnectTimeout=3 \
             -o PubkeyAuthentication=no root@{SERVER} true; sleep 0.5; done"
        );
        let ports = format!(
            "for port in {{1..79}}; do timeout 0.5 bash -c \"echo > /dev/tcp/{SERVER}/$port\"; sleep 0.2; done"
        );
        let masscan = format!(
            "masscan {SERVER} -p1-79,81-1000 --rate 100 --wait 1 -e eth0 --router-mac {} --source-ip {}",
            client.router, client.ip
        );
        vec![
            Tool::new(
                "hydra, SSH",
                Ssh,
                guessing,
                &format!("hydra -l root -P {passwords} -t 4 -I ssh://{SERVER}:2222"),
            )
            .below(80),
            Tool::new(
                "hydra, SSH, spraying",
                Ssh,
                guessing,
                &format!("hydra -L {users} -p summer -t 2 -I ssh://{SERVER}:2222"),
            )
            .below(40),
            Tool::shell("SSH by hand", Ssh, guessing, &by_hand).below(30),
            Tool::new("nmap", Packets, scanning, &format!("nmap -n -Pn -sS -p 1-79,81-1000 {SERVER}")),
            Tool::new("nmap, slow", Packets, scanning, &format!("nmap -n -Pn -sT -p 1-79 --max-rate 5 {SERVER}"))
                .below(79),
            Tool::new("masscan", Packets, scanning, &masscan).below(998),
            Tool::shell("ports by hand", Packets, scanning, &ports).below(79),
        ]
    });
}
