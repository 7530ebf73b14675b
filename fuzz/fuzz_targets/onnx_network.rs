//! ONNX files of networks.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| rationale_fuzz::check_network(bytes));
