//! Unsolicited status (driver.md 14).

use std::rc::Rc;

use regdiff_channel::StatusEvent;
use regdiff_kernel::Sim;
use regdiff_observation::{Access, FcEvent, LogId};
use regdiff_scenario::module::Toggle;
use regdiff_scenario::step::IncomingElsKind;
use regdiff_scenario::{AdapterFeatures, Behaviours, Context, FailPoint};

use super::link_down::link_down_info_eval;
use super::request::next_id;
use crate::erp::{adapter_reopen, adapter_shutdown, port_forced_reopen, port_reopen, set_adapter_status};
use crate::fc;
use crate::objects::Adapter;
use crate::qdio;
use crate::status::{ADAPTER_LINK_UNPLUGGED, COMMON_ERP_FAILED, COMMON_RUNNING};

/// FC event codes (driver.md 13.6).
const EVENT_LINKUP: u8 = 2;
const EVENT_LINKDOWN: u8 = 3;
const EVENT_RSCN: u8 = 5;

/// zfcp_status_read_refill: false if not one status read could be posted.
pub(crate) async fn status_read_refill(adapter: &Rc<Adapter>) -> Sim<bool> {
    let _frame = adapter.kernel.enter("zfcp_status_read_refill");
    while adapter.stat_miss.get() > 0 {
        adapter.stat_miss.set(adapter.stat_miss.get() - 1);
        if !post(adapter).await? {
            adapter.stat_miss.set(adapter.stat_miss.get() + 1);
            if adapter.stat_miss.get() >= adapter.stat_read_buf_num.get() {
                adapter_reopen(adapter, 0, "axsref1")?;
                return Ok(false);
            }
            break;
        }
    }
    Ok(true)
}

/// zfcp_fsf_status_read.
async fn post(adapter: &Rc<Adapter>) -> Sim<bool> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_fsf_status_read");
    if qdio::sbal_get(adapter).await?.is_err() {
        return Ok(false);
    }
    if kernel.fails(adapter.device, FailPoint::StatusReadPost) {
        adapter_reopen(adapter, 0, "fsrs__1")?;
        return Ok(false);
    }
    next_id(adapter);
    adapter.status_reads.set(adapter.status_reads.get() + 1);
    let waiting = adapter.driver.channel.borrow_mut().post_status_read(adapter.device);
    if let Some(event) = waiting {
        status_read_response(adapter, event);
    }
    Ok(true)
}

/// The firmware fills a status read buffer; the response comes as an interrupt.
pub(crate) fn status_read_response(adapter: &Rc<Adapter>, event: StatusEvent) {
    let (weak, epoch) = (Rc::downgrade(adapter), adapter.queue_epoch.get());
    adapter.kernel.timer_us(0, false, Context::Response, adapter.device, move |kernel| match weak.upgrade() {
        Some(adapter) if adapter.queue_epoch.get() == epoch => {
            let _frame = kernel.enter("zfcp_fsf_reqid_check");
            adapter.alive(Access::Read, "req_list")?;
            status_read_handler(&adapter, event)?;
            adapter.status_reads.set(adapter.status_reads.get().saturating_sub(1));
            adapter.stat_miss.set(adapter.stat_miss.get() + 1);
            adapter.queue(|works| &works.stat);
            Ok(())
        }
        _ => Ok(()),
    });
}

/// zfcp_fsf_status_read_handler.
fn status_read_handler(adapter: &Rc<Adapter>, event: StatusEvent) -> Sim<()> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_fsf_status_read_handler");
    match event {
        StatusEvent::PortClosed { d_id } => {
            if let Some(port) = adapter.ports().into_iter().find(|p| p.d_id.get() == d_id) {
                port_reopen(adapter, &port, 0, "fssrpc1")?;
            }
            Ok(())
        }
        StatusEvent::IncomingEls { els: IncomingElsKind::Other, .. } | StatusEvent::SenseData => Ok(()),
        StatusEvent::IncomingEls { wwpn, .. } => match adapter.port_by_wwpn(wwpn) {
            Some(port) => port_forced_reopen(adapter, &port, 0, "fciwwp1"),
            None => Ok(()),
        },
        StatusEvent::Rscn { page } => incoming_rscn(adapter, page),
        StatusEvent::BitErrorThreshold => {
            if adapter.driver.toggle(Toggle::BerStop) {
                kernel.log(LogId::BerStop, adapter.device, 0);
                adapter_shutdown(adapter, 0, "fssrh_b")
            } else {
                kernel.log(LogId::Ber, adapter.device, 0);
                Ok(())
            }
        }
        StatusEvent::LinkDown { subtype, code } => {
            match subtype {
                0 | 1 => link_down_info_eval(adapter, Some(code))?,
                2 => link_down_info_eval(adapter, None)?,
                _ => {}
            }
            enqueue_event(adapter, EVENT_LINKDOWN, 0);
            Ok(())
        }
        StatusEvent::LinkUp => {
            kernel.log(LogId::LinkUp, adapter.device, 0);
            set_adapter_status(adapter, COMMON_RUNNING)?;
            adapter_reopen(adapter, ADAPTER_LINK_UNPLUGGED | COMMON_ERP_FAILED, "fssrh_2")?;
            enqueue_event(adapter, EVENT_LINKUP, 0);
            Ok(())
        }
        StatusEvent::NotificationLost { subtype } => {
            if subtype & 1 != 0 {
                fc::conditional_port_scan(adapter);
            }
            if subtype & 0x100 != 0 && adapter.behaves(Behaviours::VERSION_CHANGE) {
                adapter.queue(|works| &works.version_change_lost);
            }
            Ok(())
        }
        StatusEvent::FeatureUpdate { features } => {
            adapter.adapter_features.set(AdapterFeatures(features));
            Ok(())
        }
        StatusEvent::VersionChange { version } if adapter.behaves(Behaviours::VERSION_CHANGE) => {
            let _frame = kernel.enter("zfcp_fsf_status_read_version_change");
            adapter.fsf_lic_version.set(version);
            adapter.set_fc_host("firmware_version", |fc| fc.firmware_version.set(version.into()))
        }
        StatusEvent::VersionChange { .. } => Ok(()),
    }
}

fn incoming_rscn(adapter: &Rc<Adapter>, page: Option<regdiff_channel::RscnPage>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_fc_incoming_rscn");
    if let Some(page) = page {
        for port in adapter.ports() {
            if port.d_id.get() == 0 {
                port_reopen(adapter, &port, COMMON_ERP_FAILED, "fcrscn1")?;
            }
        }
        for port in adapter.ports() {
            if page.covers(port.d_id.get()) {
                fc::test_link(&port);
            }
        }
        enqueue_event(adapter, EVENT_RSCN, page.word());
    }
    fc::conditional_port_scan(adapter);
    Ok(())
}

/// zfcp_fc_enqueue_event.
fn enqueue_event(adapter: &Adapter, code: u8, data: u32) {
    if adapter.kernel.fails(adapter.device, FailPoint::EventAlloc) {
        return;
    }
    adapter.events.borrow_mut().push_back(FcEvent { device: adapter.device, code, data });
    adapter.queue(|works| &works.events);
}
