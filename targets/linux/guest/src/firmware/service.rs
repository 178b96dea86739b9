//! Frames of the fabric's services and of link tests: CT (FC-GS) and ELS (FC-LS). They are big endian, with one exception.

use regdiff_channel::{AdiscData, Ct, CtPayload, CtResult, Request};

use super::fields::bytes_at;
use super::layout::{d_id, d_id_bytes};

/// Bytes of a CT header.
const CT_HEADER: usize = 16;
/// CT header: command or response code, halfword.
const CT_COMMAND: usize = 8;
/// CT header: words that did not fit, halfword.
const CT_RESIDUAL: usize = 10;
/// CT header: reason of a reject.
const CT_REASON: usize = 13;

/// Commands of the name server.
mod command {
    pub(super) const GSPN_ID: u16 = 0x0118;
    pub(super) const GID_PN: u16 = 0x0121;
    pub(super) const GPN_FT: u16 = 0x0172;
    pub(super) const RSPN_ID: u16 = 0x0218;
}

/// Response codes.
const REJECT: u16 = 0x8001;
const ACCEPT: u16 = 0x8002;
/// Reason: unable to perform the command request.
const REASON_UNABLE: u8 = 0x09;
/// Reason: command not supported.
const REASON_UNSUPPORTED: u8 = 0x0b;
/// The last entry of a list.
const LAST: u8 = 0x80;
/// ELS: discover address.
const ADISC: u8 = 0x52;
/// ELS: accept.
const LS_ACC: u8 = 0x02;

/// The symbolic name that the fabric holds; with a bus id behind it once somebody registered one.
const SYMBOLIC_NAME: &str = "regdiff";
/// What a registered name carries.
pub(crate) const DEVNO: &str = "DEVNO:";

/// The request in a CT frame.
pub(crate) fn decode_ct(frame: &[u8]) -> Option<Request> {
    let operand = CT_HEADER;
    Some(match u16::from_be_bytes(bytes_at(frame, CT_COMMAND)?) {
        command::GPN_FT => Request::GpnFt,
        command::GID_PN => Request::GidPn { wwpn: u64::from_be_bytes(bytes_at(frame, operand)?) },
        command::GSPN_ID => Request::GspnId { d_id: d_id(bytes_at(frame, operand + 1)?) },
        command::RSPN_ID => Request::RspnId,
        _ => return None,
    })
}

/// The request in an ELS frame, sent to a port.
pub(crate) fn decode_els(frame: &[u8], d_id: u32) -> Option<Request> {
    (frame.first() == Some(&ADISC)).then_some(Request::Adisc { d_id })
}

