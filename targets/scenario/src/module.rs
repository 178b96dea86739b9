//! Module parameters of zfcp (driver.md 23) and of the midlayer.

use crate::scalar::{names, record};

names! {
    /// What the `device=` module parameter holds (driver.md 3.1).
    pub enum InitDevice default Absent {
        /// The parameter is not given.
        Absent = 0 "absent",
        /// It names a device, a port and a LUN of this scenario.
        Named = 1 "named",
        /// It cannot be parsed.
        Malformed = 2 "malformed",
        /// It names a bus id that no device has.
        UnknownDevice = 3 "unknown_device",
    }
}

record! {
    /// The driver's module parameters, with their real names and ranges.
    pub struct Module {
        /// Data integrity field between host and disk.
        dif: bool = false;
        /// Data integrity extensions between memory and host; implies `dif`.
        dix: bool = false;
        /// Queue depth of new SCSI devices.
        queue_depth: u32 = 32, within 1..=65535u32;
        /// Attach scanned LUNs of NPIV ports.
        allow_lun_scan: bool = true;
        /// Ask for multi-buffer queues.
        datarouter: bool = true;
        /// No port scan after recovery or state changes.
        no_auto_port_rescan: bool = false;
        /// Upper bound of the random delay before a port scan, in ms.
        port_scan_backoff: u32 = 500, within 0..=3_600_000u32;
        /// Shortest time between two port scans, in ms.
        port_scan_ratelimit: u32 = 60_000, within 0..=3_600_000u32;
        /// Shut the adapter down when the bit error threshold is reached.
        ber_stop: bool = true;
        /// Size of the trace areas, in pages.
        dbfsize: u32 = 4, within 1..=1024u32;
        /// Level of the trace areas.
        dbflevel: u32 = 3, within 0..=6u32;
        /// The `device=` parameter.
        init_device: InitDevice = InitDevice::Absent;
        /// Which device it names.
        init_device_index: u8 = 0, within 0..=3u8;
        /// Which port of that device it names.
        init_port_index: u8 = 0, within 0..=7u8;
        /// Which LUN of that port it names.
        init_lun_index: u8 = 0, within 0..=63u8;
    }
}
