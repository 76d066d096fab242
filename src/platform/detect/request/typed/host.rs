//! Addresses inside values: a plain URL in a value is not an attack, an internal host is, in whatever spelling.
//!
//! Hosts are read the way `inet_aton` and browsers read them: one to four numbers, decimal, octal or hexadecimal; IPv6
//! with an IPv4 address inside; names that a public resolver turns into an internal address.

use super::super::table;
use super::Said;
use super::name::{LOCAL, META, RESOLVED};
use crate::api::Severity;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses looked at in one value.
const ADDRESSES_MAX: usize = 8;
/// Longest host.
const HOST_MAX: usize = 255;

/// True if there may be an address to look at. Backslashes and percent signs are reasons to look closer anyway.
pub(in super::super) fn wants_address(raw: &[u8]) -> bool {
    memchr::memmem::find(raw, b"//").is_some()
}

/// The worst address in a decoded, lower-case value, and its text.
pub(super) fn look(text: &[u8]) -> Option<(Said, &[u8])> {
    let mut worst: Option<(Said, &[u8])> = None;
    let mut found = |said: Option<Said>, matched| {
        if let Some(said) = said
            && worst.as_ref().is_none_or(|(w, _)| w.confidence < said.confidence)
        {
            worst = Some((said, matched));
        }
    };
    for at in memchr::memmem::find_iter(text, b"://").take(ADDRESSES_MAX) {
        let begin = text[..at].iter().rposition(|b| !(b.is_ascii_alphanumeric() || b"+.-_".contains(b)));
        let start = begin.map_or(0, |b| b + 1);
        let host = host(&text[at + 3..]);
        let end = (at + 3 + host.len() + 40).min(text.len());
        found(scheme(&text[start..at]), &text[start..end]);
        let is_web = matches!(&text[start..at], b"http" | b"https" | b"ftp" | b"ws" | b"wss");
        found(judge(host).or_else(|| lone(host).filter(|_| is_web)), &text[start..end]);
    }
    if text.starts_with(b"//") || text.starts_with(b"\\\\") {
        found(judge(host(&text[2..])), text);
    }
    worst.or_else(|| told_bare(text))
}

/// Browsers and libraries take an address with fewer strokes, too, and some programs a host by itself. Told for less, and
/// only what is this host itself or is spelled oddly.
fn told_bare(text: &[u8]) -> Option<(Said, &[u8])> {
    let whole = std::str::from_utf8(text.trim_ascii()).ok().filter(|t| t.contains("::"));
    let v6 = whole.and_then(|t| t.parse::<Ipv6Addr>().ok()).and_then(|_| address(&format!("[{}]", whole?)));
    let (said, ip) = match v6 {
        Some((ip, spelling)) => (address_says(ip, spelling)?, Some(ip)),
        None => {
            let host = host(bare(text)?);
            (judge(host)?, std::str::from_utf8(host).ok().and_then(address).map(|(ip, _)| ip))
        }
    };
    let usual = ["bare address to fetch from", "internal address", "internal name"];
    if !usual.contains(&said.sign) {
        return Some((Said { confidence: said.confidence.min(0.45), ..said }, text));
    }
    let here = ip.is_some_and(|ip| ip.is_loopback() || ip.is_unspecified());
    here.then_some((Said { sign: "this host by its address", severity: Severity::Low, confidence: 0.35, ..said }, text))
}

/// What may be a host at the start of a value: after a scheme without its strokes, or before a port, a path or the end.
fn bare(text: &[u8]) -> Option<&[u8]> {
    let text = text.trim_ascii();
    for scheme in [&b"http:"[..], b"https:", b"ftp:"] {
        if let Some(rest) = text.strip_prefix(scheme) {
            let start = rest.iter().position(|b| !b"/\\".contains(b))?;
            return Some(&rest[start..]);
        }
    }
    let end = text.iter().position(|b| b"/?#".contains(b)).unwrap_or(text.len());
    let head = text.get(..end.min(HOST_MAX))?;
    let numbers = head.iter().filter(|b| **b == b'.').count() == 3
        && head.iter().all(|b| b.is_ascii_hexdigit() || b".:x".contains(b));
    let is_host = numbers || head.starts_with(b"[") || head.starts_with(b"localhost") || is_short_for_here(head);
    // `localhost` by itself is a word that forms ask for.
    (is_host && !(head == b"localhost" && end == text.len())).then_some(text)
}

