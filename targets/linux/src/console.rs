//! The console of a kernel that went wrong: which function did what. Texts are read, not kept.
//!
//! A fault in kernel mode is a panic in User-Mode Linux, never an oops. Stack traces are partly scans of the stack, with stale
//! entries; what is trusted is the instruction pointer, and frames that carry an offset and no question mark.

use regdiff_observation::Access;

/// A place in the kernel's code, as `function+0x1f/0x40 [module]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The symbol, with the compiler's suffixes.
    pub symbol: String,
    /// Offset from its start.
    pub offset: u64,
    /// The module, if it is in one.
    pub module: Option<String>,
}

impl Place {
    /// The function's name in the source: without `.isra.0`, `.constprop.0` and the like.
    pub fn function(&self) -> &str {
        self.symbol.split('.').next().unwrap_or_default()
    }
}

/// What was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A fault at an address. The machine has stopped.
    Fault {
        /// Which.
        address: u64,
    },
    /// A BUG(). The machine has stopped.
    Bug,
    /// A panic that the kernel or the driver wanted. The machine has stopped.
    Panic,
    /// The address sanitizer. The machine goes on.
    Sanitizer {
        /// Whether the memory had been freed; if not, the access was outside of it.
        freed: bool,
        /// Load or store.
        access: Access,
        /// How many bytes.
        bytes: u32,
        /// Where.
        address: Option<u64>,
    },
    /// A warning. The machine goes on.
    Warning,
}

impl Kind {
    /// Whether the machine has stopped.
    pub const fn stops(self) -> bool {
        matches!(self, Self::Fault { .. } | Self::Bug | Self::Panic)
    }
}

/// One report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What.
    pub kind: Kind,
    /// The function that did it.
    pub place: Place,
    /// The function that moved memory for it, where the fault itself was.
    pub mover: Option<Place>,
    /// Its callers, the innermost first.
    pub frames: Vec<Place>,
}

/// Functions that only report, or that carry a fault from the host to the kernel: never the culprit.
const MESSENGERS: &[&str] = &[
    "show_stack",
    "dump_stack",
    "dump_stack_lvl",
    "panic",
    "__warn",
    "warn_slowpath_fmt",
    "report_bug",
    "segv",
    "segv_handler",
    "sig_handler",
    "sig_handler_common",
    "hard_handler",
    "relay_signal",
    "bus_handler",
    "timer_real_alarm_handler",
    "timer_alarm_handler",
    "unblock_signals",
    "block_signals",
    "set_signals",
    "kasan_report",
    "kasan_check_range",
    "print_report",
    "print_address_description",
    "check_memory_region",
    "kernel_bug",
    "__reserved_direct_mapping",
];
/// Prefixes of such functions.
const MESSENGER_PREFIXES: &[&str] = &["__asan_", "kasan_", "__kasan_", "um_", "arch_stack"];
/// Functions that move memory for others: the caller is the culprit.
const MOVERS: &[&str] =
    &["memset", "memcpy", "memmove", "__memset", "__memcpy", "__memmove", "memset_orig", "memcpy_orig"];

/// Every report on a console, in order. A panic that only says what a fault or BUG before it said is no second report.
pub fn reports(console: &[u8]) -> Vec<Report> {
    let text = String::from_utf8_lossy(console);
    let mut reader = Reader::default();
    text.lines().map(plain).for_each(|line| reader.line(line));
    reader.finish()
}

/// Names anew what ends with a call that never returns: such a call's return address is the start of the function behind it.
/// `before` tells which function lies before that one.
pub fn name_callers(reports: &mut [Report], before: impl Fn(&Place) -> Option<String>) {
    for report in reports {
        // Where a fault was is no return address.
        let called = matches!(report.kind, Kind::Panic | Kind::Bug);
        let place = Some(&mut report.place).filter(|_| called);
        for place in place.into_iter().chain(&mut report.frames).filter(|place| place.offset == 0) {
            if let Some(symbol) = before(place) {
                place.symbol = symbol;
            }
        }
    }
}

