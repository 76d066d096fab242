//! What this host needs to stay reachable: its own addresses, gateways, name servers, and who is logged in over SSH.
//!
//! Reads the operating system; the parsers are pure. What follows from it is `guard`'s business.

use crate::config;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses that a block must never meet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Addresses of this host and the broadcast addresses of its networks.
    pub own: Vec<IpAddr>,
    /// Next hops of its routes.
    pub gateways: Vec<IpAddr>,
    /// Name servers it asks.
    pub resolvers: Vec<IpAddr>,
    /// Where the SSH session this process runs in comes from.
    pub ssh: Vec<IpAddr>,
}

impl Surroundings {
    /// Reads them from the operating system.
    ///
    /// # Errors
    /// Says what could not be read. Nothing may be blocked then: the guard rails would have a hole.
    pub fn read() -> Result<Self, String> {
        let mut own = Vec::new();
        let interfaces = if_addrs::get_if_addrs().map_err(|e| format!("this host's addresses cannot be read: {e}"))?;
        for interface in interfaces {
            own.push(interface.ip());
            if let if_addrs::IfAddr::V4(four) = interface.addr {
                own.extend(four.broadcast.map(IpAddr::V4));
            }
        }
        let mut gateways = routes4(&file("/proc/net/route")?);
        gateways.extend(routes6(&file("/proc/net/ipv6_route")?));
        let ssh = config::ssh_client(&config::environment).into_iter().collect();
        Ok(Self { own, gateways, resolvers: resolvers(&file("/etc/resolv.conf")?), ssh })
    }
}

/// A file's text; a file that is not there (no IPv6, no resolver) has none.
fn file(path: &str) -> Result<String, String> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(format!("{path} cannot be read: {e}")),
    }
}

/// The route leads through a gateway (`RTF_GATEWAY` of linux/route.h).
const THROUGH_GATEWAY: u32 = 0x2;

/// Gateways of `/proc/net/route`: third field, the address as the host's own integer in hex.
fn routes4(text: &str) -> Vec<IpAddr> {
    let gateway = |line: &str| {
        let mut fields = line.split_whitespace().skip(2);
        let gateway = u32::from_str_radix(fields.next()?, 16).ok()?;
        let flags = u32::from_str_radix(fields.next()?, 16).ok()?;
        (flags & THROUGH_GATEWAY != 0).then(|| IpAddr::V4(Ipv4Addr::from(gateway.to_ne_bytes())))
    };
    text.lines().filter_map(gateway).collect()
}

/// Gateways of `/proc/net/ipv6_route`: fifth field, 32 hex digits in network order; flags are the ninth.
fn routes6(text: &str) -> Vec<IpAddr> {
    let gateway = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let hop = u128::from_str_radix(fields.get(4)?, 16).ok()?;
        let flags = u32::from_str_radix(fields.get(8)?, 16).ok()?;
        (flags & THROUGH_GATEWAY != 0 && hop != 0).then(|| IpAddr::V6(Ipv6Addr::from(hop)))
    };
    text.lines().filter_map(gateway).collect()
}

/// `nameserver` lines of resolv.conf(5).
fn resolvers(text: &str) -> Vec<IpAddr> {
    let server = |line: &str| {
        let mut words = line.split_whitespace();
        (words.next()? == "nameserver").then_some(())?;
        words.next()?.split('%').next()?.parse().ok()
    };
    text.lines().filter_map(server).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_tables_are_understood() {
        let route = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
                     eth0\t00000000\t016433C6\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
                     eth0\t006433C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        if cfg!(target_endian = "little") {
            assert_eq!(routes4(route), ["198.51.100.1".parse::<IpAddr>().unwrap()]);
        }
        let six = "00000000000000000000000000000000 00 00000000000000000000000000000000 00 \
                   20010db8000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n\
                   fe800000000000000000000000000000 40 00000000000000000000000000000000 00 \
                   00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n";
        assert_eq!(routes6(six), ["2001:db8::1".parse::<IpAddr>().unwrap()]);
        let conf = "# x\nsearch example.org\nnameserver 192.0.2.53\nnameserver fe80::1%eth0\noptions ndots:1\n";
        assert_eq!(resolvers(conf), ["192.0.2.53".parse::<IpAddr>().unwrap(), "fe80::1".parse().unwrap()]);
        assert!(routes4("garbage\n\u{0}").is_empty() && routes6("a b c d zz").is_empty());
    }

    #[test]
    fn this_host_has_loopback() {
        let here = Surroundings::read().unwrap();
        assert!(here.own.iter().any(IpAddr::is_loopback), "{here:?}");
    }
}
