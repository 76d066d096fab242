//! The real kernel: two network namespaces joined by a cable, real connections between them.
//!
//! The connecting and the listening side run this same test program again inside their namespace (`ip netns exec`).

use super::elements::number;
use super::*;
use crate::api::{ActionId, ActionKind, ActionState, ProblemKind};
use crate::platform::respond::respond_test::{NOW, request, responder_with};
use socket2::{Domain, Socket, Type};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const SERVER: &str = "198.18.0.1:8080";
const SERVER6: &str = "[2001:db8:18::1]:8080";
const CLIENTS: [&str; 4] = ["198.18.7.7", "198.18.7.8", "198.18.9.9", "2001:db8:18::7"];

/// Two namespaces; removed when dropped, whatever happened.
struct Cable {
    client: String,
    server: String,
    listener: Option<Child>,
}

fn sh(words: &str) {
    let list: Vec<String> = words.split(' ').map(str::to_owned).collect();
    let output = command::run(&list, "", Duration::from_secs(20)).unwrap();
    assert!(output.success, "{words}: {}", output.err);
}

impl Cable {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("wf{}n{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let mut made = Self { client: format!("{name}c"), server: format!("{name}s"), listener: None };
        let (c, s) = (made.client.clone(), made.server.clone());
        sh(&format!("ip netns add {c}"));
        sh(&format!("ip netns add {s}"));
        sh(&format!("ip link add eth0 netns {c} type veth peer name eth0 netns {s}"));
        sh(&format!("ip -n {s} addr add 198.18.0.1/15 dev eth0"));
        sh(&format!("ip -n {s} addr add 2001:db8:18::1/64 dev eth0 nodad"));
        for ip in CLIENTS {
            let length = if ip.contains(':') { "64 dev eth0 nodad" } else { "15 dev eth0" };
            sh(&format!("ip -n {c} addr add {ip}/{length}"));
        }
        for name in [&c, &s] {
            sh(&format!("ip -n {name} link set lo up"));
            sh(&format!("ip -n {name} link set eth0 up"));
        }
        made.listen();
        made
    }

    /// This test program, running `test` inside namespace `at`.
    fn again(at: &str, test: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", at]).arg(std::env::current_exe().unwrap());
        let path = format!("{}::{test}", module_path!().split_once("::").unwrap().1);
        command.args([&path, "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
        command
    }

    fn listen(&mut self) {
        let mut command = Self::again(&self.server, "inside_listen");
        let mut child = command.env("WATCHFLOOR_LISTEN", "1").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("LISTENING")), "the listener did not start");
        self.listener = Some(child);
    }

    /// A connection from `ip` is made within `patience`.
    fn connects(&self, ip: &str, patience: Duration) -> bool {
        let server = if ip.contains(':') { SERVER6 } else { SERVER };
        let what = format!("{ip} {server} {}", patience.as_millis());
        let status = Self::again(&self.client, "inside_connect").env("WATCHFLOOR_CONNECT", what).output().unwrap();
        status.status.success()
    }

    fn open(&self, ip: &str) -> bool {
        self.connects(ip, Duration::from_secs(10))
    }

    fn dropped(&self, ip: &str) -> bool {
        !self.connects(ip, Duration::from_millis(400))
    }

    fn enforcer(&self) -> Nftables {
        let prefix = ["ip", "netns", "exec", &self.server].map(str::to_owned).to_vec();
        let patience = Duration::from_secs(60);
        let made = Nftables::new(Settings { enabled: true, prefix, patience, ..Settings::default() });
        assert_eq!(made.absent, None);
        made
    }

    fn nft(&self, script: &str) -> String {
        let words = ["ip", "netns", "exec", &self.server, "nft", "-f", "-"].map(str::to_owned);
        let output = command::run(&words, script, Duration::from_secs(20)).unwrap();
        assert!(output.success, "{script}: {}", output.err);
        output.out
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        if let Some(child) = &mut self.listener {
            let _ = child.kill();
            let _ = child.wait();
        }
        for name in [&self.client, &self.server] {
            let _ = Command::new("ip").args(["netns", "del", name]).status();
        }
    }
}

#[test]
#[ignore = "runs inside a namespace on behalf of the tests below"]
fn inside_listen() {
    if std::env::var_os("WATCHFLOOR_LISTEN").is_none() {
        return;
    }
    let listener = TcpListener::bind("[::]:8080").unwrap();
    println!("LISTENING");
    for stream in listener.incoming() {
        drop(stream);
    }
}

