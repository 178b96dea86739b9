//! Reading every attribute of every object that a user can look at: the same objects and numbers as the model's.

use std::path::Path;

use regdiff_observation::{Attribute as A, Format, Object, Reading};

use crate::firmware::service::DEVNO;
use crate::sysfs::{Rport, Sdev, Tree, bus_id, number_of, parse_number, text_of};

/// The number of a text that is not there.
const EMPTY: u64 = u64::MAX;

/// Collects readings of one object at a time.
struct Column<'a> {
    readings: &'a mut Vec<Reading>,
    object: Object,
    dir: &'a Path,
}

impl Column<'_> {
    fn put(&mut self, attribute: A, value: Option<u64>) -> &mut Self {
        if let Some(value) = value {
            self.readings.push(Reading { object: self.object, attribute, value });
        }
        self
    }

    /// A file that holds a number.
    fn number(&mut self, attribute: A, file: &str) -> &mut Self {
        self.put(attribute, number_of(&self.dir.join(file)))
    }

    /// A file whose text is turned into a number.
    fn text(&mut self, attribute: A, file: &str, number: impl FnOnce(&str) -> Option<u64>) -> &mut Self {
        self.put(attribute, text_of(&self.dir.join(file)).and_then(|text| number(&text)))
    }
}

/// All readings of so many devices, sorted.
pub(crate) fn readings(tree: &Tree, devices: u8) -> Vec<Reading> {
    let mut readings = Vec::with_capacity(96);
    for device in 0..devices {
        adapter(&mut readings, tree, device);
        host(&mut readings, tree, device);
        fc_host(&mut readings, tree, device);
        for port in tree.rports(device) {
            rport(&mut readings, device, &port);
        }
        for device_below in tree.sdevs(device) {
            sdev(&mut readings, tree, device, &device_below);
        }
    }
    readings.sort_unstable();
    // Two remote ports of one name: the one in use has the higher number.
    readings.dedup_by(|later, earlier| {
        let same = later.object == earlier.object && later.attribute == earlier.attribute;
        if same {
            earlier.value = later.value;
        }
        same
    });
    readings
}

fn adapter(readings: &mut Vec<Reading>, tree: &Tree, device: u8) {
    let dir = tree.adapter(device);
    let listed = text_of(&tree.path("proc/service_levels"));
    let mut column = Column { readings, object: Object::Adapter(device), dir: &dir };
    column.number(A::Online, "online");
    if !dir.join("status").exists() {
        return;
    }
    column
        .number(A::Status, "status")
        .number(A::InRecovery, "in_recovery")
        .number(A::Failed, "failed")
        .number(A::PeerWwpn, "peer_wwpn")
        .number(A::PeerWwnn, "peer_wwnn")
        .number(A::PeerDId, "peer_d_id")
        .number(A::CardVersion, "card_version")
        .number(A::LicVersion, "lic_version")
        .number(A::HardwareVersion, "hardware_version")
        .text(A::FcSecurity, "fc_security", security)
        .number(A::DiagMaxAge, "diag_max_age")
        .put(A::ServiceLevel, listed.map(|levels| levels.contains(&bus_id(device)).into()));
    for (wwpn, dir) in tree.ports(device) {
        let object = Object::Port(device, wwpn);
        Column { readings, object, dir: &dir }
            .number(A::Status, "status")
            .number(A::InRecovery, "in_recovery")
            .number(A::Failed, "failed")
            .text(A::FcSecurity, "fc_security", security);
        for (lun, dir) in tree.units(&dir) {
            let object = Object::Unit(device, wwpn, lun);
            Column { readings, object, dir: &dir }
                .number(A::Status, "status")
                .number(A::InRecovery, "in_recovery")
                .number(A::Failed, "failed")
                .number(A::AccessDenied, "access_denied");
        }
    }
}

fn host(readings: &mut Vec<Reading>, tree: &Tree, device: u8) {
    let Some((number, _)) = tree.host(device) else { return };
    let Some(dir) = tree.scsi_host(device) else { return };
    Column { readings, object: Object::Host(device), dir: &dir }
        .put(A::HostNo, Some(number))
        .text(A::HostState, "state", named(A::HostState))
        .number(A::UniqueId, "unique_id")
        .number(A::CanQueue, "can_queue")
        .number(A::SgTablesize, "sg_tablesize")
        .number(A::SgProtTablesize, "sg_prot_tablesize")
        .number(A::ProtCapabilities, "prot_capabilities")
        .number(A::ProtGuardType, "prot_guard_type")
        .number(A::QueueFull, "queue_full");
}

