//! The driver, and its adapters (driver.md 1.1).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use regdiff_channel::{Channel, ConfigData, PortData};
use regdiff_kernel::scsi::ScsiHost;
use regdiff_kernel::{AttributeUsers, Kernel, Sim, WaitQueue, Work, WorkQueue};
use regdiff_observation::{Access, FcEvent};
use regdiff_scenario::module::Toggle;
use regdiff_scenario::{AdapterFeatures, Behaviours, ConnectionFeatures, Device, Module};

use crate::ccw::CcwDevice;
use crate::diag::Diagnostics;
use crate::erp::{ErpAction, ErpObject};
use crate::fault::DriverFault;
use crate::fc::WkaPort;
use crate::fence::{Fence, Fences};
use crate::fsf::FsfReq;
pub(crate) use crate::lun::{Lun, lun_of, luns_of, luns_of_port};
pub(crate) use crate::port::{Port, PortWorks, RportTask, Unit};

/// What all adapters of one machine share.
pub(crate) struct Driver {
    pub(crate) kernel: Rc<Kernel>,
    pub(crate) fences: Fences,
    pub(crate) fault: Option<DriverFault>,
    pub(crate) channel: RefCell<Channel>,
    /// Module parameters; some can be written at run time.
    pub(crate) module: RefCell<Module>,
}

impl Driver {
    /// Whether a fence is there, where it matters.
    pub(crate) fn fence(&self, fence: Fence) -> bool {
        !self.kernel.slipped(!self.fences.has(fence))
    }

    /// Whether a planted fault is armed, where it matters.
    pub(crate) fn slips(&self, fault: DriverFault) -> bool {
        self.kernel.slipped(self.fault == Some(fault))
    }

    /// A boolean module parameter as it is now. They are read here and nowhere else, so that a run tells which it read.
    pub(crate) fn toggle(&self, toggle: Toggle) -> bool {
        self.kernel.reads(toggle);
        toggle.get(&self.module.borrow())
    }
}

/// A zfcp adapter, with the kernel's field names.
pub(crate) struct Adapter {
    pub(crate) driver: Rc<Driver>,
    pub(crate) kernel: Rc<Kernel>,
    /// Index of the FCP device.
    pub(crate) device: u8,
    pub(crate) ccw: Weak<CcwDevice>,
    pub(crate) status: Cell<u32>,
    pub(crate) scsi_host: RefCell<Option<Rc<ScsiHost>>>,
    pub(crate) hydra_version: Cell<u32>,
    pub(crate) fsf_lic_version: Cell<u32>,
    pub(crate) hardware_version: Cell<u32>,
    pub(crate) adapter_features: Cell<AdapterFeatures>,
    pub(crate) connection_features: Cell<ConnectionFeatures>,
    pub(crate) peer_wwpn: Cell<u64>,
    pub(crate) peer_wwnn: Cell<u64>,
    pub(crate) peer_d_id: Cell<u32>,
    pub(crate) timer_ticks: Cell<u32>,
    pub(crate) stat_read_buf_num: Cell<u32>,
    pub(crate) stat_miss: Cell<u32>,
    pub(crate) fc_security_algorithms: Cell<u32>,
    pub(crate) max_sbale_per_req: Cell<u32>,
    pub(crate) req_no: Cell<u64>,
    pub(crate) req_list: RefCell<Vec<Rc<FsfReq>>>,
    /// Status reads the firmware holds.
    pub(crate) status_reads: Cell<u32>,
    /// Whoever waits for a free buffer of the request queue.
    pub(crate) req_q_wq: WaitQueue,
    /// How often there was none.
    pub(crate) req_q_full: Cell<u32>,
    /// Counts queue openings, so that answers of an earlier one are not mistaken for new ones.
    pub(crate) queue_epoch: Cell<u32>,
    pub(crate) erp_ready: RefCell<VecDeque<ErpObject>>,
    pub(crate) erp_running: RefCell<Vec<ErpObject>>,
    pub(crate) erp_action: ErpAction,
    pub(crate) erp_counter: Cell<u32>,
    pub(crate) erp_total_count: Cell<u32>,
    pub(crate) erp_low_mem_count: Cell<u32>,
    /// The recovery thread takes actions.
    pub(crate) erp_thread: Cell<bool>,
    pub(crate) erp_thread_stop: Cell<bool>,
    pub(crate) erp_thread_ended: Cell<bool>,
    /// erp_ready_wq.
    pub(crate) erp_ready_wq: WaitQueue,
    /// erp_done_wqh.
    pub(crate) erp_done_wqh: WaitQueue,
    pub(crate) port_list: RefCell<Vec<Rc<Port>>>,
    /// Ports that left the list: works and actions may still refer to them.
    pub(crate) unlisted: RefCell<Vec<Rc<Port>>>,
    pub(crate) gs: [WkaPort; 4],
    pub(crate) work_queue: RefCell<Option<Rc<WorkQueue>>>,
    /// Where delayed closes of well-known ports run before 6.1.
    pub(crate) system_wq: Rc<WorkQueue>,
    pub(crate) works: RefCell<Option<AdapterWorks>>,
    /// In ms.
    pub(crate) next_port_scan: Cell<u64>,
    pub(crate) events: RefCell<VecDeque<FcEvent>>,
    pub(crate) diagnostics: Diagnostics<ConfigData, PortData>,
    /// When FC statistics were reset, in s, and the counter shown at that time.
    pub(crate) stats_reset: Cell<Option<(u64, u64)>>,
    /// Users inside its attributes.
    pub(crate) users: AttributeUsers,
    pub(crate) service_level: Cell<bool>,
    pub(crate) attributes: Cell<bool>,
    /// ref, the driver's own count.
    pub(crate) references: Cell<u32>,
    /// Its memory is gone.
    pub(crate) released: Cell<bool>,
    pub(crate) myself: RefCell<Weak<Adapter>>,
}

