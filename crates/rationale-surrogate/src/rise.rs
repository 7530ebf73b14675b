//! RISE: Petsiuk, Das and Saenko 2018, <https://arxiv.org/abs/1806.07421>.
//!
//! ```text
//! S(x) = 1 / (p N) sum_i f(I * M_i) M_i(x)                                                    (their equation 6)
//! M_i: a grid of cells, each 1 with probability p, drawn large with soft edges and shifted at random
//! se(x) = sd_i(f(I * M_i) M_i(x) / p) / sqrt(N)
//! ```
//!
//! | symbol | name here | shape | unit |
//! |---|---|---|---|
//! | S | [`PictureMap::values`] | `[height, width]` | the output's own: its mean where x is seen |
//! | N | samples | scalar | model calls |
//! | p | [`Rise::with_share`] | scalar | none |
//! | M | mask | `[height, width]` | 0 to 1 |
//!
//! **Holds**: S is the mean output given that a pixel is seen, so an unimportant pixel has the mean output of all masks
//! and not 0; subtract [`PictureMap::mean_output`] to compare with 0. S is unbiased but for the share of a soft mask,
//! which is p on average only.
//! **Costs**: N model calls; memory one batch of pictures and two sums a pixel and output.
//! **Departs**: from the paper in nothing; the fill is black, as there, unless another is given. The standard errors are added.
//!
//! ```
//! use ndarray::{Array3, s};
//! use rationale_core::{FromFn, Silent};
//! use rationale_surrogate::Rise;
//!
//! // A model that looks at the top left pixel of 8 x 8.
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.slice(s![.., ..1]).to_owned());
//! let map = &Rise::new(&model).with_samples(400).with_grid(2).explain(Array3::ones((8, 8, 1)).view(), &Silent)?[0];
//! let far = map.values[[7, 7]];
//! assert!(map.values[[0, 0]] > far + 3.0 * map.standard_error.as_ref().unwrap()[[7, 7]]);
//! # Ok::<(), rationale_surrogate::Error>(())
//! ```

use ndarray::{Array2, Array3, ArrayView2, ArrayView3, Axis};
use rationale_core::{Evidence, Fingerprint, Predict, Progress, Seed};
use rayon::prelude::*;

use crate::lime::within;
use crate::superpixels::check_picture;
use crate::{Error, Fill, Labels};

/// A picture of what each pixel is worth to one output.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureMap {
    /// The output, counted from 0.
    pub output: usize,
    /// Values `[height, width]`.
    pub values: Array2<f64>,
    /// Their standard errors; none where nothing is drawn.
    pub standard_error: Option<Array2<f64>>,
    /// What the model says of the whole picture.
    pub prediction: f64,
    /// The mean of its answers to the pictures it was asked about.
    pub mean_output: f64,
    /// The model gave one answer to all of them: the map says nothing.
    pub is_constant: bool,
    /// What it rests on.
    pub evidence: Evidence,
}

/// RISE on pictures.
pub struct Rise<'a> {
    model: &'a dyn Predict,
    n_samples: usize,
    grid: usize,
    share: f64,
    fill: Option<Fill>,
    labels: Labels,
    batch_size: usize,
    seed: Seed,
}

impl<'a> Rise<'a> {
    /// Takes a model whose rows are pictures laid out as height, width, channel. The defaults are the paper's: 4,000
    /// masks, a grid of 7, a share of one half.
    pub fn new(model: &'a dyn Predict) -> Self {
        let labels = Labels::Top(1);
        Self {
            model,
            n_samples: 4_000,
            grid: 7,
            share: 0.5,
            fill: None,
            labels,
            batch_size: 10,
            seed: Seed::default(),
        }
    }

    /// How many masks (4,000).
    pub fn with_samples(self, n_samples: usize) -> Self {
        Self { n_samples, ..self }
    }

    /// How many cells a mask has along each side (7).
    pub fn with_grid(self, grid: usize) -> Self {
        Self { grid, ..self }
    }

    /// The probability that a cell is seen (one half).
    pub fn with_share(self, share: f64) -> Self {
        Self { share, ..self }
    }

