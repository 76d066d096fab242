//! The text of a token: `wf_<role>_<id>_<64 hex digits>_<crc>`. The prefix lets scanners find leaked ones, the checksum
//! tells a slip of the hand from a wrong token.

use super::token_file::Error;
use crate::api::Role;
use crate::text::hex;
use sha2::{Digest, Sha256};

/// A new token: its id and its text.
pub(super) fn mint(role: &Role) -> Result<(String, String), Error> {
    let mut random = [0u8; 36];
    getrandom::fill(&mut random).map_err(|e| Error::Random(e.to_string()))?;
    let (id, secret) = random.split_at(4);
    let id = hex::encode(id);
    let body = format!("wf_{}_{id}_{}", role.as_str(), hex::encode(secret));
    let text = format!("{body}_{:08x}", crc32(body.as_bytes()));
    Ok((id, text))
}

/// True when the text has the form of a token and its checksum fits: a typing mistake is told from a wrong token, and
/// noise costs no hash.
pub(super) fn is_well_formed(text: &str) -> bool {
    text.len() < 128
        && text.starts_with("wf_")
        && text
            .rsplit_once('_')
            .is_some_and(|(body, crc)| u32::from_str_radix(crc, 16).is_ok_and(|crc| crc == crc32(body.as_bytes())))
}

/// What is kept of a token's text.
pub(super) fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// CRC-32 as in IEEE 802.3.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xedb8_8320 } else { c >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_checksum_is_the_common_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_noticed(at in 3usize..80, other in "[0-9a-z_]") {
            let (_, text) = mint(&Role::Viewer).unwrap();
            let at = at.min(text.len() - 1);
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            prop_assert!(is_well_formed(&text));
            prop_assert_eq!(is_well_formed(&changed), changed == text);
        }

        #[test]
        fn anything_may_be_shown_as_a_token(text in any::<String>()) {
            prop_assert!(!is_well_formed(&text));
        }
    }
}
