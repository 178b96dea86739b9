//! Handles: the firmware's names for what a driver opened.

use crate::request::Service;

/// What a handle stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// A port, with its index if it is one of the device's.
    Port { port: Option<u8>, d_id: u32 },
    /// A fabric service.
    Wka(Service),
    /// A LUN, with its index if it is one of the port's.
    Lun { port_handle: u32, port: Option<u8>, lun: Option<u8>, fcp_lun: u64 },
}

/// The open handles of one device.
///
/// All kinds share one counter, so that a handle of the wrong kind is never a valid one. It goes on when the queues are
/// closed: a handle of an earlier session stays invalid.
#[derive(Clone, Debug)]
pub(crate) struct Handles {
    /// The handle of `open[0]`.
    base: u32,
    open: Vec<Option<Opened>>,
}

impl Handles {
    pub(crate) fn new() -> Self {
        Self { base: 1, open: Vec::new() }
    }

    /// A new handle.
    pub(crate) fn add(&mut self, opened: Opened) -> u32 {
        let handle = self.base.wrapping_add(self.open.len() as u32);
        self.open.push(Some(opened));
        handle
    }

    /// What `handle` stands for.
    pub(crate) fn get(&self, handle: u32) -> Option<Opened> {
        *self.open.get(handle.wrapping_sub(self.base) as usize)?
    }

    /// The handle of something open.
    pub(crate) fn find(&self, wanted: impl Fn(&Opened) -> bool) -> Option<u32> {
        let index = self.open.iter().position(|slot| slot.as_ref().is_some_and(&wanted))?;
        Some(self.base.wrapping_add(index as u32))
    }

    /// Closes one handle; a port's LUNs go with it.
    pub(crate) fn close(&mut self, handle: u32) {
        if let Some(Opened::Port { .. }) = self.get(handle) {
            self.close_luns(handle);
        }
        if let Some(slot) = self.open.get_mut(handle.wrapping_sub(self.base) as usize) {
            *slot = None;
        }
    }

    /// Closes all LUNs of a port.
    pub(crate) fn close_luns(&mut self, port: u32) {
        for slot in &mut self.open {
            if matches!(slot, Some(Opened::Lun { port_handle, .. }) if *port_handle == port) {
                *slot = None;
            }
        }
    }

    /// Closes everything.
    pub(crate) fn forget(&mut self) {
        self.base = self.base.wrapping_add(self.open.len() as u32);
        self.open.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORT: Opened = Opened::Port { port: Some(0), d_id: 7 };

    #[test]
    fn closing_a_port_closes_its_luns() {
        let mut handles = Handles::new();
        let port = handles.add(PORT);
        let other = handles.add(PORT);
        let lun = |port_handle| Opened::Lun { port_handle, port: Some(0), lun: None, fcp_lun: 0 };
        let mine = handles.add(lun(port));
        let kept = handles.add(lun(other));
        handles.close(port);
        assert_eq!(handles.get(port), None);
        assert_eq!(handles.get(mine), None);
        assert_eq!(handles.get(kept), Some(lun(other)));
    }

    #[test]
    fn handles_of_an_earlier_session_stay_invalid() {
        let mut handles = Handles::new();
        let old = handles.add(PORT);
        handles.forget();
        let new = handles.add(PORT);
        assert_ne!(old, new);
        assert_eq!(handles.get(old), None);
        assert_eq!(handles.get(new), Some(PORT));
        assert_eq!(handles.get(0), None);
    }
}
