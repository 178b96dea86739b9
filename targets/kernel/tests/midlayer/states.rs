//! State tables and dispositions (midlayer.md 2.5, 4.7, 13.1).

use regdiff_kernel::scsi::{Cdb, Disposition, Gate, HostByte, HostState, ScsiResult, SdevState, Sense, disposition};
use regdiff_scenario::Midlayer;

use crate::rig::{ATTENTION, check};

#[test]
fn hosts() {
    use HostState as S;
    let all = [S::Created, S::Running, S::Cancel, S::Del, S::Recovery, S::CancelRecovery, S::DelRecovery];
    let legal: [(S, &[S]); 7] = [
        (S::Created, &[]),
        (S::Running, &[S::Created, S::Recovery]),
        (S::Recovery, &[S::Running]),
        (S::Cancel, &[S::Created, S::Running, S::CancelRecovery]),
        (S::CancelRecovery, &[S::Cancel, S::Recovery]),
        (S::Del, &[S::Cancel, S::DelRecovery]),
        (S::DelRecovery, &[S::CancelRecovery]),
    ];
    for (to, from) in legal {
        assert_eq!(all.iter().copied().filter(|s| s.may_become(to)).collect::<Vec<_>>(), from, "to {to:?}");
    }
    assert_eq!(all.map(|s| s as u8), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(all.map(S::is_recovery), [false, false, false, false, true, true, true]);
}

#[test]
fn devices() {
    use SdevState as S;
    let all = [
        S::Created,
        S::Running,
        S::Cancel,
        S::Del,
        S::Quiesce,
        S::Offline,
        S::TransportOffline,
        S::Block,
        S::CreatedBlock,
    ];
    let legal: [(S, &[S]); 9] = [
        (S::Created, &[S::CreatedBlock]),
        (S::Running, &[S::Created, S::Quiesce, S::Offline, S::TransportOffline, S::Block]),
        (S::Quiesce, &[S::Running, S::Offline, S::TransportOffline]),
        (S::Offline, &[S::Created, S::Running, S::Quiesce, S::Block]),
        (S::TransportOffline, &[S::Created, S::Running, S::Quiesce, S::Block]),
        (S::Block, &[S::Running, S::Offline, S::CreatedBlock]),
        (S::CreatedBlock, &[S::Created]),
        (S::Cancel, &[S::Created, S::Running, S::Quiesce, S::Offline, S::TransportOffline]),
        (S::Del, &[S::Created, S::Running, S::Cancel, S::Offline, S::TransportOffline, S::Block, S::CreatedBlock]),
    ];
    for (to, from) in legal {
        let found = all.iter().copied().filter(|s| *s != to && s.may_become(to, Midlayer::V5_3));
        assert_eq!(found.collect::<Vec<_>>(), from, "to {to:?}");
    }
    assert!(S::Quiesce.may_become(S::Block, Midlayer::V5_7));
}

#[test]
fn gates() {
    use Gate as G;
    use SdevState as S;
    let old = |state: S, internal| state.gate(Midlayer::V5_7, internal, false);
    let new = |state: S, internal| state.gate(Midlayer::V6_1, internal, false);
    for gate in [old, new] {
        for internal in [false, true] {
            assert_eq!(gate(S::Running, internal), G::Open);
            assert_eq!([S::Block, S::CreatedBlock].map(|s| gate(s, internal)), [G::Waits; 2]);
            let off = [S::Offline, S::TransportOffline, S::Del].map(|s| gate(s, internal));
            assert_eq!(off, [G::NoConnect; 3]);
        }
    }
    assert_eq!([S::Created, S::Cancel, S::Quiesce].map(|s| old(s, true)), [G::Open; 3]);
    assert_eq!([S::Created, S::Cancel, S::Quiesce].map(|s| old(s, false)), [G::Fails, G::Fails, G::Waits]);
    for internal in [false, true] {
        let found = [S::Created, S::Cancel, S::Quiesce].map(|s| new(s, internal));
        assert_eq!(found, [G::Open, G::Fails, G::Waits]);
    }
    assert_eq!([S::Cancel, S::Quiesce].map(|s| s.gate(Midlayer::V6_12, true, true)), [G::Open; 2]);
}

#[test]
fn dispositions() {
    use Disposition as D;
    const READ: Cdb = Cdb::Read { lba: 0, blocks: 1 };
    let by_host = |host| disposition(READ, false, &ScsiResult::host(host));
    assert_eq!([HostByte::Ok, HostByte::NoConnect, HostByte::TransportFailfast].map(by_host), [D::Finish; 3]);
    assert_eq!([HostByte::TransportDisrupted, HostByte::SoftError, HostByte::Error].map(by_host), [D::Retry; 3]);
    assert_eq!(by_host(HostByte::ImmRetry), D::Requeue);
    let by_status = |status| disposition(READ, false, &ScsiResult { status, ..ScsiResult::default() });
    assert_eq!([0x08, 0x28].map(by_status), [D::Requeue; 2]);
    assert_eq!([0x04, 0x18].map(by_status), [D::Finish; 2]);
    assert_eq!([0x02, 0x22, 0x7f].map(by_status), [D::ErrorHandler; 3]);
    let refused = check(Sense { key: 5, asc: 0x20, ascq: 0 });
    assert_eq!(disposition(READ, false, &refused), D::Reprepare);
    assert_eq!(disposition(READ, false, &check(ATTENTION)), D::Requeue);
    assert_eq!(disposition(READ, false, &check(Sense { key: 3, asc: 0x11, ascq: 0 })), D::Finish);
    for result in [refused, check(ATTENTION)] {
        assert_eq!(disposition(Cdb::TestUnitReady, true, &result), D::Finish, "the caller looks at it");
    }
}
