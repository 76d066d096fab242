//! The program: reads its arguments and starts what they name.
#![forbid(unsafe_code)]

use std::process::ExitCode;
use watchfloor::cli::{self, Parts};

fn main() -> ExitCode {
    cli::run(std::env::args_os(), &Parts)
}
