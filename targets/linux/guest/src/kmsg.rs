//! The kernel's log, line by line as it grows.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use nix::errno::Errno;
use regdiff_linux_wire::Happening;

use crate::report::Teller;
use crate::sysfs::errno;

/// Longest record of the log.
const RECORD: usize = 8 << 10;

/// The log from here on.
pub(crate) fn open() -> io::Result<File> {
    let mut log = File::open("/dev/kmsg")?;
    log.seek(SeekFrom::End(0))?;
    Ok(log)
}

/// Tells every line, for ever.
pub(crate) fn listen(mut log: File, teller: &Teller) {
    let mut buffer = vec![0; RECORD];
    loop {
        match log.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => {
                if let Some((level, time_us, text)) = parse(&String::from_utf8_lossy(&buffer[..length])) {
                    teller.happened(time_us, None, Happening::Log { level, text });
                }
            }
            Err(error) => match errno(error) {
                // The ring went round.
                Errno::EPIPE => teller.remark("lines of the log were lost"),
                Errno::EINTR => {}
                error => return teller.remark(&format!("no more log: {error}")),
            },
        }
    }
}

/// Level, time since boot in µs, and text of a record: `level,sequence,time,flags;text`, then lines of a dictionary.
fn parse(record: &str) -> Option<(u8, u64, String)> {
    let (head, rest) = record.split_once(';')?;
    let mut fields = head.split(',');
    let facility_and_level: u32 = fields.next()?.parse().ok()?;
    let time_us = fields.nth(1)?.parse().ok()?;
    let text = rest.split_once("\n").map_or(rest, |(text, _)| text);
    Some(((facility_and_level & 7) as u8, time_us, text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_the_log() {
        let record = "6,339,5140900,-;zfcp 0.0.1900: something; more\n SUBSYSTEM=ccw\n DEVICE=+ccw:0.0.1900\n";
        assert_eq!(parse(record), Some((6, 5_140_900, "zfcp 0.0.1900: something; more".to_owned())));
        assert_eq!(parse("12,1,7,-;user"), Some((4, 7, "user".to_owned())));
        assert_eq!(parse("nothing"), None);
    }
}
