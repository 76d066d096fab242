//! The lexer of the classifier: words of interpreters, kinds of other words, marks. Whitespace and short comments
//! separate tokens and are none, so `union/**/select` and `union  select` look alike.

use std::sync::OnceLock;

/// Words that mean something to some interpreter, as they are after masking (digits are `0`). Any other word is only a kind: its
/// letters say little, its place much.
const WORDS: &str = "\
    __base__ __builtins__ __class__ __globals__ __import__ __init__ __mro__ __proto__ __subclasses__ _cookie _env \
    _files _get _post _request _server _session abs acos action adddate addslashes addtime aes_decrypt aes_encrypt \
    alert alias all alter analyse and any apache application arch aria0c arp array_filter array_map array_walk as \
    asc ascii ash asin assert async at atan atan0 atob attlist attrib audio avg await awk base base0 base0_decode \
    base0_encode basename bash batch begin benchmark between bin bin0hex binary bit_and bit_count bit_length bit_or \
    bit_xor bitsadmin body boot breaksw bridge btoa builtins bulk_insert bunzip0 busctl busybox button by byebug \
    bzcat bzip0 bzless bzopen call call_user_func call_user_func_array cancel capsh case cast cat cdata ceil ceiling \
    certutil char char_length character_length charset chattr chdir check_by_ssh check_output chflags chgrp \
    child_process chmod choom chown chr chroot chunked clang class classloader cmd cn coalesce coercibility collate \
    collation column columns com comment commit compact composer compress concat concat_ws config confirm \
    connection_id console const constant constructor content conv convert convert_tz convert_uuencode cookie copy \
    corba cos cot count cowsay cp cpan cpio cpulimit cr0 crash crc0 create create_function createcontextualfragment \
    crontab cscript csh csplit csvtool ctx cupsfilter curdate curl curl_exec curl_init curl_setopt current_date \
    current_time current_timestamp current_user curtime cut cycler dash data database database_to_xml databases date \
    date_add date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear dbms_assert dbms_java \
    dbms_lock dbms_pipe dcount dd debug_backtrace dechex declare decode decodeuricomponent default define degrees \
    delay delete des_decrypt des_encrypt desc details dev dhclient diff dig dir diskfreespace distinct dl dmesg \
    dmidecode dmsetup dns dns_get_record docker doctype document domparser done dosbox dpkg drop du dual dump \
    dumpfile dvips easy_install echo ed efax element else elseif elt emacs embed encode encoding encrypt end entity \
    env envelope environ eq eqn error_log error_reporting esac escape escapeshellarg escapeshellcmd etc eval ex exec \
    execscript execsync execute exif_read_data exiftool exists exp expand expect expect_popen explode export \
    export_set expr expression extract extractvalue facter fallback false fclose fd fetch fgetc fgets field \
    field_in_set file file_exists file_get_contents file_put_contents fileperms filter filter_input filter_var find \
    find_in_set findstr finger fish flock floor fmt fold fopen foreach form formaction format forname \
    forward_static_call found_rows fping fputs frames fread freemarker from from_base0 from_days from_unixtime \
    fromcharcode fs fsockopen ftp ftp_connect ftp_put func_get_args function function_exists fwrite gawk gcc gcore \
    gdb gem get_cfg_var get_current_user get_defined_constants get_defined_functions get_defined_vars get_format \
    get_lock getclass getcwd getenv getfacl getimagesize getlastmod getmethod getmyuid getpid getruntime ghc gimp \
    ginsh git glob global globals globalthis greatest grep group group_concat gt gte gtester gunzip gzcompress \
    gzdecode gzfile gzinflate gzip gzopen gzuncompress handler having head header hex hex0bin hex_to_bin hexdec \
    hexdump hg highlight_file highlight_string home host hosts hour hping0 href htaccess htdigest html_entity_decode \
    htmlspecialchars htop htpasswd http icacls iconv id id_rsa if ifconfig ifnull iframe ifs iiop imagecreatefrompng \
    imap_open img implode import in include include_once inet0_aton inet0_ntoa inet_aton inet_ntoa inetpub inf \
    infile information_schema ini ini_get ini_set inner innerhtml input insert insertadjacenthtml instr int interval \
    into invoke invokeargs io ionice ip ipconfig irb irssi is is_array is_callable is_dir is_file is_free_lock \
    is_ipv0 is_not_null is_readable is_used_lock isnull ispell issue items iterator_apply java javascript javax jjs \
    jndi join joiner journalctl jq json_array json_decode json_extract json_keys json_object kill ksh ksshell lang \
    last last_day last_insert_id lastlog latex lcase lcfirst ldap ldaps ldconfig ldd least left length less let lftp \
    like likelihood likely limit linestring link lipsum ln lo_import load_extension load_file loader loadkeys local \
    localtime localtimestamp locate location log log0 logsave look lower lp lpad ls lsb_release lsof lstat lt lte \
    ltrace ltrim lua lynx mail mainmodule make make_set makedate man marquee master master_pos_wait math mawk max \
    mb_ereg_replace md0 md0_file memberaccess memory meta microsecond mid min minute mkdir mkfifo mlocate mod module \
    month monthname more mosquitto mount move_uploaded_file mro msgattrib mshta msiexec mtr multipoint mutt mv mysql \
    mysql_query mysqli_connect name_const namespace naming nano nasm natural nawk nbtstat nc ncat nchar ne neofetch \
    net net0 netcat netplan netsh netstat new newinstance nft nginx nice nin nis nl nmap node nohup not now npm \
    nslookup null nullif ob_start object object_id object_name objectclass oct octet_length od offset ognl \
    old_password on onanimationstart onbegin onblur onclick onend onerror onfocus onload onmouseover onstart \
    ontoggle open opendatasource opendir opener openquery openrowset openssl openvpn opt or ord order org os outer \
    outerhtml outfile pack pacman parent parse_ini_file parse_str passthru passwd password paste patch pathinfo \
    pcntl_exec pcntl_fork perf period_add period_diff perl pfsockopen pftp pg_catalog pg_ls_dir pg_read_file \
    pg_sleep pg_tables phar php php_uname phpinfo phpversion pi pic pidstat ping pip pkexec pkill polygon popd popen \
    position posix_getpwuid posix_kill postmessage pow power powershell preg_match preg_quote preg_replace \
    preg_replace_callback print print_r printenv printf proc proc_nice proc_open proc_terminate procedure \
    procedure_analyse process processbuilder prompt prototype ps psftp psql ptx public pushd putenv pwd pwsh python \
    python0 quarter query_to_xml quote radians rake rand randomblob raw_to_hex rawurlencode rbash rcp readdir \
    readelf readfile readfilesync readlink realpath receive_message red redcarpet reg regex regexp \
    register_shutdown_function register_tick_function regsvr0 release_lock rename repeat replace request require \
    require_once reset restic return rev reverse rewind right rlike rlogin rlwrap rm rmdir rmi root round route \
    row_count rownum rpad rpm rsync rtrim ruby rundll0 runtime scandir schema schtasks scp script scriptengine \
    sec_to_time second sed select self serialize servlet session_start session_user set set_error_handler \
    set_time_limit setarch setcookie setfacl setimmediate setinterval setsid settimeout sftp sh sha sha0 sha0_file \
    shadow shell_exec show_source shuf sign simplexml_load_file sin sleep smarty smbclient sn snap soap socat \
    socket_connect socket_create some sort soundex sp_addextendedproc sp_executesql sp_makewebtask sp_oacreate \
    sp_password space spawn spawnsync spl_autoload_register split springframework sqlite0 sqlite_master sqlite_query \
    sqlite_version sqrt src srcdoc ssh st_geomfromtext stat std stdbuf stddev stddev_pop str_replace str_rot0 \
    str_to_date strace strcmp stream_context_create stream_socket_client string string_agg strings strlen strpos \
    strrev strtolower style stylesheet su subclasses subdate subprocess substr substring substring_index subtime \
    sudo sum sun svg svn swapoff symlink sys sys_get_temp_dir syscolumns sysctl sysdatabases sysdate syslog \
    sysobjects system system0 system_user systemctl systeminfo table tables tac tail takeown tan tar task taskkill \
    tasklist taskset tclsh tcp tcpdump tee telnet template tempnam tex then this throw time time_format time_to_sec \
    timediff timeout timestamp timestampadd timestampdiff tmp tmpfile tmux to_base0 to_char to_days to_number \
    to_seconds top total_changes touch tr traceroute transfer trim true truncate trustedtypes tshark twig type \
    typeof uasort ucase ucfirst udp uid uksort ul uname uncompress undef undefined unescape unhex unicode union uniq \
    unix_timestamp unlink unmarshaller unserialize unshare unzip update updatexml upper uptime urldecode urlencode \
    user useradd userdel usermod users usleep usort usr utc_date utc_time utf0_decode util utl_file utl_http \
    utl_inaddr utl_smtp uuid uuid_short values var var_dump var_export var_pop varchar variance vbscript velocity \
    version vi video view vigr vim vipw virtual vmstat volatility vprintf w0m waitfor wall watch wc web websocket \
    week weekday weekofyear wget when where whiptail who whoami whois win window windows wine wireshark wmic wrapper \
    write wscript www xargs xelatex xetex xinclude xlink xml xml_parse xmlhttprequest xmltype xmore xor xp_cmdshell \
    xp_dirtree xp_fileexist xp_regread xp_servicecontrol xpad xpath xsl xterm xz xzcat yaml_parse yarn year yearweek \
    yelp yum zcat zdiff zeroblob zip zip_open zless zlib_decode zsh zsoelim zypper";

