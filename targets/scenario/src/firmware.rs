//! What the firmware answers, keyed by device, command and occurrence.
//!
//! A scripted answer is never keyed by a global index: a variant that sends one command more than the other still gets
//! comparable answers. Past the script the hardware answers as its [`crate::Device`] says.

use crate::scalar::{Selector, names, record};

names! {
    /// A command as the firmware sees it; SCSI commands are told apart by their operation.
    pub enum Command default ExchangeConfigData {
        /// FSF Exchange Config Data.
        ExchangeConfigData = 1 "exchange_config_data",
        /// FSF Exchange Port Data.
        ExchangePortData = 2 "exchange_port_data",
        /// FSF Open Port.
        OpenPort = 3 "open_port",
        /// FSF Close Port.
        ClosePort = 4 "close_port",
        /// FSF Close Physical Port.
        ClosePhysicalPort = 5 "close_physical_port",
        /// FSF Open LUN.
        OpenLun = 6 "open_lun",
        /// FSF Close LUN.
        CloseLun = 7 "close_lun",
        /// FSF Open Port for a well-known address.
        OpenWka = 8 "open_wka",
        /// FSF Close Port for a well-known address.
        CloseWka = 9 "close_wka",
        /// CT: the name server's list of FCP ports.
        GpnFt = 10 "gpn_ft",
        /// CT: port id of a port name.
        GidPn = 11 "gid_pn",
        /// CT: symbolic port name, read.
        GspnId = 12 "gspn_id",
        /// CT: symbolic port name, registered.
        RspnId = 13 "rspn_id",
        /// ELS: the link test.
        Adisc = 14 "adisc",
        /// FSF Abort FCP Command.
        Abort = 15 "abort",
        /// FCP task management: LUN reset.
        LunReset = 16 "lun_reset",
        /// FCP task management: target reset.
        TargetReset = 17 "target_reset",
        /// FSF Status Read, posted by the driver.
        StatusRead = 18 "status_read",
        /// SCSI INQUIRY, standard data.
        Inquiry = 32 "inquiry",
        /// SCSI INQUIRY, a vital product data page.
        InquiryVpd = 33 "inquiry_vpd",
        /// SCSI REPORT LUNS.
        ReportLuns = 34 "report_luns",
        /// SCSI TEST UNIT READY.
        TestUnitReady = 35 "test_unit_ready",
        /// SCSI READ CAPACITY(10) or (16).
        ReadCapacity = 36 "read_capacity",
        /// SCSI MODE SENSE.
        ModeSense = 37 "mode_sense",
        /// SCSI READ.
        Read = 38 "read",
        /// SCSI WRITE.
        Write = 39 "write",
        /// SCSI SYNCHRONIZE CACHE.
        SynchronizeCache = 40 "synchronize_cache",
        /// SCSI REQUEST SENSE.
        RequestSense = 41 "request_sense",
        /// SCSI START STOP UNIT.
        StartUnit = 42 "start_unit",
    }
}

impl Command {
    /// Whether it travels as an FCP command.
    pub fn is_scsi(self) -> bool {
        self as u8 >= Self::Inquiry as u8
    }
}

names! {
    /// Protocol status of a response (driver.md 8.2).
    pub enum ProtocolStatus default Good {
        /// GOOD.
        Good = 0 "good",
        /// FSF_STATUS_PRESENTED: look at the FSF status.
        FsfStatusPresented = 1 "fsf_status_presented",
        /// QTCB_VERSION_ERROR.
        QtcbVersionError = 2 "qtcb_version_error",
        /// SEQ_NUMB_ERROR.
        SeqNumbError = 3 "seq_numb_error",
        /// ERROR_STATE.
        ErrorState = 4 "error_state",
        /// UNSUPP_QTCB_TYPE.
        UnsuppQtcbType = 5 "unsupp_qtcb_type",
        /// HOST_CONNECTION_INITIALIZING.
        HostConnectionInitializing = 6 "host_connection_initializing",
        /// DUPLICATE_REQUEST_ID.
        DuplicateRequestId = 7 "duplicate_request_id",
        /// LINK_DOWN; the answer's qualifier is the link-down error code.
        LinkDown = 8 "link_down",
        /// REEST_QUEUE.
        ReestQueue = 9 "reest_queue",
        /// A value the driver does not know.
        Unknown = 10 "unknown",
    }
}

