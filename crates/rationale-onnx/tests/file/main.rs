//! ONNX files, right and wrong, written by hand.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

mod bad;
mod encoder;
mod right;

use std::path::Path;

#[expect(clippy::disallowed_methods, reason = "nobody else looks at a test's own folder")]
fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}
