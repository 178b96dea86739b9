//! Reading every attribute of every object (driver.md 22, 24.5; midlayer.md 14).

use std::rc::Rc;

use regdiff_kernel::scsi::{Rport, ScsiDevice, ScsiHost};
use regdiff_observation::{Attribute as A, Object, Reading};
use regdiff_scenario::{AdapterFeatures, Behaviours};

use crate::ccw::CcwDevice;
use crate::machine::Machine;
use crate::objects::{Adapter, Port, lun_of};
use crate::status::{
    ADAPTER_LINK_UNPLUGGED, COMMON_ACCESS_BOXED, COMMON_ACCESS_DENIED, COMMON_ERP_FAILED, COMMON_ERP_INUSE,
    COMMON_OPEN, COMMON_RUNNING, COMMON_UNBLOCKED, PORT_LINK_TEST, PORT_PHYS_OPEN, SECURITY_AUTHENTICATION,
    SECURITY_ENCRYPTION,
};
use crate::unit::find_sdev;

/// Collects readings of one object at a time. This happens at every rest, so that it does not sort what comes in order anyway.
struct Sheet {
    readings: Vec<Reading>,
    /// Where each object's readings begin.
    objects: Vec<(Object, usize)>,
}

impl Sheet {
    fn of(&mut self, object: Object) -> Column<'_> {
        if self.objects.last().is_none_or(|(last, _)| *last != object) {
            self.objects.push((object, self.readings.len()));
        }
        let from = self.objects.last().map_or(0, |(_, from)| *from);
        Column { readings: &mut self.readings, object, from }
    }

    /// Everything, sorted by object and attribute.
    fn sorted(self) -> Vec<Reading> {
        if self.objects.is_sorted_by(|(one, _), (other, _)| one < other) {
            return self.readings;
        }
        let ends = self.objects.iter().skip(1).map(|(_, from)| *from).chain([self.readings.len()]);
        let mut columns: Vec<_> =
            self.objects.iter().zip(ends).map(|((object, from), end)| (*object, *from..end)).collect();
        columns.sort_by_key(|(object, _)| *object);
        let twice = columns.windows(2).any(|pair| pair[0].0 == pair[1].0);
        let mut all = Vec::with_capacity(self.readings.len());
        for (_, column) in columns {
            all.extend_from_slice(&self.readings[column]);
        }
        // A remote port of this name that was lost, beside the one that is there.
        if twice {
            all.sort_unstable();
        }
        all
    }
}

struct Column<'a> {
    readings: &'a mut Vec<Reading>,
    object: Object,
    from: usize,
}

impl Column<'_> {
    fn put(&mut self, attribute: A, value: impl Into<u64>) -> &mut Self {
        let mut at = self.readings.len();
        self.readings.push(Reading { object: self.object, attribute, value: value.into() });
        // Two objects of one name that follow each other share a column, so that values count too.
        while at > self.from && self.readings[at - 1] > self.readings[at] {
            self.readings.swap(at - 1, at);
            at -= 1;
        }
        self
    }
}

/// All readings, sorted.
pub(crate) fn readings(machine: &Machine) -> Vec<Reading> {
    let mut sheet = Sheet { readings: Vec::with_capacity(96), objects: Vec::with_capacity(16) };
    for ccw in &machine.ccws {
        device(&mut sheet, ccw);
    }
    let all = sheet.sorted();
    debug_assert!(all.is_sorted(), "readings are compared in order");
    all
}

fn device(sheet: &mut Sheet, ccw: &CcwDevice) {
    sheet.of(Object::Adapter(ccw.index)).put(A::Online, ccw.online.get());
    let Some(adapter) = ccw.adapter() else { return };
    if adapter.attributes.get() {
        adapter_attributes(sheet, &adapter);
    }
    let host = adapter.scsi_host.borrow().clone().filter(|h| !h.is_released() && h.is_visible());
    // A kind after the other, as they are sorted.
    let ports = adapter.ports();
    ports.iter().for_each(|port| port_attributes(sheet, &adapter, port));
    ports.iter().for_each(|port| unit_attributes(sheet, &adapter, port, host.as_ref()));
    if let Some(host) = host {
        host_attributes(sheet, &adapter, &host);
    }
}

fn adapter_attributes(sheet: &mut Sheet, adapter: &Adapter) {
    let status = adapter.status.get();
    sheet
        .of(Object::Adapter(adapter.device))
        .put(A::Status, status)
        .put(A::InRecovery, status & COMMON_ERP_INUSE != 0)
        .put(A::Failed, status & COMMON_ERP_FAILED != 0)
        .put(A::PeerWwpn, adapter.peer_wwpn.get())
        .put(A::PeerWwnn, adapter.peer_wwnn.get())
        .put(A::PeerDId, adapter.peer_d_id.get())
        .put(A::CardVersion, adapter.hydra_version.get())
        .put(A::LicVersion, adapter.fsf_lic_version.get())
        .put(A::HardwareVersion, adapter.hardware_version.get())
        .put(A::FcSecurity, adapter_security(adapter))
        .put(A::DiagMaxAge, adapter.diagnostics.max_age.get())
        .put(A::ServiceLevel, adapter.service_level.get());
}