names! {
    /// FSF status of a response (driver.md 8.3, 9, 10, 12, 15).
    pub enum FsfStatus default Good {
        /// GOOD, 0x0.
        Good = 0 "good",
        /// PORT_ALREADY_OPEN, 0x1.
        PortAlreadyOpen = 1 "port_already_open",
        /// LUN_ALREADY_OPEN, 0x2.
        LunAlreadyOpen = 2 "lun_already_open",
        /// PORT_HANDLE_NOT_VALID, 0x3.
        PortHandleNotValid = 3 "port_handle_not_valid",
        /// LUN_HANDLE_NOT_VALID, 0x4.
        LunHandleNotValid = 4 "lun_handle_not_valid",
        /// HANDLE_MISMATCH, 0x5.
        HandleMismatch = 5 "handle_mismatch",
        /// SERVICE_CLASS_NOT_SUPPORTED, 0x6.
        ServiceClassNotSupported = 6 "service_class_not_supported",
        /// FCPLUN_NOT_VALID, 0x9.
        FcplunNotValid = 7 "fcplun_not_valid",
        /// LUN_SHARING_VIOLATION, 0x12; the qualifier says whether it is logged.
        LunSharingViolation = 8 "lun_sharing_violation",
        /// FCP_COMMAND_DOES_NOT_EXIST, 0x22.
        FcpCommandDoesNotExist = 9 "fcp_command_does_not_exist",
        /// DIRECTION_INDICATOR_NOT_VALID, 0x30.
        DirectionIndicatorNotValid = 10 "direction_indicator_not_valid",
        /// CMND_LENGTH_NOT_VALID, 0x33.
        CmndLengthNotValid = 11 "cmnd_length_not_valid",
        /// MAXIMUM_NUMBER_OF_PORTS_EXCEEDED, 0x40.
        MaximumNumberOfPorts = 12 "maximum_number_of_ports",
        /// MAXIMUM_NUMBER_OF_LUNS_EXCEEDED, 0x41.
        MaximumNumberOfLuns = 13 "maximum_number_of_luns",
        /// PORT_BOXED, 0x59.
        PortBoxed = 14 "port_boxed",
        /// LUN_BOXED, 0x5A.
        LunBoxed = 15 "lun_boxed",
        /// EXCHANGE_CONFIG_DATA_INCOMPLETE, 0x5B; the qualifier is the link-down error code.
        ExchangeDataIncomplete = 16 "exchange_data_incomplete",
        /// INCONSISTENT_PROT_DATA, 0x70.
        InconsistentProtData = 17 "inconsistent_prot_data",
        /// INVALID_PROT_PARM, 0x71.
        InvalidProtParm = 18 "invalid_prot_parm",
        /// BLOCK_GUARD_CHECK_FAILURE, 0x81.
        BlockGuardCheckFailure = 19 "block_guard_check_failure",
        /// APP_TAG_CHECK_FAILURE, 0x82.
        AppTagCheckFailure = 20 "app_tag_check_failure",
        /// REF_TAG_CHECK_FAILURE, 0x83.
        RefTagCheckFailure = 21 "ref_tag_check_failure",
        /// SECURITY_ERROR, 0x90.
        SecurityError = 22 "security_error",
        /// ADAPTER_STATUS_AVAILABLE, 0xAD; the qualifier is its word 0.
        AdapterStatusAvailable = 23 "adapter_status_available",
        /// FCP_RSP_AVAILABLE, 0xAF.
        FcpRspAvailable = 24 "fcp_rsp_available",
        /// UNKNOWN_COMMAND, 0xE2.
        UnknownCommand = 25 "unknown_command",
        /// UNKNOWN_OP_SUBTYPE, 0xE3.
        UnknownOpSubtype = 26 "unknown_op_subtype",
        /// INVALID_COMMAND_OPTION, 0xE5.
        InvalidCommandOption = 27 "invalid_command_option",
        /// A value that no handler names.
        Unknown = 28 "unknown",
    }
}

