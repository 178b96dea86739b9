//! One finding with both runs beside it, as data: what every way of showing it draws.

use regdiff_observation::{End, Note, Observation, Watch};
use regdiff_scenario::Scenario;
use serde::Serialize;

use super::align::align;
use super::item::{Item, Notes, items};
use super::slot::SlotPicture;
use crate::finding::{Evidence, Finding};
use crate::judge::{Options, judge};
use crate::lane::{Maskable, Model};
use crate::lifetime::trap;
use crate::pair::{self, Pair, Side};
use crate::signature::Signature;
use crate::verdict::Report;

/// Lines that are told past the first difference.
const GLIMPSE: usize = 3;

/// On which side a line happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// On both, at the same time.
    Both,
    /// On both, at different times.
    Moved,
    /// In eager only.
    Eager,
    /// In deferred only.
    Deferred,
}

impl Mark {
    /// One character for it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Both => "=",
            Self::Moved => "~",
            Self::Eager => "<",
            Self::Deferred => ">",
        }
    }
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// Something that happened and can be seen.
    Event,
    /// Something inside: an answer, the mask, one of the three clocks, a silent access.
    Note,
    /// Both sides are at rest.
    Rest,
    /// A side stops.
    Stop,
    /// The finding shows at this rest.
    Difference,
}

/// One line of the two stories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// On which side.
    pub mark: Mark,
    /// What it is about.
    pub kind: RowKind,
    /// Virtual time on each side, in µs.
    pub time_us: Pair<Option<u64>>,
    /// The context, with the device if there are several.
    pub context: String,
    /// What each side shows; empty where it shows nothing.
    pub text: Pair<String>,
    /// Whether this is the line where the finding shows.
    pub is_first: bool,
}

/// A scenario's finding, or its first difference, told to the end.
#[derive(Clone, Debug, Serialize)]
pub struct Story {
    /// What was judged.
    #[serde(skip)]
    pub report: Report,
    /// The finding that is told; none if there is none.
    pub finding: Option<Finding>,
    /// The lines, up to a little past the first difference.
    pub rows: Vec<Row>,
    /// The request's memory, if the finding is about that.
    pub slot: Option<SlotPicture>,
    /// How each side ended, in a few words.
    pub ends: Pair<String>,
}

impl Story {
    /// How the side ended that the finding is not about; nothing if it is about both.
    pub(super) fn other_end(&self, finding: &Finding) -> Option<String> {
        if finding.difference().is_some() {
            return None;
        }
        let (side, end) = match finding.side {
            Side::Deferred => (Side::Eager, &self.ends.eager),
            _ => (Side::Deferred, &self.ends.deferred),
        };
        let has_any = self.report.findings.iter().any(|found| found.side == side && found.difference().is_none());
        Some(format!("{side}: {end}, {} a finding of its own", if has_any { "with" } else { "without" }))
    }
}

/// How a run ended, in a few words.
fn end(seen: &Observation) -> String {
    match &seen.end {
        End::Rest => "comes to rest".to_owned(),
        End::Trap(trap) => format!("stops in {}", trap.function),
        End::Unmodelled(what) => format!("needs what is not modelled, {what}"),
        End::Limit(limit) => format!("hits the limit of {}", crate::liveness::limit_text(*limit)),
    }
}

/// Tells the finding of a signature, or the first one; without findings, the first difference that is allowed.
pub fn story(scenario: &Scenario, options: &Options, signature: Option<&Signature>) -> Story {
    let report = judge(scenario, options);
    let finding = match signature {
        Some(signature) => report.finding(signature),
        None => report.findings.first().or_else(|| report.allowed.first().map(|allowed| &allowed.finding)),
    };
    let finding = finding.cloned();
    let mut variants = Pair { eager: options.left, deferred: options.right };
    if finding.as_ref().is_some_and(|finding| finding.masked) {
        variants = variants.map(|variant| variant.masked().unwrap_or(variant));
    }
    let seen = pair::watch(&Model, scenario, variants.as_ref(), Watch::Closely);
    let seen = seen.as_ref();
    let rows = Teller { seen, many: scenario.devices.len() > 1, rows: Vec::new() }.tell(finding.as_ref());
    let slot = finding.as_ref().and_then(|finding| SlotPicture::of(finding, seen));
    Story { report, finding, rows, slot, ends: seen.map(end) }
}

struct Teller<'a> {
    seen: Pair<&'a Observation>,
    /// Whether there are several devices, so that each line says which.
    many: bool,
    rows: Vec<Row>,
}

