//! From the kernel's first process to a machine on which the scenario can run, and the way out.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use nix::kmod::{ModuleInitFlags, finit_module};
use nix::mount::{MsFlags, mount};
use nix::sys::reboot::{RebootMode, reboot};
use nix::sys::termios::{SetArg, cfmakeraw, tcdrain, tcgetattr, tcsetattr};
use regdiff_linux_wire::Order;
use regdiff_scenario::kernel::{Kernel, ScsiScan};
use regdiff_scenario::module::{InitDevice, Module};
use regdiff_scenario::{Device, Elevator};

use crate::lun;
use crate::machine::Machine;
use crate::sysfs::{Tree, bus_id, entries, text_of, write};

/// Where facts go unless the command line says something else.
const DEFAULT_OUT: &str = "/dev/ttyS0";
/// Key of the command line.
const OUT_KEY: &str = "regdiff.out=";
/// What the host wants.
const ORDER: &str = "/order.json";
/// The device of the fake channel's module.
const DOOR: &str = "/dev/regdiff";

/// Mounts what the kernel shows. What is mounted already, or not built in, is no error: what needs it will say so.
pub(crate) fn mount_all() {
    for (kind, target) in [("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev"), ("debugfs", "/sys/kernel/debug")]
    {
        let _ = fs::create_dir_all(target);
        let _ = mount(Some(kind), target, Some(kind), MsFlags::empty(), None::<&str>);
    }
}

/// Opens what facts are written to; a terminal lets every byte pass.
pub(crate) fn open_out() -> io::Result<File> {
    let line = fs::read_to_string("/proc/cmdline").unwrap_or_default();
    let path = line.split_whitespace().find_map(|word| word.strip_prefix(OUT_KEY)).unwrap_or(DEFAULT_OUT);
    let out = OpenOptions::new().write(true).open(path)?;
    if let Ok(mut settings) = tcgetattr(&out) {
        cfmakeraw(&mut settings);
        let _ = tcsetattr(&out, SetArg::TCSANOW, &settings);
    }
    Ok(out)
}

/// Reads what the host wants.
pub(crate) fn read_order() -> Result<Order, String> {
    let text = fs::read(ORDER).map_err(|error| format!("{ORDER}: {error}"))?;
    serde_json::from_slice(&text).map_err(|error| format!("{ORDER}: {error}"))
}

fn load(path: &str, parameters: &str) -> Result<(), String> {
    let file = File::open(path).map_err(|error| format!("{path}: {error}"))?;
    let parameters = std::ffi::CString::new(parameters).map_err(|error| format!("{path}: {error}"))?;
    finit_module(file, &parameters, ModuleInitFlags::empty()).map_err(|error| format!("{path}: {error}"))
}

/// The host's descriptor behind the first serial line, as the command line says; -1 if it is none.
fn facts(line: &str) -> i32 {
    let serial = line.split_whitespace().find_map(|word| word.strip_prefix("ssl0="));
    let descriptor = serial.and_then(|channels| channels.rsplit(',').next()?.strip_prefix("fd:")?.parse().ok());
    descriptor.unwrap_or(-1)
}

/// Loads the fake channel, which also says when the driver registers its hosts, and opens its door.
pub(crate) fn open_door(order: &Order) -> Result<File, String> {
    let line = fs::read_to_string("/proc/cmdline").unwrap_or_default();
    load("/modules/regdiff.ko", &format!("early={} facts={}", u8::from(order.early), facts(&line)))?;
    OpenOptions::new().read(true).write(true).open(DOOR).map_err(|error| format!("{DOOR}: {error}"))
}

