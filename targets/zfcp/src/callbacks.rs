//! The host template's callbacks (driver.md 15, 16; zfcp_scsi.c).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use regdiff_kernel::Sim;
use regdiff_kernel::scsi::{
    Callback, EhResult, Errno, HostByte, HostDriver, Queued, Rport, ScsiCommand, ScsiDevice, ScsiResult,
    change_queue_depth,
};
use regdiff_observation::Access;
use regdiff_scenario::ConnectionFeatures;
use regdiff_scenario::module::Toggle;

use crate::erp::{ErpAction, erp_wait, lun_reopen, lun_shutdown_wait, port_forced_reopen, trace_no_port};
use crate::fsf::{self, Task, Unsent};
use crate::objects::{Adapter, Lun, lun_of};
use crate::scsi_eh;
use crate::status::{COMMON_ERP_FAILED, COMMON_RUNNING, COMMON_UNBLOCKED};

impl HostDriver for Adapter {
    fn slave_alloc<'a>(&'a self, sdev: &'a Rc<ScsiDevice>) -> Callback<'a, Result<(), Errno>> {
        Box::pin(slave_alloc(self.myself(), sdev))
    }

    fn slave_configure(&self, sdev: &Rc<ScsiDevice>) -> Sim<()> {
        let _frame = self.kernel.enter("zfcp_scsi_slave_configure");
        // The depth parameter is sampled now.
        if sdev.tagged_supported.get() {
            change_queue_depth(sdev, self.driver.module.borrow().queue_depth);
        }
        Ok(())
    }

    fn slave_destroy<'a>(&'a self, sdev: &'a Rc<ScsiDevice>) -> Callback<'a, ()> {
        Box::pin(slave_destroy(self.myself(), sdev))
    }

    fn queuecommand(&self, command: &Rc<ScsiCommand>) -> Sim<Queued> {
        queuecommand(&self.myself(), command)
    }

    fn terminate_rport_io(&self, rport: &Rc<Rport>) -> Sim<()> {
        let _frame = self.kernel.enter("zfcp_scsi_terminate_rport_io");
        self.alive(Access::Read, "port_list")?;
        match self.port_by_wwpn(rport.wwpn.get()) {
            Some(port) => port_forced_reopen(&self.myself(), &port, 0, "sctrpi1"),
            None => {
                trace_no_port(self, "sctrpin");
                Ok(())
            }
        }
    }

    fn eh_abort_handler<'a>(&'a self, command: &'a Rc<ScsiCommand>) -> Callback<'a, EhResult> {
        Box::pin(scsi_eh::abort(self.myself(), command))
    }

    fn eh_device_reset_handler<'a>(&'a self, sdev: &'a Rc<ScsiDevice>) -> Callback<'a, EhResult> {
        Box::pin(scsi_eh::task_mgmt(self.myself(), sdev, Task::LunReset))
    }

    fn eh_target_reset_handler<'a>(&'a self, sdev: &'a Rc<ScsiDevice>) -> Callback<'a, EhResult> {
        Box::pin(scsi_eh::target_reset(self.myself(), sdev))
    }

    fn eh_host_reset_handler<'a>(&'a self, sdev: &'a Rc<ScsiDevice>) -> Callback<'a, EhResult> {
        Box::pin(scsi_eh::host_reset(self.myself(), sdev))
    }
}

/// zfcp_scsi_slave_alloc.
async fn slave_alloc(adapter: Rc<Adapter>, sdev: &Rc<ScsiDevice>) -> Sim<Result<(), Errno>> {
    let _frame = adapter.kernel.enter("zfcp_scsi_slave_alloc");
    adapter.alive(Access::Read, "port_list")?;
    let lun = Rc::new(Lun {
        sdev: Rc::downgrade(sdev),
        lun: sdev.lun,
        status: Cell::new(0),
        lun_handle: Cell::new(0),
        erp_action: ErpAction::default(),
        erp_counter: Cell::new(0),
        port: RefCell::default(),
    });
    *sdev.driver_data.borrow_mut() = Some(lun.clone());
    let Some(port) = adapter.port_by_wwpn(sdev.rport.wwpn.get()).filter(|p| !p.being_removed.get()) else {
        return Ok(Err(Errno::ENXIO));
    };
    let configured = port.unit_list.borrow().iter().any(|u| u.lun == sdev.lun);
    let npiv = adapter.connection_features.get().has(ConnectionFeatures::NPIV_MODE);
    let scanned = npiv && adapter.driver.toggle(Toggle::AllowLunScan);
    if !configured && !scanned {
        return Ok(Err(Errno::ENXIO));
    }
    port.get();
    *lun.port.borrow_mut() = Some(port);
    lun.set(COMMON_RUNNING);
    lun_reopen(&adapter, &lun, 0, "scsla_1")?;
    erp_wait(&adapter).await;
    Ok(Ok(()))
}

/// zfcp_scsi_slave_destroy.
async fn slave_destroy(adapter: Rc<Adapter>, sdev: &Rc<ScsiDevice>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_scsi_slave_destroy");
    let Some(lun) = lun_of(sdev).filter(|l| l.port.borrow().is_some()) else { return Ok(()) };
    lun_shutdown_wait(&adapter, &lun, "scssd_1").await?;
    if let Some(port) = lun.port() {
        port.put();
    }
    Ok(())
}

/// zfcp_scsi_queuecommand.
fn queuecommand(adapter: &Rc<Adapter>, command: &Rc<ScsiCommand>) -> Sim<Queued> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_scsi_queuecommand");
    let finish = |host| {
        command.done(kernel, ScsiResult::host(host));
        Ok(Queued::Accepted)
    };
    if let Some(refusal) = command.sdev.rport.chkready() {
        return finish(refusal);
    }
    let Some(lun) = lun_of(&command.sdev) else { return finish(HostByte::NoConnect) };
    let Some(port) = lun.port() else { return finish(HostByte::NoConnect) };
    if lun.has(COMMON_ERP_FAILED) && !port.has(COMMON_ERP_FAILED) {
        return finish(HostByte::Error);
    }
    if !lun.has(COMMON_UNBLOCKED) {
        return finish(HostByte::ImmRetry);
    }
    Ok(match fsf::fcp_cmnd(adapter, &port, &lun, command)? {
        Ok(()) => Queued::Accepted,
        Err(Unsent::Io | Unsent::NoMemory) => Queued::HostBusy,
    })
}
