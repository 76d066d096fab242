//! The gate on its own: order of checks, expiry, counting, probes.

use super::super::{Desired, Enforcer, Order};
use super::*;
use crate::api::ActionId;
use crate::platform::ask::Hostile;
use crate::platform::respond::Target;
use std::sync::Mutex;

const NOW: Timestamp = Timestamp(1_000_000);

fn order(action: u64, kind: &crate::api::ActionKind, target: &str, ms: i64) -> Order {
    Order { action: ActionId(action), target: Target::parse(kind, target, 256).unwrap(), until: NOW.plus(ms) }
}

fn desired(orders: Vec<Order>, allow: &[&str]) -> Desired {
    Desired { generation: 1, orders, allow: allow.iter().map(|n| n.parse().unwrap()).collect() }
}

fn ask(ip: &str) -> Ask<'static> {
    Ask::from_client(ip.parse().unwrap())
}

fn with_cookie(ip: &str, cookie: &str) -> Ask<'static> {
    Ask { cookie: cookie.to_owned().into(), ..ask(ip) }
}

use crate::api::ActionKind::{BlockAddress, BlockRange, RevokeSession};

#[test]
fn allow_list_then_blocks_then_inspection() {
    let settings = Settings {
        inspect: Box::new(|a| Judged {
            refuse: a.uri.contains("UNION").then(|| Hostile { rule: "sqli", why: "UNION".into() }),
            ..Judged::default()
        }),
        ..Settings::default()
    };
    let gate = Gate::new(settings).unwrap();
    let orders = vec![
        order(1, &BlockAddress, "198.51.100.7", 5_000),
        order(2, &BlockRange, "203.0.113.0/24", 5_000),
        order(3, &BlockAddress, "2001:db8::5", 5_000),
    ];
    gate.apply(&desired(orders, &["203.0.113.9/32"]), NOW).unwrap();
    assert_eq!(gate.check(&ask("198.51.100.7"), NOW), Answer::Blocked(ActionId(1)));
    assert_eq!(gate.check(&ask("::ffff:198.51.100.7"), NOW), Answer::Blocked(ActionId(1)));
    assert_eq!(gate.check(&ask("203.0.113.200"), NOW), Answer::Blocked(ActionId(2)));
    assert_eq!(gate.check(&ask("203.0.113.9"), NOW), Answer::Pass);
    assert_eq!(gate.check(&ask("2001:db8::5"), NOW), Answer::Blocked(ActionId(3)));
    assert_eq!(gate.check(&ask("2001:db8::6"), NOW), Answer::Pass);
    let hostile = |ip| Ask { uri: "/?q=UNION".into(), ..ask(ip) };
    assert_eq!(gate.check(&hostile("192.0.2.1"), NOW).status(), 403);
    assert_eq!(gate.check(&hostile("203.0.113.9"), NOW), Answer::Pass);
    // Expiry is honoured at the check, without anybody cleaning up.
    assert_eq!(gate.check(&ask("198.51.100.7"), NOW.plus(4_999)), Answer::Blocked(ActionId(1)));
    assert_eq!(gate.check(&ask("198.51.100.7"), NOW.plus(5_000)), Answer::Pass);
    let figures = gate.figures();
    assert_eq!((figures.checked, figures.blocked, figures.hostile, figures.revoked), (10, 5, 1, 0));
    assert_eq!((gate.refused(ActionId(1)), gate.refused(ActionId(2))), (3, 1));
}

#[test]
fn the_longer_of_two_overlapping_blocks_counts() {
    let gate = Gate::new(Settings::default()).unwrap();
    let orders = vec![
        order(1, &BlockAddress, "198.51.100.7", 1_000),
        order(2, &BlockAddress, "198.51.100.7", 3_000),
        order(3, &BlockRange, "198.51.100.0/24", 9_000),
    ];
    gate.apply(&desired(orders, &[]), NOW).unwrap();
    assert_eq!(gate.check(&ask("198.51.100.7"), NOW.plus(2_000)), Answer::Blocked(ActionId(2)));
    assert_eq!(gate.check(&ask("198.51.100.7"), NOW.plus(4_000)), Answer::Blocked(ActionId(3)));
}

#[test]
fn a_revoked_session_is_refused_however_it_is_sent() {
    let gate = Gate::new(Settings::default()).unwrap();
    let print = session::fingerprint("s:stolen");
    gate.apply(&desired(vec![order(4, &RevokeSession, &print, 5_000)], &["192.0.2.0/24"]), NOW).unwrap();
    for cookie in ["sid=s%3Astolen", "sid=decoy; session=s:stolen", "SID=\"s:stolen\""] {
        assert_eq!(gate.check(&with_cookie("198.51.100.1", cookie), NOW), Answer::Revoked(ActionId(4)), "{cookie}");
    }
    let bearer = Ask { authorization: "Bearer s:stolen".into(), ..ask("198.51.100.1") };
    assert_eq!(gate.check(&bearer, NOW).status(), 401);
    assert_eq!(gate.check(&with_cookie("192.0.2.1", "sid=s:stolen"), NOW).status(), 401);
    assert_eq!(gate.check(&with_cookie("198.51.100.1", "sid=other"), NOW), Answer::Pass);
}

