use super::*;
use proptest::prelude::*;

/// Nothing was looked at before.
const UNKNOWN: Clean = Clean { url: false, agent: false, referer: false };

fn signs(request: &Request<'_>) -> Vec<&'static str> {
    let mut found = Vec::new();
    look(request, &RequestSettings::default(), UNKNOWN, &mut |said, _, _, _| found.push(said.sign));
    found
}

/// Signs of headers beside what every request has.
fn with(headers: &[(&str, &str)]) -> Vec<&'static str> {
    let hosts: &[(&str, &str)] =
        if headers.iter().any(|(name, _)| *name == "Host") { &[] } else { &[("Host", "a.example")] };
    let headers = [hosts, headers].concat();
    signs(&Request { method: "POST", agent: "a/1", headers: &headers, ..Request::default() })
}

#[test]
fn what_no_client_sends_is_told() {
    assert_eq!(with(&[("X-Scanner", "whatever")]), ["header of an attack tool"]);
    assert_eq!(with(&[("Transfer-Encoding", "xchunked")]), ["transfer encoding in disguise"]);
    let both = [("Transfer-Encoding", "chunked"), ("Content-Length", "4")];
    assert_eq!(with(&both), ["two ways to tell where the body ends"]);
    assert_eq!(with(&[("Range", "bytes=1-0,5-1,3-9")]), ["absurd range"]);
    assert_eq!(with(&[("X-HTTP-Method-Override", "delete")]), ["method overridden by a header"]);
    assert_eq!(with(&[("X-Original-URL", "/admin")]), ["address overridden by a header"]);
    assert_eq!(signs(&Request { method: "TRACE", ..Request::default() }), ["method that serves diagnosis"]);
    assert_eq!(signs(&Request { method: "get", ..Request::default() }), ["method that is not in use"]);
    let files = |url| signs(&Request { method: "PROPFIND", url, ..Request::default() });
    assert_eq!(files("/"), ["method of a file server at another address"]);
    assert_eq!(files("/remote.php/webdav/"), Vec::<&str>::new());
    let odd = Request { content_type: "text/plain; charset=utf-7", ..Request::default() };
    assert_eq!(signs(&odd), ["character set that hides text"]);
}

#[test]
fn what_browsers_send_is_not() {
    let ordinary = [
        ("Host", "www.example.org"),
        ("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"),
        ("Range", "bytes=0-"),
        ("Range", "bytes=100-200, 300-400"),
        ("Content-Length", "12"),
        ("Sec-CH-UA", "\"Not/A)Brand\";v=\"8\""),
        ("If-None-Match", "W/\"5e-abc\""),
        ("Origin", "https://www.example.org"),
    ];
    assert_eq!(with(&ordinary), Vec::<&str>::new());
    for content_type in ["application/json; charset=UTF-8", "multipart/form-data; boundary=x", "text/plain", ""] {
        assert_eq!(signs(&Request { content_type, method: "POST", ..Request::default() }), Vec::<&str>::new());
    }
    assert_eq!(signs(&Request { method: "-", ..Request::default() }), Vec::<&str>::new());
}

#[test]
fn what_is_taken_can_be_set() {
    let accepted = RequestSettings {
        methods: vec!["GET".to_owned(), "POST".to_owned(), "PROPFIND".to_owned()],
        content_types: vec!["application/json".to_owned()],
        arguments: 2,
        name_bytes: 4,
        form_bytes: 16,
        address_bytes: 32,
    };
    let signs = |request: &Request<'_>| {
        let mut found = Vec::new();
        look(request, &accepted, UNKNOWN, &mut |said, _, _, _| found.push(said.sign));
        found
    };
    let none = Vec::<&str>::new();
    assert_eq!(signs(&Request { method: "DELETE", url: "/", ..Request::default() }), ["method that is not in use"]);
    assert_eq!(signs(&Request { method: "PROPFIND", url: "/", ..Request::default() }), none);
    let json =
        Request { method: "POST", url: "/", content_type: "application/JSON; charset=utf-8", ..Request::default() };
    assert_eq!(signs(&json), none);
    let form = Request { content_type: "application/x-www-form-urlencoded", body: b"a=123456789012345", ..json };
    assert_eq!(signs(&form), ["form longer than forms are", "content type that is not in use"]);
    assert_eq!(signs(&Request { url: "/?a=1&b=2", ..json }), none);
    assert_eq!(signs(&Request { url: "/?a=1&b=2&c=3", ..json }), ["more arguments than anybody needs"]);
    assert_eq!(signs(&Request { url: "/?names=1", ..json }), ["argument with a name of great length"]);
    assert_eq!(
        signs(&Request { url: "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q", ..json }),
        ["address longer than servers take"]
    );
}

proptest! {
    #[test]
    fn any_header_is_looked_at(name in "\\PC{0,20}", value in "\\PC{0,60}", content_type in "\\PC{0,60}") {
        let _ = signs(&Request { headers: &[(&name, &value)], content_type: &content_type, ..Request::default() });
    }
}

