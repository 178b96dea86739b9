// SPDX-License-Identifier: MIT OR Apache-2.0
#![cfg_attr(feature = "libfuzzer", no_main)]
//! Finds what is new with dif or dix on.

regdiff_fuzz::harness!(regdiff_oracle::target::PROTECTION);
