//! Access logs of AWS application load balancers.
//!
//! Fields and their order are those of "Access logs for your Application Load Balancer" (AWS documentation); newer
//! fields are appended at the end, so a line with fewer or more of them is read as far as it goes. Quoted fields hold
//! the client's words; everything used from outside them is the balancer's.

use super::{address, combined, quoted, stamp};
use crate::api::{Class, Timestamp};
use crate::platform::record::{HttpRecord, Record};
use std::borrow::Cow;

const TYPES: [&str; 6] = ["http ", "https ", "h2 ", "grpcs ", "ws ", "wss "];

/// Position of the fields used here.
const TIME: usize = 1;
const CLIENT: usize = 3;
const ELB_STATUS: usize = 8;
const SENT_BYTES: usize = 11;
const REQUEST: usize = 12;
const AGENT: usize = 13;
const DOMAIN: usize = 18;

/// Whether a line looks like one of these.
#[must_use]
pub fn recognise(line: &str) -> bool {
    after_type(line).and_then(|rest| stamp::rfc3339(rest.as_bytes())).is_some()
}

fn after_type(line: &str) -> Option<&str> {
    TYPES.iter().find_map(|t| line.strip_prefix(t))
}

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse<'a>(line: &'a str, now: Timestamp) -> Option<Record<'a>> {
    after_type(line)?;
    let mut fields = [""; DOMAIN + 1];
    let mut count = 0;
    for (slot, field) in fields.iter_mut().zip(Fields { line, at: 0 }) {
        *slot = field;
        count += 1;
    }
    if count <= REQUEST {
        return None;
    }
    let (time, _) = stamp::rfc3339(fields[TIME].as_bytes())?;
    let status = match fields[ELB_STATUS] {
        "-" => 0,
        text => text.parse().ok().filter(|s| *s <= 999)?,
    };
    let (method, url, site) = request(fields[REQUEST]);
    let domain = Some(fields[DOMAIN]).filter(|d| !matches!(*d, "" | "-")).map(quoted::unescape);

    let mut record = Record::bare(time, line);
    record.time = stamp::sane(time, now);
    record.class = Class::HTTP;
    record.activity = combined::activity(&method);
    record.outcome = combined::outcome(status);
    record.src_ip = address::with_port(fields[CLIENT]);
    record.host = domain.or(site);
    record.http = Some(HttpRecord {
        method,
        url,
        status,
        bytes: fields[SENT_BYTES].parse().unwrap_or(0),
        referer: Cow::Borrowed(""),
        agent: quoted::field(fields[AGENT]),
    });
    Some(record)
}

/// Method, path with query, and host of `GET https://host:443/path HTTP/1.1`; a request that the balancer could not
/// read is `- http://host:80- -`.
fn request(text: &str) -> (Cow<'_, str>, Cow<'_, str>, Option<Cow<'_, str>>) {
    let (method, url) = match text.strip_prefix("- ") {
        Some(rest) => (Cow::Borrowed(""), quoted::unescape(rest.strip_suffix("- -").unwrap_or(rest).trim_end())),
        None => combined::request(text, false),
    };
    combined::absolute(method, url)
}

/// The fields of a line: words, or quoted texts without their quotes.
struct Fields<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Iterator for Fields<'a> {
    type Item = &'a str;
    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.line.as_bytes();
        let first = *bytes.get(self.at)?;
        let (start, end, next) = if first == b'"' {
            let end = quoted::end(bytes, self.at + 1)?;
            (self.at + 1, end, end + 2)
        } else {
            let end = memchr::memchr(b' ', &bytes[self.at..]).map_or(bytes.len(), |i| self.at + i);
            (self.at, end, end + 1)
        };
        self.at = next;
        self.line.get(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Outcome;
    use proptest::prelude::*;
    use std::net::IpAddr;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);
    const LINE: &str = r#"https 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "GET https://www.example.com:443/a?b=c HTTP/1.1" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337281-1d84f3d73c47ec4e58577259" "www.example.com" "arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012" 1 2018-07-02T22:22:48.364000Z "authenticate,forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_dae7d3f4"#;

    #[test]
    fn the_documented_line() {
        let r = parse(LINE, NOW).unwrap();
        let h = r.http.unwrap();
        assert_eq!(r.time, Timestamp::parse("2018-07-02T22:23:00.186Z").unwrap());
        assert_eq!((r.src_ip, r.host.as_deref()), ("192.168.131.39".parse().ok(), Some("www.example.com")));
        assert_eq!((&*h.method, &*h.url, h.status, h.bytes, &*h.agent), ("GET", "/a?b=c", 200, 57, "curl/7.46.0"));
    }

    #[test]
    fn other_types_no_target_and_bad_requests() {
        let r = parse(
            r#"http 2018-11-30T22:23:00.186641Z app/x/1 [2001:db8::7]:2817 - -1 -1 -1 400 - 34 272 "- http://www.example.com:80- -" "-" - - - "-" "-" "-" - 2018-11-30T22:22:48.364000Z "-" "-" "-" "-" "-" "-" "-""#,
            NOW,
        )
        .unwrap();
        let h = r.http.unwrap();
        assert_eq!((r.src_ip, r.outcome), ("2001:db8::7".parse().ok(), Outcome::Failure));
        assert_eq!((&*h.method, &*h.url, h.status, h.bytes, &*h.agent), ("", "", 400, 272, ""));
        for kind in ["h2", "ws", "wss", "grpcs", "http"] {
            let line = LINE.replacen("https", kind, 1);
            assert!(recognise(&line) && parse(&line, NOW).is_some(), "{kind}");
        }
        let short = &LINE[..LINE.find(" ECDHE").unwrap()];
        assert_eq!(parse(short, NOW).unwrap().host.as_deref(), Some("www.example.com"), "from the request itself");
    }

    #[test]
    fn a_client_cannot_shift_fields() {
        let line = LINE.replace("curl/7.46.0", r#"x\" 1 \x22 \" 999 \\"#);
        let r = parse(&line, NOW).unwrap();
        assert_eq!((r.host.as_deref(), &*r.http.unwrap().agent), (Some("www.example.com"), "x\" 1 \" \" 999 \\"));
    }

    proptest! {
        #[test]
        fn a_generated_line_is_read_back(ip in any::<IpAddr>(), port in any::<u16>(), status in 100u16..600, url in "/[!#-\\[\\]-~]{0,40}") {
            let line = format!("h2 2018-07-02T22:23:00.186641Z app/x/1 {}:{port} - 0 0 0 {status} - 1 2 \"PUT https://h:443{url} HTTP/2.0\" \"a\" - -", ip);
            let r = parse(&line, NOW).unwrap();
            let h = r.http.unwrap();
            prop_assert_eq!((r.src_ip, h.status, &*h.url), (Some(ip.to_canonical()), status, &*url));
        }

        #[test]
        fn any_text_is_survived(text in ".*", cut in 0..LINE.len()) {
            let _ = parse(&text, NOW);
            let _ = parse(&format!("{}{text}", &LINE[..cut]), NOW);
            let _ = parse(&format!("https 2018-07-02T22:23:00.186641Z {text}{}", &LINE[cut..]), NOW);
        }
    }
}
