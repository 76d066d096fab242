//! What is compared about an identity: its network, its device, its hour of the week.

use super::super::seen::Seen;
use crate::platform::keyed::hash;
use crate::platform::record::Record;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// Hours of a week.
pub(super) const WEEK: usize = 168;
const HOUR_MS: i64 = 3_600_000;

/// The network an address belongs to: its autonomous system where known, else its /16 (IPv4) or /32 (IPv6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Network {
    System(u32),
    V4([u8; 2]),
    V6([u16; 2]),
}

impl Network {
    pub fn of(ip: IpAddr, asn: Option<u32>) -> Self {
        match (asn, ip) {
            (Some(asn), _) => Self::System(asn),
            (None, IpAddr::V4(ip)) => Self::V4([ip.octets()[0], ip.octets()[1]]),
            (None, IpAddr::V6(ip)) => Self::V6([ip.segments()[0], ip.segments()[1]]),
        }
    }

    /// Of an event's client.
    pub fn seen(seen: &Seen<'_>) -> Option<Self> {
        seen.ip().map(|ip| Self::of(ip, seen.record.asn))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(asn) => write!(f, "AS{asn}"),
            Self::V4([a, b]) => write!(f, "{a}.{b}.0.0/16"),
            Self::V6([a, b]) => write!(f, "{a:x}:{b:x}::/32"),
        }
    }
}

/// The client's software without its version: family and system of a browser, first word of anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Device<'a> {
    pub family: &'a str,
    pub system: &'static str,
}

/// Families that say so in the middle of a browser's agent; the first that is found counts.
const FAMILIES: [(&str, &str); 12] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("YaBrowser", "Yandex"),
    ("Vivaldi", "Vivaldi"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Firefox/", "Firefox"),
    ("HeadlessChrome", "headless Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("Trident/", "Internet Explorer"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];
/// Programs and libraries that people do not browse with.
const TOOLS: [&str; 22] = [
    "curl",
    "wget",
    "python",
    "go-http-client",
    "java",
    "ruby",
    "perl",
    "libwww-perl",
    "php",
    "guzzlehttp",
    "httpie",
    "node-fetch",
    "node",
    "axios",
    "got",
    "undici",
    "aiohttp",
    "sqlmap",
    "hydra",
    "nikto",
    "powershell",
    "scrapy",
];

impl<'a> Device<'a> {
    pub fn of(agent: &'a str) -> Option<Self> {
        let agent = agent.trim();
        if agent.is_empty() || agent == "-" {
            return None;
        }
        let named = |table: &[(&str, &'static str)]| table.iter().find(|(sign, _)| agent.contains(sign)).map(|t| t.1);
        let browser = if agent.starts_with("Mozilla/") { named(&FAMILIES) } else { None };
        let family = browser.unwrap_or_else(|| {
            let word = agent.split(['/', ' ', ';', '(']).next().unwrap_or(agent);
            word.get(..word.floor_char_boundary(32)).unwrap_or(word)
        });
        Some(Self { family, system: named(&SYSTEMS).unwrap_or("") })
    }

    /// What an event says about its client's software.
    pub fn seen(record: &'a Record<'_>) -> Option<Self> {
        let http = record.http.as_ref().map(|h| &*h.agent);
        let call = record.call.as_ref().map(|c| &*c.agent);
        http.or(call).and_then(Self::of).or_else(|| Self::of(&record.agent)).or_else(|| {
            // A daemon's own log says at least which protocol it was.
            record.program.map(|family| Device { family, system: "" })
        })
    }

    pub fn hash(&self) -> u64 {
        hash((self.family, self.system))
    }

    /// A tool or library rather than something people browse with.
    pub fn is_tool(&self) -> bool {
        TOOLS.iter().any(|t| self.family.get(..t.len()).is_some_and(|f| f.eq_ignore_ascii_case(t)))
    }
}

impl fmt::Display for Device<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.system {
            "" => f.write_str(self.family),
            system => write!(f, "{} on {system}", self.family),
        }
    }
}

/// Hour of the week of an event, 0 is Monday 00:00 UTC.
pub(super) fn hour_of_week(time: i64) -> usize {
    // 1 January 1970 was a Thursday.
    usize::try_from((time.div_euclid(HOUR_MS) + 72).rem_euclid(168)).unwrap_or(0)
}

/// Number of the UTC day.
pub(super) fn day(time: i64) -> i64 {
    time.div_euclid(24 * HOUR_MS)
}

/// `Monday 03:00`.
pub(super) fn hour_name(hour: usize) -> String {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    format!("{} {:02}:00", DAYS[(hour / 24) % 7], hour % 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_its_family_and_system() {
        let told = |agent: &str| Device::of(agent).map(|d| d.to_string()).unwrap_or_default();
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36";
        assert_eq!(told(chrome), "Chrome on Windows");
        assert_eq!(told(&chrome.replace("130", "131")), "Chrome on Windows");
        assert_eq!(told(&format!("{chrome} Edg/130.0")), "Edge on Windows");
        assert_eq!(
            told(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605 Version/17.1 Mobile Safari/604.1"
            ),
            "Safari on iOS"
        );
        assert_eq!(told("python-requests/2.31"), "python-requests");
        assert_eq!(told("aws-cli/2.13 Python/3.11 Linux/5.15"), "aws-cli on Linux");
        assert_eq!((told("-"), told("")), (String::new(), String::new()));
        assert!(Device::of("python-requests/2.31").unwrap().is_tool() && Device::of("curl/8").unwrap().is_tool());
        assert!(!Device::of(chrome).unwrap().is_tool() && !Device::of("okhttp/4.9").unwrap().is_tool());
        assert!(Device::of(&"é".repeat(100)).unwrap().family.len() <= 32);
    }

    #[test]
    fn the_week_begins_on_monday() {
        // 2027-01-18 is a Monday.
        let monday = chrono::DateTime::parse_from_rfc3339("2027-01-18T03:15:00Z").unwrap().timestamp_millis();
        assert_eq!((hour_of_week(monday), hour_name(hour_of_week(monday))), (3, "Monday 03:00".into()));
        assert_eq!(hour_name(hour_of_week(monday - 4 * HOUR_MS)), "Sunday 23:00");
        assert!(hour_of_week(-1) < WEEK && hour_of_week(i64::MIN) < WEEK);
    }

    #[test]
    fn a_network_is_its_system_or_its_prefix() {
        let ip = "198.51.100.7".parse().unwrap();
        assert_eq!(Network::of(ip, None).to_string(), "198.51.0.0/16");
        assert_eq!(Network::of(ip, Some(64_500)).to_string(), "AS64500");
        assert_eq!(Network::of("2001:db8::1".parse().unwrap(), None).to_string(), "2001:db8::/32");
    }
}
