//! `[requests]`: what the sites behind the gate take: methods, types of bodies, sizes. What goes beyond is noted, with
//! little confidence; none of it is refused for that alone.

use super::settings::within;
use serde::Deserialize;

/// `[requests]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestSettings {
    /// Methods, in capitals.
    pub methods: Vec<String>,
    /// Media types of bodies, without parameters; none: any that is well-formed.
    pub content_types: Vec<String>,
    /// Arguments of one request, of its address and of its form each.
    #[serde(deserialize_with = "within::<1, 1_000_000, _, _>")]
    pub arguments: usize,
    /// Bytes of an argument's name.
    #[serde(deserialize_with = "within::<1, 1_000_000, _, _>")]
    pub name_bytes: usize,
    /// Bytes of all arguments of a form whose fields are short texts; what is longer is sent as a file or as JSON.
    #[serde(deserialize_with = "within::<1, 1_000_000_000, _, _>")]
    pub form_bytes: usize,
    /// Bytes of an address.
    #[serde(deserialize_with = "within::<64, 1_000_000, _, _>")]
    pub address_bytes: usize,
}

impl Default for RequestSettings {
    fn default() -> Self {
        let methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY", "SEARCH"];
        Self {
            methods: methods.map(str::to_owned).to_vec(),
            content_types: Vec::new(),
            arguments: 255,
            name_bytes: 100,
            form_bytes: 64_000,
            address_bytes: 8_192,
        }
    }
}

#[cfg(feature = "platform")]
impl RequestSettings {
    /// Whether a method is among them, letter by letter: methods know small letters from capitals.
    pub(crate) fn takes_method(&self, method: &str) -> bool {
        self.methods.iter().any(|known| known == method)
    }

    /// Whether bodies of this type are taken. Without a list all are.
    pub(crate) fn takes_type(&self, kind: &str) -> bool {
        self.content_types.is_empty() || self.content_types.iter().any(|known| known.eq_ignore_ascii_case(kind))
    }
}
