//! Names of hosts that mean an address inside: of this host, of a cloud, of resolvers that answer with what one asks for.

/// Domains whose names public resolvers turn into internal addresses.
pub(super) const RESOLVED: [&str; 17] = [
    ".localh.st",
    ".fuf.me",
    ".5u.ms",
    ".bugbounty.dod.network",
    ".127-0-0-1.org.uk",
    ".nip.io",
    ".sslip.io",
    ".xip.io",
    ".localtest.me",
    ".lvh.me",
    ".vcap.me",
    ".lacolhost.com",
    ".rbndr.us",
    ".1u.ms",
    ".localdomain.pw",
    ".spoofed.burpcollaborator.net",
    ".yoogle.com",
];
/// Names of this host itself.
pub(super) const LOCAL: [&str; 11] = [
    "localhost",
    "localhost6",
    "localhost.localdomain",
    "ip6-localhost",
    "ip6-loopback",
    "loopback",
    "kubernetes.default.svc",
    "kubernetes.default",
    "host.docker.internal",
    "gateway.docker.internal",
    "host.containers.internal",
];
/// Hosts from which machines in a cloud learn about themselves.
pub(super) const META: [&str; 16] = [
    "metadata.google.internal",
    "metadata",
    "metadata.goog",
    "instance-data",
    "instance-data.ec2.internal",
    "metadata.azure.com",
    "metadata.azure.internal",
    "metadata.tencentyun.com",
    "metadata.packet.net",
    "metadata.platformequinix.com",
    "metadata.oraclecloud.com",
    "metadata.nicob.net",
    "metadata.exoscale.com",
    "rancher-metadata",
    "metadata.service.consul",
    "metadata.vultr.com",
];
