//! Guard rails against crafted and random spellings.

use super::*;
use crate::api::ActionKind;
use proptest::prelude::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn guard() -> Guard {
    let mut guard = Guard {
        host: Surroundings {
            own: vec![ip("198.51.100.10"), ip("2001:db8:1::10"), ip("198.51.100.63")],
            gateways: vec![ip("198.51.100.1"), ip("fe80::1")],
            resolvers: vec![ip("192.0.2.53")],
            ssh: vec![ip("203.0.113.5")],
        },
        allow: vec![Allowed { net: "192.0.2.128/25".parse().unwrap(), reason: "office".into() }],
        proxies: vec!["203.0.113.64/28".parse().unwrap()],
        ..Guard::default()
    };
    guard.operator(ip("::ffff:203.0.113.200"), Timestamp(0));
    guard.operator(ip("2002:c612:0001::1"), Timestamp(0));
    guard
}

/// The rules that refuse `text`, or `syntax`.
fn rules(guard: &Guard, text: &str, automatic: bool) -> Vec<String> {
    let kind = if text.contains('/') || text.contains(',') { ActionKind::BlockRange } else { ActionKind::BlockAddress };
    match Target::parse(&kind, text, 256) {
        Ok(target) => guard.judge(&target, 3600, automatic).into_iter().map(|r| r.rule).collect(),
        Err(_) => vec!["syntax".into()],
    }
}

