//! ONNX with the operators of its machine learning domain.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| rationale_fuzz::check(rationale_trees::onnx_ml::read, bytes));
