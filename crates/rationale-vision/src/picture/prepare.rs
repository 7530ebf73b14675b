//! From a photograph to a network's input.

use ndarray::{Array3, Array4, ArrayView3, Axis};

use super::decode::Picture;
use super::geometry::{Geometry, Window};
use super::preset::{ChannelOrder, Fit, Layout, Normalisation};
use super::resize::{Filter, check_size, resize};
use crate::Error;

/// Every step from a photograph to a network's input, decided.
///
/// ```
/// use rationale_vision::Preset;
///
/// let preparation = Preset::ImagenetTf.preparation([224, 224])?;
/// assert_eq!(
///     preparation.describe(),
///     "centre square resized to 224 x 224 (bicubic); RGB; bytes minus 127.5, divided by 127.5; NCHW"
/// );
/// # Ok::<(), rationale_vision::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preparation {
    size: [usize; 2],
    fit: Fit,
    filter: Filter,
    normalisation: Normalisation,
    channels: ChannelOrder,
    layout: Layout,
}

/// The part of a photograph that is cut out, before or after resizing.
#[derive(Clone, Copy)]
struct Cut {
    top: usize,
    left: usize,
    height: usize,
    width: usize,
}

impl Cut {
    fn of(self, picture: ArrayView3<'_, u8>) -> ArrayView3<'_, u8> {
        let Self { top, left, height, width } = self;
        let (_, below) = picture.split_at(Axis(0), top);
        let (rows, _) = below.split_at(Axis(0), height);
        let (_, beside) = rows.split_at(Axis(1), left);
        beside.split_at(Axis(1), width).0
    }

    fn scaled(self, down: f64, across: f64) -> Window {
        let [top, height] = [self.top, self.height].map(|it| it as f64 * down);
        let [left, width] = [self.left, self.width].map(|it| it as f64 * across);
        Window { top, left, height, width }
    }
}

impl Preparation {
    /// For an input of this height and width: the centre square, bicubic, RGB, channels first.
    pub fn new(size: [usize; 2], normalisation: Normalisation) -> Result<Self, Error> {
        check_size("a network's input", size)?;
        normalisation.check()?;
        let (fit, filter) = (Fit::CentreSquare, Filter::Bicubic);
        Ok(Self { size, fit, filter, normalisation, channels: ChannelOrder::Rgb, layout: Layout::Nchw })
    }

    /// Sets how a photograph is cut.
    pub fn with_fit(mut self, fit: Fit) -> Result<Self, Error> {
        let [height, width] = self.size;
        match fit {
            Fit::ShorterSide(length) if length < height.max(width) => {
                Err(Error::Crop { length, height, width })
            }
            _ => {
                self.fit = fit;
                Ok(self)
            }
        }
    }

    /// Sets the filter of resizing.
    pub fn with_filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// Sets the order of the channels. The normalisation's numbers are in this order.
    pub fn with_channels(mut self, channels: ChannelOrder) -> Self {
        self.channels = channels;
        self
    }

    /// Sets where the channels stand.
    pub fn with_layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// Sets the numbers.
    pub fn with_normalisation(mut self, normalisation: Normalisation) -> Result<Self, Error> {
        normalisation.check()?;
        self.normalisation = normalisation;
        Ok(self)
    }

    /// The numbers.
    pub fn normalisation(&self) -> Normalisation {
        self.normalisation
    }

    /// Height and width of the input.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Where the channels stand.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// All steps in one line.
    pub fn describe(&self) -> String {
        let ([height, width], filter) = (self.size, self.filter.name());
        let fit = match self.fit {
            Fit::ShorterSide(length) => {
                format!("shorter side resized to {length} ({filter}), centre of {width} x {height} cut out")
            }
            Fit::CentreSquare if height == width => {
                format!("centre square resized to {width} x {height} ({filter})")
            }
            Fit::CentreSquare => format!("largest centred part resized to {width} x {height} ({filter})"),
            Fit::Stretch => format!("stretched to {width} x {height} ({filter})"),
        };
        let numbers = self.normalisation.describe();
        format!("{fit}; {}; {numbers}; {}", self.channels.name(), self.layout.name())
    }

