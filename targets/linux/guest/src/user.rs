//! What users do, through files and system calls. Results are the model's: what was read, 1 for a write to an attribute, 0 for
//! going on- and offline and for writes to disks, or a negative error number.

use std::path::PathBuf;

use nix::errno::Errno;
use regdiff_observation::{Attribute as Observable, Format};
use regdiff_scenario::step::{
    Attribute, HostResetKind, NotifyEvent, Parameter, ResetLevel, ScanTarget, SdevStateWrite,
};
use regdiff_scenario::{Elevator, Scalar, Step, Trigger};

use crate::disk;
use crate::door;
use crate::lun;
use crate::machine::Machine;
use crate::sysfs::{self, Sdev, Tree, bus_id, parse_number, read, write};

/// As a system call returns it.
type Outcome = Result<u64, Errno>;

/// A longer wait than an hour only makes runs long, as in the model.
const LONGEST_WAIT: u32 = 3_600_000;
/// A target id that no remote port has: the transport gives out the lowest free one.
const NO_TARGET: u64 = 510;
/// The host's channels: 0 and no more.
const NO_CHANNEL: u64 = 1;

/// An outcome as a number.
pub(crate) fn code(outcome: Outcome) -> i64 {
    match outcome {
        Ok(value) => value as i64 & i64::MAX,
        Err(error) => -i64::from(error as i32),
    }
}

/// Performs a step of a user or of the channel subsystem; may block for ever.
pub(crate) fn perform(machine: &Machine, index: u32, step: &Step) -> i64 {
    if usize::from(step.device) >= machine.scenario.devices.len() && step.trigger != Trigger::SetParameter {
        return code(Err(Errno::ENODEV));
    }
    match step.trigger {
        Trigger::Shutdown => {
            let record = door::words(door::DO_SHUTDOWN, step.device.into(), &[index]);
            // The callback returns nothing.
            machine.do_and_wait(index, &record).map_or_else(|error| code(Err(error)), |_| 0)
        }
        Trigger::Notify => {
            let event = NotifyEvent::from_raw(step.a.into()) as u32;
            let record = door::words(door::DO_NOTIFY, step.device.into(), &[event, index]);
            machine.do_and_wait(index, &record).unwrap_or_else(|error| code(Err(error)))
        }
        _ => code(Actions { tree: &machine.tree, step, names: Wanted::of(machine, step) }.perform()),
    }
}

/// Port and LUN of a step by name; 0 where the scenario has none.
#[derive(Clone, Copy, Debug, Default)]
struct Wanted {
    wwpn: u64,
    lun: u64,
}

impl Wanted {
    fn of(machine: &Machine, step: &Step) -> Self {
        let device = machine.scenario.devices.get(usize::from(step.device));
        let port = device.and_then(|device| device.ports.get(usize::from(step.port)));
        let lun = port.and_then(|port| port.luns.get(usize::from(step.lun)));
        Self { wwpn: port.map_or(0, |port| port.wwpn), lun: lun.map_or(0, |lun| lun.lun) }
    }
}

struct Actions<'a> {
    tree: &'a Tree,
    step: &'a Step,
    names: Wanted,
}

/// A path that must be there.
fn there(path: Option<PathBuf>) -> Result<PathBuf, Errno> {
    path.ok_or(Errno::ENOENT)
}

/// As `echo` writes: some files take a name only with the newline behind it.
fn put(path: PathBuf, text: &str) -> Outcome {
    write(&path, &format!("{text}\n")).map(|()| 1)
}

