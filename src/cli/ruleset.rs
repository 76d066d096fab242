//! The rules of this host: read by the platform's code, where that is part of the build.

use super::{Folders, modes};
use crate::api::{Problem, RulesAnswer, RulesAsk};

#[cfg(feature = "platform")]
pub(super) use here::{check, load};

/// Answers a question about rules.
///
/// # Errors
/// This build has none.
#[cfg(feature = "platform")]
pub(super) fn answer(folders: &Folders, ask: RulesAsk) -> Result<RulesAnswer, Problem> {
    Ok(crate::platform::rules::answer(&here::sources(folders), ask))
}

/// Answers a question about rules.
///
/// # Errors
/// This build has none.
#[cfg(not(feature = "platform"))]
pub(super) fn answer(_: &Folders, _: RulesAsk) -> Result<RulesAnswer, Problem> {
    Err(absent())
}

/// What the rules cover, for the ATT&CK Navigator.
///
/// # Errors
/// This build has none.
pub(super) fn layer(folders: &Folders) -> Result<serde_json::Value, Problem> {
    match answer(folders, RulesAsk::Coverage)? {
        #[cfg(feature = "platform")]
        RulesAnswer::Coverage(covered) => Ok(crate::platform::rules::layer(&covered)),
        _ => Err(absent()),
    }
}

fn absent() -> Problem {
    modes::absent("the platform, whose rules these are,")
}

#[cfg(feature = "platform")]
mod here {
    use super::Folders;
    use crate::cli::Check;
    use crate::config::PlatformSettings;
    use crate::platform::detect::rules::{self, Mode, Rules, Sources};
    use std::sync::Arc;

    pub fn sources(folders: &Folders) -> Sources {
        let new = if folders.shadow { Mode::Shadow } else { Mode::On };
        Sources { own: folders.own.clone(), sigma: folders.sigma.clone(), new }
    }

    /// Compiles what is shipped and what the folders hold.
    pub fn load(folders: &Folders) -> Arc<Rules> {
        Arc::new(rules::load(&sources(folders)))
    }

    /// Whether all rules of the settings can be used.
    pub fn check(settings: &PlatformSettings) -> Check {
        let rules = rules::load(&crate::platform::rules::sources(settings));
        match rules.faults() {
            [] => Check::ok("rules", "all can be used"),
            [first, ..] => {
                let why = format!("{} of them cannot be used, the first: {first}", rules.faults().len());
                Check::warning("rules", why, "See `watchfloor rules lint`.")
            }
        }
    }
}
