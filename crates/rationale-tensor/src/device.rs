//! Where tensors live.

use burn_dispatch::DispatchDevice;

use crate::Error;

/// A device, always named explicitly: which backends are built in is a matter of features, and features of all crates
/// of a program add up, so a silent default would change with an unrelated dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device(DispatchDevice);

/// Each backend's name and feature, and whether it is built in.
const BACKENDS: [(&str, bool); 3] = [
    ("flex", cfg!(feature = "flex")),
    ("ndarray", cfg!(feature = "ndarray")),
    ("cuda", cfg!(feature = "cuda")),
];

impl Device {
    /// The processor, by the backend flex: fast, with vectors and threads.
    #[cfg(feature = "flex")]
    pub fn flex() -> Self {
        Self(burn_dispatch::devices::FlexDevice.into())
    }

    /// The processor, by the backend ndarray: slow, for comparison.
    #[cfg(feature = "ndarray")]
    pub fn ndarray() -> Self {
        #[allow(deprecated, reason = "kept for comparison as long as burn has it")]
        Self(burn_dispatch::devices::NdArrayDevice::default().into())
    }

    /// The graphics card of this number. Fails where there is none.
    #[cfg(feature = "cuda")]
    pub fn cuda(index: usize) -> Result<Self, Error> {
        let device: DispatchDevice = burn_dispatch::devices::CudaDevice::new(index).into();
        // The driver's library is loaded at first use, and what does not find it panics.
        let works = std::panic::catch_unwind(|| {
            use burn_backend::Backend;
            burn_dispatch::Dispatch::sync(&device).is_ok()
        });
        if matches!(works, Ok(true)) {
            return Ok(Self(device));
        }
        let remedy = format!(
            "no CUDA device {index} answers; check that `nvidia-smi` lists it, or take --device flex"
        );
        Err(Error::Device { asked: format!("cuda:{index}"), remedy })
    }

    /// The device called `flex`, `ndarray`, `cuda` or `cuda:1`.
    pub fn named(name: &str) -> Result<Self, Error> {
        let (backend, index) = name.split_once(':').unwrap_or((name, "0"));
        let unknown = |remedy: String| Error::Device { asked: name.to_owned(), remedy };
        let Ok(index) = index.parse() else {
            return Err(unknown(format!("`{index}` is no number of a device")));
        };
        match BACKENDS.iter().find(|(it, _)| *it == backend) {
            Some((_, true)) => Self::built_in(backend, index),
            Some(_) => Err(unknown(format!("this program was built without the feature `{backend}`"))),
            None => Err(unknown("the devices are flex, ndarray, cuda and cuda:N".to_owned())),
        }
    }

    #[allow(unused_variables, reason = "the index is that of a graphics card")]
    fn built_in(backend: &str, index: usize) -> Result<Self, Error> {
        match backend {
            #[cfg(feature = "flex")]
            "flex" => Ok(Self::flex()),
            #[cfg(feature = "ndarray")]
            "ndarray" => Ok(Self::ndarray()),
            #[cfg(feature = "cuda")]
            "cuda" => Self::cuda(index),
            _ => Err(Error::Device { asked: backend.to_owned(), remedy: "it is not built in".to_owned() }),
        }
    }

    /// The name of its backend: `flex`, `ndarray` or `cuda`.
    pub fn name(&self) -> &'static str {
        // The variants of burn's type depend on its features, which others may turn on; its words do not.
        let words = format!("{:?}", self.0).to_lowercase();
        BACKENDS.iter().map(|(name, _)| *name).find(|name| words.contains(name)).unwrap_or("device")
    }

    /// The names of the backends built in.
    pub fn built_in_names() -> Vec<&'static str> {
        BACKENDS.iter().filter(|(_, built_in)| *built_in).map(|(name, _)| *name).collect()
    }

    /// The same device, for modules written with burn.
    #[cfg(feature = "modules")]
    pub fn to_burn(&self) -> burn_tensor::Device {
        burn_tensor::Device::new(self.0.clone())
    }

    pub(crate) fn inner(&self) -> &DispatchDevice {
        &self.0
    }

    pub(crate) fn from_inner(device: DispatchDevice) -> Self {
        Self(device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_was_not_built_in_names_its_feature() {
        for (name, _) in BACKENDS.iter().filter(|(_, built_in)| !built_in) {
            let message = Device::named(name).unwrap_err().to_string();
            assert!(message.contains(&format!("without the feature `{name}`")), "{message}");
        }
    }

    #[test]
    fn an_unknown_device_lists_those_there_are() {
        let message = Device::named("tpu").unwrap_err().to_string();
        assert_eq!(message, "device `tpu` cannot be used: the devices are flex, ndarray, cuda and cuda:N");
        assert!(Device::named("cuda:first").is_err());
    }
}
