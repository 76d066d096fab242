//! `[requests]`: what the sites behind the gate take. What goes beyond is noted, not refused.

use super::settings::within;
use serde::Deserialize;

/// `[requests]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestSettings {
    /// Methods, in capitals.
    pub methods: Vec<String>,
    /// Media types of bodies; none: any that is well-formed.
    pub content_types: Vec<String>,
    /// Arguments of one request.
    #[serde(deserialize_with = "within::<1, 1_000_000, _>")]
    pub arguments: u32,
    /// Bytes of an argument's name.
    #[serde(deserialize_with = "within::<1, 1_000_000, _>")]
    pub name_bytes: u32,
    /// Bytes of a form that carries no file.
    #[serde(deserialize_with = "within::<1, 1_000_000_000, _>")]
    pub form_bytes: u32,
    /// Bytes of an address.
    #[serde(deserialize_with = "within::<64, 1_000_000, _>")]
    pub address_bytes: u32,
}

impl Default for RequestSettings {
    fn default() -> Self {
        let methods = [
            "GET",
            "HEAD",
            "POST",
            "PUT",
            "DELETE",
            "PATCH",
            "OPTIONS",
            "QUERY",
            "SEARCH",
            "LINK",
            "UNLINK",
            "PURGE",
            "NOTIFY",
            "SUBSCRIBE",
            "UNSUBSCRIBE",
            "PRI",
        ];
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
