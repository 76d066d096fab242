//! The scenarios that are shipped: every file of `scenario/`, part of the program.

use super::{Fault, Mode, Scenario, load, parse};

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$((concat!($name, ".toml"), include_str!(concat!("scenario/", $name, ".toml")))),+]
    };
}

/// Names and texts; a test compares them with the folder.
const FILES: &[(&str, &str)] = files![
    "account", "cloud", "cluster", "code", "control", "errors", "exposure", "identity", "mail", "media", "network",
    "office", "posture", "remote", "service", "web", "webprobe",
];

/// All of them, and what is wrong with them: nothing, a test says.
#[must_use]
pub fn scenarios() -> (Vec<Scenario>, Vec<Fault>) {
    let (mut good, mut faults) = (Vec::new(), Vec::new());
    for (name, text) in FILES {
        let (mut scenarios, bad) = parse::scenarios(text, name, Mode::On);
        scenarios.iter_mut().for_each(|s| s.built_in = true);
        good.extend(scenarios);
        faults.extend(bad.iter().map(|e| load::fault(name, e)));
    }
    (good, faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_of_the_folder_is_shipped_and_read() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/platform/detect/rules/scenario");
        let there: BTreeSet<String> =
            std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        assert_eq!(there, FILES.iter().map(|(name, _)| (*name).to_owned()).collect());
        let (good, faults) = scenarios();
        assert_eq!(faults, []);
        assert!(good.len() >= 40, "{}", good.len());
        assert!(super::super::Rules::shipped().faults().is_empty());
    }
}
