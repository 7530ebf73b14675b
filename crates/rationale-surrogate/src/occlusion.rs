//! Occlusion: Zeiler and Fergus 2014, <https://arxiv.org/abs/1311.2901>.
//!
//! ```text
//! A(x) = mean over windows that cover x of f(I) - f(I with the window filled)
//! ```
//!
//! | symbol | name here | shape | unit |
//! |---|---|---|---|
//! | A | [`PictureMap::values`] | `[height, width]` | the output's own: what it loses without the window |
//! | window | window, stride | (rows, columns) | pixels |
//!
//! **Holds**: nothing is drawn, so there is no error and no seed. **Costs**: one model call a window, and one.
//! **Departs**: from the paper's map of f itself in showing the loss, as captum does; a last window is set flush with the edge where
//! the stride would leave a rest (captum cuts it off there).
//!
//! ```
//! use ndarray::{Array3, array, s};
//! use rationale_core::{FromFn, Silent};
//! use rationale_surrogate::{Fill, Occlusion};
//!
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.slice(s![.., ..1]).to_owned());
//! let map = &Occlusion::new(&model, (1, 1))
//!     .with_fill(Fill::Colour(vec![0.25]))
//!     .explain(Array3::ones((1, 2, 1)).view(), &Silent)?[0];
//! assert_eq!(map.values, array![[0.75, 0.0]]);
//! # Ok::<(), rationale_surrogate::Error>(())
//! ```

use ndarray::{Array2, Array3, ArrayView3, Axis};
use rationale_core::{Evidence, Fingerprint, Game, Predict, Progress};

use crate::lime::within;
use crate::rise::{PictureMap, ask};
use crate::superpixels::check_picture;
use crate::{Error, Fill, Labels};

/// Occlusion of pictures by a window that moves.
pub struct Occlusion<'a> {
    model: &'a dyn Predict,
    window: (usize, usize),
    stride: (usize, usize),
    fill: Fill,
    labels: Labels,
    batch_size: usize,
}

impl<'a> Occlusion<'a> {
    /// Takes a model whose rows are pictures laid out as height, width, channel, and a window's rows and columns. It
    /// moves by half a window.
    pub fn new(model: &'a dyn Predict, window: (usize, usize)) -> Self {
        let stride = (window.0.div_ceil(2), window.1.div_ceil(2));
        Self { model, window, stride, fill: Fill::MeanColour, labels: Labels::Top(1), batch_size: 10 }
    }

    /// By how many rows and columns the window moves.
    pub fn with_stride(self, stride: (usize, usize)) -> Self {
        Self { stride, ..self }
    }

    /// What stands in the window (the picture's mean colour).
    pub fn with_fill(self, fill: Fill) -> Self {
        Self { fill, ..self }
    }

    /// Which outputs are explained (the likeliest one).
    pub fn with_labels(self, labels: Labels) -> Self {
        Self { labels, ..self }
    }

    /// The most pictures handed to the model at once (10). Changes no value.
    pub fn with_batch_size(self, batch_size: usize) -> Self {
        Self { batch_size, ..self }
    }

    /// Explains a picture `[height, width, channel]`. Tells `progress` one unit a window.
    pub fn explain(
        &self,
        picture: ArrayView3<'_, f64>,
        progress: &dyn Progress,
    ) -> Result<Vec<PictureMap>, Error> {
        check_picture(picture)?;
        self.check(picture)?;
        let whole = ask(self.model, &[picture.to_owned()], 0)?.row(0).to_vec();
        let outputs = self.labels.resolve(&whole)?;
        let (height, width, _) = picture.dim();
        let tops = starts(height, self.window.0, self.stride.0);
        let lefts = starts(width, self.window.1, self.stride.1);
        let corners: Vec<(usize, usize)> =
            tops.iter().flat_map(|top| lefts.iter().map(move |left| (*top, *left))).collect();
        let answers = self.answers(picture, &corners, whole.len(), progress)?;
        let evidence = self.evidence(picture, corners.len());
        let map = |&output: &usize| {
            let losses: Vec<f64> =
                answers.column(output).iter().map(|answer| whole[output] - answer).collect();
            PictureMap {
                output,
                values: self.mean_losses(&corners, &losses, (height, width)),
                standard_error: None,
                prediction: whole[output],
                mean_output: answers.column(output).mean().unwrap_or(whole[output]),
                is_constant: losses.iter().all(|loss| *loss == 0.0),
                evidence: evidence.clone(),
            }
        };
        Ok(outputs.iter().map(map).collect())
    }

