//! Users inside sysfs attributes: an object's attributes cannot go before everybody has left them.

use std::cell::Cell;
use std::rc::Rc;

use crate::{Kernel, WaitQueue};

/// Counts who is inside a show or store function of one object (kernfs: active references).
#[derive(Clone, Default)]
pub struct AttributeUsers(Rc<Inner>);

#[derive(Default)]
struct Inner {
    inside: Cell<u32>,
    left: WaitQueue,
}

/// A user inside an attribute; leaves it when this is dropped.
#[must_use]
pub struct AttributeUser(Rc<Inner>, Rc<Kernel>);

impl AttributeUsers {
    /// A user calls an attribute's function.
    pub fn enter(&self, kernel: &Rc<Kernel>) -> AttributeUser {
        self.0.inside.set(self.0.inside.get() + 1);
        AttributeUser(self.0.clone(), kernel.clone())
    }

    /// kernfs_drain(): waits until nobody is inside. Removing an object from inside of one of its own attributes must not
    /// come here.
    pub async fn wait_until_left(&self, kernel: &Kernel) {
        self.0.left.wait(kernel, || self.0.inside.get() == 0).await;
    }
}

impl Drop for AttributeUser {
    fn drop(&mut self) {
        self.0.inside.set(self.0.inside.get() - 1);
        self.0.left.wake_all(&self.1);
    }
}
