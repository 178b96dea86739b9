//! Named values of the operands that triggers take.

use crate::scalar::names;

names! {
    /// Events of the channel subsystem (driver.md 3).
    pub enum NotifyEvent default Oper {
        /// The device is gone.
        Gone = 1 "gone",
        /// No path is left.
        NoPath = 2 "no_path",
        /// The device is operational again.
        Oper = 4 "oper",
        /// The device is boxed.
        Boxed = 16 "boxed",
    }
}

names! {
    /// What is written to `host_reset`.
    pub enum HostResetKind default Adapter {
        /// "adapter".
        Adapter = 0 "adapter",
        /// "firmware".
        Firmware = 1 "firmware",
    }
}

names! {
    /// Attributes whose reading makes the driver ask the firmware (driver.md 18, 22).
    pub enum Attribute default Statistics {
        /// fc_host statistics.
        Statistics = 0 "statistics",
        /// Host `utilization`.
        Utilization = 1 "utilization",
        /// Host `requests`.
        Requests = 2 "requests",
        /// Host `megabytes`.
        Megabytes = 3 "megabytes",
        /// Host `seconds_active`.
        SecondsActive = 4 "seconds_active",
        /// Diagnostics `b2b_credit`.
        B2bCredit = 5 "b2b_credit",
        /// Diagnostics `temperature`, as all SFP attributes.
        Temperature = 6 "temperature",
    }
}

names! {
    /// Module parameters that can be written at run time (driver.md 23).
    pub enum Parameter default QueueDepth {
        /// `queue_depth`.
        QueueDepth = 0 "queue_depth",
        /// `allow_lun_scan`.
        AllowLunScan = 1 "allow_lun_scan",
        /// `no_auto_port_rescan`.
        NoAutoPortRescan = 2 "no_auto_port_rescan",
        /// `port_scan_backoff`.
        PortScanBackoff = 3 "port_scan_backoff",
        /// `port_scan_ratelimit`.
        PortScanRatelimit = 4 "port_scan_ratelimit",
        /// `ber_stop`.
        BerStop = 5 "ber_stop",
    }
}

names! {
    /// Which fields of a `scan` write are wild cards (midlayer.md 4.6).
    pub enum ScanTarget default Everything {
        /// "- - -".
        Everything = 0 "everything",
        /// One target, all LUNs.
        Target = 1 "target",
        /// One LUN of one target.
        Lun = 2 "lun",
        /// A channel that does not exist.
        OutOfRange = 3 "out_of_range",
    }
}

names! {
    /// What is written to a SCSI device's `state`.
    pub enum SdevStateWrite default Running {
        /// "running".
        Running = 0 "running",
        /// "offline".
        Offline = 1 "offline",
        /// Any other state: refused.
        Other = 2 "other",
    }
}

names! {
    /// Levels of the reset ioctl.
    pub enum ResetLevel default Device {
        /// The device.
        Device = 0 "device",
        /// The target.
        Target = 1 "target",
        /// The bus, which zfcp does not have.
        Bus = 2 "bus",
        /// The host.
        Host = 3 "host",
    }
}

names! {
    /// ELS frames a port can send us.
    pub enum IncomingElsKind default Plogi {
        /// PLOGI.
        Plogi = 0 "plogi",
        /// LOGO.
        Logo = 1 "logo",
        /// Any other.
        Other = 2 "other",
    }
}

names! {
    /// Range of an RSCN page.
    pub enum RscnRange default Port {
        /// One port.
        Port = 0 "port",
        /// An area.
        Area = 1 "area",
        /// A domain.
        Domain = 2 "domain",
        /// The whole fabric.
        Fabric = 3 "fabric",
        /// No page at all.
        Empty = 4 "empty",
    }
}

names! {
    /// Errors of the queue layer (driver.md 7.4).
    pub enum QueueErrorKind default Request {
        /// On the request queue.
        Request = 0 "request",
        /// On the response queue.
        Response = 1 "response",
        /// On the request queue, with a bad buffer state.
        RequestBufferState = 2 "request_buffer_state",
        /// On the response queue, with a bad buffer state.
        ResponseBufferState = 3 "response_buffer_state",
    }
}

