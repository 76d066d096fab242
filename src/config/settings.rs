//! `settings.toml`: every key, its default, and errors that name file, line, key and the nearest known key.

use super::{ConsoleSettings, Error, RequestSettings, ServiceLevels};
use crate::text::near::distance;
use crate::text::visible::escape;
use ipnet::IpNet;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// The commented default file, as `examples/settings.toml`.
pub const DEFAULT_TEXT: &str = include_str!("../../examples/settings.toml");

/// Everything that can be set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Which server to speak to when none is named; the embedded platform when absent.
    pub default_server: Option<String>,
    /// The platform run by `watchfloor serve` or inside the console.
    pub platform: PlatformSettings,
    /// What the sites behind the gate take.
    pub requests: RequestSettings,
    /// What carries actions out, besides the gate.
    pub enforcers: EnforcerSettings,
    /// Logs to follow besides those found on this host.
    pub source: Vec<SourceSettings>,
    /// The terminal.
    pub console: ConsoleSettings,
    /// Platforms elsewhere, by name.
    pub server: BTreeMap<String, ServerSettings>,
}

/// `[platform]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlatformSettings {
    /// Where `watchfloor serve` listens.
    pub listen: SocketAddr,
    /// Where store, ledger and tokens are kept, unless in the user's data directory.
    pub data_dir: Option<PathBuf>,
    /// Look for logs on this host, besides those under `[[source]]`.
    pub discover: bool,
    /// When the drill runs.
    pub drill: Drill,
    /// Proxies that may ask the gate, besides loopback.
    #[serde(deserialize_with = "nets")]
    pub trusted_proxies: Vec<IpNet>,
    /// Judge how addresses, users, sessions and keys behave against their past and their peers.
    pub behaviour: bool,
    /// False alarms of that a day that are bearable.
    #[serde(deserialize_with = "within::<1, 10_000, _, _>")]
    pub false_alarms_per_day: u32,
    /// False automatic blocks a month, because of that alone, that are bearable.
    #[serde(deserialize_with = "within::<1, 10_000, _, _>")]
    pub false_blocks_per_month: u32,
    /// Days that events are kept.
    #[serde(deserialize_with = "within::<1, 36_500, _, _>")]
    pub retention_days: u32,
    /// A country database (MMDB) where the usual places have none.
    pub geo_db: Option<PathBuf>,
    /// The policy file, unless `policy.toml` beside the settings.
    pub policy: Option<PathBuf>,
    /// Folder of one's own scenarios.
    pub rules: Option<PathBuf>,
    /// Folders of Sigma rules.
    pub sigma: Vec<PathBuf>,
    /// Rules of these folders that do not say begin in shadow.
    pub new_rules: NewRules,
    /// Within what time somebody should take a new incident on.
    pub service_level: ServiceLevels,
    /// Cookies that hold a session; only their fingerprint is kept.
    pub session_cookies: Vec<String>,
    /// The header in which a trusted proxy names the user.
    pub user_header: Option<String>,
}

/// How rules begin that were not shipped with the program and do not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NewRules {
    /// What they find is counted, and nothing follows from it.
    #[default]
    Shadow,
    /// They count like any other rule.
    On,
}

/// When the drill runs at the start of a platform; it can be switched at any time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Drill {
    /// When there is nothing to watch.
    #[default]
    Auto,
    /// Always.
    On,
    /// Not by itself.
    Off,
}

/// `[enforcers]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnforcerSettings {
    /// Block in the kernel too. Needs the right to change nftables.
    pub nftables: bool,
}

/// One `[[source]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSettings {
    /// The file.
    pub path: PathBuf,
    /// Its format; recognised line by line when absent.
    pub format: Option<String>,
    /// Its name; made from format and path when absent.
    pub name: Option<String>,
}

/// One `[server.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// Where it is.
    pub url: String,
    /// Certificates (PEM) to trust instead of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Send the token over plain http.
    #[serde(default)]
    pub allow_http: bool,
}

