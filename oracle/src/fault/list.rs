//! The registry of planted faults, in the order of their layers.

use super::{Fault, Layer, Plant};
use crate::lane::{DriverFault as Driver, Fence, MidlayerFault as Midlayer};

/// Every planted fault. The last is the canary: nobody can see it.
pub const FAULTS: &[Fault] = &[
    fence(
        "f1-qdio-shost-update",
        Fence::QdioShostUpdate,
        "lifetime/deferred/null-write/zfcp_qdio_shost_update/sg_tablesize",
    ),
    fence(
        "f2-config-data-good",
        Fence::ConfigDataGood,
        "lifetime/deferred/null-write/zfcp_scsi_shost_update_config_data/firmware_version",
    ),
    fence(
        "f3-config-data-incomplete",
        Fence::ConfigDataIncomplete,
        "lifetime/deferred/null-write/zfcp_scsi_shost_update_config_data/firmware_version",
    ),
    fence(
        "f4-set-prot-in-host-update",
        Fence::SetProtInHostUpdate,
        "lifetime/deferred/null-write/zfcp_scsi_set_prot/prot_capabilities",
    ),
    fence(
        "f5-port-data",
        Fence::PortData,
        "lifetime/deferred/null-write/zfcp_fsf_exchange_port_evaluate/permanent_port_name",
    ),
    fence("f6-link-down", Fence::LinkDown, "lifetime/deferred/null-write/zfcp_fsf_fc_host_link_down/port_id"),
    fence("f6b-link-down-adapter-first", Fence::LinkDownAdapterFirst, "divergence/adapter.card_version"),
    fence(
        "f7-ptp-port-late",
        Fence::PtpPortLate,
        "lifetime/deferred/null-read/zfcp_erp_adapter_strategy_open_fsf_xconf/port_type",
    ),
    fence(
        "f8-set-adapter-status",
        Fence::SetAdapterStatus,
        "lifetime/deferred/null-write/zfcp_erp_set_adapter_status/host_lock",
    ),
    fence(
        "f9-clear-adapter-status",
        Fence::ClearAdapterStatus,
        "lifetime/deferred/null-write/zfcp_erp_clear_adapter_status/host_lock",
    ),
    fence("f10-port-rescan", Fence::PortRescan, "lifetime/deferred/null-read/zfcp_fc_scan_ports/port_type"),
    fence(
        "f11-no-register-at-enqueue",
        Fence::NoRegisterAtEnqueue,
        "memory/deferred/null-write/scsi_queue_rq/prot_sdb",
    ),
    fence("f12-limits-before-add", Fence::LimitsBeforeAdd, "divergence/scsi_host.sg_tablesize"),
    fence("f13-prot-before-add", Fence::ProtBeforeAdd, "memory/deferred/null-write/scsi_queue_rq/prot_sdb"),
    fence("f14-register-once", Fence::RegisterOnce, "divergence/fc_host.active_fc4s"),
    fence(
        "f15-no-stale-pointer",
        Fence::NoStalePointer,
        "lifetime/deferred/freed-write/zfcp_erp_clear_adapter_status/host_lock",
    ),
    fence("f16-redo-config", Fence::RedoConfig, "divergence/fc_host.port_type"),
    fence("f17-redo-port", Fence::RedoPort, "divergence/fc_host.permanent_port_name"),
    fence("f18-redo-link-down", Fence::RedoLinkDown, "divergence/fc_host.port_id"),
    fence(
        "f19-register-before-status-reads",
        Fence::RegisterBeforeStatusReads,
        "lifetime/deferred/null-write/zfcp_fsf_status_read_version_change/firmware_version",
    ),
    fence("f20-unregister-checks", Fence::UnregisterChecks, "lifetime/deferred/null-read/fc_remove_host/shost_data"),
    fence("f21-enqueue-undo", Fence::EnqueueUndo, "divergence/event.log.SYSFS_GROUP_MISSING"),
    driver(Layer::Registration, Driver::RedoLinkDownFirst, "divergence/fc_host.active_fc4s"),
    driver(Layer::Registration, Driver::LimitsNotHalved, "memory/deferred/bug/__scsi_init_queue/sg_prot_tablesize"),
    driver(Layer::Registration, Driver::IncompleteStays, "divergence/fc_host.port_type"),
    driver(Layer::Recovery, Driver::CountsNotReset, "divergence/event.log.ADAPTER_FAILED"),
    driver(Layer::Recovery, Driver::PortsNotReopened, "divergence/event.uevent.remove.sdev"),
    driver(Layer::Recovery, Driver::DismissedWithoutAnswer, "liveness/deferred/blocked/read_attribute"),
    driver(Layer::Channel, Driver::ScanWithoutWait, "divergence/port/absent-in-deferred"),
    driver(Layer::Channel, Driver::WkaKeptOverClose, "divergence/event.trace.fscwph1"),
    driver(Layer::Channel, Driver::StatusReadsNotRefilled, "divergence/event.fc.linkdown"),
    driver(Layer::Channel, Driver::RequestTimerNotStopped, "liveness/deferred/never-rests/turns"),
    driver(Layer::Channel, Driver::SenseCodesDropped, "divergence/sdev/absent-in-deferred"),
    driver(Layer::Objects, Driver::RportRegisteredTwice, "liveness/deferred/never-rests/turns"),
    driver(Layer::Objects, Driver::UnitStaysCounted, "divergence/step.port_remove"),
    midlayer(Midlayer::SizeWithoutMask, "memory/deferred/overrun/W1/neighbour/scsi_queue_rq"),
    midlayer(Midlayer::FlushWithoutProtection, "memory/deferred/overrun/W1/bucket-rest/scsi_queue_rq"),
    midlayer(Midlayer::SchedulerWithoutPointer, "memory/deferred/null-write/scsi_queue_rq/prot_sdb"),
    midlayer(Midlayer::LossTimerNotCancelled, "divergence/event.log.RPORT_LOST"),
    midlayer(Midlayer::DevicesStayBlocked, "liveness/deferred/blocked/read"),
    midlayer(Midlayer::RportKeepsHost, "lifetime/deferred/leftover/scsi_host_put/Scsi_Host"),
    Fault { signature: None, ..driver(Layer::Channel, Driver::OneStatusReadAtFirst, "") },
];

const fn fence(name: &'static str, fence: Fence, signature: &'static str) -> Fault {
    Fault { name, layer: Layer::Registration, plant: Plant::Fence(fence), signature: Some(signature) }
}

const fn driver(layer: Layer, fault: Driver, signature: &'static str) -> Fault {
    Fault { name: fault.name(), layer, plant: Plant::Driver(fault), signature: Some(signature) }
}

const fn midlayer(fault: Midlayer, signature: &'static str) -> Fault {
    Fault { name: fault.name(), layer: Layer::Midlayer, plant: Plant::Midlayer(fault), signature: Some(signature) }
}
