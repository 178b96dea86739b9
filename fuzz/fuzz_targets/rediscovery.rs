// SPDX-License-Identifier: MIT OR Apache-2.0
#![cfg_attr(feature = "libfuzzer", no_main)]
//! Finds the historical crash: only intended allowances count.

regdiff_fuzz::harness!(regdiff_oracle::target::REDISCOVERY);
