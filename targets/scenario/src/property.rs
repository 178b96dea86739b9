//! Runs a property over scenarios, and keeps the one that breaks it as a file.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use crate::{Scenario, text};

/// Cases of a property, where `PROPTEST_CASES` does not say otherwise: a test of a model's run has to be fast.
pub const CASES: u32 = 64;
/// Tries to shrink what breaks a property.
const MAX_SHRINKS: u32 = 4096;

/// Checks a property. Panics where it breaks, with the smallest scenario that was found: its file, its text, how to replay it.
///
/// Cases are the same in every run, [`CASES`] of them. `PROPTEST_CASES` and `PROPTEST_RNG_SEED` ask for more, or for others.
/// The file is a new one in `folder`, named like the property; nothing is overwritten.
///
/// `property` says of a scenario what is wrong with it, or that it holds. What it makes of a scenario, other steps say, it makes
/// anew: kept is the scenario that was drawn.
pub fn hold(
    name: &str,
    folder: &Path,
    scenarios: impl Strategy<Value = Scenario>,
    property: impl Fn(&Scenario) -> Result<(), String>,
) {
    let asked = Config::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { CASES };
    let rng_seed = if asked.rng_seed == RngSeed::Random { RngSeed::Fixed(0) } else { asked.rng_seed };
    let config =
        Config { cases, rng_seed, max_shrink_iters: MAX_SHRINKS, failure_persistence: None, ..Config::default() };
    let tried = TestRunner::new(config).run(&scenarios, |scenario| property(&scenario).map_err(TestCaseError::fail));
    let (why, scenario) = match tried {
        Ok(()) => return,
        // One that panics, too: proptest catches it.
        Err(TestError::Fail(why, scenario)) => (why, scenario),
        Err(TestError::Abort(why)) => panic!("{name}: {why}"),
    };
    let printed = text::print(&scenario);
    match keep(name, folder, &why.to_string(), &printed) {
        Ok(file) => {
            panic!("{name}: {why}\nkept as {0}; replay it: regdiff show {0}\n{printed}", file.display())
        }
        Err(error) => panic!("{name}: {why}\nnot kept in {}: {error}\n{printed}", folder.display()),
    }
}

/// Writes a new file; the first that is free of `NAME.toml`, `NAME-2.toml` and so on.
fn keep(name: &str, folder: &Path, why: &str, printed: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let mut number = 1;
    loop {
        let file = folder.join(if number == 1 { format!("{name}.toml") } else { format!("{name}-{number}.toml") });
        match fs::File::create_new(&file) {
            Ok(mut open) => {
                for line in why.lines() {
                    writeln!(open, "# {line}")?;
                }
                open.write_all(printed.as_bytes())?;
                return Ok(file);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy;

    fn at_most_one_step(scenario: &Scenario) -> Result<(), String> {
        if scenario.steps.len() > 1 { Err(format!("{} steps", scenario.steps.len())) } else { Ok(()) }
    }

    #[test]
    fn what_breaks_a_property_is_shrunk_and_kept_as_a_new_file() {
        let folder = std::env::temp_dir().join(format!("regdiff-breaks-{}", std::process::id()));
        for name in ["steps.toml", "steps-2.toml"] {
            let broken = std::panic::catch_unwind(|| hold("steps", &folder, strategy::scenario(), at_most_one_step));
            let said = broken.expect_err("some have two steps");
            let said = said.downcast_ref::<String>().expect("a text");
            let file = folder.join(name);
            assert!(said.contains("2 steps") && said.contains(&file.display().to_string()), "{said}");
            let kept = fs::read_to_string(&file).expect("it is kept");
            assert!(kept.starts_with("# 2 steps\n"), "{kept}");
            let scenario = text::parse(&kept).expect("a scenario");
            // Nothing is left that the property does not need.
            assert_eq!((scenario.steps.len(), &scenario.firmware[..], &scenario.schedule[..]), (2, &[][..], &[][..]));
        }
        fs::remove_dir_all(folder).expect("it is there");
    }

    #[test]
    fn what_holds_leaves_no_file() {
        let folder = std::env::temp_dir().join(format!("regdiff-holds-{}", std::process::id()));
        hold("holds", &folder, strategy::scenario(), |_| Ok(()));
        assert!(!folder.exists());
    }
}
