//! Runs a process to its end, or to the end of what it may take, whichever comes first. It never waits for ever.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use regdiff_observation::Limit;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use crate::error::Error;
use crate::limits::{GRACE, MAX_CONSOLE, MAX_FACTS, MAX_LINE, MAX_LINES};
use crate::processor;

/// Room of a pipe, in bytes: a guest stands still while its reader is behind.
const PIPE_BYTES: usize = 1 << 20;
/// How much is read at once.
const CHUNK: usize = 1 << 16;
/// How long what was written is still read when the process is gone, or was killed.
const DRAIN: Duration = Duration::from_millis(500);
/// How often processor time is looked at, while there is something to read.
const LOOK: Duration = Duration::from_millis(10);
/// How long a guest may take to switch off once it said its last word. It waits for ever where something hangs.
const FAREWELL: Duration = Duration::from_secs(2);
/// How a guest's last word begins: the tags of [`regdiff_linux_wire::Fact`] behind which nothing comes.
const LAST_WORDS: &[&[u8]] = &[br#"{"end":"#, br#"{"not_expressible":"#];

/// What a process left behind.
#[derive(Debug)]
pub struct Spoken {
    /// What came on the channel of facts.
    pub facts: Vec<u8>,
    /// What came on the console.
    pub console: Vec<u8>,
    /// How it ended; `None` if it could not even be killed.
    pub status: Option<ExitStatus>,
    /// The limit for which it was killed.
    pub killed: Option<Limit>,
    /// Real time that it took.
    pub took: Duration,
    /// Processor time that it and its children took, as far as it was seen.
    pub processor: Option<Duration>,
}

impl Spoken {
    /// How it ended, in words.
    pub fn ending(&self) -> String {
        match self.status {
            None => "it cannot be killed".to_owned(),
            Some(status) => match (status.code(), status.signal()) {
                (Some(code), _) => format!("exit code {code}"),
                (None, signal) => format!("signal {}", signal.unwrap_or_default()),
            },
        }
    }
}

/// One of the two channels, bounded.
struct Channel {
    end: File,
    text: Vec<u8>,
    room: usize,
    lines: usize,
    /// Bytes since the last end of a line.
    line: usize,
    open: bool,
    /// A whole line was one of [`LAST_WORDS`].
    last_word: bool,
}

impl Channel {
    fn new(end: OwnedFd, room: usize) -> Self {
        Self { end: File::from(end), text: Vec::new(), room, lines: 0, line: 0, open: true, last_word: false }
    }

    /// Reads what is there; false if a limit is passed. The bytes up to the limit are kept.
    fn take(&mut self, buffer: &mut [u8]) -> io::Result<bool> {
        let count = match self.end.read(buffer) {
            Ok(0) => {
                self.open = false;
                return Ok(true);
            }
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(true),
            Err(error) => return Err(error),
        };
        for byte in &buffer[..count] {
            if self.text.len() == self.room || self.lines == MAX_LINES || self.line > MAX_LINE {
                return Ok(false);
            }
            self.text.push(*byte);
            if *byte == b'\n' {
                let line = &self.text[self.text.len() - 1 - self.line..];
                self.last_word |= LAST_WORDS.iter().any(|word| line.starts_with(word));
            }
            self.line = if *byte == b'\n' { 0 } else { self.line + 1 };
            self.lines += usize::from(*byte == b'\n');
        }
        Ok(true)
    }
}

/// Runs a command with facts on descriptor 0 and the console on 1 and 2. The command must be the leader of its own group.
pub fn run(mut command: Command, real: Duration) -> Result<Spoken, Error> {
    let (facts, facts_in) = channel()?;
    let (console, console_in) = channel()?;
    let console_too = console_in.try_clone().map_err(Error::io("a pipe"))?;
    command.stdin(facts_in).stdout(console_in).stderr(console_too);
    let began = Instant::now();
    let child = command.spawn().map_err(Error::io("setarch"))?;
    // The write ends that this process holds would keep the pipes open.
    drop(command);
    let mut watched = Watched::new(child, Channel::new(facts, MAX_FACTS), Channel::new(console, MAX_CONSOLE))?;
    let ended = watched.listen(began + real);
    // Whatever happened, nothing of it stays.
    let status = watched.end();
    let killed = ended?;
    let Watched { facts, console, processor, .. } = watched;
    Ok(Spoken { facts: facts.text, console: console.text, status, killed, took: began.elapsed(), processor })
}

fn channel() -> Result<(OwnedFd, OwnedFd), Error> {
    let failed = |error: rustix::io::Errno| Error::Io { what: "a pipe", source: error.into() };
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).map_err(failed)?;
    // A smaller pipe is slower, nothing else.
    let _ = rustix::pipe::fcntl_setpipe_size(&write, PIPE_BYTES);
    Ok((read, write))
}

struct Watched {
    child: Child,
    group: Option<Pid>,
    gone: OwnedFd,
    facts: Channel,
    console: Channel,
    processor: Option<Duration>,
    looked: Instant,
}