#[test]
#[ignore = "runs inside a namespace on behalf of the tests below"]
fn inside_connect() {
    let Ok(what) = std::env::var("WATCHFLOOR_CONNECT") else { return };
    let words: Vec<&str> = what.split(' ').collect();
    let from = SocketAddr::new(words[0].parse().unwrap(), 0);
    let socket = Socket::new(Domain::for_address(from), Type::STREAM, None).unwrap();
    socket.bind(&from.into()).unwrap();
    let server: SocketAddr = words[1].parse().unwrap();
    socket.connect_timeout(&server.into(), Duration::from_millis(words[2].parse().unwrap())).unwrap();
}

fn order(id: u64, text: &str, until: Timestamp) -> Order {
    let kind = if text.contains('/') { ActionKind::BlockRange } else { ActionKind::BlockAddress };
    Order { action: ActionId(id), target: Target::parse(&kind, text, 1).unwrap(), until }
}

fn want(orders: &[(u64, &str, i64)], allow: &[&str]) -> Desired {
    let orders = orders.iter().map(|(id, text, s)| order(*id, text, NOW.plus(s * 1000))).collect();
    Desired { generation: 1, orders, allow: allow.iter().map(|a| a.parse().unwrap()).collect() }
}

fn put(enforcer: &Nftables, desired: &Desired) {
    enforcer.apply(desired, now()).unwrap();
    let found = enforcer.read_back(desired, now()).unwrap();
    assert!(found.agree(), "{found:?}");
}

thread_local!(static SINCE: std::time::Instant = std::time::Instant::now());

/// A clock that begins with a test at `NOW` and goes on with the kernel's: on a busy machine seconds pass between a
/// change and what is read back.
fn now() -> Timestamp {
    NOW.plus(i64::try_from(SINCE.with(std::time::Instant::elapsed).as_millis()).unwrap())
}

const FOREIGN: &str = "table inet firewall {\n set keep { type ipv4_addr; flags timeout; elements = { 198.18.3.3 } }\n\
    chain input { type filter hook input priority 0; policy accept; ip saddr 198.18.200.0/24 drop\n }\n}\n";

#[test]
#[ignore = "needs root and nftables"]
fn blocks_drop_real_packets_and_undo_lets_them_through() {
    let cable = Cable::new();
    cable.nft(FOREIGN);
    let foreign = |c: &Cable| c.nft("list table inet firewall\n");
    let before = foreign(&cable);
    assert!(before.contains("198.18.3.3"));
    let enforcer = cable.enforcer();
    assert!(CLIENTS.iter().all(|ip| cable.open(ip)));
    put(&enforcer, &want(&[(1, "198.18.7.7", 600), (2, "2001:db8:18::7", 600)], &[]));
    assert!(cable.dropped("198.18.7.7") && cable.dropped("2001:db8:18::7") && cable.open("198.18.7.8"));
    put(&enforcer, &want(&[(1, "198.18.7.7", 600)], &[]));
    assert!(cable.dropped("198.18.7.7") && cable.open("2001:db8:18::7"));
    // A range drops every neighbour in it and nobody else; who is allow-listed stays open inside.
    put(&enforcer, &want(&[(3, "198.18.7.0/24", 600), (4, "198.18.7.0/25", 900)], &[]));
    assert!(cable.dropped("198.18.7.7") && cable.dropped("198.18.7.8") && cable.open("198.18.9.9"));
    put(&enforcer, &want(&[(3, "198.18.7.0/24", 600), (1, "198.18.7.8", 600)], &["198.18.7.8/32", "198.18.7.8/31"]));
    assert!(cable.dropped("198.18.7.7") && cable.open("198.18.7.8"));
    put(&enforcer, &want(&[], &[]));
    assert!(CLIENTS.iter().all(|ip| cable.open(ip)));
    enforcer.teardown().unwrap();
    enforcer.teardown().unwrap();
    assert_eq!(foreign(&cable), before);
    assert_eq!(cable.nft("list tables\n").trim(), "table inet firewall");
}

#[test]
#[ignore = "needs root and nftables"]
fn blocks_end_by_themselves_and_blocking_again_extends() {
    let cable = Cable::new();
    let enforcer = cable.enforcer();
    put(&enforcer, &want(&[(1, "198.18.7.7", 1), (2, "198.18.9.9", 600)], &[]));
    assert!(cable.dropped("198.18.7.7"));
    // The first packet is lost; the kernel forgets the block and lets the repeated one in.
    assert!(cable.open("198.18.7.7"));
    let left = |cable: &Enforced<'_>| cable.left("198.18.9.9");
    let enforced = Enforced(&enforcer);
    assert!((540..=600).contains(&left(&enforced)));
    put(&enforcer, &want(&[(2, "198.18.9.9", 600), (3, "198.18.9.9", 3600)], &[]));
    assert!((3540..=3600).contains(&left(&enforced)));
    // Ending the longer one brings the shorter one back, exactly.
    put(&enforcer, &want(&[(2, "198.18.9.9", 600)], &[]));
    assert!((540..=600).contains(&left(&enforced)));
}

