//! Status bits of adapters, ports and LUNs (driver.md 2), and how the three look at them.

use crate::objects::{Adapter, Lun, Port};

/// What is asked of a status word, and done to it, is the same for all three objects.
macro_rules! status_word {
    ($($object:ty),+) => {$(
        impl $object {
            /// Whether all of these bits are set.
            pub(crate) fn has(&self, bits: u32) -> bool {
                self.status.get() & bits == bits
            }

            /// Sets bits of this object alone.
            pub(crate) fn set(&self, bits: u32) {
                self.status.set(self.status.get() | bits);
            }

            /// Clears bits of this object alone.
            pub(crate) fn clear(&self, bits: u32) {
                self.status.set(self.status.get() & !bits);
            }

            /// Whether a recovery action of this object is queued or runs.
            pub(crate) fn in_use(&self) -> bool {
                self.has(COMMON_ERP_INUSE)
            }
        }
    )+};
}

status_word!(Adapter, Port, Lun);

/// Running: recovery may open it.
pub(crate) const COMMON_RUNNING: u32 = 0x4000_0000;
/// Recovery gave up.
pub(crate) const COMMON_ERP_FAILED: u32 = 0x2000_0000;
/// Usable.
pub(crate) const COMMON_UNBLOCKED: u32 = 0x1000_0000;
/// Open.
pub(crate) const COMMON_OPEN: u32 = 0x0400_0000;
/// A recovery action is queued or runs.
pub(crate) const COMMON_ERP_INUSE: u32 = 0x0100_0000;
/// A LUN is in use elsewhere.
pub(crate) const COMMON_ACCESS_DENIED: u32 = 0x0080_0000;
/// Boxed.
pub(crate) const COMMON_ACCESS_BOXED: u32 = 0x0040_0000;
/// Do not escalate: a port that a scan just found.
pub(crate) const COMMON_NOESC: u32 = 0x0020_0000;
/// The bits that travel from adapters to ports to LUNs.
pub(crate) const COMMON_MASK: u32 = 0xfff0_0000;

/// Multi-buffer is active.
pub(crate) const ADAPTER_MB_ACT: u32 = 0x1;
/// The queues are up.
pub(crate) const ADAPTER_QDIOUP: u32 = 0x2;
/// A hardware log was triggered.
pub(crate) const ADAPTER_SIOSL_ISSUED: u32 = 0x4;
/// Exchange Config Data succeeded.
pub(crate) const ADAPTER_XCONFIG_OK: u32 = 0x8;
/// The host connection is being initialised.
pub(crate) const ADAPTER_HOST_CON_INIT: u32 = 0x10;
/// Suspended, before 6.1.
pub(crate) const ADAPTER_SUSPENDED: u32 = 0x40;
/// Recovery actions exist.
pub(crate) const ADAPTER_ERP_PENDING: u32 = 0x100;
/// The local link is down.
pub(crate) const ADAPTER_LINK_UNPLUGGED: u32 = 0x200;
/// Data division is active.
pub(crate) const ADAPTER_DATA_DIV_ENABLED: u32 = 0x400;

/// The port is open on the physical port.
pub(crate) const PORT_PHYS_OPEN: u32 = 0x1;
/// A link test runs.
pub(crate) const PORT_LINK_TEST: u32 = 0x2;

/// FSF request: it failed.
pub(crate) const REQ_ERROR: u32 = 0x8;
/// An abort ended its command.
pub(crate) const REQ_ABORTSUCCEEDED: u32 = 0x40;
/// An abort found no command any more.
pub(crate) const REQ_ABORTNOTNEEDED: u32 = 0x80;
/// Task management failed.
pub(crate) const REQ_TMFUNCFAILED: u32 = 0x200;
/// FSF request: it was dismissed.
pub(crate) const REQ_DISMISSED: u32 = 0x1000;
/// FSF request: the exchange was incomplete.
pub(crate) const REQ_XDATAINCOMPLETE: u32 = 0x2_0000;

/// FC endpoint security (driver.md 22): authentication, and encryption, of which there are two kinds.
pub(crate) const SECURITY_AUTHENTICATION: u32 = 1;
pub(crate) const SECURITY_ENCRYPTION: u32 = 2 | 4;
