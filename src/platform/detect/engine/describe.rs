//! What the detectors remember of a client, in words: for people who ask why a line was told, or was not.

use super::{Client, Engine, named};
use crate::api::Timestamp;
use crate::platform::record::Record;
use crate::text::human;

impl Engine {
    /// What is counted for the client of a record of the real world, and how far it got. Empty for one that nothing is known
    /// of.
    #[must_use]
    pub fn describe(&self, record: &Record<'_>) -> Vec<(&'static str, String)> {
        let ip = record.src_ip.or_else(|| record.client.as_deref().map(named::stand_in));
        ip.and_then(|ip| self.real.clients.get(&ip.to_canonical())).map(Client::describe).unwrap_or_default()
    }
}

impl Client {
    fn describe(&self) -> Vec<(&'static str, String)> {
        let mut said = Vec::new();
        if let Some(campaign) = &self.login {
            said.push(("failed logins", campaign.describe()));
        }
        for (what, probe) in [("paths not found", &self.missing), ("paths forbidden", &self.forbidden)] {
            if let Some(probe) = probe {
                said.push((what, probe.describe()));
            }
        }
        if let Some(crawl) = self.crawl.describe() {
            said.push(("pages asked for", crawl));
        }
        if let Some(mix) = self.mix.describe() {
            said.push(("response codes", mix));
        }
        if let Some(crawler) = self.crawler {
            said.push(("calls itself", crawler.name().to_owned()));
        }
        if let Some(at) = self.flagged {
            said.push(("last detection", Timestamp(at.get()).to_string()));
        }
        said
    }
}

/// `12, 4 different, since 10:05:03`.
pub(super) fn counted(count: u64, distinct: usize, since: i64) -> String {
    format!("{}, {distinct} different, since {}", human::count(count), Timestamp(since).clock())
}