fn fc_host(readings: &mut Vec<Reading>, tree: &Tree, device: u8) {
    let Some(dir) = tree.fc_host(device) else { return };
    Column { readings, object: Object::FcHost(device), dir: &dir }
        .number(A::NodeName, "node_name")
        .number(A::PortName, "port_name")
        .number(A::PermanentPortName, "permanent_port_name")
        .number(A::FabricName, "fabric_name")
        .number(A::PortId, "port_id")
        .number(A::MaxframeSize, "maxframe_size")
        .text(A::SupportedClasses, "supported_classes", classes)
        .text(A::SupportedFc4s, "supported_fc4s", first_word)
        .text(A::ActiveFc4s, "active_fc4s", first_word)
        .text(A::SupportedSpeeds, "supported_speeds", speeds)
        .text(A::Speed, "speed", speeds)
        .text(A::PortType, "port_type", port_type)
        .text(A::PortState, "port_state", named(A::PortState))
        .text(A::SerialNumber, "serial_number", |text| {
            if text.is_empty() { Some(0) } else { u64::from_str_radix(text, 16).ok() }
        })
        .text(A::Manufacturer, "manufacturer", named(A::Manufacturer))
        .text(A::Model, "model", or_empty)
        .text(A::HardwareVersion, "hardware_version", or_empty)
        .text(A::FirmwareVersion, "firmware_version", or_empty)
        .text(A::SymbolicName, "symbolic_name", |text| Some(symbolic_name(text)))
        .number(A::DevLossTmo, "dev_loss_tmo");
}

fn rport(readings: &mut Vec<Reading>, device: u8, rport: &Rport) {
    Column { readings, object: Object::Rport(device, rport.wwpn), dir: &rport.attributes }
        .put(A::RportNumber, Some(rport.number))
        .number(A::NodeName, "node_name")
        .number(A::PortId, "port_id")
        .text(A::PortState, "port_state", named(A::PortState))
        .number(A::ScsiTargetId, "scsi_target_id")
        .number(A::MaxframeSize, "maxframe_size")
        .text(A::SupportedClasses, "supported_classes", classes)
        .number(A::DevLossTmo, "dev_loss_tmo");
}

fn sdev(readings: &mut Vec<Reading>, tree: &Tree, device: u8, sdev: &Sdev) {
    Column { readings, object: Object::Sdev(device, sdev.wwpn, sdev.lun), dir: &sdev.dir }
        .text(A::SdevState, "state", named(A::SdevState))
        .number(A::SdevType, "type")
        .number(A::ScsiLevel, "scsi_level")
        .number(A::QueueDepth, "queue_depth")
        .number(A::ZfcpStatus, "zfcp_status")
        .number(A::InRecovery, "zfcp_in_recovery")
        .number(A::Failed, "zfcp_failed");
    let Some((_, block)) = tree.disk(sdev) else { return };
    let object = Object::Disk(device, sdev.wwpn, sdev.lun);
    Column { readings, object, dir: &block }
        .text(A::Scheduler, "queue/scheduler", scheduler)
        .number(A::NrRequests, "queue/nr_requests")
        .number(A::MaxSegments, "queue/max_segments")
        .number(A::MaxIntegritySegments, "queue/max_integrity_segments")
        .number(A::MaxHwSectorsKb, "queue/max_hw_sectors_kb")
        .text(A::IntegrityFormat, "integrity/format", |text| Some((text != "none").into()))
        .number(A::DeviceIsIntegrityCapable, "integrity/device_is_integrity_capable");
    let Some(dir) = tree.scsi_disk(sdev) else { return };
    Column { readings, object, dir: &dir }.number(A::ProtectionType, "protection_type").text(
        A::ProtectionMode,
        "protection_mode",
        named(A::ProtectionMode),
    );
}

/// The place of a text among the names of an attribute.
fn named(attribute: A) -> impl Fn(&str) -> Option<u64> {
    move |text| match attribute.format() {
        Format::Names(names) => names.iter().position(|name| *name == text).map(|place| place as u64),
        _ => None,
    }
}

/// A number, or nothing at all.
fn or_empty(text: &str) -> Option<u64> {
    if text.is_empty() { Some(EMPTY) } else { parse_number(text) }
}

/// FC Endpoint Security: 0 unknown, 1 unsupported, 2 and more are two flags (the observable's names).
fn security(text: &str) -> Option<u64> {
    const FLAGS: u64 = 2;
    match text {
        "unknown" => return Some(0),
        "unsupported" => return Some(1),
        _ => {}
    }
    let mut flags = text.split(", ").map(|flag| match flag {
        "none" => Some(0),
        "Authentication" => Some(1),
        "Encryption" => Some(2),
        // Several flags of a port, or what has no name; 2 and 4 are both encryption.
        number => parse_number(number).map(|flags| flags & 1 | if flags & 6 != 0 { 2 } else { 0 }),
    });
    Some(FLAGS + flags.try_fold(0, |sum, flag| Some(sum | flag?))?)
}

/// "Class 2, Class 3" as bits: class N is bit N.
fn classes(text: &str) -> Option<u64> {
    if text == "unspecified" {
        return Some(0);
    }
    text.split(", ").try_fold(0, |mask, class| Some(mask | 1 << class.strip_prefix("Class ")?.parse::<u32>().ok()?))
}

/// The first four bytes of a list of bytes.
fn first_word(text: &str) -> Option<u64> {
    let mut bytes = text.split_whitespace().map(parse_number);
    (0..4).try_fold(0, |word, _| Some(word << 8 | bytes.next()??))
}

