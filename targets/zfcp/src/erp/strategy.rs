//! Strategies of ports and LUNs (driver.md 6.6 to 6.8).

use std::rc::Rc;

use regdiff_kernel::Sim;
use regdiff_kernel::scsi::port_type;

use super::adapter_open::adapter_strategy;
use super::status::set_port_status;
use super::{ACTION_CLOSE_ONLY, ErpObject, ErpResult, ErpStep, ErpType};
use crate::fsf::{self, Unsent};
use crate::objects::{Adapter, Lun, Port};
use crate::status::{COMMON_ACCESS_DENIED, COMMON_ERP_FAILED, COMMON_NOESC, COMMON_OPEN, PORT_PHYS_OPEN};

/// zfcp_erp_strategy_do_action.
pub(super) async fn run(adapter: &Rc<Adapter>, object: &ErpObject) -> Sim<ErpResult> {
    match (object.action(adapter).kind.get(), object) {
        (_, ErpObject::Adapter) => adapter_strategy(adapter).await,
        (ErpType::PortForced, ErpObject::Port(port)) => port_forced_strategy(adapter, port).await,
        (_, ErpObject::Port(port)) => port_strategy(adapter, port).await,
        (_, ErpObject::Lun(lun)) => lun_strategy(adapter, lun).await,
    }
}

/// What a step becomes once its request is out, or is not.
fn sent(action: &super::ErpAction, step: ErpStep, outcome: Result<(), Unsent>) -> ErpResult {
    match outcome {
        Ok(()) => {
            action.step.set(step);
            ErpResult::Continues
        }
        Err(Unsent::NoMemory) => ErpResult::NoMem,
        Err(Unsent::Io) => ErpResult::Failed,
    }
}

/// zfcp_erp_port_forced_strategy.
async fn port_forced_strategy(adapter: &Rc<Adapter>, port: &Rc<Port>) -> Sim<ErpResult> {
    let _frame = adapter.kernel.enter("zfcp_erp_port_forced_strategy");
    let action = &port.erp_action;
    Ok(match action.step.get() {
        ErpStep::Uninitialized if port.has(PORT_PHYS_OPEN) && port.has(COMMON_OPEN) => {
            sent(action, ErpStep::PhysPortClosing, fsf::close_physical_port(adapter, port).await?)
        }
        ErpStep::PhysPortClosing if !port.has(PORT_PHYS_OPEN) => ErpResult::Succeeded,
        _ => ErpResult::Failed,
    })
}

/// zfcp_erp_port_strategy.
async fn port_strategy(adapter: &Rc<Adapter>, port: &Rc<Port>) -> Sim<ErpResult> {
    let _frame = adapter.kernel.enter("zfcp_erp_port_strategy");
    let action = &port.erp_action;
    if !port.has(COMMON_NOESC) || port.has(COMMON_OPEN) {
        match action.step.get() {
            ErpStep::Uninitialized if port.has(COMMON_OPEN) => {
                return Ok(sent(action, ErpStep::PortClosing, fsf::close_port(adapter, port).await?));
            }
            ErpStep::PortClosing if port.has(COMMON_OPEN) => return Ok(ErpResult::Failed),
            _ => {}
        }
    }
    if action.has(ACTION_CLOSE_ONLY) {
        return Ok(ErpResult::Exit);
    }
    port_strategy_open(adapter, port).await
}

/// zfcp_erp_port_strategy_open_common.
async fn port_strategy_open(adapter: &Rc<Adapter>, port: &Rc<Port>) -> Sim<ErpResult> {
    let _frame = adapter.kernel.enter("zfcp_erp_port_strategy_open_common");
    let action = &port.erp_action;
    match action.step.get() {
        ErpStep::Uninitialized | ErpStep::PhysPortClosing | ErpStep::PortClosing => {
            if adapter.fc_host("port_type", |fc| fc.port_type.get())? == port_type::PTP {
                if port.wwpn != adapter.peer_wwpn.get() {
                    set_port_status(adapter, port, COMMON_ERP_FAILED)?;
                    return Ok(ErpResult::Failed);
                }
                port.d_id.set(adapter.peer_d_id.get());
            } else if port.d_id.get() == 0 {
                port.queue(|works| &works.gid_pn);
                return Ok(ErpResult::Exit);
            }
            Ok(sent(action, ErpStep::PortOpening, fsf::open_port(adapter, port).await?))
        }
        ErpStep::PortOpening => {
            if port.has(COMMON_OPEN) {
                if port.d_id.get() != 0 {
                    return Ok(ErpResult::Succeeded);
                }
                port.queue(|works| &works.gid_pn);
                return Ok(ErpResult::Exit);
            }
            if port.d_id.get() != 0 && !port.has(COMMON_NOESC) {
                port.d_id.set(0);
            }
            Ok(ErpResult::Failed)
        }
        _ => Ok(ErpResult::Failed),
    }
}

/// zfcp_erp_lun_strategy.
async fn lun_strategy(adapter: &Rc<Adapter>, lun: &Rc<Lun>) -> Sim<ErpResult> {
    let _frame = adapter.kernel.enter("zfcp_erp_lun_strategy");
    let action = &lun.erp_action;
    let Some(port) = lun.port() else { return Ok(ErpResult::Failed) };
    match action.step.get() {
        ErpStep::Uninitialized => {
            lun.clear(COMMON_ACCESS_DENIED);
            if lun.has(COMMON_OPEN) {
                return Ok(sent(action, ErpStep::LunClosing, fsf::close_lun(adapter, &port, lun).await?));
            }
        }
        ErpStep::LunClosing => {}
        ErpStep::LunOpening => {
            return Ok(if lun.has(COMMON_OPEN) { ErpResult::Succeeded } else { ErpResult::Failed });
        }
        _ => return Ok(ErpResult::Failed),
    }
    if lun.has(COMMON_OPEN) {
        return Ok(ErpResult::Failed);
    }
    if action.has(ACTION_CLOSE_ONLY) {
        return Ok(ErpResult::Exit);
    }
    Ok(sent(action, ErpStep::LunOpening, fsf::open_lun(adapter, &port, lun).await?))
}
