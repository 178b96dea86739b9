//! Work items and work queues (driver.md U6).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use regdiff_kernel::{Kernel, Work, WorkQueue};
use regdiff_observation::TrapKind;
use regdiff_scenario::Context;

use crate::rig::{calm, kernel, run, trap};

type Story = Rc<RefCell<Vec<String>>>;

/// An item that says when it begins and ends, and takes so many µs.
fn item(kernel: &Rc<Kernel>, story: &Story, name: &'static str, us: u64) -> Rc<Work> {
    let (kernel, story) = (kernel.clone(), story.clone());
    Work::new(move || {
        let (kernel, story) = (kernel.clone(), story.clone());
        async move {
            story.borrow_mut().push(format!("{name} begins"));
            kernel.sleep_us(us).await;
            story.borrow_mut().push(format!("{name} ends"));
            Ok(())
        }
    })
}

fn setting() -> (Rc<Kernel>, Story) {
    (kernel(|_| {}), Story::default())
}

#[test]
fn an_ordered_queue_runs_one_at_a_time_and_a_concurrent_one_all() {
    for (ordered, expected) in
        [(true, ["a begins", "a ends", "b begins", "b ends"]), (false, ["a begins", "b begins", "b ends", "a ends"])]
    {
        let (kernel, story) = setting();
        let queue =
            if ordered { WorkQueue::ordered(Context::FcWq, 0) } else { WorkQueue::concurrent(Context::FcWq, 0) };
        let (a, b) = (item(&kernel, &story, "a", 9), item(&kernel, &story, "b", 1));
        assert!(kernel.queue_work(&queue, &a));
        assert!(!kernel.queue_work(&queue, &a), "it is pending");
        assert!(kernel.queue_work(&queue, &b));
        kernel.run();
        assert_eq!(*story.borrow(), expected);
        assert!(!queue.is_busy() && !a.is_busy());
    }
}

#[test]
fn an_item_queued_while_it_runs_runs_again_and_never_twice_at_once() {
    for queue in [WorkQueue::ordered(Context::FcWq, 0), WorkQueue::concurrent(Context::FcWq, 0)] {
        let (kernel, story) = setting();
        let work = item(&kernel, &story, "a", 5);
        let (k, q, w) = (kernel.clone(), queue.clone(), work.clone());
        calm(&kernel, async move {
            assert!(k.queue_work(&q, &w));
            k.sleep_us(1).await;
            assert!(!w.is_pending() && w.is_busy());
            assert!(k.queue_work(&q, &w));
            Ok(())
        });
        assert_eq!(*story.borrow(), ["a begins", "a ends", "a begins", "a ends"]);
    }
}

#[test]
fn flush_waits_for_what_is_queued_and_runs_delayed_items_at_once() {
    let (kernel, story) = setting();
    let queue = WorkQueue::ordered(Context::AdapterWq, 0);
    let (slow, work) = (item(&kernel, &story, "slow", 10), item(&kernel, &story, "a", 5));
    let k = kernel.clone();
    calm(&kernel, async move {
        k.flush_work(&work).await;
        assert_eq!(k.now_us(), 0, "an idle item is not waited for");
        k.queue_work(&queue, &slow);
        assert!(k.queue_delayed_work(&queue, &work, 1000));
        assert!(!k.queue_work(&queue, &work), "a delayed item is pending");
        k.flush_work(&work).await;
        assert_eq!(k.now_us(), 15);
        Ok(())
    });
    assert_eq!(*story.borrow(), ["slow begins", "slow ends", "a begins", "a ends"]);
}

#[test]
fn flush_does_not_wait_for_what_comes_later() {
    let (kernel, _) = setting();
    let queue = WorkQueue::ordered(Context::AdapterWq, 0);
    let runs = Rc::new(Cell::new(0));
    let again: Rc<RefCell<Option<Rc<Work>>>> = Rc::default();
    let work = Work::new({
        let (k, q, runs, again) = (kernel.clone(), queue.clone(), runs.clone(), again.clone());
        move || {
            let (k, q, runs, again) = (k.clone(), q.clone(), runs.clone(), again.clone());
            async move {
                k.sleep_us(1).await;
                runs.set(runs.get() + 1);
                let me = again.borrow().clone().filter(|_| runs.get() < 10);
                me.map(|me| k.queue_work(&q, &me));
                Ok(())
            }
        }
    });
    *again.borrow_mut() = Some(work.clone());
    let (k, counted, q) = (kernel.clone(), runs.clone(), queue.clone());
    calm(&kernel, async move {
        k.queue_work(&q, &work);
        k.flush_work(&work).await;
        assert_eq!(counted.get(), 1);
        k.flush_workqueue(&q).await;
        assert_eq!(counted.get(), 2);
        k.destroy_workqueue(&q).await;
        assert_eq!(counted.get(), 10, "what an item queues runs before its queue goes");
        Ok(())
    });
    again.take();
}

