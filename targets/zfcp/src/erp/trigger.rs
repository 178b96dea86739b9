//! Triggers: what asks for recovery, what is required, how an action is queued (driver.md 6.1, 6.3).

use std::rc::Rc;

use regdiff_kernel::Sim;
use regdiff_observation::{Access, Tag, TraceRecord};

use super::status::{clear_adapter_status, clear_lun_status, clear_port_status, set_adapter_status, set_port_status};
use super::thread::dismiss_action;
use super::{ACTION_CLOSE_ONLY, ACTION_NO_REF, ErpObject, ErpStep, ErpType, erp_wait};
use crate::objects::{Adapter, Lun, Port, luns_of, luns_of_port};
use crate::rport::{schedule_rport_block, schedule_rports_block};
use crate::status::{
    ADAPTER_ERP_PENDING, COMMON_ERP_FAILED, COMMON_ERP_INUSE, COMMON_NOESC, COMMON_OPEN, COMMON_RUNNING,
    COMMON_UNBLOCKED,
};

/// Trace markers of a refused action.
const MARK_NONE: u8 = 0xc0;
const MARK_FAILED: u8 = 0xe0;

/// zfcp_erp_adapter_reopen.
pub(crate) fn adapter_reopen(adapter: &Rc<Adapter>, clear: u32, tag: &'static str) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_erp_adapter_reopen");
    clear_adapter_status(adapter, COMMON_UNBLOCKED | clear)?;
    schedule_rports_block(adapter);
    if adapter.has(COMMON_ERP_FAILED) {
        // The failure reaches ports and LUNs that came meanwhile.
        set_adapter_status(adapter, COMMON_ERP_FAILED)?;
        trace(adapter, tag, ErpType::Adapter, MARK_FAILED);
        return Ok(());
    }
    enqueue(adapter, ErpType::Adapter, &ErpObject::Adapter, tag, 0)
}

/// zfcp_erp_adapter_shutdown.
pub(crate) fn adapter_shutdown(adapter: &Rc<Adapter>, clear: u32, tag: &'static str) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_erp_adapter_shutdown");
    adapter_reopen(adapter, clear | COMMON_RUNNING | COMMON_ERP_FAILED, tag)
}

/// zfcp_erp_adapter_reset_sync.
pub(crate) async fn adapter_reset_sync(adapter: &Rc<Adapter>, tag: &'static str) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_erp_adapter_reset_sync");
    set_adapter_status(adapter, COMMON_RUNNING)?;
    adapter_reopen(adapter, COMMON_ERP_FAILED, tag)?;
    erp_wait(adapter).await;
    Ok(())
}

/// zfcp_erp_port_reopen.
pub(crate) fn port_reopen(adapter: &Rc<Adapter>, port: &Rc<Port>, clear: u32, tag: &'static str) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_erp_port_reopen");
    port_action(adapter, port, clear, ErpType::Port, tag)
}

/// zfcp_erp_port_shutdown.
pub(crate) fn port_shutdown(adapter: &Rc<Adapter>, port: &Rc<Port>, clear: u32, tag: &'static str) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_erp_port_shutdown");
    port_action(adapter, port, clear | COMMON_RUNNING | COMMON_ERP_FAILED, ErpType::Port, tag)
}

/// zfcp_erp_port_forced_reopen.
pub(crate) fn port_forced_reopen(adapter: &Rc<Adapter>, port: &Rc<Port>, clear: u32, tag: &'static str) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_erp_port_forced_reopen");
    port_action(adapter, port, clear, ErpType::PortForced, tag)
}

fn port_action(adapter: &Rc<Adapter>, port: &Rc<Port>, clear: u32, want: ErpType, tag: &'static str) -> Sim<()> {
    clear_port_status(adapter, port, COMMON_UNBLOCKED | clear)?;
    schedule_rport_block(port);
    if port.has(COMMON_ERP_FAILED) {
        if want == ErpType::Port {
            set_port_status(adapter, port, COMMON_ERP_FAILED)?;
        }
        trace(adapter, tag, want, MARK_FAILED);
        return Ok(());
    }
    enqueue(adapter, want, &ErpObject::Port(port.clone()), tag, 0)
}

