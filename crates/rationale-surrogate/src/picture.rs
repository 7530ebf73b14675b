//! LIME for pictures: Ribeiro, Singh and Guestrin 2016, <https://arxiv.org/abs/1602.04938>, as in the Python library lime.
//!
//! ```text
//! each superpixel stays with probability 1/2, else its fill stands there;  z'_j = 1 where superpixel j stays
//! w(z) = sqrt(exp(-D^2 / width^2)),  D = 1 - cosine(z', 1),  width = 0.25
//! ```
//!
//! | symbol | name here | shape | unit |
//! |---|---|---|---|
//! | picture | picture | `[height, width, channel]` | the model's own; sRGB in [0, 1] for the cut |
//! | z' | mask | `[superpixel]` | 1 or 0 |
//!
//! The model is a [`Predict`] whose rows are pictures laid out as height, width, channel.
//!
//! **Costs**: `n_samples` model calls, less those that are the same, in batches of `batch_size` pictures, which is all
//! that is kept of them.
//! **Departs**: from lime 0.2.0.1 in breaking quickshift's ties by place and in asking once about masks that differ only
//! in superpixels which look like their fill. Its mean colour is that of three channels; ours of any number.
//!
//! ```
//! use ndarray::{Array3, Axis, s};
//! use rationale_core::{FromFn, Silent};
//! use rationale_surrogate::superpixels::{Slic, Superpixels};
//! use rationale_surrogate::{Fill, Lime, LimePicture};
//!
//! // A model that looks at the top left pixel of 6 x 6.
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.slice(s![.., ..1]).to_owned());
//! let picture = Array3::from_elem((6, 6, 1), 0.8);
//! let explained = LimePicture::new(&model)
//!     .with_superpixels(Superpixels::Slic(Slic::new(4)))
//!     .with_fill(Fill::Colour(vec![0.0]))
//!     .with_lime(Lime::for_pictures().with_samples(200).with_penalty(0.0))
//!     .explain(picture.view(), &Silent)?;
//! let first = &explained.explanation.models[0].terms[0];
//! assert_eq!(first.feature, explained.segments.labels()[[0, 0]]);
//! assert!((first.coefficient - 0.8).abs() < 1e-9);
//! # Ok::<(), rationale_surrogate::Error>(())
//! ```

use ndarray::{Array2, Array3, ArrayView1, ArrayView2, ArrayView3, Axis};
use rationale_core::{Error as CoreError, Fingerprint, Game, Predict, Progress};

use crate::engine::explain;
use crate::masks::{Draw, MaskNeighbours};
use crate::superpixels::{Segments, Superpixels, check_picture};
use crate::{Error, Explanation, Fill, Lime};

/// LIME on pictures.
pub struct LimePicture<'a> {
    model: &'a dyn Predict,
    superpixels: Superpixels,
    fill: Fill,
    lime: Lime,
}

/// An explanation of a picture and the superpixels that its features are.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureExplanation {
    /// The local models; feature k is superpixel k.
    pub explanation: Explanation,
    /// The superpixels.
    pub segments: Segments,
}

impl PictureExplanation {
    /// The coefficients of an output as a picture `[height, width]`; none where it was not asked for.
    pub fn map(&self, output: usize) -> Option<Array2<f64>> {
        let model = self.explanation.model_of(output)?;
        let values: Vec<f64> = (0..self.segments.len()).map(|patch| model.coefficient_of(patch)).collect();
        self.segments.paint(&values).ok()
    }
}

impl<'a> LimePicture<'a> {
    /// Takes a model of pictures.
    pub fn new(model: &'a dyn Predict) -> Self {
        let (superpixels, fill) = (Superpixels::default(), Fill::default());
        Self { model, superpixels, fill, lime: Lime::for_pictures() }
    }

    /// How the picture is cut (quickshift).
    pub fn with_superpixels(self, superpixels: Superpixels) -> Self {
        Self { superpixels, ..self }
    }

    /// What stands where a superpixel is taken away (its mean colour).
    pub fn with_fill(self, fill: Fill) -> Self {
        Self { fill, ..self }
    }