/// The adapter's work items.
pub(crate) struct AdapterWorks {
    pub(crate) scan: Rc<Work>,
    pub(crate) stat: Rc<Work>,
    pub(crate) ns_up: Rc<Work>,
    pub(crate) events: Rc<Work>,
    pub(crate) version_change_lost: Rc<Work>,
}

impl Adapter {
    pub(crate) fn fence(&self, fence: Fence) -> bool {
        self.driver.fence(fence)
    }

    /// Whether a planted fault is armed, where it matters.
    pub(crate) fn slips(&self, fault: DriverFault) -> bool {
        self.driver.slips(fault)
    }

    pub(crate) fn behaves(&self, behaviour: Behaviours) -> bool {
        self.kernel.scenario.kernel.behaviours.has(behaviour)
    }

    pub(crate) fn model(&self) -> &Device {
        &self.kernel.scenario.devices[usize::from(self.device)]
    }

    pub(crate) fn myself(&self) -> Rc<Self> {
        self.myself.borrow().upgrade().expect("an adapter lives while it is used")
    }

    pub(crate) fn feature(&self, feature: AdapterFeatures) -> bool {
        self.adapter_features.get().has(feature)
    }

    /// Breaks the cycles between adapter, ports, host and devices once a run is over.
    pub(crate) fn dismantle(&self) {
        for port in self.port_list.take().into_iter().chain(self.unlisted.take()) {
            port.works.take();
            port.unit_list.take();
            port.rport.take();
        }
        self.req_list.take();
        self.erp_ready.take();
        self.erp_running.take();
        if let Some(host) = self.scsi_host.take() {
            for sdev in host.devices.take() {
                sdev.driver_data.take();
                sdev.disk.take();
            }
        }
    }

    pub(crate) fn no_shost(&self) -> bool {
        self.scsi_host.borrow().is_none()
    }

    /// The Scsi_Host, accessed without asking whether there is one (driver.md R2, 21).
    pub(crate) fn shost(&self, access: Access, field: &'static str) -> Sim<Rc<ScsiHost>> {
        self.alive(Access::Read, "scsi_host")?;
        match &*self.scsi_host.borrow() {
            Some(host) => {
                host.alive(access, field)?;
                Ok(host.clone())
            }
            None => Err(self.kernel.null_access(access, "Scsi_Host", field)),
        }
    }

    /// A field of the FC host's data, read without asking.
    pub(crate) fn fc_host<T>(
        &self,
        field: &'static str,
        read: impl FnOnce(&regdiff_kernel::scsi::FcHost) -> T,
    ) -> Sim<T> {
        let host = self.shost(Access::Read, field)?;
        Ok(read(host.fc_host(Access::Read, field)?))
    }

    /// Writes a field of the FC host's data, without asking.
    pub(crate) fn set_fc_host(
        &self,
        field: &'static str,
        write: impl FnOnce(&regdiff_kernel::scsi::FcHost),
    ) -> Sim<()> {
        let host = self.shost(Access::Write, field)?;
        write(host.fc_host(Access::Write, field)?);
        Ok(())
    }

    pub(crate) fn port_by_wwpn(&self, wwpn: u64) -> Option<Rc<Port>> {
        self.port_list.borrow().iter().find(|p| p.wwpn == wwpn).cloned()
    }

    /// Takes a port out of the list.
    pub(crate) fn unlist(&self, port: &Rc<Port>) {
        self.port_list.borrow_mut().retain(|p| !Rc::ptr_eq(p, port));
        self.unlisted.borrow_mut().push(port.clone());
    }

    /// Ports in list order.
    pub(crate) fn ports(&self) -> Vec<Rc<Port>> {
        self.port_list.borrow().clone()
    }

    pub(crate) fn work_queue(&self) -> Option<Rc<WorkQueue>> {
        self.work_queue.borrow().clone()
    }

    /// Queues one of the adapter's works; nothing happens once the queue is gone.
    pub(crate) fn queue(&self, pick: impl FnOnce(&AdapterWorks) -> &Rc<Work>) {
        if let (Some(queue), Some(works)) = (&*self.work_queue.borrow(), &*self.works.borrow()) {
            self.kernel.queue_work(queue, pick(works));
        }
    }
}
