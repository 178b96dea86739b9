//! Where a device's files are, and how their values are read.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use crate::lun;

/// Number of the first FCP device; the others follow.
pub(crate) const FIRST_DEVNO: u16 = 0x1900;

/// The device number of an FCP device.
pub(crate) const fn devno(device: u8) -> u16 {
    FIRST_DEVNO + device as u16
}

/// Its bus id.
pub(crate) fn bus_id(device: u8) -> String {
    format!("0.0.{:04x}", devno(device))
}

/// The FCP device with a bus id.
pub(crate) fn device_of_bus_id(bus_id: &str) -> Option<u8> {
    let number = u16::from_str_radix(bus_id.strip_prefix("0.0.")?, 16).ok()?;
    u8::try_from(number.checked_sub(FIRST_DEVNO)?).ok()
}

/// A remote port of the FC transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rport {
    /// Its number within the host.
    pub(crate) number: u64,
    pub(crate) wwpn: u64,
    /// The device, with targets below it.
    pub(crate) dir: PathBuf,
    /// The attributes of the class.
    pub(crate) attributes: PathBuf,
}

/// A SCSI device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sdev {
    pub(crate) wwpn: u64,
    /// FCP LUN, first byte highest.
    pub(crate) lun: u64,
    pub(crate) dir: PathBuf,
}

/// The tree of files, as the guest mounted it; tests give another root.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    root: PathBuf,
}

impl Tree {
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// A path below the root.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// The channel device; the driver's own attributes are here.
    pub(crate) fn adapter(&self, device: u8) -> PathBuf {
        self.path("sys/bus/ccw/devices").join(bus_id(device))
    }

    /// The number of a device's SCSI host, and its directory.
    pub(crate) fn host(&self, device: u8) -> Option<(u64, PathBuf)> {
        entries(&self.adapter(device))
            .into_iter()
            .find_map(|(name, path)| Some((name.strip_prefix("host")?.parse().ok()?, path)))
    }

    /// The class attributes of a device's SCSI host.
    pub(crate) fn scsi_host(&self, device: u8) -> Option<PathBuf> {
        class_dir(&self.host(device)?, "scsi_host")
    }

    /// The FC attributes of a device's SCSI host.
    pub(crate) fn fc_host(&self, device: u8) -> Option<PathBuf> {
        class_dir(&self.host(device)?, "fc_host")
    }

    /// The driver's ports of a device, by name.
    pub(crate) fn ports(&self, device: u8) -> Vec<(u64, PathBuf)> {
        named_by_number(&self.adapter(device))
    }

    /// One of the driver's ports.
    pub(crate) fn port(&self, device: u8, wwpn: u64) -> PathBuf {
        self.adapter(device).join(format!("{wwpn:#018x}"))
    }

    /// The driver's units of a port, by LUN.
    pub(crate) fn units(&self, port: &Path) -> Vec<(u64, PathBuf)> {
        let units = named_by_number(port);
        units.into_iter().map(|(shown, path)| (lun::as_shown(shown), path)).collect()
    }

    /// One of the driver's units.
    pub(crate) fn unit(&self, device: u8, wwpn: u64, lun: u64) -> PathBuf {
        self.port(device, wwpn).join(format!("{:#018x}", lun::as_shown(lun)))
    }

    /// The remote ports of a device's host.
    pub(crate) fn rports(&self, device: u8) -> Vec<Rport> {
        let Some((_, host)) = self.host(device) else { return Vec::new() };
        let below = entries(&host).into_iter();
        let found = below.filter_map(|(name, dir)| {
            let number = name.strip_prefix("rport-")?.rsplit_once('-')?.1.parse().ok()?;
            let attributes = dir.join("fc_remote_ports").join(&name);
            Some(Rport { number, wwpn: number_of(&attributes.join("port_name"))?, dir, attributes })
        });
        found.collect()
    }

    /// The remote port with a name that is in use, or else the last one that had it.
    pub(crate) fn rport(&self, device: u8, wwpn: u64) -> Option<Rport> {
        let mut rports: Vec<_> = self.rports(device).into_iter().filter(|rport| rport.wwpn == wwpn).collect();
        rports.sort_by_key(|rport| rport.number);
        let present = rports.iter().position(|rport| {
            text_of(&rport.attributes.join("port_state")).is_some_and(|state| state != "Not Present")
        });
        match present {
            Some(index) => Some(rports.swap_remove(index)),
            None => rports.pop(),
        }
    }

    /// The SCSI devices of a device's host.
    pub(crate) fn sdevs(&self, device: u8) -> Vec<Sdev> {
        let mut sdevs = Vec::new();
        for rport in self.rports(device) {
            let targets = entries(&rport.dir).into_iter().filter(|(name, _)| name.starts_with("target"));
            for (name, dir) in targets.flat_map(|(_, target)| entries(&target)) {
                let Some(lun) = lun_of_sdev(&name) else { continue };
                sdevs.push(Sdev { wwpn: rport.wwpn, lun, dir });
            }
        }
        sdevs
    }

