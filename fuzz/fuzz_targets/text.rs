// SPDX-License-Identifier: MIT OR Apache-2.0
#![cfg_attr(feature = "libfuzzer", no_main)]
//! Parses text.

regdiff_fuzz::harness!(regdiff_oracle::target::TEXT);
