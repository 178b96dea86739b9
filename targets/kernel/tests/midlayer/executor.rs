//! Tasks, time and timers.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use regdiff_kernel::{Kernel, MAX_TURNS, Mutex, WaitQueue};
use regdiff_observation::{End, Limit};
use regdiff_scenario::Context;

use crate::rig::{calm, kernel, run};

/// What happened, in order.
type Story = Rc<RefCell<Vec<&'static str>>>;

fn tell(story: &Story, word: &'static str) {
    story.borrow_mut().push(word);
}

fn setting() -> (Rc<Kernel>, Story) {
    (kernel(|_| {}), Story::default())
}

#[test]
fn first_in_first_out_and_yields_go_to_the_end() {
    let (kernel, story) = setting();
    for name in [["a1", "a2"], ["b1", "b2"]] {
        let (k, s) = (kernel.clone(), story.clone());
        kernel.spawn(Context::Erp, 0, async move {
            tell(&s, name[0]);
            k.yield_turn().await;
            tell(&s, name[1]);
            Ok(())
        });
    }
    let s = story.clone();
    kernel.spawn_next(Context::Erp, 0, async move {
        tell(&s, "first");
        Ok(())
    });
    kernel.run();
    assert_eq!(*story.borrow(), ["first", "a1", "b1", "a2", "b2"]);
}

#[test]
fn the_idle_run_when_nothing_else_can_without_time_passing() {
    let (kernel, story) = setting();
    let (k, s) = (kernel.clone(), story.clone());
    calm(&kernel, async move {
        let (k2, s2) = (k.clone(), s.clone());
        k.spawn(Context::Erp, 0, async move {
            for _ in 0..3 {
                k2.yield_turn().await;
            }
            tell(&s2, "busy");
            k2.sleep_us(1).await;
            tell(&s2, "later");
            Ok(())
        });
        k.yield_until_idle().await;
        tell(&s, "idle");
        assert_eq!(k.now_us(), 0);
        Ok(())
    });
    assert_eq!(*story.borrow(), ["busy", "idle", "later"]);
}

#[test]
fn rest_waits_for_timers_but_not_for_background_ones() {
    let (kernel, story) = setting();
    for (us, background, word) in [(20, true, "background"), (10, false, "foreground"), (30, true, "late")] {
        let s = story.clone();
        kernel.timer_us(us, background, Context::Timer, 0, move |_| {
            tell(&s, word);
            Ok(())
        });
    }
    let (k, s) = (kernel.clone(), story.clone());
    calm(&kernel, async move {
        k.wait_for_rest().await;
        tell(&s, "rest");
        assert_eq!(k.now_us(), 10);
        k.wait_until_settled().await;
        tell(&s, "settled");
        assert_eq!(k.now_us(), 30);
        Ok(())
    });
    assert_eq!(*story.borrow(), ["foreground", "rest", "background", "late", "settled"]);
}

#[test]
fn timers_run_in_order_of_time_then_of_arming_and_can_be_cancelled() {
    let (kernel, story) = setting();
    let arm = |us, word| {
        let s = story.clone();
        kernel.timer_us(us, false, Context::Timer, 0, move |_| {
            tell(&s, word);
            Ok(())
        })
    };
    arm(2, "c");
    arm(1, "a");
    let cancelled = arm(1, "never");
    arm(1, "b");
    assert!(kernel.cancel_timer(cancelled));
    assert!(!kernel.cancel_timer(cancelled));
    kernel.run();
    assert_eq!(*story.borrow(), ["a", "b", "c"]);
}

#[test]
fn a_timer_that_runs_out_is_not_armed_any_more() {
    let (kernel, _) = setting();
    let own = Rc::new(Cell::new(None));
    let inside = own.clone();
    let id = kernel.timer_us(1, false, Context::Timer, 0, move |kernel| {
        let armed = inside.get().map(|id| kernel.cancel_timer(id));
        inside.set(None);
        assert_eq!(armed, Some(false));
        Ok(())
    });
    own.set(Some(id));
    kernel.run();
    assert_eq!(own.get(), None);
}

