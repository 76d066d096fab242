//! How near one word is to another, for "did you mean".

/// Bytes of a word that are looked at: names are short, and what a stranger types must not cost time.
const LOOKED_AT: usize = 64;

/// Edits (insert, delete, replace; Levenshtein 1966) from one word to the other; upper and lower case alike.
#[must_use]
pub fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (head(a), head(b));
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = corner + usize::from(!x.eq_ignore_ascii_case(y));
            corner = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

fn head(word: &str) -> &[u8] {
    &word.as_bytes()[..word.len().min(LOOKED_AT)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_the_known_ones() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("Same", "same"), 0);
    }
}
