//! Superpixels: patches of a picture that look alike, on plain arrays `[height, width, channel]`.
//!
//! | method | grows patches by | file |
//! |---|---|---|
//! | [`Quickshift`] | climbing to the densest neighbour in colour and place | `superpixels/quickshift.rs` |
//! | [`Slic`] | k-means in colour and place, from a grid | `superpixels/slic.rs` |
//!
//! Pictures of three channels are taken for sRGB in [0, 1] and compared in CIE Lab; others as they are.

mod colour;
mod quickshift;
mod slic;

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2, ArrayView3};

pub use self::quickshift::Quickshift;
pub use self::slic::Slic;
use crate::Error;

/// A way of cutting a picture.
#[derive(Debug, Clone, PartialEq)]
pub enum Superpixels {
    /// Climbing to the densest neighbour; lime 0.2.0.1's choice.
    Quickshift(Quickshift),
    /// k-means from a grid.
    Slic(Slic),
}

impl Default for Superpixels {
    fn default() -> Self {
        Self::Quickshift(Quickshift::for_lime())
    }
}

impl Superpixels {
    /// Cuts a picture `[height, width, channel]`.
    pub fn cut(&self, picture: ArrayView3<'_, f64>) -> Result<Segments, Error> {
        match self {
            Self::Quickshift(quickshift) => quickshift.cut(picture),
            Self::Slic(slic) => slic.cut(picture),
        }
    }
}

/// A picture's patches: one number a pixel, from 0 without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segments {
    labels: Array2<usize>,
    n: usize,
}

impl Segments {
    /// Takes any labels `[height, width]`; they are numbered anew in their own order.
    ///
    /// ```
    /// use ndarray::array;
    /// use rationale_surrogate::superpixels::Segments;
    ///
    /// let segments = Segments::new(array![[7, 7], [9, 3]].view())?;
    /// assert_eq!(segments.labels(), array![[1, 1], [2, 0]]);
    /// # Ok::<(), rationale_surrogate::Error>(())
    /// ```
    pub fn new(labels: ArrayView2<'_, usize>) -> Result<Self, Error> {
        if labels.is_empty() {
            return Err(Error::Empty { what: "the picture" });
        }
        let mut numbers: BTreeMap<usize, usize> = labels.iter().map(|label| (*label, 0)).collect();
        numbers.values_mut().enumerate().for_each(|(number, value)| *value = number);
        let n = numbers.len();
        Ok(Self { labels: labels.mapv(|label| numbers.get(&label).copied().unwrap_or(0)), n })
    }

    /// The patch of each pixel `[height, width]`.
    pub fn labels(&self) -> ArrayView2<'_, usize> {
        self.labels.view()
    }

    /// How many patches there are.
    pub fn len(&self) -> usize {
        self.n
    }

    /// Never: a picture has at least one.
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// The values of patches, pixel by pixel: a picture of what each patch is worth.
    pub fn paint(&self, values: &[f64]) -> Result<Array2<f64>, Error> {
        let (expected, actual) = (self.n, values.len());
        if expected != actual {
            return Err(Error::Size { what: "the values to paint", unit: "patches", expected, actual });
        }
        Ok(self.labels.mapv(|label| values[label]))
    }
}

/// Refuses a picture without pixels, and numbers that are none.
pub(crate) fn check_picture(picture: ArrayView3<'_, f64>) -> Result<(), Error> {
    if picture.is_empty() {
        return Err(Error::Empty { what: "the picture" });
    }
    match picture.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        Some((at, &value)) => Err(Error::Infinite { what: "the picture", at, value }),
        None => Ok(()),
    }
}