#[test]
fn answers_are_observed_and_probes_are_not() {
    type Seen = Mutex<Vec<(Answer, Option<String>)>>;
    let seen: Arc<Seen> = Arc::default();
    let sink = Arc::clone(&seen);
    let settings = Settings {
        observe: Box::new(move |_, seen, _| {
            sink.lock().unwrap().push((seen.answer.clone(), seen.session.map(str::to_owned)));
        }),
        ..Settings::default()
    };
    let gate = Gate::new(settings).unwrap();
    let print = session::fingerprint("secret");
    let want =
        desired(vec![order(1, &BlockAddress, "198.51.100.7", 5_000), order(2, &RevokeSession, &print, 5_000)], &[]);
    gate.apply(&want, NOW).unwrap();
    let probe = Ask { probe: Some(gate.nonce.clone().into()), ..ask("198.51.100.7") };
    assert_eq!(gate.check(&probe, NOW).status(), 403);
    let probe = Ask { probe_session: Some(print.clone().into()), client: [192, 0, 2, 1].into(), ..probe };
    assert_eq!(gate.check(&probe, NOW).status(), 401);
    assert!(seen.lock().unwrap().is_empty());
    assert_eq!(gate.figures().checked, 0);
    // Without the nonce the header means nothing.
    let forged = Ask { probe: Some("guess".into()), ..probe };
    assert_eq!(gate.check(&forged, NOW), Answer::Pass);
    assert!(!gate.is_probe(None) && !gate.is_probe(Some("")) && !gate.is_probe(Some(&format!("{}0", gate.nonce))));
    let _ = gate.check(&with_cookie("192.0.2.1", "sid=fine; session=secret"), NOW);
    let seen = seen.lock().unwrap();
    assert_eq!(seen[1], (Answer::Revoked(ActionId(2)), Some(print)));
}

#[test]
fn reading_back_and_probing_find_the_difference() {
    let gate = Gate::new(Settings::default()).unwrap();
    let want = desired(vec![order(1, &BlockRange, "198.51.100.0/24", 5_000)], &["198.51.100.127/32"]);
    let target = want.orders[0].target.clone();
    assert_eq!(gate.read_back(&want, NOW).unwrap().missing, vec![ActionId(1)]);
    assert!(gate.probe(&target, &want, NOW).unwrap().is_err());
    gate.apply(&want, NOW).unwrap();
    assert!(gate.read_back(&want, NOW).unwrap().agree());
    let said = gate.probe(&target, &want, NOW).unwrap().unwrap();
    assert!(said.contains("198.51.100.127 is let pass") && said.contains("198.51.100.255 is refused"), "{said}");
    let nothing = desired(vec![], &[]);
    assert!(!gate.read_back(&nothing, NOW).unwrap().agree());
    assert!(gate.probe(&target, &nothing, NOW).unwrap().is_err());
}

/// A gate behind a real listener that reads headers as the HTTP room does.
fn serve(gate: &Arc<Gate>) -> SocketAddr {
    use crate::platform::ask::{PROBE, PROBE_SESSION};
    use std::collections::HashMap;
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let gate = Arc::clone(gate);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut headers = HashMap::new();
            for line in BufReader::new(stream.try_clone().unwrap()).lines().skip(1) {
                let line = line.unwrap();
                let Some((name, value)) = line.split_once(": ") else { break };
                headers.insert(name.to_ascii_lowercase(), value.to_owned());
            }
            let text = |name: &str| headers.get(name).map(|value| value.as_str().into());
            let client = headers["x-real-ip"].parse().unwrap();
            let ask = Ask { probe: text(PROBE), probe_session: text(PROBE_SESSION), ..Ask::from_client(client) };
            assert!(gate.is_probe(ask.probe.as_deref()));
            let status = gate.check(&ask, NOW).status();
            let _ = write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    address
}

#[test]
fn probes_go_over_the_gate_s_own_listener() {
    let gate = Arc::new(Gate::new(Settings::default()).unwrap());
    gate.listens_at(serve(&gate));
    let print = session::fingerprint("secret");
    let want =
        desired(vec![order(1, &BlockAddress, "2001:db8::7", 5_000), order(2, &RevokeSession, &print, 5_000)], &[]);
    let probe = |target: &Target, want: &Desired| gate.probe(target, want, NOW).unwrap();
    let targets: Vec<Target> = want.orders.iter().map(|o| o.target.clone()).collect();
    assert!(targets.iter().all(|t| probe(t, &want).is_err()));
    gate.apply(&want, NOW).unwrap();
    assert_eq!(probe(&targets[0], &want).unwrap(), "probed: 2001:db8::7 is refused with 403");
    assert_eq!(probe(&targets[1], &want).unwrap(), format!("probed: session {print} is refused with 401"));
    gate.apply(&desired(vec![], &[]), NOW).unwrap();
    assert!(targets.iter().all(|t| probe(t, &desired(vec![], &[])).is_ok()));
    // Nobody answers there any more: not verified, and said so.
    gate.listens_at("127.0.0.1:1".parse().unwrap());
    assert!(probe(&targets[0], &want).unwrap_err().0.contains("could not reach"));
}
