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

/// A boolean module parameter of the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Toggle {
    /// `dif`.
    Dif,
    /// `dix`.
    Dix,
    /// `allow_lun_scan`.
    AllowLunScan,
    /// `datarouter`.
    Datarouter,
    /// `no_auto_port_rescan`.
    NoAutoPortRescan,
    /// `ber_stop`.
    BerStop,
}

impl Toggle {
    /// All of them, in the order of [`Module`].
    pub const ALL: [Self; 6] =
        [Self::Dif, Self::Dix, Self::AllowLunScan, Self::Datarouter, Self::NoAutoPortRescan, Self::BerStop];

    /// Its name.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Dif => "dif",
            Self::Dix => "dix",
            Self::AllowLunScan => "allow_lun_scan",
            Self::Datarouter => "datarouter",
            Self::NoAutoPortRescan => "no_auto_port_rescan",
            Self::BerStop => "ber_stop",
        }
    }

    /// Its value.
    pub const fn get(self, module: &Module) -> bool {
        match self {
            Self::Dif => module.dif,
            Self::Dix => module.dix,
            Self::AllowLunScan => module.allow_lun_scan,
            Self::Datarouter => module.datarouter,
            Self::NoAutoPortRescan => module.no_auto_port_rescan,
            Self::BerStop => module.ber_stop,
        }
    }

    /// Sets it.
    pub const fn set(self, module: &mut Module, on: bool) {
        let place = match self {
            Self::Dif => &mut module.dif,
            Self::Dix => &mut module.dix,
            Self::AllowLunScan => &mut module.allow_lun_scan,
            Self::Datarouter => &mut module.datarouter,
            Self::NoAutoPortRescan => &mut module.no_auto_port_rescan,
            Self::BerStop => &mut module.ber_stop,
        };
        *place = on;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::{Domain, Record};

    #[test]
    fn toggles_are_the_boolean_parameters() {
        let fields = Module::FIELDS.iter().filter(|field| matches!(field.domain, Domain::Flag));
        assert!(fields.map(|field| field.name).eq(Toggle::ALL.map(Toggle::text)));
        for (index, toggle) in Toggle::ALL.into_iter().enumerate() {
            assert_eq!(toggle as usize, index);
            let mut module = Module::default();
            toggle.set(&mut module, !toggle.get(&Module::default()));
            let changed = Module::FIELDS.iter().filter(|field| (field.get)(&module) != (field.default)());
            assert_eq!(changed.map(|field| field.name).collect::<Vec<_>>(), [toggle.text()]);
        }
    }
}
