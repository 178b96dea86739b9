//! SCSI commands on their way to the firmware and back (driver.md 15).

use std::rc::Rc;

use regdiff_channel::{
    Body, ProtectionOp, Request, STATUS_CHECK_CONDITION, ScsiCommand as Wire, ScsiData as In, ScsiReply, qualifier,
};
use regdiff_kernel::Sim;
use regdiff_kernel::scsi::{Cdb, HostByte, ProtOp, ScsiCommand, ScsiData, ScsiResult, Sense};
use regdiff_observation::LogId;
use regdiff_scenario::FsfStatus;

use super::request::{Deadline, FsfReq, ReqData, Unsent, transmit};
use crate::erp::{
    adapter_reopen, adapter_shutdown, lun_reopen, port_forced_reopen, port_reopen, set_lun_status, set_port_status,
};
use crate::fault::DriverFault;
use crate::fc;
use crate::objects::{Adapter, Lun, Port};
use crate::qdio;
use crate::status::{COMMON_ACCESS_BOXED, COMMON_ERP_FAILED, REQ_ERROR};

/// zfcp_fsf_fcp_cmnd.
pub(crate) fn fcp_cmnd(
    adapter: &Rc<Adapter>,
    port: &Rc<Port>,
    lun: &Rc<Lun>,
    command: &Rc<ScsiCommand>,
) -> Sim<Result<(), Unsent>> {
    let _frame = adapter.kernel.enter("zfcp_fsf_fcp_cmnd");
    let Some(protection) = direction(command.prot_op.get()) else { return Ok(Err(Unsent::Io)) };
    if qdio::sbal_get_now(adapter).is_err() {
        return Ok(Err(Unsent::Io));
    }
    let request = Request::Fcp {
        port_handle: port.handle.get(),
        lun_handle: lun.lun_handle.get(),
        cdb: wire(command.cdb),
        protection,
    };
    let data = ReqData::Scsi(command.clone(), lun.clone(), port.clone());
    Ok(transmit(adapter, request, data, None, Deadline::None)?.map(|req| command.host_scribble.set(req.id)))
}

/// The data direction; None for operations that zfcp does not know.
fn direction(op: ProtOp) -> Option<ProtectionOp> {
    match op {
        ProtOp::Normal => Some(ProtectionOp::Normal),
        ProtOp::ReadStrip => Some(ProtectionOp::ReadStrip),
        ProtOp::WriteInsert => Some(ProtectionOp::WriteInsert),
        ProtOp::ReadPass => Some(ProtectionOp::ReadPass),
        ProtOp::WritePass => Some(ProtectionOp::WritePass),
        ProtOp::ReadInsert | ProtOp::WriteStrip => None,
    }
}

fn wire(cdb: Cdb) -> Wire {
    match cdb {
        Cdb::Inquiry { length } => Wire::Inquiry { length },
        Cdb::InquiryVpd { page } => Wire::InquiryVpd { page },
        Cdb::ReportLuns { length } => Wire::ReportLuns { length },
        Cdb::TestUnitReady => Wire::TestUnitReady,
        Cdb::ReadCapacity { long } => Wire::ReadCapacity { long },
        Cdb::ModeSense { page } => Wire::ModeSense { page },
        Cdb::Read { lba, blocks } => Wire::Read { lba: lba.into(), blocks },
        Cdb::Write { lba, blocks, pattern } => Wire::Write { lba: lba.into(), blocks, pattern },
        Cdb::SynchronizeCache => Wire::SynchronizeCache,
        Cdb::RequestSense => Wire::RequestSense,
        Cdb::StartUnit => Wire::StartUnit,
    }
}

