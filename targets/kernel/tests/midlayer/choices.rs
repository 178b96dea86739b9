//! The schedule's choices, moments of steps, injected failures.

use std::cell::RefCell;
use std::rc::Rc;

use regdiff_observation::SentCommand;
use regdiff_scenario::schedule::Choice;
use regdiff_scenario::{Command, Context, FailPoint, Moment, Point, Turn, When};

use crate::rig::{calm, kernel};

fn choice(context: Context, point: Point, nth: u16, turn: Turn, amount: u32) -> Choice {
    Choice { device: 0, context, point, nth, turn, amount }
}

#[test]
fn a_choice_is_keyed_by_context_device_point_and_occurrence() {
    let kernel = kernel(|s| s.schedule = vec![choice(Context::Erp, Point::ErpOpen, 2, Turn::Sleep, 7)]);
    let story: Rc<RefCell<Vec<(&str, u64)>>> = Rc::default();
    for (name, context, device) in [("erp", Context::Erp, 0), ("other", Context::Erp, 1), ("user", Context::User, 0)] {
        let (k, s) = (kernel.clone(), story.clone());
        kernel.spawn(context, device, async move {
            k.point(Point::ErpClose).await;
            for _ in 0..3 {
                k.point(Point::ErpOpen).await;
                s.borrow_mut().push((name, k.now_us()));
            }
            Ok(())
        });
    }
    kernel.run();
    let at = |name| story.borrow().iter().filter(|(n, _)| *n == name).map(|(_, t)| *t).collect::<Vec<_>>();
    assert_eq!(at("erp"), [0, 7000, 7000]);
    assert_eq!(at("other"), [0, 0, 0]);
    assert_eq!(at("user"), [0, 0, 0]);
}

#[test]
fn a_yield_of_none_lets_everything_else_run() {
    let kernel = kernel(|s| s.schedule = vec![choice(Context::Erp, Point::ErpOpen, 1, Turn::Yield, 0)]);
    let story: Rc<RefCell<Vec<&str>>> = Rc::default();
    let (k, s) = (kernel.clone(), story.clone());
    kernel.spawn(Context::Erp, 0, async move {
        k.point(Point::ErpOpen).await;
        s.borrow_mut().push("last");
        Ok(())
    });
    let (k, s) = (kernel.clone(), story.clone());
    calm(&kernel, async move {
        for _ in 0..5 {
            k.yield_turn().await;
        }
        s.borrow_mut().push("first");
        Ok(())
    });
    assert_eq!(*story.borrow(), ["first", "last"]);
}

#[test]
fn draws_are_0_or_what_the_schedule_says_within_bounds() {
    let point = Point::DrawScanBackoff;
    let kernel = kernel(|s| {
        s.schedule =
            vec![choice(Context::User, point, 2, Turn::Draw, 25), choice(Context::User, point, 3, Turn::Draw, 25)];
    });
    let k = kernel.clone();
    calm(&kernel, async move {
        assert_eq!([k.draw(point, 9), k.draw(point, 100), k.draw(point, 9), k.draw(point, 9)], [0, 25, 5, 0]);
        Ok(())
    });
}

#[test]
fn failures_count_from_when_they_are_armed_and_happen_once() {
    let kernel = kernel(|_| {});
    let point = FailPoint::QueueAlloc;
    assert!(!kernel.fails(0, point));
    kernel.arm_failure(0, point, 2, 5);
    let outcome = [kernel.fails(1, point), kernel.fails(0, FailPoint::SdevAlloc), kernel.fails(0, point)];
    assert_eq!(outcome, [false; 3]);
    assert!(kernel.fails(0, point));
    assert!(!kernel.fails(0, point));
    assert_eq!(kernel.take_record().failures_hit, [5]);
}

#[test]
fn a_step_at_a_point_runs_before_the_context_goes_on() {
    let kernel = kernel(|_| {});
    let story: Rc<RefCell<Vec<&str>>> = Rc::default();
    let (k, s) = (kernel.clone(), story.clone());
    kernel.spawn(Context::User, 0, async move {
        let moment = Moment { when: When::AtPoint, point: Point::ErpOpen, nth: 2, ..Moment::default() };
        assert!(k.wait_for_moment(&moment).await);
        s.borrow_mut().push("step");
        Ok(())
    });
    let (k, s) = (kernel.clone(), story.clone());
    kernel.spawn(Context::Erp, 0, async move {
        for word in ["once", "twice"] {
            k.point(Point::ErpOpen).await;
            s.borrow_mut().push(word);
        }
        Ok(())
    });
    kernel.run();
    assert_eq!(*story.borrow(), ["once", "step", "twice"]);
}

#[test]
fn a_moment_that_never_comes_ends_at_rest() {
    let kernel = kernel(|_| {});
    let k = kernel.clone();
    calm(&kernel, async move {
        let moment = Moment { when: When::Outstanding, command: Command::Inquiry, ..Moment::default() };
        let sender = k.clone();
        k.spawn(Context::Erp, 0, async move {
            sender.sleep_ms(3).await;
            let sent = SentCommand { device: 0, command: Command::OpenPort, port: 0, lun: 0 };
            assert!(!sender.awaits_command(Command::OpenPort));
            sender.command_sent(sent);
            Ok(())
        });
        assert!(!k.wait_for_moment(&moment).await);
        assert_eq!(k.now_us(), 3000);
        Ok(())
    });
}