    /// What stands where nothing is seen (black, that is 0).
    pub fn with_fill(self, fill: Fill) -> Self {
        Self { fill: Some(fill), ..self }
    }

    /// Which outputs are explained (the likeliest one).
    pub fn with_labels(self, labels: Labels) -> Self {
        Self { labels, ..self }
    }

    /// The most pictures handed to the model at once (10). Changes no value.
    pub fn with_batch_size(self, batch_size: usize) -> Self {
        Self { batch_size, ..self }
    }

    /// The seed (0).
    pub fn with_seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// Explains a picture `[height, width, channel]`. Tells `progress` one unit a mask.
    pub fn explain(
        &self,
        picture: ArrayView3<'_, f64>,
        progress: &dyn Progress,
    ) -> Result<Vec<PictureMap>, Error> {
        check_picture(picture)?;
        self.check()?;
        let fill = match &self.fill {
            None => Array3::zeros(picture.dim()),
            Some(fill) => fill.apply_whole(picture)?,
        };
        let whole = ask(self.model, &[picture.to_owned()], 0)?;
        let outputs = self.labels.resolve(&whole.row(0).to_vec())?;
        let mut sums = Sums::new((picture.dim().0, picture.dim().1), outputs.len());
        let samples: Vec<u64> = (0..self.n_samples as u64).collect();
        for batch in samples.chunks(self.batch_size) {
            let masks: Vec<Array2<f64>> = batch.par_iter().map(|&it| self.mask(it, picture.dim())).collect();
            let pictures: Vec<Array3<f64>> =
                masks.iter().map(|mask| seen(picture, &fill, mask.view())).collect();
            let answers = ask(self.model, &pictures, batch[0] as usize + 1)?;
            if answers.ncols() != whole.ncols() {
                let (expected, actual) = (whole.ncols(), answers.ncols());
                return Err(Error::Size { what: "the model's answer", unit: "outputs", expected, actual });
            }
            sums.add(&masks, answers.select(Axis(1), &outputs).view());
            progress.advance(batch.len() as u64);
        }
        let evidence = self.evidence(picture);
        Ok((0..outputs.len())
            .map(|k| sums.map(k, outputs[k], whole[[0, outputs[k]]], self.share, &evidence))
            .collect())
    }

    fn check(&self) -> Result<(), Error> {
        within("the number of masks", self.n_samples as f64, self.n_samples >= 2, "at least 2")?;
        within("the grid", self.grid as f64, self.grid >= 1, "at least 1")?;
        within("the batch size", self.batch_size as f64, self.batch_size >= 1, "at least 1")?;
        within("the share", self.share, self.share > 0.0 && self.share <= 1.0, "above 0 and at most 1")
    }

    /// One mask `[height, width]`.
    fn mask(&self, sample: u64, (height, width, _): (usize, usize, usize)) -> Array2<f64> {
        let mut draws = self.seed.draws("rise", 0, sample);
        let cells = Array2::from_shape_simple_fn((self.grid, self.grid), || {
            f64::from(u8::from(draws.uniform() < self.share))
        });
        let axis = |size: usize, shift: &mut rationale_core::Draws| {
            let cell = size.div_ceil(self.grid);
            let large = (self.grid + 1) * cell;
            let start = shift.below(cell);
            (0..size).map(|place| stretched(place + start, large, self.grid)).collect::<Vec<_>>()
        };
        let (rows, columns) = (axis(height, &mut draws), axis(width, &mut draws));
        Array2::from_shape_fn((height, width), |(y, x)| {
            let ((top, bottom, v), (left, right, u)) = (rows[y], columns[x]);
            let upper = cells[[top, left]] * (1.0 - u) + cells[[top, right]] * u;
            let lower = cells[[bottom, left]] * (1.0 - u) + cells[[bottom, right]] * u;
            upper * (1.0 - v) + lower * v
        })
    }

