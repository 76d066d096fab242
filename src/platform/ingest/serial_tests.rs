//! Serial audit records of both versions, cut anywhere, and bodies that pretend to be something else.

use super::*;
use crate::api::{Outcome, Severity};
use crate::platform::ingest::{Format, Layout, parse as parse_any, recognise as recognise_any};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_795_000_000_000);
const V2: &str = "--c7036611-A--\n[10/Nov/2026:13:55:00.123456 +0000] aRb3@8CoAQ 198.51.100.7 41220 192.0.2.1 443\n\
    --c7036611-B--\nPOST /login.php?id=1%27%20OR%201=1 HTTP/1.1\nHost: www.x.org\nUser-Agent: sqlmap/1.7\n\n\
    --c7036611-C--\nname=x\n--deadbeef-Z--\n--00000000-A--x\n[1] 203.0.113.9\n\n\
    --c7036611-F--\nHTTP/1.1 403 Forbidden\nContent-Length: 199\n\n--c7036611-E--\n<html>\n\n\
    --c7036611-H--\nMessage: Warning. Operator GE matched 5 at TX:score. [file \"/r.conf\"] [line \"1\"] [id \"949110\"] [msg \"Score\"]\n\
    Message: Access denied with code 403 (phase 2). detected SQLi [file \"/s.conf\"] [line \"65\"] [id \"942100\"] [msg \"SQL Injection\"] [severity \"CRITICAL\"] [tag \"attack-sqli\"]\n\
    Action: Intercepted (phase 2)\nStopwatch: 1 2 (- - -)\nServer: Apache\n\n--c7036611-Z--\n";
const V3: &str = "---BKJCZUTo---A--\n[10/Nov/2026:13:55:00 +0000] 158818092142.514012 198.51.100.7 47250 192.0.2.1 80\n\
    ---BKJCZUTo---B--\nGET /?a=../../etc/passwd HTTP/1.1\nHost: x.org\n\n\
    ---BKJCZUTo---F--\nHTTP/1.1 200\n\n---BKJCZUTo---H--\n\
    ModSecurity: Warning. Matched \"Operator `PmFromFile' with parameter `x' [file \"/l.conf\"] [line \"9\"] [id \"930120\"] [msg \"OS File Access\"] [severity \"2\"] [tag \"attack-lfi\"]\n\n\
    ---BKJCZUTo---Z--\n";

/// Every record of a text, read line by line.
fn all(text: &str) -> Vec<Record<'_>> {
    let mut layout = Layout::default();
    text.lines().filter(|line| !line.is_empty()).filter_map(|line| layout.read(None, line, NOW)).collect()
}

#[test]
fn both_versions_are_one_alert_each() {
    let text = format!("{V2}\n{V3}");
    let [two, three] = &all(&text)[..] else { panic!("{:?}", all(&text)) };
    let (alert, http) = (two.alert.as_ref().unwrap(), two.http.as_ref().unwrap());
    assert_eq!((two.class, two.src_ip), (Class::DETECTION_FINDING, "198.51.100.7".parse().ok()));
    assert_eq!((two.severity.clone(), two.outcome.clone()), (Severity::High, Outcome::Failure));
    assert_eq!(
        (&*alert.id, &*alert.title, &*alert.category, alert.blocked),
        ("942100", "SQL Injection", "attack-sqli", true)
    );
    assert_eq!((&*http.method, &*http.url, http.status), ("POST", "/login.php?id=1%27%20OR%201=1", 403));
    assert_eq!((&*http.agent, two.host.as_deref()), ("sqlmap/1.7", Some("www.x.org")));
    assert_eq!(two.time.to_string(), "2026-11-10T13:55:00.000Z");
    assert!(!two.raw.contains("deadbeef") && two.raw.contains("Access denied"), "{}", two.raw);
    let alert = three.alert.as_ref().unwrap();
    assert_eq!((three.src_ip, &*alert.id, alert.blocked), ("198.51.100.7".parse().ok(), "930120", false));
    // What is stored is read again as what it was.
    assert_eq!(recognise_any(&two.raw), Some(Format::ModSecurity));
    assert_eq!(&parse_any(None, &two.raw, NOW), two);
}

#[test]
fn lines_of_others_around_a_record_stay_theirs() {
    let ordinary = "192.0.2.9 - - [10/Nov/2026:13:55:01 +0000] \"GET / HTTP/1.1\" 200 12\n";
    let text = format!("{ordinary}{V2}{ordinary}--c7036611-A--\n{ordinary}-- no boundary --\n{ordinary}");
    let classes: Vec<_> = all(&text).iter().map(|r| (r.class, r.parsed)).collect();
    let request = (Class::HTTP, true);
    let alert = (Class::DETECTION_FINDING, true);
    assert_eq!(classes, [request, alert, request, request, (Class::BASE, false), request]);
}

#[test]
fn a_record_without_messages_is_a_request_and_one_without_end_is_bounded() {
    let (start, rest) = V3.split_once("ModSecurity: ").unwrap();
    let text = format!("{start}{}", rest.split_once('\n').unwrap().1);
    let [record] = &all(&text)[..] else { panic!() };
    assert_eq!((record.class, record.alert.is_none()), (Class::HTTP, true));
    let mut open = None;
    for line in V2.lines().take(4) {
        assert_eq!(Serial::step(&mut open, line), Step::Part);
    }
    for _ in 0..LINES_MAX {
        let _ = Serial::step(&mut open, &"x".repeat(512));
        assert!(open.as_ref().is_none_or(|record| record.text.len() < TEXT_MAX + 600));
    }
    assert_eq!(open, None);
}

proptest! {
    #[test]
    fn a_stream_may_be_cut_anywhere(cut in 0..V2.lines().count() + 8, bad in ".{0,20}") {
        let text = format!("{V2}{bad}\n{V3}");
        let (before, after): (Vec<_>, Vec<_>) = text.lines().enumerate().partition(|(i, _)| *i < cut);
        let join = |lines: Vec<(usize, &str)>| lines.into_iter().fold(String::new(), |all, (_, line)| all + line + "\n");
        let (before, after) = (join(before), join(after));
        let mut layout = Layout::default();
        layout.learn_all(before.as_bytes());
        // As a resume point keeps it.
        let mut layout = Layout::from(String::from(layout));
        let first = all(&before).len();
        let rest = after.lines().filter(|line| !line.is_empty()).filter_map(|line| layout.read(None, line, NOW)).count();
        prop_assert_eq!(first + rest, all(&text).len());
    }

    #[test]
    fn any_text_is_survived(text in "\\PC*", near in "[-A-Z0-9\\[\\]: \n.]{0,80}", cut in 0usize..600) {
        let broken: String = V2.chars().take(cut).collect::<String>() + &text;
        for text in [&text, &near, &broken, &format!("--abcd-A--\n{near}")] {
            let _ = (recognise(text), parse(text, NOW), all(text));
        }
    }
}
