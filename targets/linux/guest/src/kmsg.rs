//! The kernel's log, line by line as it grows.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::{Mutex, PoisonError};

use nix::errno::Errno;
use nix::libc::O_NONBLOCK;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use regdiff_linux_wire::Happening;

use crate::report::{Teller, boot_us};
use crate::sysfs::errno;

/// Longest record of the log.
const RECORD: usize = 8 << 10;

/// The log from where it was opened. Two threads read it: the one that waits for it, and the hardware before it tells what came
/// through the door, since the kernel wakes readers of its log late.
pub(crate) struct Log(Mutex<File>);

impl Log {
    pub(crate) fn open() -> io::Result<Self> {
        let mut log = OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open("/dev/kmsg")?;
        log.seek(SeekFrom::End(0))?;
        Ok(Self(Mutex::new(log)))
    }

    /// Tells every line there is; false if there will be no more.
    pub(crate) fn drain(&self, teller: &Teller) -> bool {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut buffer = [0; RECORD];
        loop {
            match log.read(&mut buffer) {
                Ok(0) => return false,
                Ok(length) => {
                    if let Some((level, text)) = parse(&String::from_utf8_lossy(&buffer[..length])) {
                        // The kernel's own time stamps are those of its last tick.
                        teller.happened(boot_us(), None, Happening::Log { level, text });
                    }
                }
                Err(error) => match errno(error) {
                    Errno::EAGAIN => return true,
                    // The ring went round.
                    Errno::EPIPE => teller.remark("lines of the log were lost"),
                    Errno::EINTR => {}
                    error => {
                        teller.remark(&format!("no more log: {error}"));
                        return false;
                    }
                },
            }
        }
    }

    /// Tells every line, for ever.
    pub(crate) fn listen(&self, teller: &Teller) {
        let waited = match self.0.lock().unwrap_or_else(PoisonError::into_inner).try_clone() {
            Ok(file) => file,
            Err(error) => return teller.remark(&format!("no log: {error}")),
        };
        while self.drain(teller) {
            let _ = poll(&mut [PollFd::new(waited.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE);
        }
    }
}

/// Level and text of a record: `level,sequence,time,flags;text`, then lines of a dictionary.
fn parse(record: &str) -> Option<(u8, String)> {
    let (head, rest) = record.split_once(';')?;
    let facility_and_level: u32 = head.split(',').next()?.parse().ok()?;
    let text = rest.split_once('\n').map_or(rest, |(text, _)| text);
    Some(((facility_and_level & 7) as u8, text.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn records_of_the_log() {
        let record = "6,339,5140900,-;zfcp 0.0.1900: something; more\n SUBSYSTEM=ccw\n DEVICE=+ccw:0.0.1900\n";
        assert_eq!(parse(record), Some((6, "zfcp 0.0.1900: something; more".to_owned())));
        assert_eq!(parse("12,1,7,-;user"), Some((4, "user".to_owned())));
        assert_eq!(parse("nothing"), None);
    }
    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_record_is_read_back(
            facility in 0..24u32, level in 0..8u32, number in any::<u64>(), text in "[^\n]{0,80}", more in "(\n [A-Z]+=.{0,20})?",
        ) {
            let record = format!("{},{number},1,-;{text}{more}\n", facility << 3 | level);
            prop_assert_eq!(parse(&record), Some((level as u8, text)));
        }

        #[test]
        fn any_text_is_a_record_or_none(text in "\\PC{0,80}") {
            if let Some((level, _)) = parse(&text) {
                prop_assert!(level < 8);
            }
        }
    }
}
