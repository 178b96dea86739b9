//! Who runs next where more than one context could, and random draws.
//!
//! A choice is keyed by context, preemption point and occurrence, never by a global index: the two variants have different
//! numbers of choice points, and a shared stream would drift and invent divergences. What is not named runs first in, first
//! out, and draws 0.

use crate::scalar::{names, record};

names! {
    /// A kernel context (driver.md 24.1, midlayer.md 16).
    pub enum Context default Erp {
        /// A user's process: on-/offline, sysfs, I/O.
        User = 0 "user",
        /// The driver's recovery thread of a device.
        Erp = 1 "erp",
        /// The adapter's ordered work queue.
        AdapterWq = 2 "adapter_wq",
        /// The host's scan work queue, `scsi_wq_N`.
        ScsiWq = 3 "scsi_wq",
        /// FC transport deletions, `fc_wq_N`.
        FcWq = 4 "fc_wq",
        /// FC transport timers, `fc_dl_N`.
        FcDl = 5 "fc_dl",
        /// The disk driver's asynchronous probe.
        SdProbe = 6 "sd_probe",
        /// FSF responses: interrupt or tasklet.
        Response = 7 "response",
        /// Timers.
        Timer = 8 "timer",
        /// Channel-path notification.
        Notify = 9 "notify",
        /// The midlayer's error handler thread, `scsi_eh_N`.
        ScsiEh = 10 "scsi_eh",
        /// Asynchronous aborts, `scsi_tmf_N`.
        ScsiTmf = 11 "scsi_tmf",
    }
}

names! {
    /// A named place where another context may run (driver.md 24.2), or a moment to wait for.
    pub enum Point default ErpOpen {
        /// set_online: the adapter is enqueued.
        OnlineEnqueued = 1 "online_enqueued",
        /// set_online: recovery is triggered.
        OnlineTriggered = 2 "online_triggered",
        /// set_online: before the random sleep.
        OnlineBackoff = 3 "online_backoff",
        /// set_online: recovery is idle.
        OnlineRecovered = 4 "online_recovered",
        /// set_online: the port scan is flushed.
        OnlineScanned = 5 "online_scanned",
        /// Recovery: an adapter open starts (driver.md 6.5.1 row 1).
        ErpOpen = 16 "erp_open",
        /// Recovery: the queues are open.
        ErpQdioOpen = 17 "erp_qdio_open",
        /// Recovery: Exchange Config Data is through (row 2).
        ErpXconfDone = 18 "erp_xconf_done",
        /// Recovery: Exchange Port Data is through (row 4).
        ErpXportDone = 19 "erp_xport_done",
        /// Registration: the host is allocated, not added.
        HostAllocated = 20 "host_allocated",
        /// Registration: the host is added, nothing redone.
        HostAdded = 21 "host_added",
        /// Redo: configuration data is applied (driver.md 19 step 2).
        RedoConfig = 22 "redo_config",
        /// Redo: port data is applied (step 3).
        RedoPort = 23 "redo_port",
        /// Recovery: status read buffers are posted (row 8).
        ErpStatusReads = 24 "erp_status_reads",
        /// Recovery: the adapter is open (row 9).
        ErpAdapterOpen = 25 "erp_adapter_open",
        /// Recovery: an adapter close starts.
        ErpClose = 26 "erp_close",
        /// Recovery: an adapter close is done.
        ErpClosed = 27 "erp_closed",
        /// Recovery: the sleep after a failed open.
        ErpRetrySleep = 28 "erp_retry_sleep",
        /// Recovery: before an action's strategy.
        ErpStrategy = 29 "erp_strategy",
        /// Recovery: after an action's strategy, before its lock section.
        ErpStrategyDone = 30 "erp_strategy_done",
        /// Recovery: the point-to-point port is made, if there is one (rows 3 and 6).
        ErpPtpPort = 31 "erp_ptp_port",
        /// Recovery: the pools of status reads have their size (row 7).
        ErpPoolsResized = 32 "erp_pools_resized",
        /// Redo: link-down is applied, if the link was down (driver.md 19 step 4).
        RedoLinkDown = 33 "redo_link_down",
        /// Port scan: starts.
        ScanStart = 40 "scan_start",
        /// Port scan: GPN_FT answered.
        ScanAnswered = 41 "scan_answered",
        /// Port scan: recovery of new ports is idle.
        ScanRecovered = 42 "scan_recovered",
        /// Remote port work starts.
        RportWork = 43 "rport_work",
        /// Status read refill starts.
        StatWork = 44 "stat_work",
        /// Port scan: the directory is open, nothing is sent.
        ScanDirectory = 45 "scan_directory",
        /// Remote port work has taken its task, and has not begun it.
        RportTask = 46 "rport_task",
        /// LUN scan: starts.
        LunScan = 48 "lun_scan",
        /// LUN scan: before slave_alloc.
        SlaveAlloc = 49 "slave_alloc",
        /// LUN scan: before INQUIRY.
        LunInquiry = 50 "lun_inquiry",
        /// Disk probe: starts.
        SdProbe = 51 "sd_probe",
        /// Disk probe: before the disk is published.
        SdPublish = 52 "sd_publish",
        /// A disk's queue is frozen, its elevator's requests are not made.
        ElevatorAttach = 53 "elevator_attach",
        /// A user's step starts.
        UserStart = 56 "user_start",
        /// Unregister: works are cancelled.
        UnregisterWorks = 57 "unregister_works",
        /// Unregister: the host is gone.
        UnregisterHost = 58 "unregister_host",
        /// A command is prepared, not yet sent (between TOUCH and the driver).
        CommandPrepared = 59 "command_prepared",
        /// Registration: the host's class device is visible, its FC data is not set up.
        HostPublished = 60 "host_published",
        /// port_remove: the port is in no list any more, and nothing else is done.
        PortRemove = 61 "port_remove",
        /// unit_remove: the unit is in no list any more, its SCSI device is not looked up.
        UnitRemove = 62 "unit_remove",
        /// An asynchronous abort of a command that timed out starts.
        TmfAbort = 80 "tmf_abort",
        /// The error handler: every busy command has failed, nothing is tried yet.
        EhStart = 81 "eh_start",
        /// The error handler: its commands are given back, the host is still in recovery.
        EhFinish = 82 "eh_finish",
        /// A random draw: set_online's sleep.
        DrawOnlineBackoff = 64 "draw_online_backoff",
        /// A random draw: the port scan's spread.
        DrawScanBackoff = 65 "draw_scan_backoff",
    }
}

names! {
    /// What a choice does.
    pub enum Turn default Yield {
        /// The context waits for `amount` turns of others (0: until nothing else can run).
        Yield = 0 "yield",
        /// The context sleeps for `amount` ms.
        Sleep = 1 "sleep",
        /// A random draw gives `amount`, reduced to its bound.
        Draw = 2 "draw",
    }
}

record! {
    /// One choice of the schedule.
    pub struct Choice {
        /// Of which device's contexts.
        device: u8 = 0, within 0..=3u8;
        /// Which context.
        context: Context = Context::Erp;
        /// At which point.
        point: Point = Point::ErpOpen;
        /// At which occurrence of the point in that context, from 1.
        nth: u16 = 1, within 1..=65535u16;
        /// What happens.
        turn: Turn = Turn::Yield;
        /// How much of it.
        amount: u32 = 0, within 0..=3_600_000u32;
    }
}
