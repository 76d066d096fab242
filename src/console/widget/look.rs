//! What drawing needs besides the values: styles and the time. Times are milliseconds since 1970, by the platform's
//! clock.
//!
//! A console without a tick must know when a text it has drawn becomes wrong ("12s" is wrong a second later). So the
//! words for ages are made here, and each notes when it changes next; [`Look::wake`] is the earliest of them.

use crate::console::theme::{Theme, Tone};
use crate::text::human;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// What can be clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// A row, so many below the chosen one.
    Row(isize),
    /// A tab, so many to the right of the one in front.
    Tab(isize),
    /// A panel; whether keys go there.
    Panel(bool),
}

/// Styles and time, for one frame.
#[derive(Debug)]
pub struct Look<'a> {
    theme: &'a Theme,
    now: i64,
    /// Local time minus UTC, milliseconds; nothing for UTC.
    offset: Option<i64>,
    wake: Cell<Option<i64>>,
    /// Who else looks at which incident, in words.
    beside: Option<&'a BTreeMap<u64, String>>,
    /// What lies where, if anybody wants to know.
    hits: Option<RefCell<Vec<(Rect, Hit)>>>,
}

impl<'a> Look<'a> {
    /// For a frame drawn at `now`.
    #[must_use]
    pub const fn new(theme: &'a Theme, now: i64) -> Self {
        Self { theme, now, offset: None, wake: Cell::new(None), beside: None, hits: None }
    }

    /// With who else looks at which incident, in words.
    #[must_use]
    pub fn beside(self, beside: Option<&'a BTreeMap<u64, String>>) -> Self {
        Self { beside, ..self }
    }

    /// Who else looks at an incident, in words.
    #[must_use]
    pub fn others(&self, incident: u64) -> Option<&str> {
        self.beside?.get(&incident).map(String::as_str)
    }

    /// With notes of what lies where.
    #[must_use]
    pub fn noting_hits(self) -> Self {
        Self { hits: Some(RefCell::default()), ..self }
    }

    /// Notes what lies there. What is drawn later lies over it.
    pub fn lies(&self, area: Rect, hit: Hit) {
        if let Some(hits) = &self.hits {
            hits.borrow_mut().push((area, hit));
        }
    }

    /// What lies at a column and a row.
    #[must_use]
    pub fn hit(&self, at: (u16, u16)) -> Option<Hit> {
        let hits = self.hits.as_ref()?.borrow();
        hits.iter().rev().find(|(area, _)| area.contains(at.into())).map(|(_, hit)| *hit)
    }

    /// With times shown so many milliseconds after UTC; in UTC when absent.
    #[must_use]
    pub fn in_zone(self, offset: Option<i64>) -> Self {
        Self { offset, ..self }
    }

    /// The time of day of an instant, `20:26:51`.
    #[must_use]
    pub fn clock(&self, at: i64) -> String {
        let seconds = self.shift(at).div_euclid(1000).rem_euclid(86_400);
        format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    /// An instant in the zone that times are shown in, as if that were UTC.
    #[must_use]
    pub const fn shift(&self, at: i64) -> i64 {
        match self.offset {
            Some(offset) => at.saturating_add(offset),
            None => at,
        }
    }

    /// The word for that zone: `UTC` or `+01:00`.
    #[must_use]
    pub fn zone(&self) -> String {
        match self.offset {
            None => "UTC".into(),
            Some(ms) => {
                let minutes = ms / 60_000;
                let sign = if minutes < 0 { '-' } else { '+' };
                format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
        }
    }

    /// The style of a tone.
    #[must_use]
    pub const fn style(&self, tone: Tone) -> Style {
        self.theme.style(tone)
    }

    /// The platform's clock at this frame.
    #[must_use]
    pub const fn now(&self) -> i64 {
        self.now
    }

    /// How long ago `then` was, e.g. `12s`, `3m`.
    #[must_use]
    pub fn age(&self, then: i64) -> String {
        let (text, changes) = human::age(then, self.now);
        self.wake_at(changes);
        text
    }

    /// How long until `then`, e.g. `14m`; `now` when it has passed.
    #[must_use]
    pub fn until(&self, then: i64) -> String {
        let (text, changes) = human::until(then, self.now);
        changes.into_iter().for_each(|at| self.wake_at(at));
        text
    }

    /// Asks for a redraw at a time.
    pub fn wake_at(&self, at: i64) {
        self.wake.set(Some(self.wake.get().map_or(at, |earlier| earlier.min(at))));
    }

    /// When something drawn so far becomes wrong, rounded up to a whole second so that many ages share one redraw.
    #[must_use]
    pub fn wake(&self) -> Option<i64> {
        self.wake.get().map(|at| at.max(self.now + 1).saturating_add(999).div_euclid(1000).saturating_mul(1000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::theme::Depth;
    use proptest::prelude::*;

    #[test]
    fn old_ages_wake_rarely() {
        let theme = Theme::named("dark", Depth::None).unwrap();
        let look = Look::new(&theme, 10 * 3_600_000);
        assert_eq!(look.age(3_600_000), "9h");
        assert_eq!(look.wake(), Some(11 * 3_600_000));
        assert_eq!(look.age(10 * 3_600_000 - 61_500), "1m");
        assert_eq!(look.wake(), Some(10 * 3_600_000 + 59_000));
        assert_eq!(look.age(10 * 3_600_000 - 2_500), "2s");
        assert_eq!(look.wake(), Some(10 * 3_600_000 + 1_000));
    }

    #[test]
    fn times_are_shown_in_a_zone() {
        let theme = Theme::named("dark", Depth::None).unwrap();
        let look = Look::new(&theme, 0);
        assert_eq!((look.clock(1_795_291_200_000), look.zone()), ("20:00:00".into(), "UTC".into()));
        let look = look.in_zone(Some(-(3 * 3600 + 1800) * 1000));
        assert_eq!((look.clock(1_795_291_200_000), look.zone()), ("16:30:00".into(), "-03:30".into()));
        assert_eq!(look.in_zone(Some(5 * 3_600_000)).clock(1_795_291_200_000), "01:00:00");
    }

    proptest! {
        #[test]
        fn a_text_stays_right_until_its_wake(now in 0i64..10_000_000_000, gap in 0i64..100_000_000, ahead: bool) {
            let theme = Theme::named("dark", Depth::None).unwrap();
            let text = |at: i64, look: &Look| if ahead { look.until(now + gap) } else { look.age(at.min(now) - gap) };
            let look = Look::new(&theme, now);
            let shown = text(now, &look);
            if let Some(wake) = look.wake.get() {
                let before = Look::new(&theme, (wake - 1).max(now));
                prop_assert_eq!(text(now, &before), shown.clone());
                let after = Look::new(&theme, wake);
                prop_assert_ne!(text(now, &after), shown);
            }
        }
    }
}