impl Teller<'_> {
    fn tell(mut self, finding: Option<&Finding>) -> Vec<Row> {
        let located = finding.and_then(Finding::difference);
        let until = located.map_or(u32::MAX, |located| located.steps_begun);
        let (eager, deferred) = (ends(self.seen.eager, until), ends(self.seen.deferred, until));
        let mut start = Pair::<usize>::default();
        let mut notes = Pair::<Notes>::default();
        for end in &eager {
            let Some(other) = deferred.iter().find(|other| other.steps == end.steps) else { continue };
            let ours = items(self.seen.eager, start.eager..end.events, end.time_us, &mut notes.eager);
            let theirs = items(self.seen.deferred, start.deferred..other.events, other.time_us, &mut notes.deferred);
            self.stretch(&ours, &theirs, finding);
            start = Pair { eager: end.events, deferred: other.events };
            if end.steps != u32::MAX {
                let times = Pair { eager: Some(end.time_us), deferred: Some(other.time_us) };
                let text = format!("at rest, {} begun", super::words::steps(end.steps));
                self.push(RowKind::Rest, times, String::new(), Pair { eager: text.clone(), deferred: text });
            }
        }
        let both = self.seen;
        for (side, seen) in both.sides() {
            if let Some(trap) = trap(seen).filter(|_| until == u32::MAX) {
                self.stop(side, trap, finding);
            }
        }
        if let Some(finding) = finding {
            self.difference(finding);
        }
        self.cut();
        self.rows
    }

    fn stretch(&mut self, ours: &[Item], theirs: &[Item], finding: Option<&Finding>) {
        let same = |e: usize, d: usize| ours[e].text == theirs[d].text && ours[e].device == theirs[d].device;
        for (e, d) in align(ours.len(), theirs.len(), same) {
            let (eager, deferred) = (e.map(|e| &ours[e]), d.map(|d| &theirs[d]));
            let Some(item) = eager.or(deferred) else { continue };
            let kind = if item.is_note { RowKind::Note } else { RowKind::Event };
            let time = |item: Option<&Item>| item.map(|item| item.time_us);
            let text = |item: Option<&Item>| item.map_or_else(String::new, |item| item.text.clone());
            let context = match item.device {
                Some(device) if self.many => format!("{device}:{}", item.context.text()),
                _ => item.context.text().to_owned(),
            };
            let times = Pair { eager: time(eager), deferred: time(deferred) };
            self.push(kind, times, context, Pair { eager: text(eager), deferred: text(deferred) });
            // The first silent access of the finding's kind is where it shows.
            let is_it = |side: Side, item: Option<&Item>| {
                let violations =
                    if side == Side::Eager { &self.seen.eager.violations } else { &self.seen.deferred.violations };
                let violation = item.and_then(|item| item.violation).and_then(|index| violations.get(index));
                finding.is_some_and(|finding| match &finding.evidence {
                    Evidence::Violation(meant) => finding.side == side && violation == Some(meant),
                    _ => false,
                })
            };
            let is_first = is_it(Side::Eager, eager) || is_it(Side::Deferred, deferred);
            let is_first = is_first && !self.rows.iter().any(|row| row.is_first);
            if let Some(row) = self.rows.last_mut() {
                row.is_first = is_first;
            }
        }
    }

    /// A side stops after its last line.
    fn stop(&mut self, side: Side, trap: &regdiff_observation::Trap, finding: Option<&Finding>) {
        let has = |row: &Row| match side {
            Side::Deferred => row.time_us.deferred.is_some(),
            _ => row.time_us.eager.is_some(),
        };
        let at = self.rows.iter().rposition(has).map_or(0, |last| last + 1);
        let text = super::sentence::trap_in_short(trap);
        let only = |on: Side, text: String| if on == side { text } else { String::new() };
        let time = |on: Side| (on == side).then_some(trap.time_us);
        let is_first = finding.is_some_and(|finding| {
            finding.side == side && matches!(&finding.evidence, Evidence::Trap(meant) if **meant == *trap)
        });
        let row = Row {
            mark: if side == Side::Deferred { Mark::Deferred } else { Mark::Eager },
            kind: RowKind::Stop,
            time_us: Pair { eager: time(Side::Eager), deferred: time(Side::Deferred) },
            context: trap.context.text().to_owned(),
            text: Pair { eager: only(Side::Eager, text.clone()), deferred: only(Side::Deferred, text) },
            is_first,
        };
        self.rows.insert(at, row);
    }

    /// What shows only at rest gets a line of its own at the end.
    fn difference(&mut self, finding: &Finding) {
        if self.rows.iter().any(|row| row.is_first) {
            return;
        }
        let (eager, deferred, times) = match &finding.evidence {
            Evidence::Difference(located) => {
                let texts = located.difference.sides();
                (texts.eager, texts.deferred, located.time_us.map(Some))
            }
            _ => {
                let text = finding.sentence().split_once(": ").map_or_else(String::new, |(_, what)| what.to_owned());
                match finding.side {
                    Side::Deferred => (String::new(), text, Pair::default()),
                    _ => (text, String::new(), Pair::default()),
                }
            }
        };
        self.push(RowKind::Difference, times, String::new(), Pair { eager, deferred });
        if let Some(row) = self.rows.last_mut() {
            row.is_first = true;
        }
    }

    fn push(&mut self, kind: RowKind, time_us: Pair<Option<u64>>, context: String, text: Pair<String>) {
        let mark = match (text.eager.is_empty(), text.deferred.is_empty()) {
            (false, true) => Mark::Eager,
            (true, false) => Mark::Deferred,
            _ if time_us.eager == time_us.deferred => Mark::Both,
            _ => Mark::Moved,
        };
        self.rows.push(Row { mark, kind, time_us, context, text, is_first: false });
    }

    /// What comes long after the first difference is another story.
    fn cut(&mut self) {
        if let Some(first) = self.rows.iter().position(|row| row.is_first) {
            self.rows.truncate(first + 1 + GLIMPSE);
        }
    }
}

