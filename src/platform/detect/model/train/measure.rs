//! What the classifier does alone, on rows it never saw: one table by one command, `watchfloor model measure`.

use super::part::Part;
use super::source::{self, Row, Rows};
use super::{SEED, learn};
use crate::platform::detect::model::request::{CLASSES, Classifier, Field, Scratch};
use crate::platform::detect::request::{Plus, plain};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::path::Path;
use std::time::Instant;

/// Hits at one in a thousand and at one in ten thousand, out of all.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Share {
    pub all: u32,
    pub thousand: u32,
    pub ten_thousand: u32,
}

impl Share {
    fn add(&mut self, one_in: f64) {
        self.all += 1;
        self.thousand += u32::from(one_in >= 1e3);
        self.ten_thousand += u32::from(one_in >= 1e4);
    }

    /// The share of hits at one in a thousand.
    pub fn rate(self) -> f64 {
        f64::from(self.thousand) / f64::from(self.all.max(1))
    }

    fn line(self, label: &str) -> String {
        let strict = 100.0 * f64::from(self.ten_thousand) / f64::from(self.all.max(1));
        format!("{label:34} {:7}  {:7.2} %  {strict:7.2} %\n", self.all, 100.0 * self.rate())
    }
}

/// The rarest of a row's parts.
pub(super) fn rarest(classifier: &Classifier, row: &Row, scratch: &mut Scratch) -> f64 {
    row.parts.iter().map(|p| classifier.score(p.field, &p.plain, scratch).one_in).fold(1.0, f64::max)
}

pub(super) fn share<'a>(classifier: &Classifier, rows: impl Iterator<Item = &'a Row>) -> Share {
    let mut scratch = Scratch::default();
    let mut share = Share::default();
    rows.for_each(|row| share.add(rarest(classifier, row, &mut scratch)));
    share
}

/// Rows of the suite whose rules are about payloads.
fn payloads(rows: &Rows) -> impl Iterator<Item = &(u32, Row)> {
    rows.suite.iter().filter(|(_, row)| row.class.is_some())
}

/// Those with anything in them that is scored: many have only a path like `/get` and a value of letters and digits, which
/// rules about words find and this classifier skips.
pub(super) fn suite(rows: &Rows) -> impl Iterator<Item = &(u32, Row)> {
    let is_path = |b: &u8| b.is_ascii_alphanumeric() || *b == b'/';
    payloads(rows)
        .filter(move |(_, row)| row.parts.iter().any(|p| p.field != Field::Path || !p.plain.iter().all(is_path)))
}

/// The figures that a model file carries.
pub(super) fn summary(classifier: &Classifier, rows: &Rows) -> String {
    let mut out = format!("{:34} {:>7}  {:>9}  {:>9}\n", "alone, on rows it never saw", "rows", "1 in 1e3", "1 in 1e4");
    let mut groups: BTreeMap<u32, Share> = BTreeMap::new();
    let mut scratch = Scratch::default();
    for (rule, row) in suite(rows) {
        groups.entry(rule / 1_000).or_default().add(rarest(classifier, row, &mut scratch));
    }
    out += &share(classifier, payloads(rows).map(|(_, row)| row)).line("crs-regression, other half, all");
    out += &share(classifier, suite(rows).map(|(_, row)| row)).line("  with a part that is scored");
    for (group, share) in groups {
        out += &share.line(&format!("  rules {group}xxx"));
    }
    let attacks = |row: &&Row| row.class.is_some();
    out += &share(classifier, rows.params.iter().filter(attacks)).line("http-params, test split, attacks");
    out += &share(classifier, rows.params.iter().filter(|row| row.class.is_none()))
        .line("http-params, test split, normal");
    out
}

/// Measures everything, and, if `sources` says so, what training without each source in turn does on it: minutes, so that
/// `tell` hears of every step.
///
/// # Errors
/// A file is missing or cannot be read.
pub fn measure(data: &Path, classifier: &Classifier, sources: bool, tell: impl Fn(&str)) -> io::Result<String> {
    tell("reading the data");
    let rows = source::read(data, SEED)?;
    tell("measuring the model");
    let mut out = summary(classifier, &rows);
    out += &padded(classifier, &rows).line("padded, 300 bytes either side");
    out += &mutations(classifier, &rows);
    for (label, share) in log(data, classifier)? {
        out += &share.line(&label);
    }
    let (right, all) = deletion(classifier, &rows);
    let _ = writeln!(out, "deleting the span lowers the score  {right} of {all} ({:.1} %)", percent(right, all));
    let (right, all) = naming(classifier, &rows);
    let _ = writeln!(out, "class named right                   {right} of {all} ({:.1} %)", percent(right, all));
    let _ = writeln!(out, "scoring                             {:.1} ns a byte", speed(classifier, &rows));
    if sources {
        out += &without_each(&rows, tell);
    }
    Ok(out)
}

