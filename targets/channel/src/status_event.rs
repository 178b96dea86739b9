//! Unsolicited status: what the firmware says without being asked (driver.md 14).

use regdiff_scenario::step::{IncomingElsKind, RscnRange};
use regdiff_scenario::{Device, Scalar, Step, Trigger};

/// One unsolicited status, as it fills a status read buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusEvent {
    /// PORT_CLOSED, 1: the port's handle stays valid, so that a driver can close it.
    PortClosed {
        /// Which port, 24 bits.
        d_id: u32,
    },
    /// INCOMING_ELS, 2, from a port.
    IncomingEls {
        /// Sender's worldwide port name, as in the payload of PLOGI and LOGO.
        wwpn: u64,
        /// Sender's port id, 24 bits.
        d_id: u32,
        /// Which ELS.
        els: IncomingElsKind,
    },
    /// INCOMING_ELS, 2, from the fabric: an RSCN.
    Rscn {
        /// Its page, if it has one.
        page: Option<RscnPage>,
    },
    /// SENSE_DATA_AVAIL, 3.
    SenseData,
    /// BIT_ERROR_THRESHOLD, 4.
    BitErrorThreshold,
    /// LINK_DOWN, 5.
    LinkDown {
        /// 0 no physical link, 1 FDISC failed, 2 firmware update, others reserved.
        subtype: u8,
        /// Error code of the link-down information (driver.md 11).
        code: u32,
    },
    /// LINK_UP, 6.
    LinkUp,
    /// NOTIFICATION_LOST, 9.
    NotificationLost {
        /// Bits: 1 ELS lost, 0x100 version change lost.
        subtype: u32,
    },
    /// FEATURE_UPDATE_ALERT, 0xC.
    FeatureUpdate {
        /// The adapter features from now on.
        features: u32,
    },
    /// VERSION_CHANGE, 0xD, subtype 1.
    VersionChange {
        /// The firmware level from now on.
        version: u32,
    },
}

/// One page of an RSCN (FC-LS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RscnPage {
    /// Address format: how much of the id counts. Never [`RscnRange::Empty`].
    pub range: RscnRange,
    /// The id, 24 bits, of any port in the range.
    pub d_id: u32,
}

impl RscnPage {
    /// The bits of a port id that count.
    pub const fn mask(self) -> u32 {
        match self.range {
            RscnRange::Port => 0xff_ffff,
            RscnRange::Area => 0xff_ff00,
            RscnRange::Domain => 0xff_0000,
            RscnRange::Fabric | RscnRange::Empty => 0,
        }
    }

    /// Whether a port lies in the range.
    pub const fn covers(self, d_id: u32) -> bool {
        (d_id ^ self.d_id) & self.mask() == 0
    }

    /// The page as one word, as the FC event shows it: address format in the top byte, then the id.
    pub const fn word(self) -> u32 {
        let format = match self.range {
            RscnRange::Port => 0,
            RscnRange::Area => 1,
            RscnRange::Domain => 2,
            RscnRange::Fabric | RscnRange::Empty => 3,
        };
        (format << 24) | (self.d_id & 0xff_ffff)
    }
}

impl StatusEvent {
    /// The unsolicited status of a step. `None` for triggers that are not the firmware's, and for ports that `device`
    /// does not have.
    pub fn from_step(step: &Step, device: &Device) -> Option<Self> {
        let port = || device.ports.get(usize::from(step.port));
        Some(match step.trigger {
            Trigger::PortClosed => Self::PortClosed { d_id: port()?.d_id },
            Trigger::IncomingEls => {
                let port = port()?;
                Self::IncomingEls { wwpn: port.wwpn, d_id: port.d_id, els: IncomingElsKind::from_raw(step.a.into()) }
            }
            Trigger::Rscn => match RscnRange::from_raw(step.a.into()) {
                RscnRange::Empty => Self::Rscn { page: None },
                range => Self::Rscn { page: Some(RscnPage { range, d_id: port()?.d_id }) },
            },
            Trigger::SenseData => Self::SenseData,
            Trigger::BitErrorThreshold => Self::BitErrorThreshold,
            Trigger::LinkDown => Self::LinkDown { subtype: step.a as u8, code: step.b },
            Trigger::LinkUp => Self::LinkUp,
            Trigger::NotificationLost => Self::NotificationLost { subtype: step.a },
            Trigger::FeatureUpdate => Self::FeatureUpdate { features: step.a },
            Trigger::VersionChange => Self::VersionChange { version: step.a },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use regdiff_scenario::{Actor, Port};

    use super::*;

    #[test]
    fn every_trigger_of_the_firmware_is_an_event() {
        let device = Device { ports: vec![Port::default()], ..Device::default() };
        for &trigger in Trigger::ALL {
            let event = StatusEvent::from_step(&Step::new(trigger), &device);
            assert_eq!(event.is_some(), trigger.actor() == Actor::Firmware, "{trigger:?}");
        }
    }

    #[test]
    fn a_port_that_does_not_exist_says_nothing() {
        let step = Step { port: 1, ..Step::new(Trigger::PortClosed) };
        assert_eq!(StatusEvent::from_step(&step, &Device::default()), None);
        let step = Step { a: RscnRange::Empty as u32, ..Step::new(Trigger::Rscn) };
        assert_eq!(StatusEvent::from_step(&step, &Device::default()), Some(StatusEvent::Rscn { page: None }));
    }

    #[test]
    fn ranges_cover_what_they_say() {
        let page = |range| RscnPage { range, d_id: 0x02_0100 };
        assert!(page(RscnRange::Port).covers(0x02_0100) && !page(RscnRange::Port).covers(0x02_0101));
        assert!(page(RscnRange::Area).covers(0x02_01ff) && !page(RscnRange::Area).covers(0x02_0200));
        assert!(page(RscnRange::Domain).covers(0x02_ffff) && !page(RscnRange::Domain).covers(0x03_0100));
        assert!(page(RscnRange::Fabric).covers(0xff_ffff));
        assert_eq!(page(RscnRange::Area).word(), 0x0102_0100);
    }
}