impl Actions<'_> {
    fn perform(&self) -> Outcome {
        let (device, a) = (self.step.device, self.step.a);
        let Wanted { wwpn, lun } = self.names;
        let adapter = |file: &str| self.tree.adapter(device).join(file);
        match self.step.trigger {
            Trigger::SetOnline => write(&adapter("online"), "1").map(|()| 0),
            Trigger::SetOffline => write(&adapter("online"), "0").map(|()| 0),
            Trigger::Remove => write(&self.tree.path("sys/bus/ccw/drivers/zfcp/unbind"), &bus_id(device)).map(|()| 0),
            Trigger::SetParameter => self.set_parameter(),
            Trigger::PortRescan => put(adapter("port_rescan"), "1"),
            Trigger::PortRemove => put(adapter("port_remove"), &format!("{wwpn:#018x}")),
            Trigger::AdapterFailed => put(adapter("failed"), &a.to_string()),
            Trigger::DiagMaxAge => put(adapter("diag_max_age"), &a.to_string()),
            Trigger::ReadAttribute => self.read_attribute(),
            Trigger::PortFailed => put(self.tree.port(device, wwpn).join("failed"), "0"),
            // The driver takes a number whose bytes are those of the LUN.
            Trigger::UnitAdd => {
                put(self.tree.port(device, wwpn).join("unit_add"), &format!("{:#018x}", lun::as_shown(lun)))
            }
            Trigger::UnitRemove => {
                put(self.tree.port(device, wwpn).join("unit_remove"), &format!("{:#018x}", lun::as_shown(lun)))
            }
            Trigger::UnitFailed => put(self.tree.unit(device, wwpn, lun).join("failed"), "0"),
            _ => self.on_host(),
        }
    }

    fn set_parameter(&self) -> Outcome {
        let value = self.step.b;
        let flag = |value: u32| if value == 0 { "N".to_owned() } else { "Y".to_owned() };
        let (name, text) = match Parameter::from_raw(self.step.a.into()) {
            Parameter::QueueDepth => ("queue_depth", value.to_string()),
            Parameter::AllowLunScan => ("allow_lun_scan", flag(value)),
            Parameter::NoAutoPortRescan => ("no_auto_port_rescan", flag(value)),
            Parameter::PortScanBackoff => ("port_scan_backoff", value.min(LONGEST_WAIT).to_string()),
            Parameter::PortScanRatelimit => ("port_scan_ratelimit", value.min(LONGEST_WAIT).to_string()),
            Parameter::BerStop => ("ber_stop", flag(value)),
        };
        put(there(self.tree.driver_parameter(name))?, &text)
    }

    fn read_attribute(&self) -> Outcome {
        let device = self.step.device;
        let scsi = |file: &str| Ok(there(self.tree.scsi_host(device))?.join(file));
        let diagnostics = |file: &str| Ok(self.tree.adapter(device).join("diagnostics").join(file));
        let attribute = Attribute::from_raw(self.step.a.into());
        let path = match attribute {
            Attribute::Statistics => Ok(there(self.tree.fc_host(device))?.join("statistics/tx_frames")),
            Attribute::Utilization => scsi("utilization"),
            Attribute::Requests => scsi("requests"),
            Attribute::Megabytes => scsi("megabytes"),
            Attribute::SecondsActive => scsi("seconds_active"),
            Attribute::B2bCredit => diagnostics("b2b_credit"),
            Attribute::Temperature => diagnostics("temperature"),
        };
        let value = parse_number(&read(&path?)?).ok_or(Errno::EINVAL)?;
        // A signed halfword: its bits do for comparing.
        Ok(if attribute == Attribute::Temperature { value & 0xffff } else { value })
    }

    fn on_host(&self) -> Outcome {
        let (device, a) = (self.step.device, self.step.a);
        let scsi = |file: &str| Ok(there(self.tree.scsi_host(device))?.join(file));
        let fc = |file: &str| Ok(there(self.tree.fc_host(device))?.join(file));
        match self.step.trigger {
            Trigger::HostReset => {
                let kind = match HostResetKind::from_raw(a.into()) {
                    HostResetKind::Adapter => "adapter",
                    HostResetKind::Firmware => "firmware",
                };
                put(scsi("host_reset")?, kind)
            }
            Trigger::HostState => {
                let Format::Names(names) = Observable::HostState.format() else { return Err(Errno::EINVAL) };
                put(scsi("state")?, names.get(a as usize).ok_or(Errno::EINVAL)?)
            }
            Trigger::Scan => put(scsi("scan")?, &self.scan_text()),
            Trigger::HostDevLossTmo => put(fc("dev_loss_tmo")?, &a.to_string()),
            Trigger::ResetStatistics => put(fc("statistics/reset_statistics")?, "1"),
            Trigger::RportDevLossTmo => self.on_rport("dev_loss_tmo", &a.to_string()),
            Trigger::RportFastIoFailTmo if a == u32::MAX => self.on_rport("fast_io_fail_tmo", "off"),
            Trigger::RportFastIoFailTmo => self.on_rport("fast_io_fail_tmo", &a.to_string()),
            Trigger::RportState => self.on_rport("port_state", if a == 0 { "Online" } else { "Marginal" }),
            _ => {
                let Wanted { wwpn, lun } = self.names;
                let sdev = self.tree.sdev(device, wwpn, lun).ok_or(Errno::ENOENT)?;
                self.on_sdev(&sdev)
            }
        }
    }

    fn on_rport(&self, file: &str, text: &str) -> Outcome {
        let rport = self.tree.rport(self.step.device, self.names.wwpn).ok_or(Errno::ENOENT)?;
        put(rport.attributes.join(file), text)
    }

    /// Channel, target and LUN as the `scan` file takes them.
    fn scan_text(&self) -> String {
        let rport = || self.tree.rport(self.step.device, self.names.wwpn);
        let id = || rport().and_then(|rport| sysfs::number_of(&rport.attributes.join("scsi_target_id")));
        // A remote port without a target shows -1.
        let target = || id().filter(|id| *id < NO_TARGET).unwrap_or(NO_TARGET);
        match ScanTarget::from_raw(self.step.a.into()) {
            ScanTarget::Everything => "- - -".to_owned(),
            ScanTarget::Target => format!("0 {} -", target()),
            ScanTarget::Lun => format!("0 {} {}", target(), lun::midlayer(self.names.lun)),
            ScanTarget::OutOfRange => format!("{NO_CHANNEL} - -"),
        }
    }

    fn on_sdev(&self, sdev: &Sdev) -> Outcome {
        let (a, b) = (self.step.a, self.step.b);
        let file = |file: &str| sdev.dir.join(file);
        let queue = |name: &str| Ok(there(self.tree.disk(sdev).map(|(_, dir)| dir))?.join("queue").join(name));
        match self.step.trigger {
            Trigger::SdevFailed => put(file("zfcp_failed"), "0"),
            Trigger::LatencyReset => {
                for kind in ["read_latency", "write_latency", "cmd_latency"] {
                    write(&file(kind), "0")?;
                }
                Ok(1)
            }
            Trigger::QueueDepth => put(file("queue_depth"), &a.to_string()),
            Trigger::SdevDelete => put(file("delete"), "1"),
            Trigger::SdevRescan => put(file("rescan"), "1"),
            Trigger::SdevState => {
                let state = match SdevStateWrite::from_raw(a.into()) {
                    SdevStateWrite::Running => "running",
                    SdevStateWrite::Offline => "offline",
                    SdevStateWrite::Other => "quiesce",
                };
                put(file("state"), state)
            }
            Trigger::SwitchElevator => {
                let elevator = Elevator::from_raw(a.into());
                put(queue("scheduler")?, elevator.text())
            }
            Trigger::NrRequests => put(queue("nr_requests")?, &a.to_string()),
            Trigger::Integrity => self.integrity(sdev),
            Trigger::ProtectionType => put(there(self.tree.scsi_disk(sdev))?.join("protection_type"), &a.to_string()),
            Trigger::Read => disk::read(&self.node(sdev)?, a.into(), b),
            Trigger::Write => disk::write(&self.node(sdev)?, a.into(), b),
            Trigger::Flush => disk::flush(&self.node(sdev)?),
            Trigger::SgReset => {
                let level = match ResetLevel::from_raw(a.into()) {
                    ResetLevel::Device => 1,
                    ResetLevel::Bus => 2,
                    ResetLevel::Host => 3,
                    ResetLevel::Target => 4,
                };
                disk::reset(&self.node(sdev)?, level).map(|()| 0)
            }
            _ => Err(Errno::ENOSYS),
        }
    }

    /// Both directions together; without an integrity profile there is nothing to switch.
    fn integrity(&self, sdev: &Sdev) -> Outcome {
        let dir = there(self.tree.disk(sdev).map(|(_, dir)| dir))?.join("integrity");
        if sysfs::text_of(&dir.join("format")).is_none_or(|format| format == "none") {
            return Err(Errno::ENOENT);
        }
        let value = if self.step.a == 0 { "0" } else { "1" };
        write(&dir.join("read_verify"), value)?;
        put(dir.join("write_generate"), value)
    }

    /// The node of a disk's block device.
    fn node(&self, sdev: &Sdev) -> Result<PathBuf, Errno> {
        let (name, _) = self.tree.disk(sdev).ok_or(Errno::ENXIO)?;
        Ok(self.tree.path("dev").join(name))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::sysfs::tests::fake_tree;

    const NAMES: Wanted = Wanted { wwpn: 0x5005_0763_0300_c562, lun: 0x4010_4033_0000_0000 };

    fn run(tree: &Tree, step: &Step) -> i64 {
        code(Actions { tree, step, names: NAMES }.perform())
    }

    fn text(tree: &Tree, path: &str) -> String {
        fs::read_to_string(tree.path(path)).unwrap()
    }

    #[test]
    fn what_is_written_where() {
        let root = tempfile::tempdir().unwrap();
        let tree = fake_tree(root.path());
        let adapter = "sys/bus/ccw/devices/0.0.1900";
        let class = format!("{adapter}/host0/rport-0:0-1/fc_remote_ports/rport-0:0-1");
        for file in ["port_rescan", "0x500507630300c562/unit_add", "host0/scsi_host/host0/scan"] {
            fs::write(tree.path(&format!("{adapter}/{file}")), "").unwrap();
        }
        fs::write(tree.path(&format!("{class}/fast_io_fail_tmo")), "").unwrap();
        assert_eq!(run(&tree, &Step::new(Trigger::SetOnline)), 0);
        assert_eq!(run(&tree, &Step::new(Trigger::PortRescan)), 1);
        assert_eq!(run(&tree, &Step::new(Trigger::UnitAdd)), 1);
        let shown = format!("{:#018x}", lun::as_shown(NAMES.lun));
        assert_eq!(text(&tree, &format!("{adapter}/0x500507630300c562/unit_add")), format!("{shown}\n"));
        let scan = Step { a: ScanTarget::Lun as u32, ..Step::new(Trigger::Scan) };
        assert_eq!(run(&tree, &scan), 1);
        assert_eq!(text(&tree, &format!("{adapter}/host0/scsi_host/host0/scan")), "0 0 1077100560\n");
        let off = Step { a: u32::MAX, ..Step::new(Trigger::RportFastIoFailTmo) };
        assert_eq!(run(&tree, &off), 1);
        assert_eq!(text(&tree, &format!("{class}/fast_io_fail_tmo")), "off\n");
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let tree = fake_tree(root.path());
        let enoent = -2;
        assert_eq!(run(&tree, &Step::new(Trigger::PortRescan)), enoent);
        assert_eq!(run(&tree, &Step { device: 1, ..Step::new(Trigger::HostReset) }), enoent);
        assert_eq!(run(&tree, &Step::new(Trigger::SetParameter)), enoent);
        assert_eq!(run(&tree, &Step::new(Trigger::Read)), enoent, "no node");
        fs::remove_dir_all(
            tree.path("sys/bus/ccw/devices/0.0.1900/host0/rport-0:0-1/target0:0:0/0:0:0:1077100560/block"),
        )
        .unwrap();
        assert_eq!(run(&tree, &Step::new(Trigger::Read)), -6, "a SCSI device without a disk");
        assert_eq!(run(&tree, &Step::new(Trigger::NrRequests)), enoent);
    }

    #[test]
    fn parameters_of_the_module() {
        let root = tempfile::tempdir().unwrap();
        let tree = fake_tree(root.path());
        let dir = tree.path("sys/module/zfcp_early/parameters");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("port_scan_backoff"), "500").unwrap();
        let step = Step { a: Parameter::PortScanBackoff as u32, b: u32::MAX, ..Step::new(Trigger::SetParameter) };
        assert_eq!(run(&tree, &step), 1);
        assert_eq!(text(&tree, "sys/module/zfcp_early/parameters/port_scan_backoff"), "3600000\n");
    }

    #[test]
    fn outcomes_as_numbers() {
        assert_eq!((code(Ok(7)), code(Ok(u64::MAX)), code(Err(Errno::EIO))), (7, i64::MAX, -5));
    }
}