/// What trainings without one source find of its attacks.
fn without_each(rows: &Rows, tell: impl Fn(&str)) -> String {
    let mut out = "\nwithout a source, on that source's attacks\n".to_owned();
    let names = [
        source::name::HTTP_PARAMS,
        source::name::WEB_PAYLOADS,
        source::name::LIBINJECTION,
        source::name::PAYLOAD_LISTS,
        source::name::CRS,
        source::name::ATTACK,
    ];
    for (nth, name) in names.into_iter().enumerate() {
        tell(&format!("training without {name} ({} of {})", nth + 1, names.len()));
        let without = learn(rows, Some(name));
        let left_out = rows.train.iter().filter(|row| row.source == name && row.class.is_some());
        let line = share(&without, left_out).line(name);
        tell(line.trim_end());
        out += &line;
    }
    out
}

fn percent(part: usize, all: usize) -> f64 {
    100.0 * part as f64 / all.max(1) as f64
}

/// Attacks of the test sets that are found as they are, each by its rarest part.
fn found<'a>(classifier: &'a Classifier, rows: &'a Rows) -> impl Iterator<Item = (&'a Row, &'a Part)> {
    let mut scratch = Scratch::default();
    let tested = rows.params.iter().filter(|r| r.class.is_some()).step_by(4).chain(suite(rows).map(|(_, row)| row));
    tested.filter_map(move |row| {
        let scored = row.parts.iter().map(|p| (classifier.score(p.field, &p.plain, &mut scratch).one_in, p));
        let (one_in, part) = scored.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
        (one_in >= 1e3).then_some((row, part))
    })
}

/// Found attacks inside 600 bytes of harmless text.
pub(super) fn padded(classifier: &Classifier, rows: &Rows) -> Share {
    let text = b"the quick report of the third quarter, with figures for sales and costs, was sent to all of you on monday; \
        please have a look and tell me what you think of the new colours and of the order of the chapters in it, as we would \
        like to have it printed by the end of next week and there is not much time left to change anything after that day. ";
    let mut scratch = Scratch::default();
    let mut share = Share::default();
    for (_, part) in found(classifier, rows) {
        let padded = [&text[..300], &part.plain, &text[..300]].join(&b' ');
        // Judged as free text: that is what a value of this length is.
        share.add(classifier.score(Field::Text, &padded, &mut scratch).one_in);
    }
    share
}

