//! The two exchanges: what the adapter says about itself (driver.md 9 and 10).

use regdiff_scenario::{Device, Topology};

use crate::mix::mix;

/// The payload of Exchange Config Data. Fields from `s_id` on are not valid in an incomplete answer (driver.md 9.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConfigData {
    /// Firmware level.
    pub lic_version: u32,
    /// Highest QTCB version.
    pub high_qtcb_version: u32,
    /// Lowest QTCB version.
    pub low_qtcb_version: u32,
    /// Largest QTCB, in bytes.
    pub max_qtcb_size: u32,
    /// Adapter features ([`regdiff_scenario::AdapterFeatures`]); a script can set unnamed bits.
    pub adapter_features: u32,
    /// Connection features ([`regdiff_scenario::ConnectionFeatures`]).
    pub connection_features: u32,
    /// Status read buffers it asks for.
    pub status_read_buf_num: u16,
    /// Timer interval.
    pub timer_interval: u16,
    /// Hardware version.
    pub hardware_version: u32,
    /// Serial number; really 17 EBCDIC characters.
    pub serial_number: u64,
    /// Own worldwide port name, from the own service parameters.
    pub port_name: u64,
    /// Own worldwide node name.
    pub node_name: u64,
    /// Own port id, 24 bits.
    pub s_id: u32,
    /// Link speed bits (driver.md 9.3).
    pub fc_link_speed: u32,
    /// Adapter type.
    pub adapter_type: u32,
    /// Topology: 1 point to point, 2 fabric, 3 loop.
    pub fc_topology: u32,
    /// Worldwide name of the fabric: the WWNN of the fabric's login payload, 0 in other topologies.
    pub fabric_name: u64,
    /// Port id of the peer, 24 bits; 0 unless point to point.
    pub peer_d_id: u32,
    /// Worldwide port name of the peer.
    pub peer_wwpn: u64,
    /// Worldwide node name of the peer.
    pub peer_wwnn: u64,
    /// Buffer-to-buffer credit, from the own service parameters.
    pub b2b_credit: u16,
    /// Statistics.
    pub statistics: ConfigStatistics,
}

impl ConfigData {
    /// What `device` says. Without a link only the fields that a driver takes as valid then are filled, the rest is 0:
    /// what real firmware fills is unknown (driver.md U1), and a script can say more.
    pub(crate) fn of(device: &Device, incomplete: bool) -> Self {
        let mut data = Self {
            lic_version: device.lic_version,
            high_qtcb_version: device.high_qtcb_version.into(),
            low_qtcb_version: device.low_qtcb_version.into(),
            max_qtcb_size: device.max_qtcb_size,
            adapter_features: device.features.0,
            connection_features: device.connection.0,
            status_read_buf_num: device.status_read_buffers,
            timer_interval: device.timer_interval,
            hardware_version: device.hardware_version,
            serial_number: SERIAL_NUMBER ^ (device.wwpn & 0xffff),
            port_name: device.wwpn,
            node_name: device.wwnn,
            ..Self::default()
        };
        if incomplete {
            return data;
        }
        data.s_id = device.s_id;
        data.fc_link_speed = device.speed;
        data.adapter_type = device.adapter_type;
        data.fc_topology = device.topology as u32;
        data.b2b_credit = B2B_CREDIT;
        data.statistics = ConfigStatistics::from_seed(DEFAULT_SEED);
        match device.topology {
            Topology::Fabric => data.fabric_name = device.fabric_name,
            Topology::PointToPoint => {
                if let Some(peer) = device.ports.first() {
                    data.peer_d_id = peer.d_id;
                    data.peer_wwpn = peer.wwpn;
                    data.peer_wwnn = peer.wwnn;
                }
            }
            Topology::Loop | Topology::Other => {}
        }
        data
    }
}

/// Base of serial numbers; devices differ in the low 16 bits of their WWPN.
const SERIAL_NUMBER: u64 = 0x0001_9000_0000;
/// Buffer-to-buffer credit.
const B2B_CREDIT: u16 = 64;
/// The seed of statistics that no script overrides. Statistics do not follow the traffic: a variant that sends one command
/// more would differ in every counter.
pub(crate) const DEFAULT_SEED: u64 = 1;

/// The payload of Exchange Port Data; complete in an incomplete answer too (driver.md U1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PortData {
    /// Permanent worldwide port name.
    pub wwpn: u64,
    /// Maximum frame size, in bytes.
    pub maximum_frame_size: u32,
    /// Supported speed bits (driver.md 9.3).
    pub supported_speed: u32,
    /// First word of the supported FC-4 types.
    pub supported_fc4_types: u32,
    /// First word of the active FC-4 types.
    pub active_fc4_types: u32,
    /// FC security algorithms.
    pub fc_security_algorithms: u32,
    /// Counters.
    pub statistics: PortStatistics,
    /// Utilisation.
    pub utilization: Utilization,
    /// The optical transceiver.
    pub sfp: Sfp,
}

