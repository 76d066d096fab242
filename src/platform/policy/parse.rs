//! TOML to policy, by hand over the spanned tree, so that every mistake is told with its line, its key and the key
//! that was probably meant.

use super::{Allow, Error, Policy, Rule};
use crate::api::{ActionKind, Mode, Severity, Timestamp};
use crate::platform::catalogue;
use crate::platform::written::{self, Reader, one_of, quoted};
use ipnet::IpNet;

pub(super) fn policy(text: &str) -> Result<Policy, Error> {
    let root = written::tree(text)?;
    let top = Reader::top(text, &root);
    top.known(&["defaults", "automatic", "allow", "rule"])?;
    let mut policy = Policy::silent();
    if let Some(defaults) = top.table("defaults")? {
        defaults.known(&["mode", "ttl", "max_ttl"])?;
        policy.mode = mode(&defaults)?.unwrap_or(policy.mode);
        policy.ttl_seconds = defaults.duration("ttl")?.unwrap_or(policy.ttl_seconds);
        policy.max_ttl_seconds = defaults.duration("max_ttl")?.unwrap_or(policy.max_ttl_seconds);
    }
    if let Some(automatic) = top.table("automatic")? {
        automatic.known(&["budget_per_hour", "residents"])?;
        if let Some(n) = automatic.integer("budget_per_hour", 0, 100_000)? {
            policy.budget_per_hour = u32::try_from(n).unwrap_or(u32::MAX);
        }
        if let Some(n) = automatic.integer("residents", 0, 256)? {
            policy.residents = usize::try_from(n).unwrap_or(0);
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
    when.known(&["rule", "min_score", "min_confidence", "min_severity", "min_addresses", "min_kinds"])?;
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
        line: entry.line(),
        names: names(&when)?,
        min_score: u32::try_from(limit("min_score", 100)?).unwrap_or(100),
        min_confidence: when.fraction("min_confidence")?.unwrap_or(0.0),
        min_severity: when.choice("min_severity", Severity::KNOWN)?.map_or(Severity::Info, Severity::from),
        min_addresses: usize::try_from(limit("min_addresses", 256)?).unwrap_or(0),
        min_kinds: usize::try_from(limit("min_kinds", 3)?).unwrap_or(0),
        mode: mode(entry)?.unwrap_or_else(|| policy.mode.clone()),
        action: ActionKind::from(action),
        ttl_seconds,
    })
}

fn mode(entry: &Reader<'_, '_>) -> Result<Option<Mode>, Error> {
    Ok(entry.choice("mode", Mode::KNOWN)?.map(Mode::from))
}

/// The rules a policy's rule is for: names and families.
fn names(when: &Reader<'_, '_>) -> Result<Vec<String>, Error> {
    let bad =
        || when.fault("rule", "must be a rule's name like \"web.xss\", a family like \"web.*\", or a list of such");
    let names = when.list("rule").map_err(|_| bad())?.filter(|names| !names.is_empty()).ok_or_else(bad)?;
    match names.iter().find(|name| !catalogue::is_named(name)) {
        Some(name) => Err(when.fault("rule", &one_of(name, &catalogue::names()))),
        None => Ok(names),
    }
}
