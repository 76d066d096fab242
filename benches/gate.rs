//! Cost of one gate check in nanoseconds, with nothing, a thousand and a hundred thousand blocks held.
//!
//! Run: `cargo bench --bench gate`.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;
use watchfloor::api::{ActionId, Timestamp};
use watchfloor::platform::ask::Ask;
use watchfloor::platform::respond::Target;
use watchfloor::platform::respond::enforcer::gate::{Gate, Settings};
use watchfloor::platform::respond::enforcer::{Desired, Enforcer, Order};

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const ROUNDS: usize = 200_000;

/// `count` blocks: nine addresses to one range, and a revoked session.
fn desired(count: u32) -> Desired {
    let order = |n: u32| {
        let ip = IpAddr::from(Ipv4Addr::from(0x0b00_0000 + n * 7));
        let target = match n % 10 {
            0 => Target::Range(ipnet::IpNet::new(ip, 24 + (n / 10 % 8) as u8).unwrap().trunc()),
            _ => Target::Address(ip),
        };
        Order { action: ActionId(n.into()), target, until: NOW.plus(1_000_000) }
    };
    let mut orders: Vec<Order> = (0..count).map(order).collect();
    if count > 0 {
        let target = Target::Session("00ff00ff00ff00ff".into());
        orders.push(Order { action: ActionId(0), target, until: NOW.plus(1_000_000) });
    }
    Desired { generation: 1, orders, allow: vec!["192.0.2.0/24".parse().unwrap(), "198.51.100.7/32".parse().unwrap()] }
}

fn measure(name: &str, gate: &Gate, asks: &[Ask<'_>]) {
    let mut times: Vec<u64> = Vec::with_capacity(ROUNDS);
    for at in 0..ROUNDS {
        let ask = &asks[at % asks.len()];
        let clock = Instant::now();
        black_box(gate.check(black_box(ask), NOW));
        times.push(u64::try_from(clock.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    times.sort_unstable();
    let at = |share: f64| times[((ROUNDS - 1) as f64 * share) as usize];
    println!("{name:<34} p50 {:>6} ns   p99 {:>6} ns   p99.9 {:>7} ns", at(0.5), at(0.99), at(0.999));
}

fn main() {
    let ips: Vec<IpAddr> = (0..997u32).map(|n| Ipv4Addr::from(0x0b00_0000 + n * 70_001).into()).collect();
    let plain: Vec<Ask<'_>> = ips.iter().map(|ip| Ask::from_client(*ip)).collect();
    let cookie = "theme=dark; sid=4f6c1b7a90d24e51b7c0aa1d5b1d9e6f; lang=en";
    let with_session: Vec<Ask<'_>> = plain.iter().map(|a| Ask { cookie: cookie.into(), ..a.clone() }).collect();
    for count in [0, 1_000, 100_000] {
        let gate = Gate::new(Settings::default()).unwrap();
        let clock = Instant::now();
        gate.apply(&desired(count), NOW).unwrap();
        println!("{count} blocks, put in place in {:?}", clock.elapsed());
        measure("  without a session", &gate, &plain);
        measure("  with a session cookie", &gate, &with_session);
    }
}