/// zfcp_erp_lun_reopen.
pub(crate) fn lun_reopen(adapter: &Rc<Adapter>, lun: &Rc<Lun>, clear: u32, tag: &'static str) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_erp_lun_reopen");
    lun_action(adapter, lun, clear, tag, 0)
}

/// zfcp_erp_lun_shutdown_wait.
pub(crate) async fn lun_shutdown_wait(adapter: &Rc<Adapter>, lun: &Rc<Lun>, tag: &'static str) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_erp_lun_shutdown_wait");
    lun_action(adapter, lun, COMMON_RUNNING | COMMON_ERP_FAILED, tag, ACTION_NO_REF)?;
    erp_wait(adapter).await;
    Ok(())
}

fn lun_action(adapter: &Rc<Adapter>, lun: &Rc<Lun>, clear: u32, tag: &'static str, flags: u32) -> Sim<()> {
    clear_lun_status(lun, COMMON_UNBLOCKED | clear);
    if lun.has(COMMON_ERP_FAILED) {
        trace(adapter, tag, ErpType::Lun, MARK_FAILED);
        return Ok(());
    }
    enqueue(adapter, ErpType::Lun, &ErpObject::Lun(lun.clone()), tag, flags)
}

fn trace(adapter: &Adapter, tag: &'static str, want: ErpType, need: u8) {
    trace_beside(adapter, tag, want as u8, need);
}

/// Level of the recovery area's records: at level 0 nothing of them is kept.
const TRACE_LEVEL: u32 = 1;

/// A record of what is no recovery action, but belongs in its story: zfcp_dbf_rec_trig_lock.
pub(crate) fn trace_beside(adapter: &Adapter, tag: &'static str, wanted: u8, needed: u8) {
    if adapter.driver.module.borrow().dbflevel >= TRACE_LEVEL {
        adapter.kernel.trace(TraceRecord { device: adapter.device, tag: Tag::new(tag), wanted, needed });
    }
}

/// A remote port is added: wanted and needed of its record.
pub(crate) const RPORT_ADDED: u8 = 0xff;
/// A remote port is deleted.
pub(crate) const RPORT_DELETED: u8 = 0xfe;

/// zfcp_erp_port_forced_no_port_dbf: I/O is to be terminated at a remote port that the driver does not know any more.
pub(crate) fn trace_no_port(adapter: &Adapter, tag: &'static str) {
    trace(adapter, tag, ErpType::PortForced, MARK_NONE);
}

/// zfcp_erp_action_enqueue.
fn enqueue(adapter: &Rc<Adapter>, want: ErpType, object: &ErpObject, tag: &'static str, flags: u32) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_erp_action_enqueue");
    adapter.alive(Access::Write, "erp_lock")?;
    if !adapter.erp_thread.get() {
        trace(adapter, tag, want, MARK_NONE);
        return Ok(());
    }
    let port = match object {
        ErpObject::Port(port) => Some(port.clone()),
        ErpObject::Lun(lun) => lun.port(),
        ErpObject::Adapter => None,
    };
    let need = required(adapter, want, object, port.as_ref());
    if need == ErpType::None {
        trace(adapter, tag, want, ErpType::None as u8);
        return Ok(());
    }
    let target = match (need, object, port) {
        (ErpType::Lun, ErpObject::Lun(_), _) => object.clone(),
        (ErpType::Port | ErpType::PortForced, _, Some(port)) => ErpObject::Port(port),
        _ => ErpObject::Adapter,
    };
    if let ErpObject::Lun(lun) = &target {
        // A device that goes gives no reference any more.
        if flags & ACTION_NO_REF == 0 && !lun.is_live() {
            trace(adapter, tag, want, MARK_NONE | need as u8);
            return Ok(());
        }
    }
    match &target {
        ErpObject::Adapter => {
            adapter.get();
            dismiss_adapter(adapter)?;
        }
        ErpObject::Port(port) => {
            port.get();
            dismiss_port(adapter, port)?;
        }
        ErpObject::Lun(_) => {}
    }
    let status = target.status(adapter);
    status.set(status.get() | COMMON_ERP_INUSE);
    let action = target.action(adapter);
    action.kind.set(need);
    action.step.set(ErpStep::Uninitialized);
    action.fsf_req_id.set(0);
    let close_only = if status.get() & COMMON_RUNNING == 0 { ACTION_CLOSE_ONLY } else { 0 };
    action.status.set(close_only | if need == ErpType::Lun { flags } else { 0 });
    adapter.set(ADAPTER_ERP_PENDING);
    adapter.erp_total_count.set(adapter.erp_total_count.get() + 1);
    adapter.erp_ready.borrow_mut().push_back(target);
    adapter.erp_ready_wq.wake_all(&adapter.kernel);
    trace(adapter, tag, want, need as u8);
    Ok(())
}

