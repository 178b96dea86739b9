//! The directory service: what the fabric knows of its ports (driver.md 13).

use regdiff_scenario::Port;

use crate::response::{Ct, CtPayload, CtResult, GpnFtEntry};

/// A port in the fabric's books: it registered and is still there.
fn is_known(port: &Port) -> bool {
    port.registered && port.online
}

fn accepted(payload: CtPayload) -> Ct {
    Ct { result: CtResult::Accepted, residual: 0, payload }
}

/// The FCP ports of the fabric, without the asker.
pub(crate) fn gpn_ft(ports: &[Port]) -> Ct {
    let mut entries: Vec<_> = ports
        .iter()
        .filter(|port| is_known(port))
        .map(|port| GpnFtEntry { d_id: port.d_id, wwpn: port.wwpn, last: false })
        .collect();
    if let Some(entry) = entries.last_mut() {
        entry.last = true;
    }
    accepted(CtPayload::GpnFt(entries))
}

/// The id of a port; an unknown one is rejected.
pub(crate) fn gid_pn(port: Option<&Port>) -> Ct {
    match port.filter(|port| is_known(port)) {
        Some(port) => accepted(CtPayload::GidPn { d_id: port.d_id }),
        None => Ct { result: CtResult::RejectedOther, residual: 0, payload: CtPayload::GidPn { d_id: 0 } },
    }
}

/// The symbolic name of the asker, which knows itself by `d_id`; 0 is nobody.
pub(crate) fn gspn_id(d_id: u32, named: bool) -> Ct {
    let result = if d_id == 0 { CtResult::RejectedOther } else { CtResult::Accepted };
    Ct { result, residual: 0, payload: CtPayload::GspnId { carries_devno: named && d_id != 0 } }
}

/// The symbolic name of the asker is registered.
pub(crate) fn rspn_id() -> Ct {
    accepted(CtPayload::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_known_port_is_marked() {
        let port = |wwpn| Port { wwpn, d_id: wwpn as u32, ..Port::default() };
        let ports = [port(1), Port { registered: false, ..port(2) }, port(3), Port { online: false, ..port(4) }];
        let CtPayload::GpnFt(entries) = gpn_ft(&ports).payload else { panic!() };
        assert_eq!(entries.iter().map(|e| (e.wwpn, e.last)).collect::<Vec<_>>(), [(1, false), (3, true)]);
        assert_eq!(gpn_ft(&[]).payload, CtPayload::GpnFt(vec![]));
    }

    #[test]
    fn an_unknown_port_has_no_id() {
        assert_eq!(gid_pn(Some(&Port::default())).payload, CtPayload::GidPn { d_id: 0x02_0100 });
        for port in [None, Some(&Port { online: false, ..Port::default() })] {
            assert_eq!(gid_pn(port).result, CtResult::RejectedOther);
        }
        assert_eq!(gspn_id(0, true).result, CtResult::RejectedOther);
        assert_eq!(gspn_id(1, true).payload, CtPayload::GspnId { carries_devno: true });
    }
}
