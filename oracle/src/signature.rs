//! Signatures: what makes two findings the same one.

use serde::Serialize;

use crate::pair::Side;

/// A stable name of a finding: kind, side, what, function, field or command, joined by slashes.
///
/// It never holds a profile, an address, a LUN, a device or an occurrence, so that ten thousand crashing inputs become a
/// handful. It is a stored form: notes, artifact names and contract entries quote it. Do not change one lightly.
///
/// | oracle | signature |
/// |---|---|
/// | memory, trap | `memory/eager/null-write/scsi_queue_rq/prot_sdb` |
/// | memory, silent | `memory/eager/overrun/W1/slack/scsi_queue_rq` |
/// | lifetime | `lifetime/deferred/null-read/zfcp_fc_scan_ports/port_type` |
/// | lifetime, leftover | `lifetime/deferred/leftover/zfcp_scsi_adapter_unregister/scsi-host` |
/// | liveness | `liveness/eager/blocked/set_online` |
/// | divergence, attribute | `divergence/fc_host.port_name` |
/// | divergence, object | `divergence/fc_host/absent-in-deferred` |
/// | divergence, event | `divergence/event.log.HOST_ADDED` |
/// | divergence, step | `divergence/step.set_online` |
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Signature(String);

impl Signature {
    /// A finding of one side.
    pub(crate) fn sided(kind: &str, side: Side, parts: &[&str]) -> Self {
        let mut text = format!("{kind}/{side}");
        for part in parts.iter().filter(|part| !part.is_empty()) {
            text.push('/');
            text.extend(part.chars().map(plain));
        }
        Self(text)
    }

    /// A difference of the pair.
    pub(crate) fn divergence(what: &str) -> Self {
        Self(format!("divergence/{what}"))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Slashes separate the parts, and blanks have no place in a file name.
fn plain(c: char) -> char {
    if c.is_whitespace() || c == '/' { '-' } else { c }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Signature {
    /// A signature that a person typed; nothing is checked, since a wrong one only matches nothing.
    fn from(text: &str) -> Self {
        Self(text.trim().to_owned())
    }
}

impl AsRef<str> for Signature {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
