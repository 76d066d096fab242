//! Access logs in JSON as their writers write them, and as attackers would have them.

use super::*;
use crate::api::Outcome;
use proptest::prelude::*;
use std::net::IpAddr;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

pub const NGINX: &str = r#"{"time_local":"17/May/2015:10:05:03 +0000","remote_addr":"192.0.2.7","remote_user":"-","request":"GET /a?b=c HTTP/1.1","status":"404","body_bytes_sent":"5316","http_referrer":"-","http_user_agent":"Mozilla/5.0 (X11)","http_x_forwarded_for":"203.0.113.9","server_name":"shop.example"}"#;
pub const APACHE: &str = r#"{"time":"2015-05-17T10:05:03+00:00","remoteIP":"192.0.2.7","host":"shop.example","request":"/a","query":"?b=c","method":"GET","status":404,"userAgent":"Mozilla/5.0 (X11)","referer":"-","bytes":5316}"#;
pub const CADDY: &str = r#"{"level":"info","ts":1431857103.25,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"192.0.2.7","remote_port":"41342","client_ip":"192.0.2.7","proto":"HTTP/2.0","method":"GET","host":"shop.example","uri":"/a?b=c","headers":{"User-Agent":["Mozilla/5.0 (X11)"],"Accept":["*/*"],"X-Forwarded-For":["203.0.113.9"]},"tls":{"resumed":false,"version":772,"server_name":"shop.example"}},"bytes_read":0,"user_id":"","duration":0.000929675,"size":5316,"status":404,"resp_headers":{"Server":["Caddy"],"Content-Type":[]}}"#;
pub const TRAEFIK: &str = r#"{"ClientAddr":"192.0.2.7:51914","ClientHost":"203.0.113.9","ClientPort":"51914","ClientUsername":"-","DownstreamContentSize":5316,"DownstreamStatus":404,"Duration":10487,"OriginContentSize":19,"OriginStatus":404,"RequestAddr":"shop.example","RequestContentSize":0,"RequestCount":7,"RequestHost":"shop.example","RequestMethod":"GET","RequestPath":"/a?b=c","RequestPort":"-","RequestProtocol":"HTTP/1.1","RouterName":"shop@docker","StartLocal":"2015-05-17T12:05:03.25+02:00","StartUTC":"2015-05-17T10:05:03.250Z","entryPointName":"web","level":"info","msg":"","request_User-Agent":"Mozilla/5.0 (X11)","time":"2015-05-17T10:05:04Z"}"#;

fn read(line: &str) -> Record<'_> {
    parse(line, NOW).unwrap_or_else(|| panic!("not understood: {line}"))
}

#[test]
fn each_writer_s_line_says_the_same() {
    for line in [NGINX, APACHE, CADDY, TRAEFIK] {
        let line = line.replace("remoteIP", "remote_ip");
        let r = read(&line);
        let h = r.http.unwrap();
        assert_eq!((r.class, r.activity, r.outcome), (Class::HTTP, 3, Outcome::Failure), "{line}");
        assert_eq!(r.time.0 / 1000, Timestamp::parse("2015-05-17T10:05:03Z").unwrap().0 / 1000, "{line}");
        assert_eq!((r.src_ip, r.user, r.host.as_deref()), ("192.0.2.7".parse().ok(), None, Some("shop.example")));
        assert_eq!((&*h.method, &*h.url, h.status, h.bytes), ("GET", "/a?b=c", 404, 5316), "{line}");
        assert_eq!((&*h.agent, &*h.referer), ("Mozilla/5.0 (X11)", ""), "{line}");
    }
}

#[test]
fn an_ordinary_line_is_borrowed_throughout() {
    for line in [NGINX, CADDY, TRAEFIK] {
        let h = read(line).http.unwrap();
        for text in [h.method, h.url, h.agent, h.referer] {
            assert!(matches!(text, Cow::Borrowed(_)), "{text}");
        }
    }
}

