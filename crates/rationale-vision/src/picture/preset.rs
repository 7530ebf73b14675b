//! What a network was trained to see: size, cut, filter, numbers.

use serde::{Deserialize, Serialize};

use super::prepare::Preparation;
use super::resize::Filter;
use crate::Error;

/// The preprocessing of a family of published networks.
///
/// | preset | cut | filter | channels | numbers |
/// |---|---|---|---|---|
/// | `ImagenetTorch` | shorter side to 256 (at 224; in proportion at other sizes), centre | bilinear | RGB | (x / 255 - mean) / deviation, mean .485 .456 .406, deviation .229 .224 .225 |
/// | `ImagenetCaffe` | centre square | bicubic | BGR | x - 103.939, 116.779, 123.68 |
/// | `ImagenetTf` | centre square | bicubic | RGB | (x - 127.5) / 127.5 |
/// | `None` | centre square | bicubic | RGB | x, from 0 to 255 |
///
/// The first is torchvision's evaluation transform. Keras and TensorFlow Lite, from which the others have their numbers,
/// leave cut and filter to the user; the centre square keeps the shapes of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Preset {
    /// torchvision.
    ImagenetTorch,
    /// Keras applications' mode "caffe": ResNet, VGG.
    ImagenetCaffe,
    /// Keras applications' mode "tf": MobileNet, Inception.
    ImagenetTf,
    /// Bytes as they are.
    None,
}

/// torchvision resizes to 256 before it cuts out 224.
const TORCH_SHARE: f64 = 224.0 / 256.0;

impl Preset {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ImagenetTorch, Self::ImagenetCaffe, Self::ImagenetTf, Self::None];

    /// Its name on the command line and in a description.
    pub fn name(self) -> &'static str {
        match self {
            Self::ImagenetTorch => "imagenet-torch",
            Self::ImagenetCaffe => "imagenet-caffe",
            Self::ImagenetTf => "imagenet-tf",
            Self::None => "none",
        }
    }

    /// The preset of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// For an input of this height and width, channels before rows.
    pub fn preparation(self, size: [usize; 2]) -> Result<Preparation, Error> {
        let preparation = Preparation::new(size, self.normalisation())?;
        Ok(preparation.with_fit(self.fit(size))?.with_filter(self.filter()).with_channels(self.channels()))
    }

    fn normalisation(self) -> Normalisation {
        let torch =
            Normalisation { divisor: 255.0, mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };
        match self {
            Self::ImagenetTorch => torch,
            Self::ImagenetCaffe => Normalisation { mean: [103.939, 116.779, 123.68], ..Normalisation::NONE },
            Self::ImagenetTf => {
                Normalisation { mean: [127.5; 3], deviation: [127.5; 3], ..Normalisation::NONE }
            }
            Self::None => Normalisation::NONE,
        }
    }

    #[expect(clippy::cast_sign_loss, reason = "a length in pixels")]
    fn fit(self, [height, width]: [usize; 2]) -> Fit {
        match self {
            Self::ImagenetTorch => {
                Fit::ShorterSide((height.max(width) as f64 / TORCH_SHARE).round() as usize)
            }
            _ => Fit::CentreSquare,
        }
    }

    fn filter(self) -> Filter {
        match self {
            Self::ImagenetTorch => Filter::Bilinear,
            _ => Filter::Bicubic,
        }
    }

    fn channels(self) -> ChannelOrder {
        match self {
            Self::ImagenetCaffe => ChannelOrder::Bgr,
            _ => ChannelOrder::Rgb,
        }
    }
}

/// How a photograph of any shape becomes the input's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fit {
    /// The shorter side is resized to this length, then the centre is cut out.
    ShorterSide(usize),
    /// The largest centred part of the input's shape is cut out, then resized. For a square input that is a square.
    CentreSquare,
    /// The whole photograph is resized, whatever becomes of its shape.
    Stretch,
}

/// The numbers of a tensor, channel by channel in the network's order: (byte / divisor - mean) / deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalisation {
    /// What bytes are divided by.
    pub divisor: f32,
    /// What is then taken away.
    pub mean: [f32; 3],
    /// What the rest is divided by.
    pub deviation: [f32; 3],
}

impl Normalisation {
    /// Bytes as they are.
    pub const NONE: Self = Self { divisor: 1.0, mean: [0.0; 3], deviation: [1.0; 3] };

