//! How many different things a row has seen.

use super::{CROWDED, Row, SEVERAL};
use crate::platform::detect::behaviour::kind::Kind;
use std::sync::LazyLock;

/// How many different things so many bits of a set stand for: linear counting (Whang and others 1990); 64 bits tell up to
/// about 250 apart.
pub static FEW: LazyLock<[f64; 65]> = LazyLock::new(|| {
    std::array::from_fn(|bits| if bits == 0 { 0.0 } else { -64.0 * ((64.5 - bits as f64) / 64.5).ln() })
});

impl Row {
    /// How many different things of a set there were; of a merged window with many, how many in each ten minutes, added up.
    pub fn distinct(&self, set: usize) -> f64 {
        if let Some(few) = self.few(set) {
            return FEW[few];
        }
        let bits = self.counts.sets.get(set).copied().unwrap_or(0).count_ones();
        if self.counts.merged > 0 && bits >= CROWDED {
            return f64::from(self.counts.deeds().summed.get(set).copied().unwrap_or(0));
        }
        let few = FEW[bits as usize];
        let many = self.heavy.as_ref().and_then(|h| h.sketches.get(set)?.as_ref()).map_or(0.0, |s| s.estimate());
        few.max(many)
    }

    /// The bits of a set that is not so crowded that there is more to know about it.
    pub fn few(&self, set: usize) -> Option<usize> {
        let set = self.counts.sets.get(set).copied().unwrap_or(0);
        // Mostly there is none, or it is one and the same.
        let bits = if set & set.wrapping_sub(1) == 0 { u32::from(set != 0) } else { set.count_ones() };
        (bits < CROWDED).then_some(bits as usize)
    }

    /// It is not one actor but several: a range, a tenant, an address that several users share.
    pub fn is_group(&self) -> bool {
        self.kind.is_group() || (self.kind == Kind::Address && self.distinct(5) >= SEVERAL)
    }

    /// Several addresses take part in it.
    pub fn is_several(&self) -> bool {
        self.distinct(5) >= SEVERAL
    }
}
