//! Single things as text for people. Everything from outside goes through its escape.

use crate::api::{
    Action, ActionState, Bill, Block, Colleague, Count, Entity, EntityRef, IncidentDetail, LedgerCheck, Me, Preview,
    Receipt, SuppressionPreview,
};
use crate::text::{human, visible};
use std::fmt::Write;

/// Lines of `label  value`, and paragraphs under headings.
#[derive(Default)]
struct Sheet(String);

impl Sheet {
    fn title(&mut self, text: &str) -> &mut Self {
        let _ = writeln!(self.0, "{}", visible::escape(text));
        self
    }

    fn field(&mut self, label: &str, value: &str) -> &mut Self {
        if !value.is_empty() {
            let _ = writeln!(self.0, "  {label:<12} {}", visible::escape(value));
        }
        self
    }

    fn part(&mut self, heading: &str, lines: impl IntoIterator<Item = String>) -> &mut Self {
        let mut lines = lines.into_iter().peekable();
        if lines.peek().is_some() {
            let _ = writeln!(self.0, "\n{heading}");
        }
        for line in lines {
            let _ = writeln!(self.0, "  {}", visible::escape(&line));
        }
        self
    }
}

fn entity_words(entity: &EntityRef) -> String {
    format!("{} {}", entity.kind.as_str(), entity.value.visible())
}

/// An incident with bill, timeline and detections.
#[must_use]
pub fn incident(detail: &IncidentDetail) -> String {
    let i = &detail.incident;
    let mut sheet = Sheet::default();
    let mark = if i.drill { "[drill] " } else { "" };
    sheet
        .title(&format!("{mark}Incident #{}: {}", i.id, i.title))
        .field("state", i.state.as_str())
        .field("severity", &format!("{}, score {}", i.severity.as_str(), i.score))
        .field("about", &entity_words(&i.entity))
        .field("country", &i.country.as_ref().map(|c| c.visible()).unwrap_or_default())
        .field("owner", &i.owner.as_ref().map(|o| o.visible()).unwrap_or_default())
        .field("verdict", i.verdict.as_ref().map_or("", |v| v.as_str()))
        .field("events", &format!("{} in {}", human::count(i.events), human::counted(i.detections, "detections")))
        .field("from", &i.first_event.to_string())
        .field("to", &i.last_event.to_string())
        .field("contained", &contained(detail))
        .field("techniques", &i.techniques.join(", "))
        .field("revision", &i.revision.to_string());
    sheet.part("Bill", bill_lines(&detail.bill));
    sheet.part(
        "Proposals",
        i.proposals.iter().map(|p| {
            let ttl = human::duration(i64::try_from(p.ttl_seconds.saturating_mul(1000)).unwrap_or(i64::MAX));
            format!("{} {} for {ttl} ({}): {}", p.kind.as_str(), p.target.visible(), p.mode.as_str(), p.why)
        }),
    );
    sheet.part(
        "Timeline",
        detail
            .timeline
            .iter()
            .map(|t| format!("{}  {:<9}  {}: {}", t.time, t.kind.as_str(), t.actor.visible(), t.text.visible())),
    );
    sheet.part(
        "Detections",
        detail
            .detections
            .iter()
            .map(|d| format!("{}  {:<8}  {}: {}", d.time, d.severity.as_str(), d.rule, d.why.visible())),
    );
    sheet.0
}

fn contained(detail: &IncidentDetail) -> String {
    let incident = &detail.incident;
    match incident.contained {
        Some(at) => {
            let took = at.0.saturating_sub(incident.first_event.0);
            format!("{at}, {} after the first hostile event", human::duration(took))
        }
        None => "no".into(),
    }
}

fn bill_lines(bill: &Bill) -> Vec<String> {
    let mut lines: Vec<_> = bill
        .items
        .iter()
        .map(|item| format!("{:>+4}  {}: {} ({})", item.points, item.term, item.why, item.source))
        .collect();
    if !lines.is_empty() {
        lines.push(format!("{:>4}  total", bill.total));
    }
    lines
}

/// Who is there, one a line.
#[must_use]
pub fn here(all: &[Colleague]) -> String {
    let mut text = String::new();
    for c in all {
        let at = c.incident.map_or_else(String::new, |id| format!("  looks at #{id}"));
        let _ = writeln!(text, "{:<20} since {}{at}", c.colleague.visible(), c.since);
    }
    if text.is_empty() { "nobody has a console open\n".into() } else { text }
}

/// What is known about an entity.
#[must_use]
pub fn entity(e: &Entity) -> String {
    let mut sheet = Sheet::default();
    sheet
        .title(&entity_words(&e.entity))
        .field("first seen", &e.first_seen.map_or_else(|| "never".into(), |t| t.to_string()))
        .field("last seen", &e.last_seen.map_or_else(|| "never".into(), |t| t.to_string()))
        .field("events", &human::count(e.events))
        .field("detections", &human::count(e.detections))
        .field("country", &e.country.as_ref().map(|c| c.visible()).unwrap_or_default())
        .field("allowed by", e.allowed_by.as_deref().unwrap_or_default())
        .part("Blocks in force", e.blocks.iter().map(block_line))
        .part(
            "Incidents",
            e.incidents
                .iter()
                .map(|i| format!("#{}  {}  {}  {}", i.id, i.state.as_str(), i.severity.as_str(), i.title)),
        )
        .part("Users", counts(&e.users))
        .part("Addresses", counts(&e.addresses))
        .part("Sessions", counts(&e.sessions))
        .part("Response codes", counts(&e.statuses))
        .part("Paths", counts(&e.paths));
    sheet.0
}

