//! Unsolicited status in bytes: what fills a status read buffer.

use regdiff_channel::StatusEvent;
use regdiff_scenario::step::IncomingElsKind;

use super::fields::Sheet;
use super::layout::{d_id_bytes, login, status_read as s};
use crate::door::{Segment, Store};

/// Types of status.
mod kind {
    pub(super) const PORT_CLOSED: u32 = 0x1;
    pub(super) const INCOMING_ELS: u32 = 0x2;
    pub(super) const SENSE_DATA_AVAIL: u32 = 0x3;
    pub(super) const BIT_ERROR_THRESHOLD: u32 = 0x4;
    pub(super) const LINK_DOWN: u32 = 0x5;
    pub(super) const LINK_UP: u32 = 0x6;
    pub(super) const NOTIFICATION_LOST: u32 = 0x9;
    pub(super) const FEATURE_UPDATE_ALERT: u32 = 0xc;
    pub(super) const VERSION_CHANGE: u32 = 0xd;
}

/// Subtype of a version change: the firmware level.
const LIC_CHANGE: u32 = 1;
/// Bytes of a buffer before its payload, as its length counts.
const HEADER: u32 = 64;

/// ELS commands.
mod els {
    pub(super) const LOGO: u8 = 0x05;
    pub(super) const RSCN: u8 = 0x61;
    /// One that the driver does not look at: PRLI.
    pub(super) const OTHER: u8 = 0x20;
}

/// The stores that fill a posted buffer.
pub(crate) fn encode(buffer: &Segment, event: &StatusEvent) -> Vec<Store> {
    let (kind, subtype, d_id, payload) = parts(event);
    let mut sheet = Sheet::new(buffer.address);
    sheet.native_u32(s::STATUS_TYPE, kind);
    sheet.native_u32(s::STATUS_SUBTYPE, subtype);
    sheet.native_u32(s::LENGTH, HEADER + payload.len() as u32);
    sheet.bytes(s::D_ID, &d_id_bytes(d_id));
    sheet.bytes(s::PAYLOAD, &payload);
    sheet.into_stores()
}

/// Type, subtype, port id and payload.
fn parts(event: &StatusEvent) -> (u32, u32, u32, Vec<u8>) {
    let word = |word: u32| word.to_ne_bytes().to_vec();
    match *event {
        StatusEvent::PortClosed { d_id } => (kind::PORT_CLOSED, 0, d_id, vec![]),
        StatusEvent::IncomingEls { wwpn, d_id, els } => (kind::INCOMING_ELS, 0, d_id, frame(els, wwpn, d_id)),
        StatusEvent::Rscn { page } => {
            let pages = page.map(|page| page.word().to_be_bytes()).into_iter().flatten();
            let mut frame = vec![els::RSCN, 4, 0, 4];
            frame.extend(pages);
            frame[3] = frame.len() as u8;
            (kind::INCOMING_ELS, 0, 0xff_fffd, frame)
        }
        StatusEvent::SenseData => (kind::SENSE_DATA_AVAIL, 0, 0, vec![]),
        StatusEvent::BitErrorThreshold => (kind::BIT_ERROR_THRESHOLD, 0, 0, vec![0; 56]),
        StatusEvent::LinkDown { subtype, code } => (kind::LINK_DOWN, subtype.into(), 0, word(code)),
        StatusEvent::LinkUp => (kind::LINK_UP, 0, 0, vec![]),
        StatusEvent::NotificationLost { subtype } => (kind::NOTIFICATION_LOST, subtype, 0, vec![]),
        StatusEvent::FeatureUpdate { features } => (kind::FEATURE_UPDATE_ALERT, 0, 0, word(features)),
        StatusEvent::VersionChange { version } => (kind::VERSION_CHANGE, LIC_CHANGE, 0, word(version)),
    }
}

/// A frame of a port. PLOGI and LOGO carry its name in different places.
fn frame(kind: IncomingElsKind, wwpn: u64, d_id: u32) -> Vec<u8> {
    match kind {
        IncomingElsKind::Plogi => {
            let mut frame = super::exchange::login_payload(wwpn, 0).to_vec();
            frame[0] = login::PLOGI;
            frame
        }
        IncomingElsKind::Logo => {
            let mut frame = vec![els::LOGO, 0, 0, 0, 0];
            frame.extend(d_id_bytes(d_id));
            frame.extend(wwpn.to_be_bytes());
            frame
        }
        IncomingElsKind::Other => vec![els::OTHER, 0, 0, 0],
    }
}

#[cfg(test)]
mod tests {
    use regdiff_channel::RscnPage;
    use regdiff_scenario::step::RscnRange;

    use super::*;

    fn filled(event: StatusEvent) -> Vec<u8> {
        let buffer = Segment { address: 0x1000, length: 4096, data: vec![], flags: 0 };
        let mut bytes = vec![0; 4096];
        for store in encode(&buffer, &event) {
            let at = (store.address - 0x1000) as usize;
            bytes[at..at + store.bytes.len()].copy_from_slice(&store.bytes);
        }
        bytes
    }

    fn word(bytes: &[u8], at: usize) -> u32 {
        super::super::fields::native_u32(bytes, at).unwrap()
    }

    #[test]
    fn types_and_subtypes() {
        for (event, kind, subtype) in [
            (StatusEvent::PortClosed { d_id: 1 }, 1, 0),
            (StatusEvent::SenseData, 3, 0),
            (StatusEvent::BitErrorThreshold, 4, 0),
            (StatusEvent::LinkDown { subtype: 2, code: 0 }, 5, 2),
            (StatusEvent::LinkUp, 6, 0),
            (StatusEvent::NotificationLost { subtype: 0x101 }, 9, 0x101),
            (StatusEvent::FeatureUpdate { features: 0x30 }, 0xc, 0),
            (StatusEvent::VersionChange { version: 5 }, 0xd, 1),
        ] {
            let bytes = filled(event);
            assert_eq!((word(&bytes, 0), word(&bytes, 4)), (kind, subtype), "{event:?}");
        }
    }

    #[test]
    fn numbers_are_native_and_ids_are_not() {
        assert_eq!(&filled(StatusEvent::PortClosed { d_id: 0x01_0203 })[25..28], &[1, 2, 3]);
        assert_eq!(word(&filled(StatusEvent::LinkDown { subtype: 0, code: 4 }), 64), 4);
        assert_eq!(word(&filled(StatusEvent::FeatureUpdate { features: 0x30 }), 64), 0x30);
        assert_eq!(word(&filled(StatusEvent::VersionChange { version: 0x1103 }), 64), 0x1103);
    }

    #[test]
    fn frames() {
        let els = |els| filled(StatusEvent::IncomingEls { wwpn: 0x5005_0763_0500_0001, d_id: 0x01_0203, els });
        let (plogi, logo) = (els(IncomingElsKind::Plogi), els(IncomingElsKind::Logo));
        assert_eq!((plogi[64], &plogi[84..92]), (3, &0x5005_0763_0500_0001u64.to_be_bytes()[..]));
        assert_eq!((logo[64], &logo[69..72]), (5, &[1, 2, 3][..]));
        assert_eq!(&logo[72..80], &0x5005_0763_0500_0001u64.to_be_bytes());
        let page = RscnPage { range: RscnRange::Area, d_id: 0x02_0100 };
        let rscn = filled(StatusEvent::Rscn { page: Some(page) });
        assert_eq!(&rscn[64..72], &[0x61, 4, 0, 8, 1, 2, 1, 0]);
        assert_eq!(&filled(StatusEvent::Rscn { page: None })[64..68], &[0x61, 4, 0, 4]);
    }
}
