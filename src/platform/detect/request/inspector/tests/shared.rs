//! Measured on real collections. The floors and ceilings stand just at what was measured.

use super::*;
use std::collections::BTreeMap;

fn read(path: &str) -> String {
    let path = format!("{}/../shared/data/{path}", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A value as a browser would send it.
fn sent(value: &str) -> String {
    format!("/item?q={}", crate::api::wire::percent(value))
}

#[test]
#[ignore = "needs ../shared/data"]
fn ordinary_visitors_are_never_refused() {
    let log = read("web-access/apache-combined.log");
    let mut found: BTreeMap<String, u32> = BTreeMap::new();
    let mut certain = 0;
    for line in log.lines() {
        let quoted: Vec<&str> = line.split('"').collect();
        let (Some(request), Some(referer), Some(agent)) = (quoted.get(1), quoted.get(3), quoted.get(5)) else {
            continue;
        };
        let url = request.split(' ').nth(1).unwrap_or_default();
        for hit in hits(&Request { method: "GET", url, agent, referer, ..Request::default() }) {
            certain += u32::from(hit.certain);
            *found.entry(format!("{} / {} in {}: {:?}", hit.rule, hit.sign, hit.part, hit.matched)).or_default() += 1;
        }
    }
    for (what, count) in &found {
        println!("{count:5}  {what}");
    }
    let total: u32 = found.values().sum();
    println!("{} lines, {total} hits, {certain} certain", log.lines().count());
    assert_eq!(certain, 0);
    assert!(total <= 4, "{total}");
}

/// Counts only: whoever writes rules must not see what tests them.
#[test]
#[ignore = "needs ../shared/data"]
fn parameters_of_the_http_params_set() {
    let mut table: BTreeMap<String, [u32; 4]> = BTreeMap::new();
    let mut reader = csv::Reader::from_reader(std::io::Cursor::new(read("requests/http-params/payload_test.csv")));
    for row in reader.records().map(Result::unwrap) {
        let found = hits(&Request { method: "GET", url: &sent(&row[0]), ..Request::default() });
        let cell = table.entry(row[2].to_owned()).or_default();
        cell[0] += 1;
        cell[1] += u32::from(!found.is_empty());
        cell[2] += u32::from(found.iter().any(|h| h.certain));
        cell[3] += u32::from(found.iter().any(|h| h.confidence >= 0.8));
    }
    let share = |class: &str, n: usize| {
        let cell = table[class];
        f64::from(cell[n]) / f64::from(cell[0])
    };
    for (class, [all, any, certain, likely]) in &table {
        println!(
            "{class:16} {all:6} hit {any:6} ({:.2} %)  likely {likely}  certain {certain}",
            100.0 * share(class, 1)
        );
    }
    assert!(share("norm", 1) <= 0.001 && table["norm"][2] == 0);
    for (class, floor) in [("sqli", 0.9995), ("xss", 0.99), ("path-traversal", 0.958), ("cmdi", 0.9)] {
        assert!(share(class, 1) >= floor, "{class}");
    }
}

#[test]
#[ignore = "needs ../shared/data"]
fn lists_of_values() {
    for (path, label) in [
        ("requests/web-payloads/non-maliciousCollection.txt", "benign"),
        ("requests/libinjection/false_positives.txt", "hard benign"),
        ("requests/web-payloads/SQLCollection.txt", "sql"),
        ("requests/web-payloads/XSSCollection.txt", "xss"),
        ("requests/web-payloads/ShellCollection.txt", "shell"),
        ("requests/libinjection/sqli-forums.txt", "sql, forums"),
    ] {
        let (mut all, mut any, mut certain, mut shown) = (0u32, 0u32, 0u32, 0);
        for line in read(path).lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')) {
            let found = hits(&Request {
                method: "GET",
                url: &format!("/item?q={}", line.replace(' ', "+")),
                ..Request::default()
            });
            all += 1;
            any += u32::from(!found.is_empty());
            let sure = found.iter().find(|h| h.certain);
            certain += u32::from(sure.is_some());
            if label.contains("benign") && sure.is_some() && shown < 60 {
                shown += 1;
                println!("  {label}: {line:?} {:?} {}", found[0].sign, found[0].certain);
            }
        }
        println!(
            "{label:12} {all:6}  hit {any:6} ({:.2} %)  certain {certain:6}",
            100.0 * f64::from(any) / f64::from(all)
        );
    }
}
