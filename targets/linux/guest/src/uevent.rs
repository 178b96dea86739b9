//! Uevents: what the kernel tells udev, turned into objects.
//!
//! A path names host, target and LUN by numbers; the remote port's name is read while the port is there, and kept for when it
//! has gone. One event stands for each object: that of the class device where there are two.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, setsockopt, socket, sockopt,
};
use regdiff_linux_wire::Happening;
use regdiff_observation::{Object, Uevent, UeventAction};

use crate::report::{Teller, boot_us};
use crate::sysfs::{Tree, device_of_bus_id, lun_of_sdev, number_of};

/// Multicast group of the kernel's own events.
const KERNEL_GROUP: u32 = 1;
/// Bytes of the socket's buffer: a host that goes takes hundreds of objects with it.
const BUFFER: usize = 4 << 20;
/// Longest message.
const MESSAGE: usize = 16 << 10;

/// Opens the socket on which the kernel tells events.
pub(crate) fn open() -> io::Result<OwnedFd> {
    let fd =
        socket(AddressFamily::Netlink, SockType::Datagram, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkKObjectUEvent)?;
    // Only root may go past the limit; a small buffer is better than none.
    let _ = setsockopt(&fd, sockopt::RcvBufForce, &BUFFER);
    bind(fd.as_raw_fd(), &NetlinkAddr::new(0, KERNEL_GROUP))?;
    Ok(fd)
}

/// Tells every event, for ever.
pub(crate) fn listen(socket: &OwnedFd, tree: &Tree, names: &Names, teller: &Teller) {
    let mut buffer = vec![0; MESSAGE];
    loop {
        let length = match recv(socket.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(length) => length,
            Err(nix::errno::Errno::ENOBUFS) => {
                teller.remark("uevents were lost");
                continue;
            }
            Err(nix::errno::Errno::EINTR) => continue,
            Err(error) => return teller.remark(&format!("no more uevents: {error}")),
        };
        if let Some(message) = Message::parse(&buffer[..length])
            && let Some(object) = names.object(tree, &message)
        {
            teller.happened(boot_us(), None, Happening::Uevent(Uevent { action: message.action, object }));
        }
    }
}

/// The parts of a message that tell its object.
#[derive(Debug, PartialEq, Eq)]
struct Message<'a> {
    action: UeventAction,
    path: &'a str,
    subsystem: &'a str,
    kind: &'a str,
}

impl<'a> Message<'a> {
    /// Appearing and vanishing devices; nothing else is told.
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut action = None;
        let mut message = Message { action: UeventAction::Add, path: "", subsystem: "", kind: "" };
        for line in bytes.split(|byte| *byte == 0) {
            let Some((key, value)) = std::str::from_utf8(line).ok().and_then(|line| line.split_once('=')) else {
                continue;
            };
            match key {
                "ACTION" => action = Some(value),
                "DEVPATH" => message.path = value,
                "SUBSYSTEM" => message.subsystem = value,
                "DEVTYPE" => message.kind = value,
                _ => {}
            }
        }
        message.action = match action? {
            "add" => UeventAction::Add,
            "remove" => UeventAction::Remove,
            _ => return None,
        };
        Some(message)
    }
}

/// Names of remote ports by device and the kernel's name for them.
#[derive(Debug, Default)]
pub(crate) struct Names(Mutex<BTreeMap<(u8, String), u64>>);

impl Names {
    /// The object of a message; none for devices that are not told.
    fn object(&self, tree: &Tree, message: &Message<'_>) -> Option<Object> {
        let parts: Vec<_> = message.path.split('/').collect();
        let (at, device) = parts.iter().enumerate().rev().find_map(|(at, part)| Some((at, device_of_bus_id(part)?)))?;
        let below = &parts[at + 1..];
        let last = *parts.last()?;
        match (message.subsystem, message.kind) {
            ("scsi_host", _) => return Some(Object::Host(device)),
            ("fc_host", _) => return Some(Object::FcHost(device)),
            ("ccw", _) if below.is_empty() => return None,
            _ => {}
        }
        // The driver's ports and units are named by numbers.
        let number = |part: &&str| part.strip_prefix("0x").and_then(|hex| u64::from_str_radix(hex, 16).ok());
        if let Some(wwpn) = below.first().and_then(number) {
            return Some(match below.get(1).and_then(number) {
                Some(shown) => Object::Unit(device, wwpn, crate::lun::as_shown(shown)),
                None => Object::Port(device, wwpn),
            });
        }
        let place = below.iter().position(|part| part.starts_with("rport-"))?;
        let rport_path = parts[..at + 1 + place + 1].join("/");
        let wwpn = self.wwpn(tree, device, below[place], &rport_path)?;
        let lun = || below.iter().find_map(|part| lun_of_sdev(part));
        Some(match (message.subsystem, message.kind) {
            ("fc_remote_ports", _) => Object::Rport(device, wwpn),
            ("scsi", "scsi_target") => Object::Target(device, wwpn),
            ("scsi", "scsi_device") => Object::Sdev(device, wwpn, lun_of_sdev(last)?),
            ("block", "disk") => Object::Disk(device, wwpn, lun()?),
            _ => return None,
        })
    }

