//! After a run everything is freed, however it ended.

use std::any::Any;
use std::cell::RefCell;
use std::rc::{Rc, Weak};

use regdiff_kernel::scsi::{Cdb, Rport, ScsiDevice, fc_remote_port_delete, sd_read_write};
use regdiff_kernel::{Kernel, Sim};
use regdiff_scenario::{Context, Midlayer};

use crate::rig::Rig;

/// Port, device, and what the driver keeps in it.
type Noted = (Weak<Rport>, Weak<ScsiDevice>, Weak<dyn Any>);

/// Runs a test and tells what outlives it: kernel, host, port, device, and what the driver keeps in the device.
fn survivors<F: Future<Output = Sim<()>> + 'static>(test: impl FnOnce(Rc<Rig>) -> F + 'static) -> [bool; 5] {
    let rig = Rig::of(Midlayer::V5_7);
    let weak: Rc<RefCell<Option<Noted>>> = Rc::default();
    let noted = weak.clone();
    rig.with_disk(move |rig| async move {
        let data: Rc<dyn Any> = Rc::new(0_u8);
        *rig.sdev(0).driver_data.borrow_mut() = Some(data.clone());
        *noted.borrow_mut() =
            Some((Rc::downgrade(&rig.host.rports()[0]), Rc::downgrade(&rig.sdev(0)), Rc::downgrade(&data)));
        test(rig).await
    });
    rig.kernel.clear();
    rig.fake.answer.take();
    let (kernel, host): (Weak<Kernel>, _) = (Rc::downgrade(&rig.kernel), Rc::downgrade(&rig.host));
    drop(rig);
    let (rport, sdev, data) = weak.take().expect("the disk was there");
    [
        kernel.upgrade().is_some(),
        host.upgrade().is_some(),
        rport.upgrade().is_some(),
        sdev.upgrade().is_some(),
        data.upgrade().is_some(),
    ]
}

#[test]
fn at_rest_with_everything_online() {
    assert_eq!(survivors(|_| async { Ok(()) }), [false; 5]);
}

#[test]
fn with_a_lost_port() {
    let lost = |rig: Rc<Rig>| async move {
        fc_remote_port_delete(&rig.kernel, &rig.host.rports()[0]);
        rig.kernel.wait_until_settled().await;
        Ok(())
    };
    assert_eq!(survivors(lost), [false; 5]);
}

#[test]
fn in_the_middle_of_everything() {
    let busy = |rig: Rc<Rig>| async move {
        rig.fake.silent.set(true);
        for _ in 0..40 {
            let sdev = rig.sdev(0);
            rig.kernel.spawn(Context::User, 0, async move {
                sd_read_write(&sdev, Cdb::Read { lba: 0, blocks: 1 }).await.map(|_| ())
            });
        }
        rig.add_port(9).await?;
        rig.kernel.sleep_ms(1).await;
        fc_remote_port_delete(&rig.kernel, &rig.host.rports()[0]);
        Err(rig.kernel.unmodelled("the rest"))
    };
    assert_eq!(survivors(busy), [false; 5]);
}