/// Sets up the kernel under the driver as the scenario wants it; else says what cannot be.
pub(crate) fn prepare_kernel(tree: &Tree, kernel: &Kernel) -> Result<(), String> {
    const DEADLINE: &str = "/modules/mq-deadline.ko";
    let deadline = tree.path(DEADLINE).exists();
    match kernel.elevator {
        Elevator::MqDeadline if deadline => load(DEADLINE, "")?,
        Elevator::None if !deadline => return Err("kernel.elevator: this kernel has mq-deadline built in".into()),
        _ => {}
    }
    let parameters = tree.path("sys/module/scsi_mod/parameters");
    let scan = text_of(&parameters.join("scan")).unwrap_or_default();
    let is_sync = scan.is_empty() || scan == ScsiScan::Sync.text();
    if scan != kernel.scsi_scan.text() && !(kernel.scsi_scan == ScsiScan::Sync && is_sync) {
        let wanted = kernel.scsi_scan.text();
        return Err(format!("kernel.scsi_scan: the guest was booted with {scan}, not {wanted}"));
    }
    let max_luns = parameters.join("max_luns");
    if text_of(&max_luns).is_some_and(|now| now != kernel.max_luns.to_string()) {
        write(&max_luns, &kernel.max_luns.to_string()).map_err(|error| format!("kernel.max_luns: {error}"))?;
    }
    Ok(())
}

/// Loads the driver with the scenario's parameters.
pub(crate) fn load_driver(machine: &Machine) -> Result<(), String> {
    load("/modules/zfcp.ko", &parameters(&machine.scenario.module, &machine.scenario.devices))
}

/// The driver's parameters as text.
fn parameters(module: &Module, devices: &[Device]) -> String {
    let flag = |value: bool| u8::from(value).to_string();
    let mut all = vec![
        ("dif", flag(module.dif)),
        ("dix", flag(module.dix)),
        ("queue_depth", module.queue_depth.to_string()),
        ("allow_lun_scan", flag(module.allow_lun_scan)),
        ("datarouter", flag(module.datarouter)),
        ("no_auto_port_rescan", flag(module.no_auto_port_rescan)),
        ("port_scan_backoff", module.port_scan_backoff.to_string()),
        ("port_scan_ratelimit", module.port_scan_ratelimit.to_string()),
        ("ber_stop", flag(module.ber_stop)),
        ("dbfsize", module.dbfsize.to_string()),
        ("dbflevel", module.dbflevel.to_string()),
    ];
    if let Some(device) = init_device(module, devices) {
        all.push(("device", device));
    }
    all.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

/// The `device=` parameter. The driver takes a LUN as a number whose bytes are those of the LUN.
fn init_device(module: &Module, devices: &[Device]) -> Option<String> {
    let device = devices.get(usize::from(module.init_device_index));
    let port = device.and_then(|device| device.ports.get(usize::from(module.init_port_index)));
    let lun = port.and_then(|port| port.luns.get(usize::from(module.init_lun_index)));
    let (wwpn, lun) = (port.map_or(1, |port| port.wwpn), lun::as_shown(lun.map_or(0, |lun| lun.lun)));
    let with = |bus_id: String| Some(format!("{bus_id},{wwpn:#018x},{lun:#018x}"));
    match module.init_device {
        InitDevice::Absent => None,
        InitDevice::Named => with(bus_id(module.init_device_index)),
        InitDevice::Malformed => Some("malformed".into()),
        InitDevice::UnknownDevice => with("0.0.ffff".into()),
    }
}

/// Where each sleeping task of the kernel and of ours stands, for a run that never came to rest.
pub(crate) fn stacks(tree: &Tree) -> Vec<String> {
    let mut stacks = Vec::new();
    for (_, process) in entries(&tree.path("proc")).into_iter().filter(|(name, _)| name.parse::<u32>().is_ok()) {
        for (task, dir) in entries(&process.join("task")) {
            let Some((name, frames)) = stack(&dir) else { continue };
            stacks.push(format!("task {task} {name}: {frames}"));
        }
    }
    stacks
}

/// Name and frames of a task in uninterruptible sleep.
fn stack(task: &Path) -> Option<(String, String)> {
    let status = text_of(&task.join("status"))?;
    let field = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).map(|rest| rest.trim().to_owned());
    if !field("State:")?.starts_with('D') {
        return None;
    }
    let frames = text_of(&task.join("stack")).unwrap_or_default();
    Some((field("Name:")?, frames.lines().map(str::trim).collect::<Vec<_>>().join(" < ")))
}

