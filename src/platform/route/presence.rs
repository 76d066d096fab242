//! Who is there, and what they look at.

use crate::api::endpoint::{Empty, ListPresence, Looking, TellPresence};
use crate::platform::Platform;
use crate::platform::http::Routes;
use crate::text::Untrusted;

pub(super) fn add(routes: Routes<Platform>) -> Routes<Platform> {
    routes.on::<ListPresence>(|p, _, Empty {}| Ok(p.presence.all())).on::<TellPresence>(
        |p, by, Looking { incident, console }| {
            p.presence.look((&by.name, console.as_ref().map(Untrusted::raw)), incident);
            Ok(p.presence.all())
        },
    )
}
