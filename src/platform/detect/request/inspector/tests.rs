//! Every rule on its own samples, then disguises, then real collections of ordinary and hostile requests.

use super::*;
use crate::platform::detect::request::case::MATCH_MAX;
use crate::platform::detect::request::rule::Sign;
use crate::platform::detect::request::table;

fn hits(request: &Request<'_>) -> Vec<Hit> {
    static INSPECTOR: std::sync::OnceLock<Inspector> = std::sync::OnceLock::new();
    let mut out = Vec::new();
    INSPECTOR.get_or_init(Inspector::new).inspect(request, &mut out);
    out
}

fn on_url(url: &str) -> Vec<Hit> {
    hits(&Request { method: "GET", url, ..Request::default() })
}

/// Whether one sign by itself sees a sample.
fn sees(sign: &Sign, sample: &str) -> (bool, bool) {
    let plus = if sign.parts == rule::AGENT { Plus::Literal } else { Plus::SpaceInQuery };
    let plain = decode::decoded(sample.as_bytes(), plus);
    let view = match sign.view {
        View::Lines => plain.lines.unwrap_or_default(),
        kind => view(&plain.text, kind).unwrap_or(plain.text),
    };
    let regex = regex::bytes::RegexBuilder::new(sign.regex).unicode(false).build().unwrap();
    let literal = sign.literals.iter().any(|l| memchr::memmem::find(&view, l.as_bytes()).is_some());
    (literal, regex.is_match(&view))
}

#[test]
fn what_is_prepared_is_prepared_until_nobody_wants_it() {
    let inspector = Inspector::new();
    let asked = std::cell::Cell::new(0);
    inspector.prepare(|| asked.replace(asked.get() + 1) < 3);
    let ready: Vec<bool> = inspector.prefilter().signs.iter().map(|sign| sign.is_ready()).collect();
    assert!(ready[..3].iter().all(|ready| *ready) && !ready[3..].contains(&true));
}

#[test]
fn every_sign_agrees_with_its_samples() {
    let mut faults = Vec::new();
    let mut count = 0;
    for rule in table::RULES {
        assert!(crate::platform::policy::is_rule(rule.name), "{} is not in the policy's list", rule.name);
        for sign in rule.signs {
            count += 1;
            if sign.hits.is_empty() || sign.passes.is_empty() || sign.literals.is_empty() {
                faults.push(format!("{} / {}: no samples or literals", rule.name, sign.name));
            }
            for sample in sign.hits {
                let (literal, regex) = sees(sign, sample);
                if !(literal && regex) {
                    faults.push(format!(
                        "{} / {}: missed {sample} (literal {literal}, regex {regex})",
                        rule.name, sign.name
                    ));
                }
                let request = match sign.parts {
                    rule::AGENT => Request { agent: sample, ..Request::default() },
                    rule::BODY => Request { body: sample.as_bytes(), ..Request::default() },
                    parts if parts & rule::URL == 0 => {
                        Request { agent: sample.split('=').nth(1).unwrap(), ..Request::default() }
                    }
                    _ => Request { url: sample, ..Request::default() },
                };
                if !hits(&request).iter().any(|h| h.rule == rule.name) {
                    faults.push(format!("{} / {}: inspector missed {sample}", rule.name, sign.name));
                }
            }
            for sample in sign.passes {
                if sees(sign, sample) == (true, true) {
                    faults.push(format!("{} / {}: hit {sample}", rule.name, sign.name));
                }
            }
        }
    }
    assert!(count <= Signs::CAPACITY, "{count} signs do not fit the prefilter's bit set");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_expression_fits_and_the_automaton_stays_small() {
    let inspector = Inspector::new();
    let signs: usize = table::RULES.iter().map(|rule| rule.signs.len()).sum();
    let (literals, bytes) = inspector.prefilter().memory();
    println!("{signs} signs, {literals} literals, {bytes} bytes of automaton");
    let compiled = inspector.prefilter().signs.iter().filter(|c| c.regex().is_some()).count();
    assert_eq!(compiled, signs, "an expression is too large or is none");
    assert!(bytes < 8 << 20, "{bytes}");
}

#[test]
fn ordinary_requests_are_left_alone() {
    for url in [
        "/",
        "/index.html",
        "/search?q=select+a+plan",
        "/search?q=O%27Brien",
        "/people?name=O'Brien&city=St.+John's",
        "/search?q=prove+that+1%3D1",
        "/p?id=12&sort=name&cat=3&ls=1",
        "/a/b/../c.css",
        "/wiki/SQL_injection",
        "/blog/drop-table-humour",
        "/search?q=cross+site+scripting",
        "/images/logo%20(1).png",
        "/?utm_source=x&utm_medium=y",
        "/api/v1/items?filter%5Bprice%5D=5&fields=a,b,c",
        "/search?q=rock+%26+roll",
        "/fonts?family=Open+Sans:400,700|Roboto",
        "/search?q=C%2B%2B+or+Java",
        "/r?next=https%3A%2F%2Fexample.org%2Fa%3Fb%3D1",
        "/javascript:void(0)",
        "/search?q=%22to+be+or+not+to+be%22",
        "/docs/etc/hosts.html",
        "/search?q=%E6%97%A5%E6%9C%AC%E8%AA%9E",
        "/.well-known/acme-challenge/x",
        "/favicon.ico",
        "/wp-login.php",
        "/a?x=5-3&y=a||b",
        "/s?q=5+%3C+6+and+7+%3E+3",
    ] {
        assert_eq!(on_url(url), Vec::new(), "{url}");
    }
}

#[test]
fn certain_is_certain() {
    for url in [
        "/?id=1'+OR+1=1--",
        "/?id=1%27%20UNION%20SELECT%20a,b%20FROM%20users--",
        "/?q=<script>alert(1)</script>",
        "/?f=../../../etc/passwd",
        "/?x=;cat+/etc/passwd",
        "/?x=${jndi:ldap://x/a}",
        "/?x=%2524%257Bjndi:ldap://x%257D",
        // No exact indicator, but rule and lexer agree.
        "/?q=1+or+1=1",
    ] {
        assert!(on_url(url).iter().any(|h| h.certain), "{url}: {:?}", on_url(url));
    }
    for url in ["/.env", "/.git/config", "/?q=select+*+from+users", "/?q=<b>bold</b>"] {
        assert!(!on_url(url).iter().any(|h| h.certain), "{url}: {:?}", on_url(url));
    }
    let shock = Request { agent: "() { :;}; /bin/bash -c 'id'", ..Request::default() };
    assert!(hits(&shock).iter().any(|h| h.rule == "web.command_injection" && h.certain && h.part == "agent"));
}

#[test]
fn what_stands_in_a_referer_is_worth_less() {
    let referer = "http://search.example/?q=%27+or+case+when+1%3D1+then+1+end";
    let found = hits(&Request { referer, ..Request::default() });
    assert!(found.iter().all(|h| !h.certain && h.confidence < 0.8), "{found:?}");
}

#[test]
fn one_rule_hits_once_with_its_strongest_sign() {
    let found = on_url("/?a=1'+or+1=1--&b=%27%20union%20select%20null,null--&c=order+by+3");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].certain && found[0].matched.len() <= MATCH_MAX);
}

mod crs;
mod ordinary;
mod probes;
mod shared;
mod variants;
