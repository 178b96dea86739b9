//! Hosts that do not exist yet, or only in part, and users that wait for ever.

use regdiff_observation::{Event, LogId, LogLine, StepOutcome, TrapKind};
use regdiff_scenario::step::Actor;
use regdiff_scenario::{
    Behaviours, Command, Context as TaskContext, FailPoint, FsfStatus, Point, Scalar, Step, Trigger, Turn, When,
};

use crate::contract::context::Context;
use crate::contract::{Allowance, Reach};
use crate::finding::{Evidence, Finding, Kind};
use crate::pair::Side;

/// The entries.
pub(super) const LIST: &[Allowance] = &[
    Allowance {
        id: "port-scan-without-host",
        allows: "deferred's port scan reads the port type through a null host",
        why: "with no_auto_port_rescan, set_online queues a scan whatever became of recovery",
        evidence: "FINDINGS.md 2; driver.md 3 set_online step 5, 13.2, 21",
        review: "2027-03-01",
        scenario: "registration/port-scan-without-host",
        signatures: &["lifetime/deferred/null-read/zfcp_fc_scan_ports/port_type"],
        reach: Reach::Difference,
        covers: port_scan_without_host,
    },
    Allowance {
        id: "half-registered-host",
        allows: "the null FC data of a host is followed while the host is being added",
        why: "the pointer is stored right after the allocation, so that every fence of deferred lets other contexts through, and \
              the files of the host are there before its FC data",
        evidence: "FINDINGS.md 9; driver.md 5.2, 19 last paragraph, R3; midlayer.md 2.2 visibility window",
        review: "2027-03-01",
        scenario: "registration/half-registered-host",
        signatures: &["lifetime/*/null-read/*", "lifetime/*/null-write/*"],
        reach: Reach::Difference,
        covers: half_registered_host,
    },
    Allowance {
        id: "port-scan-of-a-failed-host",
        allows: "deferred's port scan reads the port type through the null pointer of a host that could not be added",
        why: "a user's rescan is taken while the host is being added, because its pointer is there, and runs when it is gone again",
        evidence: "FINDINGS.md 9; driver.md 5.2, 13.2, 19 last paragraph",
        review: "2027-03-01",
        scenario: "registration/port-scan-of-a-failed-host",
        signatures: &["lifetime/deferred/null-read/zfcp_fc_scan_ports/port_type"],
        reach: Reach::Difference,
        covers: port_scan_of_a_failed_host,
    },
    Allowance {
        id: "fc-host-without-queues",
        allows: "a host is left over, its removal hangs or users of its disks do, in both variants, when the FC transport could not make \
                 its work queues",
        why: "nobody looks at that failure, and without the queues remote ports are never deleted, and never given up while they \
              are blocked",
        evidence: "FINDINGS.md 11; midlayer.md 3.2, 3.7",
        review: "2027-03-01",
        scenario: "registration/fc-host-without-queues",
        signatures: &["lifetime/*/leftover/scsi_host_put/Scsi_Host", "liveness/*/blocked/*"],
        reach: Reach::Difference,
        covers: fc_host_without_queues,
    },
    Allowance {
        id: "well-known-port-stays-opening",
        allows: "users hang, in both variants, after a well-known port was opened with an unexpected status; recovery too, from 6.1 on",
        why: "the handler leaves it OPENING, and nobody else ends the wait; from 6.1 on the wait holds a mutex that recovery wants",
        evidence: "FINDINGS.md 6; driver.md 12 open WKA, 13.1",
        review: "2027-03-01",
        scenario: "registration/wka-open-unexpected-status",
        signatures: &["liveness/*/blocked/*", "liveness/*/leftover/zfcp_erp_thread/recovery-that-never-ends"],
        reach: Reach::Difference,
        covers: well_known_port_stays_opening,
    },
    Allowance {
        id: "host-state-written",
        allows: "users hang, or a host is left over, in both variants, after a user wrote that the host recovers, or is deleted",
        why: "any state is taken that the midlayer could enter; no error handler runs that would leave recovery, and a deleted host \
              is not removed",
        evidence: "FINDINGS.md 16; midlayer.md 2.3 step 2, 2.5, 14.1",
        review: "2027-03-01",
        scenario: "registration/host-state-written",
        signatures: &["lifetime/*/leftover/scsi_host_put/Scsi_Host", "liveness/*/blocked/*"],
        reach: Reach::Difference,
        covers: host_state_written,
    },
    Allowance {
        id: "recovery-thread-is-not-there",
        allows: "the recovery thread is stopped, in both variants, when there is none: a failed enqueue, or a second way down",
        why: "zfcp_erp_thread_kill does not look whether the thread was started, or stopped before; it needs a failing allocation, or \
              a device that is unbound after the machine's shutdown",
        evidence: "FINDINGS.md 17; parity with 6.1.192",
        review: "2027-03-01",
        scenario: "registration/enqueue-fails-early",
        signatures: &["lifetime/*/null-write/kthread_stop/usage"],
        reach: Reach::Difference,
        covers: recovery_thread_is_not_there,
    },
    Allowance {
        id: "set-online-meets-requests",
        allows: "set_online stops the kernel when another user makes the adapter send something before it goes on",
        why: "the adapter's files are there as soon as it is enqueued, and set_online then insists on an empty request list",
        evidence: "FINDINGS.md 18; driver.md 3 set_online, 22",
        review: "2027-03-01",
        scenario: "registration/set-online-meets-requests",
        signatures: &["memory/*/bug/zfcp_ccw_set_online/req_list"],
        reach: Reach::Difference,
        covers: set_online_meets_requests,
    },
    Allowance {
        id: "removed-port-without-memory",
        allows: "recovery never ends, and users wait for it, in both variants, after the shutdown of a port that a user or a port scan \
                 removes found no memory",
        why: "the reopen of the adapter that takes over dismisses the actions of listed ports only, and a removed one is not listed",
        evidence: "FINDINGS.md 19; driver.md 6.3, 6.4, 13.2, 22 port_remove",
        review: "2027-03-01",
        scenario: "registration/removed-port-without-memory",
        signatures: &["liveness/*/blocked/*", "liveness/*/leftover/zfcp_erp_thread/recovery-that-never-ends"],
        reach: Reach::Difference,
        covers: removed_port_without_memory,
    },
    Allowance {
        id: "reset-outlives-adapter",
        allows: "a reset by ioctl goes on with an adapter that was freed under it, in both variants",
        why: "nobody who removes the device waits for a user in that ioctl, who waits for recovery",
        evidence: "FINDINGS.md 20; driver.md 15, 16.4, 4.4; midlayer.md 13.6",
        review: "2027-03-01",
        scenario: "registration/reset-outlives-adapter",
        signatures: &["lifetime/*/freed-read/*", "lifetime/*/freed-write/*"],
        reach: Reach::Difference,
        covers: reset_outlives_adapter,
    },
];