/// A token that is no word of the list.
mod kind {
    pub const NUMBER: u32 = 0x100;
    pub const LETTER: u32 = 0x101;
    pub const NAME: u32 = 0x102;
    pub const MIXED: u32 = 0x103;
    pub const FOREIGN: u32 = 0x104;
    pub const COMMENT: u32 = 0x105;
}

/// Longest comment that separates tokens; what is longer, or holds markup, is text.
const COMMENT_MAX: usize = 32;

/// Slots of the word set; far more than words, so that a look-up is one or two steps.
const SLOTS: usize = 4096;

/// Hashes of [`WORDS`], by open addressing.
pub(super) struct Words([u32; SLOTS]);

impl Words {
    /// The one set.
    pub fn shared() -> &'static Self {
        static SET: OnceLock<Words> = OnceLock::new();
        SET.get_or_init(|| {
            let mut slots = [0; SLOTS];
            for word in WORDS.split_ascii_whitespace() {
                let hash = word.bytes().fold(START, add);
                let mut at = hash as usize % SLOTS;
                while slots[at] != 0 && slots[at] != hash {
                    at = (at + 1) % SLOTS;
                }
                slots[at] = hash;
            }
            Self(slots)
        })
    }

    fn has(&self, hash: u32) -> bool {
        let mut at = hash as usize % SLOTS;
        while self.0[at] != 0 {
            if self.0[at] == hash {
                return true;
            }
            at = (at + 1) % SLOTS;
        }
        false
    }
}

