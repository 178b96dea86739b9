//! GID_PN, link test, symbolic name and FC events (driver.md 13.3 to 13.6).

use std::rc::Rc;

use regdiff_channel::{AdiscData, Ct, CtPayload, CtResult, Request};
use regdiff_kernel::Sim;
use regdiff_kernel::scsi::port_type;
use regdiff_observation::Access;
use regdiff_scenario::{Behaviours, FailPoint};

use super::{DIRECTORY, wka_port_get, wka_port_put};
use crate::erp::{adapter_reopen, port_forced_reopen, port_reopen, set_port_status};
use crate::fsf;
use crate::objects::{Adapter, Port, RportTask};
use crate::rport::{schedule_rport_register, scsi_rport_work};
use crate::status::{COMMON_ERP_FAILED, COMMON_OPEN, PORT_LINK_TEST};

/// The symbolic name carries bus id and node name; as a number it is this over the fabric's name.
const DEVNO: u64 = 1 << 32;

/// zfcp_fc_port_did_lookup: the port id of a port by its name.
pub(crate) async fn gid_pn_work(port: &Rc<Port>) -> Sim<()> {
    let Some(adapter) = port.adapter() else { return Ok(()) };
    let _frame = adapter.kernel.enter("zfcp_fc_port_did_lookup");
    if adapter.kernel.fails(adapter.device, FailPoint::GidPnRequest) {
        return adapter_reopen(&adapter, 0, "fcgpn_1");
    }
    if !wka_port_get(&adapter, DIRECTORY).await? {
        return adapter_reopen(&adapter, 0, "fcgpn_1");
    }
    let answer = fsf::send_ct(&adapter, Request::GidPn { wwpn: port.wwpn }).await?;
    wka_port_put(&adapter, DIRECTORY);
    let Ok(answer) = answer else { return adapter_reopen(&adapter, 0, "fcgpn_1") };
    // No usable answer is one that found nothing.
    if let Some(Ct { result: CtResult::Accepted, payload: CtPayload::GidPn { d_id }, .. }) = answer {
        port.d_id.set(d_id);
    }
    if port.d_id.get() == 0 {
        return set_port_status(&adapter, port, COMMON_ERP_FAILED);
    }
    port_reopen(&adapter, port, 0, "fcgpn_3")
}

/// zfcp_fc_test_link.
pub(crate) fn test_link(port: &Port) {
    port.queue(|works| &works.test_link);
}

/// zfcp_fc_link_test_work: sends an ADISC, whose answer is judged when it comes.
pub(crate) async fn test_link_work(port: &Rc<Port>) -> Sim<()> {
    let Some(adapter) = port.adapter() else { return Ok(()) };
    let _frame = adapter.kernel.enter("zfcp_fc_link_test_work");
    if !adapter.behaves(Behaviours::LINK_TEST_UNBLOCKED) {
        port.rport_task.set(RportTask::Del);
        scsi_rport_work(port).await?;
    }
    if port.has(PORT_LINK_TEST) {
        return Ok(());
    }
    port.set(PORT_LINK_TEST);
    if adisc(&adapter, port).await?.is_err() {
        port.clear(PORT_LINK_TEST);
        return port_forced_reopen(&adapter, port, 0, "fcltwk1");
    }
    Ok(())
}

/// zfcp_fc_adisc.
async fn adisc(adapter: &Rc<Adapter>, port: &Rc<Port>) -> Sim<Result<(), fsf::Unsent>> {
    let _frame = adapter.kernel.enter("zfcp_fc_adisc");
    if adapter.kernel.fails(adapter.device, FailPoint::LinkTestRequest) {
        return Ok(Err(fsf::Unsent::NoMemory));
    }
    adapter.fc_host("port_name", |fc| fc.port_name.get())?;
    let d_id = port.d_id.get();
    if adapter.behaves(Behaviours::LINK_TEST_UNBLOCKED) {
        port.d_id.set(0);
    }
    fsf::send_adisc(adapter, port, d_id).await
}

/// zfcp_fc_adisc_handler; None: the ELS failed.
pub(crate) fn adisc_handler(adapter: &Rc<Adapter>, port: &Rc<Port>, answer: Option<AdiscData>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_fc_adisc_handler");
    match answer {
        None => port_forced_reopen(adapter, port, COMMON_ERP_FAILED, "fcadh_1")?,
        Some(adisc) if adisc.wwpn != port.wwpn || !port.has(COMMON_OPEN) => {
            port_reopen(adapter, port, COMMON_ERP_FAILED, "fcadh_2")?;
        }
        Some(adisc) if adapter.behaves(Behaviours::LINK_TEST_UNBLOCKED) => port.d_id.set(adisc.d_id),
        Some(_) => schedule_rport_register(port),
    }
    port.clear(PORT_LINK_TEST);
    Ok(())
}

/// zfcp_fc_sym_name_update.
pub(crate) async fn ns_up_work(adapter: &Rc<Adapter>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_fc_sym_name_update");
    let kind = adapter.fc_host("port_type", |fc| fc.port_type.get())?;
    if kind != port_type::NPORT && kind != port_type::NPIV {
        return Ok(());
    }
    if adapter.kernel.fails(adapter.device, FailPoint::SymbolicNameRequest) {
        return Ok(());
    }
    if !wka_port_get(adapter, DIRECTORY).await? {
        return Ok(());
    }
    let d_id = adapter.fc_host("port_id", |fc| fc.port_id.get())?;
    if let Ok(Some(ct)) = fsf::send_ct(adapter, Request::GspnId { d_id }).await? {
        // Whether the name server accepted is not looked at: of one that did not, the name is empty.
        let theirs = match (ct.result, ct.payload) {
            (CtResult::Accepted, CtPayload::GspnId { carries_devno: true }) => 1 | DEVNO,
            (CtResult::Accepted, CtPayload::GspnId { .. }) => 1,
            _ => 0,
        };
        let npiv = adapter.fc_host("port_type", |fc| fc.port_type.get())? == port_type::NPIV;
        let name = if npiv { 1 | DEVNO } else { theirs };
        adapter.set_fc_host("symbolic_name", |fc| fc.symbolic_name.set(name))?;
        if npiv {
            // Whether the name server took it changes nothing here.
            let _ = fsf::send_ct(adapter, Request::RspnId).await?;
        }
    }
    wka_port_put(adapter, DIRECTORY);
    Ok(())
}

/// zfcp_fc_post_event.
pub(crate) fn post_events_work(adapter: &Rc<Adapter>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_fc_post_event");
    loop {
        let next = adapter.events.borrow_mut().pop_front();
        let Some(event) = next else { return Ok(()) };
        adapter.shost(Access::Read, "host_no")?;
        adapter.kernel.fc_event(event);
    }
}