fn reset_outlives_adapter(context: &Context<'_>, finding: &Finding) -> bool {
    let Evidence::Trap(trap) = &finding.evidence else { return false };
    let of = |trigger| move |step: &Step| step.trigger == trigger && trap.device == Some(step.device);
    let mut steps = context.scenario.steps.iter();
    trap.kind == TrapKind::UseAfterFree
        && trap.object == "zfcp_adapter"
        && trap.trace.iter().any(|function| function == "scsi_ioctl_reset")
        && steps.any(of(Trigger::SgReset))
        && steps.any(of(Trigger::Remove))
}

fn set_online_meets_requests(context: &Context<'_>, finding: &Finding) -> bool {
    let Evidence::Trap(trap) = &finding.evidence else { return false };
    // Somebody who comes between the enqueue and the check, also by the clock while set_online is held up there.
    let held_up = context.scenario.schedule.iter().any(|choice| {
        choice.context == TaskContext::User
            && choice.point == Point::OnlineEnqueued
            && choice.turn != Turn::Draw
            && trap.device == Some(choice.device)
    });
    let between = |step: &Step| {
        let there = match step.moment.when {
            When::AtPoint => step.moment.point == Point::OnlineEnqueued,
            When::After => held_up,
            _ => false,
        };
        there && step.trigger.actor() == Actor::User && trap.device == Some(step.device)
    };
    trap.kind == TrapKind::Bug
        && trap.function == "zfcp_ccw_set_online"
        && trap.field == "req_list"
        && context.scenario.steps.iter().any(between)
}

