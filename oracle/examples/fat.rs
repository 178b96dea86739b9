//! Fat crash files for `scripts/bench-tmin`: byte forms of scenarios that show a finding, concatenated and padded.
//!
//! `fat FOLDER COUNT SIGNATURE` writes `crash-NNN` files that show the signature; `other` takes those of which the
//! first finding is any but the seed's crash. The same arguments write the same files: the seed of each is its number.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use regdiff_oracle::target::SEED;
use regdiff_oracle::{Options, judge};
use regdiff_scenario::{Random, Scenario, bytes};

/// Generated scenarios that pieces are taken from.
const POOL: u64 = 600;
/// Pieces in one file, at most; three at least.
const MAX_PIECES: usize = 8;
/// Random bytes between two pieces, at most. Many of them are spare tags, and some are records.
const MAX_PADDING: usize = 96;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, count, signature] = &arguments[..] else {
        return Err("usage: fat FOLDER COUNT SIGNATURE|other".into());
    };
    let (folder, count) = (Path::new(folder), count.parse::<usize>()?);
    fs::create_dir_all(folder)?;
    let pool: Vec<Scenario> = (0..POOL).map(Scenario::generate).filter(|s| shows(s, signature)).collect();
    let mut written = 0;
    for seed in 0.. {
        let file = fat(&mut Random::new(seed), &pool);
        // What the pieces do to each other may hide the finding.
        if shows(&bytes::decode(&file), signature) {
            fs::write(folder.join(format!("crash-{written:03}")), file)?;
            written += 1;
        }
        if written == count {
            break;
        }
    }
    eprintln!("{written} files from {} scenarios", pool.len());
    Ok(())
}

fn shows(scenario: &Scenario, signature: &str) -> bool {
    let report = judge(scenario, &Options::default());
    let mut found = report.findings.iter().map(|finding| finding.signature.as_str());
    if signature == "other" {
        found.next().is_some_and(|first| first != SEED)
    } else {
        found.any(|one| one == signature)
    }
}

/// Several scenarios one after the other: the settings of the first, and everybody's records.
fn fat(random: &mut Random, pool: &[Scenario]) -> Vec<u8> {
    let settings = bytes::encode(&Scenario::default()).len();
    let mut file = Vec::new();
    for piece in 0..3 + random.below(MAX_PIECES - 2) {
        let one = bytes::encode(&pool[random.below(pool.len())]);
        file.extend_from_slice(if piece == 0 { &one } else { &one[settings..] });
        let padding = random.below(MAX_PADDING);
        file.extend(random.bytes(padding));
    }
    file
}
