//! Probes for known holes, as lines of an access log tell of them, and ordinary requests that look alike.

use super::*;

const PROBES: &str = include_str!("probes.txt");

#[test]
fn probes_are_noticed_in_a_log_and_what_looks_alike_is_not() {
    let (mut probes, mut lookalikes, mut faults) = (0, 0, Vec::new());
    for line in PROBES.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let (family, rest) = line.split_once(' ').unwrap();
        let (method, rest) = rest.split_once(' ').unwrap();
        let (url, clients) = rest.split_once(' ').unwrap_or((rest, ""));
        let (agent, referer) = clients.rsplit_once('|').unwrap_or((clients, ""));
        let referer = if referer == "-" { "" } else { referer };
        let found = hits(&Request { method, url, agent, referer, ..Request::default() });
        let told: Vec<_> = found.iter().map(|h| (h.rule, h.sign, h.confidence)).collect();
        match (family, found.is_empty()) {
            ("ordinary", false) => faults.push(format!("alarm: {line} {told:?}")),
            ("ordinary", true) => lookalikes += 1,
            (_, true) => faults.push(format!("missed: {line}")),
            (_, false) => probes += 1,
        }
    }
    assert!(faults.is_empty(), "{probes} and {lookalikes} right, {} wrong:\n{}", faults.len(), faults.join("\n"));
    assert!(probes >= 170 && lookalikes >= 50, "{probes} {lookalikes}");
}