/// zfcp_erp_required_act: each row falls through to the next.
fn required(adapter: &Adapter, want: ErpType, object: &ErpObject, port: Option<&Rc<Port>>) -> ErpType {
    let mut need = want;
    let mut row = want;
    loop {
        match row {
            ErpType::Lun => {
                let (ErpObject::Lun(lun), Some(port)) = (object, port) else { return ErpType::None };
                if lun.in_use() || !port.has(COMMON_RUNNING) || port.has(COMMON_ERP_FAILED) {
                    return ErpType::None;
                }
                if !port.has(COMMON_UNBLOCKED) {
                    need = ErpType::Port;
                }
                row = ErpType::PortForced;
            }
            ErpType::PortForced => {
                let Some(port) = port else { return ErpType::None };
                if !port.has(COMMON_OPEN) {
                    need = ErpType::Port;
                }
                row = ErpType::Port;
            }
            ErpType::Port => {
                let Some(port) = port else { return ErpType::None };
                if port.in_use() || !adapter.has(COMMON_RUNNING) || adapter.has(COMMON_ERP_FAILED) {
                    return ErpType::None;
                }
                if port.has(COMMON_NOESC) {
                    return need;
                }
                if !adapter.has(COMMON_UNBLOCKED) {
                    need = ErpType::Adapter;
                }
                row = ErpType::Adapter;
            }
            ErpType::Adapter => {
                if adapter.in_use() {
                    return ErpType::None;
                }
                if !adapter.has(COMMON_RUNNING) && !adapter.has(COMMON_OPEN) {
                    return ErpType::None;
                }
                return need;
            }
            ErpType::None => return ErpType::None,
        }
    }
}

/// zfcp_erp_action_dismiss_adapter.
fn dismiss_adapter(adapter: &Rc<Adapter>) -> Sim<()> {
    if adapter.in_use() {
        dismiss_action(adapter, &ErpObject::Adapter);
        return Ok(());
    }
    for port in adapter.ports() {
        dismiss_port(adapter, &port)?;
    }
    Ok(())
}

/// zfcp_erp_action_dismiss_port.
fn dismiss_port(adapter: &Rc<Adapter>, port: &Rc<Port>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_erp_action_dismiss_port");
    if port.in_use() {
        dismiss_action(adapter, &ErpObject::Port(port.clone()));
        return Ok(());
    }
    let host = adapter.shost(Access::Write, "host_lock")?;
    for lun in luns_of_port(&host, port) {
        if lun.in_use() {
            dismiss_action(adapter, &ErpObject::Lun(lun));
        }
    }
    Ok(())
}

/// Every LUN of a port is to be reopened (`ersfs_3`; driver.md 21).
pub(super) fn lun_reopen_all(adapter: &Rc<Adapter>, port: &Rc<Port>, clear: u32, tag: &'static str) -> Sim<()> {
    let _frame = adapter.kernel.enter("_zfcp_erp_lun_reopen_all");
    let host = adapter.shost(Access::Write, "host_lock")?;
    for lun in luns_of(&host) {
        if lun.port().is_some_and(|p| Rc::ptr_eq(&p, port)) {
            lun_action(adapter, &lun, clear, tag, 0)?;
        }
    }
    Ok(())
}