/// What the feature specification says of the lexer.
pub(super) fn spec() -> String {
    format!("comment {COMMENT_MAX}; words {WORDS}")
}

const START: u32 = 0x811c_9dc5;

/// FNV-1a, 32 bits.
fn add(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 || byte == super::mask::BLOB
}

/// Calls `visit` with the position of each token's last byte and the token.
pub(super) fn lex(words: &Words, text: &[u8], mut visit: impl FnMut(usize, u32)) {
    let mut i = 0;
    while i < text.len() {
        let byte = text[i];
        if is_word(byte) {
            let mut hash = START;
            let (mut digit, mut letter, mut foreign) = (false, false, false);
            let start = i;
            while i < text.len() && is_word(text[i]) {
                let b = text[i];
                hash = add(hash, b);
                digit |= b == b'0';
                foreign |= b >= 0x80;
                letter |= b != b'0';
                i += 1;
            }
            let token = match (foreign, letter, digit) {
                (true, ..) => kind::FOREIGN,
                (_, false, _) => kind::NUMBER,
                _ if words.has(hash) => hash,
                (.., true) => kind::MIXED,
                _ if i - start == 1 => kind::LETTER,
                _ => kind::NAME,
            };
            visit(i - 1, token);
        } else if byte == b' ' {
            i += 1;
        } else if let Some(length) = comment(&text[i..]) {
            i += length;
            visit(i - 1, kind::COMMENT);
        } else {
            visit(i, u32::from(byte));
            i += 1;
        }
    }
}

/// Whether a token is kept out of the history of the next ones.
pub(super) const fn is_aside(token: u32) -> bool {
    token == kind::COMMENT
}

/// A letterless copy for comparing texts by shape: words of the list stay, other words, numbers and spaces go.
pub(in crate::platform::detect::model) fn shape(text: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    lex(Words::shared(), text, |_, token| {
        let token = if matches!(token, kind::LETTER | kind::MIXED) { kind::NAME } else { token };
        hash = (hash ^ u64::from(token)).wrapping_mul(0x0000_0100_0000_01b3);
    });
    hash
}

fn comment(text: &[u8]) -> Option<usize> {
    let inner = text.strip_prefix(b"/*")?;
    let inner = &inner[..inner.len().min(COMMENT_MAX)];
    let end = memchr::memmem::find(inner, b"*/")?;
    let plain = !inner.starts_with(b"!") && memchr::memchr(b'<', &inner[..end]).is_none();
    plain.then_some(end + 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<u32> {
        let mut found = Vec::new();
        lex(Words::shared(), text.as_bytes(), |_, t| found.push(t));
        found.retain(|t| !is_aside(*t));
        found
    }

    #[test]
    fn spelling_does_not_matter_and_place_does() {
        assert_eq!(tokens("union/**/select/*x*/a"), tokens("union  select b"));
        assert_ne!(tokens("union select"), tokens("select union"));
        assert_ne!(tokens("/*<script>*/"), tokens("/**/"));
        assert_ne!(tokens("/*!0union*/"), tokens(""));
        assert_eq!(tokens("o'brien"), [kind::LETTER, u32::from(b'\''), kind::NAME]);
        assert_eq!(shape(b"abc='x0'"), shape(b"zz='name'"));
        assert_ne!(shape(b"abc='select'"), shape(b"zz='name'"));
    }

    #[test]
    fn every_word_of_the_list_is_known() {
        for word in WORDS.split_ascii_whitespace() {
            assert!(Words::shared().has(word.bytes().fold(START, add)), "{word}");
        }
        assert!(!Words::shared().has(b"watchfloor".iter().copied().fold(START, add)));
    }
}
