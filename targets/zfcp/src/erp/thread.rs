//! The recovery thread: takes actions, runs strategies, queues follow-ups (driver.md 6.4).

use std::rc::Rc;

use regdiff_kernel::{Oops, Sim};
use regdiff_observation::Access;
use regdiff_scenario::{Context, Point};

use super::finish::{cleanup, dequeue, follow_up_failed, follow_up_success, state_change_check, target_check, wakeup};
use super::strategy;
use super::{ACTION_DISMISSED, ACTION_LOWMEM, ACTION_TIMEDOUT, ErpObject, ErpResult, ErpStep, ErpType, adapter_reopen};
use crate::objects::Adapter;
use crate::reference::AdapterRef;
use crate::status::REQ_DISMISSED;

/// Time before an action without memory is tried again, in ms.
const MEMWAIT_MS: u64 = 1000;

/// zfcp_erp_thread.
pub(crate) async fn erp_thread(adapter: Rc<Adapter>) -> Sim<()> {
    let kernel = adapter.kernel.clone();
    let _frame = kernel.enter("zfcp_erp_thread");
    loop {
        adapter
            .erp_ready_wq
            .wait(&kernel, || adapter.erp_thread_stop.get() || !adapter.erp_ready.borrow().is_empty())
            .await;
        if adapter.erp_thread_stop.get() {
            break;
        }
        let head = adapter.erp_ready.borrow().front().cloned();
        let Some(object) = head else { continue };
        let result = erp_strategy(&adapter, &object).await?;
        adapter.alive(Access::Read, "erp_ready_head")?;
        if result != ErpResult::Dismissed {
            wakeup(&adapter);
        }
    }
    adapter.erp_thread_ended.set(true);
    adapter.erp_ready_wq.wake_all(&kernel);
    Ok(())
}

/// zfcp_erp_strategy: one action.
async fn erp_strategy(adapter: &Rc<Adapter>, object: &ErpObject) -> Sim<ErpResult> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_erp_strategy");
    let _reference = AdapterRef::of(adapter.clone());
    let action = object.action(adapter);
    check_request(adapter, object);
    if action.has(ACTION_DISMISSED) {
        dequeue(adapter, object);
        // Cleanup reads the type of an action that may have been set up anew by then.
        cleanup(adapter, object, ErpResult::Dismissed)?;
        return Ok(ErpResult::Dismissed);
    }
    let result = if action.has(ACTION_TIMEDOUT) {
        ErpResult::Failed
    } else {
        to_running(adapter, object);
        kernel.point(Point::ErpStrategy).await;
        let result = strategy::run(adapter, object).await?;
        kernel.point(Point::ErpStrategyDone).await;
        let result = if action.has(ACTION_DISMISSED) { ErpResult::Continues } else { result };
        match result {
            ErpResult::NoMem => {
                let result = no_memory(adapter, object)?;
                if result != ErpResult::Continues {
                    cleanup(adapter, object, result)?;
                }
                return Ok(result);
            }
            ErpResult::Continues => {
                if action.has(ACTION_LOWMEM) {
                    adapter.erp_low_mem_count.set(adapter.erp_low_mem_count.get().saturating_sub(1));
                    action.clear(ACTION_LOWMEM);
                }
                return Ok(result);
            }
            other => other,
        }
    };
    let checked = target_check(adapter, object, result)?;
    dequeue(adapter, object);
    let checked = state_change_check(adapter, object, checked)?;
    match checked {
        ErpResult::Succeeded => follow_up_success(adapter, object)?,
        ErpResult::Failed => follow_up_failed(adapter, object)?,
        _ => {}
    }
    cleanup(adapter, object, checked)?;
    Ok(checked)
}

