//! The port scan (driver.md 13.2).

use std::rc::Rc;

use regdiff_channel::{Ct, CtPayload, CtResult, Request};
use regdiff_kernel::Sim;
use regdiff_kernel::scsi::port_type;
use regdiff_observation::LogId;
use regdiff_scenario::module::Toggle;
use regdiff_scenario::{FailPoint, Point};

use super::{DIRECTORY, wka_port_get, wka_port_put};
use crate::erp::{erp_wait, port_reopen, port_shutdown};
use crate::fault::DriverFault;
use crate::fsf;
use crate::objects::{Adapter, Port};
use crate::port_enqueue::{port_enqueue, port_unregister};
use crate::status::COMMON_NOESC;

/// First port id that is no port.
const WELL_KNOWN_BASE: u32 = 0xff_ff00;
/// Tries of GPN_FT.
const TRIES: u32 = 3;

/// How the answer of a scan was taken.
enum Evaluated {
    Again,
    Done,
}

/// zfcp_fc_conditional_port_scan.
pub(crate) fn conditional_port_scan(adapter: &Adapter) {
    if !adapter.driver.toggle(Toggle::NoAutoPortRescan) {
        queue_scan(adapter);
    }
}

/// zfcp_fc_inverse_conditional_port_scan.
pub(crate) fn inverse_conditional_port_scan(adapter: &Adapter) {
    if adapter.driver.toggle(Toggle::NoAutoPortRescan) {
        queue_scan(adapter);
    }
}

fn queue_scan(adapter: &Adapter) {
    let delay = scan_delay_ms(adapter);
    if let (Some(queue), Some(works)) = (adapter.work_queue(), &*adapter.works.borrow()) {
        adapter.kernel.queue_delayed_work(&queue, &works.scan, delay);
    }
}

/// The delay of an unforced scan.
fn scan_delay_ms(adapter: &Adapter) -> u64 {
    let module = adapter.driver.module.borrow();
    let ticks = |ms: u32| adapter.kernel.jiffies_ms(ms.into(), true);
    let cap = ticks(module.port_scan_ratelimit) + ticks(module.port_scan_backoff);
    adapter.next_port_scan.get().saturating_sub(now_ms(adapter)).min(cap)
}

/// jiffies, in ms.
fn now_ms(adapter: &Adapter) -> u64 {
    adapter.kernel.jiffies_ms(adapter.kernel.now_us() / 1000, false)
}

/// zfcp_fc_scan_ports: the scan work.
pub(crate) async fn scan_ports(adapter: &Rc<Adapter>) -> Sim<()> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_fc_scan_ports");
    kernel.point(Point::ScanStart).await;
    let (ratelimit, backoff) = {
        let module = adapter.driver.module.borrow();
        (module.port_scan_ratelimit, module.port_scan_backoff)
    };
    let spread = kernel.draw(Point::DrawScanBackoff, backoff);
    let ticks = |ms: u32| kernel.jiffies_ms(ms.into(), true);
    adapter.next_port_scan.set(now_ms(adapter) + ticks(ratelimit) + ticks(spread));
    let kind = adapter.fc_host("port_type", |fc| fc.port_type.get())?;
    if kind != port_type::NPORT && kind != port_type::NPIV {
        return Ok(());
    }
    if !wka_port_get(adapter, DIRECTORY).await? {
        return Ok(());
    }
    kernel.point(Point::ScanDirectory).await;
    if !kernel.fails(adapter.device, FailPoint::GpnFtBuffers) {
        for _ in 0..TRIES {
            let Ok(answer) = fsf::send_ct(adapter, Request::GpnFt).await? else { continue };
            kernel.point(Point::ScanAnswered).await;
            match eval_gpn_ft(adapter, answer).await? {
                Evaluated::Again => kernel.sleep_ms(1000).await,
                Evaluated::Done => break,
            }
        }
    }
    wka_port_put(adapter, DIRECTORY);
    Ok(())
}

/// zfcp_fc_eval_gpn_ft.
async fn eval_gpn_ft(adapter: &Rc<Adapter>, answer: Option<Ct>) -> Sim<Evaluated> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_fc_eval_gpn_ft");
    let Some(ct) = answer else { return Ok(Evaluated::Done) };
    match ct.result {
        CtResult::RejectedUnable => return Ok(Evaluated::Again),
        CtResult::RejectedOther | CtResult::Bad => return Ok(Evaluated::Done),
        CtResult::Accepted => {}
    }
    if ct.residual > 0 {
        kernel.log(LogId::NsResidual, adapter.device, ct.residual.into());
        return Ok(Evaluated::Done);
    }
    let CtPayload::GpnFt(entries) = ct.payload else { return Ok(Evaluated::Done) };
    for entry in entries {
        let mine = adapter.fc_host("port_name", |fc| fc.port_name.get())?;
        if entry.d_id < WELL_KNOWN_BASE
            && entry.wwpn != mine
            && let Ok(port) = port_enqueue(adapter, entry.wwpn, COMMON_NOESC, entry.d_id)?
        {
            port_reopen(adapter, &port, 0, "fcegpf1")?;
        }
        if entry.last {
            break;
        }
    }
    if !adapter.slips(DriverFault::ScanWithoutWait) {
        erp_wait(adapter).await;
    }
    kernel.point(Point::ScanRecovered).await;
    let useless: Vec<_> = adapter.ports().into_iter().filter(|port| !is_worth_keeping(port)).collect();
    for port in &useless {
        adapter.unlist(port);
    }
    for port in &useless {
        port_shutdown(adapter, port, 0, "fcegpf2")?;
        port_unregister(adapter, port).await;
    }
    Ok(Evaluated::Done)
}

/// zfcp_fc_validate_port: of the ports that this scan found, those that logged in or are configured stay.
fn is_worth_keeping(port: &Port) -> bool {
    if !port.has(COMMON_NOESC) {
        return true;
    }
    port.clear(COMMON_NOESC);
    port.supported_classes.get() != 0 || !port.unit_list.borrow().is_empty()
}
