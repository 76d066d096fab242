//! Programs of a shell by name: as data, since there are many.

use std::collections::HashSet;
use std::sync::OnceLock;

/// Programs of Unix and Windows hosts whose names are words of no language. What fetches pages by itself is none of
/// them: `curl` and its like name themselves so.
const ODD: &str = "\
    7z 7za aa-complain aa-disable aa-enforce aa-exec aa-logprof aa-remove-unknown aa-status agetty anacron \
    ansible ansible-config ansible-console ansible-doc ansible-galaxy ansible-inventory ansible-playbook \
    ansible-pull ansible-vault apache2 apache2ctl apk apt apt-get aptitude ar arping ascii-xfr ash atobm \
    atop atq atrm attrib auditctl ausearch awk aws az base32 base64 basename basenc bash bcdedit bconsole \
    bdftool bitsadmin blkid bpftrace breaksw brew builtin bundler bunzip2 busctl busybox byebug bzcat bzgrep \
    bzip2 c++ c89 c99 cacls cal capsh cargo cd cdist certbot certutil chage chattr chef-apply chef-client \
    chef-run chef-shell chef-solo chef-vault chflags chfn chgrp chmod choom chown chpass chpasswd chroot \
    chrt chsh clamscan clang cmake cmd cmdkey cmp cobc coproc coredumpctl cowsay cowthink cp cpio cpulimit \
    cqlsh crictl crontab crowdsec cscli cscript csh csplit csvtool ctr cupsfilter cvs debugfs declare \
    dhclient diff diff3 distcc dmesg dmidecode dmsetup dnf dnsdomainname dnsmasq doas dpkg dvips \
    easy_install echo egrep endsw envsubst esac ethtool ettercap exiftool expr facter fallocate fastfetch \
    fdisk fgrep filetest findstr firewall-cmd fping fsck ftp ftpget ftpstats ftpwho fuser fusermount g++ \
    gawk gcc gcloud gcore genisoimage getcap getenforce getent getfacl getmac ghci ghostscript gimp ginsh \
    ginst gpasm gpg2 grep groupadd groupdel groupmod gtester gunzip gzcat gzexe gzip hashcat helm hexdump hg \
    hostid hostname hostnamectl htdigest htop htpasswd icacls iconv ifconfig ifdown ifup influx insmod \
    ionice iostat ip6tables ip6tables-save ipconfig iptables iptables-save iwconfig javac jed jjs joe \
    journalctl jrunscript jshell jstack keytool killall ksh kshell ksshell kubectl lastb lastcomm lastlog \
    lastlogin latexmk ldconfig ldd lessecho lessfile lesspipe lftp lftpget ln loadavg loadkeys localectl \
    loginctl logname logsave losetup lpr ls lsattr lsb_release lsblk lscpu lshw lsmod lsns lsof lspci lsusb \
    ltrace lualatex luatex lwp-download lwp-dump lwp-mirror lxc lz4c lz4cat lzcat lzcmp lzdiff lzegrep \
    lzfgrep lzgrep lzless lzma lzmore machinectl mailq mailx masscan mawk md5sum mii-tool mimikatz mkdir \
    mkfifo mkfs mknod mkswap mktemp mlocate mlock modprobe mongosh msfconsole msfvenom msgattrib msgcat \
    msgconv msgfilter msgmerge msguniq mshta mtr mutt mysql mysqladmin mysqldump mysqldumpslow mysqlhotcopy \
    mysqlshow nasm nawk nbtstat nc ncat neofetch nerdctl net net1 netcat netkit-ftp netplan netsh netstat \
    networkctl nikto nltest nmap nmcli npm nproc npx nsenter nslookup objdump ocaml onsshd openssl openvpn \
    openvt opkg osascript pacman passwd pdflatex pdftex pdksh pdlatex pexec pftp pg_dump pg_dumpall \
    pg_restore pgrep php-cgi php-fpm pidof pidstat pigz ping6 pip2 pip3 pipx pkexec pkg_info pkginfo pkill \
    pmap pnpm podman popd poweroff powershell printenv prlimit psftp psql pstree ptar ptardiff ptargrep \
    pushd pwd pwsh qemu rails rbash rdiff readelf readlink redcarpet redis-cli regsvr32 resize2fs rlogin \
    rloginwrap rmdir rmmod rmuser robocopy rpcinfo rpm rpm2cpio rpmbuild rpmdb rpmquery rpmverify rsh rsync \
    run-mailcap runc rundll32 rustc salt-call scanmem schtasks scp scriptreplay scrot semanage sendmail \
    sestatus setarch setcap setfacap setfacl setsebool setsid sftp sha1sum showmount shred smbclient socat \
    soelim sqlcmd sqlite sqlite3 sqlmap ssh ssh-add ssh-agent ssh-copy-id ssh-keygen ssh-keyscan \
    start-stop-daemon stdbuf strace sudo sudo_root sudoedit sudoreplay svn swapoff swapon sysctl sysinfo \
    systemctl systemd-resolve systemd-run systeminfo tac tailf takeown tarsnap taskkill tasklist taskset \
    tasksh tclsh tcpdump tcping tcptraceroute tcsh tdbtool telnet terraform tftp timedatectl tmate tmux \
    tracepath traceroute traceroute6 tshark tune2fs typeset uconv ulimit umount unalias uname uncompress \
    unexpand unlz4 unlzma unpigz unrar unshare unxz unzip update-alternatives update-rc.d useradd userdel \
    usermod utmpdump uudecode uuencode vagrant valgrind varnishncsa vigr vim vimdiff vipw virsh visudo \
    vmstat vssadmin vzctl wbadmin whence whiptail whoami wireshark wmic wodim wscript xargs xauth xcopy \
    xdotool xelatex xetex xmodmap xxd xzcat xzcmp xzdec xzdiff xzegrep xzfgrep xzgrep xzless xzmore yash \
    zcat zcmp zdiff zegrep zfgrep zgrep zipcloak zipdetails zipinfo zipnote zipsplit zless zsh zsoelim zstd \
    zstdcat zstdgrep zstdless zstdmt zypper";
