//! The `forge` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    forge::run(std::env::args_os())
}
