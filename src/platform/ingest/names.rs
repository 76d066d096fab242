//! A table of names that is asked for every member of every line: names are kept by their length, so that most
//! questions end after one look.

/// Names, in any case, and what each means.
pub struct Names<T: 'static>(Vec<Vec<(&'static str, T)>>);

impl<T: Copy> Names<T> {
    /// Of these. The first of equal names counts.
    pub fn of(names: &[(&'static str, T)]) -> Self {
        let longest = names.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let with_length = |length| names.iter().copied().filter(|(name, _)| name.len() == length).collect();
        Self((0..=longest).map(with_length).collect())
    }

    /// What a name means.
    #[inline]
    pub fn get(&self, name: &str) -> Option<T> {
        self.0.get(name.len())?.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, meaning)| *meaning)
    }
}
