use super::*;
use crate::platform::drill::Drill;
use std::sync::LazyLock;

fn terms() -> Terms<'static> {
    static POLICY: LazyLock<Policy> = LazyLock::new(Policy::default);
    static PLACES: LazyLock<Places> = LazyLock::new(Places::default);
    static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| Arc::new(Rules::shipped()));
    static REQUESTS: LazyLock<RequestSettings> = LazyLock::new(RequestSettings::default);
    Terms {
        format: None,
        policy: &POLICY,
        places: &PLACES,
        rules: &RULES,
        requests: &REQUESTS,
        shadow: false,
        now: Timestamp(1_795_200_000_000),
    }
}

fn replay(paths: &[PathBuf], threads: usize) -> (Replayed, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut keep = |finding: &Finding| {
        findings.push(finding.clone());
        true
    };
    let seen = run(paths, terms(), threads, &mut keep).unwrap();
    (seen, findings)
}

/// The drill's lines, dealt to so many files.
fn drill(dir: &std::path::Path, files: usize) -> Vec<PathBuf> {
    let mut texts = vec![String::new(); files];
    for (i, line) in Drill::new(1, Timestamp(1_795_000_000_000)).take(6_000).enumerate() {
        texts[i % files].push_str(&(line.text + "\n"));
    }
    let write = |(i, text): (usize, &String)| {
        let path = dir.join(format!("{files}-{i}"));
        std::fs::write(&path, text).unwrap();
        path
    };
    texts.iter().enumerate().map(write).collect()
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for files in [1, 3] {
        let paths = drill(dir.path(), files);
        let (seen, findings) = replay(&paths, 1);
        assert_eq!(seen.lines, 6_000);
        assert!(findings.len() > 20, "{}", findings.len());
        for threads in [2, 5] {
            assert_eq!(replay(&paths, threads), (seen, findings.clone()));
        }
    }
}

#[test]
fn who_has_seen_enough_stops_it() {
    let dir = tempfile::tempdir().unwrap();
    let paths = drill(dir.path(), 1);
    let mut count = 0;
    let mut first = |_: &Finding| {
        count += 1;
        false
    };
    run(&paths, terms(), 2, &mut first).unwrap();
    assert_eq!(count, 1);
}

#[test]
fn a_file_that_is_not_there_is_told_before_anything_runs() {
    let dir = tempfile::tempdir().unwrap();
    let mut paths = drill(dir.path(), 1);
    paths.push(dir.path().join("absent"));
    let never = &mut |_: &Finding| panic!("nothing is told");
    let problem = run(&paths, terms(), 2, never).unwrap_err();
    assert!(problem.title.contains("absent"), "{problem}");
}

#[test]
fn a_line_is_explained_by_every_stage() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.log");
    let line = |n: u32, url: &str| {
        format!("198.51.100.7 - - [17/May/2015:10:05:{n:02} +0000] \"GET {url} HTTP/1.1\" 200 9 \"-\" \"-\"\n")
    };
    std::fs::write(
        &path,
        line(1, "/") + &line(2, "/?q=1'%20UNION%20SELECT%20password%20FROM%20users--") + &line(3, "/b"),
    )
    .unwrap();
    let ask = |n| explain(std::slice::from_ref(&path), terms(), n);
    let told = ask(2).unwrap();
    assert_eq!((told.line, told.format.as_deref(), told.parsed), (2, Some("combined"), true));
    assert!(told.fields.iter().any(|f| f.name == "src_ip" && f.value.raw() == "198.51.100.7"));
    assert!(!told.signs.is_empty());
    let pages = told.counts.iter().find(|c| c.what == "pages asked for").unwrap();
    assert!(pages.before.raw().starts_with("1, ") && pages.after.raw().starts_with("2, "), "{pages:?}");
    let [judged] = told.detections.as_slice() else { panic!("{:?}", told.detections) };
    assert_eq!(judged.finding.evidence, [2]);
    assert_eq!(judged.finding.incident, Some(IncidentId(1)));
    assert_eq!(judged.bill.total, judged.bill.items.iter().map(|i| i.points).sum::<i32>().unsigned_abs());
    let (_, findings) = replay(std::slice::from_ref(&path), 2);
    assert_eq!(findings, std::slice::from_ref(&judged.finding), "the same as without explaining");
    assert!(ask(3).unwrap().detections.is_empty());
    assert!(ask(4).unwrap_err().title.contains("no line 4"));
}

#[test]
fn a_bundle_of_events_is_as_many_lines() {
    let event = |second: u32| {
        format!(
            r#"{{"eventTime":"2026-01-02T03:04:{second:02}Z","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","sourceIPAddress":"198.51.100.7","userIdentity":{{"type":"IAMUser","userName":"alice"}},"responseElements":{{"ConsoleLogin":"Failure"}}}}"#
        )
    };
    let events: Vec<String> = (0..40).map(event).collect();
    let dir = tempfile::tempdir().unwrap();
    let (alone, bundle) = (dir.path().join("alone"), dir.path().join("bundle"));
    std::fs::write(&alone, events.join("\n")).unwrap();
    std::fs::write(&bundle, format!("{{\"Records\":[{}]}}", events.join(","))).unwrap();
    let ((lines, one_each), (seen, all_in_one)) = (replay(&[alone], 1), replay(&[bundle], 1));
    assert_eq!((lines.lines, lines.unparsed, seen.lines, seen.unparsed), (40, 0, 40, 0));
    let rules = |found: &[Finding]| found.iter().map(|f| f.rule.clone()).collect::<Vec<_>>();
    assert!(!one_each.is_empty() && rules(&one_each) == rules(&all_in_one), "{:?}", rules(&all_in_one));
    assert!(all_in_one.iter().all(|f| f.evidence.iter().all(|line| *line == 1)));
}

#[test]
fn requests_are_judged_by_what_the_sites_take() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.log");
    let line = r#"198.51.100.7 - - [10/Nov/2026:13:55:00 +0000] "PROPFIND /page HTTP/1.1" 405 12 "-" "Mozilla/5.0""#;
    std::fs::write(&path, format!("{line}\n")).unwrap();
    let noted = |requests: &RequestSettings| {
        let mut rules = Vec::new();
        let terms = Terms { requests, ..terms() };
        run(std::slice::from_ref(&path), terms, 1, &mut |finding| {
            rules.push(finding.rule.to_string());
            true
        })
        .unwrap();
        rules
    };
    assert_ne!(noted(&RequestSettings::default()), Vec::<String>::new());
    let dav = RequestSettings { methods: vec!["GET".to_owned(), "PROPFIND".to_owned()], ..RequestSettings::default() };
    assert_eq!(noted(&dav), Vec::<String>::new());
}