/// This host in fewer or other numbers than four decimal ones, and names that resolve to it. A lone number or two may be
/// anybody's.
fn is_short_for_here(head: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(head) else { return false };
    let name = text.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(text, |n| n.0);
    let numbers = ["127.0", "0177.", "169.254.", "0251.", "169.1668"].iter().any(|start| name.starts_with(start))
        || name == "127.1"
        || name.contains("0x");
    if numbers && name.contains('.') {
        return aton(name).is_some_and(|v4| is_internal(IpAddr::V4(v4)));
    }
    let by_name = |known: &[&str]| known.contains(&name) && name.contains(['-', '6', '.']);
    RESOLVED.iter().any(|r| name.ends_with(r) || name == &r[1..]) || by_name(&LOCAL) || by_name(&META)
}

/// The host that begins here, without user, port and path.
fn host(rest: &[u8]) -> &[u8] {
    let end =
        rest.iter().take(HOST_MAX).position(|b| b"/?#\\ \"'<>&,;)".contains(b)).unwrap_or(rest.len().min(HOST_MAX));
    let authority = &rest[..end];
    let host = memchr::memrchr(b'@', authority).map_or(authority, |at| &authority[at + 1..]);
    if host.first() == Some(&b'[') {
        return memchr::memchr(b']', host).map_or(host, |at| &host[..=at]);
    }
    memchr::memchr(b':', host).map_or(host, |at| &host[..at])
}

fn said(sign: &'static str, severity: Severity, confidence: f32) -> Option<Said> {
    Some(Said { rule: &table::ssrf::RULE, sign, severity, confidence })
}

fn scheme(name: &[u8]) -> Option<Said> {
    match name {
        b"gopher" | b"dict" | b"netdoc" | b"local_file" | b"local-file" => {
            said("scheme that only servers follow", Severity::High, 0.95)
        }
        b"acap" | b"afp" | b"afs" | b"attachment" | b"beshare" | b"bitcoin" | b"callto" | b"cap" | b"cvs" | b"dav"
        | b"dns" | b"dntp" | b"ed2k" | b"finger" | b"fish" | b"git" | b"h323" | b"iax" | b"icap" | b"irc" | b"irc6"
        | b"ircs" | b"jabber" | b"maven" | b"mms" | b"mumble" | b"nfs" | b"nntp" | b"ntps" | b"paparazzi" | b"pop"
        | b"pop2" | b"pop3s" | b"pres" | b"proxy" | b"psyc" | b"rsync" | b"rtm" | b"rtmfp" | b"sftp" | b"sip"
        | b"sips" | b"smtps" | b"snews" | b"snmp" | b"ssh" | b"svn" | b"svn+ssh" | b"teamspeak" | b"turn"
        | b"turns" | b"udp" | b"unreal" | b"ut2004" | b"ventrilo" | b"vnc" | b"webcal" | b"xmpp" | b"xri" | b"s3"
        | b"ajp" | b"mysql" | b"postgres" | b"tftp" | b"ldap" | b"ldaps" | b"rmi" | b"jar" | b"smb" | b"imap"
        | b"imaps" | b"pop3" | b"smtp" | b"telnet" | b"file" | b"iiop" | b"mongodb" | b"redis" | b"ssh2" | b"scp"
        | b"rtmp" => said("scheme that a page does not need", Severity::Medium, 0.75),
        _ => None,
    }
}

