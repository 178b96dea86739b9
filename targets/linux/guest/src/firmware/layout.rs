//! Where things are in an FSF control block (QTCB), and who reads them in which byte order.
//!
//! The layout is an interface of the hardware; these are facts, measured from the driver's structures. On the hardware
//! everything is big endian. Here the driver runs on a little-endian machine: fields that it takes as numbers are *native*,
//! fields that it takes through byte-order helpers or as bytes stay big endian. Which is which:
//!
//! | native | big endian |
//! |---|---|
//! | prefix and header of the QTCB, status qualifiers | FCP command and response IU, sense |
//! | all words of the bottoms, statistics, permanent WWPN | login payloads, CT and ELS frames |
//! | fixed fields of a status read buffer, its payload of words | LUN of Open LUN (bytes of the LUN), port ids (3 bytes), FC-4 types, ELS in a status read buffer |
//!
//! Offsets are in bytes from the start of the QTCB, those of the bottoms from the start of the bottom.

/// Prefix: protocol status, word.
pub(crate) const PROT_STATUS: usize = 24;
/// Prefix: protocol status qualifier, 16 bytes; word 0 is the link-down error code.
pub(crate) const PROT_STATUS_QUAL: usize = 28;
/// Header: FSF command, word.
pub(crate) const FSF_COMMAND: usize = 72;
/// Header: port handle, word.
pub(crate) const PORT_HANDLE: usize = 80;
/// Header: LUN handle, word.
pub(crate) const LUN_HANDLE: usize = 84;
/// Header: FSF status, word.
pub(crate) const FSF_STATUS: usize = 92;
/// Header: FSF status qualifier, 16 bytes.
pub(crate) const FSF_STATUS_QUAL: usize = 96;
/// The bottom, 512 bytes.
pub(crate) const BOTTOM: usize = 160;
/// Bytes of a QTCB up to its log.
#[cfg(test)]
pub(crate) const QTCB_LENGTH: usize = BOTTOM + 512;

/// FSF commands.
pub(crate) mod command {
    pub(crate) const FCP_CMND: u32 = 0x1;
    pub(crate) const ABORT_FCP_CMND: u32 = 0x2;
    pub(crate) const OPEN_PORT_WITH_DID: u32 = 0x5;
    pub(crate) const OPEN_LUN: u32 = 0x6;
    pub(crate) const CLOSE_LUN: u32 = 0x7;
    pub(crate) const CLOSE_PORT: u32 = 0x8;
    pub(crate) const CLOSE_PHYSICAL_PORT: u32 = 0x9;
    pub(crate) const SEND_ELS: u32 = 0xb;
    pub(crate) const SEND_GENERIC: u32 = 0xc;
    pub(crate) const EXCHANGE_CONFIG_DATA: u32 = 0xd;
    pub(crate) const EXCHANGE_PORT_DATA: u32 = 0xe;
}

/// Bottom of I/O commands.
pub(crate) mod io {
    /// Data direction, word.
    pub(crate) const DATA_DIRECTION: usize = 0;
    /// Length of the protection data, word.
    pub(crate) const PROT_DATA_LENGTH: usize = 24;
    /// FCP command IU.
    pub(crate) const FCP_CMND: usize = 32;
    /// FCP response IU.
    pub(crate) const FCP_RSP: usize = 320;
    /// Room for it.
    pub(crate) const FCP_RSP_LENGTH: usize = 128;

    /// Data directions with protection.
    pub(crate) mod direction {
        pub(crate) const WRITE_INSERT: u32 = 0x9;
        pub(crate) const READ_STRIP: u32 = 0xa;
        pub(crate) const WRITE_CONVERT: u32 = 0xb;
        pub(crate) const READ_CONVERT: u32 = 0xc;
    }

    /// FCP command IU: task management flags.
    pub(crate) const CMND_TM_FLAGS: usize = 10;
    /// FCP command IU: the CDB, 16 bytes.
    pub(crate) const CMND_CDB: usize = 12;
    /// Task management: LUN reset.
    pub(crate) const TMF_LUN_RESET: u8 = 0x10;
    /// Task management: target reset.
    pub(crate) const TMF_TARGET_RESET: u8 = 0x20;

    /// FCP response IU: flags.
    pub(crate) const RSP_FLAGS: usize = 10;
    /// FCP response IU: SCSI status.
    pub(crate) const RSP_STATUS: usize = 11;
    /// FCP response IU: residual, big endian.
    pub(crate) const RSP_RESIDUAL: usize = 12;
    /// FCP response IU: length of the sense, big endian.
    pub(crate) const RSP_SENSE_LENGTH: usize = 16;
    /// FCP response IU: length of the response information, big endian.
    pub(crate) const RSP_INFO_LENGTH: usize = 20;
    /// FCP response IU: response information, then sense.
    pub(crate) const RSP_INFO: usize = 24;
    /// Response information: the code.
    pub(crate) const RSP_INFO_CODE: usize = 3;
    /// Bytes of response information.
    pub(crate) const RSP_INFO_BYTES: usize = 8;
    /// Flag: response information is there.
    pub(crate) const FLAG_RSP_LEN: u8 = 0x1;
    /// Flag: sense is there.
    pub(crate) const FLAG_SNS_LEN: u8 = 0x2;
    /// Flag: less was transferred than expected.
    pub(crate) const FLAG_RESID_UNDER: u8 = 0x8;
}

