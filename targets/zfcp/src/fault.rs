//! Planted faults of the driver: slips that a reviewer could let through, armed from outside of a scenario.
//!
//! A fence of the series that is taken away is a fault too: [`crate::Fences::without`]. These are the others. They are part of
//! [`crate::Variant`], so that no engine can learn them; one that is not armed costs a comparison of two bytes. What each must
//! be reported as, and by which scenario, is in the registry of the oracle.

regdiff_kernel::planted_faults! {
    /// A planted fault of the driver.
    DriverFault {
        /// The redo applies link-down before port data, which then shows protocols of a link that is down.
        RedoLinkDownFirst = "redo-link-down-first",
        /// With DIX the limit of data is not halved, only that of protection data.
        LimitsNotHalved = "limits-not-halved",
        /// A complete configuration answer leaves the mark of an incomplete one on the buffer from which the redo copies.
        IncompleteStays = "incomplete-stays",
        /// Clearing the failed state leaves the count of failed attempts.
        CountsNotReset = "counts-not-reset",
        /// An adapter that was reopened does not ask for its ports to be reopened.
        PortsNotReopened = "ports-not-reopened",
        /// Closing the queues drops outstanding requests without telling who waits for them.
        DismissedWithoutAnswer = "dismissed-without-answer",
        /// A new adapter starts with one status read buffer, not sixteen; each open sets the number anew before it counts.
        OneStatusReadAtFirst = "one-status-read-at-first",
        /// The port scan does not wait for the ports it found before it drops those that are not open.
        ScanWithoutWait = "scan-without-wait",
        /// Well-known ports stay open, with their handles, when the queues are closed.
        WkaKeptOverClose = "wka-kept-over-close",
        /// Status read buffers that were used are not posted again.
        StatusReadsNotRefilled = "status-reads-not-refilled",
        /// The timer of a request runs on after its answer.
        RequestTimerNotStopped = "request-timer-not-stopped",
        /// Sense data of a SCSI answer keeps its key and loses the codes behind it.
        SenseCodesDropped = "sense-codes-dropped",
        /// A port is registered with the FC transport whether or not it is there already.
        RportRegisteredTwice = "rport-registered-twice",
        /// A unit that is removed stays counted with its port.
        UnitStaysCounted = "unit-stays-counted",
    }
}