impl PortData {
    /// What `device` says.
    pub(crate) fn of(device: &Device) -> Self {
        let mut data = Self {
            wwpn: device.permanent_wwpn,
            maximum_frame_size: device.maxframe_size,
            supported_speed: device.supported_speeds,
            supported_fc4_types: device.fc4_types,
            active_fc4_types: device.fc4_types,
            fc_security_algorithms: device.security,
            ..Self::default()
        };
        data.set_statistics(DEFAULT_SEED);
        data
    }

    /// Fills counters, utilisation and transceiver values from a seed.
    pub(crate) fn set_statistics(&mut self, seed: u64) {
        self.statistics = PortStatistics::from_seed(seed);
        self.utilization = Utilization::from_seed(seed);
        self.sfp = Sfp::from_seed(seed);
    }
}

/// Declares a list of values made from a seed: each field is a hash of seed and position, cut down by a mask.
macro_rules! seeded {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[doc = $doc:literal])+ $field:ident: $ty:ty = $mask:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $field: $ty,)+
        }

        impl $name {
            /// The values of a seed; always the same.
            pub fn from_seed(seed: u64) -> Self {
                let mut state = mix(seed);
                $(
                    state = mix(state);
                    let $field = (state & $mask) as $ty;
                )+
                Self { $($field,)+ }
            }
        }
    };
}

seeded! {
    /// Statistics of Exchange Config Data (host `requests`, `megabytes`, `seconds_active`).
    pub struct ConfigStatistics {
        /// Read requests.
        input_requests: u64 = 0xffff_ffff,
        /// Write requests.
        output_requests: u64 = 0xffff_ffff,
        /// Control requests.
        control_requests: u64 = 0xffff_ffff,
        /// Megabytes read.
        input_mb: u64 = 0xffff_ffff,
        /// Megabytes written.
        output_mb: u64 = 0xffff_ffff,
        /// Seconds of activity.
        seconds_active: u64 = 0xffff_ffff,
    }
}

seeded! {
    /// Counters of Exchange Port Data (FC statistics).
    pub struct PortStatistics {
        /// Seconds since the last reset.
        seconds_since_last_reset: u64 = 0xffff_ffff,
        /// Frames sent.
        tx_frames: u64 = 0xffff_ffff,
        /// Words sent.
        tx_words: u64 = 0xffff_ffff,
        /// Frames received.
        rx_frames: u64 = 0xffff_ffff,
        /// Words received.
        rx_words: u64 = 0xffff_ffff,
        /// Loop initialisations.
        lip: u64 = 0xffff_ffff,
        /// Not-operational sequences.
        nos: u64 = 0xffff_ffff,
        /// Frames with errors.
        error_frames: u64 = 0xffff_ffff,
        /// Frames dropped.
        dumped_frames: u64 = 0xffff_ffff,
        /// Link failures.
        link_failure: u64 = 0xffff_ffff,
        /// Losses of synchronisation.
        loss_of_sync: u64 = 0xffff_ffff,
        /// Losses of signal.
        loss_of_signal: u64 = 0xffff_ffff,
        /// Primitive sequence protocol errors.
        psp_error_counts: u64 = 0xffff_ffff,
        /// Invalid words sent.
        invalid_tx_words: u64 = 0xffff_ffff,
        /// Invalid check sums.
        invalid_crcs: u64 = 0xffff_ffff,
        /// Read requests.
        input_requests: u64 = 0xffff_ffff,
        /// Write requests.
        output_requests: u64 = 0xffff_ffff,
        /// Control requests.
        control_requests: u64 = 0xffff_ffff,
        /// Megabytes read.
        input_mb: u64 = 0xffff_ffff,
        /// Megabytes written.
        output_mb: u64 = 0xffff_ffff,
    }
}

seeded! {
    /// Utilisation of Exchange Port Data (host `utilization`).
    pub struct Utilization {
        /// Channel processor.
        cp_util: u8 = 0x7f,
        /// Channel bus.
        cb_util: u8 = 0x7f,
        /// Adapter.
        a_util: u8 = 0x7f,
    }
}

seeded! {
    /// Values of the optical transceiver (driver.md 22, `diagnostics/`).
    pub struct Sfp {
        /// Temperature, in 1/256 °C; signed.
        temperature: i16 = 0x3fff,
        /// Supply voltage, in 100 µV.
        vcc: u16 = 0xffff,
        /// Bias current of the sender, in 2 µA.
        tx_bias: u16 = 0xffff,
        /// Power sent, in 0.1 µW.
        tx_power: u16 = 0xffff,
        /// Power received, in 0.1 µW.
        rx_power: u16 = 0xffff,
        /// Kind of sender, 4 bits.
        port_tx_type: u8 = 0xf,
        /// It is optical.
        optical_port: u8 = 0x1,
        /// The values are not valid.
        sfp_invalid: u8 = 0x1,
        /// Kind of connector, 2 bits.
        connector_type: u8 = 0x3,
        /// Forward error correction is on.
        fec_active: u8 = 0x1,
    }
}
