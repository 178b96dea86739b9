//! What the exchanges write to the host (driver.md 9.2, 10, 17; zfcp_scsi.c).

use std::rc::Rc;

use regdiff_channel::{ConfigData, PortData};
use regdiff_kernel::Sim;
use regdiff_kernel::scsi::port_type;
use regdiff_observation::{Access, Note};
use regdiff_scenario::module::Toggle;
use regdiff_scenario::{AdapterFeatures, ConnectionFeatures};

use crate::fault::DriverFault;
use crate::fence::Fence;
use crate::objects::Adapter;
use crate::status::ADAPTER_DATA_DIV_ENABLED;

/// Protection mask bits and guard type (midlayer.md 10.1).
const DIF_TYPE1: u32 = 0x1;
const DIX_TYPE1: u32 = 0x10;
const GUARD_IP: u32 = 2;
/// Classes 2 and 3.
const CLASSES: u32 = 4 | 8;
/// Sectors of a page-sized segment.
const SECTORS_PER_ENTRY: u32 = 8;

/// Speed bits of a response and of the FC host (driver.md 9.3).
const SPEEDS: [(u32, u32); 10] = [
    (0x1, 0x1),
    (0x2, 0x2),
    (0x4, 0x8),
    (0x8, 0x4),
    (0x10, 0x10),
    (0x20, 0x20),
    (0x40, 0x40),
    (0x80, 0x1000),
    (0x100, 0x2000),
    (0x8000, 0x8000),
];

/// zfcp_fsf_convert_portspeed.
pub(crate) fn convert_speed(fsf: u32) -> u32 {
    SPEEDS.iter().filter(|(from, _)| fsf & from != 0).fold(0, |m, (_, to)| m | to)
}

/// zfcp_scsi_shost_update_config_data: everything in one function, behind one look at the host.
pub(crate) fn shost_update_config_data(
    adapter: &Rc<Adapter>,
    data: &ConfigData,
    incomplete: bool,
    fence: Fence,
) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_scsi_shost_update_config_data");
    if adapter.fence(fence) && adapter.no_shost() {
        return Ok(());
    }
    write_firmware_version(adapter, data)?;
    if adapter.feature(AdapterFeatures::HBAAPI_MANAGEMENT) {
        write_hardware_version(adapter, data)?;
    }
    write_config_attributes(adapter, data)?;
    set_prot(adapter)?;
    if incomplete {
        return Ok(());
    }
    write_config_link(adapter, data)
}

pub(crate) fn write_firmware_version(adapter: &Rc<Adapter>, data: &ConfigData) -> Sim<()> {
    adapter.set_fc_host("firmware_version", |fc| fc.firmware_version.set(data.lic_version.into()))
}

pub(crate) fn write_hardware_version(adapter: &Rc<Adapter>, data: &ConfigData) -> Sim<()> {
    let host = adapter.shost(Access::Write, "hardware_version")?;
    let fc = host.fc_host(Access::Write, "hardware_version")?;
    fc.hardware_version.set(data.hardware_version.into());
    fc.serial_number.set(data.serial_number);
    Ok(())
}

/// What is valid in an incomplete answer too.
pub(crate) fn write_config_attributes(adapter: &Rc<Adapter>, data: &ConfigData) -> Sim<()> {
    let host = adapter.shost(Access::Write, "manufacturer")?;
    let fc = host.fc_host(Access::Write, "manufacturer")?;
    fc.manufacturer.set(1);
    fc.port_name.set(data.port_name);
    fc.node_name.set(data.node_name);
    fc.supported_classes.set(CLASSES);
    Ok(())
}

/// What needs a link.
pub(crate) fn write_config_link(adapter: &Rc<Adapter>, data: &ConfigData) -> Sim<()> {
    let host = adapter.shost(Access::Write, "port_id")?;
    let fc = host.fc_host(Access::Write, "port_id")?;
    fc.port_id.set(data.s_id);
    fc.speed.set(convert_speed(data.fc_link_speed));
    fc.model.set(data.adapter_type.into());
    let npiv = data.connection_features & ConnectionFeatures::NPIV_MODE.0 != 0;
    match data.fc_topology {
        1 => {
            fc.port_type.set(port_type::PTP);
            fc.fabric_name.set(0);
        }
        2 => {
            fc.port_type.set(if npiv { port_type::NPIV } else { port_type::NPORT });
            fc.fabric_name.set(data.fabric_name);
        }
        3 => {
            fc.port_type.set(port_type::NLPORT);
            fc.fabric_name.set(0);
        }
        _ => fc.fabric_name.set(0),
    }
    Ok(())
}

/// zfcp_scsi_shost_update_port_data; before the series the same writes, without a look at the host.
pub(crate) fn shost_update_port_data(adapter: &Rc<Adapter>, data: &PortData) -> Sim<()> {
    let guarded = adapter.fence(Fence::PortData);
    let function = if guarded { "zfcp_scsi_shost_update_port_data" } else { "zfcp_fsf_exchange_port_evaluate" };
    let _frame = adapter.kernel.enter(function);
    if guarded && adapter.no_shost() {
        return Ok(());
    }
    write_port_data(adapter, data)
}

pub(crate) fn write_port_data(adapter: &Rc<Adapter>, data: &PortData) -> Sim<()> {
    let host = adapter.shost(Access::Write, "permanent_port_name")?;
    let fc = host.fc_host(Access::Write, "permanent_port_name")?;
    fc.permanent_port_name.set(data.wwpn);
    fc.maxframe_size.set(data.maximum_frame_size);
    fc.supported_speeds.set(convert_speed(data.supported_speed));
    fc.supported_fc4s.set(data.supported_fc4_types);
    fc.active_fc4s.set(data.active_fc4_types);
    Ok(())
}

/// zfcp_scsi_set_prot (driver.md 17): the protection mask from parameters, features and queues of this moment.
pub(crate) fn set_prot(adapter: &Rc<Adapter>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_scsi_set_prot");
    let host = adapter.shost(Access::Write, "prot_capabilities")?;
    let dix = adapter.driver.toggle(Toggle::Dix);
    let mut mask = 0;
    if (dix || adapter.driver.toggle(Toggle::Dif)) && adapter.feature(AdapterFeatures::DIF_PROT_TYPE1) {
        mask |= DIF_TYPE1;
    }
    if dix && adapter.has(ADAPTER_DATA_DIV_ENABLED) && adapter.feature(AdapterFeatures::DIX_PROT_TCPIP) {
        mask |= DIX_TYPE1;
        host.prot_guard_type.set(GUARD_IP);
        let half = adapter.max_sbale_per_req.get() / 2;
        host.sg_prot_tablesize.set(half);
        if !adapter.slips(DriverFault::LimitsNotHalved) {
            host.sg_tablesize.set(half);
            host.max_sectors.set(half * SECTORS_PER_ENTRY);
        }
    }
    host.prot_capabilities.set(mask);
    adapter.kernel.note(|| Note::Mask { device: adapter.device, mask });
    Ok(())
}
