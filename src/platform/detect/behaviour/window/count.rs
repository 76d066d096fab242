//! How the counts of a window grow and are put together.

use super::*;

impl Counts {
    /// What most never do.
    pub fn deeds(&self) -> &Deeds {
        static NONE: Deeds = Deeds {
            denied: 0,
            successes: 0,
            failures: 0,
            admin: 0,
            steps: 0,
            fresh: 0,
            summed: [0; SETS],
            objects: Things::NONE,
        };
        self.deeds.as_deref().unwrap_or(&NONE)
    }

    /// How much is in it, what is telling weighing more.
    pub fn weight(&self) -> u32 {
        let deeds = self.deeds();
        let telling = deeds.failures.saturating_add(deeds.denied).saturating_add(deeds.admin);
        self.requests.saturating_add(telling.saturating_mul(3))
    }

    /// Mean gap and its deviation, in seconds, once there are enough.
    pub fn rhythm(&self) -> Option<(f64, f64)> {
        let (n, sum, squares) = (f64::from(self.gaps.0), f64::from(self.gaps.1), f64::from(self.gaps.2));
        if n < 9.0 {
            return None;
        }
        let mean = sum / n;
        Some((mean, (squares / n - mean * mean).max(0.0).sqrt()))
    }

    /// Takes an event in. Of a `group`, which is several, a pace and steps say nothing.
    pub(super) fn add(&mut self, fact: &Fact<'_>, group: bool, fresh: bool) {
        let n = fact.repeat;
        up(&mut self.requests, n, true);
        up(&mut self.errors, n, fact.error);
        up(&mut self.writes, n, fact.write);
        // The low half tells neighbours as well.
        #[expect(clippy::cast_possible_truncation)]
        let number = fact.number as u32;
        let step = !group && fact.number != 0 && number.abs_diff(self.number) == 1;
        if step || fact.denied || fact.admin || fact.login.is_some() {
            let deeds = self.deeds.get_or_insert_default();
            up(&mut deeds.denied, n, fact.denied);
            up(&mut deeds.successes, n, fact.login == Some(true));
            up(&mut deeds.failures, n, fact.login == Some(false));
            up(&mut deeds.fresh, 1, fresh && fact.login == Some(false));
            up(&mut deeds.admin, n, fact.admin);
            up(&mut deeds.steps, 1, step);
        }
        self.payload = self.payload.max(fact.payload);
        self.bytes = self.bytes.saturating_add(fact.bytes);
        if group {
            return;
        }
        if fact.number != 0 {
            self.number = number;
        }
        if self.last != 0 {
            let gap = (fact.time.saturating_sub(self.last)).clamp(0, 3_600_000) as f32 / 1e3;
            self.gaps = (self.gaps.0.saturating_add(1), self.gaps.1 + gap, self.gaps.2 + gap * gap);
        }
        self.last = self.last.max(fact.time);
    }

    /// Adds to the sets.
    pub(super) fn tell_apart(&mut self, kind: Kind, members: &Members) {
        self.sets.iter_mut().zip(members.bits(kind)).for_each(|(set, bit)| *set |= bit);
    }

    /// Notes what a user or a key used.
    pub(super) fn used(&mut self, object: u64) {
        self.deeds.get_or_insert_default().objects.add(object);
    }

    /// Adds the different things of a window about to be merged.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimated count")]
    pub(super) fn sum(&mut self, set: usize, distinct: f64) {
        let distinct = distinct.round() as u32;
        if distinct > 0
            && let Some(summed) = self.deeds.get_or_insert_default().summed.get_mut(set)
        {
            up(summed, distinct, true);
        }
    }

    pub(super) fn merge(&mut self, other: &mut Self) {
        up(&mut self.requests, other.requests, true);
        up(&mut self.errors, other.errors, true);
        up(&mut self.writes, other.writes, true);
        if let Some(other) = &other.deeds {
            self.deeds.get_or_insert_default().merge(other);
        }
        self.merged = self.merged.saturating_add(1);
        self.payload = self.payload.max(other.payload);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.gaps.0 = self.gaps.0.saturating_add(other.gaps.0);
        self.gaps.1 += other.gaps.1;
        self.gaps.2 += other.gaps.2;
        self.last = self.last.max(other.last);
        self.sets.iter_mut().zip(other.sets).for_each(|(own, more)| *own |= more);
    }
}

