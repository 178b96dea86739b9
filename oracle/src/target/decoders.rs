//! Targets of the decoders: total where they must be, strict where they must be, and lossless.

use regdiff_scenario::{Scenario, bytes, limits, text};

use super::Checked;

/// The decoder of engines takes any bytes; what it makes is canonical and comes back from either form.
pub(super) fn bytes(data: &[u8]) -> Checked {
    let scenario = bytes::decode(data);
    comes_back(&scenario);
    let encoded = bytes::encode(&scenario);
    assert_eq!(bytes::decode_strict(&encoded).as_ref(), Ok(&scenario), "the strict decoder disagrees");
    // What the strict decoder takes, the total one takes alike.
    if let Ok(strict) = bytes::decode_strict(data) {
        assert_eq!(strict, scenario, "the two decoders disagree");
    }
    Checked::Judged
}

/// A person's file is a scenario, or an error that names a place in it.
pub(super) fn text(data: &[u8]) -> Checked {
    if data.len() > limits::MAX_FILE {
        return Checked::Foreign;
    }
    for loaded in [Scenario::load(data), Scenario::load_crash(data)] {
        match loaded {
            Ok(scenario) => comes_back(&scenario),
            Err(error) => assert!(!error.to_string().is_empty(), "an error without a word"),
        }
    }
    if let Ok(input) = std::str::from_utf8(data)
        && let Err(error) = text::parse(input)
    {
        assert!(error.line >= 1 && error.line <= input.lines().count() + 1, "{error}: no such line");
    }
    Checked::Judged
}

fn comes_back(scenario: &Scenario) {
    assert!(scenario.is_canonical(), "not canonical: {scenario:?}");
    let printed = text::print(scenario);
    assert_eq!(text::parse(&printed).as_ref(), Ok(scenario), "the text form loses something:\n{printed}");
    let encoded = bytes::encode(scenario);
    assert_eq!(&bytes::decode(&encoded), scenario, "the byte form loses something:\n{printed}");
}
