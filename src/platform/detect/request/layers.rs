//! What was taken off a text before it could be read: kinds of encoding, and how often the deepest was there.

/// Disguises that were taken off. Empty for a text that was plain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Layers {
    kinds: u16,
    /// Rounds of decoding that changed something.
    rounds: u8,
    /// Rounds in which percent signs came off.
    percents: u8,
}

impl Layers {
    pub(super) const PERCENT: u16 = 1;
    pub(super) const UNICODE: u16 = 2;
    pub(super) const ENTITY: u16 = 4;
    pub(super) const ESCAPE: u16 = 8;
    pub(super) const OVERLONG: u16 = 16;
    pub(super) const WIDE: u16 = 32;
    pub(super) const NUL: u16 = 64;
    pub(super) const BASE64: u16 = 128;
    pub(super) const JSON: u16 = 256;
    pub(super) const XML: u16 = 512;
    pub(super) const MULTIPART: u16 = 1024;
    pub(super) const CONTROL: u16 = 2048;

    const NAMES: [(u16, &'static str); 12] = [
        (Self::MULTIPART, "multipart"),
        (Self::JSON, "JSON"),
        (Self::XML, "XML"),
        (Self::BASE64, "base64"),
        (Self::PERCENT, "percent"),
        (Self::UNICODE, "%u"),
        (Self::ENTITY, "HTML entities"),
        (Self::ESCAPE, "escapes"),
        (Self::OVERLONG, "overlong UTF-8"),
        (Self::WIDE, "look-alike characters"),
        (Self::NUL, "NUL"),
        (Self::CONTROL, "control characters"),
    ];

    pub(super) fn note(&mut self, kind: u16) {
        self.kinds |= kind;
    }

    /// One more round of decoding.
    pub(super) fn add(&mut self, round: Self) {
        self.kinds |= round.kinds;
        self.rounds = self.rounds.saturating_add(1);
        self.percents = self.percents.saturating_add(u8::from(round.has(Self::PERCENT)));
    }

    /// This text lay inside another one.
    pub(super) fn inside(mut self, outer: u16) -> Self {
        self.kinds |= outer;
        self
    }

    pub(super) fn has(self, kind: u16) -> bool {
        self.kinds & kind != 0
    }

    /// How often percent signs came off.
    pub(super) fn percents(self) -> u8 {
        self.percents
    }

    /// True if the text was plain.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.kinds == 0
    }

    /// The layers by name, outermost first; percent signs that were there twice say so.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(kind, _)| self.has(*kind)).map(move |(kind, name)| {
            match (kind, self.percents) {
                (Self::PERCENT, 2) => "percent twice",
                (Self::PERCENT, 3) => "percent three times",
                (Self::PERCENT, 4..) => "percent four times or more",
                _ => name,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_say_their_names_and_depth() {
        let mut layers = Layers::default();
        assert!(layers.is_empty());
        let mut round = Layers::default();
        round.note(Layers::PERCENT);
        layers.add(round);
        layers.add(round);
        let layers = layers.inside(Layers::JSON);
        assert_eq!(layers.names().collect::<Vec<_>>(), ["JSON", "percent twice"]);
    }
}
