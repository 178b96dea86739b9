//! The hardware: FCP devices, their fabric, ports and disks.

use crate::scalar::{flags, names, record};

names! {
    /// fc_topology of Exchange Config Data (driver.md 9).
    pub enum Topology default Fabric {
        /// Not a topology the driver knows.
        Other = 0 "other",
        /// Point to point; the first port of the device is the peer.
        PointToPoint = 1 "point_to_point",
        /// A switched fabric.
        Fabric = 2 "fabric",
        /// Arbitrated loop, which the driver refuses.
        Loop = 3 "loop",
    }
}

flags! {
    /// adapter_features (driver.md 8.5).
    pub struct AdapterFeatures: u32, width 4 {
        /// Lost notifications are reported.
        NOTIFICATION_LOST = 0x8 "notification_lost",
        /// HBA management: Exchange Port Data exists.
        HBAAPI_MANAGEMENT = 0x10 "hbaapi_management",
        /// Chained buffers for ELS and CT.
        ELS_CT_CHAINED_SBALS = 0x20 "els_ct_chained_sbals",
        /// Feature updates are announced.
        UPDATE_ALERT = 0x100 "update_alert",
        /// Measurement data exists.
        MEASUREMENT_DATA = 0x200 "measurement_data",
        /// SFP data exists.
        REPORT_SFP_DATA = 0x800 "report_sfp_data",
        /// FC Endpoint Security.
        FC_SECURITY = 0x1000 "fc_security",
        /// DIF type 1.
        DIF_PROT_TYPE1 = 0x10000 "dif_prot_type1",
        /// DIX with IP checksums.
        DIX_PROT_TCPIP = 0x20000 "dix_prot_tcpip",
    }
}

flags! {
    /// connection_features (driver.md 8.5).
    pub struct ConnectionFeatures: u32, width 4 {
        /// N_Port ID virtualisation.
        NPIV_MODE = 0x1 "npiv_mode",
    }
}

names! {
    /// What kind of SCSI device answers at a LUN.
    pub enum LunKind default Disk {
        /// A direct access device.
        Disk = 0 "disk",
        /// A tape: no elevator, no block device.
        Tape = 1 "tape",
        /// A medium changer.
        Changer = 2 "changer",
        /// An enclosure.
        Enclosure = 3 "enclosure",
        /// The REPORT LUNS well-known LUN.
        WellKnown = 4 "well_known",
    }
}

names! {
    /// Protection information that a LUN is formatted with (midlayer.md 10.3).
    pub enum Protection default None {
        /// None.
        None = 0 "none",
        /// Type 1: guard and reference tag.
        Type1 = 1 "type1",
        /// Type 2: the reference tag comes with the command.
        Type2 = 2 "type2",
        /// Type 3: guard only.
        Type3 = 3 "type3",
    }
}

/// The features of an adapter that can do everything but DIF and DIX.
pub const PLAIN_FEATURES: AdapterFeatures = AdapterFeatures(0x8 | 0x10 | 0x20 | 0x100 | 0x200 | 0x800);

record! {
    /// One FCP device and what it is connected to. The defaults are a healthy adapter without DIF and DIX.
    pub struct Device {
        /// Topology it reports.
        topology: Topology = Topology::Fabric;
        /// Features it reports.
        features: AdapterFeatures = PLAIN_FEATURES;
        /// Connection features it reports.
        connection: ConnectionFeatures = ConnectionFeatures(1);
        /// The queue layer offers multi-buffer.
        multi_buffer: bool = true;
        /// The queue layer offers data division.
        data_division: bool = true;
        /// The local link is up when the device comes online.
        link_up: bool = true;
        /// Link speed bits (driver.md 9.3).
        speed: u32 = 0x20, hex 0..=0xffffu32;
        /// Supported speed bits.
        supported_speeds: u32 = 0x38, hex 0..=0xffffu32;
        /// adapter_type, shown as `card_version`.
        adapter_type: u32 = 5, hex 0..=0xffffu32;
        /// Firmware level.
        lic_version: u32 = 0x1102, hex 0..=0xffff_ffffu32;
        /// Hardware version.
        hardware_version: u32 = 0x0007, hex 0..=0xffff_ffffu32;
        /// Worldwide port name.
        wwpn: u64 = 0xc050_76e5_0000_1900, hex 0..=u64::MAX;
        /// Permanent worldwide port name, from Exchange Port Data.
        permanent_wwpn: u64 = 0x5005_0764_0000_1900, hex 0..=u64::MAX;
        /// Worldwide node name.
        wwnn: u64 = 0x5005_0764_0000_0001, hex 0..=u64::MAX;
        /// Worldwide name of the fabric.
        fabric_name: u64 = 0x1000_0005_1e00_0001, hex 0..=u64::MAX;
        /// Own port id.
        s_id: u32 = 0x01_1900, hex 0..=0xff_ffffu32;
        /// Status read buffers it asks for.
        status_read_buffers: u16 = 16, within 0..=128u16;
        /// Timer interval.
        timer_interval: u16 = 0, hex 0..=0xffffu16;
        /// Largest QTCB it takes, in bytes.
        max_qtcb_size: u32 = 4096, within 0..=65536u32;
        /// Lowest QTCB version it takes.
        low_qtcb_version: u8 = 1;
        /// Highest QTCB version it takes.
        high_qtcb_version: u8 = 1;
        /// Maximum frame size, in bytes.
        maxframe_size: u32 = 2112, within 0..=65536u32;
        /// First word of the supported FC-4 types.
        fc4_types: u32 = 0x0000_0100, hex 0..=0xffff_ffffu32;
        /// FC security algorithms of the port.
        security: u32 = 0, hex 0..=0xfu32;
        + /// Remote ports, in the order of the name server.
        ports: Vec<Port>;
    }
}

record! {
    /// A remote port.
    pub struct Port {
        /// Worldwide port name.
        wwpn: u64 = 0x5005_0763_0500_0001, hex 0..=u64::MAX;
        /// Worldwide node name.
        wwnn: u64 = 0x5005_0763_05ff_0001, hex 0..=u64::MAX;
        /// Port id.
        d_id: u32 = 0x02_0100, hex 0..=0xff_ffffu32;
        /// Listed by the name server.
        registered: bool = true;
        /// Reachable.
        online: bool = true;
        /// Supported classes of service (bit 3: class 3).
        supported_classes: u8 = 8, hex 0..=0xffu8;
        /// Answers REPORT LUNS.
        report_luns: bool = true;
        + /// Its LUNs, in the order of REPORT LUNS.
        luns: Vec<Lun>;
    }
}

record! {
    /// A logical unit.
    pub struct Lun {
        /// FCP LUN, as in sysfs.
        lun: u64 = 0, hex 0..=u64::MAX;
        /// Kind of device.
        kind: LunKind = LunKind::Disk;
        /// Peripheral qualifier of INQUIRY.
        qualifier: u8 = 0, within 0..=7u8;
        /// SCSI level of INQUIRY byte 2 (5 is SPC-3).
        version: u8 = 5, within 0..=7u8;
        /// Protection information on the medium.
        protection: Protection = Protection::None;
        /// Capacity, in blocks of 512 bytes.
        blocks: u32 = 2048, within 1..=0xffff_ffffu32;
        /// A volatile write cache.
        write_cache: bool = false;
    }
}