fn removed_port_without_memory(context: &Context<'_>, finding: &Finding) -> bool {
    let device = match &finding.evidence {
        Evidence::Leftover(leftover) if leftover.what == "recovery that never ends" => Some(leftover.device),
        Evidence::Blocked { step, .. } => context.step(*step).map(|step| step.device),
        _ => None,
    };
    device.is_some_and(|device| {
        let mut steps = context.scenario.steps.iter().enumerate().filter(|(_, step)| step.device == device);
        let hit = &context.side(finding.side).failures_hit;
        let missed = steps.find(|(index, step)| fails(step, FailPoint::ErpRequest) && hit.contains(&(*index as u32)));
        missed.is_some()
            && (steps.any(|(_, step)| step.trigger == Trigger::PortRemove)
                || scan_removed_port(context, finding.side, device))
    })
}

/// Whether a port scan of a device took a port away that is of no use, and the adapter was reopened for want of memory since.
fn scan_removed_port(context: &Context<'_>, side: Side, device: u8) -> bool {
    let mut events = context.side(side).events.iter().map(|stamped| &stamped.event);
    // Without records the scan itself tells.
    if context.scenario.module.dbflevel == 0 {
        return events.any(
            |event| matches!(event, Event::Command(sent) if sent.device == device && sent.command == Command::GpnFt),
        );
    }
    let mut records = events.filter_map(|event| match event {
        Event::Trace(record) if record.device == device => Some(record),
        _ => None,
    });
    records.any(|record| record.tag == "fcegpf2") && records.any(|record| record.tag == "erstgy1")
}

/// Whether a step makes a point fail.
fn fails(step: &Step, point: FailPoint) -> bool {
    step.trigger == Trigger::Fail && u64::from(step.a) == point.to_raw()
}

fn recovery_thread_is_not_there(context: &Context<'_>, finding: &Finding) -> bool {
    let Evidence::Trap(trap) = &finding.evidence else { return false };
    let asked = context.scenario.steps.iter().any(|step| matches!(step.trigger, Trigger::Fail | Trigger::Shutdown));
    trap.kind == TrapKind::NullAccess && trap.function == "kthread_stop" && asked
}

fn port_scan_without_host(context: &Context<'_>, finding: &Finding) -> bool {
    let Evidence::Trap(trap) = &finding.evidence else { return false };
    let asked = context.scenario.module.no_auto_port_rescan
        || context.scenario.steps.iter().any(|step| step.trigger == Trigger::SetParameter);
    finding.side == Side::Deferred
        && trap.kind == TrapKind::NullAccess
        && trap.function == "zfcp_fc_scan_ports"
        && trap.object == "Scsi_Host"
        && asked
}

fn port_scan_of_a_failed_host(context: &Context<'_>, finding: &Finding) -> bool {
    let Evidence::Trap(trap) = &finding.evidence else { return false };
    let asked = |device: u8| {
        let rescans = |step: &Step| step.device == device && step.trigger == Trigger::PortRescan;
        let failed = |line: &LogLine| line.device == Some(device) && line.id == LogId::HostRegFailed;
        let events = &context.side(finding.side).events;
        context.scenario.steps.iter().any(rescans)
            && events.iter().any(|stamped| matches!(&stamped.event, Event::Log(line) if failed(line)))
    };
    finding.side == Side::Deferred
        && trap.kind == TrapKind::NullAccess
        && trap.function == "zfcp_fc_scan_ports"
        && trap.object == "Scsi_Host"
        && trap.device.is_some_and(asked)
}

