//! `regdiff completions` and `regdiff man`: the command line as shells and man want it.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::new_file;
use crate::output::Out;

const COMPLETIONS: &str = "\
Examples:
  regdiff completions bash > ~/.local/share/bash-completion/completions/regdiff
  regdiff completions zsh > ~/.zfunc/_regdiff
  regdiff completions fish > ~/.config/fish/completions/regdiff.fish";

const MAN: &str = "\
Examples:
  regdiff man | man -l -
  regdiff man -o ~/.local/share/man/man1";

/// Arguments of `regdiff completions`.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS)]
pub(crate) struct Completions {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Arguments of `regdiff man`.
#[derive(Debug, Args)]
#[command(after_help = MAN)]
pub(crate) struct Man {
    /// A folder for the pages of all commands; one page goes to standard output without it
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Prints the completions of a shell.
pub(crate) fn completions(arguments: &Completions, out: &mut Out) -> Result<ExitCode, Error> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::command(), "regdiff", &mut text);
    out.raw(&text)?;
    Ok(ExitCode::Clean)
}

/// Prints the page of the program, or writes all pages.
pub(crate) fn man(arguments: &Man, out: &mut Out) -> Result<ExitCode, Error> {
    let Some(folder) = &arguments.output else {
        out.raw(&page(crate::command())?)?;
        return Ok(ExitCode::Clean);
    };
    let mut pages = vec![("regdiff.1".to_owned(), page(crate::command())?)];
    for command in crate::command().get_subcommands() {
        let name = format!("regdiff-{}", command.get_name());
        // A page's title is the command's name, which lives as long as the program.
        let title: &'static str = Box::leak(name.clone().into_boxed_str());
        pages.push((format!("{name}.1"), page(command.clone().name(title))?));
    }
    // All or nothing, as far as one can look ahead.
    if let Some((taken, _)) = pages.iter().find(|(name, _)| folder.join(name).symlink_metadata().is_ok()) {
        return Err(Error::Exists(folder.join(taken)));
    }
    for (name, text) in &pages {
        new_file::create(&folder.join(name), text)?;
    }
    out.line(format_args!("{} pages in {}", pages.len(), folder.display()))?;
    Ok(ExitCode::Clean)
}

fn page(command: clap::Command) -> Result<Vec<u8>, Error> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text).map_err(Error::Stdout)?;
    Ok(text)
}
