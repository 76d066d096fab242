//! The program: reads its arguments and starts what they name.
#![forbid(unsafe_code)]

use std::process::ExitCode;
use watchfloor::cli::{self, Modes};

/// The parts of this build.
struct Parts;

impl Modes for Parts {}

fn main() -> ExitCode {
    cli::run(std::env::args_os(), &Parts)
}