fn half_registered_host(context: &Context<'_>, finding: &Finding) -> bool {
    let Evidence::Trap(trap) = &finding.evidence else { return false };
    let complete = |device| context.is_registered(finding.side, device);
    trap.kind == TrapKind::NullAccess && trap.object == "fc_host_attrs" && !trap.device.is_some_and(complete)
}

fn well_known_port_stays_opening(context: &Context<'_>, finding: &Finding) -> bool {
    let named = |status| {
        matches!(
            status,
            FsfStatus::Good
                | FsfStatus::PortAlreadyOpen
                | FsfStatus::MaximumNumberOfPorts
                | FsfStatus::AdapterStatusAvailable
        )
    };
    let answered = context.scenario.firmware.iter().any(|a| a.command == Command::OpenWka && !named(a.fsf_status));
    // Where its mutex is held over the wait, recovery waits for the mutex.
    let held = context.scenario.kernel.behaviours.has(Behaviours::WKA_MUTEX_HELD);
    let hangs = match &finding.evidence {
        Evidence::Blocked { .. } => true,
        Evidence::Leftover(leftover) => leftover.what == "recovery that never ends" && held,
        _ => false,
    };
    finding.kind == Kind::Liveness && hangs && answered
}

/// Host states by number (midlayer.md 2.5): deleted, and those in which nothing is dispatched.
const DELETED: u32 = 4;
const RECOVERIES: [u32; 3] = [5, 6, 7];

fn host_state_written(context: &Context<'_>, finding: &Finding) -> bool {
    let taken = |index: usize| context.side(finding.side).steps.get(index) == Some(&StepOutcome::Done(1));
    // The last state of a device's host that was written and taken.
    let written = |device: u8| {
        let mut steps = context.scenario.steps.iter().enumerate().rev();
        let last = steps.find(|(index, s)| s.trigger == Trigger::HostState && s.device == device && taken(*index));
        last.map(|(_, step)| step.a)
    };
    match &finding.evidence {
        Evidence::Blocked { step, .. } => {
            let device = context.step(*step).map(|step| step.device);
            device.and_then(written).is_some_and(|state| RECOVERIES.contains(&state))
        }
        Evidence::Leftover(leftover) => leftover.what == "Scsi_Host" && (0..4).any(|d| written(d) == Some(DELETED)),
        _ => false,
    }
}

/// What waits while a remote port is blocked, or until nobody does any more: a queue is frozen when its requests are through.
const DISK_USERS: &[Trigger] = &[
    Trigger::Read,
    Trigger::Write,
    Trigger::Flush,
    Trigger::SgReset,
    Trigger::SdevRescan,
    Trigger::NrRequests,
    Trigger::SwitchElevator,
];

fn fc_host_without_queues(context: &Context<'_>, finding: &Finding) -> bool {
    let steps = &context.scenario.steps;
    let failed = |device: u8| steps.iter().any(|s| s.device == device && fails(s, FailPoint::FcHostWorkQueues));
    match &finding.evidence {
        // Of which device a lost host was, nobody can tell.
        Evidence::Leftover(leftover) => leftover.what == "Scsi_Host" && (0..=3).any(failed),
        // Removal waits for remote ports that nobody deletes, and with it who wants the same device.
        Evidence::Blocked { step, trigger } => context.step(*step).is_some_and(|step| {
            let removed = steps.iter().any(|other| other.trigger == Trigger::Remove && other.device == step.device);
            failed(step.device) && (removed || DISK_USERS.contains(trigger))
        }),
        _ => false,
    }
}
