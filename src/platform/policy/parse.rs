//! TOML to policy, by hand over the spanned tree, so that every mistake is told with its line, its key and the key
//! that was probably meant.

use super::{Allow, Error, Policy, Rule};
use crate::api::{ActionKind, Mode, Severity, Timestamp};
use crate::text::near::distance;
use crate::text::{human, visible};
use ipnet::IpNet;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

type Value<'i> = Spanned<DeValue<'i>>;

pub(super) fn policy(text: &str) -> Result<Policy, Error> {
    let root = DeTable::parse(text).map_err(|e| Error {
        line: e.span().map_or(1, |s| line(text, s.start)),
        key: String::new(),
        why: format!("this is not TOML: {}", visible::escape(e.message())),
    })?;
    let top = Reader { text, path: "", at: 0, table: root.get_ref() };
    top.known(&["defaults", "automatic", "allow", "rule"])?;
    let mut policy = Policy::silent();
    if let Some(defaults) = top.table("defaults")? {
        defaults.known(&["mode", "ttl", "max_ttl"])?;
        policy.mode = defaults.mode("mode")?.unwrap_or(policy.mode);
        policy.ttl_seconds = defaults.duration("ttl")?.unwrap_or(policy.ttl_seconds);
        policy.max_ttl_seconds = defaults.duration("max_ttl")?.unwrap_or(policy.max_ttl_seconds);
    }
    if let Some(automatic) = top.table("automatic")? {
        automatic.known(&["budget_per_hour"])?;
        if let Some(n) = automatic.integer("budget_per_hour", 0, 100_000)? {
            policy.budget_per_hour = u32::try_from(n).unwrap_or(u32::MAX);
        }
    }
    if let Some(list) = top.table("allow")? {
        list.known(&["entry"])?;
        policy.allow = list.tables("entry")?.iter().map(allow).collect::<Result<_, _>>()?;
    }
    policy.rules = top.tables("rule")?.iter().map(|r| rule(r, &policy)).collect::<Result<_, _>>()?;
    Ok(policy)
}

fn allow(entry: &Reader<'_, '_>) -> Result<Allow, Error> {
    entry.known(&["cidr", "owner", "reason", "expires"])?;
    let cidr = entry.needed("cidr")?;
    let net = cidr
        .parse::<IpNet>()
        .or_else(|_| cidr.parse::<std::net::IpAddr>().map(IpNet::from))
        .map_err(|_| entry.fault("cidr", &format!("{} is not an address or prefix like 192.0.2.0/28", quoted(cidr))))?;
    if net.prefix_len() == 0 {
        return Err(
            entry.fault("cidr", "an entry for the whole Internet would switch blocking off; name a smaller range")
        );
    }
    let expires = match entry.words("expires")? {
        None => None,
        Some(time) => Some(Timestamp::parse(time).ok_or_else(|| {
            entry.fault("expires", &format!("{} is not a time like 2027-01-31T00:00:00Z", quoted(time)))
        })?),
    };
    let told = |key| match entry.needed(key)?.trim() {
        "" => Err(entry.fault(key, "may not be empty: an entry nobody answers for is never removed")),
        words => Ok(words.to_owned()),
    };
    Ok(Allow { net: net.trunc(), owner: told("owner")?, reason: told("reason")?, expires })
}

