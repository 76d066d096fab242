//! Crawlers that say who they are. What they say is not proof, so they are named and count for less, never for nothing.

use crate::platform::keyed::hash;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::cell::RefCell;
use std::num::NonZeroU8;
use std::sync::LazyLock;

/// Class of detections about them.
pub(super) const CLASS: &str = "known_crawler";

/// Part of the agent, lower case, and the name.
const KNOWN: [(&str, &str); 33] = [
    ("googlebot", "Googlebot"),
    ("google-read-aloud", "Google"),
    ("feedfetcher-google", "Google Feedfetcher"),
    ("mediapartners-google", "Google AdSense"),
    ("adsbot-google", "Google AdsBot"),
    ("bingbot", "Bingbot"),
    ("bingpreview", "Bing Preview"),
    ("msnbot", "MSNBot"),
    ("yandex", "Yandex"),
    ("baiduspider", "Baiduspider"),
    ("duckduckbot", "DuckDuckBot"),
    ("slurp", "Yahoo Slurp"),
    ("applebot", "Applebot"),
    ("ahrefsbot", "AhrefsBot"),
    ("semrushbot", "SemrushBot"),
    ("mj12bot", "MJ12bot"),
    ("dotbot", "DotBot"),
    ("exabot", "Exabot"),
    ("ia_archiver", "Internet Archive"),
    ("archive.org_bot", "Internet Archive"),
    ("facebookexternalhit", "Facebook"),
    ("twitterbot", "Twitterbot"),
    ("linkedinbot", "LinkedInBot"),
    ("seznambot", "SeznamBot"),
    ("sogou", "Sogou"),
    ("petalbot", "PetalBot"),
    ("bytespider", "Bytespider"),
    ("gptbot", "GPTBot"),
    ("ccbot", "CCBot"),
    ("amazonbot", "Amazonbot"),
    ("ezooms", "Ezooms"),
    ("sputnikbot", "SputnikBot"),
    ("universalfeedparser", "UniversalFeedParser"),
];

/// One of them, by its number in the table from 1 on: there are very many clients, and a name takes sixteen bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Crawler(NonZeroU8);

impl Crawler {
    /// What it is called.
    pub fn name(self) -> &'static str {
        KNOWN.get(usize::from(self.0.get()) - 1).map_or("", |(_, name)| name)
    }
}

/// Looks for all of them at once.
static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let parts = KNOWN.iter().map(|(part, _)| part);
    AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(parts).ok()
});

/// Agents whose answer is remembered by each thread.
const SLOTS: usize = 512;

thread_local! {
    /// Hash of an agent, and whom it names. Two agents of one hash are not to be had by whoever does not know its secret.
    static ASKED: RefCell<Vec<(u64, Option<Crawler>)>> = RefCell::new(vec![(0, None); SLOTS]);
}

/// The crawler an agent names, if it names one; of several the first in the table. Most agents were asked about before.
pub(super) fn named(agent: &str) -> Option<Crawler> {
    let hash = hash(agent);
    ASKED.with_borrow_mut(|slots| {
        let slot = &mut slots[hash as usize % SLOTS];
        if slot.0 != hash {
            *slot = (hash, look(agent));
        }
        slot.1
    })
}

fn look(agent: &str) -> Option<Crawler> {
    let found = FINDER.as_ref()?.find_overlapping_iter(agent).map(|m| m.pattern().as_usize()).min()?;
    NonZeroU8::new(u8::try_from(found + 1).ok()?).map(Crawler)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_so_is_named() {
        let name = |agent| named(agent).map(Crawler::name);
        assert_eq!(name("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), Some("Googlebot"));
        assert_eq!(name("Mozilla/5.0 (X11; Linux x86_64)"), None);
        assert_eq!(name("SOGOU, not GoogleBot"), Some("Googlebot"), "the first of the table");
        assert_eq!(name("UniversalFeedParser/5"), Some("UniversalFeedParser"), "the last");
    }
}
