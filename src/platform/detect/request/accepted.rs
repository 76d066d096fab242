//! What the sites behind a gate take: methods, types of bodies, sizes. What goes beyond is noted, with little confidence;
//! none of it is refused for that alone.

/// Bounds of an ordinary request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Methods, in capitals.
    pub methods: Vec<String>,
    /// Media types of bodies, without parameters, in small letters; none: any that is well-formed.
    pub content_types: Vec<String>,
    /// Arguments of one request, of its address and of its form each.
    pub arguments: usize,
    /// Bytes of an argument's name.
    pub name_bytes: usize,
    /// Bytes of all arguments of a form whose fields are short texts; what is longer is sent as a file or as JSON.
    pub form_bytes: usize,
    /// Bytes of an address.
    pub address_bytes: usize,
}

/// Methods of HTTP that clients of many kinds use.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY", "SEARCH"];

impl Default for Accepted {
    fn default() -> Self {
        Self {
            methods: METHODS.map(str::to_owned).to_vec(),
            content_types: Vec::new(),
            arguments: 255,
            name_bytes: 100,
            form_bytes: 64_000,
            address_bytes: 8 * 1024,
        }
    }
}

impl Accepted {
    /// Whether a method is among them, letter by letter: methods know small letters from capitals.
    pub(super) fn takes_method(&self, method: &str) -> bool {
        self.methods.iter().any(|known| known == method)
    }

    /// Whether bodies of this type are taken. Without a list all are.
    pub(super) fn takes_type(&self, kind: &str) -> bool {
        self.content_types.is_empty() || self.content_types.iter().any(|known| known.eq_ignore_ascii_case(kind))
    }
}
