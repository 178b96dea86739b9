//! Status bits and how they travel from adapter to port to LUN (driver.md 6.2).

use std::rc::Rc;

use regdiff_kernel::Sim;
use regdiff_observation::Access;

use crate::fault::DriverFault;
use crate::fence::Fence;
use crate::objects::{Adapter, Lun, Port, luns_of, luns_of_port};
use crate::status::{COMMON_ERP_FAILED, COMMON_MASK};

/// zfcp_erp_set_adapter_status.
pub(crate) fn set_adapter_status(adapter: &Adapter, mask: u32) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_erp_set_adapter_status");
    adapter.alive(Access::Write, "status")?;
    let common = mask & COMMON_MASK;
    adapter.set(mask);
    if common == 0 {
        return Ok(());
    }
    for port in adapter.port_list.borrow().iter() {
        port.set(common);
    }
    if adapter.fence(Fence::SetAdapterStatus) && adapter.no_shost() {
        return Ok(());
    }
    let host = adapter.shost(Access::Write, "host_lock")?;
    for lun in luns_of(&host) {
        lun.set(common);
    }
    Ok(())
}

/// Whether attempts are counted anew: they are once the failed state is cleared.
fn clears_counter(adapter: &Adapter, mask: u32) -> bool {
    mask & COMMON_ERP_FAILED != 0 && !adapter.slips(DriverFault::CountsNotReset)
}

/// zfcp_erp_clear_adapter_status.
pub(crate) fn clear_adapter_status(adapter: &Adapter, mask: u32) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_erp_clear_adapter_status");
    adapter.alive(Access::Write, "status")?;
    let common = mask & COMMON_MASK;
    let clear_counter = clears_counter(adapter, mask);
    adapter.clear(mask);
    if common == 0 {
        return Ok(());
    }
    if clear_counter {
        adapter.erp_counter.set(0);
    }
    for port in adapter.port_list.borrow().iter() {
        port.clear(common);
        if clear_counter {
            port.erp_counter.set(0);
        }
    }
    if adapter.fence(Fence::ClearAdapterStatus) && adapter.no_shost() {
        return Ok(());
    }
    let host = adapter.shost(Access::Write, "host_lock")?;
    for lun in luns_of(&host) {
        clear_lun_status(&lun, common);
    }
    Ok(())
}

/// zfcp_erp_set_port_status.
pub(crate) fn set_port_status(adapter: &Adapter, port: &Rc<Port>, mask: u32) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_erp_set_port_status");
    let common = mask & COMMON_MASK;
    port.set(mask);
    if common == 0 {
        return Ok(());
    }
    let host = adapter.shost(Access::Write, "host_lock")?;
    for lun in luns_of_port(&host, port) {
        lun.set(common);
    }
    Ok(())
}

/// zfcp_erp_clear_port_status.
pub(crate) fn clear_port_status(adapter: &Adapter, port: &Rc<Port>, mask: u32) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_erp_clear_port_status");
    let common = mask & COMMON_MASK;
    port.clear(mask);
    if common == 0 {
        return Ok(());
    }
    if clears_counter(adapter, mask) {
        port.erp_counter.set(0);
    }
    let host = adapter.shost(Access::Write, "host_lock")?;
    for lun in luns_of_port(&host, port) {
        clear_lun_status(&lun, common);
    }
    Ok(())
}

/// zfcp_erp_set_lun_status.
pub(crate) fn set_lun_status(lun: &Lun, mask: u32) {
    lun.set(mask);
}

/// zfcp_erp_clear_lun_status.
pub(crate) fn clear_lun_status(lun: &Lun, mask: u32) {
    lun.clear(mask);
    if mask & COMMON_ERP_FAILED != 0 {
        lun.erp_counter.set(0);
    }
}
