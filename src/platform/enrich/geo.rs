//! Address to country, from a local database in MaxMind's format. No network, no clock.
//!
//! Two record shapes are in use: `{"country_code": "US"}` (free databases made from registry data) and
//! `{"country": {"iso_code": "US"}}` (GeoLite2 and DB-IP); both are read.

use crate::platform::keyed::hash;
use crate::platform::lock;
use crate::platform::record::Location;
use maxminddb::Reader;
use serde::Deserialize;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Where distributions and update tools put such databases.
pub const FOLDERS: [&str; 2] = ["/usr/share/GeoIP", "/var/lib/GeoIP"];

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the country database {path} cannot be read: {why}")]
pub struct Error {
    /// Which file.
    pub path: String,
    /// What went wrong.
    pub why: String,
}

/// Addresses whose country is remembered: a lookup costs as much as all that is done to an ordinary line, and whoever
/// comes to a site asks for more than one page.
const ASKED: usize = 4_096;

/// An address and its country, if it has one.
type Answer = (IpAddr, Option<[u8; 2]>);

/// An open database.
pub struct Geo {
    reader: Reader<Vec<u8>>,
    asked: Mutex<Vec<Option<Answer>>>,
    path: PathBuf,
    /// It knows places, not only countries.
    cities: bool,
}

/// Both record shapes in one.
#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    country_code: Option<String>,
    #[serde(default)]
    country: Option<Country>,
}

/// What a city database says of a place.
#[derive(Deserialize)]
struct City {
    #[serde(default)]
    location: Option<Spot>,
}

#[derive(Deserialize)]
struct Spot {
    #[serde(default)]
    latitude: Option<f64>,
    #[serde(default)]
    longitude: Option<f64>,
    #[serde(default)]
    accuracy_radius: Option<u16>,
}

#[derive(Deserialize)]
struct Country {
    #[serde(default)]
    iso_code: Option<String>,
}

impl Spot {
    /// A place on the globe, without one when the numbers are none.
    fn location(self) -> Option<Location> {
        let (latitude, longitude) = self.latitude.zip(self.longitude)?;
        #[expect(clippy::cast_possible_truncation, reason = "degrees")]
        let place = Location {
            latitude: latitude as f32,
            longitude: longitude as f32,
            // A database that does not say is taken to know the region.
            accuracy_km: self.accuracy_radius.unwrap_or(500),
        };
        (latitude.abs() <= 90.0 && longitude.abs() <= 180.0).then_some(place)
    }
}

impl Geo {
    /// Reads the database at `path` into memory.
    ///
    /// # Errors
    /// It is not there, may not be read, or is no such database.
    pub fn open(path: &Path) -> Result<Self, Error> {
        match Reader::open_readfile(path) {
            Ok(reader) => {
                let cities = reader.metadata().database_type.to_ascii_lowercase().contains("city");
                Ok(Self { reader, asked: Mutex::new(vec![None; ASKED]), path: path.to_owned(), cities })
            }
            Err(e) => Err(Error { path: path.display().to_string(), why: e.to_string() }),
        }
    }

    /// Looks for a database: `extra` (a file, or a folder that holds some) first, then [`FOLDERS`].
    ///
    /// # Errors
    /// A sentence for the overview that says what was looked for and what to do.
    pub fn find(extra: Option<&Path>) -> Result<Self, String> {
        let folders: Vec<&Path> = FOLDERS.iter().map(Path::new).collect();
        Self::find_in(extra, &folders)
    }

    fn find_in(extra: Option<&Path>, folders: &[&Path]) -> Result<Self, String> {
        let mut faults = Vec::new();
        for path in extra.into_iter().chain(folders.iter().copied()).flat_map(databases) {
            match Self::open(&path) {
                // An ASN database opens as well; one that calls itself so cannot answer.
                Ok(geo) if geo.reader.metadata().database_type.to_ascii_lowercase().contains("asn") => {}
                Ok(geo) => return Ok(geo),
                Err(e) => faults.push(e.to_string()),
            }
        }
        if let Some(path) = extra.filter(|p| !p.exists()) {
            faults.push(format!("{} does not exist", path.display()));
        }
        let looked: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
        let why = if faults.is_empty() { String::new() } else { format!(" ({})", faults.join("; ")) };
        Err(format!(
            "No countries: no country database (*.mmdb) was found in {}{why}. Put one there, for example DB-IP Lite, \
             GeoLite2-Country or iptoasn-country, or name its path in the settings.",
            looked.join(" or "),
        ))
    }

