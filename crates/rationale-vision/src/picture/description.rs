//! `rationale-network` 1: what an ONNX file does not say about the pictures it wants.

use std::path::Path;

use serde::Deserialize;

use super::labels::Labels;
use super::prepare::Preparation;
use super::preset::{ChannelOrder, Fit, Layout, Normalisation, Preset};
use super::resize::Filter;
use crate::Error;

const FORMAT: &str = "rationale-network";

/// A JSON file beside a network that says how pictures become its input and what its outputs are called.
///
/// ```json
/// {"format": "rationale-network", "version": 1, "preset": "imagenet-torch",
///  "size": [224, 224], "labels": "labels.json", "layer": "/layer4/layer4.2/relu_2/Relu_output_0"}
/// ```
///
/// | field | value | without it |
/// |---|---|---|
/// | `preset` | a [`Preset`] | `channels`, `divisor`, `mean` and `deviation` must be there |
/// | `size` | a side, or [height, width] | the network's own |
/// | `layout` | `nchw`, `nhwc` | the network's own, or `nchw` |
/// | `fit` | `{"shorter-side": 256}`, `"centre-square"`, `"stretch"` | the preset's, or the centre square |
/// | `filter` | `box`, `bilinear`, `bicubic`, `lanczos` | the preset's, or bicubic |
/// | `channels` | `rgb`, `bgr` | the preset's |
/// | `divisor`, `mean`, `deviation` | (byte / divisor - mean) / deviation; three numbers each, in the order of `channels` | the preset's |
/// | `labels` | a list of names, or a file with a JSON list or a name a line, from the description's folder | none |
/// | `layer` | where CAM methods look unless told otherwise | the method's own choice |
///
/// A field beside a preset replaces the preset's. A field that is not in this table is an error.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkDescription {
    format: String,
    version: u32,
    preset: Option<Preset>,
    size: Option<InputSize>,
    layout: Option<Layout>,
    fit: Option<Fit>,
    filter: Option<Filter>,
    channels: Option<ChannelOrder>,
    divisor: Option<f32>,
    mean: Option<[f32; 3]>,
    deviation: Option<[f32; 3]>,
    labels: Option<LabelSource>,
    layer: Option<String>,
}

/// One side, or height and width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum InputSize {
    /// As high as wide.
    Square(usize),
    /// Height and width.
    HeightWidth([usize; 2]),
}