/// The last lines, for people.
pub fn tail(console: &[u8], lines: usize) -> String {
    let text = String::from_utf8_lossy(console);
    let all: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    all[all.len().saturating_sub(lines)..].join(" | ")
}

/// A line without time stamp and carriage return.
fn plain(line: &str) -> &str {
    let line = line.trim_end();
    match line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((stamp, rest)) if stamp.trim().bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => rest,
        _ => line,
    }
}

#[derive(Default)]
struct Reader {
    done: Vec<Report>,
    current: Option<Draft>,
    /// The instruction pointer of the registers last shown, if no report has used it.
    pointer: Option<Place>,
    in_trace: bool,
}

struct Draft {
    kind: Kind,
    place: Option<Place>,
    frames: Vec<Place>,
    /// The word on top of the stack, if it looks like code: where a function without a frame of its own returns to.
    top: Option<Place>,
    lines: u32,
    traced: bool,
}

impl Reader {
    fn line(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("RIP: ") {
            let place = rest.split_once(':').and_then(|(_, rest)| place(rest));
            match (&mut self.current, place) {
                (Some(draft), Some(found)) if draft.place.is_none() && !matches!(draft.kind, Kind::Warning) => {
                    draft.place = Some(found);
                }
                (_, found) => self.pointer = found,
            }
            self.in_trace = false;
        } else if let Some(rest) = line.strip_prefix("Kernel panic - not syncing: ") {
            self.panic(rest);
        } else if let Some(rest) = line.strip_prefix("BUG: KASAN: ") {
            self.sanitizer(rest);
        } else if let Some(rest) = line.strip_prefix("WARNING: ") {
            // CPU: 0 PID: 1 at file:line function+0x1/0x2
            let place = rest.split_whitespace().find_map(place);
            self.start(Kind::Warning, place);
        } else if line.starts_with("BUG: failure at ") || line.starts_with("kernel BUG at ") {
            // BUG: failure at file:line/function()!
            let function = line.rsplit_once('/').and_then(|(_, name)| name.strip_suffix("()!"));
            // Where in it is not said; at its start it is not, as a return address behind a call that never returns would be.
            let place = function.map(|name| Place { symbol: name.to_owned(), offset: 1, module: None });
            self.start(Kind::Bug, place);
        } else if line == "Call Trace:" {
            self.in_trace = self.current.as_ref().is_some_and(|draft| !draft.traced);
            if let Some(draft) = &mut self.current {
                draft.traced = true;
            }
        } else if self.in_trace {
            self.frame(line);
        } else {
            self.detail(line);
        }
    }

    fn start(&mut self, kind: Kind, place: Option<Place>) {
        self.flush();
        self.in_trace = false;
        self.current = Some(Draft { kind, place, frames: Vec::new(), top: None, lines: 0, traced: false });
    }

    fn panic(&mut self, text: &str) {
        // BUG() prints, then panics.
        if let Some(draft) = &self.current
            && draft.kind == Kind::Bug
        {
            return;
        }
        let hex = |name: &str| {
            let (_, rest) = text.split_once(name)?;
            let digits = rest.strip_prefix("0x").unwrap_or(rest);
            let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
            u64::from_str_radix(&digits[..end], 16).ok()
        };
        let kind = match (text.starts_with("Kernel ") || text.starts_with("Segfault"), hex("addr ")) {
            (true, address) => Kind::Fault { address: address.unwrap_or(0) },
            _ if text.starts_with("BUG!") => Kind::Bug,
            _ => Kind::Panic,
        };
        let place = if matches!(kind, Kind::Fault { .. }) { self.pointer.take() } else { None };
        self.start(kind, place);
    }

