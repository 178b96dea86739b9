//! Off- and online, removal, shutdown, suspend (driver.md 3, 4).

use regdiff_observation::{Attribute, Leftover, LogId, StepOutcome, TrapKind};
use regdiff_scenario::Scenario;
use regdiff_zfcp::Fences;

use crate::rig::{ADAPTER, HOST, ONLINE, PORT, both, machine, of, online, run, step};

#[test]
fn the_host_outlives_offline_and_online() {
    let text = online("", &format!("{}{ONLINE}{}{ONLINE}", step("set_offline", ""), step("set_offline", "")));
    let [eager, deferred] = both(&text);
    for run in [&eager, &deferred] {
        assert_eq!(run.rested().0.hosts_added, 1);
        assert_eq!(run.at_rest(2, HOST, Attribute::HostNo), Some(0));
        assert_eq!(run.at_rest(2, ADAPTER, Attribute::Online), Some(0));
        assert_eq!(run.at(PORT, Attribute::Failed), Some(0));
        assert!(run.0.steps.iter().all(|s| *s == StepOutcome::Done(0)));
    }
    for (e, d) in eager.0.rests[1..].iter().zip(&deferred.0.rests[1..]) {
        assert_eq!(e.readings, d.readings);
    }
}

/// What 5.7 forgets of every adapter.
const LEAK: Leftover = Leftover { device: 0, what: "gid_pn_req pool", function: "zfcp_free_low_mem_buffers" };

#[test]
fn remove_gives_everything_back() {
    let newer = "[kernel]\nbehaviours = [\"remove_in_list_order\", \"wka_mutex_held\", \"gid_pn_pool_freed\"]\n";
    for (behaviours, forgotten) in [("", vec![LEAK]), (newer, vec![])] {
        for run in both(&format!("{}{behaviours}", online("", &step("remove", "")))) {
            assert_eq!(run.rested().outcome(1), StepOutcome::Done(0));
            assert_eq!(run.0.leftovers, forgotten);
            assert_eq!(run.at(HOST, Attribute::HostNo), None);
            assert_eq!(run.at(ADAPTER, Attribute::Status), None);
        }
    }
}

#[test]
fn recovery_of_an_offline_device_finds_no_queues() {
    let text = online("", &format!("{}{}", step("set_offline", ""), step("adapter_failed", "value = 0")));
    for run in both(&text) {
        assert!(run.rested().logged(LogId::QdioSetupFailed) && run.logged(LogId::AdapterFailed));
        assert_eq!(run.at(ADAPTER, Attribute::Failed), Some(1));
    }
}

#[test]
fn a_failed_registration_is_retried_by_deferred_and_kills_eager() {
    let text = machine("", &format!("{}{ONLINE}", step("fail", "point = \"host_alloc\"")));
    let [eager, deferred] = both(&text);
    assert_eq!(eager.rested().outcome(1), StepOutcome::Done(-12));
    assert_eq!(deferred.rested().outcome(1), StepOutcome::Done(0));
    assert_eq!((eager.0.hosts_added, deferred.0.hosts_added), (0, 1));
    assert_eq!(eager.0.leftovers, [LEAK]);
    // The undo of a failed add goes through the pointer that was left behind.
    let text = machine("", &format!("{}{ONLINE}", step("fail", "point = \"host_device\"")));
    let [eager, deferred] = both(&text);
    assert_eq!(eager.trap().0, TrapKind::UseAfterFree);
    assert_eq!(deferred.rested().0.hosts_added, 1);
}

#[test]
fn a_failure_of_enqueue_is_taken_back() {
    for point in ["adapter_alloc", "sysfs_adapter", "sysfs_diagnostics"] {
        let fail = step("fail", &format!("point = \"{point}\""));
        for run in both(&machine("", &format!("{fail}{ONLINE}{ONLINE}{}", step("remove", "")))) {
            assert_eq!(run.rested().outcome(1), StepOutcome::Done(-12), "{point}");
            assert_eq!(run.outcome(2), StepOutcome::Done(0), "{point}");
            assert!(run.logged(LogId::EnqueueFailed));
            assert_eq!(run.logged(LogId::SysfsGroupMissing), point != "adapter_alloc", "{point}");
            // Every adapter that goes takes one pool along, but for those that never had pools; one leak is like the other.
            assert_eq!(run.0.leftovers, [LEAK], "{point}");
        }
    }
    // In between, undo stops a thread that was never started.
    let points = "diag_alloc qdio_alloc pools_alloc req_list_alloc dbf_register work_queue_alloc gs_alloc erp_thread";
    for point in points.split_whitespace() {
        for run in both(&machine("", &format!("{}{ONLINE}", step("fail", &format!("point = \"{point}\""))))) {
            assert_eq!(run.trap(), (TrapKind::NullAccess, "kthread_stop", "usage"), "{point}");
        }
    }
    for run in both(&machine("", &format!("{}{ONLINE}", step("fail", "point = \"ccw_reference\"")))) {
        assert_eq!(run.rested().outcome(1), StepOutcome::Done(-19));
    }
}

#[test]
fn after_shutdown_nothing_recovers() {
    let text = online("", &format!("{}{}", step("shutdown", ""), step("adapter_failed", "value = 0")));
    for run in both(&text) {
        assert!(run.rested().tagged("ccshut1"));
        assert_eq!(run.outcome(2), StepOutcome::Done(1));
        assert_eq!(run.sent(regdiff_scenario::Command::ExchangeConfigData).len(), 1);
    }
}

#[test]
fn suspend_hides_path_events_until_resume() {
    let gone = step("notify", "event = \"gone\"");
    let text = online("", &format!("{}{gone}{}{gone}", step("freeze", ""), step("restore", "")));
    for run in both(&text) {
        let lines = run.rested().story().iter().filter(|w| *w == "GONE").count();
        assert_eq!(lines, 1);
        assert!(run.tagged("ccsusp1") && run.tagged("ccresu1") && run.tagged("ccnoti1"));
    }
}

#[test]
fn the_same_scenario_gives_the_same_observation() {
    for seed in 0..40 {
        let scenario = Scenario::generate(seed);
        for fences in [Fences::EAGER, Fences::DEFERRED] {
            assert!(of(&scenario, fences).0 == of(&scenario, fences).0, "seed {seed}");
        }
    }
}

#[test]
fn a_user_inside_an_attribute_holds_up_removal() {
    // The recovery thread is stopped only after the attributes are gone, so the user's recovery still ends.
    let late = step("adapter_failed", "value = 0\nwhen = { point = \"unregister_host\", device = 0, nth = 1 }");
    let text = online("", &format!("{}{late}", step("remove", "")));
    let deferred = run(&text, Fences::DEFERRED);
    assert_eq!(deferred.rested().outcome(1), StepOutcome::Done(0));
    assert_eq!(deferred.outcome(2), StepOutcome::Done(1));
    // Before the sixth patch the status bits travel through the host that is gone.
    let eager = run(&text, Fences::EAGER);
    assert_eq!(eager.trap(), (TrapKind::NullAccess, "zfcp_erp_set_adapter_status", "host_lock"));
}