    /// The model's answers `[window, output]`.
    fn answers(
        &self,
        picture: ArrayView3<'_, f64>,
        corners: &[(usize, usize)],
        n_outputs: usize,
        progress: &dyn Progress,
    ) -> Result<Array2<f64>, Error> {
        let fill = self.fill.apply_whole(picture)?;
        let mut answers = Array2::zeros((0, n_outputs));
        for batch in corners.chunks(self.batch_size) {
            let pictures: Vec<_> = batch.iter().map(|corner| self.covered(picture, &fill, *corner)).collect();
            let more = ask(self.model, &pictures, answers.nrows() + 1)?;
            let (expected, actual) = (n_outputs, more.ncols());
            let wrong = |_| Error::Size { what: "the model's answer", unit: "outputs", expected, actual };
            answers.append(Axis(0), more.view()).map_err(wrong)?;
            progress.advance(batch.len() as u64);
        }
        Ok(answers)
    }

    fn check(&self, picture: ArrayView3<'_, f64>) -> Result<(), Error> {
        let (height, width, _) = picture.dim();
        let (rows, columns) = self.window;
        within(
            "the window's height",
            rows as f64,
            (1..=height).contains(&rows),
            "between 1 and the picture's",
        )?;
        within(
            "the window's width",
            columns as f64,
            (1..=width).contains(&columns),
            "between 1 and the picture's",
        )?;
        let stride = self.stride.0.min(self.stride.1);
        within("the stride", stride as f64, stride >= 1, "at least 1")?;
        within("the batch size", self.batch_size as f64, self.batch_size >= 1, "at least 1")
    }

    fn covered(
        &self,
        picture: ArrayView3<'_, f64>,
        fill: &Array3<f64>,
        corner: (usize, usize),
    ) -> Array3<f64> {
        let mut covered = picture.to_owned();
        for (y, x) in self.pixels(corner) {
            for channel in 0..picture.dim().2 {
                covered[[y, x, channel]] = fill[[y, x, channel]];
            }
        }
        covered
    }

    /// The pixels of the window at a corner.
    fn pixels(&self, (top, left): (usize, usize)) -> impl Iterator<Item = (usize, usize)> {
        let columns = left..left + self.window.1;
        (top..top + self.window.0).flat_map(move |y| columns.clone().map(move |x| (y, x)))
    }

    fn mean_losses(&self, corners: &[(usize, usize)], losses: &[f64], size: (usize, usize)) -> Array2<f64> {
        let (mut sums, mut counts) = (Array2::<f64>::zeros(size), Array2::<f64>::zeros(size));
        for (corner, loss) in corners.iter().zip(losses) {
            for pixel in self.pixels(*corner) {
                sums[pixel] += loss;
                counts[pixel] += 1.0;
            }
        }
        sums / counts.mapv(|count| count.max(1.0))
    }

    fn evidence(&self, picture: ArrayView3<'_, f64>, n_windows: usize) -> Evidence {
        let flat = ndarray::Array1::from_iter(picture.iter().copied()).insert_axis(Axis(0));
        Evidence::new("occlusion", "window")
            .with_parameter("window_height", self.window.0)
            .with_parameter("window_width", self.window.1)
            .with_parameter("stride_down", self.stride.0)
            .with_parameter("stride_right", self.stride.1)
            .with_baseline(&self.fill.words())
            .with_data(Fingerprint::of_rows(flat.view()))
            .with_model_calls(n_windows as u64 + 1)
    }
}

/// Where windows begin; the last one ends at the edge. A stride wider than the window leaves pixels out.
fn starts(size: usize, window: usize, stride: usize) -> Vec<usize> {
    let last = size - window;
    let mut starts: Vec<usize> = (0..=last).step_by(stride).collect();
    if starts.last() != Some(&last) {
        starts.push(last);
    }
    starts
}

/// What any game loses without each of its players alone, `[player, output]`: words, superpixels, columns.
///
/// Costs one call a player, and one, at most `batch_size` coalitions at once.
pub fn occlude(game: &dyn Game, batch_size: usize, progress: &dyn Progress) -> Result<Array2<f64>, Error> {
    within("the batch size", batch_size as f64, batch_size >= 1, "at least 1")?;
    let n_players = game.n_players();
    let whole = game.value(Array2::from_elem((1, n_players), true).view())?;
    let mut losses = Array2::zeros((n_players, whole.ncols()));
    let players: Vec<usize> = (0..n_players).collect();
    for batch in players.chunks(batch_size) {
        let without = Array2::from_shape_fn((batch.len(), n_players), |(row, player)| batch[row] != player);
        let answers = game.value(without.view())?;
        if answers.dim() != (batch.len(), whole.ncols()) {
            return Err(Error::Answers { expected: batch.len(), actual: answers.nrows() });
        }
        for (row, &player) in batch.iter().enumerate() {
            losses.row_mut(player).assign(&(&whole.row(0) - &answers.row(row)));
        }
        progress.advance(batch.len() as u64);
    }
    if let Some(((player, output), &value)) = losses.indexed_iter().find(|(_, value)| !value.is_finite()) {
        return Err(Error::Answer { sample: player + 1, output, value });
    }
    Ok(losses)
}