#[test]
fn cancelling_takes_back_what_waits_and_waits_for_what_runs() {
    let (kernel, story) = setting();
    let queue = WorkQueue::ordered(Context::AdapterWq, 0);
    let (a, b, c) = (item(&kernel, &story, "a", 5), item(&kernel, &story, "b", 5), item(&kernel, &story, "c", 5));
    let k = kernel.clone();
    calm(&kernel, async move {
        k.queue_work(&queue, &a);
        k.queue_work(&queue, &b);
        k.queue_background_work(&queue, &c, 1000);
        k.yield_turn().await;
        assert!(k.cancel_work_sync(&queue, &b).await);
        assert!(k.cancel_work_sync(&queue, &c).await);
        assert_eq!(k.now_us(), 0);
        assert!(!k.cancel_work_sync(&queue, &a).await);
        assert_eq!(k.now_us(), 5);
        assert!(k.queue_work(&queue, &b), "it can be queued again");
        Ok(())
    });
    assert_eq!(*story.borrow(), ["a begins", "a ends", "b begins", "b ends"]);
}

#[test]
fn cancelling_lets_go_who_flushes() {
    let (kernel, story) = setting();
    let queue = WorkQueue::ordered(Context::AdapterWq, 0);
    let (slow, work) = (item(&kernel, &story, "slow", 10), item(&kernel, &story, "a", 5));
    kernel.queue_work(&queue, &slow);
    kernel.queue_work(&queue, &work);
    let (k, w) = (kernel.clone(), work.clone());
    let flusher = kernel.spawn(Context::User, 0, async move {
        k.flush_work(&w).await;
        assert_eq!(k.now_us(), 1);
        Ok(())
    });
    let k = kernel.clone();
    calm(&kernel, async move {
        k.sleep_us(1).await;
        assert!(k.cancel_work(&queue, &work));
        Ok(())
    });
    assert!(!kernel.is_live(flusher));
    assert_eq!(*story.borrow(), ["slow begins", "slow ends"]);
}

#[test]
fn an_item_cannot_be_queued_while_it_is_cancelled() {
    let (kernel, story) = setting();
    let queue = WorkQueue::ordered(Context::AdapterWq, 0);
    let work = item(&kernel, &story, "a", 5);
    kernel.queue_work(&queue, &work);
    let (k, q, w) = (kernel.clone(), queue.clone(), work.clone());
    kernel.timer_us(2, false, Context::Timer, 0, move |k| {
        assert!(!k.queue_work(&q, &w));
        Ok(())
    });
    calm(&kernel, async move {
        k.sleep_us(1).await;
        k.cancel_work_sync(&queue, &work).await;
        assert!(!work.is_busy());
        Ok(())
    });
}

#[test]
fn work_for_a_destroyed_queue_is_a_use_after_free() {
    let (kernel, story) = setting();
    let queue = WorkQueue::ordered(Context::AdapterWq, 0);
    let work = item(&kernel, &story, "a", 5);
    let k = kernel.clone();
    let record = run(&kernel, async move {
        k.queue_background_work(&queue, &work, 1000);
        k.destroy_workqueue(&queue).await;
        assert!(queue.is_destroyed());
        k.wait_until_settled().await;
        Ok(())
    });
    assert_eq!(trap(&record).0, TrapKind::UseAfterFree);
    kernel.clear();
}

#[test]
fn a_worker_of_the_pool_takes_the_oldest_item_of_all_unbound_queues() {
    let switches = regdiff_kernel::Switches { real_turns: true, ..Default::default() };
    let watch = regdiff_observation::Watch::Everything;
    let (kernel, story) = (Kernel::new(Rc::default(), switches, watch), Story::default());
    let say = |story: &Story, what: &'static str| story.borrow_mut().push(what.to_owned());
    let (adapter, scsi) = (WorkQueue::ordered(Context::AdapterWq, 0), WorkQueue::ordered(Context::ScsiWq, 0));
    let s = story.clone();
    let scan = Work::new(move || {
        let s = s.clone();
        async move {
            say(&s, "scan");
            Ok(())
        }
    });
    let (k, q, s) = (kernel.clone(), scsi.clone(), story.clone());
    let first = Work::new(move || {
        let (k, q, s, scan) = (k.clone(), q.clone(), s.clone(), scan.clone());
        async move {
            say(&s, "first");
            k.spawn(Context::User, 0, {
                let s = s.clone();
                async move {
                    say(&s, "user");
                    Ok(())
                }
            });
            k.queue_work(&q, &scan);
            Ok(())
        }
    });
    let s = story.clone();
    let second = Work::new(move || {
        let s = s.clone();
        async move {
            say(&s, "second");
            Ok(())
        }
    });
    kernel.queue_work(&adapter, &first);
    kernel.queue_work(&adapter, &second);
    kernel.run();
    assert_eq!(
        *story.borrow(),
        ["first", "scan", "user", "second"],
        "the scan goes first, before who was woken earlier"
    );
}