/// What a host in a value means.
fn judge(host: &[u8]) -> Option<Said> {
    let name = std::str::from_utf8(host).ok()?.trim_end_matches('.');
    if let Some((ip, spelling)) = address(name) {
        return address_says(ip, spelling);
    }
    if META.contains(&name) {
        return said("metadata of a cloud host", Severity::High, 0.97);
    }
    if RESOLVED.iter().any(|r| name.ends_with(r) || name == &r[1..]) {
        let inside = leading_address(name).is_some_and(is_internal);
        return said("name that stands for an internal address", Severity::High, if inside { 0.95 } else { 0.85 });
    }
    if LOCAL.contains(&name) || name.ends_with(".localhost") || name.ends_with(".svc.cluster.local") {
        return said("this host itself", Severity::High, 0.8);
    }
    (name.ends_with(".internal") || name.ends_with(".intranet") || name.ends_with(".corp"))
        .then(|| said("internal name", Severity::Medium, 0.7))?
}

fn address_says(ip: IpAddr, spelling: Spelling) -> Option<Said> {
    let metadata = [
        Ipv4Addr::new(169, 254, 169, 254),
        Ipv4Addr::new(100, 100, 100, 200),
        Ipv4Addr::new(169, 254, 170, 2),
        Ipv4Addr::new(192, 0, 0, 192),
        Ipv4Addr::new(168, 63, 129, 16),
    ];
    let v6 = ip == IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254));
    if v6 || matches!(ip, IpAddr::V4(v4) if metadata.contains(&v4)) {
        return said("metadata of a cloud host", Severity::High, 0.97);
    }
    match (is_internal(ip), spelling) {
        (true, Spelling::Odd) => said("internal address in an odd spelling", Severity::High, 0.96),
        (true, Spelling::Usual) => said("internal address", Severity::High, 0.8),
        (false, Spelling::Odd) => said("address in an odd spelling", Severity::Medium, 0.85),
        (false, Spelling::Usual) => said("bare address to fetch from", Severity::Low, 0.55),
    }
}

/// A name without a dot is one that only the inside resolves. Told for little: people write such addresses, too.
fn lone(host: &[u8]) -> Option<Said> {
    let is_name = host.len() > 1 && host[0].is_ascii_alphabetic() && !host.contains(&b'.');
    let is_plain = host.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-');
    (is_name && is_plain).then_some(())?;
    said("host without a domain", Severity::Low, 0.35)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Usual,
    Odd,
}

/// The address a host spells.
fn address(host: &str) -> Option<(IpAddr, Spelling)> {
    if let Some(inner) = host.strip_prefix('[') {
        let inner = inner.trim_end_matches(']').split('%').next().unwrap_or_default();
        let v6: Ipv6Addr = inner.parse().ok()?;
        let v4 = v6.to_ipv4_mapped().or_else(|| embedded(v6));
        return Some(v4.map_or((IpAddr::V6(v6), Spelling::Usual), |v4| (IpAddr::V4(v4), Spelling::Odd)));
    }
    if let Ok(v4) = host.parse::<Ipv4Addr>() {
        return Some((IpAddr::V4(v4), Spelling::Usual));
    }
    aton(host).map(|v4| (IpAddr::V4(v4), Spelling::Odd))
}

/// The IPv4 address inside a compatible, 6to4 or NAT64 address.
fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, .., y, z] = v6.segments();
    let join = |hi: u16, lo: u16| Ipv4Addr::from(u32::from(hi) << 16 | u32::from(lo));
    match (a, b) {
        (0x2002, _) => Some(join(b, c)),
        (0x64, 0xff9b) => Some(join(y, z)),
        (0, 0) if v6.segments()[..6] == [0; 6] && (y != 0 || z > 1) => Some(join(y, z)),
        _ => None,
    }
}