/// zfcp_fsf_fcp_cmnd_handler.
pub(super) fn fcp_cmnd_handler(
    adapter: &Rc<Adapter>,
    req: &Rc<FsfReq>,
    command: &Rc<ScsiCommand>,
    lun: &Rc<Lun>,
    port: &Rc<Port>,
) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_fsf_fcp_cmnd_handler");
    fcp_handler_common(adapter, req, lun, port)?;
    let illegal = |ascq: u8| ScsiResult {
        host: HostByte::SoftError,
        status: STATUS_CHECK_CONDITION,
        sense: Some(Sense { key: 5, asc: 0x10, ascq }),
        ..ScsiResult::default()
    };
    let result = if req.has(REQ_ERROR) {
        ScsiResult::host(HostByte::TransportDisrupted)
    } else {
        match req.fsf_status() {
            FsfStatus::InconsistentProtData | FsfStatus::InvalidProtParm => ScsiResult::host(HostByte::Error),
            FsfStatus::BlockGuardCheckFailure => illegal(1),
            FsfStatus::AppTagCheckFailure => illegal(2),
            FsfStatus::RefTagCheckFailure => illegal(3),
            _ => req.body(|body| match body {
                Body::Scsi(reply) => result_of(reply),
                _ => ScsiResult::host(HostByte::Error),
            }),
        }
    };
    let dropped = adapter.slips(DriverFault::SenseCodesDropped);
    let sense = result.sense.map(|sense| if dropped { Sense { asc: 0, ascq: 0, ..sense } } else { sense });
    let result = ScsiResult { sense, ..result };
    command.done(&adapter.kernel, result);
    Ok(())
}

/// zfcp_fsf_fcp_handler_common.
pub(super) fn fcp_handler_common(adapter: &Rc<Adapter>, req: &Rc<FsfReq>, lun: &Rc<Lun>, port: &Rc<Port>) -> Sim<()> {
    if req.has(REQ_ERROR) {
        return Ok(());
    }
    let kernel = &adapter.kernel;
    let shutdown = |id, tag| {
        kernel.log(id, adapter.device, 0);
        adapter_shutdown(adapter, 0, tag)
    };
    match req.fsf_status() {
        FsfStatus::HandleMismatch | FsfStatus::PortHandleNotValid => adapter_reopen(adapter, 0, "fssfch1")?,
        FsfStatus::FcplunNotValid | FsfStatus::LunHandleNotValid => port_reopen(adapter, port, 0, "fssfch2")?,
        FsfStatus::ServiceClassNotSupported => shutdown(LogId::ClassUnsupp, "fscns_1")?,
        FsfStatus::DirectionIndicatorNotValid => shutdown(LogId::DataDir, "fssfch3")?,
        FsfStatus::CmndLengthNotValid => shutdown(LogId::CmndLen, "fssfch4")?,
        FsfStatus::PortBoxed => {
            set_port_status(adapter, port, COMMON_ACCESS_BOXED)?;
            port_reopen(adapter, port, COMMON_ERP_FAILED, "fssfch5")?;
        }
        FsfStatus::LunBoxed => {
            set_lun_status(lun, COMMON_ACCESS_BOXED);
            lun_reopen(adapter, lun, COMMON_ERP_FAILED, "fssfch6")?;
        }
        FsfStatus::AdapterStatusAvailable => {
            if req.qualifier() == qualifier::INVOKE_LINK_TEST {
                fc::test_link(port);
            }
        }
        FsfStatus::SecurityError => {
            kernel.log(LogId::Security, adapter.device, port.wwpn);
            port_forced_reopen(adapter, port, 0, "fssfch7")?;
        }
        _ => return Ok(()),
    }
    req.set(REQ_ERROR);
    Ok(())
}

fn sense_of(sense: regdiff_channel::Sense) -> Sense {
    Sense { key: sense.key, asc: sense.asc, ascq: sense.ascq }
}

/// zfcp_fc_eval_fcp_rsp.
fn result_of(reply: &ScsiReply) -> ScsiResult {
    if reply.response_code != 0 {
        return ScsiResult::host(HostByte::Error);
    }
    let data = match &reply.data {
        In::Inquiry(d) => ScsiData::Inquiry {
            qualifier: d.qualifier,
            device_type: d.device_type,
            version: d.version,
            byte5: d.byte5,
            length: d.length,
            queues_commands: d.queues_commands,
        },
        In::Luns(list) => ScsiData::Luns(list.luns.clone()),
        In::Capacity(d) => ScsiData::Capacity { blocks: d.last_lba + 1, byte12: d.byte12.unwrap_or(0) },
        In::Mode(d) => ScsiData::Mode { write_cache: d.write_cache },
        In::Blocks { digest } => ScsiData::Digest(*digest),
        In::Vpd(d) => ScsiData::Vpd { pages: d.pages },
        In::Sense(s) => ScsiData::Sense(sense_of(*s)),
        In::None => ScsiData::None,
    };
    ScsiResult {
        refused: false,
        host: HostByte::Ok,
        status: reply.status,
        sense: reply.sense.map(sense_of),
        residual: reply.residual,
        data,
    }
}
