//! What a script overrides in a response.
//!
//! Fields that the response does not carry are ignored; numbers are cut down to the width of their field; later entries win.

use regdiff_scenario::{Content, ContentField as F};

use crate::exchange::{ConfigData, ConfigStatistics, PortData};
use crate::response::{AdiscData, Body, Ct, CtPayload, CtResult, OpenedPort};
use crate::scsi::{STATUS_CHECK_CONDITION, STATUS_GOOD, ScsiData, ScsiReply, Sense};

/// The bits of a port id.
const D_ID: u64 = 0xff_ffff;

/// Applies `contents` to `body`, in list order.
pub(crate) fn apply(contents: &[Content], body: &mut Body) {
    for &Content { field, value } in contents {
        match body {
            Body::Config(data) => config(data, field, value),
            Body::Port(data) => port(data, field, value),
            Body::OpenPort(opened) => open_port(opened, field, value),
            Body::Ct(answer) => ct(answer, field, value),
            Body::Adisc(answer) => adisc(answer, field, value),
            Body::Task { response_code } => {
                if field == F::ResponseCode {
                    *response_code = value as u8;
                }
            }
            Body::Scsi(reply) => scsi(reply, field, value),
            Body::None | Body::Wka { .. } | Body::Lun { .. } => {}
        }
    }
}

fn config(data: &mut ConfigData, field: F, value: u64) {
    match field {
        F::LicVersion => data.lic_version = value as u32,
        F::HighQtcbVersion => data.high_qtcb_version = value as u32,
        F::LowQtcbVersion => data.low_qtcb_version = value as u32,
        F::MaxQtcbSize => data.max_qtcb_size = value as u32,
        F::AdapterFeatures => data.adapter_features = value as u32,
        F::ConnectionFeatures => data.connection_features = value as u32,
        F::FcTopology => data.fc_topology = value as u32,
        F::FcLinkSpeed => data.fc_link_speed = value as u32,
        F::AdapterType => data.adapter_type = value as u32,
        F::PeerDId => data.peer_d_id = (value & D_ID) as u32,
        F::PeerWwpn => data.peer_wwpn = value,
        F::PeerWwnn => data.peer_wwnn = value,
        F::StatusReadBufNum => data.status_read_buf_num = value as u16,
        F::TimerInterval => data.timer_interval = value as u16,
        F::SId => data.s_id = (value & D_ID) as u32,
        F::PortName => data.port_name = value,
        F::NodeName => data.node_name = value,
        F::HardwareVersion => data.hardware_version = value as u32,
        F::FabricName => data.fabric_name = value,
        F::SerialNumber => data.serial_number = value,
        F::Statistics => data.statistics = ConfigStatistics::from_seed(value),
        _ => {}
    }
}

fn port(data: &mut PortData, field: F, value: u64) {
    match field {
        F::PermanentPortName => data.wwpn = value,
        F::MaximumFrameSize => data.maximum_frame_size = value as u32,
        F::SupportedSpeed => data.supported_speed = value as u32,
        F::SupportedFc4Types => data.supported_fc4_types = value as u32,
        F::ActiveFc4Types => data.active_fc4_types = value as u32,
        F::FcSecurityAlgorithms => data.fc_security_algorithms = value as u32,
        F::Statistics => data.set_statistics(value),
        _ => {}
    }
}

fn open_port(opened: &mut OpenedPort, field: F, value: u64) {
    match field {
        F::ConnectionInfo => opened.connection_info = value as u32,
        F::LoginWwpn => opened.login.wwpn = value,
        F::LoginLength => opened.login_length = value as u32,
        _ => {}
    }
}

fn ct(answer: &mut Ct, field: F, value: u64) {
    match (field, &mut answer.payload) {
        (F::CtResult, _) => answer.result = CtResult::from_number(value),
        (F::CtResidual, _) => answer.residual = value as u32,
        (F::CtDId, CtPayload::GidPn { d_id }) => *d_id = (value & D_ID) as u32,
        (F::SymbolicName, CtPayload::GspnId { carries_devno }) => *carries_devno = value != 0,
        _ => {}
    }
}

fn adisc(answer: &mut AdiscData, field: F, value: u64) {
    if field == F::AdiscWwpn {
        answer.wwpn = value;
    }
}

/// A sense without a status of its own means CHECK CONDITION: nobody would look at it otherwise.
fn scsi(reply: &mut ScsiReply, field: F, value: u64) {
    match (field, &mut reply.data) {
        (F::ScsiStatus, _) => reply.status = value as u8,
        (F::Sense, _) => {
            reply.sense = Some(Sense::from_packed(value));
            if reply.status == STATUS_GOOD {
                reply.status = STATUS_CHECK_CONDITION;
            }
        }
        (F::ResponseCode, _) => reply.response_code = value as u8,
        (F::Residual, _) => reply.residual = value as u32,
        (F::InquiryByte5, ScsiData::Inquiry(data)) => data.byte5 = value as u8,
        (F::CapacityByte12, ScsiData::Capacity(data)) => {
            data.byte12 = data.byte12.map(|_| value as u8);
        }
        _ => {}
    }
}