    fn evidence(&self, picture: ArrayView3<'_, f64>) -> Evidence {
        let flat = ndarray::Array1::from_iter(picture.iter().copied()).insert_axis(Axis(0));
        let words = self.fill.as_ref().map_or_else(|| "black".to_owned(), Fill::words);
        Evidence::new("rise", "masks")
            .with_parameter("samples", self.n_samples)
            .with_parameter("grid", self.grid)
            .with_parameter("share", self.share)
            .with_seed(self.seed)
            .with_baseline(&words)
            .with_data(Fingerprint::of_rows(flat.view()))
            .with_model_calls(self.n_samples as u64 + 1)
    }
}

/// The two cells that a place of a large mask lies between, and its share of the second (half-pixel centres).
fn stretched(place: usize, large: usize, n_cells: usize) -> (usize, usize, f64) {
    let position =
        ((place as f64 + 0.5) * n_cells as f64 / large as f64 - 0.5).clamp(0.0, n_cells as f64 - 1.0);
    let cell = (0..n_cells).rev().find(|cell| *cell as f64 <= position).unwrap_or(0);
    (cell, (cell + 1).min(n_cells - 1), position - cell as f64)
}

/// The picture through a mask, the fill where it is dark.
fn seen(picture: ArrayView3<'_, f64>, fill: &Array3<f64>, mask: ArrayView2<'_, f64>) -> Array3<f64> {
    Array3::from_shape_fn(picture.dim(), |(y, x, c)| {
        picture[[y, x, c]] * mask[[y, x]] + fill[[y, x, c]] * (1.0 - mask[[y, x]])
    })
}

/// Answers `[picture, output]` to a batch of pictures; `first` is the first one's number in messages.
pub(crate) fn ask(model: &dyn Predict, pictures: &[Array3<f64>], first: usize) -> Result<Array2<f64>, Error> {
    let n_values = pictures.first().map_or(0, Array3::len);
    let mut rows = Array2::zeros((pictures.len(), n_values));
    for (mut row, picture) in rows.rows_mut().into_iter().zip(pictures) {
        row.iter_mut().zip(picture).for_each(|(slot, value)| *slot = *value);
    }
    let answers = model.predict(rows.view())?;
    if answers.nrows() != pictures.len() {
        return Err(Error::Answers { expected: pictures.len(), actual: answers.nrows() });
    }
    match answers.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((row, output), &value)) => Err(Error::Answer { sample: first + row, output, value }),
        None => Ok(answers),
    }
}

/// Sums over masks, in the masks' own order, so that no batch size changes a bit.
struct Sums {
    n: f64,
    firsts: Vec<Array2<f64>>,
    squares: Vec<Array2<f64>>,
    outputs: Vec<f64>,
    ranges: Vec<(f64, f64)>,
}

impl Sums {
    fn new(size: (usize, usize), n_outputs: usize) -> Self {
        let zeros = || vec![Array2::zeros(size); n_outputs];
        let ranges = vec![(f64::INFINITY, f64::NEG_INFINITY); n_outputs];
        Self { n: 0.0, firsts: zeros(), squares: zeros(), outputs: vec![0.0; n_outputs], ranges }
    }

    fn add(&mut self, masks: &[Array2<f64>], answers: ArrayView2<'_, f64>) {
        for (mask, answers) in masks.iter().zip(answers.rows()) {
            self.n += 1.0;
            for (k, &answer) in answers.iter().enumerate() {
                self.outputs[k] += answer;
                self.ranges[k] = (self.ranges[k].0.min(answer), self.ranges[k].1.max(answer));
                self.firsts[k].zip_mut_with(mask, |sum, seen| *sum += answer * seen);
                self.squares[k].zip_mut_with(mask, |sum, seen| *sum += (answer * seen) * (answer * seen));
            }
        }
    }

    fn map(&self, k: usize, output: usize, prediction: f64, share: f64, evidence: &Evidence) -> PictureMap {
        let n = self.n;
        let mut error = &self.squares[k] / n - (&self.firsts[k] / n).mapv(|mean| mean * mean);
        error.mapv_inplace(|variance| (variance.max(0.0) / (n - 1.0)).sqrt() / share);
        PictureMap {
            output,
            values: &self.firsts[k] / (n * share),
            standard_error: Some(error),
            prediction,
            mean_output: self.outputs[k] / n,
            is_constant: self.ranges[k].0 == self.ranges[k].1,
            evidence: evidence.clone(),
        }
    }
}
