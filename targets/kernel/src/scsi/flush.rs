//! The flush machinery: one flush request serves all flushes that wait for it (midlayer.md 6.4, 7).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::command::{Cdb, HostByte, ScsiResult};
use super::device::ScsiDevice;
use super::execute::{Kind, submit};
use crate::{Completion, Sim, WaitQueue};

/// Flushes that one flush request will serve.
#[derive(Default)]
struct Batch {
    result: RefCell<Option<ScsiResult>>,
    done: Completion,
}

/// Flushes of one queue.
#[derive(Default)]
pub(crate) struct Flushes {
    /// Those that came while another batch was under way.
    next: RefCell<Option<Rc<Batch>>>,
    busy: Cell<bool>,
    changed: WaitQueue,
}

/// blk_insert_flush: a bio that asks for a flush has an ordinary request object, and waits on it for the flush request.
pub(crate) async fn flush(sdev: &Rc<ScsiDevice>) -> Sim<ScsiResult> {
    let (host, kernel) = (&sdev.host, &sdev.host.kernel);
    let Some(carrier) = sdev.queue.allocate(host).await else {
        return Ok(ScsiResult::host(HostByte::NoConnect));
    };
    let flushes = &sdev.queue.flushes;
    let waiting = flushes.next.borrow().clone();
    let batch = match waiting {
        Some(batch) => {
            batch.done.wait(kernel).await;
            batch
        }
        None => {
            let batch = Rc::new(Batch::default());
            *flushes.next.borrow_mut() = Some(batch.clone());
            flushes.changed.wait(kernel, || !flushes.busy.get()).await;
            flushes.next.take();
            flushes.busy.set(true);
            let result = submit(sdev, Cdb::SynchronizeCache, Kind { flush: true, ..Kind::default() }).await?;
            flushes.busy.set(false);
            flushes.changed.wake_all(kernel);
            *batch.result.borrow_mut() = Some(result);
            batch.done.complete(kernel);
            batch
        }
    };
    sdev.queue.release(host, carrier);
    Ok(batch.result.borrow().clone().unwrap_or_default())
}