/// Programs whose names are words, too, or may be anybody's letters.
const WORDS: &str = "\
    alias apropos arch arp as at batch bc bg bundle cat cc chef clear comm cut dash date dc dd df dig dir \
    disown docker du ed elixir emacs enable env erl eval ex exec expand expect export fc fg find finger fish \
    flatpak flock fold free gdb gem ghc git gpg groovy groups halt hash hd head history host hydra id init \
    ip irb jobs john join julia kill knife la last ld less ll locate login lp lua mail make man mesg mongo \
    more mount mv nano nice nl nm nohup od parted paste perf perl pg php pico ping pip printf ps puppet \
    python rake rc reboot reg responder rev rm route ruby salt sar sc scala script sed seq service set sh \
    shutdown sleep snap sort source split ss stat strings su tail tar tee test time timeout times top touch \
    tr type uniq unset uptime users vi view w wait wall watch wc whatis whereis which who xz yarn yum zip";

/// Longest name.
const NAME_MAX: usize = 20;

/// Whether a word is the name of such a program, whatever its capitals; `pip3` and `gcc10.1` are `pip` and `gcc`.
pub(super) fn is_program(word: &str) -> bool {
    is_odd_program(word) || is_in(words(), word)
}

/// The same, unless it is a word of a language as well.
pub(super) fn is_odd_program(word: &str) -> bool {
    static KNOWN: OnceLock<HashSet<&'static str>> = OnceLock::new();
    is_in(KNOWN.get_or_init(|| ODD.split_ascii_whitespace().collect()), word)
}

fn words() -> &'static HashSet<&'static str> {
    static KNOWN: OnceLock<HashSet<&'static str>> = OnceLock::new();
    KNOWN.get_or_init(|| WORDS.split_ascii_whitespace().collect())
}

fn is_in(known: &HashSet<&str>, word: &str) -> bool {
    // Most names that clients have for themselves end here.
    if word.is_empty() || word.len() > NAME_MAX || word.as_bytes().contains(&b'/') {
        return false;
    }
    let lower = word.to_ascii_lowercase();
    let bare = lower.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    known.contains(&*lower) || bare.len() > 1 && known.contains(bare)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn programs_are_known_by_name_in_any_capitals_and_version() {
        for word in ["cat", "LS", "python3.11", "pip3", "gcc10.1", "ansible-vault", "7z"] {
            assert!(is_program(word), "{word}");
        }
        for word in ["", "curl", "mozilla", "okhttp", "1.2", "catalogue"] {
            assert!(!is_program(word), "{word}");
        }
        assert!(is_odd_program("ifconfig") && !is_odd_program("time"));
    }

    proptest! {
        #[test]
        fn any_word_is_looked_up(word in "\\PC{0,40}") {
            let _ = is_program(&word);
        }
    }
}