struct Enforced<'a>(&'a Nftables);

impl Enforced<'_> {
    fn left(&self, ip: &str) -> u64 {
        let bits = number(ip.parse().unwrap());
        let element = Element { set: elements::Set::Addr4, first: bits, last: bits };
        self.0.list().unwrap().unwrap().elements[&element].unwrap()
    }
}

#[test]
#[ignore = "needs root and nftables"]
fn tampering_is_found_and_repaired() {
    let cable = Cable::new();
    let enforcer = cable.enforcer();
    let desired = want(&[(1, "198.18.7.7", 600), (2, "198.18.8.0/24", 600)], &["198.18.8.8/32"]);
    let tricks = [
        ("delete table inet watchfloor", vec![1, 2], 0),
        ("flush ruleset", vec![1, 2], 0),
        ("flush set inet watchfloor addr4", vec![1], 0),
        ("flush set inet watchfloor net4", vec![2], 0),
        ("flush set inet watchfloor allow4", vec![], 1),
        ("add element inet watchfloor addr4 { 198.18.9.9 timeout 1h }", vec![], 1),
        ("insert rule inet watchfloor input accept", vec![1, 2], 1),
        ("flush chain inet watchfloor forward", vec![1, 2], 1),
        ("add chain inet watchfloor stranger", vec![1, 2], 1),
    ];
    put(&enforcer, &desired);
    for (trick, missing, extra) in tricks {
        cable.nft(&format!("{trick}\n"));
        let found = enforcer.read_back(&desired, now()).unwrap();
        let ids: Vec<u64> = found.missing.iter().map(|id| id.0).collect();
        assert_eq!((ids, found.extra.len()), (missing, extra), "{trick}: {found:?}");
        put(&enforcer, &desired);
        assert!(cable.dropped("198.18.7.7"), "{trick}");
    }
    // A change on top of tampering nobody has noticed yet goes through as well.
    cable.nft("delete table inet watchfloor\n");
    put(&enforcer, &want(&[(1, "198.18.7.7", 600), (3, "198.18.7.8", 600)], &[]));
    assert!(cable.dropped("198.18.7.7") && cable.dropped("198.18.7.8"));
}

#[test]
#[ignore = "needs root and nftables"]
fn the_whole_responder_blocks_and_undoes() {
    let cable = Cable::new();
    let responder = responder_with(Arc::new(cable.enforcer()));
    let refusal = responder.create(&request("0.0.0.0/0", "all"), "operator", false, false, NOW).unwrap_err();
    assert_eq!(refusal.kind, ProblemKind::Refused);
    assert_eq!(cable.nft("list tables\n"), "");
    let narrow = responder.create(&request("198.18.7.7", "a"), "operator", false, false, NOW).unwrap();
    let wide = responder.create(&request("198.18.7.7,198.18.7.8", "b"), "operator", false, false, NOW).unwrap();
    assert_eq!((narrow.state.clone(), wide.state.clone()), (ActionState::Verified, ActionState::Verified));
    assert_eq!(wide.target.raw(), "198.18.7.0/28");
    assert!(cable.dropped("198.18.7.7") && cable.dropped("198.18.7.8"));
    assert_eq!(responder.undo(wide.id, "operator", NOW).unwrap().state, ActionState::Undone);
    assert!(cable.dropped("198.18.7.7") && cable.open("198.18.7.8"));
    cable.nft("flush ruleset\n");
    assert!(cable.open("198.18.7.7"));
    let report = responder.reconcile(NOW);
    assert!(report.drift[0].repaired && report.drift[0].missing == [narrow.id], "{report:?}");
    assert!(cable.dropped("198.18.7.7"));
    assert_eq!(responder.release_all("operator", "test over", NOW).unwrap(), 1);
    assert!(cable.open("198.18.7.7"));
    let mut times: Vec<_> = (1..=60)
        .map(|n| {
            let clock = std::time::Instant::now();
            let made = responder.create(&request(&format!("198.19.0.{n}"), "t"), &n.to_string(), false, false, NOW);
            assert_eq!(made.unwrap().state, ActionState::Verified);
            clock.elapsed()
        })
        .collect();
    times.sort();
    println!("asked to verified in the kernel: p50 {:?}, worst {:?}", times[30], times[59]);
    let session = responder.create(&request("00ff00ff00ff00ff", "s"), "operator", false, false, NOW).unwrap();
    assert_eq!(session.state, ActionState::Failed, "nftables alone cannot revoke sessions");
}