/// One to four numbers, decimal, octal or hexadecimal; the last one fills what is left.
fn aton(host: &str) -> Option<Ipv4Addr> {
    let numbers: Vec<&str> = host.split('.').collect();
    // A lone small number is somebody's short name, not an address; zero is.
    if numbers.len() > 4 || numbers.len() == 1 && numbers[0] != "0" && host.len() < 8 {
        return None;
    }
    let mut address = 0u64;
    for (at, number) in numbers.iter().enumerate() {
        let last = at + 1 == numbers.len();
        // What does not fit wraps in some libraries, so it does here.
        let value = number_of(number)?;
        let bits = if last { 8 * (4 - at as u32) } else { 8 };
        address = address << bits | value & ((1 << bits) - 1);
    }
    u32::try_from(address).ok().map(Ipv4Addr::from)
}

fn number_of(text: &str) -> Option<u64> {
    if text.is_empty() || text.len() > 20 {
        return None;
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return u64::from_str_radix(hex, 16).ok();
    }
    let radix = if text.len() > 1 && text.starts_with('0') { 8 } else { 10 };
    u64::from_str_radix(text, radix).or_else(|_| text.parse()).ok()
}

/// The address that a name begins with: `127.0.0.1.nip.io`, `app-10-0-0-1.sslip.io`.
fn leading_address(name: &str) -> Option<IpAddr> {
    let numbers: Vec<u8> = name.split(['.', '-']).filter_map(|part| part.parse().ok()).take(4).collect();
    let four: [u8; 4] = numbers.try_into().ok()?;
    Some(IpAddr::from(four))
}

fn is_internal(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_loopback() || v4.is_private() || v4.is_link_local() || a == 0 || a == 100 && b & 0xC0 == 64
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sign(text: &str) -> Option<&'static str> {
        look(text.as_bytes()).map(|(said, _)| said.sign)
    }

    #[test]
    fn internal_hosts_are_seen_in_any_spelling() {
        for (text, expected) in [
            ("http://169.254.169.254/latest/meta-data/", "metadata of a cloud host"),
            ("http://2852039166/", "metadata of a cloud host"),
            ("http://[::ffff:a9fe:a9fe]/", "metadata of a cloud host"),
            ("http://[fd00:ec2::254]/", "metadata of a cloud host"),
            ("http://2130706433/", "internal address in an odd spelling"),
            ("http://0x7f000001/", "internal address in an odd spelling"),
            ("http://0177.0.0.1/", "internal address in an odd spelling"),
            ("http://127.1/", "internal address in an odd spelling"),
            ("http://0/", "internal address in an odd spelling"),
            ("http://0x7f.1/", "internal address in an odd spelling"),
            ("http://[::ffff:127.0.0.1]:80/", "internal address in an odd spelling"),
            ("http://user:pw@10.0.0.5:8080/x", "internal address"),
            ("http://[::1]/", "internal address"),
            ("//127.0.0.1/x", "internal address"),
            ("http://127.0.0.1.nip.io/", "name that stands for an internal address"),
            ("http://localhost:22", "this host itself"),
            ("gopher://x:70/_", "scheme that only servers follow"),
            ("http://198.51.100.7/shell.txt", "bare address to fetch from"),
            ("127.0.1:80", "internal address in an odd spelling"),
            ("0x7f.0.0.1/x", "internal address in an odd spelling"),
            ("localtest.me", "name that stands for an internal address"),
            ("::1", "this host by its address"),
            ("::ffff:7f00:1", "internal address in an odd spelling"),
        ] {
            assert_eq!(sign(text), Some(expected), "{text}");
        }
        for text in [
            "http://example.org/",
            "https://www.example.com/?u=1.2.3",
            "https://10gen.example/",
            "see http://a.b/c for 127.0.0.1",
            "http://",
            "://",
            "https://12345/",
            "//cdn.example.org/x.js",
            "10.5",
            "127.5",
            "12:30:00",
            "a::b",
            "localhost",
            "10.0.0.5",
        ] {
            assert_eq!(sign(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged(text in "\\PC{0,80}", host in "[0-9a-fx.:\\[\\]]{0,40}") {
            let _ = sign(&text);
            let _ = sign(&format!("http://{host}/"));
        }
    }
}
