//! What the detectors remember of a client, in words: for people who ask why a line was told, or was not.

use super::{Client, Engine};
use crate::api::Timestamp;
use crate::text::human;
use std::net::IpAddr;

impl Engine {
    /// What is counted for a client of the real world, and how far it got. Empty for one that nothing is known of.
    #[must_use]
    pub fn describe(&self, ip: IpAddr) -> Vec<(&'static str, String)> {
        self.real.clients.get(&ip.to_canonical()).map(Client::describe).unwrap_or_default()
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