/// Numbers of the fc_security observable.
const SECURITY_UNKNOWN: u64 = 0;
const SECURITY_UNSUPPORTED: u64 = 1;
const SECURITY_NAMES: u64 = 2;

/// What has a name, as a number: authentication 1, encryption of either kind 2.
fn security_names(flags: u32) -> u64 {
    u64::from(flags & SECURITY_AUTHENTICATION) | if flags & SECURITY_ENCRYPTION != 0 { 2 } else { 0 }
}

fn adapter_security(adapter: &Adapter) -> u64 {
    if !adapter.has(COMMON_OPEN) {
        SECURITY_UNKNOWN
    } else if !adapter.feature(AdapterFeatures::FC_SECURITY) {
        SECURITY_UNSUPPORTED
    } else {
        SECURITY_NAMES + security_names(adapter.fc_security_algorithms.get())
    }
}

fn port_attributes(sheet: &mut Sheet, adapter: &Adapter, port: &Port) {
    if !port.registered.get() {
        return;
    }
    let status = port.status.get();
    sheet
        .of(Object::Port(adapter.device, port.wwpn))
        .put(A::Status, status)
        .put(A::InRecovery, status & COMMON_ERP_INUSE != 0)
        .put(A::Failed, status & COMMON_ERP_FAILED != 0)
        .put(A::FcSecurity, port_security(adapter, port));
}

fn unit_attributes(sheet: &mut Sheet, adapter: &Adapter, port: &Rc<Port>, host: Option<&Rc<ScsiHost>>) {
    if !port.registered.get() {
        return;
    }
    for unit in port.unit_list.borrow().iter() {
        let lun = host.and_then(|h| find_sdev(h, port.wwpn, unit.lun)).and_then(|s| lun_of(&s));
        let status = lun.as_ref().map_or(0, |l| l.status.get());
        sheet
            .of(Object::Unit(adapter.device, port.wwpn, unit.lun))
            .put(A::Status, status)
            .put(A::InRecovery, status & COMMON_ERP_INUSE != 0)
            .put(A::Failed, lun.is_none() || status & COMMON_ERP_FAILED != 0)
            .put(A::AccessDenied, status & COMMON_ACCESS_DENIED != 0);
    }
}

fn port_security(adapter: &Adapter, port: &Port) -> u64 {
    let status = port.status.get();
    let usable = COMMON_OPEN | COMMON_UNBLOCKED | PORT_PHYS_OPEN;
    let spoilt = COMMON_ERP_FAILED
        | COMMON_ACCESS_BOXED
        | if adapter.behaves(Behaviours::LINK_TEST_UNBLOCKED) { PORT_LINK_TEST } else { 0 };
    if status & usable != usable || status & spoilt != 0 {
        SECURITY_UNKNOWN
    } else if !adapter.feature(AdapterFeatures::FC_SECURITY) {
        SECURITY_UNSUPPORTED
    } else {
        SECURITY_NAMES + security_names(port.connection_info.get())
    }
}

fn host_attributes(sheet: &mut Sheet, adapter: &Adapter, host: &Rc<ScsiHost>) {
    let device = adapter.device;
    sheet
        .of(Object::Host(device))
        .put(A::HostNo, host.host_no)
        .put(A::HostState, host.state() as u8)
        .put(A::UniqueId, host.unique_id.get())
        .put(A::CanQueue, host.can_queue.get())
        .put(A::SgTablesize, host.sg_tablesize.get())
        .put(A::SgProtTablesize, host.sg_prot_tablesize.get())
        .put(A::ProtCapabilities, host.prot_capabilities.get())
        .put(A::ProtGuardType, host.prot_guard_type.get())
        .put(A::QueueFull, adapter.req_q_full.get());
    if host.has_fc_data() {
        fc_host_attributes(sheet, adapter, host);
    }
    for rport in host.rports().iter().chain(&host.lost_rports()) {
        rport_attributes(sheet, device, rport);
    }
    let devices = host.devices.borrow();
    let visible = || devices.iter().filter(|sdev| sdev.is_visible());
    visible().for_each(|sdev| sdev_attributes(sheet, sdev));
    visible().for_each(|sdev| disk_attributes(sheet, sdev));
}

