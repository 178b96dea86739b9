//! Laws of what is observed, by proptest: what is written comes back, what is shown tells values apart.

use proptest::prelude::*;
use proptest::sample::select;
use regdiff_observation::{Attribute, Format, Object, PointSet, Reading, SentCommand, Uevent, UeventAction};
use regdiff_scenario::{Command, Point};

fn object() -> impl Strategy<Value = Object> {
    (0..9usize, 0..4u8, any::<u64>(), any::<u64>()).prop_map(|(kind, device, wwpn, lun)| match kind {
        0 => Object::Adapter(device),
        1 => Object::Port(device, wwpn),
        2 => Object::Unit(device, wwpn, lun),
        3 => Object::Host(device),
        4 => Object::FcHost(device),
        5 => Object::Rport(device, wwpn),
        6 => Object::Target(device, wwpn),
        7 => Object::Sdev(device, wwpn, lun),
        _ => Object::Disk(device, wwpn, lun),
    })
}

fn back<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).expect("plain data")).expect("it was written by us")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// A guest tells them as JSON.
    #[test]
    fn what_a_guest_tells_comes_back(
        object in object(), attribute in select(Attribute::ALL), value in any::<u64>(), added in any::<bool>(),
        command in select(Command::ALL), (port, lun) in any::<(u64, u64)>(), device in 0..4u8,
    ) {
        let reading = Reading { object, attribute, value };
        prop_assert_eq!(back(&reading), reading);
        let action = if added { UeventAction::Add } else { UeventAction::Remove };
        let uevent = Uevent { action, object };
        prop_assert_eq!(back(&uevent), uevent);
        let sent = SentCommand { device, command, port, lun };
        prop_assert_eq!(back(&sent), sent);
    }

    /// No two objects have one name, and each begins with its kind.
    #[test]
    fn objects_have_names_of_their_own(left in object(), right in object()) {
        prop_assert_eq!(left == right, left.to_string() == right.to_string());
        prop_assert!(left.to_string().starts_with(left.kind()));
    }

    /// A difference in value is a difference to the eye, but for flags, which are yes or no.
    #[test]
    fn values_look_different(attribute in select(Attribute::ALL), left in 0..70_000u64, right in any::<u64>()) {
        let format = attribute.format();
        match format {
            Format::Flag => prop_assert_eq!(format.show(left) == format.show(right), (left == 0) == (right == 0)),
            // Two port types and states may have one name.
            Format::Names(_) => prop_assert!(!format.show(left).is_empty() || left == 0),
            _ => prop_assert_eq!(format.show(left) == format.show(right), left == right),
        }
    }

    #[test]
    fn a_set_of_points_is_a_set(points in proptest::collection::vec(select(Point::ALL), 0..80)) {
        let mut set = PointSet::default();
        for point in &points {
            set.insert(*point);
        }
        let mut expected: Vec<Point> = Point::ALL.to_vec();
        expected.retain(|point| points.contains(point));
        prop_assert_eq!(set.iter().collect::<Vec<_>>(), expected);
        prop_assert!(Point::ALL.iter().all(|point| set.contains(*point) == points.contains(point)));
    }
}
