//! Other hardware and kernels, moments of early steps, and places where the schedule can let others go first.

use regdiff_scenario::{
    AdapterFeatures, Behaviours, Choice, Command, ConnectionFeatures, Context, ElevatorAttach, Midlayer, Moment, Point,
    Protection, Scenario, Topology, Turn, When, device,
};

use super::alphabet::{Change, Key, KeyKind};

type Setting = (&'static str, fn(&mut Scenario));

/// What can be other than in the base scenario, each with its alternatives.
const SETTINGS: &[(&str, &[Setting])] = &[
    (
        "topology",
        &[
            ("point_to_point", |s| s.devices[0].topology = Topology::PointToPoint),
            ("loop", |s| s.devices[0].topology = Topology::Loop),
        ],
    ),
    ("link", &[("down", |s| s.devices[0].link_up = false)]),
    (
        "features",
        &[
            ("no_protection", |s| s.devices[0].features = device::PLAIN_FEATURES),
            ("dix_without_dif", |s| s.devices[0].features.0 &= !AdapterFeatures::DIF_PROT_TYPE1.0),
            ("no_port_data", |s| s.devices[0].features.0 &= !AdapterFeatures::HBAAPI_MANAGEMENT.0),
        ],
    ),
    ("npiv", &[("off", |s| s.devices[0].connection = ConnectionFeatures(0))]),
    ("multi_buffer", &[("off", |s| s.devices[0].multi_buffer = false)]),
    ("disk", &[("unprotected", |s| s.devices[0].ports[0].luns[0].protection = Protection::None)]),
    ("elevator_attach", &[("at_queue_alloc", |s| s.kernel.elevator_attach = ElevatorAttach::AtQueueAlloc)]),
    (
        "kernel",
        &[
            ("midlayer_6.1", |s| s.kernel.midlayer = Midlayer::V6_1),
            ("6.1", |s| {
                (s.kernel.midlayer, s.kernel.behaviours) = (Midlayer::V6_1, all_behaviours());
            }),
        ],
    ),
    ("crash_dump", &[("on", |s| s.kernel.crash_dump = true)]),
];

/// Every open choice of hardware and kernel.
pub(super) fn settings() -> Vec<Key> {
    let key = |(name, alternatives): &(&str, &[Setting])| Key {
        name: (*name).to_owned(),
        kind: KeyKind::Setting,
        changes: alternatives.iter().map(|(name, set)| (*name, Change::Setting(*set))).collect(),
    };
    SETTINGS.iter().map(key).collect()
}

/// Moments of early steps.
pub(super) fn moments() -> Vec<(&'static str, Moment)> {
    let sent = |command| Moment { when: When::Outstanding, command, ..Moment::default() };
    let at = |point| Moment { when: When::AtPoint, point, ..Moment::default() };
    vec![
        ("at_once", Moment { when: When::After, ..Moment::default() }),
        ("while_config_data", sent(Command::ExchangeConfigData)),
        ("while_port_data", sent(Command::ExchangePortData)),
        ("while_gpn_ft", sent(Command::GpnFt)),
        ("at_erp_open", at(Point::ErpOpen)),
        ("at_host_allocated", at(Point::HostAllocated)),
    ]
}

/// Contexts with the points where each can be while others could run. A test holds that none is missing.
const PREEMPTIONS: &[(Context, &[Point])] = &[
    (
        Context::User,
        &[
            Point::UserStart,
            Point::OnlineEnqueued,
            Point::OnlineTriggered,
            Point::OnlineBackoff,
            Point::OnlineRecovered,
            Point::OnlineScanned,
            Point::HostAllocated,
            Point::HostPublished,
            Point::HostAdded,
            Point::PortRemove,
            Point::UnitRemove,
            Point::UnregisterWorks,
            Point::UnregisterHost,
            Point::LunScan,
            Point::SlaveAlloc,
            Point::LunInquiry,
            Point::CommandPrepared,
            Point::ElevatorAttach,
        ],
    ),
    (
        Context::Erp,
        &[
            Point::ErpStrategy,
            Point::ErpOpen,
            Point::ErpQdioOpen,
            Point::ErpXconfDone,
            Point::ErpPtpPort,
            Point::ErpXportDone,
            Point::HostAllocated,
            Point::HostPublished,
            Point::HostAdded,
            Point::RedoConfig,
            Point::RedoPort,
            Point::RedoLinkDown,
            Point::ErpPoolsResized,
            Point::ErpStatusReads,
            Point::ErpAdapterOpen,
            Point::ErpClose,
            Point::ErpClosed,
            Point::ErpRetrySleep,
            Point::ErpStrategyDone,
        ],
    ),
    (
        Context::AdapterWq,
        &[
            Point::ScanStart,
            Point::ScanDirectory,
            Point::ScanAnswered,
            Point::ScanRecovered,
            Point::RportWork,
            Point::RportTask,
            Point::StatWork,
            Point::LunScan,
            Point::SlaveAlloc,
            Point::LunInquiry,
            Point::CommandPrepared,
        ],
    ),
    (
        Context::ScsiWq,
        &[Point::LunScan, Point::SlaveAlloc, Point::LunInquiry, Point::CommandPrepared, Point::ElevatorAttach],
    ),
    (Context::SdProbe, &[Point::SdProbe, Point::SdPublish, Point::CommandPrepared, Point::ElevatorAttach]),
    (Context::ScsiEh, &[Point::EhStart, Point::EhFinish, Point::CommandPrepared]),
    (Context::ScsiTmf, &[Point::TmfAbort]),
];

/// Every open choice of the schedule.
pub(super) fn preemptions() -> Vec<Key> {
    let pairs = PREEMPTIONS.iter().flat_map(|(context, points)| points.iter().map(|point| (*context, *point)));
    let key = |(context, point): (Context, Point)| {
        let choice = Choice { context, point, turn: Turn::Yield, ..Choice::default() };
        Key {
            name: format!("{}@{}", context.text(), point.text()),
            kind: KeyKind::Preemption { context, point },
            changes: vec![("yield", Change::Choice(choice))],
        }
    };
    pairs.map(key).collect()
}

/// Every behaviour of later kernels.
fn all_behaviours() -> Behaviours {
    Behaviours(Behaviours::NAMES.iter().fold(0, |all, name| all | name.value as u32))
}
