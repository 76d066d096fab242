//! Suppressions: make one, list them, undo one by its number.
//!
//! On the console a suppression is always previewed (`Intent::Suppress`); on the command line it is made at once, or only
//! previewed with `--dry-run`. A whole rule is suppressed only when `--everywhere` says so.

use super::navigate::entity_from;
use super::response::usage;
use super::{Arg, Args, Command, Context, Intent, Place, Resource, Risk, Step, Surface, Target, lookup, ready};
use crate::api::endpoint::{CreateSuppression, PreviewSuppression, SuppressionPath, UndoSuppression};
use crate::api::{EntityKind, EntityRef, Problem, ProblemKind, SuppressionId, SuppressionRequest};
use crate::text::{human, visible};

/// What the dialogue begins with: from the row it was asked on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Rules to choose from, the likeliest first.
    pub rules: Vec<String>,
    /// Whom it may be about, the likeliest first.
    pub entities: Vec<EntityRef>,
    /// How long, where that was said.
    pub seconds: Option<u64>,
    /// Why, where that was said.
    pub reason: String,
    /// Who answers for it, where that is somebody else.
    pub owner: Option<String>,
    /// Everybody was asked for.
    pub everywhere: bool,
}

const BASE: Command = Command {
    name: "",
    about: "",
    keys: &[],
    places: &[],
    surface: Surface::Both,
    risk: Risk::Change,
    args: &[],
    ready: ready::analyst,
    run: add,
};

/// Commands on suppressions.
pub const ALL: &[Command] = &[
    Command {
        name: "suppression.add",
        about: "Keep what a rule says of somebody quiet for a while",
        keys: &["H"],
        places: &[Place::TRIAGE, Place::INCIDENT, Place::SWEEP, Place::HUNT],
        args: &[
            Arg::position("rule", "The rule, for example web.crawl"),
            Arg::option("entity", "Of whom: an address, a range, a user, or kind:name such as session:1f0c9a77"),
            Arg::flag("everywhere", "Of everybody: the whole rule"),
            Arg::option("for", "How long: 4h, 7d; at most 30d, with --everywhere 7d; needed on the command line"),
            Arg::option("reason", "Why; needed on the command line"),
            Arg::option("owner", "Who answers for it; you when not given"),
            Arg::flag("dry-run", "Only show what it would have kept quiet in the last seven days"),
        ],
        ready: ready_add,
        ..BASE
    },
    Command {
        name: "suppression.list",
        about: "List suppressions, the newest first, also those that ended",
        surface: Surface::Cli,
        risk: Risk::Look,
        args: lookup::LIST,
        ready: ready::connected,
        run: |_, args| lookup::list(Resource::Suppressions, args),
        ..BASE
    },
    Command {
        name: "suppression.undo",
        about: "End suppressions by their numbers",
        keys: &["u"],
        places: &[Place::SUPPRESSIONS],
        args: &[Arg::positions("id", "Suppression numbers")],
        run: undo,
        ..BASE
    },
];

/// The step that makes a suppression; also what the console does once its preview is confirmed.
#[must_use]
pub fn create_step(request: &SuppressionRequest) -> Step {
    let whom = request.entity.as_ref().map_or_else(|| "everybody".into(), |e| e.value.visible());
    let long = human::duration(i64::try_from(request.seconds.saturating_mul(1000)).unwrap_or(i64::MAX));
    let done = format!("suppressed {} of {whom} for {long}", visible::escape(&request.rule));
    Step::call::<CreateSuppression>(request, done)
}

fn add(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    let mut draft = drafted(ctx);
    if let Some(rule) = args.get("rule") {
        draft.rules = vec![rule.to_owned()];
        draft.entities.clear();
    }
    if let Some(name) = args.get("entity") {
        draft.entities = vec![named(name)];
    }
    draft.everywhere = args.is_set("everywhere");
    draft.reason = args.get("reason").unwrap_or_default().to_owned();
    draft.owner = args.get("owner").map(str::to_owned);
    draft.seconds = args
        .get("for")
        .map(|text| human::parse_duration(text).map_err(|why| usage("--for cannot be used", why)))
        .transpose()?;
    if ctx.place.is_some() {
        return Ok(vec![Step::Intent(Intent::Suppress(draft))]);
    }
    let rule = args.need("rule")?.to_owned();
    if draft.everywhere && !draft.entities.is_empty() {
        return Err(usage("--entity and --everywhere contradict each other", "a suppression is about one of the two"));
    }
    let request = SuppressionRequest {
        rule,
        entity: draft.entities.into_iter().next(),
        everywhere: draft.everywhere,
        seconds: draft
            .seconds
            .ok_or_else(|| usage("--for is missing", "every suppression ends: for example --for 7d"))?,
        reason: args.need("reason")?.into(),
        owner: draft.owner.map(Into::into),
    };
    if args.is_set("dry-run") {
        return Ok(vec![Step::call::<PreviewSuppression>(&request, "")]);
    }
    Ok(vec![create_step(&request)])
}