fn rule(entry: &Reader<'_, '_>, policy: &Policy) -> Result<Rule, Error> {
    entry.known(&["when", "mode", "action", "ttl"])?;
    let when = entry
        .table("when")?
        .ok_or_else(|| entry.fault("when", "is missing: it says which detections this rule is for"))?;
    when.known(&["rule", "min_score", "min_confidence", "min_severity", "min_addresses"])?;
    let action = entry.needed("action")?;
    let words = &ActionKind::KNOWN;
    if !words.contains(&action) {
        return Err(entry.fault("action", &one_of(action, words)));
    }
    let ttl_seconds = entry.duration("ttl")?.unwrap_or(policy.ttl_seconds);
    if ttl_seconds > policy.max_ttl_seconds {
        return Err(entry.fault("ttl", "is longer than defaults.max_ttl"));
    }
    let limit = |key, max| Ok::<_, Error>(when.integer(key, 0, max)?.unwrap_or(0));
    Ok(Rule {
        line: line(entry.text, entry.at),
        names: when.names("rule")?,
        min_score: u32::try_from(limit("min_score", 100)?).unwrap_or(100),
        min_confidence: when.fraction("min_confidence")?.unwrap_or(0.0),
        min_severity: when.choice("min_severity", Severity::KNOWN)?.map_or(Severity::Info, Severity::from),
        min_addresses: usize::try_from(limit("min_addresses", 256)?).unwrap_or(0),
        mode: entry.mode("mode")?.unwrap_or_else(|| policy.mode.clone()),
        action: ActionKind::from(action),
        ttl_seconds,
    })
}

/// One table of the file, with where it is.
struct Reader<'t, 'i> {
    text: &'t str,
    path: &'static str,
    at: usize,
    table: &'t DeTable<'i>,
}

impl<'t, 'i> Reader<'t, 'i> {
    /// Every key must be one of these.
    fn known(&self, keys: &[&str]) -> Result<(), Error> {
        let odd = self.table.keys().filter(|k| !keys.contains(&k.get_ref().as_ref())).min_by_key(|k| k.span().start);
        odd.map_or(Ok(()), |key| {
            let why = format!("is not known here; {}", nearest(key.get_ref(), keys));
            Err(Error { line: line(self.text, key.span().start), key: self.name(key.get_ref()), why })
        })
    }

    fn get(&self, key: &str) -> Option<&'t Value<'i>> {
        self.table.get(key)
    }

    fn fault(&self, key: &str, why: &str) -> Error {
        let at = self.get(key).map_or(self.at, |v| v.span().start);
        Error { line: line(self.text, at), key: self.name(key), why: why.to_owned() }
    }

    fn name(&self, key: &str) -> String {
        let key = visible::escape(key);
        if self.path.is_empty() { key.into_owned() } else { format!("{}.{key}", self.path) }
    }

    fn table(&self, key: &'static str) -> Result<Option<Self>, Error> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let table = value.get_ref().as_table().ok_or_else(|| self.fault(key, "must be a table"))?;
        Ok(Some(Reader { text: self.text, path: key, at: value.span().start, table }))
    }

    fn tables(&self, key: &'static str) -> Result<Vec<Self>, Error> {
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let bad = || self.fault(key, &format!("must be written as [[{}]]", self.name(key)));
        let list = value.get_ref().as_array().ok_or_else(bad)?;
        let of = |v: &'t Value<'i>| {
            let table = v.get_ref().as_table().ok_or_else(bad)?;
            Ok(Reader { text: self.text, path: key, at: v.span().start, table })
        };
        list.iter().map(of).collect()
    }