impl Default for PlatformSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8840)),
            data_dir: None,
            discover: true,
            drill: Drill::Auto,
            trusted_proxies: Vec::new(),
            behaviour: true,
            false_alarms_per_day: 5,
            false_blocks_per_month: 1,
            retention_days: 30,
            geo_db: None,
            policy: None,
            rules: None,
            sigma: Vec::new(),
            new_rules: NewRules::Shadow,
            service_level: ServiceLevels::default(),
            session_cookies: ["session", "sessionid", "sid", "connect.sid", "PHPSESSID", "JSESSIONID"]
                .map(str::to_owned)
                .to_vec(),
            user_header: None,
        }
    }
}

impl Settings {
    /// Reads the file; all defaults when it is not there.
    ///
    /// # Errors
    /// It cannot be read or makes no sense.
    pub fn load(path: &Path) -> Result<Self, Error> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, path),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(Error::Unreadable { path: path.display().to_string(), why: e.to_string() }),
        }
    }

    /// Reads settings from text; `path` is for the error.
    ///
    /// # Errors
    /// A sentence with file, line, key and the nearest known key.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        let fail = |line, what| Error::Settings { path: path.display().to_string(), line, what };
        let settings: Self = toml::from_str(text).map_err(|e| {
            let at = e.span().map_or(0, |span| span.start.min(text.len()));
            let before = text.get(..at).unwrap_or_default();
            fail(before.matches('\n').count() + 1, explain(e.message(), before))
        })?;
        let line_of = |word: &str| text.lines().position(|l| l.contains(word)).map_or(1, |n| n + 1);
        if settings.server.contains_key(super::EMBEDDED) {
            let what = "no server can be called \"embedded\": that names the platform inside the console";
            return Err(fail(line_of("embedded"), what.into()));
        }
        if let Some(name) = settings.default_server.as_deref().filter(|name| *name != super::EMBEDDED)
            && !settings.server.contains_key(name)
        {
            let what = format!("default_server is \"{}\", but there is no [server.{0}]", escape(name));
            return Err(fail(line_of("default_server"), what));
        }
        Ok(settings)
    }
}

/// The parser's message in our words, with the section and the nearest known key.
fn explain(message: &str, before: &str) -> String {
    let message = message.lines().next().unwrap_or_default();
    let Some(rest) = message.strip_prefix("unknown field ") else { return escape(message).into_owned() };
    let words: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let Some((unknown, known)) = words.split_first() else { return escape(message).into_owned() };
    let section = before.lines().rev().find(|line| line.trim_start().starts_with('[')).map(str::trim);
    let place = section.map_or_else(|| "at the top".to_owned(), |name| format!("in {}", escape(name)));
    // Half a key is as near as a slip of the finger.
    let steps = |word: &str| if word.starts_with(unknown) { 1 } else { distance(unknown, word) };
    let nearest = known.iter().map(|word| (steps(word), *word)).min();
    let hint = match nearest {
        Some((steps, word)) if steps <= unknown.len().max(3) / 2 => format!("did you mean \"{word}\"?"),
        _ => format!("the keys there are {}", known.join(", ")),
    };
    format!("unknown key \"{}\" {place}; {hint}", escape(unknown))
}

/// Prefixes or single addresses.
fn nets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let net = |text: &String| {
        let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
        text.parse::<IpNet>().ok().or_else(address).ok_or_else(|| {
            D::Error::custom(format!("\"{text}\" is no address or prefix; write for example 192.0.2.10 or 10.0.0.0/8"))
        })
    };
    texts.iter().map(net).collect()
}

