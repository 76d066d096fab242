//! Address to autonomous system, from a local database in MaxMind's format. Optional: without one, networks are told
//! apart by prefix.
//!
//! Two record shapes are in use: `{"autonomous_system_number": 64500}` (GeoLite2-ASN, DB-IP) and `{"asn": 64500}` or
//! `{"asn": "AS64500"}` (free databases made from routing data).

use super::geo::{self, FOLDERS};
use maxminddb::Reader;
use serde::Deserialize;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// An open database.
pub struct Asn {
    reader: Reader<Vec<u8>>,
    path: PathBuf,
}

/// All record shapes in one.
#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    autonomous_system_number: Option<u32>,
    #[serde(default)]
    asn: Option<Number>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Plain(u32),
    Words(String),
}

impl Entry {
    fn number(self) -> Option<u32> {
        let written = || match self.asn? {
            Number::Plain(number) => Some(number),
            Number::Words(words) => words.trim_start_matches(['A', 'S', 'a', 's']).parse().ok(),
        };
        // 0 marks space that nobody announces.
        self.autonomous_system_number.or_else(written).filter(|n| *n != 0)
    }
}

impl Asn {
    /// Looks for a database beside `extra` (a file, or a folder that holds some), then in the customary folders. A file
    /// that is no such database, or cannot be read, is passed over: this is knowledge one can do without.
    #[must_use]
    pub fn find(extra: Option<&Path>) -> Option<Self> {
        let beside = extra.map(|p| if p.is_file() { p.parent().unwrap_or(p) } else { p });
        beside.into_iter().chain(FOLDERS.iter().map(Path::new)).flat_map(geo::databases).find_map(|p| Self::open(&p))
    }

    fn open(path: &Path) -> Option<Self> {
        if !path.file_name()?.to_string_lossy().to_ascii_lowercase().contains("asn") {
            return None;
        }
        let reader = Reader::open_readfile(path).ok()?;
        let named = reader.metadata().database_type.to_ascii_lowercase();
        // A country database made from routing data has "asn" in its name as well.
        (named.contains("asn") && !named.contains("country")).then(|| Self { reader, path: path.to_owned() })
    }

    /// Number of the autonomous system an address belongs to.
    #[must_use]
    pub fn number(&self, ip: IpAddr) -> Option<u32> {
        let entry: Entry = self.reader.lookup(ip.to_canonical()).ok()?.decode().ok()??;
        entry.number()
    }

    /// Where it was read from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_record_shapes_are_read() {
        let number = |text| serde_json::from_str::<Entry>(text).unwrap().number();
        assert_eq!(
            number(r#"{"autonomous_system_number": 64500, "autonomous_system_organization": "x"}"#),
            Some(64_500)
        );
        assert_eq!(number(r#"{"asn": 64501}"#), Some(64_501));
        assert_eq!(number(r#"{"asn": "AS64502"}"#), Some(64_502));
        assert_eq!((number(r#"{"asn": 0}"#), number(r#"{"asn": "none"}"#), number("{}")), (None, None, None));
    }

    #[test]
    fn a_folder_without_one_has_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("GeoLite2-ASN.mmdb"), b"not a database").unwrap();
        assert!(geo::databases(folder.path()).iter().find_map(|p| Asn::open(p)).is_none());
    }

    #[test]
    #[ignore = "needs ../shared/data"]
    fn a_country_database_is_not_taken_for_one() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/geo");
        assert!(geo::databases(&folder).iter().find_map(|p| Asn::open(p)).is_none());
    }
}