/// What the row at hand says.
fn drafted(ctx: &Context) -> Draft {
    match ctx.subjects().first() {
        Some(Target::Incident(i)) => {
            let mut entities = vec![i.entity.clone()];
            entities.extend(i.entities.iter().filter(|e| **e != i.entity).cloned());
            Draft { rules: i.rules.clone(), entities, ..Draft::default() }
        }
        Some(Target::Detection(d)) => {
            let mut entities = vec![d.entity.clone()];
            let more = d.src_ip.map(EntityRef::address).into_iter().chain(d.user.clone().map(EntityRef::user));
            entities.extend(more.filter(|e| *e != d.entity));
            Draft { rules: vec![d.rule.clone()], entities, ..Draft::default() }
        }
        _ => Draft::default(),
    }
}

/// `session:1f0c9a77`, or a name that says itself what it is.
fn named(name: &str) -> EntityRef {
    match name.split_once(':').map(|(kind, value)| (EntityKind::from(kind), value)) {
        None | Some((EntityKind::Other(_), _)) => entity_from(name),
        Some((kind, value)) => EntityRef { kind, value: value.into() },
    }
}

fn undo(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    let ids: Vec<SuppressionId> = if args.is_set("id") || ctx.place.is_none() {
        lookup::numbers(args, "id", "suppression")?
    } else {
        let of = |t: &&Target| if let Target::Suppression(s) = t { Some(s.id) } else { None };
        ctx.subjects().iter().filter_map(of).collect()
    };
    if ids.is_empty() {
        let problem = Problem::new(ProblemKind::Usage, "No suppression is selected", "this row is none");
        return Err(problem.hint("g s lists them."));
    }
    let one = |id| Step::call::<UndoSuppression>(&SuppressionPath { id }, format!("ended suppression #{id}"));
    Ok(ids.into_iter().map(one).collect())
}

fn ready_add(ctx: &Context) -> Result<(), String> {
    ready::analyst(ctx)?;
    if ctx.place.is_some() && drafted(ctx).rules.is_empty() {
        return Err("no rule is selected: choose an incident or a detection".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::IncidentState;
    use crate::command::find;
    use crate::command::incident::tests::incident;

    fn run(ctx: &Context, pairs: &[(&str, &str)]) -> Result<Vec<Step>, Problem> {
        let args = pairs.iter().fold(Args::default(), |args, (name, value)| args.with(name, *value));
        (find("suppression.add").unwrap().run)(ctx, &args)
    }

    #[test]
    fn on_the_command_line_nothing_is_left_to_guess() {
        let cli = Context::default();
        let why = |pairs: &[(&str, &str)]| run(&cli, pairs).unwrap_err().to_string();
        assert!(why(&[("rule", "web.crawl"), ("reason", "x")]).contains("--for is missing"));
        assert!(why(&[("rule", "web.crawl"), ("for", "1d")]).contains("reason is missing"));
        assert!(why(&[("rule", "web.crawl"), ("for", "soon"), ("reason", "x")]).contains("--for"));
        let both = [("rule", "r"), ("for", "1d"), ("reason", "x"), ("entity", "ana"), ("everywhere", "")];
        assert!(why(&both).contains("contradict"));
        let steps = run(&cli, &[("rule", "r"), ("for", "1d"), ("reason", "x"), ("entity", "session:ab:c")]).unwrap();
        let [Step::Effect(crate::command::Effect::Call { wire, .. })] = steps.as_slice() else { panic!("{steps:?}") };
        let body = wire.body.as_ref().unwrap();
        assert_eq!((&body["entity"]["kind"], &body["entity"]["value"]), (&"session".into(), &"ab:c".into()));
        assert_eq!(body["seconds"], 86_400);
        assert!(body.get("everywhere").is_none(), "nobody suppresses a rule by leaving something out");
    }

    #[test]
    fn addresses_of_the_sixth_version_are_no_kind_and_name() {
        assert_eq!(named("2001:db8::7").kind, EntityKind::Address);
        assert_eq!(named("user:2001:db8::7").kind, EntityKind::User);
        assert_eq!(named("198.51.100.7/24").value.raw(), "198.51.100.0/24");
    }

    #[test]
    fn the_console_begins_with_what_the_row_says() {
        let mut row = incident(7, IncidentState::New);
        row.rules = vec!["web.crawl".into()];
        let ctx = Context {
            place: Some(Place::TRIAGE),
            selected: Some(Target::Incident(Box::new(row.clone()))),
            connected: true,
            ..Context::default()
        };
        let steps = run(&ctx, &[]).unwrap();
        let [Step::Intent(Intent::Suppress(draft))] = steps.as_slice() else { panic!("{steps:?}") };
        assert_eq!((&draft.rules, &draft.entities[0]), (&row.rules, &row.entity));
        assert!((find("suppression.add").unwrap().ready)(&ctx).is_ok());
        let nothing = Context { selected: None, ..ctx };
        assert!((find("suppression.add").unwrap().ready)(&nothing).is_err());
    }
}