#[test]
fn customary_names_and_shapes() {
    let ecs = r#"{"@timestamp":"2015-05-17T10:05:03.000Z","source.ip":"2001:db8::7","http.request.method":"POST","url.original":"/x","http.response.status_code":201,"user_agent.original":"curl/8"}"#;
    let r = read(ecs);
    assert_eq!((r.src_ip, r.http.unwrap().url), ("2001:db8::7".parse().ok(), "/x".into()));
    let parts = r#"{"ts":"1431857103.250","ip":"192.0.2.7","method":"GET","uri":"/index.php","args":"id=1\" or 1","status":200,"request_time":"0.1"}"#;
    let r = read(parts);
    assert_eq!((r.time, &*r.http.unwrap().url), (Timestamp(1_431_857_103_250), "/index.php?id=1\" or 1"));
    let both = r#"{"client_ip":"203.0.113.9","remote_addr":"192.0.2.7","request_uri":"/a?b","uri":"/a","request":"GET /a?b HTTP/1.1","status":200,"request_method":"GET"}"#;
    let r = read(both);
    assert_eq!((r.src_ip, r.time, &*r.http.unwrap().url), ("192.0.2.7".parse().ok(), NOW, "/a?b"));
    let slashes = NGINX.replace("17/May/2015", r"17\/May\/2015").replace("/a?b=c", r"\/a?b=c");
    let r = read(&slashes);
    assert_eq!((r.time.to_string().as_str(), &*r.http.unwrap().url), ("2015-05-17T10:05:03.000Z", "/a?b=c"));
    let default_escape = NGINX.replace("b=c", r"b=\x22\xC3\xA9");
    assert_eq!(read(&default_escape).http.unwrap().url, "/a?b=\"é");
    let tls = NGINX.replace("GET /a?b=c HTTP/1.1", r"\u0016\u0003\u0001");
    let h = read(&tls).http.unwrap();
    assert_eq!((&*h.method, &*h.url), ("", "\u{16}\u{3}\u{1}"));
}

#[test]
fn a_client_s_words_are_not_the_server_s() {
    // A header, an agent and an address list cannot name members or stand for the peer.
    let agent = NGINX.replace("Mozilla/5.0 (X11)", r#"x\",\"remote_addr\":\"203.0.113.1\",\"status\":\"200"#);
    let r = read(&agent);
    assert_eq!((r.src_ip, r.http.unwrap().status), ("192.0.2.7".parse().ok(), 404));
    let list = r#"{"client_ip":"203.0.113.9, 192.0.2.7","request":"GET / HTTP/1.1","status":200}"#;
    assert_eq!(read(list).src_ip, None, "a list is a forwarded-for");
    let header = CADDY.replace(r#""Accept":["#, r#""status":["200"],"client_ip":["203.0.113.9"],"Accept":["#);
    let r = read(&header);
    assert_eq!((r.src_ip, r.http.unwrap().status), ("192.0.2.7".parse().ok(), 404));
    let twice = NGINX.replace(r#""server_name""#, r#""remote_addr":"203.0.113.1","status":"200","server_name""#);
    let r = read(&twice);
    assert_eq!((r.src_ip, r.http.unwrap().status), ("192.0.2.7".parse().ok(), 404), "the first counts");
    let user = NGINX.replace(r#""remote_user":"-""#, r#""remote_user":"a\" b""#);
    assert_eq!(read(&user).user.as_deref(), Some("a\" b"));
}

#[test]
fn other_objects_are_refused() {
    for line in ["{}", r#"{"status":200}"#, r#"{"remote_addr":"192.0.2.7","status":"x","uri":"/"}"#, &NGINX[..200], "x"]
    {
        assert_eq!(parse(line, NOW), None, "{line}");
    }
    for line in [r#"{"level":"info","msg":"started","status":"ok"}"#, r#"{"remote_addr":"192.0.2.7","uri":"/"}"#] {
        assert!(!recognise(line), "{line}");
    }
    assert!([NGINX, CADDY].iter().all(|line| recognise(line) || line.contains("logger")));
}

proptest! {
    #[test]
    fn a_generated_line_is_read_back(
        ip in any::<IpAddr>(), s in 631_152_000i64..1_795_000_000, method in "[A-Z]{1,10}", url in "/\\PC{0,40}",
        status in 0u16..=999, size in any::<u64>(), agent in ".+", user in "[^-].*", host in "[a-z.]{1,20}",
    ) {
        let text = serde_json::json!({"remote_addr": ip, "msec": s, "request_method": method, "request_uri": url,
            "status": status, "bytes_sent": size, "http_user_agent": agent, "remote_user": user, "host": host}).to_string();
        let r = parse(&text, NOW).unwrap();
        let h = r.http.unwrap();
        prop_assert_eq!((r.src_ip, r.time.0, r.user.as_deref(), r.host.as_deref()), (Some(ip.to_canonical()), s * 1000, Some(&*user), Some(&*host)));
        prop_assert_eq!((&*h.method, &*h.url, h.status, h.bytes), (&*method, &*url, status, size));
        prop_assert!(agent == "-" || h.agent == agent);
    }

    #[test]
    fn any_text_is_survived(text in ".*", which in 0usize..4, cut in 0usize..600) {
        let sample = [NGINX, APACHE, CADDY, TRAEFIK][which];
        let cut = cut.min(sample.len());
        for line in [text.clone(), format!("{}{text}", &sample[..cut]), format!("{}{text}{}", &sample[..cut], &sample[cut..])] {
            let _ = (parse(&line, NOW), recognise(&line));
        }
    }
}
