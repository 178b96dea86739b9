//! The stream of facts: one JSON object a line. What does not parse is counted and dropped.

use regdiff_linux_wire::Fact;

/// What could be understood of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    /// The facts, in order.
    pub(crate) told: Vec<Fact>,
    /// Lines that are no facts. The last line may be cut off by the end of the guest; then it is not counted.
    pub(crate) garbage: usize,
}

/// Reads a stream. A terminal may have put a carriage return before the end of a line.
pub(crate) fn read(stream: &[u8]) -> Facts {
    let mut facts = Facts::default();
    let mut lines = stream.split_inclusive(|byte| *byte == b'\n');
    for line in lines.by_ref() {
        let complete = line.ends_with(b"\n");
        let line = line.trim_ascii();
        match serde_json::from_slice(line) {
            Ok(fact) => facts.told.push(fact),
            Err(_) if line.is_empty() || !complete => {}
            Err(_) => facts.garbage += 1,
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn garbage_between_facts_is_counted_and_a_torn_line_is_not() {
        let hello = Fact::Hello { linux_version: 0x060_1c0, early: true };
        let line = serde_json::to_string(&hello).expect("a fact is JSON");
        let stream = format!("{line}\r\n\n{{\"hello\":1}}\n\u{fffd}\n{line}\n{}", &line[..9]);
        assert_eq!(read(stream.as_bytes()), Facts { told: vec![hello.clone(), hello], garbage: 2 });
        assert_eq!(read(&[0xff, 0xfe, b'\n']), Facts { told: Vec::new(), garbage: 1 });
    }
    /// Lines that a guest may write, facts or not.
    fn line() -> impl Strategy<Value = (Vec<u8>, Option<Fact>)> {
        let fact = (any::<u32>(), any::<u64>(), ".{0,20}").prop_map(|(step, time_us, what)| {
            let facts = [
                Fact::StepBegun { step, time_us },
                Fact::StepDone { step, code: -i64::from(step) },
                Fact::NotExpressible { what },
                Fact::FailureHit { step },
            ];
            facts[time_us as usize % facts.len()].clone()
        });
        let garbage = proptest::collection::vec(any::<u8>().prop_filter("one line", |byte| *byte != b'\n'), 0..40);
        prop_oneof![
            fact.prop_map(|fact| (serde_json::to_vec(&fact).expect("a fact is JSON"), Some(fact))),
            garbage.prop_map(|bytes| (bytes, None)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn facts_are_read_between_any_garbage(
            lines in proptest::collection::vec(line(), 0..20), cut in proptest::collection::vec(any::<u8>(), 0..9),
        ) {
            let mut stream: Vec<u8> = lines.iter().flat_map(|(bytes, _)| [bytes, &b"\n"[..]].concat()).collect();
            stream.extend(&cut);
            let read = read(&stream);
            let told: Vec<Fact> = lines.iter().filter_map(|(_, fact)| fact.clone()).collect();
            prop_assert_eq!(read.told, told);
            prop_assert!(read.garbage <= lines.iter().filter(|(_, fact)| fact.is_none()).count() + cut.len());
        }
    }
}