/// Speeds of the FC transport by name, as bits.
const SPEEDS: &[(&str, u64)] = &[
    ("unknown", 0),
    ("1 Gbit", 0x1),
    ("2 Gbit", 0x2),
    ("10 Gbit", 0x4),
    ("4 Gbit", 0x8),
    ("8 Gbit", 0x10),
    ("16 Gbit", 0x20),
    ("32 Gbit", 0x40),
    ("20 Gbit", 0x80),
    ("40 Gbit", 0x100),
    ("50 Gbit", 0x200),
    ("100 Gbit", 0x400),
    ("25 Gbit", 0x800),
    ("64 Gbit", 0x1000),
    ("128 Gbit", 0x2000),
    ("256 Gbit", 0x4000),
    ("Not Negotiated", 0x8000),
];

fn speeds(text: &str) -> Option<u64> {
    if text.is_empty() {
        return Some(0);
    }
    text.split(", ")
        .try_fold(0, |mask, speed| SPEEDS.iter().find(|(name, _)| *name == speed).map(|(_, bit)| mask | bit))
}

/// A port type by the beginning of its description.
fn port_type(text: &str) -> Option<u64> {
    let name = text.split(" (").next().unwrap_or(text);
    named(A::PortType)(name)
}

/// Whether there is a symbolic name, and whether it carries a device number: the model's number for it.
fn symbolic_name(text: &str) -> u64 {
    const CARRIES_DEVNO: u64 = 1 << 32;
    match text {
        "" => 0,
        text if text.contains(DEVNO) => 1 | CARRIES_DEVNO,
        _ => 1,
    }
}

/// The elevator in brackets.
fn scheduler(text: &str) -> Option<u64> {
    let name = text.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or(text, |(name, _)| name);
    named(A::Scheduler)(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sysfs::tests::fake_tree;

    #[test]
    fn a_machine_in_numbers() {
        let root = tempfile::tempdir().unwrap();
        let readings = readings(&fake_tree(root.path()), 1);
        let value = |object, attribute| {
            readings.iter().find(|r| r.object == object && r.attribute == attribute).map(|r| r.value)
        };
        let (wwpn, lun) = (0x5005_0763_0300_c562, 0x4010_4033_0000_0000);
        let (host, fc) = (Object::Host(0), Object::FcHost(0));
        for (object, attribute, expected) in [
            (Object::Adapter(0), A::Online, 1),
            (Object::Adapter(0), A::Status, 0x5400_000b),
            (Object::Adapter(0), A::FcSecurity, 5),
            (Object::Port(0, wwpn), A::Status, 0x5400_0003),
            (Object::Unit(0, wwpn, lun), A::Failed, 0),
            (host, A::HostState, 2),
            (host, A::UniqueId, 0x1900),
            (fc, A::NodeName, 0x5005_0764_0000_0001),
            (fc, A::MaxframeSize, 2112),
            (fc, A::Speed, 0x20),
            (fc, A::SupportedSpeeds, 0x8018),
            (fc, A::SupportedClasses, 0xc),
            (fc, A::SupportedFc4s, 0x100),
            (fc, A::PortType, 7),
            (fc, A::PortState, 2),
            (fc, A::SerialNumber, 0x1_9000_1900),
            (fc, A::Manufacturer, 1),
            (fc, A::Model, 5),
            (fc, A::FirmwareVersion, EMPTY),
            (fc, A::SymbolicName, 1 | 1 << 32),
            (Object::Rport(0, wwpn), A::RportNumber, 1),
            (Object::Rport(0, wwpn), A::PortState, 2),
            (Object::Sdev(0, wwpn, lun), A::SdevState, 2),
            (Object::Disk(0, wwpn, lun), A::Scheduler, 1),
            (Object::Disk(0, wwpn, lun), A::NrRequests, 256),
            (Object::Disk(0, wwpn, lun), A::IntegrityFormat, 1),
            (Object::Disk(0, wwpn, lun), A::ProtectionType, 1),
            (Object::Disk(0, wwpn, lun), A::ProtectionMode, 5),
        ] {
            assert_eq!(value(object, attribute), Some(expected), "{object} {}", attribute.text());
        }
        assert!(readings.is_sorted());
    }

    #[test]
    fn a_device_without_driver_shows_online_alone() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("sys/bus/ccw/devices/0.0.1900");
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("online"), "0\n").unwrap();
        let readings = readings(&Tree::new(root.path()), 2);
        assert_eq!(readings, [Reading { object: Object::Adapter(0), attribute: A::Online, value: 0 }]);
    }

    #[test]
    fn texts_of_the_transport() {
        assert_eq!((security("unknown"), security("none"), security("0x00000003")), (Some(0), Some(2), Some(5)));
        assert_eq!((classes("unspecified"), classes("Class 3"), classes("?")), (Some(0), Some(8), None));
        assert_eq!((speeds("unknown"), speeds("3 Gbit")), (Some(0), None));
        assert_eq!(port_type("NPort (fabric via point-to-point)"), Some(3));
        assert_eq!((scheduler("[none] mq-deadline"), scheduler("none")), (Some(0), Some(0)));
        assert_eq!((symbolic_name(""), symbolic_name("regdiff")), (0, 1));
        assert_eq!(first_word("0x01 0x02"), None);
    }
}
