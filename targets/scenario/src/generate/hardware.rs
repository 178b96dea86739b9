//! Devices with their fabric.

use super::Draw;
use crate::device::{
    AdapterFeatures, ConnectionFeatures, Device, Lun, LunKind, PLAIN_FEATURES, Port, Protection, Topology,
};

/// One device mostly; more of them show what one adapter does to another.
pub(super) fn devices(draw: &mut Draw<'_, '_>) -> Vec<Device> {
    let count = draw.weighted(&[(1, 84), (2, 12), (3, 3), (4, 1)]);
    (0..count).map(|index| device(draw, index)).collect()
}

/// What an adapter can offer, drawn around a healthy one. Also what a firmware update may say.
pub(super) fn features(draw: &mut Draw<'_, '_>) -> AdapterFeatures {
    let mut features = PLAIN_FEATURES;
    if draw.chance(55) {
        features = features.with(AdapterFeatures::DIF_PROT_TYPE1);
    }
    if draw.chance(35) {
        features = features.with(AdapterFeatures::DIX_PROT_TCPIP);
    }
    if draw.chance(15) {
        features = features.with(AdapterFeatures::FC_SECURITY);
    }
    if draw.chance(8) {
        features.0 &= !AdapterFeatures::HBAAPI_MANAGEMENT.0;
    }
    if draw.chance(8) {
        features.0 ^= draw.pick(AdapterFeatures::NAMES).value as u32;
    }
    features
}

/// The `index`th device of a machine, with names of its own.
pub(super) fn device(draw: &mut Draw<'_, '_>, index: u64) -> Device {
    let plain = Device::default();
    let mut device = Device {
        features: features(draw),
        connection: ConnectionFeatures(u32::from(!draw.chance(20))),
        multi_buffer: !draw.chance(15),
        data_division: !draw.chance(20),
        link_up: !draw.chance(6),
        topology: draw.weighted(&[
            (Topology::Fabric, 88),
            (Topology::PointToPoint, 7),
            (Topology::Loop, 3),
            (Topology::Other, 2),
        ]),
        wwpn: plain.wwpn + index,
        permanent_wwpn: plain.permanent_wwpn + index,
        s_id: plain.s_id + index as u32,
        ..plain
    };
    draw.disturb(&mut device, &["speed", "supported_speeds", "maxframe_size", "fc4_types", "security"], 5);
    draw.disturb(&mut device, &["adapter_type", "lic_version", "hardware_version", "fabric_name", "wwnn"], 4);
    draw.disturb(&mut device, &["status_read_buffers", "timer_interval"], 4);
    // Each of these shuts the adapter down for good.
    draw.disturb(&mut device, &["max_qtcb_size", "low_qtcb_version", "high_qtcb_version"], 1);
    let ports = draw.weighted(&[(1, 50), (2, 27), (3, 11), (0, 12)]);
    device.ports = (0..ports).map(|index| port(draw, index)).collect();
    device
}

fn port(draw: &mut Draw<'_, '_>, index: u64) -> Port {
    let plain = Port::default();
    let mut port = Port {
        wwpn: plain.wwpn + index,
        wwnn: plain.wwnn + index,
        d_id: plain.d_id + 0x100 * index as u32,
        registered: !draw.chance(6),
        online: !draw.chance(6),
        report_luns: !draw.chance(8),
        ..plain
    };
    draw.disturb(&mut port, &["supported_classes"], 4);
    let luns = draw.weighted(&[(1, 50), (2, 25), (3, 10), (0, 15)]);
    port.luns = (0..luns).map(|index| lun(draw, index)).collect();
    port
}

fn lun(draw: &mut Draw<'_, '_>, index: u64) -> Lun {
    // LUN 0 first, then flat LUNs as storage servers number them.
    let flat = 0x4010_4000_0000_0000 + (index << 32);
    let mut lun = Lun {
        lun: if index == 0 && !draw.chance(25) { 0 } else { flat },
        kind: draw.weighted(&[
            (LunKind::Disk, 84),
            (LunKind::Tape, 6),
            (LunKind::WellKnown, 4),
            (LunKind::Changer, 3),
            (LunKind::Enclosure, 3),
        ]),
        protection: draw.weighted(&[
            (Protection::None, 50),
            (Protection::Type1, 36),
            (Protection::Type2, 6),
            (Protection::Type3, 8),
        ]),
        write_cache: draw.chance(25),
        ..Lun::default()
    };
    draw.disturb(&mut lun, &["qualifier", "version", "blocks"], 4);
    lun
}
