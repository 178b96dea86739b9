//! The kernel under the driver: structure layouts, elevator, and version switches that have nothing to do with registration.

use crate::scalar::{flags, names, record};

names! {
    /// A measured set of structure sizes; the sizes are in [`crate::layout`].
    pub enum Layout default Linux5714S390x {
        /// The kernel of the seed's oops, with lock debugging.
        Seed56Rc2DebugS390x = 0 "seed-5.6-rc2-debug-s390x",
        /// v5.3.1, the last line with the elevator attached at queue allocation.
        Linux531S390x = 1 "linux-5.3.1-s390x",
        /// v5.3.1 without write-back throttling.
        Linux531S390xNoWbt = 2 "linux-5.3.1-s390x-no-wbt",
        /// v5.3.1 with lock debugging.
        Linux531S390xLockdebug = 3 "linux-5.3.1-s390x-lockdebug",
        /// v5.4, interpolated.
        Linux54S390xInterpolated = 4 "linux-5.4-s390x-interpolated",
        /// v5.7.14, the last line that registers eagerly.
        Linux5714S390x = 5 "linux-5.7.14-s390x",
        /// v5.7.14 without request allocation time stamps.
        Linux5714S390xNoAllocTime = 6 "linux-5.7.14-s390x-no-alloc-time",
        /// Debian's 6.1 for s390x.
        Debian61S390x = 7 "debian-6.1.176-s390x",
        /// Debian's 6.1 for amd64; for comparison, zfcp does not exist there.
        Debian61Amd64 = 8 "debian-6.1.176-amd64",
        /// Debian's 6.12 for s390x.
        Debian612S390x = 9 "debian-6.12.95-s390x",
        /// Debian's 6.12 for amd64; for comparison.
        Debian612Amd64 = 10 "debian-6.12.95-amd64",
        /// The kernel lane's 6.1: User-Mode Linux, built by scripts/kernel.
        Uml61X86_64 = 11 "uml-6.1-x86_64",
        /// The kernel lane's 6.12.
        Uml612X86_64 = 12 "uml-6.12-x86_64",
    }
}

impl Layout {
    /// What the generator draws from. The kernel lane's own layouts came later and are put in when lanes are compared: a seed keeps its scenario.
    pub const DRAWN: &'static [Self] = Self::ALL.split_at(Self::Debian612Amd64 as usize + 1).0;
}

names! {
    /// Which row of midlayer.md 15 the midlayer follows.
    pub enum Midlayer default V5_7 {
        /// v5.3.
        V5_3 = 0 "5.3",
        /// v5.7.
        V5_7 = 1 "5.7",
        /// v6.1.
        V6_1 = 2 "6.1",
        /// v6.12.
        V6_12 = 3 "6.12",
    }
}

names! {
    /// When the default elevator is attached (midlayer.md 9.1); commit 737eb78e82d5 moved it.
    pub enum ElevatorAttach default AtAddDisk {
        /// As the last step of queue creation, before any command.
        AtQueueAlloc = 0 "at_queue_alloc",
        /// When the disk is published, after the probing commands.
        AtAddDisk = 1 "at_add_disk",
    }
}

names! {
    /// Which elevators are registered.
    pub enum Elevator default MqDeadline {
        /// None: requests come from the driver tags.
        None = 0 "none",
        /// mq-deadline is built in or loaded.
        MqDeadline = 1 "mq-deadline",
    }
}

names! {
    /// The midlayer's scan parameter (midlayer.md 4.1).
    pub enum ScsiScan default Sync {
        /// Everything scans.
        Sync = 0 "sync",
        /// Only manual scans pass.
        Manual = 1 "manual",
        /// Nothing scans.
        None = 2 "none",
    }
}

flags! {
    /// Behaviours of 6.1 and later that have nothing to do with registration (driver.md 25). Both variants get the same set.
    pub struct Behaviours: u32, width 4 {
        /// Suspend handlers are gone: no freeze, thaw, restore.
        NO_SUSPEND = 0x1 "no_suspend",
        /// The link test drops the d_id and leaves the rport unblocked.
        LINK_TEST_UNBLOCKED = 0x2 "link_test_unblocked",
        /// The WKA mutex is held while waiting; close waits.
        WKA_MUTEX_HELD = 0x4 "wka_mutex_held",
        /// Version change events are handled.
        VERSION_CHANGE = 0x8 "version_change",
        /// Own completion tasklets and a request scan timer: an error of the request queue is found by the request tasklet, and
        /// traced under its name.
        QDIO_TASKLETS = 0x10 "qdio_tasklets",
        /// Free request buffers are counted before the send and rolled back on failure. Nothing can be seen of it in the model
        /// lane: a send is one step there, after which both ways of counting come to the same number.
        FREE_BEFORE_SEND = 0x20 "free_before_send",
        /// A failed send looks its request up by the full id. Nothing can be seen of it in the model lane: ids start at 1 with
        /// each set_online, and no run sends the 2^31 requests after which half an id is not enough.
        FULL_REQUEST_ID = 0x40 "full_request_id",
        /// The timer is stopped synchronously at completion. Nothing can be seen of it in the model lane: a timer's function is one
        /// step there, so that none is half done when a response completes its request.
        TIMER_STOP_SYNC = 0x80 "timer_stop_sync",
        /// A port whose sysfs registration fails drops the adapter reference once.
        PORT_SYSFS_REF_ONCE = 0x100 "port_sysfs_ref_once",
        /// Port and unit removal keep their look-up reference to the end. Nothing can be seen of it: the reference of the
        /// registration, which the same store drops last, keeps port and unit until then.
        LATE_LOOKUP_PUT = 0x200 "late_lookup_put",
        /// The unit_add store waits for rport_work.
        UNIT_ADD_WAITS = 0x400 "unit_add_waits",
        /// Remove unregisters in list order.
        REMOVE_IN_LIST_ORDER = 0x800 "remove_in_list_order",
        /// The GID_PN pool is freed with the adapter.
        GID_PN_POOL_FREED = 0x1000 "gid_pn_pool_freed",
        /// A failed enqueue does not remove attribute groups (F21's fix).
        ENQUEUE_UNDO_INLINE = 0x2000 "enqueue_undo_inline",
        /// Protected commands use protection interval and reference tag helpers. Nothing can be seen of it in the model lane:
        /// its disks have blocks of 512 bytes, for which interval and sector size, tag and sector number are the same.
        PROT_INTERVAL_HELPERS = 0x4000 "prot_interval_helpers",
        /// max_sectors is limited by the DMA mapping once, in add. Nothing can be seen of it in the model lane: a ccw device
        /// has no such limit, so that neither place changes the number.
        CLAMP_AT_ADD = 0x8000 "clamp_at_add",
    }
}

record! {
    /// The kernel's profile.
    pub struct Kernel {
        /// Structure layouts.
        layout: Layout = Layout::Linux5714S390x;
        /// Version of the midlayer.
        midlayer: Midlayer = Midlayer::V5_7;
        /// When the default elevator is attached.
        elevator_attach: ElevatorAttach = ElevatorAttach::AtAddDisk;
        /// Which elevator is registered.
        elevator: Elevator = Elevator::MqDeadline;
        /// The midlayer's scan parameter.
        scsi_scan: ScsiScan = ScsiScan::Sync;
        /// The midlayer's max_luns parameter.
        max_luns: u32 = 512, within 1..=65536u32;
        /// A crash-dump kernel: 64 requests at most.
        crash_dump: bool = false;
        /// Behaviours of 6.1 and later.
        behaviours: Behaviours = Behaviours(0);
    }
}
