//! Values on the scale of the prediction or of a loss, by rescaling those of the margin pair by pair.

mod scale;

use ndarray::{Array2, Array3, ArrayView1, ArrayView2, Axis};
use rationale_core::{Attributions, Background, Evidence, Explain, Fingerprint, Progress};
use rationale_trees::{InputPrecision, TreeEnsemble};
use rayon::prelude::*;
use scale::Scale;

use super::Error;
use super::engine::{self, Layout, LeafGame, LeafId, Order};
use super::explainer::{METHOD, margins, wrap};
use super::interventional::Meeting;
use super::paths::{AllPaths, Columns, Leaf, Paths, Pattern, Walk, rounded};

const BLOCK_ROWS: usize = 256;

/// TreeSHAP rescaled to the prediction's scale or to a loss: what shap calls `model_output="probability"` and `"log_loss"`.
/// An **approximation**.
///
/// For every pair of a row x and a background row b, the margin's Shapley values are multiplied by the slope of the link
/// (or of the loss) g between the two, then averaged over the background:
///
/// ```text
/// phi_i = mean over b of  phi_i(margin; x, b) * (g(f(x)) - g(f(b))) / (f(x) - f(b))
/// ```
///
/// **Holds**: values sum to g(f(x)) minus the mean of g(f(b)). They are *not* the Shapley values of the probability: the
/// link bends between coalitions too, and here it is taken as straight. For those, use a model-agnostic explainer.
///
/// **Costs**: linear in the number of background rows, unlike [`TreeShap`](super::TreeShap).
///
/// **Departs** from shap: where both margins are equal the slope is the link's derivative (shap takes 0); differences of
/// close margins are computed without cancellation.
pub struct RescaledTreeShap {
    ensemble: TreeEnsemble,
    paths: AllPaths,
    background: Background,
    background_margins: Array2<f64>,
    fingerprint: Fingerprint,
    scale: Scale,
}

impl RescaledTreeShap {
    /// On the scale of the prediction. Fails where the link mixes outputs (softmax), and where the background does not fit
    /// the model.
    pub fn new(ensemble: &TreeEnsemble, background: &Background) -> Result<Self, Error> {
        Self::on(Scale::prediction(ensemble)?, ensemble, background)
    }

    /// On the scale of the loss against one label for each row that will be explained: the logistic loss of a logistic
    /// model (labels 0 and 1), the squared error of one without a link. For models of one output.
    ///
    /// Positive values made the prediction worse. Base values differ by row, because labels do.
    pub fn loss(ensemble: &TreeEnsemble, background: &Background, labels: Vec<f64>) -> Result<Self, Error> {
        Self::on(Scale::loss(ensemble, labels)?, ensemble, background)
    }

    fn on(scale: Scale, ensemble: &TreeEnsemble, background: &Background) -> Result<Self, Error> {
        Ok(Self {
            scale,
            background_margins: margins(ensemble, "the background", background.rows())?,
            paths: AllPaths::new(ensemble)?,
            background: background.clone(),
            fingerprint: ensemble.fingerprint(),
            ensemble: ensemble.clone(),
        })
    }

    fn layout(&self) -> Layout {
        let (n_features, n_outputs) = (self.ensemble.n_features(), self.ensemble.n_outputs());
        Layout { order: Order::Values, n_features, n_outputs }
    }

    /// The values of a block of rows, the first of which has the number `first`.
    fn explain_block(
        &self,
        first: usize,
        rows: ArrayView2<'_, f64>,
        margins: ArrayView2<'_, f64>,
    ) -> Vec<f64> {
        let layout = self.layout();
        let values = rounded(rows.columns(), self.ensemble.input_precision());
        let columns = Columns::new(&values, rows.nrows());
        let background = self.background.rows();
        let share = 1.0 / background.nrows() as f64;
        let mut sum = vec![0.0; rows.nrows() * layout.stride()];
        let mut pair = vec![0.0; sum.len()];
        for (background_row, background_margin) in
            background.rows().into_iter().zip(self.background_margins.rows())
        {
            pair.fill(0.0);
            let game = OneRow::new(&self.paths, background_row, self.ensemble.input_precision());
            engine::accumulate(&game, &self.paths, 0..self.paths.len(), layout, &columns, &mut pair);
            for (cell, (sum, value)) in sum.iter_mut().zip(&pair).enumerate() {
                let (row, output) = (cell / layout.stride(), cell % layout.n_outputs);
                let slope = self.scale.slope(first + row, margins[[row, output]], background_margin[output]);
                *sum += share * slope * value;
            }
        }
        sum
    }

