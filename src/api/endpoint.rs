//! Every call there is, once: client and platform both use these, and the OpenAPI document is made from them.
//!
//! `PATH` starts with `/v1`; `{name}` is a path parameter and a field of the input. `ROLE` is the least role that may
//! call. To add a call, add an endpoint here, list it in [`all`], and give it a route in `platform/http`.

use super::{
    Action, ActionRequest, Block, Colleague, Count, Detection, Entity, Event, Incident, IncidentDetail, LedgerCheck,
    LedgerEntry, List, Me, Overview, Page, PolicyPaper, PolicyRehearsal, PolicyTrial, Preview, Role, RuleStanding,
    Source, Suppression, SuppressionPreview, SuppressionRequest, Version,
};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

pub use super::input::*;

/// HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET: input travels as query.
    Get,
    /// POST: input travels as JSON body.
    Post,
}

/// One call of the contract.
pub trait Endpoint {
    /// Dotted name, e.g. `incident.claim`.
    const NAME: &'static str;
    /// HTTP method.
    const METHOD: Method;
    /// Path with `{parameters}`.
    const PATH: &'static str;
    /// The least role that may call; nothing means anybody, without a token.
    const ROLE: Option<Role>;
    /// One line about it.
    const ABOUT: &'static str;
    /// What is sent.
    type Input: Serialize + DeserializeOwned + JsonSchema + Send + 'static;
    /// What comes back.
    type Output: Serialize + DeserializeOwned + JsonSchema + Send + 'static;
}