    /// One SCSI device.
    pub(crate) fn sdev(&self, device: u8, wwpn: u64, lun: u64) -> Option<Sdev> {
        self.sdevs(device).into_iter().find(|sdev| sdev.wwpn == wwpn && sdev.lun == lun)
    }

    /// The name of a SCSI device's disk, and the directory of its block device.
    pub(crate) fn disk(&self, sdev: &Sdev) -> Option<(String, PathBuf)> {
        entries(&sdev.dir.join("block")).into_iter().next()
    }

    /// The disk driver's attributes of a SCSI device.
    pub(crate) fn scsi_disk(&self, sdev: &Sdev) -> Option<PathBuf> {
        Some(entries(&sdev.dir.join("scsi_disk")).into_iter().next()?.1)
    }

    /// A parameter of the driver's module, whatever the module is called here.
    pub(crate) fn driver_parameter(&self, name: &str) -> Option<PathBuf> {
        let modules = entries(&self.path("sys/module")).into_iter();
        let mut parameters =
            modules.filter(|(module, _)| module.starts_with("zfcp")).map(|(_, dir)| dir.join("parameters").join(name));
        parameters.find(|path| path.exists())
    }
}

fn class_dir(host: &(u64, PathBuf), class: &str) -> Option<PathBuf> {
    let dir = host.1.join(class).join(format!("host{}", host.0));
    dir.exists().then_some(dir)
}

/// The FCP LUN of a SCSI device's name, `H:C:T:L`.
pub(crate) fn lun_of_sdev(name: &str) -> Option<u64> {
    let mut parts = name.split(':');
    let (host, channel, target, number) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    for part in [host, channel, target] {
        part.parse::<u32>().ok()?;
    }
    (parts.next().is_none()).then_some(lun::midlayer(number.parse().ok()?))
}

/// What a directory holds, sorted by name.
pub(crate) fn entries(dir: &Path) -> Vec<(String, PathBuf)> {
    let Ok(read) = fs::read_dir(dir) else { return Vec::new() };
    let mut entries: Vec<_> = read
        .filter_map(Result::ok)
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
        .collect();
    entries.sort();
    entries
}

/// Directories whose names are numbers of 16 hexadecimal digits.
fn named_by_number(dir: &Path) -> Vec<(u64, PathBuf)> {
    let named = entries(dir).into_iter().filter(|(name, _)| name.len() == 18);
    named.filter_map(|(name, path)| Some((u64::from_str_radix(name.strip_prefix("0x")?, 16).ok()?, path))).collect()
}

/// The text of a file, without white space around it.
pub(crate) fn text_of(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

/// The first number in a text: hexadecimal with 0x before it, else decimal, maybe negative.
pub(crate) fn parse_number(text: &str) -> Option<u64> {
    let word = text.split_whitespace().next()?.trim_end_matches(',');
    match word.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => word.parse::<i128>().ok().map(|number| number as u64),
    }
}

/// The number in a file.
pub(crate) fn number_of(path: &Path) -> Option<u64> {
    parse_number(&text_of(path)?)
}

/// Writes a file as a shell's echo would, in one system call.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Errno> {
    let mut file = fs::OpenOptions::new().write(true).open(path).map_err(errno)?;
    let written = file.write(text.as_bytes()).map_err(errno)?;
    if written == text.len() { Ok(()) } else { Err(Errno::EIO) }
}

/// Reads a file as a shell's cat would.
pub(crate) fn read(path: &Path) -> Result<String, Errno> {
    fs::read_to_string(path).map_err(errno)
}

