//! Moving about: cursor, panels, screens, in and out. Console only; everything here is an intent of the screen.

use super::{Arg, ArgKind, Args, Command, Context, Intent, Motion, Place, Risk, Step, Surface, Target};
use crate::api::{EntityKind, EntityRef, IncidentId, Problem};

/// The group.
pub const ALL: &[Command] = &[
    step("cursor.down", "Move down one row", &["j", "Down"], |_, _| motion(Motion::Down)),
    step("cursor.up", "Move up one row", &["k", "Up"], |_, _| motion(Motion::Up)),
    step("cursor.first", "Go to the first row; shows rows that came in meanwhile", &["g g", "Home"], |_, _| {
        motion(Motion::First)
    }),
    step("cursor.last", "Go to the very last row, loading what is needed", &["G", "End"], |_, _| motion(Motion::Last)),
    step("cursor.half_down", "Move down half a page", &["ctrl-d"], |_, _| motion(Motion::HalfDown)),
    step("cursor.half_up", "Move up half a page", &["ctrl-u"], |_, _| motion(Motion::HalfUp)),
    step("cursor.page_down", "Move down a page", &["PageDown"], |_, _| motion(Motion::PageDown)),
    step("cursor.page_up", "Move up a page", &["PageUp"], |_, _| motion(Motion::PageUp)),
    step("panel.next", "Go to the next panel or tab", &["Tab", "Right"], |_, _| motion(Motion::NextPanel)),
    step("panel.previous", "Go to the panel or tab before", &["BackTab", "Left"], |_, _| motion(Motion::PreviousPanel)),
    step("row.open", "Open what the cursor is on", &["Enter"], |_, _| intent(Intent::Open)),
    step("row.mark", "Mark or unmark the row; changes apply to marked rows", &["x"], |_, _| intent(Intent::ToggleMark)),
    step("screen.back", "Go back; clears marks and filter first", &["Esc"], |_, _| intent(Intent::Back)),
    step("screen.overview", "Figures of the last hour", &["1"], |_, _| intent(Intent::Go(Place::Overview))),
    step("screen.triage", "The queue of incidents", &["2"], |_, _| intent(Intent::Go(Place::Triage))),
    step("screen.incident", "The incident at hand", &["3"], |_, _| intent(Intent::Go(Place::Incident))),
    step("screen.audit", "Event search", &["4"], |_, _| intent(Intent::Go(Place::Audit))),
    step("screen.entity", "The entity at hand", &["5"], open_entity_at_hand),
    step("screen.actions", "Actions, their receipts and expiry", &["6"], |_, _| intent(Intent::Go(Place::Actions))),
    step("screen.sources", "Where events come from", &["7"], |_, _| intent(Intent::Go(Place::Sources))),
    Command {
        args: &[Arg { name: "id", about: "Its number", kind: ArgKind::Position, words: &[] }],
        ..step("incident.open", "Open an incident by its number", &[], |_, args| {
            args.need("id")?;
            let id = args.read::<IncidentId>("id", "an incident's number, for example 42")?;
            intent(id.map_or(Intent::Go(Place::Incident), Intent::OpenIncident))
        })
    },
    Command {
        args: &[Arg { name: "name", about: "An address, a range or a user", kind: ArgKind::Position, words: &[] }],
        ..step("entity.open", "Open an address, a range or a user by name", &[], |_, args| {
            intent(Intent::OpenEntity(entity_from(args.need("name")?)))
        })
    },
    Command {
        args: &[Arg { name: "query", about: "Filter; empty for all", kind: ArgKind::OptionalPosition, words: &[] }],
        ..step("audit.search", "Search events", &[], |_, args| {
            intent(Intent::Search(args.get("query").unwrap_or_default().to_owned()))
        })
    },
];

const fn step(
    name: &'static str,
    about: &'static str,
    keys: &'static [&'static str],
    run: fn(&Context, &Args) -> Result<Vec<Step>, Problem>,
) -> Command {
    Command {
        name,
        about,
        keys,
        places: &[],
        surface: Surface::Console,
        risk: Risk::Look,
        args: &[],
        ready: |_| Ok(()),
        run,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the type of every command")]
fn intent(intent: Intent) -> Result<Vec<Step>, Problem> {
    Ok(vec![Step::Intent(intent)])
}

fn motion(motion: Motion) -> Result<Vec<Step>, Problem> {
    intent(Intent::Move(motion))
}

fn open_entity_at_hand(cx: &Context, _: &Args) -> Result<Vec<Step>, Problem> {
    match cx.selected.as_ref().and_then(Target::entity) {
        Some(entity) if cx.place != Some(Place::Entity) => intent(Intent::OpenEntity(entity)),
        _ => intent(Intent::Go(Place::Entity)),
    }
}

/// What kind of thing a name is: an address, a prefix, else a user.
fn entity_from(name: &str) -> EntityRef {
    if let Ok(ip) = name.parse::<std::net::IpAddr>() {
        return EntityRef::address(ip);
    }
    match name.parse::<ipnet::IpNet>() {
        Ok(net) => EntityRef { kind: EntityKind::Range, value: net.trunc().to_string().into() },
        Err(_) => EntityRef::user(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> &'static Command {
        ALL.iter().find(|c| c.name == name).unwrap()
    }

    #[test]
    fn names_are_read_as_what_they_are() {
        let open = |name: &str| (named("entity.open").run)(&Context::default(), &Args::default().with("name", name));
        let kind = |name: &str| match open(name).unwrap().remove(0) {
            Step::Intent(Intent::OpenEntity(entity)) => entity,
            other => panic!("{other:?}"),
        };
        assert_eq!(kind("::ffff:198.51.100.7").value.raw(), "198.51.100.7");
        assert_eq!(kind("198.51.100.7/24").value.raw(), "198.51.100.0/24");
        assert_eq!(kind("intruder").kind, EntityKind::User);
    }

    #[test]
    fn a_number_must_be_one() {
        let open = |id: &str| (named("incident.open").run)(&Context::default(), &Args::default().with("id", id));
        assert_eq!(open("#42").unwrap(), vec![Step::Intent(Intent::OpenIncident(IncidentId(42)))]);
        assert!(open("many").unwrap_err().to_string().contains("for example 42"));
    }

    #[test]
    fn five_opens_the_entity_at_hand() {
        let mut cx = Context { place: Some(Place::Triage), ..Context::default() };
        let run = named("screen.entity").run;
        assert_eq!(run(&cx, &Args::default()).unwrap(), vec![Step::Intent(Intent::Go(Place::Entity))]);
        let entity = EntityRef::user("intruder");
        cx.selected = Some(Target::Entity(entity.clone()));
        assert_eq!(run(&cx, &Args::default()).unwrap(), vec![Step::Intent(Intent::OpenEntity(entity))]);
    }
}