    fn sanitizer(&mut self, text: &str) {
        // use-after-free in function+0x1/0x2 [module]
        let freed = text.starts_with("use-after-free")
            || text.starts_with("slab-use-after-free")
            || text.starts_with("double-free");
        let place = text.split_once(" in ").and_then(|(_, rest)| place(rest));
        self.start(Kind::Sanitizer { freed, access: Access::Read, bytes: 0, address: None }, place);
    }

    /// `Write of size 8 at addr ffff… by task …` after the first line of a sanitizer's report.
    fn detail(&mut self, line: &str) {
        let Some(Draft { kind: Kind::Sanitizer { access, bytes, address, .. }, .. }) = &mut self.current else {
            return;
        };
        let words: Vec<&str> = line.split_whitespace().collect();
        let [direction @ ("Read" | "Write"), "of", "size", size, "at", "addr", at, ..] = words[..] else { return };
        *access = if direction == "Write" { Access::Write } else { Access::Read };
        *bytes = size.parse().unwrap_or(0);
        *address = u64::from_str_radix(at, 16).ok();
    }

    fn frame(&mut self, line: &str) {
        let Some(draft) = &mut self.current else { return };
        let text = line.trim();
        if text.is_empty() || text.starts_with('<') || text.starts_with("</") {
            self.in_trace &= text.starts_with('<');
            return;
        }
        // [<0000000060042e5c>] ? show_stack+0x12d/0x14a
        let text = match text.strip_prefix("[<").and_then(|rest| rest.split_once(">]")) {
            Some((_, rest)) => rest.trim_start(),
            None => text,
        };
        draft.lines += 1;
        if let Some(doubtful) = text.strip_prefix("? ") {
            if draft.lines == 1 {
                draft.top = place(doubtful);
            }
            return;
        }
        match place(text) {
            Some(frame) => draft.frames.push(frame),
            None => self.in_trace = false,
        }
    }

    fn flush(&mut self) {
        let Some(Draft { kind, place, mut frames, top, .. }) = self.current.take() else { return };
        let is_messenger = |frame: &Place| {
            let name = frame.function();
            MESSENGERS.contains(&name) || MESSENGER_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        };
        // What lies before the last messenger is the reporting itself.
        if let Some(last) = frames.iter().rposition(is_messenger) {
            frames.drain(..=last);
        }
        let mut callers = frames.into_iter().peekable();
        let moves = |place: &Place| MOVERS.contains(&place.function());
        let mut place = place.filter(|place| !is_messenger(place));
        let mover = place.clone().filter(moves);
        let top = top.filter(|top| !is_messenger(top) && !moves(top));
        if let (Some(_), Some(caller)) = (&mover, top) {
            // Movers are leaves written in assembly: no frame of theirs lies between the fault and its caller's.
            place = Some(caller);
        } else if place.as_ref().is_none_or(moves) {
            while callers.peek().is_some_and(|frame| MOVERS.contains(&frame.function())) {
                callers.next();
            }
            place = callers.next().or(place);
        }
        let place = place.unwrap_or_default();
        // The function itself is often the first frame of the trace too.
        if callers.peek().is_some_and(|frame| frame.symbol == place.symbol) {
            callers.next();
        }
        self.done.push(Report { kind, place, mover, frames: callers.collect() });
    }

    fn finish(mut self) -> Vec<Report> {
        self.flush();
        self.done
    }
}