#[test]
#[ignore = "needs root and nftables"]
fn ten_thousand_blocks_are_one_transaction() {
    let cable = Cable::new();
    let enforcer = cable.enforcer();
    let many: Vec<String> = (0..10_000u32).map(|n| format!("203.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255)).collect();
    let mut desired = want(&[], &["198.18.8.8/32"]);
    desired.orders = many.iter().enumerate().map(|(i, ip)| order(i as u64, ip, NOW.plus(600_000))).collect();
    let clock = std::time::Instant::now();
    put(&enforcer, &desired);
    println!("10,000 addresses written and read back: {:?}", clock.elapsed());
    desired.orders.push(order(10_001, "198.18.7.7", NOW.plus(600_000)));
    let clock = std::time::Instant::now();
    enforcer.apply(&desired, now()).unwrap();
    println!("one more: {:?}", clock.elapsed());
    assert!(cable.dropped("198.18.7.7") && cable.open("198.18.7.8"));
    let clock = std::time::Instant::now();
    assert!(enforcer.read_back(&desired, now()).unwrap().agree());
    println!("read back: {:?}", clock.elapsed());
}

/// A small generator of its own, so that a failing schedule can be run again.
fn dice(seed: &mut u64, sides: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % sides
}

#[test]
#[ignore = "needs root and nftables"]
fn random_schedules_converge() {
    let cable = Cable::new();
    let tricks = ["flush ruleset", "flush set inet watchfloor net4", "delete table inet watchfloor"];
    for schedule in 0..25u64 {
        let mut seed = schedule;
        let enforcer = cable.enforcer();
        enforcer.teardown().unwrap();
        let mut responder = responder_with(Arc::new(cable.enforcer()));
        let mut now = NOW;
        for step in 0..12 {
            let ip = format!("198.18.{}.{}", 20 + dice(&mut seed, 2), dice(&mut seed, 64));
            let len = 32 - dice(&mut seed, 7);
            let target = if len == 32 { ip } else { format!("{ip}/{len}") };
            let open: Vec<ActionId> = responder.blocks(now).iter().map(|b| b.action).collect();
            match dice(&mut seed, 8) {
                0..4 => {
                    let mut asked = request(&target, &format!("{step}"));
                    asked.ttl_seconds = Some(100 + dice(&mut seed, 900));
                    let made = responder.create(&asked, "operator", false, false, now).unwrap();
                    assert_eq!(made.state, ActionState::Verified, "schedule {schedule}, step {step}: {made:?}");
                }
                4 => drop(open.first().map(|id| responder.undo(*id, "operator", now).unwrap())),
                5 => now = now.plus(300_000),
                6 => {
                    let trick = tricks[dice(&mut seed, 3) as usize];
                    if enforcer.list().unwrap().is_some() {
                        cable.nft(&format!("{trick}\n"));
                    }
                }
                _ => {
                    // A restart: only what the book knows is left.
                    let active: Vec<_> = open.iter().map(|id| responder.action(*id).unwrap()).collect();
                    responder = responder_with(Arc::new(cable.enforcer()));
                    responder.restore(active, now);
                }
            }
        }
        responder.reconcile(now);
        let second = responder.reconcile(now);
        assert!(second.drift.is_empty() && second.faults.is_empty(), "schedule {schedule}: {second:?}");
        let blocks = responder.blocks(now);
        let fine = |b: &crate::api::Block| b.enforcers.iter().all(|e| e.state == crate::api::EnforcerState::Verified);
        assert!(blocks.iter().all(fine), "schedule {schedule}: {blocks:?}");
    }
}

#[test]
fn without_permission_or_program_it_says_so() {
    let why = |settings| {
        let made = Nftables::new(settings);
        let plan = made.plan(&Target::Address([198, 51, 100, 7].into()));
        assert!(!plan.takes_part && made.read_back(&want(&[(1, "198.18.7.7", 60)], &[]), NOW).unwrap().agree());
        made.apply(&want(&[(1, "198.18.7.7", 60)], &[]), NOW).unwrap();
        made.teardown().unwrap();
        plan.why
    };
    assert!(why(Settings::default()).contains("enforcers.nftables = true"));
    let missing = Settings { enabled: true, prefix: vec!["no-such-program".into()], ..Settings::default() };
    assert!(why(missing).contains("not installed"));
    let refusing = Settings { enabled: true, prefix: vec!["false".into()], ..Settings::default() };
    assert!(why(refusing).contains("nft answered"));
    let hostile = Settings { enabled: true, table: "x; flush ruleset".into(), ..Settings::default() };
    assert!(why(hostile).contains("no table name"));
}