    /// ISO 3166 country of an address, if the database knows it.
    #[must_use]
    pub fn country(&self, ip: IpAddr) -> Option<String> {
        let ip = ip.to_canonical();
        let slot = hash(ip) as usize % ASKED;
        let known = lock(&self.asked)[slot].filter(|(known, _)| *known == ip);
        let (_, code) = known.unwrap_or_else(|| {
            let answer = (ip, self.look_up(ip));
            lock(&self.asked)[slot] = Some(answer);
            answer
        });
        code.map(|code| String::from_utf8_lossy(&code).into_owned())
    }

    fn look_up(&self, ip: IpAddr) -> Option<[u8; 2]> {
        let entry: Entry = self.reader.lookup(ip).ok()?.decode().ok()??;
        let code = entry.country_code.or_else(|| entry.country.and_then(|c| c.iso_code))?;
        // Registry data marks unassigned space with words such as "None" or "ZZ".
        let code: [u8; 2] = code.as_bytes().try_into().ok()?;
        (code.iter().all(u8::is_ascii_uppercase) && code != *b"ZZ").then_some(code)
    }

    /// Where an address is, if this is a city database and knows it.
    #[must_use]
    pub fn location(&self, ip: IpAddr) -> Option<Location> {
        if !self.cities {
            return None;
        }
        let city: City = self.reader.lookup(ip.to_canonical()).ok()?.decode().ok()??;
        city.location.and_then(Spot::location)
    }

    /// Where it was read from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The file itself, or the `*.mmdb` files of a folder with country databases first (a city one also knows countries).
pub(super) fn databases(at: &Path) -> Vec<PathBuf> {
    if at.is_file() {
        return vec![at.to_owned()];
    }
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(at).map(|entries| entries.flatten().map(|e| e.path()).collect()).unwrap_or_default();
    found.retain(|p| p.extension().is_some_and(|e| e.eq_ignore_ascii_case("mmdb")));
    found.sort_by_key(|p| {
        let name = p.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        (!name.contains("country"), !name.contains("city"), name)
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_found_is_a_sentence_with_a_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let why = Geo::find_in(None, &[folder.path()]).err().unwrap();
        assert!(why.contains("No countries") && why.contains("Put one there"), "{why}");
        std::fs::write(folder.path().join("broken-country.mmdb"), b"not a database").unwrap();
        let why = Geo::find_in(Some(Path::new("/nowhere/x.mmdb")), &[folder.path()]).err().unwrap();
        assert!(why.contains("cannot be read") && why.contains("/nowhere/x.mmdb does not exist"), "{why}");
    }

    #[test]
    fn both_record_shapes_are_read() {
        let free: Entry = serde_json::from_str(r#"{"country_code": "US"}"#).unwrap();
        assert_eq!(free.country_code.as_deref(), Some("US"));
        let vendor: Entry = serde_json::from_str(r#"{"country": {"iso_code": "DE", "geoname_id": 1}}"#).unwrap();
        assert_eq!(vendor.country.and_then(|c| c.iso_code).as_deref(), Some("DE"));
    }

    #[test]
    fn a_spot_off_the_globe_is_none() {
        let spot = |text| serde_json::from_str::<City>(text).unwrap().location.and_then(Spot::location);
        let place = spot(r#"{"location": {"latitude": 52.5, "longitude": 13.4, "accuracy_radius": 20}}"#).unwrap();
        assert_eq!((place.latitude, place.accuracy_km), (52.5, 20));
        assert_eq!(spot(r#"{"location": {"latitude": 91.0, "longitude": 13.4}}"#), None);
        assert_eq!(spot(r#"{"location": {"latitude": 1.0}}"#), None);
        assert_eq!(spot("{}"), None);
    }

    #[test]
    #[ignore = "needs ../shared/data"]
    fn a_real_database_knows_countries() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/geo");
        let geo = Geo::find(Some(&folder)).unwrap();
        assert_eq!(geo.country("8.8.8.8".parse().unwrap()).as_deref(), Some("US"));
        assert_eq!(geo.country("::ffff:8.8.8.8".parse().unwrap()).as_deref(), Some("US"));
        assert_eq!(geo.country("2001:4860:4860::8888".parse().unwrap()).as_deref(), Some("US"));
        assert_eq!(geo.country("127.0.0.1".parse().unwrap()), None);
        // More addresses than are remembered, each asked twice.
        let many = || (0..20_000u32).map(|n| IpAddr::from((n.wrapping_mul(200_003)).to_be_bytes()));
        let first: Vec<_> = many().map(|ip| geo.country(ip)).collect();
        assert!(many().map(|ip| geo.country(ip)).eq(first.iter().cloned()));
        assert!(many().map(|ip| geo.look_up(ip)).eq(first.iter().map(|c| c.as_deref()?.as_bytes().try_into().ok())));
        assert!(geo.path().ends_with("iptoasn-country.mmdb"));
    }
}