/// A CT response.
pub(crate) fn encode_ct(ct: &Ct) -> Vec<u8> {
    let mut frame = vec![0; CT_HEADER];
    frame[0] = 1;
    frame[4] = 0xfc;
    frame[5] = 2;
    let (code, reason) = match ct.result {
        CtResult::Accepted => (ACCEPT, 0),
        CtResult::RejectedUnable => (REJECT, REASON_UNABLE),
        CtResult::RejectedOther => (REJECT, REASON_UNSUPPORTED),
        CtResult::Bad => (0, 0),
    };
    frame[CT_COMMAND..][..2].copy_from_slice(&code.to_be_bytes());
    let residual = u16::try_from(ct.residual).unwrap_or(u16::MAX);
    // The one field that the driver takes as it is, without a byte-order helper.
    frame[CT_RESIDUAL..][..2].copy_from_slice(&residual.to_ne_bytes());
    frame[CT_REASON] = reason;
    match &ct.payload {
        CtPayload::None => {}
        CtPayload::GpnFt(entries) => {
            for entry in entries {
                frame.push(if entry.last { LAST } else { 0 });
                frame.extend(d_id_bytes(entry.d_id));
                frame.extend([0; 4]);
                frame.extend(entry.wwpn.to_be_bytes());
            }
            if entries.is_empty() {
                // A fabric without ports has no list to send; the driver wants a last entry, of no port.
                frame.extend([LAST, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
                frame.extend([0; 8]);
            }
        }
        CtPayload::GidPn { d_id } => {
            frame.push(0);
            frame.extend(d_id_bytes(*d_id));
        }
        // Who is not known has no name.
        CtPayload::GspnId { .. } if ct.result != CtResult::Accepted => {}
        CtPayload::GspnId { carries_devno } => {
            let name = if *carries_devno { format!("{SYMBOLIC_NAME} {DEVNO}") } else { SYMBOLIC_NAME.to_owned() };
            frame.push(name.len() as u8);
            frame.extend(name.as_bytes());
            frame.push(0);
        }
    }
    frame
}

/// The accept of an ADISC.
pub(crate) fn encode_adisc(adisc: &AdiscData) -> Vec<u8> {
    let mut frame = vec![LS_ACC, 0, 0, 0, 0, 0, 0, 0];
    frame.extend(adisc.wwpn.to_be_bytes());
    frame.extend(adisc.wwnn.to_be_bytes());
    frame.push(0);
    frame.extend(d_id_bytes(adisc.d_id));
    frame
}

#[cfg(test)]
mod tests {
    use regdiff_channel::GpnFtEntry;

    use super::*;

    fn request(command: u16, operand: &[u8]) -> Vec<u8> {
        let mut frame = vec![1, 0, 0, 0, 0xfc, 2, 0, 0];
        frame.extend(command.to_be_bytes());
        frame.resize(CT_HEADER, 0);
        frame.extend(operand);
        frame
    }

    #[test]
    fn requests_of_the_name_server() {
        assert_eq!(decode_ct(&request(0x172, &[0, 0, 0, 8])), Some(Request::GpnFt));
        let wwpn = 0x5005_0763_0300_c562u64;
        assert_eq!(decode_ct(&request(0x121, &wwpn.to_be_bytes())), Some(Request::GidPn { wwpn }));
        assert_eq!(decode_ct(&request(0x118, &[0, 1, 2, 3])), Some(Request::GspnId { d_id: 0x01_0203 }));
        assert_eq!(decode_ct(&request(0x218, &[])), Some(Request::RspnId));
        assert_eq!(decode_ct(&request(0x100, &[])), None);
        assert_eq!(decode_ct(&[0; 4]), None);
        assert_eq!(decode_els(&[0x52, 0, 0, 0], 7), Some(Request::Adisc { d_id: 7 }));
        assert_eq!(decode_els(&[3], 7), None);
    }

    #[test]
    fn a_list_of_ports() {
        let entry = GpnFtEntry { d_id: 0x02_0100, wwpn: 0x5005_0763_0500_0001, last: true };
        let frame = encode_ct(&Ct { result: CtResult::Accepted, residual: 0, payload: CtPayload::GpnFt(vec![entry]) });
        assert_eq!(frame.len(), 32);
        assert_eq!(&frame[8..10], &[0x80, 0x02]);
        assert_eq!(&frame[16..20], &[0x80, 2, 1, 0]);
        assert_eq!(&frame[24..32], &0x5005_0763_0500_0001u64.to_be_bytes());
    }

    #[test]
    fn a_list_without_ports_ends_at_once() {
        let frame = encode_ct(&Ct { result: CtResult::Accepted, residual: 0, payload: CtPayload::GpnFt(vec![]) });
        assert_eq!(&frame[16..20], &[0x80, 0xff, 0xff, 0xff], "no port has a well-known id");
    }

    #[test]
    fn rejects_and_residuals() {
        let ct = |result| encode_ct(&Ct { result, residual: 5, payload: CtPayload::None });
        let unable = ct(CtResult::RejectedUnable);
        assert_eq!((unable[13], &unable[8..10]), (9, &[0x80, 1][..]));
        assert_eq!(u16::from_ne_bytes([unable[10], unable[11]]), 5);
        assert_eq!(ct(CtResult::RejectedOther)[13], 0x0b);
        assert_eq!(&ct(CtResult::Bad)[8..10], &[0, 0]);
    }

    #[test]
    fn names_and_ids() {
        let ct = |payload| encode_ct(&Ct { result: CtResult::Accepted, residual: 0, payload });
        assert_eq!(&ct(CtPayload::GidPn { d_id: 0x01_0203 })[16..], &[0, 1, 2, 3]);
        let named = ct(CtPayload::GspnId { carries_devno: true });
        assert!(String::from_utf8_lossy(&named[17..]).contains(DEVNO));
        let plain = ct(CtPayload::GspnId { carries_devno: false });
        assert!(!String::from_utf8_lossy(&plain[17..]).contains(DEVNO));
        let adisc = encode_adisc(&AdiscData { wwpn: 1, wwnn: 2, d_id: 0x01_0203 });
        assert_eq!((adisc[0], adisc[15], adisc[23], &adisc[25..]), (2, 1, 2, &[1, 2, 3][..]));
        assert_eq!(adisc.len(), 28);
    }
}
