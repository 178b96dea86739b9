//! The end of an action: checks, follow-ups, cleanup, waiting (driver.md 6.9 to 6.12).

use std::rc::Rc;

use regdiff_kernel::Sim;
use regdiff_observation::{Access, LogId};

use super::status::{
    clear_adapter_status, clear_lun_status, clear_port_status, set_adapter_status, set_lun_status, set_port_status,
};
use super::thread::{has_begun, kind};
use super::trigger::lun_reopen_all;
use super::{
    ACTION_CLOSE_ONLY, ACTION_LOWMEM, ErpObject, ErpResult, ErpType, adapter_reopen, lun_reopen, port_forced_reopen,
    port_reopen,
};
use crate::fault::DriverFault;
use crate::fc;
use crate::objects::{Adapter, Port, luns_of_port};
use crate::rport::schedule_rport_register;
use crate::status::{
    ADAPTER_ERP_PENDING, COMMON_ERP_FAILED, COMMON_ERP_INUSE, COMMON_NOESC, COMMON_RUNNING, COMMON_UNBLOCKED,
};

/// Attempts after which recovery gives up.
const MAX_ERPS: u32 = 3;

/// zfcp_erp_strategy_check_target.
pub(super) fn target_check(adapter: &Rc<Adapter>, object: &ErpObject, result: ErpResult) -> Sim<ErpResult> {
    let mut result = result;
    let counter = object.counter(adapter);
    match result {
        ErpResult::Succeeded => {
            counter.set(0);
            // The spec names no propagation here, and the object alone was recovered: ports and LUNs follow on their own.
            let status = object.status(adapter);
            status.set(status.get() | COMMON_UNBLOCKED);
        }
        ErpResult::Failed => {
            if let ErpObject::Port(port) = object
                && port.has(COMMON_NOESC)
            {
                clear_status(adapter, object, COMMON_UNBLOCKED)?;
                result = ErpResult::Exit;
            }
            counter.set(counter.get() + 1);
            if counter.get() > MAX_ERPS {
                let (id, argument) = match object {
                    ErpObject::Adapter => (LogId::AdapterFailed, 0),
                    ErpObject::Port(port) => (LogId::PortFailed, port.wwpn),
                    ErpObject::Lun(lun) => (LogId::LunFailed, lun.lun),
                };
                adapter.kernel.log(id, adapter.device, argument);
                set_status(adapter, object, COMMON_ERP_FAILED)?;
            }
        }
        _ => {}
    }
    if object.status(adapter).get() & COMMON_ERP_FAILED != 0 {
        clear_status(adapter, object, COMMON_UNBLOCKED)?;
        result = ErpResult::Exit;
    }
    Ok(result)
}

fn set_status(adapter: &Rc<Adapter>, object: &ErpObject, mask: u32) -> Sim<()> {
    match object {
        ErpObject::Adapter => set_adapter_status(adapter, mask),
        ErpObject::Port(port) => set_port_status(adapter, port, mask),
        ErpObject::Lun(lun) => {
            set_lun_status(lun, mask);
            Ok(())
        }
    }
}

fn clear_status(adapter: &Rc<Adapter>, object: &ErpObject, mask: u32) -> Sim<()> {
    match object {
        ErpObject::Adapter => clear_adapter_status(adapter, mask),
        ErpObject::Port(port) => clear_port_status(adapter, port, mask),
        ErpObject::Lun(lun) => {
            clear_lun_status(lun, mask);
            Ok(())
        }
    }
}

/// zfcp_erp_action_dequeue.
pub(super) fn dequeue(adapter: &Adapter, object: &ErpObject) {
    let action = object.action(adapter);
    adapter.erp_total_count.set(adapter.erp_total_count.get().saturating_sub(1));
    if action.has(ACTION_LOWMEM) {
        adapter.erp_low_mem_count.set(adapter.erp_low_mem_count.get().saturating_sub(1));
        action.clear(ACTION_LOWMEM);
    }
    adapter.erp_ready.borrow_mut().retain(|o| !o.same(object));
    adapter.erp_running.borrow_mut().retain(|o| !o.same(object));
    let status = object.status(adapter);
    status.set(status.get() & !COMMON_ERP_INUSE);
}