    /// The name of a remote port, read while it can be.
    fn wwpn(&self, tree: &Tree, device: u8, name: &str, path: &str) -> Option<u64> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (device, name.to_owned());
        let file = tree.path("sys").join(path.trim_start_matches('/')).join("fc_remote_ports").join(name);
        if let Some(wwpn) = number_of(&file.join("port_name")) {
            names.insert(key, wwpn);
            return Some(wwpn);
        }
        names.get(&key).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(action: &str, path: &str, subsystem: &str, kind: &str) -> Vec<u8> {
        format!("{action}@{path}\0ACTION={action}\0DEVPATH={path}\0SUBSYSTEM={subsystem}\0DEVTYPE={kind}\0SEQNUM=1\0")
            .into_bytes()
    }

    const HOST: &str = "/devices/css0/0.0.1900/host0";
    const WWPN: u64 = 0x5005_0763_0300_c562;

    /// A machine that had a remote port once.
    fn machine() -> (tempfile::TempDir, Tree, Names) {
        let root = tempfile::tempdir().unwrap();
        let class = root.path().join(format!("sys{HOST}/rport-0:0-1/fc_remote_ports/rport-0:0-1"));
        std::fs::create_dir_all(&class).unwrap();
        std::fs::write(class.join("port_name"), format!("{WWPN:#x}\n")).unwrap();
        let tree = Tree::new(root.path());
        (root, tree, Names::default())
    }

    fn object(tree: &Tree, names: &Names, path: &str, subsystem: &str, kind: &str) -> Option<Object> {
        let bytes = message("add", path, subsystem, kind);
        names.object(tree, &Message::parse(&bytes).unwrap())
    }

    #[test]
    fn each_object_has_one_event() {
        let (root, tree, names) = machine();
        let rport = format!("{HOST}/rport-0:0-1");
        let sdev = format!("{rport}/target0:0:0/0:0:0:1077100560");
        let lun = 0x4010_4033_0000_0000;
        for round in 0..2 {
            for (path, subsystem, kind, expected) in [
                (HOST.to_owned(), "scsi", "scsi_host", None),
                (format!("{HOST}/scsi_host/host0"), "scsi_host", "", Some(Object::Host(0))),
                (format!("{HOST}/fc_host/host0"), "fc_host", "", Some(Object::FcHost(0))),
                (format!("{rport}/fc_remote_ports/rport-0:0-1"), "fc_remote_ports", "", Some(Object::Rport(0, WWPN))),
                (format!("{rport}/target0:0:0"), "scsi", "scsi_target", Some(Object::Target(0, WWPN))),
                (sdev.clone(), "scsi", "scsi_device", Some(Object::Sdev(0, WWPN, lun))),
                (format!("{sdev}/scsi_device/0:0:0:1"), "scsi_device", "", None),
                (format!("{sdev}/block/sda"), "block", "disk", Some(Object::Disk(0, WWPN, lun))),
                (format!("{sdev}/bsg/0:0:0:1"), "bsg", "", None),
            ] {
                assert_eq!(object(&tree, &names, &path, subsystem, kind), expected, "{round}: {path}");
            }
            // The second round: everything has gone, names are remembered.
            std::fs::remove_dir_all(root.path().join("sys")).ok();
        }
    }

    #[test]
    fn ports_and_units_are_named_by_numbers() {
        let (_root, tree, names) = machine();
        let port = format!("/devices/css0/0.0.1901/{WWPN:#018x}");
        assert_eq!(object(&tree, &names, &port, "", ""), Some(Object::Port(1, WWPN)));
        let shown = crate::lun::as_shown(0x4010_0000_0000_0000);
        let unit = format!("{port}/{shown:#018x}");
        assert_eq!(object(&tree, &names, &unit, "", ""), Some(Object::Unit(1, WWPN, 0x4010_0000_0000_0000)));
        assert_eq!(object(&tree, &names, "/devices/css0/0.0.1900", "ccw", ""), None);
        assert_eq!(object(&tree, &names, "/module/zfcp", "module", ""), None);
    }

    #[test]
    fn changes_are_not_told() {
        assert_eq!(Message::parse(&message("change", "/x", "", "")), None);
        assert_eq!(Message::parse(b"no message"), None);
        let bytes = message("remove", "/x", "block", "disk");
        let message = Message::parse(&bytes).unwrap();
        assert_eq!((message.action, message.path, message.kind), (UeventAction::Remove, "/x", "disk"));
    }
    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// What comes through the socket is the kernel's; still, any bytes are a message or none.
        #[test]
        fn any_bytes_are_a_message_or_none(
            words in proptest::collection::vec("(ACTION=(add|remove|x)|DEVPATH=[/a-z0-9.:-]{0,30}|SUBSYSTEM=[a-z_]{0,10}|\\PC{0,10})", 0..8),
            raw in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let mut bytes = words.join("\0").into_bytes();
            bytes.extend(&raw);
            let added_or_removed = words.iter().any(|word| word.starts_with("ACTION="));
            prop_assert!(Message::parse(&bytes).is_none() || added_or_removed || raw.windows(7).any(|part| part == b"ACTION="));
        }
    }
}
