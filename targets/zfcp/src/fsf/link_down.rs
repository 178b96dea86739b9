//! Local link down (driver.md 11).

use std::rc::Rc;

use regdiff_kernel::Sim;
use regdiff_kernel::scsi::port_type;
use regdiff_observation::{Access, LogId};

use crate::erp::set_adapter_status;
use crate::fence::Fence;
use crate::objects::Adapter;
use crate::rport::schedule_rports_block;
use crate::status::{ADAPTER_LINK_UNPLUGGED, COMMON_ERP_FAILED};

/// zfcp_fsf_link_down_info_eval; `code` is None without a qualifier.
pub(crate) fn link_down_info_eval(adapter: &Rc<Adapter>, code: Option<u32>) -> Sim<()> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_fsf_link_down_info_eval");
    if adapter.has(ADAPTER_LINK_UNPLUGGED) {
        return Ok(());
    }
    adapter.set(ADAPTER_LINK_UNPLUGGED);
    schedule_rports_block(adapter);
    fc_host_link_down(adapter)?;
    if let Some(code) = code {
        kernel.log(log_of(code), adapter.device, 0);
    }
    set_adapter_status(adapter, COMMON_ERP_FAILED)
}

fn log_of(code: u32) -> LogId {
    match code {
        0x4 => LogId::LdNoLight,
        0x8 => LogId::LdWrap,
        0x10 => LogId::LdNoFcp,
        0x20 => LogId::LdFwUpdate,
        0x100 => LogId::LdWwpn,
        0x200 => LogId::LdNoNpiv,
        0x400 => LogId::LdNpivMax,
        0x800 => LogId::LdFabricMax,
        0x1000 => LogId::LdLogin,
        0x2000 => LogId::LdWwpnFile,
        0x4000 => LogId::LdModeTable,
        0x8000 => LogId::LdNoWwpn,
        _ => LogId::LdGeneric,
    }
}

/// zfcp_fsf_fc_host_link_down. Before the series the host's fields came first and nobody asked whether there is a host.
pub(crate) fn fc_host_link_down(adapter: &Rc<Adapter>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_fsf_fc_host_link_down");
    let guarded = adapter.fence(Fence::LinkDown);
    let own_first = adapter.fence(Fence::LinkDownAdapterFirst);
    if own_first {
        clear_own(adapter);
    }
    if guarded && adapter.no_shost() {
        return Ok(());
    }
    let host = adapter.shost(Access::Write, "port_id")?;
    let fc = host.fc_host(Access::Write, "port_id")?;
    fc.port_id.set(0);
    fc.fabric_name.set(0);
    fc.speed.set(0);
    fc.port_type.set(port_type::UNKNOWN);
    fc.model.set(0);
    fc.active_fc4s.set(0);
    if !own_first {
        clear_own(adapter);
    }
    Ok(())
}

fn clear_own(adapter: &Adapter) {
    adapter.hydra_version.set(0);
    adapter.peer_wwpn.set(0);
    adapter.peer_wwnn.set(0);
    adapter.peer_d_id.set(0);
}