pub(super) fn within<'de, const LOW: u32, const HIGH: u32, T: TryFrom<u32>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let n = u32::deserialize(deserializer)?;
    let fitting = (LOW..=HIGH).contains(&n).then(|| T::try_from(n).ok()).flatten();
    fitting.ok_or_else(|| D::Error::custom(format!("{n} is out of bounds; it must be from {LOW} to {HIGH}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Settings, String> {
        Settings::parse(text, Path::new("settings.toml")).map_err(|e| e.to_string())
    }

    /// The example with every commented default (`#key = value`) switched on.
    fn switched_on() -> String {
        let is_key = |rest: &str| rest.starts_with(|c: char| c.is_ascii_lowercase());
        DEFAULT_TEXT
            .lines()
            .map(|l| l.strip_prefix('#').filter(|r| is_key(r)).unwrap_or(l))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn the_example_is_the_defaults_with_and_without_its_comments() {
        assert_eq!(parse(DEFAULT_TEXT).unwrap(), Settings::default());
        assert_eq!(parse(&switched_on()).unwrap(), Settings::default());
        assert_eq!(Settings::load(Path::new("/nonexistent/settings.toml")).unwrap(), Settings::default());
    }

    #[test]
    fn the_example_names_every_key() {
        for section in [
            "",
            "[platform]\n",
            "[platform.service_level]\n",
            "[requests]\n",
            "[enforcers]\n",
            "[[source]]\n",
            "[console]\n",
            "[server.a]\n",
        ] {
            let error = toml::from_str::<Settings>(&format!("{section}zzzzzzzz = 1")).unwrap_err();
            let keys: Vec<&str> = error.message().split('`').skip(3).step_by(2).collect();
            assert!(!keys.is_empty(), "{error}");
            keys.iter().for_each(|key| assert!(DEFAULT_TEXT.contains(key), "{key} is not in the example"));
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_line_section_and_nearest() {
        let wrong = parse("\n[platform]\nlisten = \"127.0.0.1:1\"\nretention = 3\n").unwrap_err();
        assert_eq!(
            wrong,
            "settings.toml, line 4: unknown key \"retention\" in [platform]; did you mean \"retention_days\"?"
        );
        let far = parse("[console]\nxyzzy = 3\n").unwrap_err();
        assert!(far.contains("the keys there are theme, utc, glyphs, restore, max_fps"), "{far}");
        assert!(parse("platfrom = 1").unwrap_err().contains("at the top; did you mean \"platform\"?"));
    }

    #[test]
    fn wrong_values_are_told_with_their_line() {
        for (text, line, part) in [
            ("[platform]\nlisten = \"nowhere\"", 2, "socket address"),
            ("[platform]\nretention_days = 0", 2, "from 1 to 36500"),
            ("[requests]\narguments = 0", 2, "from 1 to 1000000"),
            ("[platform.service_level]\nhigh = \"soon\"", 2, "is not a duration"),
            ("[platform.service_level]\nhigh = \"0s\"", 2, "out of bounds"),
            ("[platform]\n\ntrusted_proxies = [\"10.0.0.0/99\"]", 3, "no address or prefix"),
            ("[console]\nmax_fps = \"fast\"", 2, "expected"),
            ("[platform", 1, ""),
            ("default_server = \"prod\"", 1, "no [server.prod]"),
            ("\n[server.embedded]\nurl = \"x\"", 2, "embedded"),
            ("[[source]]\nname = \"a\"", 1, "path"),
        ] {
            let said = parse(text).unwrap_err();
            assert!(said.starts_with(&format!("settings.toml, line {line}: ")) && said.contains(part), "{said}");
        }
    }

    #[test]
    fn a_whole_file_is_understood() {
        let text = "default_server = \"prod\"\n[platform]\ntrusted_proxies = [\"10.0.0.0/8\", \"192.0.2.1\"]\n\
                    [[source]]\npath = \"/var/log/a\"\n[server.prod]\nurl = \"https://watch.example.net\"\n";
        let settings = parse(text).unwrap();
        assert_eq!(settings.platform.trusted_proxies[1].to_string(), "192.0.2.1/32");
        assert_eq!(settings.source[0].path, PathBuf::from("/var/log/a"));
        assert!(!settings.server["prod"].allow_http);
    }
}
