//! From the network's numbers back to colours: what methods that cut a picture into parts need.

use ndarray::{Array3, ArrayView3};
use rationale::vision::{Layout, Preparation};

/// How each colour lies in the network's input.
pub(super) struct Colours {
    /// Red, green, blue: the channel of the input, its number for no light, and the step a byte.
    channels: [(usize, f64, f64); 3],
    is_channel_first: bool,
}

impl Colours {
    /// Found by preparing pictures of one colour.
    pub(super) fn of(preparation: &Preparation) -> anyhow::Result<Self> {
        let is_channel_first = preparation.layout() == Layout::Nchw;
        let plain = |light: [u8; 3]| -> anyhow::Result<[f64; 3]> {
            let [height, width] = preparation.size();
            let picture = Array3::from_shape_fn((height, width, 3), |(_, _, channel)| light[channel]);
            let input = preparation.tensor(picture.view())?;
            let at = |channel| if is_channel_first { [0, channel, 0, 0] } else { [0, 0, 0, channel] };
            Ok([0, 1, 2].map(|channel| f64::from(input[at(channel)])))
        };
        let black = plain([0; 3])?;
        let mut channels = [(0, 0.0, 0.0); 3];
        for (colour, slot) in channels.iter_mut().enumerate() {
            let mut light = [0; 3];
            light[colour] = 255;
            let lit = plain(light)?;
            let step = |channel: &usize| (lit[*channel] - black[*channel]).abs();
            let channel = (0..3).max_by(|a, b| step(a).total_cmp(&step(b))).unwrap_or(colour);
            *slot = (channel, black[channel], (lit[channel] - black[channel]) / 255.0);
        }
        Ok(Self { channels, is_channel_first })
    }

    /// The input of one picture as bytes `[row, column, colour]`.
    pub(super) fn seen(&self, input: ArrayView3<'_, f64>) -> Array3<u8> {
        let input = if self.is_channel_first { input.permuted_axes([1, 2, 0]) } else { input };
        let (height, width, _) = input.dim();
        Array3::from_shape_fn((height, width, 3), |(y, x, colour)| {
            let (channel, black, step) = self.channels[colour];
            let byte = (input[[y, x, channel]] - black) / step;
            #[expect(clippy::cast_sign_loss, reason = "it is cut to a byte's range")]
            let byte = byte.round().clamp(0.0, 255.0) as u8;
            byte
        })
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Axis;
    use rationale::vision::Preset;

    use super::*;

    #[test]
    fn colours_come_back_from_every_preset_and_layout() {
        let picture =
            Array3::from_shape_fn((2, 2, 3), |(y, x, colour)| (90 * y + 40 * x + 13 * colour) as u8);
        for preset in [Preset::ImagenetTorch, Preset::ImagenetCaffe, Preset::ImagenetTf, Preset::None] {
            for layout in [Layout::Nchw, Layout::Nhwc] {
                let preparation = preset.preparation([2, 2]).unwrap().with_layout(layout);
                let input = preparation.tensor(picture.view()).unwrap().mapv(f64::from);
                let colours = Colours::of(&preparation).unwrap();
                assert_eq!(colours.seen(input.index_axis(Axis(0), 0)), picture, "{layout:?}");
            }
        }
    }
}
