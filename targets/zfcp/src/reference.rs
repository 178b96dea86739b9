//! References to adapters and ports, and what happens when one is dropped twice (driver.md 1.1, 4.4, 25).
//!
//! Rust keeps everything alive that is used; these counts are the driver's own. An adapter whose count reaches zero too early
//! is freed under the objects that belong to it: from then on every use of it is a trap. References that last no longer than
//! one step of the model are left out, and so are those that a port's works hold.
//!
//! Cleanup of a port's action runs twice if memory is short for all actions (driver.md 6.4 step 5, 6.11): once with NOMEM, and
//! again when the adapter's reopen has dismissed the action. That drops the port's reference twice, and real kernels free the port
//! too early (FINDINGS.md 21). No port is treated as freed for that here yet.

use std::ops::Deref;
use std::rc::Rc;

use regdiff_kernel::Sim;
use regdiff_observation::Access;

use crate::ccw::CcwDevice;
use crate::objects::{Adapter, Port};

/// An adapter found by its ccw device (zfcp_ccw_adapter_by_cdev); the reference is dropped with this.
#[must_use]
pub(crate) struct AdapterRef(Rc<Adapter>);

impl AdapterRef {
    pub(crate) fn of(adapter: Rc<Adapter>) -> Self {
        adapter.get();
        Self(adapter)
    }
}

impl Deref for AdapterRef {
    type Target = Rc<Adapter>;

    fn deref(&self) -> &Rc<Adapter> {
        &self.0
    }
}

impl Drop for AdapterRef {
    fn drop(&mut self) {
        self.0.put();
    }
}

impl CcwDevice {
    /// The adapter, with a reference.
    pub(crate) fn look_up(&self) -> Option<AdapterRef> {
        self.adapter().map(AdapterRef::of)
    }
}

impl Adapter {
    /// kref_get.
    pub(crate) fn get(&self) {
        self.references.set(self.references.get() + 1);
    }

    /// zfcp_ccw_adapter_put. The last reference frees the adapter; its host, ports and attributes do not go with it.
    pub(crate) fn put(&self) {
        self.references.set(self.references.get().saturating_sub(1));
        if self.references.get() > 0 || self.released.replace(true) {
            return;
        }
        if let Some(ccw) = self.ccw.upgrade() {
            let freed = ccw.adapter.take();
            *ccw.orphan.borrow_mut() = freed;
        }
    }

    /// Traps if the adapter's memory is gone.
    pub(crate) fn alive(&self, access: Access, field: &'static str) -> Sim<()> {
        if self.released.get() { Err(self.kernel.use_after_free(access, "zfcp_adapter", field)) } else { Ok(()) }
    }
}

impl Port {
    /// get_device of a port.
    pub(crate) fn get(&self) {
        self.references.set(self.references.get() + 1);
    }

    /// put_device of a port: the last reference drops the one that the port holds of its adapter (zfcp_port_release).
    pub(crate) fn put(&self) {
        self.references.set(self.references.get().saturating_sub(1));
        if self.references.get() == 0
            && !self.released.replace(true)
            && let Some(adapter) = self.adapter()
        {
            adapter.put();
        }
    }
}
