// SPDX-License-Identifier: MIT OR Apache-2.0
#![no_main]
//! What one would write in an afternoon: `#[derive(Arbitrary)]` and libFuzzer. The drill measures the targets against it.

use libfuzzer_sys::fuzz_target;
use regdiff_oracle::target::REGISTRATION;
use regdiff_scenario::{Scenario, bytes, plain::Plain};

fuzz_target!(|plain: Plain| {
    // The byte form is what the target takes; both ways together cost a thousandth of a comparison.
    let _ = regdiff_fuzz::check_without_feedback(&REGISTRATION, &bytes::encode(&Scenario::from(plain)));
});