/// Reads `function+0x1f/0x40 [module]`.
fn place(text: &str) -> Option<Place> {
    let mut words = text.split_whitespace();
    let (symbol, rest) = words.next()?.split_once("+0x")?;
    let (offset, _) = rest.split_once("/0x")?;
    let module = words.next().and_then(|word| word.strip_prefix('[')?.split([']', ' ']).next());
    let offset = u64::from_str_radix(offset, 16).ok()?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$');
    (!symbol.is_empty() && symbol.chars().all(is_name)).then(|| Place {
        symbol: symbol.to_owned(),
        offset,
        module: module.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRACE: &str = "\
RIP: 0033:memset_orig+0x72/0xb0
Kernel panic - not syncing: Segfault with no mm
Call Trace:
 [<6020b30c>] ? scsi_queue_rq+0x9ec/0xb80
 [<6002f9b0>] ? memset+0x0/0x30
 [<6018f2a0>] blk_mq_dispatch_rq_list+0x200/0x990
";

    #[test]
    fn who_lets_memory_be_moved_is_on_top_of_the_stack() {
        let [report] = &reports(TRACE.as_bytes())[..] else { panic!("one report") };
        assert_eq!(report.place.function(), "scsi_queue_rq");
        assert_eq!(report.mover.as_ref().map(Place::function), Some("memset_orig"));
        assert_eq!(report.frames.iter().map(Place::function).collect::<Vec<_>>(), ["blk_mq_dispatch_rq_list"]);
    }

    #[test]
    fn a_bug_names_its_function_and_that_name_stays() {
        let text = "BUG: failure at drivers/scsi/scsi_lib.c:2016/culprit()!\nKernel panic - not syncing: BUG!\nCall Trace:\n [<60>] panic+0x1/0x2\n [<61>] next+0x0/0x9\n";
        let mut reports = reports(text.as_bytes());
        name_callers(&mut reports, |_| Some("another".to_owned()));
        let [report] = &reports[..] else { panic!("one report") };
        assert_eq!((report.kind, report.place.function()), (Kind::Bug, "culprit"));
    }

    #[test]
    fn a_call_that_never_returns_is_its_callers_last() {
        let trace = "Kernel panic - not syncing: error: unknown req_id\nCall Trace:\n [<60>] panic+0x1/0x2\n [<61>] next+0x0/0x9 [zfcp]\n [<62>] outer+0x3/0x9\n";
        let mut reports = reports(trace.as_bytes());
        name_callers(&mut reports, |place| (place.symbol == "next").then(|| "culprit".to_owned()));
        let [report] = &reports[..] else { panic!("one report") };
        assert_eq!((report.place.function(), report.frames[0].function()), ("culprit", "outer"));
        let mut reports = super::reports(TRACE.as_bytes());
        name_callers(&mut reports, |_| Some("culprit".to_owned()));
        assert_eq!(reports[0].place.function(), "scsi_queue_rq", "a fault is where it is");
    }

    #[test]
    fn a_doubtful_frame_is_no_caller_of_an_ordinary_function() {
        let trace = TRACE.replace("memset_orig", "scsi_done");
        let [report] = &reports(trace.as_bytes())[..] else { panic!("one report") };
        assert_eq!((report.place.function(), &report.mover), ("scsi_done", &None));
        let stale = TRACE.replace(" [<6020b30c>] ? scsi", " [<6020b30c>] ? memcpy+0x0/0x9\n [<6020b30c>] ? scsi");
        assert_eq!(reports(stale.as_bytes())[0].place.function(), "blk_mq_dispatch_rq_list");
    }
    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// Consoles that are torn, doubled, mixed with anything: no panic of ours, and no report out of nothing.
        #[test]
        fn any_console_is_read(
            lines in proptest::collection::vec(
                prop_oneof![proptest::sample::select(TRACE.lines().collect::<Vec<_>>()).prop_map(str::to_owned), "\\PC{0,60}"], 0..30,
            ),
            cut in any::<proptest::sample::Index>(),
            raw in proptest::collection::vec(any::<u8>(), 0..30),
        ) {
            let mut console = lines.join("\n").into_bytes();
            console.truncate(cut.index(console.len() + 1));
            let reports_before = reports(&console).len();
            prop_assert!(reports_before <= lines.len());
            console.extend(&raw);
            prop_assert!(reports(&console).len() <= lines.len() + raw.len());
            prop_assert!(tail(&console, 3).lines().count() <= 3 + raw.len());
        }
    }
}