/// How long the way down may take, in virtual time.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(300);

/// Switches the machine off.
pub(crate) fn power_off(out: Option<&File>) -> ! {
    if let Some(out) = out {
        let _ = tcdrain(out);
    }
    // Switching off shuts the driver down, which may wait for ever for what is stuck. When the first process ends, the kernel
    // panics; everything is told by then.
    std::thread::spawn(|| {
        std::thread::sleep(PATIENCE);
        std::process::exit(0);
    });
    let _ = reboot(RebootMode::RB_POWER_OFF);
    loop {
        std::thread::park();
    }
}

#[cfg(test)]
mod tests {
    use regdiff_scenario::{Lun, Port};

    use super::*;

    #[test]
    fn parameters_as_text() {
        let module = Module { dif: true, ..Module::default() };
        let text = parameters(&module, &[]);
        assert!(text.starts_with("dif=1 dix=0 queue_depth=32 allow_lun_scan=1 datarouter=1 "), "{text}");
        assert!(!text.contains("device="));
        let lun = Lun { lun: 0x4010_4033_0000_0000, ..Lun::default() };
        let port = Port { wwpn: 0x5005_0763_0300_c562, luns: vec![lun], ..Port::default() };
        let devices = [Device { ports: vec![port], ..Device::default() }];
        let named = Module { init_device: InitDevice::Named, ..Module::default() };
        let shown = lun::as_shown(0x4010_4033_0000_0000);
        assert_eq!(init_device(&named, &devices), Some(format!("0.0.1900,0x500507630300c562,{shown:#018x}")));
        let unknown = Module { init_device: InitDevice::UnknownDevice, ..Module::default() };
        assert!(init_device(&unknown, &[]).unwrap().starts_with("0.0.ffff,0x"));
        let malformed = Module { init_device: InitDevice::Malformed, ..Module::default() };
        assert!(!init_device(&malformed, &[]).unwrap().contains(','));
    }

    #[test]
    fn the_descriptor_of_facts() {
        assert_eq!(facts("con0=null,fd:1 ssl=null ssl0=null,fd:3 rdinit=/init\n"), 3);
        assert_eq!(facts("ssl0=null,null"), -1);
        assert_eq!(facts(""), -1);
    }

    #[test]
    fn what_a_kernel_cannot_do_is_said() {
        let root = tempfile::tempdir().unwrap();
        let tree = Tree::new(root.path());
        assert_eq!(prepare_kernel(&tree, &Kernel::default()), Ok(()));
        let none = Kernel { elevator: Elevator::None, ..Kernel::default() };
        assert!(prepare_kernel(&tree, &none).unwrap_err().contains("mq-deadline"));
        let dir = root.path().join("sys/module/scsi_mod/parameters");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("scan"), "sync\n").unwrap();
        fs::write(dir.join("max_luns"), "512\n").unwrap();
        let manual = Kernel { scsi_scan: ScsiScan::Manual, ..Kernel::default() };
        assert!(prepare_kernel(&tree, &manual).unwrap_err().contains("scsi_scan"));
        let few = Kernel { max_luns: 8, ..Kernel::default() };
        assert_eq!(prepare_kernel(&tree, &few), Ok(()));
        assert!(fs::read_to_string(dir.join("max_luns")).unwrap().starts_with('8'));
    }

    #[test]
    fn blocked_tasks_are_shown() {
        let root = tempfile::tempdir().unwrap();
        for (task, state) in [("7", "D (disk sleep)"), ("8", "S (sleeping)")] {
            let dir = root.path().join("proc/7/task").join(task);
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("status"), format!("Name:\tinit\nState:\t{state}\n")).unwrap();
            fs::write(dir.join("stack"), "[<0>] inner\n[<0>] outer\n").unwrap();
        }
        assert_eq!(stacks(&Tree::new(root.path())), ["task 7 init: [<0>] inner < [<0>] outer"]);
    }
}
