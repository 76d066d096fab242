//! Seeded chance: splitmix64 (Steele, Lea, Flood 2014). Not for secrets.

/// A source of chance.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The same seed, the same numbers.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` up to, not including, `high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low).unwrap_or(0).max(1);
        low + (self.next() % span) as i64
    }

    /// True in `percent` of cases.
    pub fn chance(&mut self, percent: i64) -> bool {
        self.between(0, 100) < percent
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.between(0, of.len() as i64) as usize]
    }

    /// A wait of about `mean` milliseconds, as between independent arrivals, at most five times as long.
    pub fn gap(&mut self, mean: i64) -> i64 {
        let unit = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        ((-(1.0 - unit).ln() * mean as f64) as i64).clamp(1, mean * 5)
    }
}