/// The error number of a failed call.
pub(crate) fn errno(error: io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(Errno::EIO as i32))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A machine with one FCP device, a port, a unit and a disk.
    pub(crate) fn fake_tree(root: &Path) -> Tree {
        let adapter = "sys/bus/ccw/devices/0.0.1900";
        let host = format!("{adapter}/host0");
        let rport = format!("{host}/rport-0:0-1");
        let sdev = format!("{rport}/target0:0:0/0:0:0:1077100560");
        let class = format!("{rport}/fc_remote_ports/rport-0:0-1");
        let (fc, scsi) = (format!("{host}/fc_host/host0"), format!("{host}/scsi_host/host0"));
        let port = format!("{adapter}/0x500507630300c562");
        for (path, text) in [
            (format!("{adapter}/online"), "1\n"),
            (format!("{adapter}/status"), "0x5400000b\n"),
            (format!("{adapter}/in_recovery"), "0\n"),
            (format!("{adapter}/fc_security"), "Authentication, Encryption\n"),
            (format!("{port}/status"), "0x54000003\n"),
            (format!("{port}/0x0000000033401040/status"), "0x54000000\n"),
            (format!("{port}/0x0000000033401040/failed"), "0\n"),
            (format!("{scsi}/state"), "running\n"),
            (format!("{scsi}/can_queue"), "4096\n"),
            (format!("{scsi}/unique_id"), "6400\n"),
            (format!("{fc}/node_name"), "0x5005076400000001\n"),
            (format!("{fc}/maxframe_size"), "2112 bytes\n"),
            (format!("{fc}/speed"), "16 Gbit\n"),
            (format!("{fc}/supported_speeds"), "4 Gbit, 8 Gbit, Not Negotiated\n"),
            (format!("{fc}/supported_classes"), "Class 2, Class 3\n"),
            (format!("{fc}/supported_fc4s"), "0x00 0x00 0x01 0x00 0x00 0x00 \n"),
            (format!("{fc}/port_type"), "NPIV VPORT\n"),
            (format!("{fc}/port_state"), "Online\n"),
            (format!("{fc}/serial_number"), "00000000190001900\n"),
            (format!("{fc}/manufacturer"), "IBM\n"),
            (format!("{fc}/model"), "0x0005\n"),
            (format!("{fc}/firmware_version"), "\n"),
            (format!("{fc}/symbolic_name"), "regdiff DEVNO: 0.0.1900 NAME: (none)\n"),
            (format!("{class}/port_name"), "0x500507630300c562\n"),
            (format!("{class}/port_state"), "Online\n"),
            (format!("{class}/scsi_target_id"), "0\n"),
            (format!("{sdev}/state"), "running\n"),
            (format!("{sdev}/type"), "0\n"),
            (format!("{sdev}/zfcp_status"), "0x54000000\n"),
            (format!("{sdev}/block/sda/queue/scheduler"), "[mq-deadline] none\n"),
            (format!("{sdev}/block/sda/integrity/format"), "T10-DIF-TYPE1-IP\n"),
            (format!("{sdev}/block/sda/queue/nr_requests"), "256\n"),
            (format!("{sdev}/scsi_disk/0:0:0:1077100560/protection_type"), "1\n"),
            (format!("{sdev}/scsi_disk/0:0:0:1077100560/protection_mode"), "dix1\n"),
        ] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Tree::new(root)
    }

    #[test]
    fn objects_are_found_by_their_names() {
        let root = tempfile::tempdir().unwrap();
        let tree = fake_tree(root.path());
        assert_eq!(tree.host(0).unwrap().0, 0);
        assert!(tree.host(1).is_none());
        assert!(tree.fc_host(0).is_some() && tree.scsi_host(0).is_some());
        let ports = tree.ports(0);
        assert_eq!(ports[0].0, 0x5005_0763_0300_c562);
        assert_eq!(tree.port(0, ports[0].0), ports[0].1);
        let lun = 0x4010_4033_0000_0000;
        let unit = &tree.units(&ports[0].1)[0];
        assert_eq!((unit.0, &unit.1), (lun, &tree.unit(0, ports[0].0, lun)));
        let sdev = tree.sdev(0, ports[0].0, lun).expect("by LUN");
        assert_eq!(tree.disk(&sdev).unwrap().0, "sda");
        assert!(tree.scsi_disk(&sdev).is_some());
        assert_eq!(tree.rport(0, ports[0].0).unwrap().number, 1);
        assert!(tree.rport(0, 1).is_none());
    }

    #[test]
    fn bus_ids() {
        assert_eq!(bus_id(1), "0.0.1901");
        assert_eq!(device_of_bus_id("0.0.1901"), Some(1));
        assert_eq!(device_of_bus_id("0.0.18ff"), None);
        assert_eq!(device_of_bus_id("css0"), None);
    }

    #[test]
    fn numbers_in_texts() {
        assert_eq!(parse_number("0x00ff\n"), Some(255));
        assert_eq!(parse_number("2112 bytes"), Some(2112));
        assert_eq!(parse_number("-3"), Some(-3i64 as u64));
        assert_eq!(parse_number("unknown"), None);
        assert_eq!(parse_number(""), None);
        assert_eq!(lun_of_sdev("0:0:1:3"), Some(3 << 48));
        assert_eq!(lun_of_sdev("0:0:1"), None);
    }

    #[test]
    fn errors_are_those_of_the_system() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(write(&root.path().join("missing"), "1"), Err(Errno::ENOENT));
        let file = root.path().join("there");
        fs::write(&file, "").unwrap();
        assert_eq!(write(&file, "1"), Ok(()));
        assert_eq!(read(&file), Ok("1".to_owned()));
    }
}
