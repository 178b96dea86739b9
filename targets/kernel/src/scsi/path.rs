//! Function sequences from the caller of a command to queue_rq (midlayer.md 12.2).

use regdiff_scenario::{Elevator, Midlayer};

/// Outermost function first.
pub(crate) fn path(midlayer: Midlayer, passthrough: bool, elevator: Elevator) -> &'static [&'static str] {
    match (midlayer, passthrough, elevator) {
        (Midlayer::V5_3, true, Elevator::None) | (Midlayer::V5_7, true, _) => &[
            "__scsi_execute",
            "blk_execute_rq",
            "blk_execute_rq_nowait",
            "blk_mq_sched_insert_request",
            "blk_mq_run_hw_queue",
            "__blk_mq_delay_run_hw_queue",
            "__blk_mq_run_hw_queue",
            "blk_mq_sched_dispatch_requests",
            "blk_mq_dispatch_rq_list",
        ],
        (Midlayer::V5_3, true, Elevator::MqDeadline) => &[
            "__scsi_execute",
            "blk_execute_rq",
            "blk_execute_rq_nowait",
            "blk_mq_sched_insert_request",
            "blk_mq_run_hw_queue",
            "__blk_mq_delay_run_hw_queue",
            "__blk_mq_run_hw_queue",
            "blk_mq_sched_dispatch_requests",
            "blk_mq_do_dispatch_sched",
            "blk_mq_dispatch_rq_list",
        ],
        (Midlayer::V6_1, true, _) => &[
            "__scsi_execute",
            "blk_execute_rq",
            "blk_mq_sched_insert_request",
            "blk_mq_run_hw_queue",
            "__blk_mq_delay_run_hw_queue",
            "__blk_mq_run_hw_queue",
            "blk_mq_sched_dispatch_requests",
            "__blk_mq_sched_dispatch_requests",
            "blk_mq_dispatch_rq_list",
        ],
        (Midlayer::V6_12, true, _) => &[
            "scsi_execute_cmd",
            "blk_execute_rq",
            "blk_mq_run_hw_queue",
            "blk_mq_sched_dispatch_requests",
            "__blk_mq_sched_dispatch_requests",
            "blk_mq_dispatch_rq_list",
        ],
        (_, false, Elevator::MqDeadline) => &[
            "blk_mq_run_hw_queue",
            "blk_mq_sched_dispatch_requests",
            "blk_mq_do_dispatch_sched",
            "blk_mq_dispatch_rq_list",
        ],
        (_, false, Elevator::None) => {
            &["blk_mq_run_hw_queue", "blk_mq_sched_dispatch_requests", "blk_mq_dispatch_rq_list"]
        }
    }
}
