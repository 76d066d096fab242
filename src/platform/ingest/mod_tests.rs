//! The room's front door: recognition, and lines that nobody understands.

use super::*;
use crate::api::{Class, Outcome, time::DAY_MS};
use crate::text::visible;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

const SAMPLES: [(&str, Format); 23] = [
    (r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "-" "x""#, Format::Combined),
    (r#"shop.example:80 192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5"#, Format::Combined),
    (
        r#"https 2018-07-02T22:23:00.186641Z app/x/1 192.0.2.7:2817 10.0.0.1:80 0 0 0 200 200 0 57 "GET https://h:443/ HTTP/1.1" "curl""#,
        Format::Alb,
    ),
    ("Mar 27 13:06:56 web1 sshd[1291]: Server listening on 0.0.0.0 port 22.", Format::Syslog),
    ("2026-03-27T13:06:56.123456+00:00 web1 sshd[1291]: x", Format::Syslog),
    (r#"{"__REALTIME_TIMESTAMP":"1790000000123456","MESSAGE":"x \"event_type\" \"timestamp\""}"#, Format::Journal),
    (r#"{"timestamp":"2026-06-08T20:01:52.875791+0000","event_type":"flow","src_ip":"192.0.2.7"}"#, Format::Eve),
    (r#"{"class_uid":4002,"time":1790000000123,"message":"\"event_type\""}"#, Format::Ocsf),
    (
        r#"{"remote_addr":"192.0.2.7","time_iso8601":"2015-05-17T10:05:03+00:00","request":"GET /a HTTP/1.1","status":200,"http_user_agent":"\"event_type\""}"#,
        Format::Json,
    ),
    (
        r#"{"level":"info","ts":1431857103.25,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"192.0.2.7","method":"GET","host":"shop.example","uri":"/","headers":{"Class_uid":["1"]}},"status":200}"#,
        Format::Caddy,
    ),
    (
        r#"{"ClientAddr":"192.0.2.7:51914","DownstreamStatus":404,"RequestMethod":"GET","RequestPath":"/a","StartUTC":"2015-05-17T10:05:03.250Z"}"#,
        Format::Traefik,
    ),
    (
        r#"192.0.2.7:33317 [06/Feb/2009:12:14:14.655] in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {shop.example} {} "GET /a HTTP/1.1""#,
        Format::HaProxy,
    ),
    (
        r#"<134>Feb  6 12:14:14 localhost haproxy[14389]: 192.0.2.7:33317 [06/Feb/2009:12:14:14.655] in s/s1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET /a HTTP/1.1""#,
        Format::Syslog,
    ),
    (
        "2019-12-04\t21:02:31\tLAX1\t392\t192.0.2.7\tGET\td1.cloudfront.net\t/a\t200\t-\tcurl/7%20x\t-\t-\tHit\tSOX4==\tshop.example\thttps\t23\t0.001",
        Format::CloudFront,
    ),
    ("2002-05-02 17:42:15 172.30.255.255 GET /a - 80 - 192.0.2.7 Mozilla/4.0+(x) - 200 0 0 15", Format::Iis),
    (
        "1258531221.486539\tPii6\t192.0.2.7\t68\t192.0.2.1\t67\tudp\t-\t0.16\t301\t300\tSF\t-\t-\t0\tDd\t1\t329\t1\t328\t(empty)",
        Format::Zeek,
    ),
    (
        r#"{"ts":1254722770.692743,"uid":"CRrf","id.orig_h":"192.0.2.7","id.orig_p":5,"id.resp_h":"192.0.2.1","id.resp_p":80,"method":"GET","uri":"/a","status_code":200}"#,
        Format::Zeek,
    ),
    (
        r#"{"ts":1254722770.692743,"note":"Scan::Port_Scan","msg":"192.0.2.7 scanned 15 ports","src":"192.0.2.7"}"#,
        Format::Zeek,
    ),
    (
        r#"{"transaction":{"client_ip":"192.0.2.7","time_stamp":"Mon Sep  2 14:42:59 2019","request":{"method":"GET","uri":"/a"},"response":{"http_code":403},"messages":[{"message":"x","details":{"ruleId":"942100","severity":"2"}}]}}"#,
        Format::ModSecurity,
    ),
    (
        r#"2019/12/16 12:18:01 [error] 7#7: *1 user "x": password mismatch, client: 192.0.2.7, server: s, request: "GET / HTTP/1.1", host: "h""#,
        Format::Error,
    ),
    (
        "[Fri Sep 09 10:42:29.902022 2011] [auth_basic:error] [pid 3:tid 4] [client 192.0.2.7:5] AH01618: user x not found: /",
        Format::Error,
    ),
    ("[Wed Oct 11 14:32:52 2000] [error] [client 192.0.2.7] user x not found: /", Format::Error),
    (
        r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/2.0" 200 5 "-" "x" 7 "shop@docker" "http://10.0.0.2:80" 10ms"#,
        Format::Combined,
    ),
];

#[test]
fn who_asked_is_known_of_every_format() {
    for (line, format) in SAMPLES {
        let record = parse(None, line, NOW);
        let says = !matches!(format, Format::Journal | Format::Ocsf) && !line.contains("sshd[");
        assert_eq!(record.src_ip, says.then(|| "192.0.2.7".parse().unwrap()), "{line}");
        assert!(record.time < NOW || !says, "{line}");
    }
}

#[test]
fn every_beginning_of_every_line_is_survived() {
    for (line, format) in SAMPLES {
        for cut in (0..line.len()).filter(|cut| line.is_char_boundary(*cut)) {
            for format in [None, Some(format)] {
                let record = parse(format, &line[..cut], NOW);
                assert_eq!(&*record.raw, &line[..cut]);
                assert!(record.time <= NOW && record.repeat == 1);
            }
        }
    }
}

#[test]
fn lines_are_recognised_and_read_alike_with_and_without_a_format() {
    for (line, format) in SAMPLES {
        assert_eq!(recognise(line), Some(format), "{line}");
        let record = parse(None, line, NOW);
        assert!(record.parsed, "{line}");
        assert_eq!(record, parse(Some(format), line, NOW));
        assert_eq!(record, parse(None, &format!("{line}\r\n"), NOW));
        assert_eq!(format.as_str().parse::<Format>().unwrap(), format);
    }
    assert!("nonsense".parse::<Format>().is_err());
}

#[test]
fn what_nobody_understands_is_kept() {
    for line in ["", "hello", "{", "\u{0}\u{1b}[2J", "192.0.2.7 - - [17/May/2015:10:05:03 +0000] \"GET /"] {
        let record = parse(None, line, NOW);
        assert_eq!((record.parsed, record.class, record.time, &*record.raw), (false, Class::BASE, NOW, line));
    }
    assert!(!parse(Some(Format::Alb), SAMPLES[0].0, NOW).parsed, "a given format is not guessed around");
}

#[test]
fn a_time_far_ahead_is_now() {
    let early = Timestamp::parse("2015-05-10T00:00:00Z").unwrap();
    assert_eq!(parse(None, SAMPLES[0].0, early).time, early);
    assert_eq!(parse(None, SAMPLES[0].0, early.plus(7 * DAY_MS)).time.to_string(), "2015-05-17T10:05:03.000Z");
}

#[test]
fn bytes_that_are_no_text_stay_visible() {
    let text = visible::decode(b"a\xffb\r\n\n\ncd\n\r\ne");
    assert_eq!(lines(&text).collect::<Vec<_>>(), ["a⟨xFF⟩b", "cd", "", "e"]);
}

proptest! {
    #[test]
    fn nothing_panics_and_nothing_is_lost(bytes in proptest::collection::vec(any::<u8>(), 0..300), which in 0..SAMPLES.len(), cut in 0usize..80) {
        let (sample, _) = SAMPLES[which];
        let text = format!("{}{}", &sample[..cut.min(sample.len())], visible::decode(&bytes));
        for format in Format::all().map(Some).chain([None]) {
            for line in lines(&text) {
                let record = parse(format, line, NOW);
                prop_assert_eq!(&*record.raw, line);
                prop_assert!(record.time <= NOW.plus(DAY_MS) && record.repeat >= 1);
            }
        }
    }
}

/// `name<TAB>line` of a file of samples.
fn samples(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_once('\t').unwrap())
}

#[test]
fn refused_logins_of_many_programs_are_known_for_what_they_are() {
    let now = Timestamp(1_795_000_000_000);
    let unknown = samples(include_str!("samples/refused.tsv")).filter(|(_, line)| {
        let record = parse(None, line, now);
        let refused = (record.class, &record.outcome) == (Class::AUTHENTICATION, &Outcome::Failure);
        !(refused && record.parsed && record.src_ip == "198.51.100.7".parse().ok())
    });
    assert_eq!(unknown.collect::<Vec<_>>(), []);
}

#[test]
fn refused_logins_from_other_kinds_of_addresses_are_known_as_well() {
    let now = Timestamp(1_795_000_000_000);
    // These write a colon between a name or scheme and the address, or a short port behind it, without brackets.
    let unclear = [
        "vpopmail",
        "vpopmail-nouser",
        "vpopmail-null",
        "asterisk-pjsip",
        "asterisk-wrong",
        "asterisk20",
        "asterisk20b",
        "crushftp",
        "generic-denied",
        "zyxel",
        "auth-rej",
        "kamailio2",
        "sonicwall-user",
        "sonicwall-wrong",
    ];
    for (shape, want) in [("2001:db8::7", "2001:db8::7"), ("::ffff:198.51.100.7", "198.51.100.7")] {
        let unknown = samples(include_str!("samples/refused.tsv")).filter(|(name, line)| {
            let line = line.replace("::ffff:198.51.100.7", "198.51.100.7").replace("198.51.100.7", shape);
            let record = parse(None, &line, now);
            let refused = (record.class, &record.outcome) == (Class::AUTHENTICATION, &Outcome::Failure);
            !(refused && record.src_ip == want.parse().ok() || shape == "2001:db8::7" && unclear.contains(name))
        });
        assert_eq!(unknown.collect::<Vec<_>>(), [], "{shape}");
    }
}

#[test]
fn what_lets_in_and_what_says_nothing_are_no_refusals() {
    let now = Timestamp(1_795_000_000_000);
    let wrong = samples(include_str!("samples/accepted.tsv")).filter(|(_, rest)| {
        let (word, line) = rest.split_once('\t').unwrap();
        let record = parse(None, line, now);
        let auth = record.class == Class::AUTHENTICATION && record.activity == 1;
        let refused = auth && record.outcome == Outcome::Failure;
        let admitted = auth && record.outcome == Outcome::Success && record.src_ip == "198.51.100.7".parse().ok();
        refused || (word == "ok" && !admitted)
    });
    assert_eq!(wrong.collect::<Vec<_>>(), []);
}

#[test]
fn a_relay_s_name_hides_no_refused_login() {
    let now = Timestamp(1_795_000_000_000);
    let lines = || samples(include_str!("samples/refused.tsv")).map(|(_, line)| line).filter(|l| !l.starts_with('<'));
    let found = |wrap: &dyn Fn(&str) -> String| {
        let refused = |line: &&str| {
            let line = wrap(line);
            let record = parse(None, &line, now);
            (record.class, &record.outcome) == (Class::AUTHENTICATION, &Outcome::Failure)
                && record.src_ip == "198.51.100.7".parse().ok()
        };
        lines().filter(refused).count() * 100 / lines().count()
    };
    let journal = |line: &str| {
        let journal = serde_json::json!({"__REALTIME_TIMESTAMP": "1794318900123456", "SYSLOG_IDENTIFIER": "3f2a9c", "MESSAGE": line});
        journal.to_string()
    };
    let shares = [
        found(&|line| format!("Nov 10 13:55:00 h 3f2a9c[12]: {line}")),
        found(&|line| format!("<134>1 2026-11-10T13:55:00Z h 3f2a9c 12 - - {line}")),
        found(&journal),
    ];
    // Syslog inside of syslog and JSON of forms that are recognised by whole lines only are what is left.
    assert!(shares.iter().all(|share| *share >= 75), "{shares:?}");
}

/// What somebody may call themselves so that others are accused.
const HOSTILE: [&str; 16] = [
    "x from 192.0.2.1 port 22",
    "x from 192.0.2.1",
    "x ip=192.0.2.1",
    "192.0.2.1",
    "x' from 192.0.2.1:1 x'",
    "x\" ip=\"192.0.2.1",
    "x, client: 192.0.2.1",
    "x [192.0.2.1]",
    "x (192.0.2.1)",
    "x rhost=192.0.2.1 user=y",
    "x>, rip=192.0.2.1, y=<z",
    "x|192.0.2.1|y",
    "@192.0.2.1",
    "x' (Remote IP: '192.0.2.1')",
    "x@192.0.2.1]",
    " src=192.0.2.1",
];

#[test]
fn no_name_in_any_sample_accuses_another_address() {
    let now = Timestamp(1_795_000_000_000);
    // sshd and PAM name only users there are in these places; those have no spaces.
    // Navidrome's writer quotes a value that has a space in it.
    let known = ["sshd-password", "sshd-json", "pam-ftp", "cockpit", "navidrome", "sshd-solaris", "filebeat"];
    let mut accused = Vec::new();
    for (name, line) in samples(include_str!("samples/refused.tsv")).filter(|(name, _)| !known.contains(name)) {
        let escapes = line.contains("{\"") || line.contains("=\"");
        for hostile in HOSTILE {
            let hostile = if escapes { hostile.replace('"', "\\\"") } else { hostile.to_owned() };
            let line = line.replace("root", &hostile);
            let other = parse(None, &line, now).src_ip.filter(|ip| ip.to_string() != "198.51.100.7");
            accused.extend(other.map(|ip| (name, line, ip)));
        }
    }
    assert_eq!(accused, []);
}

#[test]
fn a_refused_password_of_a_file_server_s_own_log() {
    let mut layout = Layout::default();
    let header = "#Fields: date time c-ip cs-username s-ip s-port cs-method cs-uri-stem sc-status sc-win32-status";
    assert_eq!(layout.read(None, header, NOW), None);
    for (status, outcome) in [(530, Outcome::Failure), (230, Outcome::Success)] {
        let line = format!("2026-11-10 13:55:00 198.51.100.7 root 192.0.2.2 21 PASS *** {status} 1326");
        let record = layout.read(None, &line, NOW).unwrap();
        assert_eq!((record.class, record.outcome), (Class::AUTHENTICATION, outcome));
        assert_eq!((record.src_ip, record.user.as_deref()), ("198.51.100.7".parse().ok(), Some("root")));
    }
}

#[test]
fn requests_of_many_writers_are_read_whole() {
    let now = Timestamp(1_795_000_000_000);
    let wrong = samples(include_str!("samples/requests.tsv")).filter_map(|(name, line)| {
        let record = parse(None, line, now);
        let http = record.http.unwrap_or_default();
        let url = "/item?id=1%27%20UNION%20SELECT%20username,password%20FROM%20users--%20-";
        // Some say no time, or no date.
        let timed = record.time.to_string().starts_with("2026-11-10T13:55:00");
        let timed = timed || ["uvicorn", "fluentd", "fiber"].contains(&name);
        let right = record.src_ip == "198.51.100.7".parse().ok() && http.method == "GET" && http.url.ends_with(url);
        (!right || !timed).then(|| (name, record.src_ip, http.method.into_owned(), http.url.into_owned(), record.time))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), []);
}