/// A disguise: its name, and what it makes of a text.
type Mutation = (&'static str, fn(&str) -> String);

const MUTATIONS: [Mutation; 10] = [
    ("upper case", |t| t.to_ascii_uppercase()),
    ("mixed case", |t| t.char_indices().map(|(i, c)| if i % 2 == 0 { c.to_ascii_uppercase() } else { c }).collect()),
    ("comments for spaces", |t| t.replace(' ', "/**/")),
    ("comments with words", |t| t.replace(' ', "/*what ever*/")),
    ("line ends for spaces", |t| t.replace(' ', "\r\n")),
    ("percent", |t| t.bytes().map(|b| format!("%{b:02x}")).collect()),
    ("percent twice", |t| t.bytes().map(|b| format!("%25{b:02x}")).collect()),
    ("entities", |t| {
        t.chars().map(|c| if c.is_ascii_punctuation() { format!("&#{};", c as u32) } else { c.into() }).collect()
    }),
    ("full width", |t| t.chars().map(|c| if c.is_ascii_punctuation() { wide(c) } else { c }).collect()),
    ("spaces around marks", |t| {
        ["=", "(", ")", ",", "'"].iter().fold(t.to_owned(), |t, m| t.replace(m, &format!(" {m} ")))
    }),
];

fn wide(mark: char) -> char {
    char::from_u32(mark as u32 + 0xFEE0).unwrap_or(mark)
}

fn mutations(classifier: &Classifier, rows: &Rows) -> String {
    let mut out = String::new();
    for (name, share) in mutated(classifier, rows) {
        out += &share.line(&format!("  disguise: {name}"));
    }
    out
}

/// Found attacks under each disguise.
pub(super) fn mutated(classifier: &Classifier, rows: &Rows) -> Vec<(&'static str, Share)> {
    let mut scratch = Scratch::default();
    let mut shares: Vec<(&'static str, Share)> = MUTATIONS.iter().map(|(name, _)| (*name, Share::default())).collect();
    for (_, part) in found(classifier, rows) {
        let text = String::from_utf8_lossy(&part.plain).into_owned();
        for ((_, share), (_, disguise)) in shares.iter_mut().zip(MUTATIONS) {
            let plain = plain(disguise(&text).as_bytes(), Plus::Literal);
            share.add(classifier.score(part.field, &plain, &mut scratch).one_in);
        }
    }
    shares
}

/// How many of the found attacks are below the threshold once the highlighted bytes are gone.
pub(super) fn deletion(classifier: &Classifier, rows: &Rows) -> (usize, usize) {
    let mut scratch = Scratch::default();
    let (mut right, mut all) = (0, 0);
    for (_, part) in found(classifier, rows) {
        let spans = classifier.explain(classifier.threshold(part.field, 1e3), &part.plain, &mut scratch);
        let rest: Vec<u8> = (0..part.plain.len())
            .filter(|i| !spans.iter().any(|span| span.contains(i)))
            .map(|i| part.plain[i])
            .collect();
        all += 1;
        right += usize::from(classifier.score(part.field, &rest, &mut scratch).one_in < 1e3);
    }
    (right, all)
}

/// How many of the found attacks are called what the test set calls them.
pub(super) fn naming(classifier: &Classifier, rows: &Rows) -> (usize, usize) {
    let mut scratch = Scratch::default();
    let (mut right, mut all) = (0, 0);
    for (row, part) in found(classifier, rows) {
        let score = classifier.score(part.field, &part.plain, &mut scratch);
        all += 1;
        let due = row.class.and_then(|c| CLASSES.get(usize::from(c))).copied().unwrap_or_default();
        right += usize::from(classifier.class(&part.plain, &score, &mut scratch) == due);
    }
    (right, all)
}

/// A real web server's log, of which nothing was learned: paths, values, referers and agents, each once.
pub(super) fn log(data: &Path, classifier: &Classifier) -> io::Result<Vec<(String, Share)>> {
    let text = std::fs::read(data.join("web-access/apache-combined.log"))?;
    let text = String::from_utf8_lossy(&text);
    let mut values: BTreeMap<(&str, Field), std::collections::BTreeSet<Vec<u8>>> = BTreeMap::new();
    for line in text.lines() {
        let quoted: Vec<&str> = line.split('"').collect();
        let (Some(request), Some(referer), Some(agent)) = (quoted.get(1), quoted.get(3), quoted.get(5)) else {
            continue;
        };
        let url = request.split(' ').nth(1).unwrap_or_default();
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let mut put = |label, field, raw: &str, plus| {
            values.entry((label, field)).or_default().insert(plain(raw.as_bytes(), plus));
        };
        put("web log, paths", Field::Path, path, Plus::Literal);
        put("web log, referers", Field::Header, referer, Plus::Literal);
        put("web log, agents", Field::Header, agent, Plus::Literal);
        query.split('&').for_each(|pair| {
            put("web log, values", Field::Query, pair.split_once('=').map_or(pair, |(_, value)| value), Plus::Space);
        });
    }
    let mut scratch = Scratch::default();
    let shares = values.iter().map(|((label, field), texts)| {
        let mut share = Share::default();
        texts.iter().for_each(|text| share.add(classifier.score(*field, text, &mut scratch).one_in));
        ((*label).to_owned(), share)
    });
    Ok(shares.collect())
}

/// Nanoseconds a byte of what is scored.
fn speed(classifier: &Classifier, rows: &Rows) -> f64 {
    let mut scratch = Scratch::default();
    let parts: Vec<_> = rows.suite.iter().flat_map(|(_, row)| &row.parts).filter(|p| p.plain.len() > 8).collect();
    let bytes: usize = parts.iter().map(|p| p.plain.len()).sum();
    let pass = |scratch: &mut Scratch| {
        let start = Instant::now();
        let sum: i64 = parts.iter().map(|p| i64::from(classifier.score(p.field, &p.plain, scratch).points)).sum();
        (start.elapsed().as_nanos() as f64 / bytes.max(1) as f64, sum)
    };
    (0..20).map(|_| pass(&mut scratch).0).fold(f64::MAX, f64::min)
}
