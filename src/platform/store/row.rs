//! Addresses as files hold them.

use ipnet::IpNet;
use std::net::IpAddr;

/// An address as stored: 4 or 16 bytes, canonical.
pub(super) fn blob(ip: IpAddr) -> Vec<u8> {
    with_blob(ip, <[u8]>::to_vec)
}

/// The same for whoever needs it for a moment only.
pub(super) fn with_blob<T>(ip: IpAddr, then: impl FnOnce(&[u8]) -> T) -> T {
    match ip.to_canonical() {
        IpAddr::V4(v4) => then(&v4.octets()),
        IpAddr::V6(v6) => then(&v6.octets()),
    }
}

pub(super) fn address(blob: &[u8]) -> Option<IpAddr> {
    match blob.len() {
        4 => Some(<[u8; 4]>::try_from(blob).ok()?.into()),
        16 => Some(<[u8; 16]>::try_from(blob).ok()?.into()),
        _ => None,
    }
}

/// First and last address of a prefix, as stored.
pub(super) fn range(net: IpNet) -> (Vec<u8>, Vec<u8>) {
    (blob(net.network()), blob(net.broadcast()))
}
