//! The networks and photographs that lie in the folder of test data.

use std::path::PathBuf;

use anyhow::{Context, Result};
use rationale::onnx::OnnxNetwork;
use rationale::tensor::{Device, Tensor};
use rationale::vision::{Geometry, Picture, Preparation, Preset};

/// A network, and how photographs become its input.
pub(crate) struct Stored {
    pub(crate) network: OnnxNetwork,
    pub(crate) preparation: Preparation,
    pub(crate) device: Device,
}

/// A photograph as a network takes it.
pub(crate) struct Seen {
    pub(crate) input: Tensor,
    pub(crate) geometry: Geometry,
}

pub(crate) fn folder() -> Result<PathBuf> {
    Ok(std::env::var_os("RATIONALE_TESTDATA").context("RATIONALE_TESTDATA names no folder")?.into())
}

impl Stored {
    pub(crate) fn mobilenet() -> Result<Self> {
        Self::read("mobilenet-v1-1.0-224-f16store.onnx", Preset::ImagenetTf)
    }

    pub(crate) fn resnet50() -> Result<Self> {
        Self::read("resnet50-keras-f16store.onnx", Preset::ImagenetCaffe)
    }

    fn read(file: &str, preset: Preset) -> Result<Self> {
        let device = Device::flex();
        let network = OnnxNetwork::read(folder()?.join("models").join(file), &device)?;
        Ok(Self { network, preparation: preset.preparation([224, 224])?, device })
    }

    /// A photograph of the folder `images`.
    pub(crate) fn see(&self, file: &str) -> Result<Seen> {
        let prepared = self.preparation.prepare(&Picture::open(&folder()?.join("images").join(file))?)?;
        let geometry = *prepared.geometry();
        let input = Tensor::from_array(&prepared.into_tensor().view().into_dyn(), &self.device)?;
        Ok(Seen { input, geometry })
    }
}
