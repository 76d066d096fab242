//! Enrichment: what is known about an entity beyond its own events. One file per kind of knowledge.
//!
//! Context only: nothing here changes a score by itself. Start at [`Places`], which fills a record in.

pub mod asn;
pub mod geo;

pub use asn::Asn;
pub use geo::Geo;

use super::record::Record;
use crate::api::Class;
use std::path::Path;

/// The databases that say where an address is.
#[derive(Default)]
pub struct Places {
    geo: Option<Geo>,
    asn: Option<Asn>,
}

impl Places {
    /// Looks for both; with a sentence for the overview when there is no country database.
    #[must_use]
    pub fn find(extra: Option<&Path>) -> (Self, Option<String>) {
        let (geo, note) = match Geo::find(extra) {
            Ok(geo) => (Some(geo), None),
            Err(why) => (None, Some(why)),
        };
        (Self { geo, asn: Asn::find(extra) }, note)
    }

    /// Country of the client, unless the record says it.
    pub fn country(&self, record: &mut Record<'_>) {
        if record.country.is_none()
            && let (Some(geo), Some(ip)) = (&self.geo, record.src_ip)
        {
            record.country = geo.country(ip).map(Into::into);
        }
    }

    /// What detectors compare about an identity: country, network, place. Looked up only where a record has one; a
    /// lookup costs as much as everything else that is done to an ordinary line.
    pub fn identity(&self, record: &mut Record<'_>) {
        let named = record.class == Class::AUTHENTICATION
            || record.user.is_some()
            || record.call.is_some()
            || record.session.is_some();
        let Some(ip) = record.src_ip.filter(|_| named) else { return };
        self.country(record);
        record.asn = record.asn.or_else(|| self.asn.as_ref()?.number(ip));
        record.location = record.location.or_else(|| self.geo.as_ref()?.location(ip));
    }
}
