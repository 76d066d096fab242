//! Make untrusted text safe and make it fit.
//!
//! Everything that came from outside is [`Untrusted`]; its exits (`cell`, `json`, `csv`, `shell_arg`) are the only
//! doors to a terminal, a file or a shell. [`visible`] says what a reader sees in place of a dangerous character,
//! [`fit`] measures and cuts, [`human`] words durations, sizes and ages, [`near`] finds what was probably meant, [`veil`] puts
//! pseudonyms in place of names. No I/O, no
//! clock. Start at `untrusted.rs`.

pub mod base64;
pub mod fit;
pub mod hex;
pub mod human;
pub mod near;
pub mod untrusted;
pub mod veil;
pub mod visible;
pub mod zone;

pub use untrusted::Untrusted;