/// zfcp_erp_strategy_check_fsfreq.
fn check_request(adapter: &Adapter, object: &ErpObject) {
    let action = object.action(adapter);
    let id = action.fsf_req_id.get();
    if id == 0 {
        return;
    }
    let request = adapter.req_list.borrow().iter().find(|r| r.id == id).cloned();
    let mine = request.filter(|r| r.erp.borrow().as_ref().is_some_and(|o| o.same(object)));
    match mine {
        Some(request) => {
            if action.has(ACTION_DISMISSED | ACTION_TIMEDOUT) {
                request.set(REQ_DISMISSED);
                request.erp.take();
            }
            if action.has(ACTION_TIMEDOUT) || request.has(REQ_DISMISSED) {
                action.fsf_req_id.set(0);
            }
        }
        None => action.fsf_req_id.set(0),
    }
}

fn no_memory(adapter: &Rc<Adapter>, object: &ErpObject) -> Sim<ErpResult> {
    let action = object.action(adapter);
    if !action.has(ACTION_LOWMEM) {
        adapter.erp_low_mem_count.set(adapter.erp_low_mem_count.get() + 1);
        action.set(ACTION_LOWMEM);
    }
    if adapter.erp_total_count.get() == adapter.erp_low_mem_count.get() {
        adapter_reopen(adapter, 0, "erstgy1")?;
        return Ok(ErpResult::NoMem);
    }
    let (weak, waiting) = (Rc::downgrade(adapter), object.clone());
    let timer = adapter.kernel.timer_us(
        adapter.kernel.timer_ms_in_us(MEMWAIT_MS),
        false,
        Context::Timer,
        adapter.device,
        move |_| {
            if let Some(adapter) = weak.upgrade() {
                erp_notify(&adapter, &waiting, 0);
            }
            Ok::<(), Oops>(())
        },
    );
    action.timer.set(Some(timer));
    Ok(ErpResult::Continues)
}

/// zfcp_erp_action_to_running.
pub(super) fn to_running(adapter: &Adapter, object: &ErpObject) {
    adapter.erp_ready.borrow_mut().retain(|o| !o.same(object));
    let mut running = adapter.erp_running.borrow_mut();
    if !running.iter().any(|o| o.same(object)) {
        running.push(object.clone());
    }
}

/// zfcp_erp_action_ready: to the head of the ready list.
pub(super) fn action_ready(adapter: &Adapter, object: &ErpObject) {
    adapter.erp_running.borrow_mut().retain(|o| !o.same(object));
    let mut ready = adapter.erp_ready.borrow_mut();
    ready.retain(|o| !o.same(object));
    ready.push_front(object.clone());
    drop(ready);
    adapter.erp_ready_wq.wake_all(&adapter.kernel);
}

fn is_running(adapter: &Adapter, object: &ErpObject) -> bool {
    adapter.erp_running.borrow().iter().any(|o| o.same(object))
}

/// zfcp_erp_action_dismiss.
pub(super) fn dismiss_action(adapter: &Adapter, object: &ErpObject) {
    object.action(adapter).set(ACTION_DISMISSED);
    if is_running(adapter, object) {
        action_ready(adapter, object);
    }
}

/// zfcp_erp_notify: a request is through, or a timer ran out.
pub(crate) fn erp_notify(adapter: &Adapter, object: &ErpObject, flags: u32) {
    if is_running(adapter, object) {
        object.action(adapter).set(flags);
        action_ready(adapter, object);
    }
}

/// zfcp_erp_timeout_handler: a request of recovery timed out.
pub(crate) fn erp_timeout(adapter: &Adapter, id: u64) {
    let request = adapter.req_list.borrow().iter().find(|r| r.id == id).cloned();
    let Some(request) = request else { return };
    if request.has(REQ_DISMISSED) {
        return;
    }
    let object = request.erp.borrow().clone();
    if let Some(object) = object {
        erp_notify(adapter, &object, ACTION_TIMEDOUT);
    }
}

/// Whether the action's strategy has begun: its step is past the first.
pub(super) fn has_begun(adapter: &Adapter, object: &ErpObject) -> bool {
    object.action(adapter).step.get() != ErpStep::Uninitialized
}

/// The type of an object's action.
pub(super) fn kind(adapter: &Adapter, object: &ErpObject) -> ErpType {
    object.action(adapter).kind.get()
}
