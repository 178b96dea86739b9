// SPDX-License-Identifier: MIT OR Apache-2.0
#![cfg_attr(feature = "libfuzzer", no_main)]
//! Decodes bytes.

regdiff_fuzz::harness!(regdiff_oracle::target::CODEC);