macro_rules! endpoints {
    ($($(#[doc = $about:literal])+ $type:ident, $name:literal, $method:ident $path:literal, $role:expr, $in:ty => $out:ty;)+) => {
        $(
            $(#[doc = $about])+
            #[derive(Debug, Clone, Copy)]
            pub struct $type;
            impl Endpoint for $type {
                const NAME: &'static str = $name;
                const METHOD: Method = Method::$method;
                const PATH: &'static str = $path;
                const ROLE: Option<Role> = $role;
                const ABOUT: &'static str = concat!($($about),+);
                type Input = $in;
                type Output = $out;
            }
        )+

        /// Calls `visit` with every endpoint.
        pub fn all(visit: &mut impl Visit) {
            $(visit.endpoint::<$type>();)+
        }
    };
}

/// Walks the endpoint table.
pub trait Visit {
    /// One endpoint.
    fn endpoint<E: Endpoint>(&mut self);
}

const VIEWER: Option<Role> = Some(Role::Viewer);
const ANALYST: Option<Role> = Some(Role::Analyst);
const RESPONDER: Option<Role> = Some(Role::Responder);
const ADMIN: Option<Role> = Some(Role::Admin);

endpoints! {
    /// What the platform is and which contract it speaks.
    GetVersion, "version", Get "/v1/version", None, Empty => Version;
    /// Who the caller is and what the token may do.
    GetMe, "me", Get "/v1/me", VIEWER, Empty => Me;
    /// Who follows the live stream, and which incident each looks at.
    ListPresence, "presence.list", Get "/v1/presence", VIEWER, Empty => Vec<Colleague>;
    /// Say which incident the caller looks at, for as long as the caller follows the live stream.
    TellPresence, "presence.tell", Post "/v1/presence", VIEWER, Looking => Vec<Colleague>;
    /// Figures for the first screen.
    GetOverview, "overview", Get "/v1/overview", VIEWER, Moment => Overview;
    /// Events, newest first.
    ListEvents, "audit.list", Get "/v1/audit", VIEWER, List => Page<Event>;
    /// One event.
    GetEvent, "audit.get", Get "/v1/audit/{id}", VIEWER, EventPath => Event;
    /// Events counted over time.
    AuditHistogram, "audit.histogram", Get "/v1/audit-histogram", VIEWER, HistogramInput => Histogram;
    /// Most frequent values of a field of events.
    AuditTop, "audit.top", Get "/v1/audit-top", VIEWER, TopInput => Vec<Count>;
    /// Detections, newest first.
    ListDetections, "detection.list", Get "/v1/detections", VIEWER, List => Page<Detection>;
    /// One detection.
    GetDetection, "detection.get", Get "/v1/detections/{id}", VIEWER, DetectionPath => Detection;
    /// Incidents, most urgent state and most recent first.
    ListIncidents, "incident.list", Get "/v1/incidents", VIEWER, List => Page<Incident>;
    /// Incidents or detections counted by a field.
    CountGroups, "group.count", Get "/v1/groups", VIEWER, GroupInput => Groups;
    /// One incident with bill and timeline.
    GetIncident, "incident.get", Get "/v1/incidents/{id}", VIEWER, IncidentPath => IncidentDetail;
    /// Take an incident on.
    ClaimIncident, "incident.claim", Post "/v1/incidents/{id}/claim", ANALYST, IncidentChange => Incident;
    /// Hand an incident up.
    EscalateIncident, "incident.escalate", Post "/v1/incidents/{id}/escalate", ANALYST, IncidentChange => Incident;
    /// Take an incident out of the queue without a judgement.
    ArchiveIncident, "incident.archive", Post "/v1/incidents/{id}/archive", ANALYST, IncidentChange => Incident;
    /// Comment on an incident.
    CommentIncident, "incident.comment", Post "/v1/incidents/{id}/comment", ANALYST, IncidentComment => Incident;
    /// Close an incident with a verdict.
    CloseIncident, "incident.close", Post "/v1/incidents/{id}/close", ANALYST, IncidentClose => Incident;
    /// Put an archived or closed incident back into the queue.
    ReopenIncident, "incident.reopen", Post "/v1/incidents/{id}/reopen", ANALYST, IncidentChange => Incident;
    /// Hand an incident to somebody.
    AssignIncident, "incident.assign", Post "/v1/incidents/{id}/assign", ANALYST, IncidentAssign => Incident;
    /// Put an incident out of sight until an instant or until it changes; it comes back by itself.
    SnoozeIncident, "incident.snooze", Post "/v1/incidents/{id}/snooze", ANALYST, IncidentSnooze => Incident;
    /// Take a change of an incident back: state, owner and judgement as they were before it.
    RestoreIncident, "incident.restore", Post "/v1/incidents/{id}/restore", ANALYST, IncidentRestore => Incident;
    /// What is known about an entity.
    GetEntity, "entity.get", Get "/v1/entities/{kind}/{value}", VIEWER, EntityPath => Entity;
    /// What an action would do, before it is done.
    PreviewAction, "action.preview", Post "/v1/actions/preview", ANALYST, ActionRequest => Preview;
    /// Block an address or a range, revoke a session. Needs `Idempotency-Key`.
    CreateAction, "action.create", Post "/v1/actions", RESPONDER, ActionRequest => Action;
    /// Actions, newest first.
    ListActions, "action.list", Get "/v1/actions", VIEWER, List => Page<Action>;
    /// One action with its receipts.
    GetAction, "action.get", Get "/v1/actions/{id}", VIEWER, ActionPath => Action;
    /// Undo an action by its id.
    UndoAction, "action.undo", Post "/v1/actions/{id}/undo", RESPONDER, ActionPath => Action;
    /// Blocks and revocations in force, newest first.
    ListBlocks, "block.list", Get "/v1/blocks", VIEWER, List => Page<Block>;
    /// Kill switch: release everything in force at once.
    ReleaseBlocks, "block.release", Post "/v1/blocks/release", RESPONDER, ReleaseInput => Removed;
    /// Suppressions, newest first, also those that have ended.
    ListSuppressions, "suppression.list", Get "/v1/suppressions", VIEWER, List => Page<Suppression>;
    /// What a suppression would have kept quiet over the last seven days. Changes nothing.
    PreviewSuppression, "suppression.preview", Post "/v1/suppressions/preview", ANALYST, SuppressionRequest => SuppressionPreview;
    /// Keep what a rule says of an entity, or of everybody, from raising incidents and actions for a while.
    CreateSuppression, "suppression.create", Post "/v1/suppressions", ANALYST, SuppressionRequest => Suppression;
    /// End a suppression by its id.
    UndoSuppression, "suppression.undo", Post "/v1/suppressions/{id}/undo", ANALYST, SuppressionPath => Suppression;
    /// All sources and their health.
    ListSources, "source.list", Get "/v1/sources", VIEWER, Empty => Vec<Source>;
    /// Start or stop the drill.
    SwitchDrill, "drill.switch", Post "/v1/drill", RESPONDER, DrillSwitch => Source;
    /// Remove everything the drill stored.
    PurgeDrill, "drill.purge", Post "/v1/drill/purge", RESPONDER, Empty => Removed;
    /// Every rule, and how it does.
    ListRules, "rule.list", Get "/v1/rules", VIEWER, List => Page<RuleStanding>;
    /// The policy as it stands.
    GetPolicy, "policy.get", Get "/v1/policy", VIEWER, Empty => PolicyPaper;
    /// What a policy would have done over the past. Changes nothing.
    RehearsePolicy, "policy.rehearse", Post "/v1/policy/rehearse", ANALYST, PolicyTrial => PolicyRehearsal;
    /// Ledger entries, newest first.
    ListLedger, "ledger.list", Get "/v1/ledger", VIEWER, List => Page<LedgerEntry>;
    /// Verify the whole chain.
    VerifyLedger, "ledger.verify", Post "/v1/ledger/verify", ADMIN, Empty => LedgerCheck;
}

/// Calls that answer for a past instant when they are given `at`.
#[must_use]
pub fn knows_past(name: &str) -> bool {
    [
        GetOverview::NAME,
        ListEvents::NAME,
        AuditHistogram::NAME,
        AuditTop::NAME,
        ListDetections::NAME,
        ListIncidents::NAME,
        CountGroups::NAME,
        GetIncident::NAME,
        GetEntity::NAME,
        ListActions::NAME,
        ListBlocks::NAME,
        ListSuppressions::NAME,
        ListLedger::NAME,
    ]
    .contains(&name)
}

/// Paths outside the typed table: they carry streams or foreign requests.
pub mod raw {
    /// POST, NDJSON in (OCSF events, one a line), `Ingested` out. Role `ingest`.
    pub const INGEST: &str = "/v1/ingest";
    /// GET, server-sent events of [`super::super::Live`] out. Role `viewer`. Takes `Last-Event-ID` and
    /// `Watchfloor-Console`.
    pub const STREAM: &str = "/v1/stream";
    /// Any method: forward-auth check by a trusted proxy. 200 lets pass, 403 refuses, 401 for a revoked session.
    pub const GATE: &str = "/v1/gate/check";
    /// GET: the OpenAPI document. No token.
    pub const OPENAPI: &str = "/v1/openapi.json";
}

#[cfg(test)]
mod tests {
    use super::super::wire::{self, Wire};
    use super::super::{EntityKind, IncidentId, Timestamp};
    use super::*;
    use proptest::prelude::*;

    /// Sends `input` through `Wire` and back through `decode`, as client and platform would.
    fn travel<E: Endpoint>(input: &E::Input) -> E::Input {
        let sent = Wire::of::<E>(input);
        let (path, query) = sent.path.split_once('?').unwrap_or((&sent.path, ""));
        let unescape =
            |s: &str| serde_urlencoded::from_str::<Vec<(String, String)>>(&format!("x={s}")).unwrap().remove(0).1;
        let parameters: Vec<_> = E::PATH
            .split('/')
            .zip(path.split('/'))
            .filter_map(|(t, v)| wire::parameter(t).map(|name| (name.to_owned(), unescape(v))))
            .collect();
        let headers: Vec<_> = sent
            .headers
            .iter()
            .map(|(h, v)| (wire::HEADERS.iter().find(|(_, x)| x == h).unwrap().0.to_owned(), v.clone()))
            .collect();
        wire::decode(sent.method, &parameters, &headers, query, sent.body).unwrap()
    }

    proptest! {
        #[test]
        fn lists_travel(query in any::<String>(), limit in proptest::option::of(any::<u32>()), oldest_first: bool,
                        since in proptest::option::of(0i64..4_000_000_000_000)) {
            let input = List { query, since: since.map(Timestamp), limit, oldest_first, ..List::default() };
            prop_assert_eq!(travel::<ListEvents>(&input), input);
        }

        #[test]
        fn entities_travel(value in "\\PC{1,40}") {
            let input = EntityPath { kind: EntityKind::User, value, at: None };
            prop_assert_eq!(travel::<GetEntity>(&input), input);
        }

        #[test]
        fn changes_travel(id: u64, if_match in proptest::option::of(any::<u64>()), key in "[0-9a-z-]{1,30}") {
            let input = IncidentChange { id: IncidentId(id), if_match };
            prop_assert_eq!(travel::<ClaimIncident>(&input), input);
            let request = ActionRequest {
                kind: super::super::ActionKind::BlockAddress, target: "198.51.100.7".into(), ttl_seconds: None,
                reason: "why".into(), incident: None, idempotency_key: Some(key),
            };
            prop_assert_eq!(travel::<CreateAction>(&request), request);
        }
    }

    #[test]
    fn names_and_paths_are_unique() {
        #[derive(Default)]
        struct Seen(Vec<(String, String)>);
        impl Visit for Seen {
            fn endpoint<E: Endpoint>(&mut self) {
                let call = format!("{:?} {}", E::METHOD, E::PATH);
                assert!(E::PATH.starts_with("/v1/"), "{call}");
                assert!(!self.0.iter().any(|(n, c)| n == E::NAME || *c == call), "twice: {} {call}", E::NAME);
                self.0.push((E::NAME.to_owned(), call));
            }
        }
        let mut seen = Seen::default();
        all(&mut seen);
        assert!(seen.0.len() > 25);
    }
}