    /// The settings that all kinds of input share.
    pub fn with_lime(self, lime: Lime) -> Self {
        Self { lime, ..self }
    }

    /// Explains one picture `[height, width, channel]`. Tells `progress` one unit for each sample answered.
    pub fn explain(
        &self,
        picture: ArrayView3<'_, f64>,
        progress: &dyn Progress,
    ) -> Result<PictureExplanation, Error> {
        self.explain_cut(picture, self.superpixels.cut(picture)?, progress)
    }

    /// Explains a picture that is cut already.
    pub fn explain_cut(
        &self,
        picture: ArrayView3<'_, f64>,
        segments: Segments,
        progress: &dyn Progress,
    ) -> Result<PictureExplanation, Error> {
        let game = PictureGame::new(self.model, picture, &segments, &self.fill)?;
        let neighbours = MaskNeighbours {
            engine: "picture",
            names: (0..segments.len()).map(|patch| format!("superpixel {patch}")).collect(),
            idle: game.idle(),
            game: &game,
            draw: Draw::Coins,
            width: 0.25,
            scale: 1.0,
        };
        let mut explanation = explain(&neighbours, &self.lime, 0, progress)?;
        let evidence = explanation.evidence.with_data(game.fingerprint());
        explanation.evidence =
            evidence.with_baseline(&self.fill.words()).with_parameter("superpixels", segments.len());
        Ok(PictureExplanation { explanation, segments })
    }
}

/// A picture as a game whose players are its superpixels.
pub struct PictureGame<'a> {
    model: &'a dyn Predict,
    picture: Array3<f64>,
    filled: Array3<f64>,
    segments: &'a Segments,
}

impl<'a> PictureGame<'a> {
    /// Takes a picture `[height, width, channel]`, its patches and what stands where one is taken away.
    pub fn new(
        model: &'a dyn Predict,
        picture: ArrayView3<'_, f64>,
        segments: &'a Segments,
        fill: &Fill,
    ) -> Result<Self, Error> {
        check_picture(picture)?;
        let (height, width, _) = picture.dim();
        let (rows, columns) = segments.labels().dim();
        for (unit, expected, actual) in [("rows", height, rows), ("columns", width, columns)] {
            if expected != actual {
                return Err(Error::Size { what: "the cut", unit, expected, actual });
            }
        }
        let filled = fill.apply(picture, segments)?;
        Ok(Self { model, picture: picture.as_standard_layout().into_owned(), filled, segments })
    }

    /// Players that look like their fill: taking them away changes nothing.
    fn idle(&self) -> Vec<bool> {
        let mut is_idle = vec![true; self.segments.len()];
        for ((y, x), &label) in self.segments.labels().indexed_iter() {
            let pixel =
                |picture: &Array3<f64>| picture.index_axis(Axis(0), y).index_axis(Axis(0), x).to_owned();
            is_idle[label] &= pixel(&self.picture) == pixel(&self.filled);
        }
        is_idle
    }

    fn fingerprint(&self) -> Fingerprint {
        let row: ArrayView1<'_, f64> = self.picture.as_slice().unwrap_or_default().into();
        Fingerprint::of_rows(row.insert_axis(Axis(0)))
    }
}

impl Game for PictureGame<'_> {
    fn n_players(&self) -> usize {
        self.segments.len()
    }

    fn value(&self, coalitions: ArrayView2<'_, bool>) -> Result<Array2<f64>, CoreError> {
        let n_channels = self.picture.dim().2;
        let mut rows = Array2::zeros((coalitions.nrows(), self.picture.len()));
        for (mut row, present) in rows.rows_mut().into_iter().zip(coalitions.rows()) {
            let pixels = row.iter_mut().zip(self.picture.iter().zip(&self.filled)).enumerate();
            let labels = self.segments.labels();
            let labels = labels.as_slice().unwrap_or_default();
            for (position, (slot, (own, fill))) in pixels {
                *slot = if present[labels[position / n_channels]] { *own } else { *fill };
            }
        }
        self.model.predict(rows.view())
    }
}
