//! What a request is about: ports and LUNs of the scenario, by index and by name.

use regdiff_scenario::Device;

use crate::handle::{Handles, Opened};
use crate::request::Request;

/// The subject of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subject {
    /// Index of the remote port among those of the device.
    pub(crate) port: Option<u8>,
    /// Index of the LUN among those of the port.
    pub(crate) lun: Option<u8>,
    /// Name of the port: its WWPN if the device has it, else the port id asked for; 0 without one.
    pub(crate) port_name: u64,
    /// The LUN, as in sysfs; 0 without one.
    pub(crate) fcp_lun: u64,
}

impl Subject {
    /// The subject of `request`, as far as its handles are valid.
    pub(crate) fn of(request: &Request, device: &Device, handles: &Handles) -> Self {
        match *request {
            Request::ExchangeConfigData
            | Request::ExchangePortData
            | Request::GpnFt
            | Request::GspnId { .. }
            | Request::RspnId => Self::default(),
            Request::OpenPort { d_id } | Request::Adisc { d_id } => Self::port(device, port_at(device, d_id), d_id),
            Request::GidPn { wwpn } => {
                Self { port: index(&device.ports, |port| port.wwpn == wwpn), port_name: wwpn, ..Self::default() }
            }
            Request::OpenWka { service } => Self { port_name: service.d_id().into(), ..Self::default() },
            Request::ClosePort { handle } | Request::ClosePhysicalPort { handle } | Request::CloseWka { handle } => {
                Self::opened(device, handles, handle)
            }
            Request::OpenLun { port_handle, lun } => {
                let subject = Self::opened(device, handles, port_handle);
                let ports = subject.port.and_then(|port| device.ports.get(usize::from(port)));
                Self { lun: ports.and_then(|port| index(&port.luns, |l| l.lun == lun)), fcp_lun: lun, ..subject }
            }
            Request::CloseLun { lun_handle }
            | Request::Abort { lun_handle, .. }
            | Request::LunReset { lun_handle, .. }
            | Request::TargetReset { lun_handle, .. }
            | Request::Fcp { lun_handle, .. } => Self::opened(device, handles, lun_handle),
        }
    }

    fn port(device: &Device, port: Option<u8>, d_id: u32) -> Self {
        let known = port.and_then(|port| device.ports.get(usize::from(port)));
        Self { port, port_name: known.map_or(d_id.into(), |port| port.wwpn), ..Self::default() }
    }

    fn opened(device: &Device, handles: &Handles, handle: u32) -> Self {
        match handles.get(handle) {
            Some(Opened::Port { port, d_id }) => Self::port(device, port, d_id),
            Some(Opened::Wka(service)) => Self { port_name: service.d_id().into(), ..Self::default() },
            Some(Opened::Lun { port_handle, port, lun, fcp_lun }) => {
                let d_id = match handles.get(port_handle) {
                    Some(Opened::Port { d_id, .. }) => d_id,
                    _ => 0,
                };
                Self { lun, fcp_lun, ..Self::port(device, port, d_id) }
            }
            None => Self::default(),
        }
    }
}

/// The index of the port with an id.
fn port_at(device: &Device, d_id: u32) -> Option<u8> {
    index(&device.ports, |port| port.d_id == d_id)
}

/// The index of the first fit; later ones can never be meant.
fn index<T>(list: &[T], fits: impl Fn(&T) -> bool) -> Option<u8> {
    list.iter().position(fits).and_then(|index| u8::try_from(index).ok())
}
