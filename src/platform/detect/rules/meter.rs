//! What rules cost, counted and not timed, so that the same events always give the same answer; and the switch.

/// Events over which the cost is averaged.
const WINDOW: u32 = 8_192;
/// Most comparisons a filter may cost on average for each event.
pub const BUDGET: u64 = 64;
/// What a match costs on top: a bucket is found and filled.
pub const MATCH_COST: u32 = 24;

/// Counts of one rule or filter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Events it was asked about.
    pub asked: u64,
    /// Comparisons of the running window.
    spent: u64,
    /// What it cost on average when it was switched off.
    pub off: Option<u64>,
}

/// The counts of all.
#[derive(Debug, Default)]
pub struct Meter {
    counts: Vec<Count>,
    events: u32,
}

impl Meter {
    /// For so many filters.
    #[must_use]
    pub fn new(filters: usize) -> Self {
        Self { counts: vec![Count::default(); filters], events: 0 }
    }

    /// Charges a filter; false when it is switched off.
    pub fn ask(&mut self, filter: usize, cost: u32) -> bool {
        let Some(count) = self.counts.get_mut(filter).filter(|count| count.off.is_none()) else { return false };
        count.asked += 1;
        count.spent += u64::from(cost);
        true
    }

    /// Charges more.
    pub fn charge(&mut self, filter: usize, cost: u32) {
        if let Some(count) = self.counts.get_mut(filter) {
            count.spent += u64::from(cost);
        }
    }

    /// One more event; at the end of a window `over` is told which filters cost too much, and they are off from then on.
    pub fn event(&mut self, mut over: impl FnMut(usize, u64)) {
        self.events += 1;
        if self.events < WINDOW {
            return;
        }
        self.events = 0;
        for (filter, count) in self.counts.iter_mut().enumerate() {
            let each = std::mem::take(&mut count.spent) / u64::from(WINDOW);
            if each > BUDGET && count.off.is_none() {
                count.off = Some(each);
                over(filter, each);
            }
        }
    }

    /// A filter's counts.
    #[cfg(test)]
    pub fn count(&self, filter: usize) -> Count {
        self.counts.get(filter).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_too_much_is_off_after_a_window_and_stays_off() {
        let mut meter = Meter::new(2);
        let mut off = Vec::new();
        for _ in 0..WINDOW {
            assert!(meter.ask(0, 65) && meter.ask(1, 64));
            meter.event(|filter, each| off.push((filter, each)));
        }
        assert_eq!(off, [(0, 65)]);
        assert!(!meter.ask(0, 1) && meter.ask(1, 64));
        assert_eq!(meter.count(0).off, Some(65));
    }
}