    pub(super) fn of(&self, level: f32, channel: usize) -> f32 {
        (level / self.divisor - self.mean[channel]) / self.deviation[channel]
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let divisors = [("the divisor", self.divisor)].into_iter();
        let divisors = divisors.chain(self.deviation.map(|it| ("a deviation", it)));
        for (what, value) in divisors {
            if !value.is_finite() || value == 0.0 {
                return Err(Error::Number {
                    what,
                    value: value.into(),
                    expected: "a finite number other than 0",
                });
            }
        }
        match self.mean.iter().find(|mean| !mean.is_finite()) {
            Some(&mean) => Err(Error::Number { what: "a mean", value: mean.into(), expected: "finite" }),
            None => Ok(()),
        }
    }

    pub(super) fn describe(&self) -> String {
        let mut steps = Vec::new();
        if self.divisor != 1.0 {
            steps.push(format!("divided by {}", self.divisor));
        }
        if self.mean != [0.0; 3] {
            steps.push(format!("minus {}", triple(self.mean)));
        }
        if self.deviation != [1.0; 3] {
            steps.push(format!("divided by {}", triple(self.deviation)));
        }
        if steps.is_empty() { "bytes as they are".to_owned() } else { format!("bytes {}", steps.join(", ")) }
    }
}

fn triple(values: [f32; 3]) -> String {
    if values[0] == values[1] && values[1] == values[2] {
        return values[0].to_string();
    }
    format!("[{}, {}, {}]", values[0], values[1], values[2])
}

/// Which colour comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelOrder {
    /// Red, green, blue.
    #[default]
    Rgb,
    /// Blue, green, red.
    Bgr,
}

impl ChannelOrder {
    /// Where in [red, green, blue] the network's channel stands.
    pub(super) fn source(self, channel: usize) -> usize {
        match self {
            Self::Rgb => channel,
            Self::Bgr => 2 - channel,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rgb => "RGB",
            Self::Bgr => "BGR",
        }
    }
}

/// Whether a tensor's channels come before its rows or after its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// [example, channel, row, column].
    #[default]
    Nchw,
    /// [example, row, column, channel].
    Nhwc,
}

impl Layout {
    /// The layout of a network's input, by where the three channels stand, with its height and width where they are
    /// fixed. None where that cannot be told.
    ///
    /// ```
    /// use rationale_vision::Layout;
    ///
    /// let input = [None, Some(224), Some(224), Some(3)];
    /// assert_eq!(Layout::of_input(&input), Some((Layout::Nhwc, Some([224, 224]))));
    /// ```
    pub fn of_input(shape: &[Option<usize>]) -> Option<(Self, Option<[usize; 2]>)> {
        let &[_, second, third, fourth] = shape else { return None };
        match (second == Some(3), fourth == Some(3)) {
            (true, false) => Some((Self::Nchw, third.zip(fourth).map(<[usize; 2]>::from))),
            (false, true) => Some((Self::Nhwc, second.zip(third).map(<[usize; 2]>::from))),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nchw => "NCHW",
            Self::Nhwc => "NHWC",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_presets_match() {
        for preset in Preset::ALL {
            assert_eq!(Preset::named(preset.name()), Some(preset));
            let json = serde_json::to_string(&preset).unwrap();
            assert_eq!(json, format!("\"{}\"", preset.name()));
        }
        assert_eq!(Preset::named("imagenet"), None);
    }

    #[test]
    fn torch_resizes_in_proportion() {
        let of = |side| Preset::ImagenetTorch.fit([side, side]);
        assert_eq!([of(224), of(299)], [Fit::ShorterSide(256), Fit::ShorterSide(342)]);
    }

    #[test]
    fn a_layout_that_cannot_be_told_is_not_guessed() {
        let fixed = [Some(1), Some(3), Some(224), Some(192)];
        assert_eq!(Layout::of_input(&fixed), Some((Layout::Nchw, Some([224, 192]))));
        assert_eq!(Layout::of_input(&[None, Some(3), None, None]), Some((Layout::Nchw, None)));
        for shape in [vec![None, Some(3), Some(5), Some(3)], vec![None; 4], vec![None, Some(3)]] {
            assert_eq!(Layout::of_input(&shape), None);
        }
    }
}
