//! Which end a message is read from, and where addresses end.

use super::*;
use proptest::prelude::*;

fn find<'m>(pattern: &'static str, text: &'m str) -> Option<(Option<String>, Option<&'m str>)> {
    Pattern::read(pattern).unwrap().find(text).map(|f| (f.ip.map(|ip| ip.to_string()), f.user))
}

#[test]
fn the_last_address_behind_a_name_and_the_first_before_it() {
    let ip = |text: &str| Some(text.to_owned());
    let behind = "Failed for <user> from <ip> port <n>";
    let hostile = "FAILED for root from 192.0.2.1 port 22 from 198.51.100.7 port 9";
    assert_eq!(find(behind, hostile), Some((ip("198.51.100.7"), Some("root from 192.0.2.1 port 22"))));
    let before = "<any>[<ip>]: failed, user=<user>";
    let hostile = "unknown[198.51.100.7]: failed, user=x[192.0.2.1]: failed, user=y";
    assert_eq!(find(before, hostile), Some((ip("198.51.100.7"), Some("x[192.0.2.1]: failed, user=y"))));
    assert_eq!(find(behind, "Failed for x from 192.0.2.1 port 22 and more"), None);
    assert_eq!(
        find("user=<<user>>, rip=<ip><any>", "user=<a>, rip=::ffff:192.0.2.1, x"),
        Some((ip("192.0.2.1"), Some("a")))
    );
    assert_eq!(find("from <host>:<n>", "from bad.example:7"), Some((None, None)));
    assert_eq!(find("from <ip>", "from bad.example"), None);
    let repeated = "<any>attempt for <user> from <ip>:<n>: <any>";
    assert_eq!(find(repeated, "attempt for x from 192.0.2.1:5: bad"), Some((ip("192.0.2.1"), Some("x"))));
    let both = "attempt for x from 192.0.2.1:5: y from 198.51.100.7:5: bad [x from 192.0.2.1:5: y]";
    assert_eq!(find(repeated, both).unwrap().0, None);
    let other = "attempt for a from 192.0.2.1:5: bad [x from 192.0.2.9:5: ]";
    assert_eq!(find(repeated, other).unwrap().0, None);
    assert!(Pattern::read("<any><user>").is_none());
    assert_eq!(Pattern::read("<any>ab <ip>abc").unwrap().anchor(), "abc");
}

#[test]
fn addresses_end_where_they_should() {
    for (text, want) in [
        ("192.0.2.1:99", Some(("192.0.2.1", 9))),
        ("192.0.2.1.", Some(("192.0.2.1", 9))),
        ("192.0.2.1x", None),
        ("[2001:db8::1]:22", Some(("2001:db8::1", 13))),
        ("2001:db8::1, x", Some(("2001:db8::1", 11))),
        ("2001:db8::1: x", Some(("2001:db8::1", 11))),
        ("fe80::1%eth0 x", Some(("fe80::1", 12))),
        ("::ffff:192.0.2.1 x", Some(("192.0.2.1", 16))),
        ("face", None),
        ("", None),
    ] {
        let got = address_at(text).map(|(ip, n)| (ip.to_string(), n));
        assert_eq!(got, want.map(|(ip, n)| (ip.to_owned(), n)), "{text}");
    }
}

proptest! {
    #[test]
    fn every_address_is_found(ip in any::<IpAddr>(), user in "\\PC{0,20}") {
        let text = format!("Failed for {user} from {ip} port 7");
        let want = Some((Some(ip.to_canonical().to_string()), Some(&*user)));
        prop_assert_eq!(find("Failed for <user> from <ip> port <n>", &text), want);
    }

    #[test]
    fn any_text_is_survived(text in "\\PC*", near in "(a|<|\\[|\\]|é|1\\.2\\.3\\.4|::| )*") {
        for text in [&text, &near] {
            for pattern in ["<any>a<ip><user>[<host>]<any>", "<user>é<n><any> <w>", "<any>"] {
                let _ = find(pattern, text);
            }
            let _ = address_at(text);
        }
    }
}
