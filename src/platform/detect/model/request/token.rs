//! The lexer of the classifier: words of interpreters, kinds of other words, marks. Whitespace and short comments
//! separate tokens and are none, so `union/**/select` and `union  select` look alike.

use std::sync::OnceLock;

/// Words that mean something to some interpreter. Any other word is only a kind: its letters say little, its place much.
const WORDS: &str = "\
    and or xor not like rlike regexp glob between in is null isnull ifnull nullif coalesce exists all any some distinct union select insert \
    update delete drop alter create truncate replace into outfile dumpfile infile load_file from where having group \
    order by limit offset procedure analyse join natural left right inner outer on as case when then else end if elseif \
    declare set exec execute call begin commit values table tables database databases schema column columns user \
    users password version sleep benchmark waitfor delay pg_sleep dbms_pipe receive_message dbms_lock utl_http \
    utl_inaddr xp_cmdshell xp_dirtree sp_executesql master information_schema sysobjects syscolumns sysdatabases \
    mysql sqlite_master pg_catalog pg_tables dual rownum cast convert concat concat_ws group_concat char chr ascii \
    ord hex unhex substr substring mid length extractvalue updatexml xmltype floor rand count md5 sha1 elt make_set \
    randomblob current_user session_user system_user collate binary int varchar nchar top desc asc handler open fetch \
    script img svg iframe body input video audio object embed form button details marquee style link meta base math \
    onerror onload onclick onmouseover onfocus onblur ontoggle onstart onbegin onend onanimationstart href src srcdoc \
    action formaction data xlink alert confirm prompt eval javascript vbscript expression document cookie location \
    window top self parent this constructor fromcharcode settimeout setinterval function return var let const new throw \
    atob btoa innerhtml write fetch import export class prototype __proto__ require process child_process mainmodule \
    global globalthis execsync spawn spawnsync readfilesync fs console log async await \
    cat ls id whoami uname pwd ping nslookup dig curl wget nc ncat netcat bash sh zsh ksh csh dash cmd powershell pwsh \
    python perl ruby php node lua java gcc echo printf rm cp mv chmod chown touch mkdir ps kill tail head more less sort \
    awk sed grep find xargs tar base64 sudo su env export ifconfig ip netstat ipconfig dir type net reg systeminfo \
    tasklist ifs bin usr etc tmp dev var proc passwd shadow hosts group issue boot ini win windows system32 inetpub \
    environ fd htaccess htpasswd ssh id_rsa config web inf xml log www root home opt null tcp udp \
    system shell_exec passthru popen proc_open pcntl_exec assert preg_replace create_function call_user_func include \
    include_once require_once file_get_contents file_put_contents fopen fwrite readfile phpinfo base64_decode \
    gzinflate str_rot13 unserialize serialize globals _get _post _request _server _cookie _session _files _env getenv \
    ini_set move_uploaded_file filter input memory expect phar zip glob wrapper \
    runtime getruntime processbuilder getclass forname getmethod invoke newinstance classloader lang util net io org com \
    sun apache springframework ognl servlet memberaccess javax naming ldap ldaps rmi dns iiop corba nis jndi lower upper \
    ctx sys env date class module loader scriptengine unmarshaller string \
    config items subclasses mro globals builtins __class__ __mro__ __subclasses__ __globals__ __builtins__ __import__ \
    __init__ __base__ lipsum cycler joiner namespace request application popen freemarker template execute velocity \
    smarty twig self env os subprocess check_output \
    doctype entity system public xml xsl stylesheet cdata element attlist include fallback xinclude soap envelope \
    ne eq gt gte lt lte nin regex where or and exists type in comment \
    objectclass uid cn sn mail \
    set cookie content length location transfer encoding chunked http host true false undefined undef";

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
const SLOTS: usize = 2048;

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