/// zfcp_erp_strategy_statechange: what was asked for meanwhile.
pub(super) fn state_change_check(adapter: &Rc<Adapter>, object: &ErpObject, result: ErpResult) -> Sim<ErpResult> {
    let running = object.status(adapter).get() & COMMON_RUNNING != 0;
    let close_only = object.action(adapter).has(ACTION_CLOSE_ONLY);
    if running != close_only {
        return Ok(result);
    }
    match object {
        ErpObject::Adapter => adapter_reopen(adapter, COMMON_ERP_FAILED, "ersscg1")?,
        ErpObject::Port(port) => port_reopen(adapter, port, COMMON_ERP_FAILED, "ersscg2")?,
        ErpObject::Lun(lun) => lun_reopen(adapter, lun, COMMON_ERP_FAILED, "ersscg3")?,
    }
    Ok(ErpResult::Exit)
}

/// zfcp_erp_strategy_followup_success.
pub(super) fn follow_up_success(adapter: &Rc<Adapter>, object: &ErpObject) -> Sim<()> {
    match (kind(adapter, object), object) {
        (ErpType::Adapter, _) if adapter.slips(DriverFault::PortsNotReopened) => Ok(()),
        (ErpType::Adapter, _) => {
            for port in adapter.ports() {
                port_reopen(adapter, &port, 0, "ersfs_1")?;
            }
            Ok(())
        }
        (ErpType::PortForced, ErpObject::Port(port)) => port_reopen(adapter, port, 0, "ersfs_2"),
        (ErpType::Port, ErpObject::Port(port)) => lun_reopen_all(adapter, port, 0, "ersfs_3"),
        _ => Ok(()),
    }
}

/// zfcp_erp_strategy_followup_failed.
pub(super) fn follow_up_failed(adapter: &Rc<Adapter>, object: &ErpObject) -> Sim<()> {
    match (kind(adapter, object), object) {
        (ErpType::PortForced, ErpObject::Port(port)) => port_forced_reopen(adapter, port, 0, "ersff_2"),
        (_, ErpObject::Port(port)) => port_reopen(adapter, port, 0, "ersff_3"),
        (_, ErpObject::Lun(lun)) => lun_reopen(adapter, lun, 0, "ersff_4"),
        (_, ErpObject::Adapter) => adapter_reopen(adapter, 0, "ersff_1"),
    }
}

/// zfcp_erp_action_cleanup. A finished forced reopen has been overwritten by its follow-up: type PORT, first step.
pub(super) fn cleanup(adapter: &Rc<Adapter>, object: &ErpObject, result: ErpResult) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_erp_action_cleanup");
    match (kind(adapter, object), object) {
        (_, ErpObject::Lun(lun)) => {
            if let Some(port) = lun.port() {
                try_rport_unblock(adapter, &port)?;
            }
        }
        (kind, ErpObject::Port(port)) => {
            if kind == ErpType::Port && has_begun(adapter, object) && result == ErpResult::Succeeded {
                try_rport_unblock(adapter, port)?;
            }
            port.put();
        }
        (_, ErpObject::Adapter) => {
            if result == ErpResult::Succeeded {
                adapter.service_level.set(true);
                fc::conditional_port_scan(adapter);
                adapter.queue(|works| &works.ns_up);
            } else {
                adapter.service_level.set(false);
            }
            adapter.put();
        }
    }
    Ok(())
}

/// zfcp_erp_try_rport_unblock.
fn try_rport_unblock(adapter: &Rc<Adapter>, port: &Rc<Port>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_erp_try_rport_unblock");
    let host = adapter.shost(Access::Write, "host_lock")?;
    let stays = |unblocked: bool, in_use: bool, failed: bool| !unblocked || in_use || failed;
    if stays(port.has(COMMON_UNBLOCKED), port.in_use(), port.has(COMMON_ERP_FAILED)) {
        return Ok(());
    }
    for lun in luns_of_port(&host, port) {
        if lun.is_live() && !lun.has(COMMON_ERP_FAILED) && (!lun.has(COMMON_UNBLOCKED) || lun.in_use()) {
            return Ok(());
        }
    }
    schedule_rport_register(port);
    Ok(())
}

/// zfcp_erp_wakeup: with both lists empty, recovery is over.
pub(super) fn wakeup(adapter: &Adapter) {
    if adapter.erp_ready.borrow().is_empty() && adapter.erp_running.borrow().is_empty() {
        adapter.clear(ADAPTER_ERP_PENDING);
        adapter.erp_done_wqh.wake_all(&adapter.kernel);
    }
}

/// zfcp_erp_wait.
pub(crate) async fn erp_wait(adapter: &Adapter) {
    let _frame = adapter.kernel.enter("zfcp_erp_wait");
    adapter.erp_done_wqh.wait(&adapter.kernel, || !adapter.has(ADAPTER_ERP_PENDING)).await;
}