#[test]
fn a_late_wake_up_does_not_shorten_a_sleep() {
    let (kernel, _) = setting();
    let k = kernel.clone();
    let sleeper = kernel.spawn(Context::Erp, 0, async move {
        k.sleep_ms(5).await;
        assert_eq!(k.now_us(), 5000);
        Ok(())
    });
    let k = kernel.clone();
    calm(&kernel, async move {
        k.sleep_ms(1).await;
        k.wake(sleeper);
        Ok(())
    });
    assert!(!kernel.is_live(sleeper));
}

#[test]
fn a_name_of_a_task_that_ended_wakes_nobody() {
    let (kernel, story) = setting();
    let gone = kernel.spawn(Context::Erp, 0, async { Ok(()) });
    kernel.run();
    let (k, s) = (kernel.clone(), story.clone());
    // It gets the slot of the one that ended.
    kernel.spawn(Context::Erp, 0, async move {
        k.yield_turn().await;
        tell(&s, "ran");
        WaitQueue::default().wait(&k, || false).await;
        tell(&s, "woken");
        Ok(())
    });
    let k = kernel.clone();
    calm(&kernel, async move {
        k.wait_for_rest().await;
        k.wake(gone);
        k.wait_for_rest().await;
        Ok(())
    });
    assert_eq!(*story.borrow(), ["ran"]);
    assert!(kernel.is_stuck(Context::Erp, 0));
}

#[test]
fn waiting_times_out_and_leaves_no_name_behind() {
    let (kernel, _) = setting();
    let queue = Rc::new(WaitQueue::default());
    let (k, q) = (kernel.clone(), queue.clone());
    kernel.timer_us(2000, false, Context::Timer, 0, move |kernel| {
        q.wake_all(kernel);
        Ok(())
    });
    calm(&kernel, async move {
        assert!(!queue.wait_timeout(&k, 1, || false).await);
        assert_eq!(k.now_us(), 1000);
        k.sleep_ms(3).await;
        assert_eq!(k.now_us(), 4000);
        assert!(queue.wait_timeout(&k, 1, || true).await);
        Ok(())
    });
}

#[test]
fn a_mutex_is_held_by_one_at_a_time_in_order() {
    let (kernel, story) = setting();
    let mutex = Rc::new(Mutex::default());
    for name in [["a in", "a out"], ["b in", "b out"], ["c in", "c out"]] {
        let (k, s, m) = (kernel.clone(), story.clone(), mutex.clone());
        kernel.spawn(Context::User, 0, async move {
            let _guard = m.lock(&k).await;
            tell(&s, name[0]);
            k.sleep_us(1).await;
            tell(&s, name[1]);
            Ok(())
        });
    }
    kernel.run();
    assert_eq!(*story.borrow(), ["a in", "a out", "b in", "b out", "c in", "c out"]);
    assert!(!mutex.is_locked());
}

#[test]
fn a_trap_ends_the_run_whoever_waits_for_the_lock() {
    let (kernel, story) = setting();
    let mutex = Rc::new(Mutex::default());
    let (k, m) = (kernel.clone(), mutex.clone());
    kernel.spawn(Context::User, 0, async move {
        let _guard = m.lock(&k).await;
        k.sleep_us(1).await;
        Err(k.unmodelled("this"))
    });
    let (k, s) = (kernel.clone(), story.clone());
    let record = run(&kernel, async move {
        let _guard = mutex.lock(&k).await;
        tell(&s, "has it");
        Ok(())
    });
    assert_eq!(record.end, Some(End::Unmodelled("this")));
    assert!(story.borrow().is_empty());
    kernel.clear();
}

#[test]
fn a_run_without_end_hits_a_limit() {
    let (kernel, _) = setting();
    let k = kernel.clone();
    let record = run(&kernel, async move {
        loop {
            k.yield_turn().await;
        }
    });
    assert_eq!(record.end, Some(End::Limit(Limit::Turns)));
    assert_eq!(kernel.turns(), MAX_TURNS + 1);
}
