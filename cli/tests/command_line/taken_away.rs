//! Folders that are taken away from a campaign that runs: what was announced is written again, or said to be elsewhere.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::killed::{campaign, wrong};
use crate::rig::folder;

/// What a campaign announced, how it ended, and all that it said.
struct Disturbed {
    announced: BTreeSet<String>,
    code: Option<i32>,
    said: String,
}

/// Runs a campaign, disturbs it some time after its first finding, and ends it as Ctrl-C does.
fn disturbed(seed: u64, keep: &Path, temporary: &Path, disturb: impl FnOnce()) -> Disturbed {
    fs::create_dir_all(temporary).expect("a folder for this test");
    let mut command = campaign(keep, seed);
    command.env("TMPDIR", temporary).stderr(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let mut lines = BufReader::new(child.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
    let mut said: Vec<String> = Vec::new();
    while !said.last().is_some_and(|line| line.starts_with("found ")) {
        said.push(lines.next().expect("it finds something"));
    }
    let reader = std::thread::spawn(move || lines.collect::<Vec<_>>());
    std::thread::sleep(Duration::from_millis(seed * 7919 % 700));
    disturb();
    // It looks once a second.
    std::thread::sleep(Duration::from_millis(1500));
    // It may have ended because it could not go on.
    let _ = kill_process(Pid::from_child(&child), Signal::INT);
    said.extend(reader.join().expect("no panic"));
    let announced = said.iter().filter_map(|line| line.strip_prefix("found ").map(str::to_owned)).collect();
    let code = child.wait().expect("it ends").code();
    Disturbed { announced, code, said: said.join("\n") }
}

/// The folder that findings without a place went to.
fn rescued(temporary: &Path) -> Option<PathBuf> {
    let found = fs::read_dir(temporary).expect("a folder").flatten().map(|entry| entry.path());
    found.into_iter().find(|path| path.to_string_lossy().contains("regdiff-findings-"))
}

/// A folder that is removed, moved away, or loses one finding: all that was announced is there at the end.
#[test]
fn what_was_announced_is_written_again_when_it_is_taken_away() {
    let times: u64 = std::env::var("REGDIFF_REMOVALS").map_or(6, |times| times.parse().expect("a number"));
    let mut bad = Vec::new();
    for time in 0..times {
        let folder = folder();
        let (keep, temporary) = (folder.path().join("findings"), folder.path().join("temporary"));
        let run = disturbed(time, &keep, &temporary, || match time % 3 {
            // What is written just then may keep it from being removed.
            0 => drop(fs::remove_dir_all(&keep)),
            1 => fs::rename(&keep, folder.path().join("elsewhere")).expect("it is moved"),
            _ => {
                let mut findings = fs::read_dir(&keep).expect("a folder").flatten().map(|entry| entry.path());
                let first = findings.find(|path| path.join("scenario.toml").exists()).expect("a finding");
                drop(fs::remove_dir_all(first));
            }
        });
        let mut found = wrong(&keep, &run.announced);
        if run.code == Some(2) {
            // It could not go on, and said so; then the rest is where it said.
            let elsewhere = rescued(&temporary).map_or(run.announced.clone(), |folder| {
                let lost = |signature: &&String| !wrong(&folder, &BTreeSet::from([(*signature).clone()])).is_empty();
                run.announced.iter().filter(lost).cloned().collect()
            });
            found = wrong(&keep, &elsewhere);
        } else if run.code != Some(1) {
            found.push(format!("it ended with {:?}", run.code));
        }
        // In the others, all may have been written again for another reason: a smaller scenario.
        if time % 3 == 1 && !run.said.contains("was taken away, and is made again") {
            found.push("it does not say so".to_owned());
        }
        bad.extend(found.into_iter().map(|what| format!("time {time}: {what}\n{}", run.said)));
    }
    eprintln!("{times} times, {} things wrong", bad.len());
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn findings_without_a_place_go_where_the_campaign_says() {
    let folder = folder();
    let (keep, temporary) = (folder.path().join("findings"), folder.path().join("temporary"));
    let run = disturbed(3, &keep, &temporary, || {
        // The campaign may make it again in between.
        while fs::write(&keep, "a person's").is_err() {
            let _ = fs::remove_dir_all(&keep);
        }
    });
    assert_eq!(run.code, Some(2), "{}", run.said);
    assert_eq!(fs::read_to_string(&keep).expect("the file stays"), "a person's");
    let rescued = rescued(&temporary).unwrap_or_else(|| panic!("nothing was rescued:\n{}", run.said));
    assert!(
        run.said.contains(&format!("is now in {}", rescued.display())) && run.said.contains("cure:"),
        "{}",
        run.said
    );
    assert_eq!(wrong(&rescued, &run.announced), [""; 0]);
}
