//! Targets: what an action is aimed at, as a parsed value that is printed again, never as the caller's text.
//!
//! Knows the many spellings of one IPv4 address inside IPv6 and nothing about what may be blocked (see `guard`).

use super::prefix;
use crate::api::ActionKind;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an action is aimed at, in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// One address; a mapped IPv6 address is IPv4.
    Address(IpAddr),
    /// A prefix without host bits.
    Range(IpNet),
    /// A session by its fingerprint, 16 lower-case hex digits.
    Session(String),
}

/// Why a text is not a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is not what this kind of action takes.
    #[error("\"{0}\" is not {1}")]
    Syntax(String, &'static str),
    /// It names an interface.
    #[error("\"{0}\" carries a zone (%): such an address only has a meaning on one link of one host")]
    Zone(String),
    /// Too many addresses at once.
    #[error("{0} addresses in one request; at most {1} are taken")]
    TooMany(usize, usize),
    /// Addresses of both families have no common prefix.
    #[error("the addresses are of both families (IPv4 and IPv6), so no one range covers them")]
    Mixed,
    /// This version cannot do this.
    #[error("this platform does not know the action \"{0}\"")]
    Kind(String),
}

impl Target {
    /// Reads what a person or the policy wrote, for an action of `kind`.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(kind: &ActionKind, text: &str, max_addresses: usize) -> Result<Self, Error> {
        match kind {
            ActionKind::BlockAddress => {
                let net = net(text)?;
                if net.prefix_len() == net.max_prefix_len() {
                    Ok(Self::Address(net.addr()))
                } else {
                    Err(syntax(text, "one address; to block a prefix use block_range"))
                }
            }
            ActionKind::BlockRange => {
                let nets = text.split(',').map(net).collect::<Result<Vec<_>, _>>()?;
                if nets.len() > max_addresses {
                    return Err(Error::TooMany(nets.len(), max_addresses));
                }
                prefix::cover(&nets).map(Self::Range).ok_or(Error::Mixed)
            }
            ActionKind::RevokeSession => {
                let text = text.trim();
                let hex = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                if hex {
                    Ok(Self::Session(text.to_owned()))
                } else {
                    // Whoever pastes the secret itself must not find it in an error message.
                    Err(syntax("…", "a session fingerprint (16 hex digits, as events show it)"))
                }
            }
            ActionKind::Other(word) => Err(Error::Kind(crate::text::visible::escape(word).into_owned())),
        }
    }

    /// The addresses it covers, if it is about addresses.
    #[must_use]
    pub fn net(&self) -> Option<IpNet> {
        match self {
            Self::Address(ip) => Some(IpNet::from(*ip)),
            Self::Range(net) => Some(*net),
            Self::Session(_) => None,
        }
    }

    /// The kind of action it belongs to.
    #[must_use]
    pub const fn kind(&self) -> ActionKind {
        match self {
            Self::Address(_) => ActionKind::BlockAddress,
            Self::Range(_) => ActionKind::BlockRange,
            Self::Session(_) => ActionKind::RevokeSession,
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(ip) => write!(f, "{ip}"),
            Self::Range(net) => write!(f, "{net}"),
            Self::Session(fingerprint) => f.write_str(fingerprint),
        }
    }
}

fn syntax(text: &str, what: &'static str) -> Error {
    let shown: String = text.chars().take(60).collect();
    Error::Syntax(crate::text::visible::escape(&shown).into_owned(), what)
}

/// Reads one address or prefix: host bits cleared, mapped IPv6 turned into IPv4.
fn net(text: &str) -> Result<IpNet, Error> {
    let text = text.trim();
    if text.contains('%') {
        return Err(match syntax(text, "") {
            Error::Syntax(shown, _) => Error::Zone(shown),
            other => other,
        });
    }
    let parsed = match text.parse::<IpAddr>() {
        Ok(ip) => IpNet::from(ip),
        Err(_) => text.parse::<IpNet>().map_err(|_| syntax(text, "an address or a prefix"))?.trunc(),
    };
    Ok(canonical(parsed))
}

/// The same prefix as IPv4 where it lies within `::ffff:0:0/96`.
#[must_use]
pub fn canonical(net: IpNet) -> IpNet {
    match net {
        IpNet::V6(six) if six.prefix_len() >= 96 => match six.addr().to_ipv4_mapped() {
            Some(four) => four_net(four, six.prefix_len() - 96).map_or(net, IpNet::V4),
            None => net,
        },
        other => other,
    }
}

fn four_net(ip: Ipv4Addr, len: u8) -> Option<Ipv4Net> {
    Ipv4Net::new(ip, len).ok().map(|n| n.trunc())
}

