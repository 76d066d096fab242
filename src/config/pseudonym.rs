//! The key that pseudonyms are made with: 32 random bytes beside the settings, for the operator's eyes only, made when they
//! are first needed. Whoever has it can tell who is behind a pseudonym; removing it makes new ones of everybody.

use super::private;
use crate::api::{Problem, ProblemKind};
use crate::text::hex;
use std::path::Path;

/// The key in this file, made if there is none.
///
/// # Errors
/// The file cannot be read, is no key, or cannot be written.
pub fn key(file: &Path) -> Result<[u8; 32], Problem> {
    let cannot = |why: String| {
        Problem::new(ProblemKind::Unavailable, "There is no key to make pseudonyms with", why)
            .hint(format!("It is kept in {}; remove it to have a new one made.", file.display()))
    };
    if let Some(text) = private::read(file).map_err(|e| cannot(e.to_string()))? {
        return hex::decode(text.trim()).ok_or_else(|| cannot("the file does not hold 64 hexadecimal digits".into()));
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|e| cannot(e.to_string()))?;
    private::replace(file, format!("{}\n", hex::encode(key)).as_bytes()).map_err(|e| cannot(e.to_string()))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config").join("pseudonyms.key");
        std::fs::create_dir(file.parent().unwrap()).unwrap();
        let first = key(&file).unwrap();
        assert_eq!(key(&file).unwrap(), first);
        assert_ne!(first, [0; 32]);
        std::fs::remove_file(&file).unwrap();
        private::replace(&file, b"nonsense").unwrap();
        assert!(key(&file).is_err());
    }
}