#[test]
fn what_the_standards_do_not_allow_is_told() {
    let host = ("Host", "example.org");
    let accept = ("Accept", "*/*");
    let one = |name: &'static str, value: &'static str| with(&[host, accept, (name, value)]);
    for (name, value, sign) in [
        ("Host", "b.example", "more than one host"),
        ("Connection", "keep-alive, keep-alive", "connection told twice"),
        ("Connection", "close, X-Real-IP", "header made the connection's own"),
        ("Cache-Control", "max-age=1,,no-cache", "wish that no cache knows"),
        ("Accept-Encoding", "foobar", "coding that nobody knows is accepted"),
        ("Content-Encoding", "what", "content in a coding that nobody knows"),
        ("Sec-Fetch-User", "foo", "word no browser says"),
        ("Lock-Token", "<x>", "lock without its method"),
        ("Content-Length", "12x", "length that is no number"),
        ("X-Caf\u{e9}", "a", "header name that is none"),
        ("X-Name", "caf\u{e9}", "bytes in a header that are no text"),
        ("X-Name", "a\r\nb", "line break in a header"),
        ("Accept-Charset ", "utf-8", "header name that is none"),
    ] {
        let found = one(name, value);
        assert!(found.contains(&sign), "{name}: {value}: {found:?}");
    }
    for value in ["", "127.0.0.1", "198.51.100.7:8080", "[::1]:80", "a/b"] {
        assert!(
            !signs(&Request { agent: "a/1", headers: &[("Host", value)], ..Request::default() }).is_empty(),
            "{value}"
        );
    }
    for url in ["/?a=%zz", "/?a=%", "/?a=%uff41", "/a#b", "a/b", "/?a[1]b=2"] {
        assert_eq!(signs(&Request { method: "GET", url, ..Request::default() }).len(), 1, "{url}");
    }
    let long = format!("/?a={}", "x".repeat(300));
    assert_eq!(signs(&Request { url: &long, ..Request::default() }), ["one byte over and over"]);
    let many = format!("/?{}", "a=1&".repeat(300));
    assert_eq!(signs(&Request { url: &many, ..Request::default() }), ["more arguments than anybody needs"]);
}

#[test]
fn what_a_log_does_not_show_is_not_missing() {
    let log = Request { method: "POST", url: "/a?b=c", ..Request::default() };
    assert_eq!(signs(&log), Vec::<&str>::new());
    // A gate hands on what the client sent, not what was said between it and its proxy.
    let bare = Request { headers: &[("Accept", "*/*")], ..log };
    assert_eq!(signs(&bare), ["no name of the program"]);
    let whole = Request { headers: &[("Accept", "*/*"), ("Connection", "close")], ..bare };
    assert_eq!(signs(&whole), ["no host", "no name of the program"]);
    let browser = Request { agent: "Mozilla/5.0 (x)", headers: &[("Host", "a.example")], ..log };
    assert_eq!(signs(&browser), ["browser that accepts nothing"]);
    for agent in ["ELB-HealthChecker/2.0", "Go-http-client/1.1", "Java/17.0.1"] {
        assert_eq!(signs(&Request { agent, headers: &[("Host", "10.0.0.5:80")], ..log }), Vec::<&str>::new());
    }
}

#[test]
fn programs_of_a_shell_are_no_names_of_clients() {
    let of = |agent: &str| signs(&Request { agent, ..Request::default() });
    for agent in ["uname -a", "ls", "/bin/cat /etc/x", "'id'"] {
        assert!(of(agent).contains(&"program of a shell for a name"), "{agent}: {:?}", of(agent));
    }
    for agent in
        ["curl/8.5.0", "Wget", "python-requests/2.31", "sortsite/6", "Java/17", "Mozilla/5.0 (x)", "date-fns/1"]
    {
        assert!(!of(agent).contains(&"program of a shell for a name"), "{agent}: {:?}", of(agent));
    }
    for content_type in ["text/html; charset=utf-8", "application/json;", "multipart/form-data; boundary=\"a b\""] {
        assert_eq!(signs(&Request { content_type, ..Request::default() }), Vec::<&str>::new(), "{content_type}");
    }
    assert_eq!(signs(&Request { content_type: "text/html; <x>", ..Request::default() }).len(), 1);
}

#[test]
fn forms_in_parts_are_read_as_every_server_would() {
    let of = |head: &str| {
        let body = format!("--q\r\n{head}\r\n\r\ntext\r\n--q--\r\n");
        let content_type = "multipart/form-data; boundary=q";
        signs(&Request { content_type, body: body.as_bytes(), ..Request::default() })
    };
    for head in [
        "Content-Disposition: form-data; name=\"a\"",
        "Content-Disposition: form-data; name=\"a\"; filename=\"Tom's photo (1).jpg\"\r\nContent-Type: image/jpeg",
        "content-disposition: form-data; filename=a.txt; name=b",
    ] {
        assert_eq!(of(head), Vec::<&str>::new(), "{head}");
    }
    for head in [
        "Content-Disposition: form-data; name=\"a\"; name=\"b\"",
        "Content-Disposition: form-data; name=\"a\\\"b\"",
        "Content-Disposition: form-data; name=\"a\"; filename=\"x\".php\"",
        "Content-Disposition: form-data",
        "X-Odd: 1\r\nContent-Disposition: form-data; name=\"a\"",
        "Content-Disposition: form-data;\r\n name=\"a\"",
        "nothing",
    ] {
        assert_eq!(of(head).len(), 1, "{head}: {:?}", of(head));
    }
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary=a{b",
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/foo; boundary=a",
        "my-type",
        "text/",
        "application/x; boundary=q",
    ] {
        assert_eq!(signs(&Request { content_type, ..Request::default() }).len(), 1, "{content_type}");
    }
}