impl Deeds {
    /// The sums of different things are added before: what was merged into the other one is in them already.
    fn merge(&mut self, other: &Self) {
        up(&mut self.denied, other.denied, true);
        up(&mut self.successes, other.successes, true);
        up(&mut self.failures, other.failures, true);
        up(&mut self.admin, other.admin, true);
        up(&mut self.steps, other.steps, true);
        up(&mut self.fresh, other.fresh, true);
        self.objects.merge(&other.objects);
    }
}

fn up(counter: &mut u32, by: u32, when: bool) {
    *counter = if when { counter.saturating_add(by) } else { *counter };
}

impl Heavy {
    pub(super) fn new(source: &str) -> Self {
        Self { evidence: Vec::new(), sketches: Default::default(), source: source.into() }
    }

    pub(super) fn add(&mut self, fact: &Fact<'_>, telling: bool) {
        if telling {
            if self.evidence.len() >= EVIDENCE {
                self.evidence.remove(0);
            }
            self.evidence.push(fact.event);
        }
    }

    /// Sketches what the bit maps have hardly room for.
    pub(super) fn count(&mut self, sets: &[u64; SETS], members: &[u64; SETS]) {
        for ((sketch, set), member) in self.sketches.iter_mut().zip(sets).zip(members) {
            if *member != 0 && set.count_ones() >= CROWDED {
                if sketch.is_none() {
                    *sketch = HllSketch::new(LG_REGISTERS, HllType::Hll4).ok().map(Box::new);
                }
                if let Some(sketch) = sketch {
                    sketch.update(*member);
                }
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.evidence.extend_from_slice(&other.evidence);
        let more = self.evidence.len().saturating_sub(EVIDENCE);
        self.evidence.drain(..more);
        for (own, more) in self.sketches.iter_mut().zip(&other.sketches) {
            let (Some(more), Ok(mut union)) = (more, HllUnion::new(LG_REGISTERS)) else { continue };
            union.update(more);
            if let Some(own) = own.as_deref() {
                union.update(own);
            }
            *own = Some(Box::new(union.to_sketch(HllType::Hll4)));
        }
    }
}

/// What of a fact goes into the sets: the same for most rows that it is counted in.
pub struct Members {
    /// What is missing, routes, agents and objects.
    common: [u64; SETS],
    /// The bits of these.
    bits: [u64; SETS],
    /// And of the name, the address and the country.
    who: [u64; 3],
    /// Who.
    name: u64,
    /// Where from.
    address: u64,
    country: u64,
    /// The login failed.
    failed: bool,
}

impl Members {
    pub fn of(fact: &Fact<'_>) -> Self {
        let common = [if fact.missing { fact.object } else { 0 }, fact.route, 0, fact.agent, fact.object, 0];
        let (name, country) = (hash(fact.user.as_bytes()), fact.country);
        let address = fact.ip.map_or(0, |ip| pair(number(ip), 0));
        let who = [name, address, country].map(bit);
        Self { common, bits: common.map(bit), who, name, address, country, failed: fact.login == Some(false) }
    }

    /// Names that failed and places: what goes into those two sets of a row of this kind, of a name, an address and a
    /// country or of their bits.
    fn own(&self, kind: Kind, [name, address, country]: [u64; 3]) -> [u64; 2] {
        let failed = if self.failed && kind != Kind::User { name } else { 0 };
        let place = match kind {
            Kind::User => country,
            // Who is at an address: several make it a group.
            Kind::Address if self.failed => 0,
            Kind::Address => name,
            _ => address,
        };
        [failed, place]
    }

    /// Of everybody together only the failed logins are told apart: every event passes there.
    pub(super) fn counts_for(&self, kind: Kind) -> bool {
        kind != Kind::All || self.failed
    }

    /// Everything that goes into the sets of a row of this kind.
    pub(super) fn all(&self, kind: Kind) -> [u64; SETS] {
        let [failed, place] = self.own(kind, [self.name, self.address, self.country]);
        let [missing, route, _, agent, object, _] = if kind == Kind::All { [0; SETS] } else { self.common };
        [missing, route, failed, agent, object, place]
    }

    /// The same as bits.
    fn bits(&self, kind: Kind) -> [u64; SETS] {
        let [failed, place] = self.own(kind, self.who);
        let [missing, route, _, agent, object, _] = if kind == Kind::All { [0; SETS] } else { self.bits };
        [missing, route, failed, agent, object, place]
    }
}

/// The bit of a set that stands for a member; none for nothing.
fn bit(member: u64) -> u64 {
    u64::from(member != 0) << (member >> 8 & 63)
}
