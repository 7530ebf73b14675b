//! LightGBM's JSON dump. Its reader takes the text model too, by the bytes at the start.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| rationale_fuzz::check(rationale_trees::lightgbm::read, bytes));
