// SPDX-License-Identifier: MIT OR Apache-2.0
#![cfg_attr(feature = "libfuzzer", no_main)]
//! Finds what is new in recovery, of devices that are online at first.

regdiff_fuzz::harness!(regdiff_oracle::target::RECOVERY);
