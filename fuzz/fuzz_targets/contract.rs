// SPDX-License-Identifier: MIT OR Apache-2.0
#![cfg_attr(feature = "libfuzzer", no_main)]
//! Finds allowances that cover what they do not say.

regdiff_fuzz::harness!(regdiff_oracle::target::CONTRACT);
