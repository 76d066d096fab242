//! The laws of `fuzz/laws.rs` over mutated samples: what a fuzzer tries for hours, tried for seconds by everybody.
#![cfg(feature = "platform")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that meets the unexpected ends.

#[path = "../fuzz/laws.rs"]
mod laws;

use proptest::prelude::*;
use proptest::sample::{Index, select};

const LINES: [&str; 9] = [
    r#"203.0.113.9 - bob [10/Nov/2026:13:55:36 +0000] "GET /a?q=%27+OR+1%3D1-- HTTP/1.1" 200 12 "-" "Mozilla/5.0""#,
    "Nov 10 13:55:36 host sshd[1]: Failed password for invalid user admin from 203.0.113.9 port 4711 ssh2",
    r#"{"timestamp":"2026-11-10T13:55:36.1+0000","event_type":"alert","src_ip":"203.0.113.9","alert":{"signature":"x"}}"#,
    r#"{"eventTime":"2026-11-10T13:55:36Z","eventName":"ConsoleLogin","sourceIPAddress":"203.0.113.9","userIdentity":{}}"#,
    r#"{"Records":[{"eventTime":"2026-11-10T13:55:36Z"},{"eventTime":1}]}"#,
    "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n2026-11-10 13:55:36 203.0.113.9 GET /x 404",
    "#separator \\x09\n#fields\tts\tid.orig_h\tmethod\n1795000000.1\t203.0.113.9\tGET",
    "Nov 10 13:55:36 host kernel: [1.2] IN=eth0 OUT= SRC=203.0.113.9 DST=192.0.2.1 PROTO=TCP SPT=1 DPT=22",
    "2026-11-10 13:55:36 12 [Warning] Access denied for user 'bob'@'203.0.113.9' (using password: YES)",
];

const REQUESTS: [&str; 4] = [
    "GET /a?q=%2527%20UNION%20SELECT%201 HTTP/1.1\r\nHost: h\r\nCookie: a=b\r\n\r\n",
    "POST /x HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{\"a\":[\"${jndi:ldap://x}\",{\"b\":\"\\u0027\"}]}",
    "POST /x HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n../../etc/passwd\r\n--b--",
    "POST /x HTTP/1.1\r\nContent-Type: text/xml\r\n\r\n<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
];

const QUERIES: [&str; 4] = [
    "severity:high,critical -src_ip:203.0.113.0/24 time:>-24h",
    "rule:web.* (user:\"a b\" or not session:x) confidence:>=0.7",
    "((a:1))",
    "-(x)",
];

const FILES: [&str; 4] = [
    "[platform]\nlisten = \"127.0.0.1:8840\"\n[[source]]\npath = \"/x\"\n",
    "[[rule]]\nname = \"x\"\nmode = \"act\"\nwhen = { min_confidence = 0.9 }\naction = \"block_address\"\nfor = \"4h\"\n",
    "{\"seq\":1,\"time\":\"2026-11-10T13:55:36Z\",\"kind\":\"intent\",\"prev\":\"00\",\"hash\":\"11\"}\n",
    "inherits = \"dark\"\n",
];

/// A sample with some of its bytes replaced, taken out, doubled, or cut off.
fn mutated(samples: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<Index>(), 0..5u8, any::<u8>());
    (select(samples), prop::collection::vec(change, 0..6)).prop_map(|(sample, changes)| {
        let mut bytes = sample.as_bytes().to_vec();
        for (at, what, byte) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, byte),
                3 => bytes.extend_from_within(at..),
                _ => bytes.truncate(at),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn lines_of_logs(bytes in mutated(&LINES)) {
        laws::line(&bytes);
    }

    #[test]
    fn requests(bytes in mutated(&REQUESTS)) {
        laws::request(&bytes);
    }

    #[test]
    fn queries(bytes in mutated(&QUERIES)) {
        laws::query(&bytes);
    }

    #[test]
    fn files(bytes in mutated(&FILES)) {
        laws::file(&bytes);
    }

    #[test]
    fn bytes_of_no_kind(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        laws::line(&bytes);
        laws::request(&bytes);
        laws::query(&bytes);
        laws::file(&bytes);
    }
}
