//! The command: small files become a page, broken ones an error with place and cure.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const DRILL: &str = include_str!("data/drill.jsonl");
const BENCH: &str = include_str!("data/bench.jsonl");

struct Rig(tempfile::TempDir);

impl Rig {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    }

    fn run(&self, bench: &Path, drill: &Path) -> (Output, PathBuf) {
        let page = self.0.path().join("page.html");
        let output = Command::new(env!("CARGO_BIN_EXE_regdiff-bench"))
            .args([Path::new("--bench"), bench, Path::new("--drill"), drill, Path::new("-o"), &page])
            .output()
            .expect("it starts");
        (output, page)
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn small_files_become_a_page_that_runs_and_loads_nothing() {
    let rig = Rig::new();
    let (output, page) = rig.run(&rig.file("bench.jsonl", BENCH), &rig.file("drill.jsonl", DRILL));
    assert!(output.status.success(), "{}", said(&output));
    let page = std::fs::read_to_string(page).expect("a page");
    let anchors =
        ["comparison", "targets", "oracles", "growth", "engines", "explorer", "baseline", "engines-finds", "shares"];
    for anchor in anchors {
        assert!(page.contains(&format!("<h2 id=\"{anchor}\">")), "{anchor}");
    }
    // Each plot for a screen and for a phone, with words for those who do not see it.
    assert_eq!(page.matches("<svg role=\"img\" aria-label=").count(), 2 * anchors.len());
    assert!(page.contains("Content-Security-Policy\" content=\"default-src &#x27;none&#x27;; style-src"), "a policy");
    for forbidden in ["<script", "style=\"", "href=\"http", "src=", "@import", "url("] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    // What a file says is text: the name of a benchmark, and no fault that is not planted.
    assert!(page.contains("&lt;b&gt;bold") && !page.contains("<b>bold"), "escaped");
    assert!(!page.contains("no-such-fault"), "not planted");
    // f1: ours 0.1, 0.2, 0.3, plain 0.4, 0.5 and a miss: U 0 of 9, and of 20 ways to deal the ranks 2 are as far.
    let row = "<th scope=\"row\">f1-qdio-shost-update</th><td>0.20, 0 of 3</td><td>0.50, 1 of 3</td><td>2.5</td><td>0 of 9</td><td>1.00</td><td>0.100</td>";
    assert!(page.contains(row), "{page}");
    // f15: plain misses in all three, ours in one.
    assert!(page.contains("<td>&gt;60, 3 of 3</td><td>no end</td>"), "a miss is later than the limit");
}

#[test]
fn a_page_that_is_there_stays() {
    let rig = Rig::new();
    rig.file("page.html", "mine");
    let (output, page) = rig.run(&rig.file("bench.jsonl", BENCH), &rig.file("drill.jsonl", DRILL));
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("page.html") && said(&output).contains("cure: name a file"), "{}", said(&output));
    assert_eq!(std::fs::read_to_string(page).expect("still there"), "mine");
}

#[test]
fn broken_lines_have_a_place_and_a_cure() {
    let rig = Rig::new();
    let (bench, drill) = (rig.file("bench.jsonl", BENCH), rig.file("drill.jsonl", DRILL));
    let lines = BENCH.lines().count();
    let torn = rig.file("torn.jsonl", &format!("{BENCH}{{\"group\":\"gro"));
    let (output, _) = rig.run(&torn, &drill);
    assert_eq!(output.status.code(), Some(2));
    let place = format!("torn.jsonl:{}: ", lines + 1);
    assert!(
        said(&output).contains(&place) && said(&output).contains("`scripts/bench` makes it again"),
        "{}",
        said(&output)
    );
    let twice = rig.file("twice.jsonl", &format!("{DRILL}{}\n", DRILL.lines().next().unwrap_or_default()));
    let (output, page) = rig.run(&bench, &twice);
    assert!(said(&output).contains("this trial is there already; cure: "), "{}", said(&output));
    assert!(!page.exists(), "nothing half-made");
    let (output, _) = rig.run(&rig.0.path().join("none"), &drill);
    assert!(said(&output).contains("cure: `scripts/bench` makes it"), "{}", said(&output));
}
