//! `watchfloor model train|verify|show|measure`: makes and checks the file of the request classifier.

use super::say;
use crate::api::{Problem, ProblemKind};
use crate::platform::detect::model::request::Classifier;
use crate::platform::detect::model::train;
use clap::ArgMatches;
use std::borrow::Cow;
use std::path::Path;

/// Does what the verb says.
///
/// # Errors
/// A file cannot be read or written, or is not a model that this program can use.
pub fn run(verb: &str, args: &ArgMatches) -> Result<u8, Problem> {
    let text = |name: &str| args.try_get_one::<String>(name).ok().flatten();
    match verb {
        "train" => {
            let out = Path::new(text("out").map_or("classifier.wfm", String::as_str));
            let bytes = train::train(data(args)).map_err(|e| unread(data(args), &e))?;
            std::fs::write(out, &bytes).map_err(|e| {
                Problem::new(ProblemKind::Unavailable, format!("{} cannot be written", out.display()), e.to_string())
            })?;
            say::out(&format!("{}: {} bytes\n", out.display(), bytes.len()))
        }
        "verify" => {
            let classifier = load(text("file"))?;
            match classifier.verify() {
                Ok(inputs) => say::out(&format!("{inputs} inputs score as they did where the model was made\n")),
                Err(why) => Err(Problem::new(ProblemKind::Internal, "The model does not score as it should", why)
                    .hint("The program or the file is damaged; do not use either.")),
            }
        }
        "measure" => {
            let classifier = load(text("file"))?;
            let table = train::measure(data(args), &classifier, args.get_flag("sources"), say::note);
            say::out(&table.map_err(|e| unread(data(args), &e))?)
        }
        _ => say::out(&load(text("file"))?.describe()),
    }
}

fn data(args: &ArgMatches) -> &Path {
    Path::new(args.get_one::<String>("data").map_or(".", String::as_str))
}

fn unread(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(ProblemKind::NotFound, format!("The data below {} cannot be read", path.display()), error.to_string())
        .hint("It needs the folders requests, ocsf and web-access of the shared data.")
}

/// The model of a file, or the one that is part of the program.
fn load(file: Option<&String>) -> Result<Cow<'static, Classifier>, Problem> {
    let Some(file) = file else { return Ok(Cow::Borrowed(Classifier::shipped())) };
    let bytes = std::fs::read(file)
        .map_err(|e| Problem::new(ProblemKind::NotFound, format!("{file} cannot be read"), e.to_string()))?;
    Classifier::read(&bytes)
        .map(Cow::Owned)
        .map_err(|e| Problem::new(ProblemKind::Usage, format!("{file} cannot be used"), e.to_string()))
}