#[test]
fn crafted_spellings_are_refused() {
    let cases = [
        ("0.0.0.0/0", "everything"),
        ("::/0", "everything"),
        ("0.0.0.0,255.255.255.255", "everything"),
        ("::ffff:0:0/96", "everything"),
        ("0.0.0.0/1", "loopback"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("::1", "loopback"),
        ("0:0:0:0:0:0:0:1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::FFFF:7F00:1", "loopback"),
        ("::127.0.0.1", "loopback"),
        ("64:ff9b::127.0.0.1", "loopback"),
        ("64:ff9b:1::127.0.0.1", "loopback"),
        ("2002:7f00:1::5", "loopback"),
        ("2002:7f00:1:aa00::/56", "loopback"),
        ("2001:0:c633:6401::80ff:fffe", "loopback"),
        ("126.0.0.0/7", "loopback"),
        ("0.0.0.0", "unspecified"),
        ("::", "unspecified"),
        ("0.1.2.3", "unspecified"),
        ("169.254.169.254", "metadata"),
        ("::ffff:a9fe:a9fe", "metadata"),
        ("fd00:ec2::254", "metadata"),
        ("169.254.3.4", "link_local"),
        ("fe80::1", "link_local"),
        ("febf::1", "link_local"),
        ("224.0.0.1", "multicast"),
        ("239.1.2.3", "multicast"),
        ("ff02::1", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("198.51.100.10", "own_address"),
        ("198.51.100.77/24", "own_address"),
        ("198.51.100.8,198.51.100.12", "own_address"),
        ("198.51.100.63", "own_address"),
        ("2002:c633:640a::1", "own_address"),
        ("64:ff9b::198.51.100.10", "own_address"),
        ("2001:db8:1::/64", "own_address"),
        ("198.51.100.1", "gateway"),
        ("192.0.2.53", "dns_server"),
        ("203.0.113.5", "operator_address"),
        ("203.0.113.200", "operator_address"),
        ("::ffff:203.0.113.200", "operator_address"),
        ("198.18.0.1", "operator_address"),
        ("2002:c612:1::1", "operator_address"),
        ("203.0.113.70", "trusted_proxy"),
        ("203.0.113.64/30", "trusted_proxy"),
        ("198.18.0.0/23", "too_wide"),
        ("2001:db8:2::/55", "too_wide"),
        ("192.0.2.200", "allow_list"),
        ("192.0.2.192/26", "allow_list"),
        ("64:ff9b::192.0.2.200", "allow_list"),
        ("fe80::1%eth0", "syntax"),
        ("127.1", "syntax"),
        ("0x7f000001", "syntax"),
        ("0177.0.0.1", "syntax"),
        ("２.3.4.5", "syntax"),
        ("1.2.3.4,2001:db8::1", "syntax"),
    ];
    let guard = guard();
    for (text, rule) in cases {
        for automatic in [false, true] {
            let found = rules(&guard, text, automatic);
            assert!(found.iter().any(|r| r == rule), "{text}: wanted {rule}, got {found:?}");
        }
    }
}

#[test]
fn ordinary_targets_pass() {
    let guard = guard();
    for text in ["198.18.7.7", "198.51.100.77", "198.51.100.128/25", "2001:db8:2::/56", "192.0.2.0/24", "8.8.8.8"] {
        let expected: &[&str] = if text == "192.0.2.0/24" { &["dns_server"] } else { &[] };
        assert_eq!(rules(&guard, text, true), expected, "{text}");
    }
    // A range that holds an allow-listed address may be blocked; the address is named and stays open.
    let target = Target::parse(&ActionKind::BlockRange, "192.0.2.64/26,192.0.2.128/26", 256).unwrap();
    assert_eq!(guard.met(&target), ["192.0.2.128/25 (office)"]);
    let wide = Target::Range("192.0.2.0/24".parse().unwrap());
    assert!(guard.judge(&wide, 60, false).iter().all(|r| r.rule != "allow_list"));
}

#[test]
fn inner_addresses_need_a_person() {
    let guard = guard();
    for text in
        ["10.1.2.3", "172.31.0.0/24", "192.168.1.1", "100.64.0.1", "fd12::1", "2002:0a01:0203::1", "::ffff:10.1.2.3"]
    {
        assert_eq!(rules(&guard, text, true), ["private_address"], "{text}");
        assert!(rules(&guard, text, false).is_empty(), "{text}");
    }
}

#[test]
fn durations_are_bounded() {
    let guard = guard();
    let target = Target::Address(ip("198.18.7.7"));
    let rule = |ttl, automatic| guard.judge(&target, ttl, automatic).first().map(|r| r.rule.clone());
    assert_eq!(rule(9, false).as_deref(), Some("ttl_too_short"));
    assert_eq!(rule(0, true).as_deref(), Some("ttl_too_short"));
    assert_eq!((rule(10, false), rule(7 * 86_400, false), rule(86_400, true)), (None, None, None));
    assert_eq!(rule(7 * 86_400 + 1, false).as_deref(), Some("ttl_too_long"));
    assert_eq!(rule(u64::MAX, false).as_deref(), Some("ttl_too_long"));
    assert_eq!(rule(86_401, true).as_deref(), Some("ttl_too_long"));
    let session = Target::Session("00ff00ff00ff00ff".into());
    assert!(guard.judge(&session, 60, true).is_empty());
}

#[test]
fn operators_are_forgotten_after_an_hour() {
    let mut guard = guard();
    guard.forget(Timestamp(OPERATOR_MEMORY_MS - 1));
    assert_eq!(rules(&guard, "203.0.113.200", false), ["operator_address"]);
    guard.forget(Timestamp(OPERATOR_MEMORY_MS));
    assert!(rules(&guard, "203.0.113.200", false).is_empty());
    assert_eq!(rules(&guard, "203.0.113.5", false), ["operator_address"]);
}

/// Addresses that must never be blocked, as 32 bits.
fn protected() -> impl Strategy<Value = u32> {
    let within = |net: u32, len: u32| any::<u32>().prop_map(move |host| net | host >> len);
    prop_oneof![
        within(0x7f00_0000, 8),
        within(0x0000_0000, 8),
        within(0xa9fe_0000, 16),
        within(0xe000_0000, 4),
        Just(0xffff_ffff),
        prop::sample::select(vec![0xc633_640a_u32, 0xc633_6401, 0xc000_0235, 0xcb00_7105, 0xcb00_71c8, 0xcb00_7140]),
    ]
}

/// Ways to write an IPv4 address, plain or inside IPv6.
fn spell(four: u32, way: u8, noise: u64) -> String {
    let plain = Ipv4Addr::from(four);
    let v6 = |high: u128| Ipv6Addr::from(high | u128::from(four));
    match way {
        0 => plain.to_string(),
        1 => format!("::ffff:{plain}"),
        2 => format!("::FFFF:{:X}:{:X}", four >> 16, four & 0xffff),
        3 => format!("0000:0000:0000:0000:0000:ffff:{:04x}:{:04x}", four >> 16, four & 0xffff),
        4 => v6(0x0064_ff9b << 96).to_string(),
        5 => v6(0x0064_ff9b_0001 << 80 | u128::from(noise & 0xffff_ffff) << 48).to_string(),
        6 => Ipv6Addr::from(0x2002 << 112 | u128::from(four) << 80 | u128::from(noise)).to_string(),
        7 => format!("{plain}/{}", 24 + noise % 9),
        8 => format!("::ffff:{plain}/{}", 120 + noise % 9),
        9 => format!("{}/{}", v6(0x0064_ff9b << 96), 120 + noise % 9),
        10 => {
            let net = Ipv6Addr::from(0x2002 << 112 | u128::from(four) << 80 | u128::from(noise));
            format!("{net}/{}", 56 + noise % 73)
        }
        11 => format!(" {plain},{} ", Ipv4Addr::from(four ^ (noise as u32 & 0x3f))),
        12 => Ipv6Addr::from(0x2001 << 112 | u128::from(noise & 0xffff_ffff) << 64 | u128::from(!four)).to_string(),
        _ => v6(0).to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    #[test]
    fn no_spelling_of_a_protected_address_passes(four in protected(), way in 0u8..14, noise: u64, automatic: bool) {
        let text = spell(four, way, noise);
        prop_assert!(!rules(&guard(), &text, automatic).is_empty(), "{} as {}", Ipv4Addr::from(four), text);
    }

    #[test]
    fn no_text_at_all_brings_down_the_guard(text in "[0-9a-fA-F:./,% x]{0,40}") {
        let _ = rules(&guard(), &text, true);
    }
}