fn fc_host_attributes(sheet: &mut Sheet, adapter: &Adapter, host: &ScsiHost) {
    let Ok(fc) = host.fc_host(regdiff_observation::Access::Read, "port_state") else { return };
    sheet
        .of(Object::FcHost(adapter.device))
        .put(A::HardwareVersion, fc.hardware_version.get())
        .put(A::NodeName, fc.node_name.get())
        .put(A::PortName, fc.port_name.get())
        .put(A::PermanentPortName, fc.permanent_port_name.get())
        .put(A::SupportedClasses, fc.supported_classes.get())
        .put(A::SupportedFc4s, fc.supported_fc4s.get())
        .put(A::ActiveFc4s, fc.active_fc4s.get())
        .put(A::SupportedSpeeds, fc.supported_speeds.get())
        .put(A::Speed, fc.speed.get())
        .put(A::MaxframeSize, fc.maxframe_size.get())
        .put(A::SerialNumber, fc.serial_number.get())
        .put(A::Manufacturer, fc.manufacturer.get())
        .put(A::Model, fc.model.get())
        .put(A::FirmwareVersion, fc.firmware_version.get())
        .put(A::PortId, fc.port_id.get())
        .put(A::PortType, fc.port_type.get())
        .put(A::PortState, port_state(adapter))
        .put(A::SymbolicName, fc.symbolic_name.get())
        .put(A::FabricName, fc.fabric_name.get())
        .put(A::DevLossTmo, fc.dev_loss_tmo.get());
}

/// zfcp_scsi_get_host_port_state: the one attribute that is computed.
fn port_state(adapter: &Adapter) -> u64 {
    const UNKNOWN: u64 = 0;
    const ONLINE: u64 = 2;
    const LINKDOWN: u64 = 7;
    const ERROR: u64 = 8;
    let status = adapter.status.get();
    if status & COMMON_RUNNING != 0 && status & ADAPTER_LINK_UNPLUGGED == 0 {
        ONLINE
    } else if status & ADAPTER_LINK_UNPLUGGED != 0 {
        LINKDOWN
    } else if status & COMMON_ERP_FAILED != 0 {
        ERROR
    } else {
        UNKNOWN
    }
}

fn rport_attributes(sheet: &mut Sheet, device: u8, rport: &Rport) {
    sheet
        .of(Object::Rport(device, rport.wwpn.get()))
        .put(A::NodeName, rport.wwnn.get())
        .put(A::SupportedClasses, rport.supported_classes.get())
        .put(A::MaxframeSize, rport.maxframe_size.get())
        .put(A::PortId, rport.port_id.get())
        .put(A::PortState, rport.state() as u8)
        .put(A::DevLossTmo, rport.dev_loss_tmo.get())
        .put(A::ScsiTargetId, rport.target_id)
        .put(A::RportNumber, rport.number);
}

fn sdev_attributes(sheet: &mut Sheet, sdev: &Rc<ScsiDevice>) {
    let zfcp = lun_of(sdev).map_or(0, |l| l.status.get());
    sheet
        .of(sdev.object())
        .put(A::InRecovery, zfcp & COMMON_ERP_INUSE != 0)
        .put(A::Failed, zfcp & COMMON_ERP_FAILED != 0)
        .put(A::SdevState, sdev.state() as u8)
        .put(A::SdevType, sdev.device_type.get())
        .put(A::ScsiLevel, sdev.scsi_level.get())
        .put(A::QueueDepth, sdev.queue_depth.get())
        .put(A::ZfcpStatus, zfcp);
}

fn disk_attributes(sheet: &mut Sheet, sdev: &ScsiDevice) {
    let Object::Sdev(device, wwpn, lun) = sdev.object() else { return };
    let Some(disk) = sdev.disk.borrow().clone().filter(|d| d.published.get()) else { return };
    sheet
        .of(Object::Disk(device, wwpn, lun))
        .put(A::Scheduler, sdev.queue.elevator() as u8)
        .put(A::NrRequests, sdev.queue.nr_requests.get())
        .put(A::MaxSegments, sdev.queue.max_segments)
        .put(A::MaxIntegritySegments, sdev.queue.max_integrity_segments)
        .put(A::MaxHwSectorsKb, sdev.queue.max_hw_sectors / 2)
        .put(A::ProtectionType, disk.protection_type.get())
        .put(A::ProtectionMode, disk.protection_mode(sdev.host.prot_capabilities.get()))
        .put(A::IntegrityFormat, disk.integrity.get())
        .put(A::DeviceIsIntegrityCapable, disk.device_integrity.get());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_objects_of_one_name_are_read_in_order() {
        let port = Object::Rport(0, 1);
        for between in [false, true] {
            let mut sheet = Sheet { readings: Vec::new(), objects: Vec::new() };
            sheet.of(port).put(A::PortState, 2_u8).put(A::PortId, 1_u8);
            if between {
                sheet.of(Object::Host(0)).put(A::HostNo, 0_u8);
            }
            sheet.of(port).put(A::PortState, 1_u8).put(A::PortId, 1_u8);
            let all = sheet.sorted();
            assert!(all.is_sorted(), "{all:?}");
            assert_eq!(all.len(), if between { 5 } else { 4 });
        }
    }
}
