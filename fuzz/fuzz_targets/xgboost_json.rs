//! XGBoost's JSON. Its reader takes UBJSON too, by the bytes at the start.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| rationale_fuzz::check(rationale_trees::xgboost::read, bytes));
