//! From points to "1 in N": the tails a model was shipped with, and a site's own once it has shown enough values.

use super::{Classifier, Field};
use crate::platform::detect::model::Tail;
use serde::{Deserialize, Serialize};

/// Rarities at which a model file says how many points an ordinary value reaches: 1 in 10, 100, 1,000, 10,000.
pub(super) const ANCHORS: usize = 4;

/// Values of its own before a site's tail answers instead of the shipped one.
const OWN: u64 = 4_000;

/// Nothing is called rarer: beyond, there are no values to know it from.
const RAREST: f64 = 1e9;

/// One in how many values reaches these points. Straight lines between the anchors over the logarithm, the last one going
/// on: what an exponential tail looks like.
pub(super) fn rarity(anchors: &[i32; ANCHORS], points: i32) -> f64 {
    if points < anchors[0] {
        // Common: how common does not matter to anybody.
        return 1.0;
    }
    let at = (1..ANCHORS - 1).find(|i| points < anchors[*i]).unwrap_or(ANCHORS - 1);
    let (low, high) = (f64::from(anchors[at - 1]), f64::from(anchors[at]));
    let steps = at as f64 + (f64::from(points) - low) / (high - low).max(1.0);
    10f64.powf(steps).min(RAREST)
}

/// The inverse of [`rarity`].
pub(super) fn threshold(anchors: &[i32; ANCHORS], one_in: f64) -> i32 {
    let steps = one_in.clamp(10.0, RAREST).log10();
    let at = (steps.floor() as usize).clamp(1, ANCHORS - 1);
    let (low, high) = (f64::from(anchors[at - 1]), f64::from(anchors[at]));
    (low + (steps - at as f64) * (high - low).max(1.0)).ceil() as i32
}

/// What one site's own values score, by field. About 10 KiB for each field that is in use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tails {
    fields: [Tail; Field::ALL.len()],
}

impl Default for Tails {
    fn default() -> Self {
        Self { fields: Field::ALL.map(|field| Tail::new(field as u64 + 1)) }
    }
}

impl Tails {
    /// Takes in the points of a value of a request that nothing flagged.
    pub fn learn(&mut self, field: Field, points: i32) {
        if points != i32::MIN {
            self.fields[field as usize].add(f64::from(points));
        }
    }

    /// The points from which on a value of a field is as rare as one in so many: the inverse of [`Tails::one_in`].
    #[must_use]
    pub fn threshold(&self, classifier: &Classifier, field: Field, one_in: f64) -> i32 {
        let tail = &self.fields[field as usize];
        let own = if tail.count() >= OWN { tail.threshold(one_in) } else { None };
        own.map_or_else(|| classifier.threshold(field, one_in), |points| points.ceil() as i32)
    }

    /// One in how many of this site's values of a field reaches these points; by the classifier's own tail until there
    /// are 4,000 values.
    #[must_use]
    pub fn one_in(&self, classifier: &Classifier, field: Field, points: i32) -> f64 {
        let tail = &self.fields[field as usize];
        if points == i32::MIN {
            return 1.0;
        }
        let own = if tail.count() >= OWN { tail.one_in(f64::from(points)) } else { None };
        own.map_or_else(|| classifier.one_in(field, points), |n| n.min(RAREST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SOME: [i32; ANCHORS] = [-300, -100, 50, 220];

    #[test]
    fn anchors_are_met_and_the_last_line_goes_on() {
        for (points, one_in) in [(-300, 10.0), (-100, 100.0), (50, 1e3), (220, 1e4), (390, 1e5)] {
            assert!((rarity(&SOME, points) / one_in - 1.0).abs() < 1e-9, "{points}");
            assert!((threshold(&SOME, one_in) - points).abs() <= 1, "{points}");
        }
        assert_eq!(rarity(&SOME, -301), 1.0);
        assert_eq!(rarity(&SOME, i32::MAX), RAREST);
    }

    #[test]
    fn a_site_of_its_own_kind_gets_its_own_tail() {
        let mut tails = Tails::default();
        let classifier = Classifier::shipped();
        let before = tails.one_in(classifier, Field::Query, 100);
        assert_eq!(before, classifier.one_in(Field::Query, 100));
        // Here half of the values gains 60 points, half of these 60 more, and so on: one in 1,024 reaches 100.
        for n in 1..20_000_i32 {
            tails.learn(Field::Query, -500 + 60 * n.trailing_zeros() as i32);
        }
        let after = tails.one_in(classifier, Field::Query, 100);
        assert!((300.0..3_000.0).contains(&after), "{after}");
        let limit = tails.threshold(classifier, Field::Query, 1_000.0);
        assert!((0..200).contains(&limit), "{limit}");
        assert_eq!(tails.one_in(classifier, Field::Query, i32::MIN), 1.0);
    }

    proptest! {
        #[test]
        fn more_points_are_never_less_rare(mut anchors in any::<[i16; ANCHORS]>(), a in any::<i32>(), b in any::<i32>()) {
            anchors.sort_unstable();
            let anchors = anchors.map(i32::from);
            prop_assert!(rarity(&anchors, a.min(b)) <= rarity(&anchors, a.max(b)));
        }
    }
}
