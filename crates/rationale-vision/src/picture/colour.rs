//! Numbers to colours.

use ndarray::Array3;

/// A colour for every number.
///
/// | map | for | range | told apart without colour vision |
/// |---|---|---|---|
/// | `Jet` | comparison with published heat maps | 0 to 1 | no: its lightness rises and falls |
/// | `Turbo` | the same, smoother | 0 to 1 | hardly |
/// | `Viridis`, `Inferno` | heat maps on their own | 0 to 1 | yes: lightness rises throughout |
/// | `Diverging` | signed maps: blue below 0, white at 0, orange above | -1 to 1 | yes |
///
/// `Jet` is OpenCV's in 256 steps, but for one level of blue at step 159; `Turbo` is by A. Mikhailov (Google, 2019),
/// `Viridis` and `Inferno` by S. van der Walt and N. Smith (2015).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ColourMap {
    /// Blue, cyan, yellow, red: what most papers show.
    #[default]
    Jet,
    /// As jet, without its bands.
    Turbo,
    /// Violet, green, yellow.
    Viridis,
    /// Black, red, yellow.
    Inferno,
    /// Blue, white, orange.
    Diverging,
}

/// From -1 to 1 in equal steps. Lightness falls from the middle to both ends alike; blue and orange are told apart in all
/// common colour blindnesses.
const DIVERGING: [[u8; 3]; 7] = [
    [8, 48, 107],
    [33, 113, 181],
    [130, 182, 222],
    [247, 247, 247],
    [244, 165, 100],
    [205, 90, 15],
    [110, 40, 5],
];

impl ColourMap {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Jet, Self::Turbo, Self::Viridis, Self::Inferno, Self::Diverging];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jet => "jet",
            Self::Turbo => "turbo",
            Self::Viridis => "viridis",
            Self::Inferno => "inferno",
            Self::Diverging => "diverging",
        }
    }

    /// The colour map of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|map| map.name() == name)
    }

    /// The least and the greatest number that have colours of their own.
    pub fn range(self) -> [f64; 2] {
        match self {
            Self::Diverging => [-1.0, 1.0],
            _ => [0.0, 1.0],
        }
    }

    /// The colour of a number; beyond the range that of its end. None for what is no number.
    ///
    /// ```
    /// use rationale_vision::ColourMap;
    ///
    /// assert_eq!(ColourMap::Diverging.colour(0.0), Some([247, 247, 247]));
    /// assert_eq!(ColourMap::Jet.colour(7.0), Some([128, 0, 0]));
    /// assert_eq!(ColourMap::Jet.colour(f64::NAN), None);
    /// ```
    pub fn colour(self, value: f64) -> Option<[u8; 3]> {
        if value.is_nan() {
            return None;
        }
        let [low, high] = self.range();
        let share = (value.clamp(low, high) - low) / (high - low);
        Some(match self {
            Self::Jet => jet(share),
            Self::Turbo => of_library(&colorous::TURBO, share),
            Self::Viridis => of_library(&colorous::VIRIDIS, share),
            Self::Inferno => of_library(&colorous::INFERNO, share),
            Self::Diverging => diverging(share),
        })
    }

    /// All its colours from left to right, as a picture [height, width, 3]: a legend.
    pub fn bar(self, [height, width]: [usize; 2]) -> Array3<u8> {
        let [low, high] = self.range();
        let value = |x: usize| low + (high - low) * (x as f64 + 0.5) / width as f64;
        let colours: Vec<[u8; 3]> = (0..width).map(|x| self.colour(value(x)).unwrap_or_default()).collect();
        Array3::from_shape_fn((height, width, 3), |(_, x, channel)| colours[x][channel])
    }
}

fn of_library(gradient: &colorous::Gradient, share: f64) -> [u8; 3] {
    gradient.eval_continuous(share).as_array()
}

/// Each channel is a trapezium of height 255 whose sides change by 4 a step: OpenCV's table of 256 steps.
#[expect(clippy::cast_sign_loss, reason = "clamped to a byte")]
fn jet(share: f64) -> [u8; 3] {
    let step = 4 * (share * 255.0).floor() as i32;
    let channel = |rise: i32, fall: i32| (step - rise).min(fall - step).clamp(0, 255) as u8;
    [channel(382, 1148), channel(128, 892), channel(-128, 638)]
}

#[expect(clippy::cast_sign_loss, reason = "between two bytes")]
fn diverging(share: f64) -> [u8; 3] {
    let position = share * (DIVERGING.len() - 1) as f64;
    let low = (position as usize).min(DIVERGING.len() - 2);
    let share = position - low as f64;
    let mix = |channel: usize| {
        let [from, to] = [DIVERGING[low][channel], DIVERGING[low + 1][channel]].map(f64::from);
        (from + (to - from) * share).round() as u8
    };
    [mix(0), mix(1), mix(2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lightness([r, g, b]: [u8; 3]) -> f64 {
        let linear = |c: u8| (f64::from(c) / 255.0).powf(2.2);
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    fn rises(values: impl Iterator<Item = f64>) -> bool {
        let values: Vec<f64> = values.collect();
        values.windows(2).all(|pair| pair[0] <= pair[1] + 1e-3)
    }

    #[test]
    fn lightness_rises_where_it_is_said_to() {
        let of = |map: ColourMap, value: f64| lightness(map.colour(value).unwrap());
        let steps = || (0..=200).map(|step| f64::from(step) / 200.0);
        for map in [ColourMap::Viridis, ColourMap::Inferno] {
            assert!(rises(steps().map(|value| of(map, value))), "{map:?}");
        }
        assert!(rises(steps().map(|value| of(ColourMap::Diverging, value - 1.0))));
        assert!(rises(steps().map(|value| of(ColourMap::Diverging, 1.0 - value))));
    }

    #[test]
    fn ends_are_theirs() {
        let ends = |map: ColourMap| map.range().map(|value| map.colour(value).unwrap());
        assert_eq!(ends(ColourMap::Jet), [[0, 0, 128], [128, 0, 0]]);
        assert_eq!(ends(ColourMap::Viridis), [[68, 1, 84], [253, 231, 37]]);
        assert_eq!(ColourMap::Diverging.colour(f64::NEG_INFINITY), Some([8, 48, 107]));
        for map in ColourMap::ALL {
            assert_eq!(ColourMap::named(map.name()), Some(map));
        }
    }

    #[test]
    fn a_bar_runs_from_end_to_end() {
        let bar = ColourMap::Viridis.bar([2, 100]);
        assert_eq!(bar.dim(), (2, 100, 3));
        assert!(bar[[0, 0, 2]] > 80 && bar[[1, 99, 0]] > 245);
    }
}
