//! How a client names itself and where it says it comes from: a command is neither a program's name nor an address.

use super::{Request, Tell, said};
use crate::api::Severity;

/// Programs of a shell, sorted. What fetches pages by itself is none of them: `curl` and its like name themselves so.
const PROGRAMS: [&str; 215] = [
    "7z",
    "7za",
    "aa-exec",
    "apk",
    "apt",
    "apt-get",
    "aptitude",
    "ar",
    "arch",
    "arp",
    "as",
    "ash",
    "awk",
    "base32",
    "base64",
    "basename",
    "bash",
    "bg",
    "bzip2",
    "cat",
    "cc",
    "cd",
    "chattr",
    "chgrp",
    "chmod",
    "chown",
    "chroot",
    "chsh",
    "clear",
    "cmd",
    "cmp",
    "comm",
    "cp",
    "cpio",
    "crontab",
    "csh",
    "cut",
    "dash",
    "date",
    "dd",
    "df",
    "dhclient",
    "diff",
    "dig",
    "dir",
    "dmesg",
    "dnf",
    "doas",
    "docker",
    "dpkg",
    "du",
    "echo",
    "ed",
    "egrep",
    "emacs",
    "env",
    "eval",
    "exec",
    "expand",
    "export",
    "expr",
    "fdisk",
    "fgrep",
    "find",
    "finger",
    "flock",
    "fold",
    "fuser",
    "gawk",
    "gcc",
    "gdb",
    "getent",
    "grep",
    "groups",
    "gunzip",
    "gzip",
    "head",
    "hexdump",
    "hostid",
    "hostname",
    "htop",
    "iconv",
    "id",
    "ifconfig",
    "ionice",
    "ip",
    "ipconfig",
    "iptables",
    "jobs",
    "join",
    "journalctl",
    "kill",
    "killall",
    "ksh",
    "last",
    "lastlog",
    "ld",
    "ldconfig",
    "ldd",
    "less",
    "ln",
    "locate",
    "login",
    "logname",
    "ls",
    "lsattr",
    "lsblk",
    "lscpu",
    "lsmod",
    "lsof",
    "lspci",
    "lsusb",
    "make",
    "man",
    "mawk",
    "md5sum",
    "mkdir",
    "mkfifo",
    "mknod",
    "mktemp",
    "modprobe",
    "more",
    "mount",
    "mv",
    "nano",
    "nc",
    "ncat",
    "net",
    "netcat",
    "netstat",
    "nice",
    "nl",
    "nmap",
    "nohup",
    "nslookup",
    "od",
    "openssl",
    "passwd",
    "paste",
    "pgrep",
    "pidof",
    "ping",
    "ping6",
    "pkill",
    "pmap",
    "popd",
    "powershell",
    "printenv",
    "printf",
    "ps",
    "pstree",
    "pushd",
    "pwd",
    "pwsh",
    "rbash",
    "readlink",
    "reboot",
    "rev",
    "rm",
    "rmdir",
    "route",
    "rpm",
    "rsync",
    "scp",
    "sed",
    "seq",
    "sh",
    "shutdown",
    "sleep",
    "sort",
    "ss",
    "ssh",
    "stat",
    "strace",
    "strings",
    "su",
    "sudo",
    "swapon",
    "sysctl",
    "systemctl",
    "tac",
    "tail",
    "tar",
    "tcpdump",
    "tee",
    "telnet",
    "tftp",
    "time",
    "timeout",
    "top",
    "touch",
    "tr",
    "traceroute",
    "uname",
    "uniq",
    "unzip",
    "uptime",
    "useradd",
    "usermod",
    "vi",
    "vim",
    "vmstat",
    "w",
    "wall",
    "wc",
    "whereis",
    "which",
    "who",
    "whoami",
    "xargs",
    "xxd",
    "yum",
    "zcat",
    "zip",
    "zsh",
];

pub(super) fn look(request: &Request<'_>, tell: Tell<'_>) {
    let agent = request.agent.trim();
    if agent.starts_with([';', '|', '$', '`', '{', '/', '~', '<', '>', '.', '&', '!', '*', '?', '=', '#']) {
        tell(said("program's name that is none", Severity::Low, 0.4), "agent", "", agent.as_bytes());
    }
    if is_command(agent) {
        tell(said("program of a shell for a name", Severity::Low, 0.45), "agent", "", agent.as_bytes());
    }
    if !request.referer.is_empty() && !is_address(request.referer.trim()) {
        tell(said("referer that is no address", Severity::Low, 0.3), "referer", "", request.referer.as_bytes());
    }
}

/// `uname -a`, `/bin/ls`: the first word is a program of a shell, without a version.
fn is_command(agent: &str) -> bool {
    let ends = |b: u8| b.is_ascii_whitespace() || matches!(b, b';' | b'|' | b'&' | b'`' | b')');
    let first = &agent[..agent.bytes().position(ends).unwrap_or(agent.len())];
    let name = if first.starts_with(['/', '.', '$', '(']) { first.rsplit(['/', '(']).next() } else { Some(first) };
    let bare = name.unwrap_or_default().trim_matches(['\'', '"', '\\']);
    // Most agents are `Mozilla/5.0` and the like: no program has a slash in its name.
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    !bare.is_empty()
        && bare.len() < 12
        && bare.bytes().all(is_name)
        && PROGRAMS.binary_search(&&*bare.to_ascii_lowercase()).is_ok()
}

/// An address with a scheme, a path, or a host's name, as careless programs send it; and the words for none.
fn is_address(referer: &str) -> bool {
    if referer.starts_with("http") && memchr::memchr(b' ', referer.as_bytes()).is_none() {
        let scheme = memchr::memchr(b':', referer.as_bytes());
        if scheme.is_some_and(|at| referer[at..].starts_with("://")) {
            return true;
        }
    }
    let none = ["", "-", "null", "undefined", "none", "no-referrer", "(null)", "direct", "unknown"];
    if none.iter().any(|word| word.eq_ignore_ascii_case(referer)) || referer.contains("://") && !referer.contains(' ') {
        return true;
    }
    let odd = |c: char| c.is_ascii_whitespace() || ";|$`(){}<>'\"\\^".contains(c);
    if referer.contains(odd) {
        return false;
    }
    let scheme =
        referer.split_once(':').is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    scheme
        || referer.starts_with('/') && !referer.starts_with("/etc/") && !referer.starts_with("/bin/")
        || is_host(referer)
}

fn is_host(text: &str) -> bool {
    let host = text.split(['/', '?', ':']).next().unwrap_or_default();
    host.contains('.') && !host.starts_with('.')
}
