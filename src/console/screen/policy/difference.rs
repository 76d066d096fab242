//! Two texts line by line: what only the old has, what only the new has, what both have, in order. The longest common
//! subsequence, by the table of lengths; where that table would be too large, the middle counts as wholly replaced.

/// Most cells of the table.
const CELLS: usize = 4_000_000;

/// Which text has a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Both.
    Both,
    /// Only the old one.
    Old,
    /// Only the new one.
    New,
}

/// The lines of both texts in order.
#[must_use]
pub fn differences<'a>(old: &'a str, new: &'a str) -> Vec<(Side, &'a str)> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut out: Vec<(Side, &str)> = old[..head].iter().map(|l| (Side::Both, *l)).collect();
    middle(a, b, &mut out);
    out.extend(old[old.len() - tail..].iter().map(|l| (Side::Both, *l)));
    out
}

fn middle<'a>(a: &[&'a str], b: &[&'a str], out: &mut Vec<(Side, &'a str)>) {
    let width = b.len() + 1;
    if (a.len() + 1).saturating_mul(width) > CELLS {
        out.extend(a.iter().map(|l| (Side::Old, *l)));
        out.extend(b.iter().map(|l| (Side::New, *l)));
        return;
    }
    // longest[i * width + j]: of a[i..] and b[j..].
    let mut longest = vec![0u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * width + j] = if a[i] == b[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            out.push((Side::Both, a[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || (i < a.len() && longest[(i + 1) * width + j] >= longest[i * width + j + 1]) {
            out.push((Side::Old, a[i]));
            i += 1;
        } else {
            out.push((Side::New, b[j]));
            j += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_changed_line_is_taken_and_put() {
        let all = differences("a\nb\nc\n", "a\nx\nc\nd\n");
        assert_eq!(all, [(Side::Both, "a"), (Side::Old, "b"), (Side::New, "x"), (Side::Both, "c"), (Side::New, "d")]);
    }

    proptest! {
        #[test]
        fn each_text_can_be_read_off(old in "[ab\n]{0,40}", new in "[ab\n]{0,40}") {
            let all = differences(&old, &new);
            let side = |not: Side| all.iter().filter(|(s, _)| *s != not).map(|(_, l)| *l).collect::<Vec<_>>();
            prop_assert_eq!(side(Side::New), old.lines().collect::<Vec<_>>());
            prop_assert_eq!(side(Side::Old), new.lines().collect::<Vec<_>>());
        }
    }
}
