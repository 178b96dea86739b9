//! stub
use crate::{error::Error, exit_code::ExitCode, output::Out};
/// Examples: regdiff fuzz
#[derive(Debug, clap::Args)]
#[command(after_help = "regdiff fuzz")]
pub(crate) struct Arguments {}
pub(crate) fn perform(_: &Arguments, _: &mut Out) -> Result<ExitCode, Error> {
    Ok(ExitCode::Clean)
}
