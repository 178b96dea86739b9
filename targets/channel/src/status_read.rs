//! Status read buffers: unsolicited status needs one to be delivered in (driver.md 14).

use std::collections::VecDeque;

use crate::status_event::StatusEvent;

/// Unsolicited statuses that the firmware keeps while no buffer is posted; those after them are lost.
pub const MAX_PENDING: usize = 16;

/// The posted buffers of one device and what waits for one.
#[derive(Clone, Debug, Default)]
pub(crate) struct StatusReads {
    open: bool,
    posted: u32,
    pending: VecDeque<StatusEvent>,
}

impl StatusReads {
    /// The queues are up, nothing is posted yet.
    pub(crate) fn open(&mut self) {
        *self = Self { open: true, ..Self::default() };
    }

    /// The queues are down: buffers and waiting statuses are gone.
    pub(crate) fn close(&mut self) {
        *self = Self::default();
    }

    /// A buffer is posted. Returns the oldest waiting status, which uses it up at once.
    pub(crate) fn post(&mut self) -> Option<StatusEvent> {
        let event = self.pending.pop_front();
        if event.is_none() {
            self.posted = self.posted.saturating_add(1);
        }
        event
    }

    /// A status arises. Returns it if a buffer takes it now.
    pub(crate) fn raise(&mut self, event: StatusEvent) -> Option<StatusEvent> {
        if self.posted > 0 {
            self.posted -= 1;
            return Some(event);
        }
        if self.open && self.pending.len() < MAX_PENDING {
            self.pending.push_back(event);
        }
        None
    }

    /// How many buffers are posted.
    pub(crate) fn posted(&self) -> u32 {
        self.posted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UP: StatusEvent = StatusEvent::LinkUp;

    #[test]
    fn a_posted_buffer_is_used_up() {
        let mut reads = StatusReads::default();
        reads.open();
        assert_eq!(reads.post(), None);
        assert_eq!(reads.raise(UP), Some(UP));
        assert_eq!(reads.posted(), 0);
        assert_eq!(reads.raise(UP), None);
        assert_eq!(reads.post(), Some(UP));
        assert_eq!(reads.posted(), 0, "the waiting status took it");
    }

    #[test]
    fn waiting_is_bounded_and_in_order() {
        let mut reads = StatusReads::default();
        reads.open();
        for version in 0..20 {
            assert_eq!(reads.raise(StatusEvent::VersionChange { version }), None);
        }
        let delivered: Vec<_> = std::iter::from_fn(|| reads.post()).collect();
        assert_eq!(delivered.len(), MAX_PENDING);
        assert_eq!(delivered[0], StatusEvent::VersionChange { version: 0 });
        assert_eq!(reads.posted(), 1, "the buffer that found nothing waits");
    }

    #[test]
    fn nothing_survives_a_close_or_reaches_a_closed_queue() {
        let mut reads = StatusReads::default();
        assert_eq!(reads.raise(UP), None);
        reads.open();
        assert_eq!(reads.post(), None, "what arose while closed is lost");
        reads.close();
        assert_eq!(reads.raise(UP), None);
        reads.open();
        assert_eq!(reads.raise(UP), None, "the buffer is gone too");
    }
}
