//! Diagnostic buffers: the last response of both exchanges (driver.md 18).

use std::cell::{Cell, RefCell};

use regdiff_kernel::WaitQueue;

/// One cached response.
pub(crate) struct DiagBuffer<T> {
    pub(crate) data: RefCell<T>,
    pub(crate) incomplete: Cell<bool>,
    /// In µs; negative before the first response.
    pub(crate) timestamp: Cell<i64>,
    /// A reader asks the firmware for it.
    pub(crate) updating: Cell<bool>,
    pub(crate) updated: WaitQueue,
}

/// Both buffers and their age limit.
pub(crate) struct Diagnostics<C, P> {
    /// In ms.
    pub(crate) max_age: Cell<u32>,
    pub(crate) config: DiagBuffer<C>,
    pub(crate) port: DiagBuffer<P>,
}

/// Age limit of diagnostic data, in ms.
const MAX_AGE: u32 = 5000;

impl<C: Default, P: Default> Diagnostics<C, P> {
    /// Zeroed, and older than the limit.
    pub(crate) fn new(now_us: u64) -> Self {
        Self { max_age: Cell::new(MAX_AGE), config: DiagBuffer::new(now_us), port: DiagBuffer::new(now_us) }
    }

    /// Whether a buffer is too old to be shown.
    pub(crate) fn is_old<T>(&self, buffer: &DiagBuffer<T>, now_us: u64) -> bool {
        now_us as i64 - buffer.timestamp.get() >= i64::from(self.max_age.get()) * 1000
    }
}

impl<T: Default> DiagBuffer<T> {
    fn new(now_us: u64) -> Self {
        let age = i64::from(MAX_AGE) * 1000;
        Self {
            data: RefCell::default(),
            incomplete: Cell::new(false),
            timestamp: Cell::new(now_us as i64 - age),
            updating: Cell::new(false),
            updated: WaitQueue::default(),
        }
    }

    /// zfcp_diag_update_xdata.
    pub(crate) fn update(&self, data: T, incomplete: bool, now_us: u64) {
        if (now_us as i64) < self.timestamp.get() {
            return;
        }
        self.timestamp.set(now_us as i64);
        self.incomplete.set(incomplete);
        *self.data.borrow_mut() = data;
    }
}
