//! What a burst of the live stream leaves out: updates of an incident that are replaced within the same moment. Nobody
//! could have seen them, and reading them is what a flood costs most.

use super::sse::Message;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;

/// What must be alike for an update to be replaced by the next one of the same incident: whatever says that something
/// new or serious came in, is kept.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Standing<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    id: u64,
    #[serde(borrow)]
    state: Cow<'a, str>,
    #[serde(borrow)]
    severity: Cow<'a, str>,
}

/// Takes out updates of incidents that the next one of the same incident replaces; gives how many. All else stays, in its
/// order.
pub(super) fn thin(messages: &mut Vec<Message>) -> u64 {
    let mut next: HashMap<u64, Standing> = HashMap::new();
    let mut kept = vec![true; messages.len()];
    for (message, kept) in messages.iter().zip(&mut kept).rev() {
        let standing = message.data.as_deref().and_then(|data| serde_json::from_str::<Standing>(data).ok());
        let Some(standing) = standing.filter(|standing| standing.kind == "incident") else { continue };
        *kept = next.get(&standing.id) != Some(&standing);
        next.insert(standing.id, standing);
    }
    let before = messages.len();
    let mut kept = kept.into_iter();
    messages.retain(|_| kept.next().unwrap_or(true));
    (before - messages.len()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(number: usize, kind: u8, id: u64, state: u8) -> Message {
        let state = ["new", "closed"][usize::from(state) % 2];
        let data = match kind {
            0 => None,
            1 => Some("{\"type\":\"gap\"}".to_owned()),
            2 => Some(format!("{{\"type\":\"action\",\"id\":{id},\"state\":\"{state}\",\"severity\":\"low\"}}")),
            3 => Some(format!("{{\"type\":\"incident\",\"id\":{id},\"state\":\"{state}\"")),
            _ => Some(format!(
                "{{\"score\":{number},\"id\":{id},\"state\":\"{state}\",\"severity\":\"low\",\"type\":\"incident\"}}"
            )),
        };
        Message { id: number.to_string(), data }
    }

    fn id(message: &Message) -> Option<(u64, String)> {
        let value: serde_json::Value = serde_json::from_str(message.data.as_deref()?).ok()?;
        (value["type"] == "incident").then(|| (value["id"].as_u64().unwrap(), value["state"].to_string()))
    }

    proptest! {
        #[test]
        fn the_last_of_each_stays_and_everything_else(all in prop::collection::vec((0u8..9, 0u64..3, 0u8..2), 0..40)) {
            let all: Vec<Message> = (0..).zip(all).map(|(n, (kind, at, state))| message(n, kind, at, state)).collect();
            let mut thinned = all.clone();
            let gone = thin(&mut thinned);
            prop_assert_eq!(thinned.len() + gone as usize, all.len());
            let mut rest = thinned.iter().peekable();
            for (at, one) in all.iter().enumerate() {
                if rest.next_if_eq(&one).is_none() {
                    let own = id(one);
                    prop_assert!(own.is_some(), "only updates of incidents go: {:?}", one);
                    let next = all[at + 1..].iter().filter_map(id).find(|(id, _)| Some(id) == own.as_ref().map(|(id, _)| id));
                    prop_assert_eq!(next, own, "and only where the next one of it says the same of its standing");
                }
            }
            prop_assert!(rest.next().is_none(), "in their order");
        }
    }
}
