//! From a line of the kernel's log to its name.
//!
//! The texts are the kernel's and not ours: `log-ids.json` in the folder of a built kernel has them, taken from the user's own
//! tree when it was built. A line that nothing fits is counted, not compared: it may be any driver's.

use std::collections::BTreeMap;

use regdiff_observation::LogId;
use serde::Deserialize;

/// The formats of a line, as the source has them.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Formats {
    /// One.
    One(String),
    /// Several of the same meaning.
    Many(Vec<String>),
}

/// Formats by the names of log lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogIds {
    patterns: Vec<(LogId, Pattern)>,
}

/// What is fixed in a format: the parts between conversions.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    parts: Vec<String>,
    weight: usize,
}

impl LogIds {
    /// From the file. A name that no line has is passed over: the file may be newer.
    pub(crate) fn new(formats: BTreeMap<String, Formats>) -> Self {
        let mut patterns = Vec::new();
        for (name, formats) in formats {
            let Some(id) = LogId::ALL.iter().find(|id| id.text() == name) else { continue };
            let formats = match formats {
                Formats::One(format) => vec![format],
                Formats::Many(formats) => formats,
            };
            patterns.extend(formats.iter().map(|format| (*id, Pattern::new(format))));
        }
        patterns.retain(|(_, pattern)| pattern.weight > 0);
        Self { patterns }
    }

    /// The name of a line: of all formats that fit, the one that fixes most.
    pub(crate) fn id(&self, text: &str) -> Option<LogId> {
        let fitting = self.patterns.iter().filter(|(_, pattern)| pattern.fits(text));
        fitting.max_by_key(|(_, pattern)| pattern.weight).map(|(id, _)| *id)
    }
}

impl Pattern {
    fn new(format: &str) -> Self {
        let mut parts = vec![String::new()];
        let mut chars = format.trim_end().chars().peekable();
        while let Some(c) = chars.next() {
            let last = parts.last_mut().expect("there is always one");
            match (c, chars.peek()) {
                ('%', Some('%')) => {
                    chars.next();
                    last.push('%');
                }
                ('%', _) => {
                    // Flags, width, precision and length, up to the letter of the conversion.
                    let conversion = chars.by_ref().find(|c| c.is_ascii_alphabetic() && !"hlLqjzt".contains(*c));
                    if conversion == Some('p') {
                        while chars.next_if(char::is_ascii_alphanumeric).is_some() {}
                    }
                    parts.push(String::new());
                }
                _ => last.push(c),
            }
        }
        parts.retain(|part| !part.trim().is_empty());
        let weight = parts.iter().map(String::len).sum();
        Self { parts, weight }
    }

    /// Whether all parts occur one after the other; before the first stands which device it is.
    fn fits(&self, text: &str) -> bool {
        let mut rest = text;
        self.parts.iter().all(|part| match rest.find(part.as_str()) {
            Some(at) => {
                rest = &rest[at + part.len()..];
                true
            }
            None => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> LogIds {
        let formats = [
            ("OPER", Formats::One("%s ready\n".to_owned())),
            ("WWPN_MISMATCH", Formats::Many(vec!["Port 0x%016Lx is not %2$pe as said (%d%%)\n".to_owned()])),
            ("LINK_UP", Formats::One("port ready for %s\n".to_owned())),
            ("NEWER_THAN_THIS", Formats::One("x".to_owned())),
            ("GONE", Formats::One("%s\n".to_owned())),
        ];
        LogIds::new(formats.into_iter().map(|(name, formats)| (name.to_owned(), formats)).collect())
    }

    #[test]
    fn a_line_is_known_by_what_its_format_fixes() {
        let ids = ids();
        assert_eq!(ids.id("zfcp 0.0.1900: disk ready"), Some(LogId::Oper));
        assert_eq!(ids.id("zfcp 0.0.1900: port ready for work"), Some(LogId::LinkUp), "the longer one");
        assert_eq!(ids.id("Port 0x5005 is not -5 as said (7%)"), Some(LogId::WwpnMismatch));
        assert_eq!(ids.id("Port 0x5005 is as said"), None);
    }
}
