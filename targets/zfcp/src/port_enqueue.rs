//! Setting remote ports up, and taking them down (driver.md 1.3; zfcp_aux.c).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use regdiff_kernel::scsi::Errno;
use regdiff_kernel::{AttributeUsers, Sim, Work};
use regdiff_scenario::{Behaviours, FailPoint};

use crate::erp::ErpAction;
use crate::fc;
use crate::objects::{Adapter, Port, PortWorks, RportTask};
use crate::rport::scsi_rport_work;
use crate::status::COMMON_RUNNING;

/// zfcp_port_enqueue: duplicate names are refused.
pub(crate) fn port_enqueue(adapter: &Rc<Adapter>, wwpn: u64, status: u32, d_id: u32) -> Sim<Result<Rc<Port>, Errno>> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_port_enqueue");
    if adapter.port_by_wwpn(wwpn).is_some() {
        return Ok(Err(Errno::EEXIST));
    }
    if kernel.fails(adapter.device, FailPoint::PortAlloc) {
        return Ok(Err(Errno::ENOMEM));
    }
    if kernel.fails(adapter.device, FailPoint::PortSysfs) {
        if !adapter.behaves(Behaviours::PORT_SYSFS_REF_ONCE) {
            // Releasing the port dropped the reference that it had taken; this one is somebody else's.
            adapter.put();
        }
        return Ok(Err(Errno::EINVAL));
    }
    let port = Rc::new(Port {
        adapter: Rc::downgrade(adapter),
        status: Cell::new(status | COMMON_RUNNING),
        wwpn,
        wwnn: Cell::new(0),
        d_id: Cell::new(d_id),
        handle: Cell::new(0),
        erp_action: ErpAction::default(),
        erp_counter: Cell::new(0),
        rport: RefCell::default(),
        rport_task: Cell::new(RportTask::None),
        maxframe_size: Cell::new(0),
        supported_classes: Cell::new(0),
        connection_info: Cell::new(0),
        unit_list: RefCell::default(),
        being_removed: Cell::new(false),
        registered: Cell::new(true),
        users: AttributeUsers::default(),
        references: Cell::new(1),
        released: Cell::new(false),
        works: RefCell::default(),
    });
    macro_rules! work {
        ($function:expr) => {{
            let weak = Rc::downgrade(&port);
            Work::new(move || {
                let port = weak.upgrade();
                async move {
                    match port {
                        Some(port) => $function(&port).await,
                        None => Ok(()),
                    }
                }
            })
        }};
    }
    *port.works.borrow_mut() = Some(PortWorks {
        gid_pn: work!(fc::gid_pn_work),
        test_link: work!(fc::test_link_work),
        rport: work!(scsi_rport_work),
    });
    adapter.get();
    adapter.port_list.borrow_mut().push(port.clone());
    Ok(Ok(port))
}

/// device_unregister of a port: waits for users inside its attributes.
pub(crate) async fn port_unregister(adapter: &Adapter, port: &Port) {
    if port.registered.replace(false) {
        port.users.wait_until_left(&adapter.kernel).await;
        port.put();
    }
}
