//! A network from a file, and what is said about it.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rationale::onnx::OnnxNetwork;
use rationale::tensor::{Device, Network};
use rationale::vision::{Layout, NetworkDescription, Preparation, Preset};

use crate::arguments::Common;
use crate::failure::Usage;
use crate::memory::MemoryLimit;
use crate::output::note;

#[derive(Debug, Args)]
pub(super) struct Model {
    /// The network: an ONNX file.
    model: PathBuf,
    /// How pictures become its input; where not given, the description MODEL.json beside it says so.
    #[arg(long, value_enum)]
    preset: Option<PresetName>,
    /// The side of the input picture, for a network that takes any.
    #[arg(long, value_name = "PIXELS")]
    size: Option<usize>,
    /// The names of its outputs: a JSON list, or one name a line. ImageNet's where there are 1000 or 1001 outputs.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Where it is computed: flex, ndarray, cuda, cuda:1.
    #[arg(long, default_value = "flex")]
    device: String,
    #[command(flatten)]
    memory: MemoryLimit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PresetName {
    /// torchvision: shorter side 256, middle 224, mean and deviation of ImageNet.
    ImagenetTorch,
    /// Caffe and Keras' ResNet: BGR, minus the mean.
    ImagenetCaffe,
    /// TensorFlow and TFLite: from -1 to 1.
    ImagenetTf,
    /// Bytes as they are; the input may be an .npy tensor then.
    None,
}

impl PresetName {
    fn preset(self) -> Preset {
        match self {
            Self::ImagenetTorch => Preset::ImagenetTorch,
            Self::ImagenetCaffe => Preset::ImagenetCaffe,
            Self::ImagenetTf => Preset::ImagenetTf,
            Self::None => Preset::None,
        }
    }
}

/// A network that was read, and what its description says.
pub(super) struct Loaded {
    pub(super) network: OnnxNetwork,
    pub(super) device: Device,
    pub(super) preparation: Preparation,
    pub(super) layer: Option<String>,
    description: Option<(NetworkDescription, PathBuf)>,
    labels: Option<PathBuf>,
}

impl Model {
    /// A network with a description beside it.
    pub(super) fn described(model: PathBuf) -> Self {
        Self {
            model,
            preset: None,
            size: None,
            labels: None,
            device: "flex".to_owned(),
            memory: MemoryLimit::default(),
        }
    }

    /// The file, as people name it.
    pub(super) fn shown(&self) -> String {
        self.model.display().to_string()
    }

    pub(super) fn read(&self, common: &Common) -> anyhow::Result<Loaded> {
        let device = Device::named(&self.device)?;
        let description = self.description()?;
        if self.preset.is_none() && description.is_none() {
            let beside = self.model.with_extension("json");
            return Err(Usage::new(format!(
                "how pictures become the input of `{}` is not known: give --preset NAME, or put a description into {}",
                self.model.display(),
                beside.display()
            ))
            .into());
        }
        let network = OnnxNetwork::read_within(&self.model, &device, self.memory.limits())?;
        let preparation = self.preparation(&network, description.as_ref())?;
        note(common, &format!("input: {}", preparation.describe()));
        let layer = description.as_ref().and_then(|(it, _)| it.layer()).map(str::to_owned);
        Ok(Loaded { network, device, preparation, layer, description, labels: self.labels.clone() })
    }

    fn description(&self) -> anyhow::Result<Option<(NetworkDescription, PathBuf)>> {
        let path = self.model.with_extension("json");
        if !path.is_file() || path == self.model {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&path)?;
        let description = NetworkDescription::parse(&text);
        let description = description.map_err(|error| anyhow::anyhow!("`{}`: {error}", path.display()))?;
        Ok(Some((description, path.parent().unwrap_or(Path::new("")).to_owned())))
    }

    fn preparation(
        &self,
        network: &OnnxNetwork,
        description: Option<&(NetworkDescription, PathBuf)>,
    ) -> anyhow::Result<Preparation> {
        let shape = network.interface().inputs.first().and_then(|it| it.shape.clone());
        let found = shape.as_deref().and_then(Layout::of_input);
        let (layout, size) = (found.map(|it| it.0), found.and_then(|it| it.1));
        let size = size.or(self.size.map(|it| [it, it]));
        match (self.preset, description) {
            (None, Some((description, _))) => Ok(description.preparation(layout, size)?),
            (preset, _) => {
                let Some(size) = size else {
                    return Err(
                        Usage::new("the network takes pictures of any size: give --size PIXELS").into()
                    );
                };
                let preset = preset.map_or(Preset::None, PresetName::preset);
                Ok(preset.preparation(size)?.with_layout(layout.unwrap_or_default()))
            }
        }
    }
}

impl Loaded {
    /// The names of so many outputs, where they are known.
    pub(super) fn labels(&self, n_outputs: usize) -> anyhow::Result<Option<rationale::vision::Labels>> {
        use rationale::vision::Labels;
        if let Some(path) = &self.labels {
            let text = std::fs::read_to_string(path)
                .map_err(|error| anyhow::anyhow!("`{}` cannot be read: {error}", path.display()))?;
            return Ok(Some(Labels::parse(&text)?.for_outputs(n_outputs)?));
        }
        if let Some((description, folder)) = &self.description
            && let Some(labels) = description.labels(folder)?
        {
            return Ok(Some(labels.for_outputs(n_outputs)?));
        }
        let imagenet = Labels::parse(rationale_datasets::IMAGENET_LABELS)?;
        Ok(imagenet.for_outputs(n_outputs).ok())
    }
}