impl From<InputSize> for [usize; 2] {
    fn from(size: InputSize) -> Self {
        match size {
            InputSize::Square(side) => [side, side],
            InputSize::HeightWidth(size) => size,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum LabelSource {
    File(String),
    Names(Vec<String>),
}

/// What tells one kind of file from another, whatever else stands in it.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

impl NetworkDescription {
    /// Reads the JSON text.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let Head { format, version } = serde_json::from_str(json)?;
        if format != FORMAT || version != 1 {
            return Err(Error::Version { format, version });
        }
        let description: Self = serde_json::from_str(json)?;
        description.check()?;
        Ok(description)
    }

    fn check(&self) -> Result<(), Error> {
        let says_all = self.channels.is_some()
            && self.divisor.is_some()
            && self.mean.is_some()
            && self.deviation.is_some();
        if self.preset.is_none() && !says_all {
            let problem =
                "names no `preset`; it must then state `channels`, `divisor`, `mean` and `deviation`";
            return Err(Error::Incomplete { problem });
        }
        Ok(())
    }

    /// How pictures become the input of a network whose own input says `layout` and `size`, as far as it does
    /// ([`Layout::of_input`]).
    pub fn preparation(
        &self,
        layout: Option<Layout>,
        size: Option<[usize; 2]>,
    ) -> Result<Preparation, Error> {
        let preset = self.preset.unwrap_or(Preset::None);
        let mut preparation = preset.preparation(self.size(size)?)?;
        if let Some(fit) = self.fit {
            preparation = preparation.with_fit(fit)?;
        }
        if let Some(filter) = self.filter {
            preparation = preparation.with_filter(filter);
        }
        if let Some(channels) = self.channels {
            preparation = preparation.with_channels(channels);
        }
        let normalisation = self.normalisation(preparation.normalisation());
        let layout = self.layout.or(layout).unwrap_or_default();
        Ok(preparation.with_normalisation(normalisation)?.with_layout(layout))
    }

    fn size(&self, network: Option<[usize; 2]>) -> Result<[usize; 2], Error> {
        match (self.size.map(<[usize; 2]>::from), network) {
            (Some(actual), Some(expected)) if actual != expected => {
                Err(Error::Shape { what: "the size in the description", expected, actual })
            }
            (Some(size), _) | (None, Some(size)) => Ok(size),
            (None, None) => {
                Err(Error::Incomplete { problem: "states no `size`, and the network takes pictures of any" })
            }
        }
    }

    fn normalisation(&self, usual: Normalisation) -> Normalisation {
        Normalisation {
            divisor: self.divisor.unwrap_or(usual.divisor),
            mean: self.mean.unwrap_or(usual.mean),
            deviation: self.deviation.unwrap_or(usual.deviation),
        }
    }

    /// The names of the outputs, if it says any; a file is looked for in `folder`, where the description lies.
    pub fn labels(&self, folder: &Path) -> Result<Option<Labels>, Error> {
        match &self.labels {
            None => Ok(None),
            Some(LabelSource::Names(names)) => Ok(Some(Labels::new(names.clone()))),
            Some(LabelSource::File(name)) => {
                let path = folder.join(name);
                let failed = |source| Error::Read { file: path.display().to_string(), source };
                Labels::parse(&std::fs::read_to_string(&path).map_err(failed)?).map(Some)
            }
        }
    }

    /// Where CAM methods look unless told otherwise.
    pub fn layer(&self) -> Option<&str> {
        self.layer.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(json: &str) -> String {
        NetworkDescription::parse(json).unwrap_err().to_string()
    }

    #[test]
    fn a_preset_with_one_thing_replaced() {
        let json = r#"{"format": "rationale-network", "version": 1, "preset": "imagenet-torch", "size": 64,
                       "fit": "stretch", "layout": "nhwc", "labels": ["a", "b"], "layer": "conv"}"#;
        let description = NetworkDescription::parse(json).unwrap();
        let expected = "stretched to 64 x 64 (bilinear); RGB; bytes divided by 255, minus [0.485, 0.456, 0.406], \
                        divided by [0.229, 0.224, 0.225]; NHWC";
        assert_eq!(description.preparation(None, None).unwrap().describe(), expected);
        assert_eq!(description.labels(Path::new(".")).unwrap().unwrap().name(1), Some("b"));
        assert_eq!(description.layer(), Some("conv"));
    }

    #[test]
    fn numbers_of_its_own() {
        let json = r#"{"format": "rationale-network", "version": 1, "channels": "bgr", "divisor": 255,
                       "mean": [0, 0, 0.5], "deviation": [1, 1, 1], "fit": {"shorter-side": 40}}"#;
        let preparation = NetworkDescription::parse(json).unwrap();
        let preparation = preparation.preparation(Some(Layout::Nchw), Some([32, 32])).unwrap();
        let expected = "shorter side resized to 40 (bicubic), centre of 32 x 32 cut out; BGR; bytes divided by 255, \
                        minus [0, 0, 0.5]; NCHW";
        assert_eq!(preparation.describe(), expected);
    }

    #[test]
    fn nothing_is_guessed() {
        let bare = r#"{"format": "rationale-network", "version": 1}"#;
        assert!(message(bare).ends_with("it must then state `channels`, `divisor`, `mean` and `deviation`"));
        let typed = r#"{"format": "rationale-network", "version": 1, "preset": "none", "sizes": 3}"#;
        assert!(message(typed).contains("unknown field `sizes`"));
        let later = r#"{"format": "rationale-network", "version": 2, "preset": "none"}"#;
        assert!(message(later).starts_with("the file says it is `rationale-network` version 2"));
        let any = r#"{"format": "rationale-network", "version": 1, "preset": "none", "size": 32}"#;
        let any = NetworkDescription::parse(any).unwrap();
        let contradiction = any.preparation(None, Some([64, 64])).unwrap_err().to_string();
        let expected = "the size in the description is [32, 32], where [64, 64] is needed (height, width)";
        assert_eq!(contradiction, expected);
    }

    #[test]
    fn a_file_of_labels_that_is_missing_is_named() {
        let json = r#"{"format": "rationale-network", "version": 1, "preset": "none", "labels": "gone.txt"}"#;
        let error = NetworkDescription::parse(json).unwrap().labels(Path::new("here")).unwrap_err();
        assert!(error.to_string().starts_with("`here/gone.txt` cannot be read"), "{error}");
    }
}