fn counts(counts: &[Count]) -> impl Iterator<Item = String> + '_ {
    counts.iter().map(|c| format!("{:>9}  {}", human::count(c.count), c.value.visible()))
}

fn block_line(block: &Block) -> String {
    let by: Vec<_> = block.enforcers.iter().map(|e| format!("{} {}", e.enforcer, e.state.as_str())).collect();
    format!("#{}  {}  until {}  {}", block.action, block.target.visible(), block.expires, by.join(", "))
}

/// An action with its receipts.
#[must_use]
pub fn action(a: &Action) -> String {
    let mut sheet = Sheet::default();
    let mark = if a.drill { "[drill] " } else { "" };
    let state = match &a.state {
        ActionState::Verified => "verified: read back from the enforcers".to_owned(),
        other => other.as_str().to_owned(),
    };
    sheet
        .title(&format!("{mark}Action #{}: {} {}", a.id, a.kind.as_str(), a.target.visible()))
        .field("state", &state)
        .field("by", &format!("{}{}", a.actor.visible(), if a.automatic { ", automatic" } else { "" }))
        .field("reason", &a.reason.visible())
        .field("incident", &a.incident.map(|id| format!("#{id}")).unwrap_or_default())
        .field("created", &a.created.to_string())
        .field("expires", &a.expires.to_string())
        .part("Receipts", a.receipts.iter().map(receipt_line));
    sheet.0
}

fn receipt_line(r: &Receipt) -> String {
    format!("{}  {:<9}  {}: {}", r.at, r.state.as_str(), r.enforcer.as_deref().unwrap_or("platform"), r.detail)
}

/// What an action would do.
#[must_use]
pub fn preview(p: &Preview) -> String {
    let mut sheet = Sheet::default();
    let ttl = human::duration(i64::try_from(p.ttl_seconds.saturating_mul(1000)).unwrap_or(i64::MAX));
    let verdict = if p.refusals.is_empty() { "Would" } else { "Refused: it would" };
    sheet
        .title(&format!("{verdict} {} {} for {ttl}", p.kind.as_str(), p.target))
        .field("requests", &format!("{} in the last 24 h", human::count(p.touches.requests)))
        .field("addresses", &human::count(p.touches.addresses))
        .field("sessions", &format!("{} live", human::count(p.touches.live_sessions)))
        .part("Refused because", p.refusals.iter().map(|r| format!("{}: {} {}", r.rule, r.why, r.hint)))
        .part("Users it touches", counts(&p.touches.users))
        .part("Stays open by the allow-list", p.allow_list.iter().cloned())
        .part(
            "Enforcers",
            p.enforcers
                .iter()
                .map(|e| format!("{} {}: {}", e.enforcer, if e.takes_part { "takes part" } else { "does not" }, e.why)),
        )
        .part(
            "Before",
            p.prior.iter().map(|a| format!("#{}  {}  {}  {}", a.id, a.created, a.state.as_str(), a.reason.visible())),
        );
    sheet.0
}

/// What a suppression would have kept quiet.
#[must_use]
pub fn would_suppress(p: &SuppressionPreview) -> String {
    let mut sheet = Sheet::default();
    let ttl = human::duration(i64::try_from(p.seconds.saturating_mul(1000)).unwrap_or(i64::MAX));
    let verdict = if p.refusals.is_empty() { "Would keep" } else { "Refused: it would keep" };
    let whom = p.entity.as_ref().map_or_else(|| "everybody".into(), entity_words);
    let least = if p.complete { "" } else { "at least " };
    sheet
        .title(&format!("{verdict} {} of {whom} quiet for {ttl}", p.rule))
        .field("since", &p.since.to_string())
        .field("detections", &format!("{least}{}", human::count(p.detections)))
        .field("incidents", &human::count(p.incidents))
        .field("attacks", &format!("{} of these were closed as attacks", human::count(p.attacks)))
        .part("Refused because", p.refusals.iter().map(|r| format!("{}: {} {}", r.rule, r.why, r.hint)));
    sheet.0
}

/// What a verification of the ledger found.
#[must_use]
pub fn check(c: &LedgerCheck) -> String {
    let mut sheet = Sheet::default();
    let title = if c.intact { "The ledger is intact" } else { "The ledger does not hold" };
    sheet
        .title(title)
        .field("fault", c.fault.as_deref().unwrap_or_default())
        .field("entries", &human::count(c.entries))
        .field("signed", &human::count(c.signed))
        .field("head", &c.head);
    sheet.0
}

/// Who is asking.
#[must_use]
pub fn me(me: &Me) -> String {
    let mut sheet = Sheet::default();
    sheet
        .title(&me.name)
        .field("role", me.role.as_str())
        .field("until", &me.expires.map_or_else(|| "no end".into(), |t| t.to_string()));
    sheet.0
}