    fn words(&self, key: &str) -> Result<Option<&'t str>, Error> {
        let bad = || self.fault(key, "must be text in quotes");
        self.get(key).map(|v| v.get_ref().as_str().ok_or_else(bad)).transpose()
    }

    fn needed(&self, key: &str) -> Result<&'t str, Error> {
        self.words(key)?.ok_or_else(|| self.fault(key, "is missing"))
    }

    fn choice(&self, key: &str, words: &[&str]) -> Result<Option<&'t str>, Error> {
        match self.words(key)? {
            Some(word) if !words.contains(&word) => Err(self.fault(key, &one_of(word, words))),
            word => Ok(word),
        }
    }

    fn mode(&self, key: &str) -> Result<Option<Mode>, Error> {
        Ok(self.choice(key, Mode::KNOWN)?.map(Mode::from))
    }

    fn duration(&self, key: &str) -> Result<Option<u64>, Error> {
        let Some(words) = self.words(key)? else { return Ok(None) };
        match human::parse_duration(words) {
            Ok(0) => Err(self.fault(key, "must be longer than nothing")),
            Ok(seconds) => Ok(Some(seconds)),
            Err(why) => Err(self.fault(key, &why)),
        }
    }

    fn integer(&self, key: &str, min: i64, max: i64) -> Result<Option<i64>, Error> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let number = value.get_ref().as_integer().and_then(|n| i64::from_str_radix(n.as_str(), n.radix()).ok());
        match number {
            Some(n) if (min..=max).contains(&n) => Ok(Some(n)),
            _ => Err(self.fault(key, &format!("must be a whole number from {min} to {max}"))),
        }
    }

    fn fraction(&self, key: &str) -> Result<Option<f32>, Error> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let text = value.get_ref().as_float().map(toml::de::DeFloat::as_str);
        let text = text.or_else(|| value.get_ref().as_integer().map(toml::de::DeInteger::as_str));
        match text.and_then(|t| t.parse::<f32>().ok()) {
            Some(n) if (0.0..=1.0).contains(&n) => Ok(Some(n)),
            _ => Err(self.fault(key, "must be a number from 0 to 1")),
        }
    }

    /// One name or a list of names.
    fn names(&self, key: &str) -> Result<Vec<String>, Error> {
        let bad =
            || self.fault(key, "must be a rule's name like \"web.xss\", a family like \"web.*\", or a list of such");
        let value = self.get(key).ok_or_else(bad)?.get_ref();
        let names: Vec<String> = match (value.as_str(), value.as_array()) {
            (Some(one), _) => vec![one.to_owned()],
            (None, Some(list)) => list
                .iter()
                .map(|v| v.get_ref().as_str().map(str::to_owned).ok_or_else(bad))
                .collect::<Result<_, _>>()?,
            (None, None) => return Err(bad()),
        };
        for name in &names {
            let head = name.strip_suffix('*').unwrap_or(name);
            if !RULES.iter().any(|r| if head.len() < name.len() { r.starts_with(head) } else { r == name }) {
                return Err(self.fault(key, &one_of(name, &RULES)));
            }
        }
        if names.is_empty() { Err(bad()) } else { Ok(names) }
    }
}

/// Every rule there is; a test holds this list and the detectors together.
pub(super) const RULES: [&str; 31] = [
    "web.sql_injection",
    "web.xss",
    "web.path_traversal",
    "web.command_injection",
    "web.lookup_injection",
    "web.code_injection",
    "web.java_injection",
    "web.template_injection",
    "web.deserialisation",
    "web.nosql_injection",
    "web.directory_injection",
    "web.xxe",
    "web.ssrf",
    "web.header_injection",
    "web.session_fixation",
    "web.upload",
    "web.disguise",
    "web.protocol_anomaly",
    "web.exploit_probe",
    "web.anomalous_value",
    "web.scanner",
    "web.secret_file",
    "web.probe_404",
    "web.probe_403",
    "web.crawl",
    "auth.burst",
    "auth.spray",
    "auth.spray_distributed",
    "auth.success_after_burst",
    "model.status_mix",
    "ids.alert",
];

fn one_of(word: &str, words: &[&str]) -> String {
    format!("{} is not known; {}", quoted(word), nearest(word, words))
}

fn quoted(word: &str) -> String {
    format!("\"{}\"", visible::escape(word))
}

/// The key that was probably meant, else all there are.
fn nearest(word: &str, words: &[&str]) -> String {
    let near = words.iter().map(|w| (distance(word, w), *w)).min();
    match near {
        Some((d, best)) if d <= 1 + best.len() / 4 => format!("did you mean `{best}`?"),
        _ => format!("known are {}", words.join(", ")),
    }
}

/// Line of a byte offset, from 1.
fn line(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count()
}