    /// Prepares one photograph.
    pub fn prepare(&self, photograph: &Picture) -> Result<Prepared, Error> {
        let (seen, window) = self.cut(photograph)?;
        let tensor = self.tensor(seen.view())?;
        let geometry = Geometry::new(photograph.size(), window)?;
        let description = format!("{}; {}", photograph.describe(), self.describe());
        Ok(Prepared { tensor, seen: Picture::described(seen, description), geometry })
    }

    /// The numbers of a picture that has the input's size already: [1, 3, height, width] or [1, height, width, 3].
    pub fn tensor(&self, seen: ArrayView3<'_, u8>) -> Result<Array4<f32>, Error> {
        let (height, width, n_channels) = seen.dim();
        if [height, width, n_channels] != [self.size[0], self.size[1], 3] {
            return Err(Error::Shape { what: "the picture", expected: self.size, actual: [height, width] });
        }
        let number = |y: usize, x: usize, channel: usize| {
            self.normalisation.of(f32::from(seen[[y, x, self.channels.source(channel)]]), channel)
        };
        Ok(match self.layout {
            Layout::Nchw => Array4::from_shape_fn((1, 3, height, width), |(_, c, y, x)| number(y, x, c)),
            Layout::Nhwc => Array4::from_shape_fn((1, height, width, 3), |(_, y, x, c)| number(y, x, c)),
        })
    }

    fn cut(&self, photograph: &Picture) -> Result<(Array3<u8>, Window), Error> {
        let [height, width] = photograph.size();
        match self.fit {
            Fit::ShorterSide(length) => {
                let to = shorter_side([height, width], length);
                check_size("the resized photograph", to)?;
                let cut = centre(to, self.size, half_to_even);
                let resized = resize(photograph.rgb(), to, self.filter)?;
                let window = cut.scaled(height as f64 / to[0] as f64, width as f64 / to[1] as f64);
                Ok((cut.of(resized.view()).to_owned(), window))
            }
            Fit::CentreSquare => {
                let cut = centre([height, width], largest([height, width], self.size), |odd| odd / 2);
                Ok((resize(cut.of(photograph.rgb()), self.size, self.filter)?, cut.scaled(1.0, 1.0)))
            }
            Fit::Stretch => {
                let whole = Cut { top: 0, left: 0, height, width };
                Ok((resize(photograph.rgb(), self.size, self.filter)?, whole.scaled(1.0, 1.0)))
            }
        }
    }
}

/// torchvision's: the longer side is cut to whole pixels.
fn shorter_side([height, width]: [usize; 2], length: usize) -> [usize; 2] {
    if width <= height { [length * height / width, length] } else { [length, length * width / height] }
}

/// torchvision's, which is Python's rounding: half the rest, to the even neighbour.
fn half_to_even(rest: usize) -> usize {
    let half = rest / 2;
    half + usize::from(rest % 2 == 1 && half % 2 == 1)
}

fn centre([height, width]: [usize; 2], to: [usize; 2], half: impl Fn(usize) -> usize) -> Cut {
    Cut { top: half(height - to[0]), left: half(width - to[1]), height: to[0], width: to[1] }
}

/// The largest size of the input's shape that the photograph holds; at least one pixel.
fn largest([height, width]: [usize; 2], [to_height, to_width]: [usize; 2]) -> [usize; 2] {
    if height * to_width <= width * to_height {
        [height, (height * to_width / to_height).max(1)]
    } else {
        [(width * to_height / to_width).max(1), width]
    }
}

/// A photograph, ready for a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    tensor: Array4<f32>,
    seen: Picture,
    geometry: Geometry,
}

impl Prepared {
    /// The network's input.
    pub fn tensor(&self) -> &Array4<f32> {
        &self.tensor
    }

    /// The network's input as an array of its own.
    pub fn into_tensor(self) -> Array4<f32> {
        self.tensor
    }

