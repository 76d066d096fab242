//! The lexer of the classifier: words of interpreters, kinds of other words, marks. Whitespace and short comments
//! separate tokens and are none, so `union/**/select` and `union  select` look alike.

use std::sync::OnceLock;

/// Words that mean something to some interpreter, as they are after masking (digits are `0`). Any other word is only a kind: its
/// letters say little, its place much.
pub(in crate::platform::detect::model) const WORDS: &str = "\
    __base__ __builtins__ __class__ __globals__ __import__ __init__ __mro__ __proto__ __subclasses__ _cookie _env \
    _files _get _post _request _server _session abs accept_language acl acos action actioncontext add adddate \
    addgroup addslashes addtime admin aes_decrypt aes_encrypt age agetty alert alias all all_users alter \
    alternatives analyse and angular annotation any any_value apache appcmd append appendchild application apt arch \
    argv aria0c arp array array_agg array_append array_cat array_filter array_length array_map array_to_string \
    array_upper array_walk as asc ascii ascii_str asciistr ash asin assert assign assoc async at atan atan0 atob \
    attlist attnotnull attrelid attrib audio auditpol authorized_keys autofocus avg await awk balance base base0 \
    base0_decode base0_encode basename bash bash_env batch bcc bcdedit bcel beanfactory begin behavior benchmark \
    between bin bin0hex bin_to_num bin_to_uuid binary bind bit_and bit_count bit_length bit_or bit_xor bitand \
    bitsadmin bitstransfer blank body boolean boot bootcfg breaksw bridge broadcast btoa btrim builtins bulk_insert \
    bunzip0 busctl busybox button by byebug bzcat bzip0 bzless bzopen cacls call call_user_func \
    call_user_func_array can_access_column can_access_database can_access_table can_access_user can_access_view \
    cancel cancelanimationframe capsh cardinality case cast cat catalog cdata ceil ceiling certreq certutil changes \
    char char_length character_length charindex charset chattr chcp chdir check_by_ssh check_output checksum \
    chflags chgrp child child_process childitem chkdsk chmod choom chown chr chroot chunked ciel cieling cipher \
    clang class class_eval classloader classpath clear cli clip clock_timestamp cmd cmdkey cmdshell cn coalesce \
    coercibility col_description collate collation collection collections column column_get column_json column_name \
    columns com command comment commit commons compact compile composer compress concat concat_ws config confirm \
    connection connection_id console const constant construct constructor content conv convert convert_from \
    convert_to convert_tz convert_uuencode convertfrom convertto cookie coproc copy corba core cos cot count cowsay \
    cp cpan cpio cpulimit cr0 crash crc0 create create_function createcontextualfragment createelement crontab \
    cross cscript csh csplit csv csvtool ctx cume_dist cupsfilter curdate curl curl_exec curl_init curl_setopt \
    current_database current_date current_setting current_time current_timestamp current_user currval cursor \
    curtime cut cycler daemon dash data database database_to_xml databases date date_add date_format date_part \
    date_sub date_trunc dateadd datediff datefromparts datename datepart day dayname dayofmonth dayofweek dayofyear \
    db db_id db_name dba dba_users dbi dbms_assert dbms_java dbms_lock dbms_pipe dcount dd debug_backtrace dechex \
    declare decode decodeuricomponent default define defineproperty definer degrees del delay delete delimiter deno \
    dense_rank deny des_decrypt des_encrypt desc describe details dev dhclient diff difference dig dir disk \
    diskfreespace diskpart diskshadow dism distinct div dl dmesg dmidecode dmsetup dns dns_get_record dnscmd docker \
    doctype document domain domparser done dosbox doskey download dpkg driverquery drop dsquery du dual dump \
    dumpfile dvips dynamic easy_install echo ed efax ehlo element else elseif elt emacs embed encode encoding \
    encoding_rs encrypt end enter entity enum_first enum_last enum_range env envelope environ eomonth eq eqn erase \
    erb error error_log error_reporting esac escape escapeshellarg escapeshellcmd esentutl etc euid eval \
    eventcreate eventlog ex except exe exec execscript execsync execute executionpolicy execve exif_read_data \
    exiftool exists exp expand expect expect_popen explain explode explorer expn export export_set expr expression \
    extends extract extractvalue facter fallback false fastjson fc fclose fd fetch fgetc fgets fi field \
    field_in_set fifo file file_exists file_get_contents file_put_contents fileperms filter filter_input filter_var \
    final find find_in_set findstr finger first_value fish floatval flock floor fmt fold fopen foreach forfiles \
    fork form formaction format format_bytes format_type forname forward_static_call found_rows fping fputs frames \
    fread freemarker from from_base0 from_days from_unixtime fromcharcode fs fsockopen fsutil ftp ftp_connect \
    ftp_put ftype fulltext func_get_args function function_exists fwrite gawk gcc gcore gdb gem generate \
    generate_series generate_subscripts get get_cfg_var get_current_user get_defined_constants \
    get_defined_functions get_defined_vars get_format get_lock getattr getclass getcwd getdate getelementbyid \
    getenv getfacl getimagesize getitem getlastmod getmac getmethod getmyuid getpid getruntime getutcdate ghc gimp \
    ginsh git glob global globaleval globals globalthis gpresult gpupdate grant greates greatest grep group \
    group_concat groupadd grouping gt gte gtester gtid_subset gunzip gzcompress gzdecode gzfile gzinflate gzip \
    gzopen gzuncompress handler has_table_privilege hashmap having head header helo hex hex0bin hex_to_bin hexdec \
    hexdump hextoraw hg highlight_file highlight_string histfile history histsize home host host_name hostname \
    hosts hour hping0 href htaccess htdigest htm html_entity_decode htmlspecialchars htop htpasswd http icacls \
    iconv id id_rsa identified identity if ifconfig ifnull iframe ifs iif iiop ilike imagecreatefrompng imap \
    imap_open img implode import importlib in in_range include include_once index indexes inet inet0_aton \
    inet0_ntoa inet_aton inet_client_addr inet_ntoa inet_server_addr inetpub inf infile information_schema ini \
    ini_get ini_set initcap initialcontext inner innerhtml innertext innodb innodb_table_stats input insert \
    insertadjacenthtml installutil instance instance_eval instr instrb int intersect interval into intval invoke \
    invokeargs io ionice ip ipconfig irb irssi is is_array is_callable is_dir is_file is_free_lock is_ipv0 \
    is_member is_not is_not_null is_null is_readable is_srvrolemember is_superuser is_used_lock isnull isnumeric \
    ispell issue item items iterator_apply java javascript javax jjs jndi job join joiner joomla journalctl jq \
    jquery json json_array json_decode json_extract json_keys json_object jsonb julianday justify_days keep kernel \
    kill klist ksh ksshell label lag lambda lang last last_day last_insert_id last_insert_rowid last_value lastlog \
    lastval lateral latex lcase lcfirst ldap ldaps ldconfig ldd lead least left len length lengthb less lesskey let \
    lftp like likelihood likely limit linestring link lipsum listagg ln lo_import load_extension load_file loader \
    loadkeys loads local localstorage localtime localtimestamp locate location lock log log0 login logman logout \
    logsave look lower lp lpad ls lsb_release lsof lstat lt lte ltrace ltrim lua lwp lynx mail mailfrom mailto \
    mainmodule make make_date make_set makecab makedate maketime man marquee marshal master master_pos_wait \
    materialized math mawk max mb_ereg_replace md0 md0_file memberaccess memory merge meta microsecond mid min \
    minute mkcol mkdir mkfifo mklink mlocate mocha mod mode modify module mofcomp month monthname more mosquitto \
    mount mountvol move move_uploaded_file mro msbuild msdb msgattrib mshta msiexec mstsc msysaccessobjects \
    msysaces msysdb msysmodules msysqueries msysrelationships mtr multipart multipoint mutt mv mx mysql mysql_query \
    mysqli_connect name name_const namespace naming nano nashorn nasm natural navigator nawk nbtstat nc ncat nchar \
    ne neofetch net net0 netcat netplan netsh netstat new newid newinstance nextval nft nginx nice nin nis nl \
    nltest nmap node nodejs nohup noop northwind noscript not not_in now npm nslookup ntdsutil nth_value ntile null \
    nullif number nvl nvl0 ob_start obj_description object object_id object_name objectclass objectinputstream oct \
    octet_length od offset ognl old_password oldpwd on onanimationend onanimationstart onauxclick onbeforeunload \
    onbegin onblur oncanplay onchange onclick oncut ondrag onend onerror onfocus onhashchange oninput onkeydown \
    onload onloadstart onmessage onmouseover onpageshow onpaste onplay onpointerenter onresize onscroll onstart \
    onsubmit ontoggle ontransitionend onwheel open opendatasource opendir opener openfiles openquery openrowset \
    openssl opensymphony openvpn opt or ord order org os out outer outerhtml outfile output over overlay pack \
    pacman parent parse_ident parse_ini_file parse_str parsename partition parts pass passthru passwd password \
    paste patch path pathinfo pathping patindex pcntl_exec pcntl_fork percent_rank percentile_cont perf \
    performance_schema period_add period_diff perl pfsockopen pftp pg_backend_pid pg_catalog pg_client_encoding \
    pg_database_size pg_ls_dir pg_read_file pg_shadow pg_sleep pg_tables pg_toast pg_typeof pg_user phar php \
    php_uname phpinfo phpversion pi pic pickle pidstat ping pip pivot pkexec pkill plan polygon popd popen position \
    posix posix_getpwuid posix_kill postmessage pow power powercfg powershell ppid pragma preceding preg_match \
    preg_quote preg_replace preg_replace_callback prepare print print_r printenv printf privileges proc proc_nice \
    proc_open proc_terminate procedure procedure_analyse process processbuilder processimpl profile prompt \
    prototype ps psdrive psftp psql pssession psych ptx public purge pushd pushstate putenv pwd pwsh python python0 \
    qprocess quarter query query_to_xml quit quote quote_ident quote_literal quotename quser qwinsta qx radians \
    raise raise_error raiserror rake rand random randomblob rank raw_to_hex rawtohex rawurlencode rbash rcp rcpt rd \
    rdb read readdir readelf readfile readfilesync readlink readobject realpath receive_message recursive red \
    redcarpet redis references reflect reg regasm regedit regex regexp regexp_count regexp_instr regexp_like \
    regexp_match regexp_matches regexp_replace regexp_substr register_shutdown_function register_tick_function \
    regproc regsvcs regsvr0 release_lock remove ren rename repeat replace replicate request require require_once \
    reset restic restmethod restore retr return returns rev reverse revoke rewind rhino right rlike rlogin rlwrap \
    rm rmdir rmi robocopy role rollback rollup root round route routine row_count row_number row_to_json \
    rowidtochar rownum rpad rpcping rpm rset rsync rtrim ruby run runas rundll0 runtime sa savepoint sc scandir \
    schema schema_name schema_to_xml schtasks scope_identity scp script scriptengine scripting sec_to_time secedit \
    second sed select select_type self sendbeacon sensitive sequence serializable serialize service servlet \
    servletcontext session session_start session_user sessionid sessionstorage set set_config set_error_handler \
    set_time_limit setarch setcookie setfacl setimmediate setinterval setsid settimeout setval setx sfc sftp sh sha \
    sha0 sha0_file shadow shell shell_exec shobj_description show show_source shuf shutdown sign similar \
    simplexml_load_file sin skip slave sleep smarty smbclient smtp sn snakeyaml snap soap socat socket_connect \
    socket_create some soname sort soundex sounds source sp_addextendedproc sp_executesql sp_makewebtask \
    sp_oacreate sp_password space spawn spawnsync spel spl_autoload_register split split_part spool springframework \
    sqlite0 sqlite_compileoption_used sqlite_master sqlite_query sqlite_schema sqlite_source_id sqlite_temp_master \
    sqlite_version sqrt src srcdoc ssh st_asbinary st_geomfromtext start starts_with starttls stat std stdbuf \
    stddev stddev_pop stddev_samp stdin stdout stop str str_replace str_rot0 str_to_date strace straight_join \
    strcmp stream_context_create stream_socket_client strftime string string_agg string_to_array strings strlen \
    strpos strrev strtolower stuff style stylesheet su subclasses subdate subprocess subst substr substrb substring \
    substring_index subtime sudo sum sun suser_name suser_sname svg svn swapoff symlink sys sys_context sys_eval \
    sys_exec sys_get_temp_dir sysadmin sysaux syscat syscolumns sysctl sysdatabases sysdate sysdatetime sysibm \
    syslog sysobjects systables system system0 system_user systemctl systeminfo sysusers table table_name \
    table_schema table_to_xml tables tablespace tac tail takeown tan tanh tar task taskkill tasklist taskset tclsh \
    tcp tcpdump tee telnet tempdb template templatesimpl tempnam temporary term terminated test tex textarea tftp \
    then this throw thymeleaf ties time time_format time_to_sec timediff timeout timestamp timestampadd \
    timestampdiff tmp tmpfile tmux to_ascii to_base0 to_char to_clob to_date to_days to_hex to_json to_number \
    to_seconds to_timestamp tointeger top toreal total_changes touch tr traceroute tracert transaction_timestamp \
    transfer translate trap tree trigger trim true trunc truncate trustedtypes try_cast try_convert tshark twig \
    txid_current type typeof typeperf tzutil uasort ucase ucfirst udp uid uidl uksort ul uname unbounded uncompress \
    uncompressed_length undef undefined unescape unhex unicode uninstall union uniq unistr unix unix_timestamp \
    unknown unlikely unlink unlock unmarshaller unnest unpack unpivot unserialize unshare until unzip update \
    updatexml upper uptime urldecode urlencode use user user_id user_name user_tables useradd usercontent userdel \
    usermod users using usleep usort usr utc_date utc_time utc_timestamp utf0_decode util utl_file utl_http \
    utl_inaddr utl_smtp uuid uuid_short uuid_to_bin vacuum validate_password_strength values var var_dump \
    var_export var_pop var_samp varchar variance varying vaultcmd vbscript velocity ver verbose verclsid version vi \
    video view views vigr vim vipw virtual vmstat volatility vprintf vrfy vssadmin w0m w0tm wait \
    wait_for_executed_gtid_set waitfor wall watch wbadmin wc web webrequest websocket wecutil week weekday \
    weekofyear weight_string wevtutil wget when whenever where whiptail who whoami whois wiaacmgr width_bucket win \
    window windows wine winget winrm winrs wireshark with within without wmic wmimethod wmiobject work wrapper \
    write writeln wscript wsl wusa www xargs xcopy xdg xelatex xetex xinclude xinfo xlink xml xml_parse xmlagg \
    xmlconcat xmlelement xmlexists xmlforest xmlhttprequest xmlparse xmlserialize xmltype xmore xor xp_cmdshell \
    xp_dirtree xp_fileexist xp_reg xp_regread xp_servicecontrol xpad xpath xpath_exists xsl xstream xterm xtype \
    xwork xz xzcat yaml_parse yarn year yearweek yelp yum zcat zdiff zeroblob zerofill zip zip_open zless \
    zlib_decode zsh zsoelim zypper";

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
        assert_eq!(shape(b"abc='x0'"), shape(b"zz='nobody'"));
        assert_ne!(shape(b"abc='select'"), shape(b"zz='nobody'"));
    }

    #[test]
    fn every_word_of_the_list_is_known() {
        for word in WORDS.split_ascii_whitespace() {
            assert!(Words::shared().has(word.bytes().fold(START, add)), "{word}");
        }
        assert!(!Words::shared().has(b"watchfloor".iter().copied().fold(START, add)));
    }
}