/// Every prefix that packets to or from `net` may also carry: `net` itself and the IPv4 prefixes embedded in it as
/// mapped (RFC 4291 2.5.5.2), compatible (2.5.5.1), 6to4 (RFC 3056), NAT64 (RFC 6052, RFC 8215) or Teredo (RFC 4380).
#[must_use]
pub fn spellings(net: IpNet) -> Vec<IpNet> {
    let mut all = vec![canonical(net)];
    if let IpNet::V6(six) = net {
        for (outer, at) in EMBEDDINGS {
            if let Some(four) = embedded(six, *outer, *at) {
                all.push(IpNet::V4(four));
            }
        }
        let teredo = Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32);
        if let Some(four) = embedded(six, teredo, 96) {
            // The client's address is stored with all bits inverted.
            all.extend(four_net(Ipv4Addr::from(!u32::from(four.addr())), four.prefix_len()).map(IpNet::V4));
        }
    }
    all
}

/// Prefixes that embed IPv4 and the bit at which the IPv4 address starts.
const EMBEDDINGS: &[(Ipv6Net, u8)] = &[
    (Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96), 96),
    (Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0, 0), 96), 96),
    (Ipv6Net::new_assert(Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), 16),
    (Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96), 96),
    (Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48), 96),
    (Ipv6Net::new_assert(Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32), 32),
];

/// The IPv4 prefix at bit `at` of `net`, where `net` meets `outer`.
fn embedded(net: Ipv6Net, outer: Ipv6Net, at: u8) -> Option<Ipv4Net> {
    if outer.contains(&net) {
        let len = net.prefix_len().saturating_sub(at).min(32);
        let shift = 128 - 32 - u32::from(at);
        let bits = u32::try_from((u128::from(net.network()) >> shift) & u128::from(u32::MAX)).ok()?;
        four_net(Ipv4Addr::from(bits), len)
    } else if net.contains(&outer) {
        // Wider than the whole embedding: it covers every IPv4 address.
        four_net(Ipv4Addr::UNSPECIFIED, 0)
    } else {
        None
    }
}

/// True when the two prefixes share an address.
#[must_use]
pub fn overlap(a: IpNet, b: IpNet) -> bool {
    a.contains(&b.network()) || b.contains(&a.network())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: ActionKind, text: &str) -> Result<String, String> {
        Target::parse(&kind, text, 256).map(|t| t.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn targets_are_printed_again_in_canonical_form() {
        let cases = [
            (ActionKind::BlockAddress, " 198.51.100.7 ", "198.51.100.7"),
            (ActionKind::BlockAddress, "198.51.100.7/32", "198.51.100.7"),
            (ActionKind::BlockAddress, "::FFFF:198.51.100.7", "198.51.100.7"),
            (ActionKind::BlockAddress, "::ffff:c633:6407/128", "198.51.100.7"),
            (ActionKind::BlockAddress, "2001:DB8:0:0::1", "2001:db8::1"),
            (ActionKind::BlockRange, "198.51.100.77/24", "198.51.100.0/24"),
            (ActionKind::BlockRange, "::ffff:198.51.100.7/120", "198.51.100.0/24"),
            (ActionKind::BlockRange, "198.51.100.4, 198.51.100.7,198.51.100.5", "198.51.100.4/30"),
            (ActionKind::RevokeSession, "00ff00ff00ff00ff", "00ff00ff00ff00ff"),
        ];
        for (kind, text, want) in cases {
            assert_eq!(read(kind, text).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn other_spellings_are_not_targets() {
        for text in ["127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "1.2.3.4/33", "", "host", "1.2.3.4 ; reboot"] {
            assert!(read(ActionKind::BlockAddress, text).is_err(), "{text}");
            assert!(read(ActionKind::BlockRange, text).is_err(), "{text}");
        }
        assert!(read(ActionKind::BlockAddress, "fe80::1%eth0").unwrap_err().contains("zone"));
        assert!(read(ActionKind::BlockAddress, "198.51.100.0/24").is_err());
        assert!(read(ActionKind::BlockRange, "198.51.100.1,2001:db8::1").is_err());
        let error = read(ActionKind::RevokeSession, "my-secret-session").unwrap_err();
        assert!(!error.contains("secret"), "{error}");
        let many = vec!["198.51.100.1"; 257].join(",");
        assert!(matches!(Target::parse(&ActionKind::BlockRange, &many, 256), Err(Error::TooMany(257, 256))));
    }

    #[test]
    fn embedded_addresses_are_found() {
        let cases = [
            ("2002:7f00:1::/64", "127.0.0.1/32"),
            ("64:ff9b::7f00:1", "127.0.0.1/32"),
            ("64:ff9b::7f00:0/120", "127.0.0.0/24"),
            ("64:ff9b::/64", "0.0.0.0/0"),
            ("64:ff9b:1::a9fe:a9fe", "169.254.169.254/32"),
            ("::7f00:1", "127.0.0.1/32"),
            ("2001:0:7f00:1::", "127.0.0.1/32"),
            ("2001:0:c633:6401::80ff:fffe", "127.0.0.1/32"),
            ("2002::/16", "0.0.0.0/0"),
        ];
        for (text, want) in cases {
            let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).unwrap();
            let want: IpNet = want.parse().unwrap();
            assert!(spellings(net).contains(&want), "{text}: {:?}", spellings(net));
        }
    }
}