    /// The means over the background `[row, output]`.
    fn base_values(&self, n_rows: usize) -> Array2<f64> {
        let n_background = self.background_margins.nrows() as f64;
        let mean = |(row, output): (usize, usize)| {
            let margins = self.background_margins.column(output);
            margins.iter().map(|margin| self.scale.value(row, *margin)).sum::<f64>() / n_background
        };
        Array2::from_shape_fn((n_rows, self.background_margins.ncols()), mean)
    }

    fn evidence(&self, rows: ArrayView2<'_, f64>) -> Evidence {
        Evidence::new(METHOD, engine::NAME)
            .with_model(self.fingerprint)
            .with_data(Fingerprint::of_rows(rows))
            .with_parameter("perturbation", "interventional")
            .with_parameter("scale", self.scale.name())
            .with_baseline("the rows of the background")
            .with_background(&self.background)
    }
}

impl Explain for RescaledTreeShap {
    fn explain(
        &self,
        rows: ArrayView2<'_, f64>,
        progress: &dyn Progress,
    ) -> Result<Attributions, rationale_core::Error> {
        let margins = margins(&self.ensemble, "the table of rows", rows).map_err(wrap)?;
        self.scale.check_rows(rows.nrows()).map_err(wrap)?;
        let starts: Vec<usize> = (0..rows.nrows()).step_by(BLOCK_ROWS).collect();
        let blocks = starts.into_par_iter().map(|start| {
            let block = ndarray::Slice::from(start..(start + BLOCK_ROWS).min(rows.nrows()));
            let (rows, margins) = (rows.slice_axis(Axis(0), block), margins.slice_axis(Axis(0), block));
            let values = self.explain_block(start, rows, margins);
            progress.advance(rows.nrows() as u64);
            values
        });
        let values: Vec<f64> = blocks.collect::<Vec<_>>().concat();
        let layout = self.layout();
        let shape = (rows.nrows(), layout.n_features, layout.n_outputs);
        let values = Array3::from_shape_vec(shape, values).map_err(rationale_core::Error::model)?;
        let on_scale = |(row, output): (usize, usize)| self.scale.value(row, margins[[row, output]]);
        let predictions = Array2::from_shape_fn(margins.dim(), on_scale);
        let base_values = self.base_values(rows.nrows());
        Ok(Attributions::new(values, base_values, predictions)?
            .with_feature_names(self.ensemble.feature_names().to_vec())?
            .with_output_names(self.ensemble.output_names().to_vec())?
            .with_evidence(self.evidence(rows)))
    }
}

/// One background row: its pattern at each leaf of each tree.
struct OneRow {
    patterns: Vec<Vec<Pattern>>,
}

impl OneRow {
    fn new(paths: &AllPaths, row: ArrayView1<'_, f64>, precision: InputPrecision) -> Self {
        let values = rounded([row], precision);
        let row = Columns::new(&values, 1);
        let mut walk = Walk::default();
        let mut of_tree = |tree: &Paths| {
            let mut patterns = vec![0; tree.leaves().len()];
            tree.patterns(&row, &mut walk, |leaf, pattern| patterns[leaf] = pattern[0]);
            patterns
        };
        Self { patterns: (0..paths.len()).map(|tree| of_tree(&paths[tree])).collect() }
    }
}

impl LeafGame for OneRow {
    fn values(&self, leaf: &Leaf, id: LeafId, failed: Pattern, weights: &mut [f64]) {
        if let Some(meeting) = Meeting::new(failed, self.patterns[id.tree][id.leaf]) {
            let (plus, minus) = (meeting.weight(1, 0), -meeting.weight(0, 1));
            for (slot, weight) in weights[..leaf.len()].iter_mut().enumerate() {
                *weight += meeting.pick(slot, plus, minus);
            }
        }
    }

    fn pairs(&self, _: &Leaf, _: LeafId, _: Pattern, _: &mut [f64]) {
        // Interactions are not offered on the rescaled scale; the engine asks for values alone.
    }
}