impl Watched {
    fn new(mut child: Child, facts: Channel, console: Channel) -> Result<Self, Error> {
        let group = Pid::from_raw(child.id() as i32);
        let gone = match group.map(|pid| pidfd_open(pid, PidfdFlags::empty())) {
            Some(Ok(gone)) => gone,
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(Error::Io {
                    what: "a descriptor of the process",
                    source: io::ErrorKind::Unsupported.into(),
                });
            }
        };
        Ok(Self { child, group, gone, facts, console, processor: None, looked: Instant::now() })
    }

    /// Reads both channels until the process is gone, or a limit is passed.
    fn listen(&mut self, until: Instant) -> Result<Option<Limit>, Error> {
        let mut buffer = vec![0; CHUNK];
        let mut until = until;
        let (mut left, mut parting) = (false, false);
        while self.facts.open || self.console.open || !left {
            let now = Instant::now();
            if now >= until {
                return Ok((!left && !self.facts.last_word).then_some(Limit::RealTime));
            }
            let ready = self.wait(until - now, left)?;
            for (channel, ready) in [(&mut self.facts, ready[0]), (&mut self.console, ready[1])] {
                if ready && !channel.take(&mut buffer).map_err(Error::io("output of the kernel"))? {
                    return Ok(Some(Limit::Output));
                }
            }
            let parts = self.facts.last_word && !parting;
            if parts || self.looked.elapsed() > LOOK {
                self.look();
            }
            if parts {
                parting = true;
                until = until.min(Instant::now() + FAREWELL);
            }
            if ready[2] && !left {
                left = true;
                // What it wrote is in the pipes; what others hold open is not waited for.
                until = Instant::now() + DRAIN;
            }
        }
        Ok(None)
    }

    /// Takes down the processor time; of what is gone, the last that was seen.
    fn look(&mut self) {
        self.looked = Instant::now();
        self.processor = processor::of_tree(self.child.id()).max(self.processor);
    }

    /// Which of facts, console and end are ready.
    fn wait(&self, time: Duration, left: bool) -> Result<[bool; 3], Error> {
        let descriptors = [
            (self.facts.end.as_fd(), PollFlags::IN, self.facts.open),
            (self.console.end.as_fd(), PollFlags::IN, self.console.open),
            (self.gone.as_fd(), PollFlags::IN, !left),
        ];
        let asked: Vec<usize> = (0..descriptors.len()).filter(|index| descriptors[*index].2).collect();
        let mut polled: Vec<PollFd<'_>> =
            asked.iter().map(|index| PollFd::from_borrowed_fd(descriptors[*index].0, descriptors[*index].1)).collect();
        let time = Timespec { tv_sec: time.as_secs() as i64, tv_nsec: i64::from(time.subsec_nanos()) };
        match poll(&mut polled, Some(&time)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(Error::Io { what: "waiting for the kernel", source: error.into() }),
        }
        let mut ready = [false; 3];
        for (index, descriptor) in asked.iter().zip(&polled) {
            ready[*index] = !descriptor.revents().is_empty();
        }
        Ok(ready)
    }

    /// Kills what is left of the group and buries the process.
    fn end(&mut self) -> Option<ExitStatus> {
        if let Ok(Some(status)) = self.child.try_wait() {
            // Its number may not be reused as long as a member of the group lives; an empty group is an error to ignore.
            self.kill();
            return Some(status);
        }
        self.kill();
        let until = Instant::now() + GRACE;
        while Instant::now() < until {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            let _ = self.wait_gone();
        }
        None
    }

    fn wait_gone(&self) -> rustix::io::Result<usize> {
        let time = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
        poll(&mut [PollFd::new(&self.gone, PollFlags::IN)], Some(&time))
    }

    fn kill(&self) {
        if let Some(group) = self.group {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).process_group(0);
        command
    }

    #[test]
    fn both_channels_are_read() {
        let spoken = run(shell("echo fact >&0; echo console; echo error >&2; exit 3"), Duration::from_secs(20))
            .expect("it runs");
        assert_eq!((&spoken.facts[..], &spoken.console[..]), (&b"fact\n"[..], &b"console\nerror\n"[..]));
        assert_eq!((spoken.killed, spoken.ending()), (None, "exit code 3".to_owned()));
    }

    #[test]
    fn one_that_never_ends_is_killed_with_its_children() {
        let script = "trap '' TERM INT HUP; sleep 1000 & echo $!; echo said >&0; while :; do sleep 100; done";
        let spoken = run(shell(script), Duration::from_millis(300)).expect("it runs");
        assert_eq!((spoken.killed, &spoken.facts[..]), (Some(Limit::RealTime), &b"said\n"[..]));
        let child: i32 = String::from_utf8_lossy(&spoken.console).trim().parse().expect("the child's number");
        let until = Instant::now() + GRACE;
        while std::fs::read_to_string(format!("/proc/{child}/stat")).is_ok_and(|stat| !stat.contains(") Z")) {
            assert!(Instant::now() < until, "{child} lives on");
            std::thread::yield_now();
        }
    }

    #[test]
    fn one_that_said_its_last_word_is_not_waited_for() {
        for word in [r#"{"end":{}}"#, r#"{"not_expressible":{}}"#] {
            let spoken =
                run(shell(&format!("echo '{word}' >&0; sleep 1000")), Duration::from_secs(60)).expect("it runs");
            assert_eq!((spoken.killed, spoken.facts.len()), (None, word.len() + 1));
            assert!(spoken.took < Duration::from_secs(30));
        }
        let told = run(shell(r#"echo 'no {"end":{}}' >&0; sleep 1000"#), Duration::from_millis(300)).expect("it runs");
        assert_eq!(told.killed, Some(Limit::RealTime));
    }

    #[test]
    fn a_flood_is_cut_off() {
        for flood in ["yes >&0", "yes", "tr '\\0' x >&0 </dev/zero"] {
            let spoken = run(shell(flood), Duration::from_secs(60)).expect("it runs");
            assert_eq!(spoken.killed, Some(Limit::Output), "{flood}");
            assert!(spoken.facts.len() <= MAX_FACTS && spoken.console.len() <= MAX_CONSOLE);
        }
    }

    #[test]
    fn a_pipe_that_a_stray_holds_open_is_not_waited_for() {
        let began = Instant::now();
        let spoken = run(shell("setsid sleep 3 & exit 0"), Duration::from_secs(60)).expect("it runs");
        assert_eq!(spoken.killed, None);
        assert!(began.elapsed() < Duration::from_secs(3));
    }
}