names! {
    /// A field of a response that a script can override; fields that the command does not carry are ignored.
    pub enum ContentField default LicVersion {
        /// Exchange Config Data: firmware level.
        LicVersion = 1 "lic_version",
        /// Exchange Config Data: highest QTCB version.
        HighQtcbVersion = 2 "high_qtcb_version",
        /// Exchange Config Data: lowest QTCB version.
        LowQtcbVersion = 3 "low_qtcb_version",
        /// Exchange Config Data: largest QTCB, in bytes.
        MaxQtcbSize = 4 "max_qtcb_size",
        /// Exchange Config Data: adapter features, as a number.
        AdapterFeatures = 5 "adapter_features",
        /// Exchange Config Data: connection features, as a number.
        ConnectionFeatures = 6 "connection_features",
        /// Exchange Config Data: topology number.
        FcTopology = 7 "fc_topology",
        /// Exchange Config Data: link speed bits.
        FcLinkSpeed = 8 "fc_link_speed",
        /// Exchange Config Data: adapter type.
        AdapterType = 9 "adapter_type",
        /// Exchange Config Data: port id of the peer.
        PeerDId = 10 "peer_d_id",
        /// Exchange Config Data: worldwide port name of the peer.
        PeerWwpn = 11 "peer_wwpn",
        /// Exchange Config Data: worldwide node name of the peer.
        PeerWwnn = 12 "peer_wwnn",
        /// Exchange Config Data: status read buffers.
        StatusReadBufNum = 13 "status_read_buf_num",
        /// Exchange Config Data: timer interval.
        TimerInterval = 14 "timer_interval",
        /// Exchange Config Data: own port id.
        SId = 15 "s_id",
        /// Exchange Config Data: own worldwide port name.
        PortName = 16 "port_name",
        /// Exchange Config Data: own worldwide node name.
        NodeName = 17 "node_name",
        /// Exchange Config Data: hardware version.
        HardwareVersion = 18 "hardware_version",
        /// Exchange Config Data: worldwide name of the fabric.
        FabricName = 19 "fabric_name",
        /// Exchange Config Data: serial number, as a number.
        SerialNumber = 20 "serial_number",
        /// Exchange Port Data: permanent worldwide port name.
        PermanentPortName = 32 "permanent_port_name",
        /// Exchange Port Data: maximum frame size.
        MaximumFrameSize = 33 "maximum_frame_size",
        /// Exchange Port Data: supported speed bits.
        SupportedSpeed = 34 "supported_speed",
        /// Exchange Port Data: first word of the supported FC-4 types.
        SupportedFc4Types = 35 "supported_fc4_types",
        /// Exchange Port Data: first word of the active FC-4 types.
        ActiveFc4Types = 36 "active_fc4_types",
        /// Exchange Port Data: FC security algorithms.
        FcSecurityAlgorithms = 37 "fc_security_algorithms",
        /// Exchange Port Data: a seed for statistics, utilisation and SFP values.
        Statistics = 38 "statistics",
        /// Open Port: connection information.
        ConnectionInfo = 48 "connection_info",
        /// Open Port: worldwide port name in the login payload.
        LoginWwpn = 49 "login_wwpn",
        /// Open Port: length of the login payload, in bytes.
        LoginLength = 50 "login_length",
        /// CT: 0 accepted, 1 rejected as unable, 2 rejected otherwise, 3 not a response.
        CtResult = 64 "ct_result",
        /// CT: words that did not fit.
        CtResidual = 65 "ct_residual",
        /// GID_PN: the port id found.
        CtDId = 66 "ct_d_id",
        /// GSPN: a name that carries DEVNO already.
        SymbolicName = 67 "symbolic_name",
        /// ADISC: worldwide port name in the answer.
        AdiscWwpn = 68 "adisc_wwpn",
        /// FCP: SCSI status byte.
        ScsiStatus = 80 "scsi_status",
        /// FCP: sense key, ASC and ASCQ as 0xKKAAQQ.
        Sense = 81 "sense",
        /// FCP: response code of the response information; 0 is complete.
        ResponseCode = 82 "response_code",
        /// FCP: residual under-run, in bytes.
        Residual = 83 "residual",
        /// INQUIRY: byte 5 (bit 0: protection).
        InquiryByte5 = 84 "inquiry_byte5",
        /// READ CAPACITY: byte 12.
        CapacityByte12 = 85 "capacity_byte12",
    }
}

record! {
    /// One field of a response that the script overrides.
    pub struct Content {
        /// Which field.
        field: ContentField = ContentField::LicVersion;
        /// Its value.
        value: u64 = 0, hex 0..=u64::MAX;
    }
}

names! {
    /// Whether the firmware answers at all.
    pub enum Reply default Answer {
        /// It answers.
        Answer = 0 "answer",
        /// It stays silent until the queues are closed.
        Silence = 1 "silence",
    }
}

record! {
    /// A scripted answer: what the firmware says to the `nth` command of a kind, and to the `count - 1` after it.
    pub struct Answer {
        /// Which FCP device answers.
        device: u8 = 0, within 0..=3u8;
        /// To which command.
        command: Command = Command::ExchangeConfigData;
        /// Only about this port; occurrences are then counted for it alone.
        port: Selector = Selector(None);
        /// Only about this LUN of the port.
        lun: Selector = Selector(None);
        /// The first occurrence it answers, from 1.
        nth: u16 = 1, within 1..=65535u16;
        /// How many occurrences in a row; 0 is all that follow.
        count: u16 = 1;
        /// Whether it answers at all.
        reply: Reply = Reply::Answer;
        /// After which time, in ms.
        delay_ms: u32 = 0, within 0..=3_600_000u32;
        /// Protocol status.
        protocol_status: ProtocolStatus = ProtocolStatus::Good;
        /// FSF status.
        fsf_status: FsfStatus = FsfStatus::Good;
        /// Word 0 of the status qualifier: link-down error code, adapter status, or reason.
        qualifier: u32 = 0, hex 0..=0xffff_ffffu32;
        + /// Fields that differ from what the device would say.
        contents: Vec<Content>;
    }
}