/// The end of a stretch that both sides can be compared at.
struct Stretch {
    steps: u32,
    events: usize,
    time_us: u64,
}

fn ends(seen: &Observation, until: u32) -> Vec<Stretch> {
    let mut ends: Vec<Stretch> = Vec::new();
    for rest in seen.rests.iter().filter(|rest| rest.steps_begun <= until) {
        if ends.last().is_some_and(|last| last.steps == rest.steps_begun) {
            ends.pop();
        }
        ends.push(Stretch { steps: rest.steps_begun, events: rest.events_end, time_us: rest.time_us });
    }
    // What came after the last rest belongs to the story only if it ends the run.
    if until == u32::MAX {
        ends.push(Stretch { steps: u32::MAX, events: seen.events.len(), time_us: u64::MAX });
    }
    ends
}

/// The sizes of the requests of a device, as SIZE settled them.
pub(super) fn sizes(seen: &Observation, device: Option<u8>) -> Option<(u32, u32)> {
    seen.notes.iter().rev().find_map(|noted| match noted.note {
        Note::Size { device: of, payload, slot, .. } if device.is_none_or(|device| device == of) => {
            Some((payload, slot))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use regdiff_scenario::Scenario;

    use super::*;
    use crate::explain::{About, Screen, draw, fold, full, mail, oops, test};

    fn seed() -> Scenario {
        Scenario::load(include_bytes!("../../../corpus/registration/lp1887124.toml")).expect("the seed can be read")
    }

    fn at(rows: &[Row], text: &str, side: Side) -> usize {
        let of = |row: &Row| if side == Side::Eager { row.text.eager.clone() } else { row.text.deferred.clone() };
        rows.iter().position(|row| of(row).starts_with(text)).unwrap_or_else(|| panic!("no {text} in {side}"))
    }

    #[test]
    fn the_seed_tells_when_the_three_clocks_struck() {
        let rows = story(&seed(), &Options::default(), None).rows;
        let eager = |text| at(&rows, text, Side::Eager);
        let deferred = |text| at(&rows, text, Side::Deferred);
        assert!(eager("SIZE mask 0x0: payload 856, slot 1024") < eager("answer exchange_config_data: good, DIF+DIX"));
        assert!(eager("answer exchange_config_data") < eager("MASK prot_capabilities = 0x11"));
        assert!(eager("MASK") < eager("TOUCH INQUIRY tags mask 0x11: prot_sdb null"));
        let stop = eager("OOPS scsi_queue_rq: stores 24 bytes at 0x0");
        assert!(eager("TOUCH") < stop && rows[stop].is_first && rows[stop].mark == Mark::Eager);
        assert!(deferred("answer exchange_config_data") < deferred("SIZE mask 0x11: payload 912, slot 1024"));
        assert!(deferred("SIZE") < deferred("TOUCH INQUIRY tags mask 0x11: prot_sdb at 856"));
        assert_eq!(rows.iter().filter(|row| row.is_first).count(), 1);
        assert!(rows.len() <= stop + 1 + GLIMPSE);
    }

    #[test]
    fn the_seed_fits_a_screen() {
        let (scenario, options) = (seed(), Options::default());
        let story = story(&scenario, &options, None);
        for width in [120, 80] {
            let text = full(&scenario, &story, Screen { width, lines: Screen::LINES });
            assert!(text.lines().count() <= Screen::LINES, "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
            for what in [
                "dif = true",
                "answer exchange_config_data: good",
                "SIZE mask 0x0: payload 856",
                "SIZE mask 0x11: payload 912",
                "POINTER tags mask 0x0: prot_sdb null",
                "POINTER tags mask 0x11: prot_sdb at 856",
                "TOUCH INQUIRY tags mask 0x11: prot_sdb null",
                "TOUCH INQUIRY tags mask 0x11: prot_sdb at 856",
                "MASK prot_capabilities",
                "->",
                "Call Trace",
                "deferred: comes to rest, without a finding of its own",
            ] {
                assert!(text.contains(what), "no {what} in\n{text}");
            }
            let words: Vec<&str> = text.split_whitespace().collect();
            assert!(words.join(" ").contains("stores 24 bytes at address 0, in no request"), "{text}");
        }
    }

    /// Whatever is found, one line is where it shows; notes change nothing that oracles see.
    #[test]
    fn every_finding_has_a_place_and_every_line_fits() {
        let mut told = 0;
        for scenario in (0..60).map(Scenario::generate) {
            let options = Options::default();
            for finding in judge(&scenario, &options).findings {
                let story = story(&scenario, &options, Some(&finding.signature));
                assert_eq!(story.finding.as_ref(), Some(&finding));
                assert_eq!(story.rows.iter().filter(|row| row.is_first).count(), 1, "{}", finding.signature);
                for width in [60, 80, 120] {
                    let text = draw(&fold(&story.rows, 20), width);
                    assert!(text.lines().all(|line| line.chars().count() <= width), "{width}\n{text}");
                    assert!(text.lines().any(|line| line.starts_with("->")), "{text}");
                }
                told += 1;
            }
        }
        assert!(told > 20);
    }

    #[test]
    fn nothing_is_left_out_when_there_is_room() {
        let rows = story(&seed(), &Options::default(), None).rows;
        assert!(fold(&rows, usize::MAX).iter().all(|told| matches!(told, crate::explain::Told::Row(_))));
        let few = fold(&rows, 5);
        let shown: usize = few.iter().map(|told| if let crate::explain::Told::Gap(n) = told { *n } else { 1 }).sum();
        let first = rows.iter().position(|row| row.is_first).expect("a place");
        assert!((first + 1..=rows.len()).contains(&shown), "{shown} of {}", rows.len());
    }

    #[test]
    fn a_silent_overrun_draws_its_bytes() {
        let text = include_bytes!("../../../corpus/registration/lp1887124-neighbour.toml");
        let scenario = Scenario::load(text).expect("it can be read");
        let found = judge(&scenario, &Options::default()).findings;
        let silent = found.iter().find(|finding| finding.signature.as_str().contains("overrun")).expect("an overrun");
        let story = story(&scenario, &Options::default(), Some(&silent.signature));
        let picture = story.slot.expect("a picture");
        assert!(picture.payload <= picture.hits[0].from, "{picture:?}");
        assert!(picture.draw(120).contains('#'), "{}", picture.draw(120));
        assert!(story.rows.iter().any(|row| row.is_first && row.kind == RowKind::Note));
    }

    #[test]
    fn other_forms_say_what_they_must() {
        let scenario = seed();
        let story = story(&scenario, &Options::default(), None);
        let finding = story.finding.clone().expect("a finding");
        let about = About { version: "1".into(), repeat: "regdiff run x".into(), kernels: vec![], allow: "intended" };
        let log = oops(&story, &finding);
        assert!(log.contains("Failing address: 0000000000000000") && log.contains("HOST_ADDED"), "{log}");
        assert!(log.find("fc_scsi_scan_rport") > log.find("scsi_queue_rq"), "{log}");
        let code = test(&scenario, &finding, &about);
        assert!(code.contains("fn memory_eager_null_write_scsi_queue_rq_prot_sdb()"), "{code}");
        let (_, rest) = code.split_once("r#\"").expect("a raw string");
        let (text, _) = rest.split_once("\"#").expect("its end");
        assert_eq!(Scenario::load(text.as_bytes()).expect("the text form"), scenario);
        let letter = mail(&scenario, &story, &finding, &about);
        for what in [
            "Subject: ",
            "regdiff run x",
            "On no real kernel yet",
            "A user writes 1",
            "Call Trace",
            "dif = true",
            "Linux 5.7",
            "TOUCH INQUIRY",
            "through a null prot_sdb (eager)\n",
        ] {
            assert!(letter.contains(what), "no {what} in\n{letter}");
        }
        let prose = letter.split("scenario.toml:").next().expect("what comes before the scenario");
        assert!(prose.lines().skip(1).all(|line| line.chars().count() <= 76), "{letter}");
    }
}