names! {
    /// An allocation or registration that can be made to fail.
    pub enum FailPoint default AdapterAlloc {
        /// Enqueue 1: the ccw device reference.
        CcwReference = 1 "ccw_reference",
        /// Enqueue 2: the adapter.
        AdapterAlloc = 2 "adapter_alloc",
        /// Enqueue 4: diagnostics.
        DiagAlloc = 3 "diag_alloc",
        /// Enqueue 5: queue structures.
        QdioAlloc = 4 "qdio_alloc",
        /// Enqueue 6: memory pools.
        PoolsAlloc = 5 "pools_alloc",
        /// Enqueue 7: the request list.
        ReqListAlloc = 6 "req_list_alloc",
        /// Enqueue 8: trace areas.
        DbfRegister = 7 "dbf_register",
        /// Enqueue 9: the ordered work queue.
        WorkQueueAlloc = 8 "work_queue_alloc",
        /// Enqueue 10: well-known ports.
        GsAlloc = 9 "gs_alloc",
        /// Enqueue 12: the recovery thread.
        ErpThread = 10 "erp_thread",
        /// Enqueue 14: adapter attributes.
        SysfsAdapter = 11 "sysfs_adapter",
        /// Enqueue 14: the diagnostics group.
        SysfsDiagnostics = 12 "sysfs_diagnostics",
        /// scsi_host_alloc.
        HostAlloc = 16 "host_alloc",
        /// scsi_add_host: the tag set.
        HostTagSet = 17 "host_tag_set",
        /// scsi_add_host: the bus device.
        HostDevice = 18 "host_device",
        /// scsi_add_host: the class device.
        HostClassDevice = 19 "host_class_device",
        /// scsi_add_host: the transport's data.
        HostShostData = 20 "host_shost_data",
        /// scsi_add_host: the scan work queue.
        HostWorkQueue = 21 "host_work_queue",
        /// fc_host_setup: its work queues.
        FcHostWorkQueues = 22 "fc_host_work_queues",
        /// scsi_add_host: the cache of sense buffers.
        HostSenseCache = 23 "host_sense_cache",
        /// scsi_add_host: the driver's own host attributes.
        HostAttributes = 24 "host_attributes",
        /// Queue open row 3: establish.
        QdioEstablish = 32 "qdio_establish",
        /// Queue open row 4: description.
        QdioDescribe = 33 "qdio_describe",
        /// Queue open row 8: activate.
        QdioActivate = 34 "qdio_activate",
        /// Queue open row 9: response buffers.
        QdioPost = 35 "qdio_post",
        /// Adapter open row 7: pool resize.
        PoolResize = 36 "pool_resize",
        /// A recovery request: no memory.
        ErpRequest = 37 "erp_request",
        /// A request cannot be sent.
        RequestSend = 38 "request_send",
        /// A status read buffer cannot be posted.
        StatusReadPost = 39 "status_read_post",
        /// No free buffer in the request queue.
        SbalGet = 40 "sbal_get",
        /// A synchronous exchange: no memory.
        SyncRequest = 41 "sync_request",
        /// A remote port: memory.
        PortAlloc = 48 "port_alloc",
        /// A remote port: its sysfs device.
        PortSysfs = 49 "port_sysfs",
        /// A unit.
        UnitAlloc = 50 "unit_alloc",
        /// fc_remote_port_add.
        RportAdd = 51 "rport_add",
        /// A SCSI device.
        SdevAlloc = 52 "sdev_alloc",
        /// A request queue.
        QueueAlloc = 53 "queue_alloc",
        /// An elevator's requests.
        ElevatorAttach = 54 "elevator_attach",
        /// GPN_FT buffers.
        GpnFtBuffers = 55 "gpn_ft_buffers",
        /// A unit: its sysfs device.
        UnitSysfs = 56 "unit_sysfs",
        /// A GID_PN request.
        GidPnRequest = 57 "gid_pn_request",
        /// A link test's request.
        LinkTestRequest = 58 "link_test_request",
        /// The symbolic name's request.
        SymbolicNameRequest = 59 "symbolic_name_request",
        /// An FC event.
        EventAlloc = 60 "event_alloc",
        /// FC statistics.
        FcStats = 61 "fc_stats",
    }
}