    /// What the network sees, as a picture.
    pub fn seen(&self) -> &Picture {
        &self.seen
    }

    /// Where that lies on the photograph.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// What was read and every step after that, in one line.
    pub fn describe(&self) -> &str {
        self.seen.describe()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::super::preset::Preset;
    use super::*;

    fn photograph(height: usize, width: usize) -> Picture {
        Picture::from_rgb(Array3::from_shape_fn((height, width, 3), |(y, x, c)| (3 * y + x + 50 * c) as u8))
            .unwrap()
    }

    #[test]
    fn channels_and_numbers_by_hand() {
        let one = Picture::from_rgb(array![[[255, 0, 127]]]).unwrap();
        let first = |preset: Preset| {
            preset
                .preparation([1, 1])
                .unwrap()
                .prepare(&one)
                .unwrap()
                .into_tensor()
                .into_raw_vec_and_offset()
                .0
        };
        assert_eq!(first(Preset::None), [255.0, 0.0, 127.0]);
        assert_eq!(first(Preset::ImagenetTf), [1.0, -1.0, -0.5 / 127.5]);
        assert_eq!(first(Preset::ImagenetCaffe), [127.0 - 103.939, -116.779, 255.0 - 123.68]);
        let torch = first(Preset::ImagenetTorch);
        assert!((torch[0] - (1.0 - 0.485) / 0.229).abs() < 1e-6 && (torch[1] + 0.456 / 0.224).abs() < 1e-6);
    }

    #[test]
    fn both_layouts_hold_the_same_numbers() {
        let preparation = Preset::ImagenetCaffe.preparation([6, 4]).unwrap();
        let first = preparation.prepare(&photograph(9, 8)).unwrap();
        let last = preparation.with_layout(Layout::Nhwc).prepare(&photograph(9, 8)).unwrap();
        assert_eq!(first.tensor().view().permuted_axes([0, 2, 3, 1]), last.tensor());
    }

    #[test]
    fn the_window_is_where_the_cut_was() {
        let window = |preset: Preset, height, width| {
            let prepared =
                preset.preparation([224, 224]).unwrap().prepare(&photograph(height, width)).unwrap();
            prepared.geometry().window()
        };
        let square = Window { top: 0.0, left: 75.0, height: 300.0, width: 300.0 };
        assert_eq!(window(Preset::ImagenetTf, 300, 451), square);
        // 512 x 1024 becomes 256 x 512, of which rows 16..240 and columns 144..368 are cut out.
        let torch = Window { top: 32.0, left: 288.0, height: 448.0, width: 448.0 };
        assert_eq!(window(Preset::ImagenetTorch, 512, 1024), torch);
    }

    #[test]
    fn every_shape_of_photograph_fits() {
        for size in [[1, 1], [1, 500], [500, 1], [223, 225]] {
            for preset in Preset::ALL {
                let prepared =
                    preset.preparation([32, 48]).unwrap().prepare(&photograph(size[0], size[1])).unwrap();
                assert_eq!(prepared.tensor().dim(), (1, 3, 32, 48), "{preset:?} {size:?}");
                let placed = prepared.geometry().place(array![[1.0_f32]].view()).unwrap();
                assert!(placed.iter().any(|value| *value == 1.0), "{preset:?} {size:?}");
            }
        }
    }

    #[test]
    fn rounds_half_a_pixel_as_python_does() {
        assert_eq!([0, 1, 2, 3, 4, 5, 7].map(half_to_even), [0, 0, 1, 2, 2, 2, 4]);
    }

    #[test]
    fn a_cut_larger_than_the_picture_is_refused() {
        let preparation = Preset::ImagenetTf.preparation([224, 224]).unwrap();
        let message = preparation.with_fit(Fit::ShorterSide(200)).unwrap_err().to_string();
        let expected =
            "the shorter side is resized to 200 pixels, from which 224 x 224 (height x width) cannot be cut";
        assert_eq!(message, expected);
    }
}