/// Bottom of support commands.
pub(crate) mod support {
    /// Port id, 3 bytes.
    pub(crate) const D_ID: usize = 17;
    /// FCP LUN, 8 bytes.
    pub(crate) const FCP_LUN: usize = 24;
    /// FC security of the connection, word.
    pub(crate) const CONNECTION_INFO: usize = 60;
    /// Length of the login payload, word.
    pub(crate) const ELS1_LENGTH: usize = 240;
    /// Length of the request of a CT or ELS command, word; 0 if it is one segment.
    pub(crate) const REQ_BUF_LENGTH: usize = 248;
    /// The login payload, 256 bytes.
    pub(crate) const ELS: usize = 256;
    /// Room for the login payload.
    pub(crate) const ELS_ROOM: usize = 256;
}

/// Bottom of Exchange Config Data.
pub(crate) mod config {
    pub(crate) const LIC_VERSION: usize = 0;
    pub(crate) const HIGH_QTCB_VERSION: usize = 8;
    pub(crate) const LOW_QTCB_VERSION: usize = 12;
    pub(crate) const MAX_QTCB_SIZE: usize = 16;
    pub(crate) const ADAPTER_FEATURES: usize = 24;
    pub(crate) const CONNECTION_FEATURES: usize = 28;
    pub(crate) const FC_TOPOLOGY: usize = 32;
    pub(crate) const FC_LINK_SPEED: usize = 36;
    pub(crate) const ADAPTER_TYPE: usize = 40;
    /// 3 bytes.
    pub(crate) const PEER_D_ID: usize = 45;
    /// Halfword.
    pub(crate) const STATUS_READ_BUF_NUM: usize = 48;
    /// Halfword.
    pub(crate) const TIMER_INTERVAL: usize = 50;
    /// 3 bytes.
    pub(crate) const S_ID: usize = 61;
    /// Own service parameters: a login payload without its command word.
    pub(crate) const NPORT_SERV_PARAM: usize = 64;
    pub(crate) const HARDWARE_VERSION: usize = 204;
    /// EBCDIC.
    pub(crate) const SERIAL_NUMBER: usize = 208;
    /// Service parameters of the fabric or the peer: a login payload without its command word.
    pub(crate) const PLOGI_PAYLOAD: usize = 240;
    /// Six doublewords.
    pub(crate) const STAT_INFO: usize = 352;
}

/// Bottom of Exchange Port Data.
pub(crate) mod port {
    /// Doubleword.
    pub(crate) const WWPN: usize = 0;
    /// 32 bytes.
    pub(crate) const SUPPORTED_FC4_TYPES: usize = 24;
    /// 32 bytes.
    pub(crate) const ACTIVE_FC4_TYPES: usize = 56;
    pub(crate) const SUPPORTED_SPEED: usize = 88;
    pub(crate) const MAXIMUM_FRAME_SIZE: usize = 92;
    /// Twenty doublewords.
    pub(crate) const STATISTICS: usize = 96;
    /// Three bytes: channel processor, channel bus, adapter.
    pub(crate) const UTILIZATION: usize = 256;
    /// Five halfwords of the transceiver, then its flags.
    pub(crate) const SFP: usize = 260;
    /// Halfword of bit fields; a little-endian compiler numbers them from the other end.
    pub(crate) const SFP_FLAGS: usize = 270;
    pub(crate) const FC_SECURITY_ALGORITHMS: usize = 272;
}

/// A login payload (FC-LS), with its command word.
pub(crate) mod login {
    /// Bytes of the command word, which some fields of the QTCB lack.
    pub(crate) const COMMAND: usize = 4;
    /// Buffer-to-buffer credit, halfword.
    pub(crate) const BB_CREDIT: usize = 6;
    /// Receive data field size, halfword.
    pub(crate) const BB_DATA: usize = 10;
    /// Port name.
    pub(crate) const WWPN: usize = 20;
    /// Node name.
    pub(crate) const WWNN: usize = 28;
    /// Class parameters, 16 bytes for each of classes 1 to 4; bit 15 of the first halfword: valid.
    pub(crate) const CLASSES: usize = 36;
    /// The command of PLOGI.
    pub(crate) const PLOGI: u8 = 0x03;
    /// All of it.
    pub(crate) const LENGTH: usize = 116;
}

/// A status read buffer.
pub(crate) mod status_read {
    pub(crate) const STATUS_TYPE: usize = 0;
    pub(crate) const STATUS_SUBTYPE: usize = 4;
    pub(crate) const LENGTH: usize = 8;
    /// 3 bytes.
    pub(crate) const D_ID: usize = 25;
    pub(crate) const PAYLOAD: usize = 64;
}

/// A 24-bit port id as frames carry it.
pub(crate) fn d_id_bytes(d_id: u32) -> [u8; 3] {
    let [_, a, b, c] = d_id.to_be_bytes();
    [a, b, c]
}

/// A 24-bit port id from a frame.
pub(crate) fn d_id(bytes: [u8; 3]) -> u32 {
    u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]])
}
