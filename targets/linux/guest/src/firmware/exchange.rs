//! The bottoms of the two exchanges, and login payloads.

use regdiff_channel::{ConfigData, PortData, Sfp};

use super::fields::Sheet;
use super::layout::{self, config as c, d_id_bytes, login, port as p};

/// Topology number of a point to point connection.
const POINT_TO_POINT: u32 = 1;

/// Exchange Config Data.
pub(crate) fn config(sheet: &mut Sheet, data: &ConfigData) {
    let at = |offset| layout::BOTTOM + offset;
    for (offset, value) in [
        (c::LIC_VERSION, data.lic_version),
        (c::HIGH_QTCB_VERSION, data.high_qtcb_version),
        (c::LOW_QTCB_VERSION, data.low_qtcb_version),
        (c::MAX_QTCB_SIZE, data.max_qtcb_size),
        (c::ADAPTER_FEATURES, data.adapter_features),
        (c::CONNECTION_FEATURES, data.connection_features),
        (c::FC_TOPOLOGY, data.fc_topology),
        (c::FC_LINK_SPEED, data.fc_link_speed),
        (c::ADAPTER_TYPE, data.adapter_type),
        (c::HARDWARE_VERSION, data.hardware_version),
    ] {
        sheet.native_u32(at(offset), value);
    }
    sheet.bytes(at(c::PEER_D_ID), &d_id_bytes(data.peer_d_id));
    sheet.native_u16(at(c::STATUS_READ_BUF_NUM), data.status_read_buf_num);
    sheet.native_u16(at(c::TIMER_INTERVAL), data.timer_interval);
    sheet.bytes(at(c::S_ID), &d_id_bytes(data.s_id));
    sheet.bytes(at(c::SERIAL_NUMBER), &serial_number(data.serial_number));
    let mut own = login_payload(data.port_name, data.node_name);
    own[login::BB_CREDIT..][..2].copy_from_slice(&data.b2b_credit.to_be_bytes());
    sheet.bytes(at(c::NPORT_SERV_PARAM), &own[login::COMMAND..]);
    // The fabric's name is in the place of a peer's.
    let wwnn = if data.fc_topology == POINT_TO_POINT { data.peer_wwnn } else { data.fabric_name };
    let other = login_payload(data.peer_wwpn, wwnn);
    sheet.bytes(at(c::PLOGI_PAYLOAD), &other[login::COMMAND..]);
    let s = &data.statistics;
    let counters = [s.input_requests, s.output_requests, s.control_requests, s.input_mb, s.output_mb, s.seconds_active];
    for (index, value) in counters.into_iter().enumerate() {
        sheet.native_u64(at(c::STAT_INFO) + 8 * index, value);
    }
}

/// Exchange Port Data.
pub(crate) fn port(sheet: &mut Sheet, data: &PortData) {
    let at = |offset| layout::BOTTOM + offset;
    sheet.native_u64(at(p::WWPN), data.wwpn);
    sheet.bytes(at(p::SUPPORTED_FC4_TYPES), &data.supported_fc4_types.to_be_bytes());
    sheet.bytes(at(p::ACTIVE_FC4_TYPES), &data.active_fc4_types.to_be_bytes());
    sheet.native_u32(at(p::SUPPORTED_SPEED), data.supported_speed);
    sheet.native_u32(at(p::MAXIMUM_FRAME_SIZE), data.maximum_frame_size);
    let s = &data.statistics;
    let counters = [
        s.seconds_since_last_reset,
        s.tx_frames,
        s.tx_words,
        s.rx_frames,
        s.rx_words,
        s.lip,
        s.nos,
        s.error_frames,
        s.dumped_frames,
        s.link_failure,
        s.loss_of_sync,
        s.loss_of_signal,
        s.psp_error_counts,
        s.invalid_tx_words,
        s.invalid_crcs,
        s.input_requests,
        s.output_requests,
        s.control_requests,
        s.input_mb,
        s.output_mb,
    ];
    for (index, value) in counters.into_iter().enumerate() {
        sheet.native_u64(at(p::STATISTICS) + 8 * index, value);
    }
    let u = &data.utilization;
    sheet.bytes(at(p::UTILIZATION), &[u.cp_util, u.cb_util, u.a_util]);
    let sfp = &data.sfp;
    let values = [sfp.temperature as u16, sfp.vcc, sfp.tx_bias, sfp.tx_power, sfp.rx_power];
    for (index, value) in values.into_iter().enumerate() {
        sheet.native_u16(at(p::SFP) + 2 * index, value);
    }
    sheet.native_u16(at(p::SFP_FLAGS), sfp_flags(sfp));
    sheet.native_u32(at(p::FC_SECURITY_ALGORITHMS), data.fc_security_algorithms);
}

/// The transceiver's flags, as bit fields declared from the highest bit on: a big-endian compiler puts the first one there,
/// a little-endian one at the lowest bit.
fn sfp_flags(sfp: &Sfp) -> u16 {
    let fields = [
        (sfp.fec_active, 1),
        (0, 7),
        (sfp.connector_type, 2),
        (sfp.sfp_invalid, 1),
        (sfp.optical_port, 1),
        (sfp.port_tx_type, 4),
    ];
    let mut flags = 0;
    let mut used = 0;
    for (value, width) in fields {
        let shift = if cfg!(target_endian = "big") { 16 - used - width } else { used };
        flags |= u16::from(value) << shift;
        used += width;
    }
    flags
}

/// A login payload with these names, and zeros.
pub(crate) fn login_payload(wwpn: u64, wwnn: u64) -> [u8; login::LENGTH] {
    let mut payload = [0; login::LENGTH];
    payload[login::WWPN..][..8].copy_from_slice(&wwpn.to_be_bytes());
    payload[login::WWNN..][..8].copy_from_slice(&wwnn.to_be_bytes());
    payload
}

/// Characters of a serial number.
const SERIAL_LENGTH: usize = 17;

/// A serial number in EBCDIC: 17 hexadecimal digits. 0 is empty.
fn serial_number(number: u64) -> [u8; SERIAL_LENGTH] {
    const BLANK: u8 = 0x40;
    if number == 0 {
        return [0; SERIAL_LENGTH];
    }
    let mut text = [BLANK; SERIAL_LENGTH];
    for (character, digit) in text.iter_mut().zip(format!("{number:017X}").bytes()) {
        *character = match digit {
            b'0'..=b'9' => 0xf0 + (digit - b'0'),
            _ => 0xc1 + (digit - b'A'),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_are_ebcdic() {
        let text = serial_number(0x19a);
        assert_eq!((text[0], &text[14..]), (0xf0, &[0xf1, 0xf9, 0xc1][..]));
        assert_eq!(serial_number(0), [0; 17]);
    }

    #[test]
    fn flags_of_the_transceiver_follow_the_compiler() {
        let sfp = Sfp { fec_active: 1, port_tx_type: 0xa, optical_port: 1, ..Sfp::default() };
        let expected = if cfg!(target_endian = "big") { 0x801a } else { 0xa801 };
        assert_eq!(sfp_flags(&sfp), expected);
    }

    #[test]
    fn names_of_a_login() {
        let payload = login_payload(1, 2);
        assert_eq!((payload[27], payload[35], payload.len()), (1, 2, 116));
    }
}
