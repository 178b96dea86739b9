//! Registering and unregistering the Scsi_Host, and what is redone then (driver.md 5, 19).

use std::rc::{Rc, Weak};

use regdiff_kernel::Sim;
use regdiff_kernel::scsi::{
    Errno, HostDriver, HostTemplate, fc_remove_host, scsi_add_host, scsi_host_alloc, scsi_host_put, scsi_remove_host,
};
use regdiff_observation::{Access, LogId};
use regdiff_scenario::{AdapterFeatures, Point};

use crate::fault::DriverFault;
use crate::fence::Fence;
use crate::fsf;
use crate::host_update::{set_prot, shost_update_config_data, write_port_data};
use crate::objects::Adapter;
use crate::qdio;

/// The driver's host template (driver.md 16.1).
const TEMPLATE: HostTemplate =
    HostTemplate { can_queue: 4096, sg_tablesize: 538, sg_prot_tablesize: 0, max_sectors: 4304 };

/// zfcp_scsi_adapter_register. EEXIST: the host was there already.
pub(crate) async fn adapter_register(adapter: &Rc<Adapter>) -> Sim<Result<(), Errno>> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_scsi_adapter_register");
    if !adapter.no_shost() {
        return Ok(if adapter.fence(Fence::RegisterOnce) { Err(Errno::EEXIST) } else { Ok(()) });
    }
    let driver: Weak<dyn HostDriver> = Rc::<Adapter>::downgrade(adapter);
    let Some(host) = scsi_host_alloc(kernel, adapter.device, TEMPLATE, driver) else {
        kernel.log(LogId::HostRegFailed, adapter.device, 0);
        return Ok(Err(Errno::EIO));
    };
    host.max_lun.set(0xffff_ffff);
    host.unique_id.set(0x1900 + u32::from(adapter.device));
    *adapter.scsi_host.borrow_mut() = Some(host.clone());
    kernel.point(Point::HostAllocated).await;
    if adapter.fence(Fence::LimitsBeforeAdd) {
        qdio::shost_update(adapter)?;
    }
    if adapter.fence(Fence::ProtBeforeAdd) {
        set_prot(adapter)?;
    }
    if scsi_add_host(&host).await?.is_err() {
        scsi_host_put(&host)?;
        if adapter.fence(Fence::NoStalePointer) {
            adapter.scsi_host.take();
            kernel.log(LogId::HostRegFailed, adapter.device, 0);
        }
        return Ok(Err(Errno::EIO));
    }
    kernel.point(Point::HostAdded).await;
    Ok(Ok(()))
}

/// zfcp_scsi_adapter_unregister.
pub(crate) async fn adapter_unregister(adapter: &Rc<Adapter>) -> Sim<()> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_scsi_adapter_unregister");
    if adapter.fence(Fence::UnregisterChecks) && adapter.no_shost() {
        return Ok(());
    }
    for port in adapter.ports() {
        port.rport.take();
    }
    if adapter.no_shost() {
        let _frame = kernel.enter("fc_remove_host");
        return Err(kernel.null_access(Access::Read, "Scsi_Host", "shost_data"));
    }
    let host = adapter.shost(Access::Read, "shost_data")?;
    fc_remove_host(&host).await?;
    scsi_remove_host(&host).await?;
    scsi_host_put(&host)?;
    adapter.scsi_host.take();
    kernel.point(Point::UnregisterHost).await;
    Ok(())
}

/// zfcp_erp_adapter_strategy_alloc_shost: row 5 of every open. False: the open fails.
pub(crate) async fn alloc_shost(adapter: &Rc<Adapter>) -> Sim<bool> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_erp_adapter_strategy_alloc_shost");
    match adapter_register(adapter).await? {
        Err(Errno::EEXIST) => return Ok(true),
        Err(_) => return Ok(false),
        Ok(()) => {}
    }
    // Each step looks at the buffers anew: once the host is visible its readers can refresh them in between.
    let cached = &adapter.diagnostics.config;
    if adapter.fence(Fence::RedoConfig) {
        let config = *cached.data.borrow();
        shost_update_config_data(adapter, &config, cached.incomplete.get(), Fence::ConfigDataGood)?;
    }
    kernel.point(Point::RedoConfig).await;
    let too_early = adapter.slips(DriverFault::RedoLinkDownFirst);
    if too_early && cached.incomplete.get() {
        fsf::fc_host_link_down(adapter)?;
    }
    if adapter.fence(Fence::RedoPort) && adapter.feature(AdapterFeatures::HBAAPI_MANAGEMENT) {
        let port = *adapter.diagnostics.port.data.borrow();
        let _frame = kernel.enter("zfcp_scsi_shost_update_port_data");
        write_port_data(adapter, &port)?;
    }
    kernel.point(Point::RedoPort).await;
    if adapter.fence(Fence::RedoLinkDown) && !too_early && cached.incomplete.get() {
        fsf::fc_host_link_down(adapter)?;
        kernel.point(Point::RedoLinkDown).await;
    }
    Ok(true)
}
