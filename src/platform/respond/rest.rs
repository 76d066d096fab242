//! Steps that are left to the book. While an action is in force hardly anybody asks how it came to be, and of half a million
//! blocks all steps would take more memory than everything else: only what each enforcer said last is held.

use crate::api::{Action, ActionState};

/// An action without its first steps.
#[derive(Debug, Clone)]
pub struct Rested {
    /// The action, with its last steps.
    pub action: Action,
    /// How many steps before these are in the book alone.
    pub left: usize,
}

impl From<Action> for Rested {
    /// One that is in the book as it is.
    fn from(mut action: Action) -> Self {
        let (mut left, saved) = (0, action.receipts.len());
        rest(&mut action, &mut left, saved);
        Self { action, left }
    }
}

/// Leaves steps to the book, which has the first `saved` of all. What an enforcer last said of whether it holds the target
/// stays, and all that came after the first of these.
pub(super) fn rest(action: &mut Action, left: &mut usize, saved: usize) {
    let receipts = &action.receipts;
    let judges = |state: &ActionState| matches!(state, ActionState::Verified | ActionState::Failed);
    let last = |at: usize| receipts[at + 1..].iter().all(|later| later.enforcer != receipts[at].enforcer);
    let first = (0..receipts.len()).find(|at| judges(&receipts[*at].state) && last(*at)).unwrap_or(0);
    let gone = first.min(saved.saturating_sub(*left));
    if gone > 0 {
        *left += gone;
        action.receipts = action.receipts.split_off(gone);
    }
}

/// All of an action, given what the book has of it; nothing if that cannot be.
pub(super) fn whole(action: &Action, left: usize, stored: Option<Action>) -> Option<Action> {
    let mut receipts = stored?.receipts;
    if receipts.len() < left {
        return None;
    }
    receipts.truncate(left);
    receipts.extend_from_slice(&action.receipts);
    Some(Action { receipts, ..action.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ActionId, ActionKind, Receipt, Timestamp};
    use proptest::prelude::*;

    fn action(steps: &[(u8, u8)]) -> Action {
        let states = [ActionState::Asked, ActionState::Sent, ActionState::Verified, ActionState::Failed];
        let receipt = |(state, by): &(u8, u8)| Receipt {
            state: states[usize::from(*state) % 4].clone(),
            at: Timestamp(0),
            enforcer: [None, Some("gate".to_owned()), Some("wall".to_owned())][usize::from(*by) % 3].clone(),
            detail: "".into(),
        };
        let receipts: Vec<Receipt> = steps.iter().map(receipt).collect();
        let numbered = (0..).zip(receipts).map(|(at, receipt)| Receipt { at: Timestamp(at), ..receipt });
        Action {
            id: ActionId(1),
            kind: ActionKind::BlockAddress,
            target: "198.51.100.7".into(),
            reason: "".into(),
            actor: "".into(),
            automatic: false,
            created: Timestamp(0),
            expires: Timestamp(0),
            state: ActionState::Verified,
            receipts: numbered.collect(),
            incident: None,
            drill: false,
        }
    }

    proptest! {
        /// However often an action comes to rest between its steps: nothing is lost, and what was said last is at hand.
        #[test]
        fn no_step_is_lost(steps in prop::collection::vec((0u8..4, 0u8..3), 0..12), rests in prop::collection::vec(0usize..13, 0..6)) {
            let all = action(&steps);
            let mut held = Action { receipts: Vec::new(), ..all.clone() };
            let (mut left, mut saved) = (0, 0);
            for (at, receipt) in all.receipts.iter().enumerate() {
                held.receipts.push(receipt.clone());
                if rests.contains(&at) {
                    saved = at + 1;
                }
                rest(&mut held, &mut left, saved);
                let so_far = Action { receipts: all.receipts[..=at].to_vec(), ..all.clone() };
                let stored = Action { receipts: all.receipts[..saved].to_vec(), ..all.clone() };
                prop_assert_eq!(whole(&held, left, Some(stored)), Some(so_far.clone()));
                for name in [None, Some("gate"), Some("wall")] {
                    let last = |a: &Action| a.receipts.iter().rev().find(|r| r.enforcer.as_deref() == name).cloned();
                    let judged = last(&so_far).filter(|r| [ActionState::Verified, ActionState::Failed].contains(&r.state));
                    prop_assert!(judged.is_none() || judged == last(&held));
                }
            }
            prop_assert!(whole(&held, left, None).is_none());
        }
    }
}
