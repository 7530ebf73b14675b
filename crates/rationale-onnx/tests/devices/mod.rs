//! The devices on which a suite runs: all that are built in and there.

use rationale_tensor::Device;

/// A device that was built in and does not answer is named.
pub(crate) fn devices() -> Vec<Device> {
    let there = |name: &str| Device::named(name).inspect_err(|error| println!("skipped: {error}")).ok();
    Device::built_in_names().into_iter().filter_map(there).collect()
}
