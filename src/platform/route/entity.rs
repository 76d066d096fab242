//! One entity and all that is known about it.

use super::audit::problem;
use crate::api::endpoint::{EntityPath, GetEntity};
use crate::api::{Entity, EntityKind, EntityRef, Problem, ProblemKind};
use crate::platform::Platform;
use crate::platform::http::Routes;
use ipnet::IpNet;
use std::net::IpAddr;

pub(super) fn add(routes: Routes<Platform>) -> Routes<Platform> {
    routes.on::<GetEntity>(|p, _, path: EntityPath| get(p, path))
}

fn get(platform: &Platform, path: EntityPath) -> Result<Entity, Problem> {
    let at = path.at;
    let (entity, net) = canonical(path)?;
    let mut found = platform.store.entity(&entity, at).map_err(problem)?;
    let now = platform.now();
    found.blocks = super::action::in_force(platform, at)?
        .into_iter()
        .filter(|block| {
            match (net, block.target.raw().parse::<IpNet>().or_else(|_| block.target.raw().parse().map(host))) {
                (Some(asked), Ok(blocked)) => blocked.contains(&asked) || asked.contains(&blocked),
                _ => block.target == entity.value,
            }
        })
        .collect();
    if at.is_some() {
        // Who was on the allow-list then is not kept.
        return Ok(found);
    }
    let policy = platform.policy();
    let entry = net.and_then(|net| policy.allow_list(now).find(|a| a.net.contains(&net)));
    found.allowed_by = entry.map(|a| format!("{}: {} ({})", a.net, a.reason, a.owner));
    Ok(found)
}

/// An address as the prefix that holds only it.
fn host(ip: IpAddr) -> IpNet {
    IpNet::from(ip)
}

/// The entity in canonical form, and its prefix if it is an address or a range.
pub(in crate::platform) fn canonical(path: EntityPath) -> Result<(EntityRef, Option<IpNet>), Problem> {
    let bad = |what: &str| {
        Problem::new(
            ProblemKind::Usage,
            format!("\"{}\" is not {what}", crate::text::visible::escape(&path.value)),
            "the entity cannot be looked up",
        )
    };
    match path.kind {
        EntityKind::Address => {
            let ip: IpAddr = path.value.parse().map_err(|_| bad("an address"))?;
            let ip = ip.to_canonical();
            Ok((EntityRef::address(ip), Some(host(ip))))
        }
        EntityKind::Range => {
            let net: IpNet = path.value.parse().map_err(|_| bad("a range such as 198.51.100.0/24"))?;
            let net = net.trunc();
            Ok((EntityRef { kind: EntityKind::Range, value: net.to_string().into() }, Some(net)))
        }
        EntityKind::Client
        | EntityKind::User
        | EntityKind::Session
        | EntityKind::Host
        | EntityKind::Key
        | EntityKind::Tenant => Ok((EntityRef { kind: path.kind, value: path.value.into() }, None)),
        EntityKind::Other(_) => Err(bad(
            "something this platform keeps pages about: address, client, range, user, session, host, key, tenant",
        )),
    }
}
