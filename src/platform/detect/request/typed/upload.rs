//! Names of files that are sent: programs that the server would run, names that overwrite what is there.

use super::super::table;
use super::Said;
use crate::api::Severity;

/// Fields and headers that carry a file name.
const NAMES: [&[u8]; 7] =
    [b"filename", b"x-filename", b"x_filename", b"x-file-name", b"x.filename", b"x_file_name", b"file-name"];

/// True if what has this name is a file name.
pub(super) fn is_file_name(name: &[u8]) -> bool {
    NAMES.iter().any(|n| n.eq_ignore_ascii_case(name))
}

/// What a file name says about its file. `name` is decoded and lower case.
pub(super) fn look(name: &[u8]) -> Option<Said> {
    let text = std::str::from_utf8(name).ok()?;
    let base = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let bare = base.trim_end_matches(['.', ' ', ';']);
    let said = |sign, confidence| Some(Said { rule: &table::upload::RULE, sign, severity: Severity::High, confidence });
    if runs(bare) {
        return said("file that the server would run", 0.9);
    }
    if is_setting(bare) {
        return said("file that is a setting or a secret", 0.75);
    }
    if bare.starts_with("sess_") && bare.len() >= 20 {
        return said("file that is a session", 0.75);
    }
    if text.contains("../") || text.contains("..\\") {
        return said("file name that climbs", 0.9);
    }
    let program = bare.len() > 3 && !bare.contains(['.', ' ']) && ["acpi", "mtrr", "kcore", "cmdline"].contains(&bare);
    if program || base.contains(['\'', '"', ';', '=', ':', '<', '>', '|']) {
        return said("file name with punctuation or of the system", 0.5);
    }
    None
}

/// Any extension counts: some servers run `a.php.jpg`.
fn runs(name: &str) -> bool {
    const KINDS: [&str; 27] = [
        "php", "phtml", "phar", "pht", "phps", "inc", "hphp", "module", "asp", "aspx", "asa", "asax", "ascx", "ashx",
        "asmx", "cer", "cdx", "jsp", "jspx", "jspf", "jsw", "jsv", "cfm", "cfml", "cgi", "shtml", "war",
    ];
    name.split('.').skip(1).any(|kind| {
        let kind = kind.trim();
        KINDS.contains(&kind) || kind.strip_prefix("php").is_some_and(|n| !n.is_empty() && n.len() < 6)
    })
}

fn is_setting(name: &str) -> bool {
    const FILES: [&str; 20] = [
        ".htaccess",
        ".htpasswd",
        ".user.ini",
        "php.ini",
        "web.config",
        ".env",
        ".boto",
        ".my.cnf",
        "wp-config",
        "settings",
        "config.yml",
        "config.yaml",
        "database.yml",
        ".bashrc",
        ".ssh",
        "authorized_keys",
        "id_rsa",
        ".git",
        "crontab",
        "localsettings",
    ];
    let squeezed: String = name.chars().filter(|c| *c != ' ').collect();
    FILES.iter().any(|f| squeezed == *f)
        || ["wp-config", "wp_config", "settings.php", "configuration.php", ".htaccess", ".env.", "config.inc"]
            .iter()
            .any(|f| squeezed.starts_with(f))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn file_names_that_run_or_overwrite_are_told() {
        for name in
            ["a.php", "a.php5...", "a.phtml", "x.php.jpg", "../../a.txt", ".htaccess", "wp-config.php.bak", "te;st.txt"]
        {
            assert!(look(name.as_bytes()).is_some(), "{name}");
        }
        for name in ["holiday.jpg", "report 2024 (final).pdf", "archive.tar.gz", "php-notes.txt", "sess_a.txt"] {
            assert!(look(name.as_bytes()).is_none(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_looked_at(name in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = look(&name);
        }
    }
}
