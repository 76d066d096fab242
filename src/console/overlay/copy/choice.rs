//! The texts that can be copied. All of them are visible text: what is pasted into a shell or a ticket is what was seen.

use crate::api::Timestamp;
use crate::column::Record;
use crate::command::{Context, Resource, Target};
use crate::text::{Untrusted, visible};

/// Something to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// Its letter.
    pub key: char,
    /// Its name.
    pub name: &'static str,
    /// The text.
    pub text: String,
}

/// What can be copied: the more particular first.
pub(super) fn choices(cx: &Context, url: &str) -> Vec<Choice> {
    let mut all = Vec::new();
    let mut offer = |key, name, text: Option<String>| all.extend(text.map(|text| Choice { key, name, text }));
    let selected = cx.selected.as_ref();
    offer('v', "value", selected.map(value));
    offer('r', "row", selected.and_then(row));
    offer('l', "link", selected.and_then(path).map(|path| format!("{}{path}", url.trim_end_matches('/'))));
    offer('c', "command", selected.and_then(|target| command(target, cx.past)));
    offer('a', "all", cx.listed.as_ref().and_then(|(rows, query)| export(*rows, query, cx.past)));
    all
}

fn value(target: &Target) -> String {
    match target {
        Target::Source(source) => visible::escape(&source.name).into_owned(),
        Target::Rule(rule) => visible::escape(&rule.name).into_owned(),
        Target::Ledger(entry) => entry.target.visible(),
        Target::Event(event) if event.src_ip.is_none() => {
            event.user.as_ref().map_or_else(|| event.id.to_string(), Untrusted::visible)
        }
        other => other.entity().map(|e| e.value.visible()).unwrap_or_default(),
    }
}

/// All fields, separated by tabs, as a file of them would have them.
fn row(target: &Target) -> Option<String> {
    fn fields<R: Record>(row: &R) -> String {
        // A tab within a field would read as two fields.
        let texts: Vec<_> = R::FIELDS.iter().map(|f| (f.text)(row).replace(['\t', '\n'], " ")).collect();
        texts.join("\t")
    }
    Some(match target {
        Target::Incident(i) => fields(i.as_ref()),
        Target::Event(e) => fields(e.as_ref()),
        Target::Detection(d) => fields(d.as_ref()),
        Target::Action(a) => fields(a.as_ref()),
        Target::Source(s) => fields(s.as_ref()),
        Target::Block(b) => fields(b.as_ref()),
        Target::Rule(r) => fields(r.as_ref()),
        Target::Ledger(l) => fields(l.as_ref()),
        Target::Suppression(s) => fields(s.as_ref()),
        Target::Entity(_) => return None,
    })
}

/// Where the platform answers about it.
fn path(target: &Target) -> Option<String> {
    Some(match target {
        Target::Incident(i) => format!("/v1/incidents/{}", i.id),
        Target::Event(e) => format!("/v1/audit/{}", e.id),
        Target::Detection(d) => format!("/v1/detections/{}", d.id),
        Target::Action(a) => format!("/v1/actions/{}", a.id),
        Target::Block(b) => format!("/v1/actions/{}", b.action),
        Target::Entity(e) => {
            use crate::api::endpoint::{EntityPath, GetEntity};
            crate::api::Wire::of::<GetEntity>(&EntityPath {
                kind: e.kind.clone(),
                value: e.value.raw().to_owned(),
                at: None,
            })
            .path
        }
        Target::Source(_) | Target::Rule(_) | Target::Ledger(_) | Target::Suppression(_) => return None,
    })
}

/// The command line that shows the same without the console, as it is now or stood then.
fn command(target: &Target, at: Option<Timestamp>) -> Option<String> {
    let one = |rows, query: &str| export(rows, query, at);
    let then = at.map_or_else(String::new, |at| format!(" --at {at}"));
    Some(match target {
        Target::Incident(i) => format!("watchfloor incident show {}{then}", i.id),
        Target::Event(e) => one(Resource::Audit, &format!("id={}", e.id))?,
        Target::Detection(d) => one(Resource::Detections, &format!("id={}", d.id))?,
        Target::Action(a) if at.is_some() => one(Resource::Actions, &format!("id={}", a.id))?,
        Target::Block(b) if at.is_some() => one(Resource::Blocks, &format!("id={}", b.action))?,
        Target::Action(a) => format!("watchfloor action show {}", a.id),
        Target::Block(b) => format!("watchfloor action show {}", b.action),
        Target::Entity(e) => {
            let kind = Untrusted::from(e.kind.as_str()).shell_arg().ok()?;
            format!("watchfloor entity show {kind} {}{then}", e.value.shell_arg().ok()?)
        }
        Target::Source(_) => "watchfloor source list".into(),
        Target::Rule(r) => one(Resource::Rules, &crate::console::screen::word::term("name", &r.name))?,
        Target::Ledger(l) => one(Resource::Ledger, &format!("seq={}", l.seq))?,
        Target::Suppression(s) => one(Resource::Suppressions, &format!("id={}", s.id))?,
    })
}

fn export(rows: Resource, query: &str, at: Option<Timestamp>) -> Option<String> {
    let filter = match query.trim() {
        "" => String::new(),
        query => format!(" --query {}", Untrusted::from(query).shell_arg().ok()?),
    };
    let then = at.map_or_else(String::new, |at| format!(" --at {at}"));
    Some(format!("watchfloor export {} -o ndjson{filter}{then}", rows.word()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::EntityRef;
    use crate::console::fixture;

    fn of(target: Target) -> Vec<Choice> {
        let cx = Context {
            selected: Some(target),
            listed: Some((Resource::Incidents, "owner:o'brien".into())),
            ..Context::default()
        };
        choices(&cx, "http://127.0.0.1:8840/")
    }

    fn named(all: &[Choice], name: &str) -> Option<String> {
        all.iter().find(|c| c.name == name).map(|c| c.text.clone())
    }

    #[test]
    fn an_incident_is_a_value_a_row_a_link_and_a_command() {
        let all = of(Target::Incident(Box::new(fixture::incident(7))));
        assert_eq!(named(&all, "value").as_deref(), Some("198.51.100.7"));
        assert_eq!(named(&all, "link").as_deref(), Some("http://127.0.0.1:8840/v1/incidents/7"));
        assert_eq!(named(&all, "command").as_deref(), Some("watchfloor incident show 7"));
        assert_eq!(
            named(&all, "all").as_deref(),
            Some("watchfloor export incidents -o ndjson --query 'owner:o'\\''brien'")
        );
        assert!(named(&all, "row").unwrap().starts_with("7\t3\thigh"));
    }

    #[test]
    fn nothing_that_deceives_is_copied() {
        let event = fixture::event(1240);
        let all = of(Target::Event(Box::new(event)));
        assert!(all.iter().all(|c| c.text.chars().all(|c| c == '\t' || !visible::is_dangerous(c))));
        let deceiving = EntityRef::user("root\u{202e}\u{1b}[2J");
        assert_eq!(named(&of(Target::Entity(deceiving)), "command"), None);
    }
}
