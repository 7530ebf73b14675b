//! Values on the scale of the prediction, by rescaling those of the margin pair by pair.

use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2, Axis};
use rationale_core::{Attributions, Background, Evidence, Explain, Fingerprint, Progress};
use rationale_trees::{InputPrecision, Link, TreeEnsemble};
use rayon::prelude::*;

use super::Error;
use super::engine::{self, Layout, LeafGame, LeafId, Order};
use super::explainer::{METHOD, margins, read_paths, wrap};
use super::interventional::Meeting;
use super::paths::{Columns, Leaf, Paths, Pattern, Walk, rounded};

const BLOCK_ROWS: usize = 256;

/// TreeSHAP rescaled to the prediction's scale: what shap calls `model_output="probability"`. An **approximation**.
///
/// For every pair of a row x and a background row b, the margin's Shapley values are multiplied by the slope of the link
/// between the two, then averaged over the background:
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
    paths: Vec<Paths>,
    background: Background,
    background_margins: Array2<f64>,
    fingerprint: Fingerprint,
}

impl RescaledTreeShap {
    /// Fails where the link mixes outputs (softmax), and where the background does not fit the model.
    pub fn new(ensemble: &TreeEnsemble, background: &Background) -> Result<Self, Error> {
        if ensemble.link().elementwise().is_none() {
            return Err(Error::Softmax);
        }
        Ok(Self {
            background_margins: margins(ensemble, "the background", background.rows())?,
            paths: read_paths(ensemble)?,
            background: background.clone(),
            fingerprint: ensemble.fingerprint(),
            ensemble: ensemble.clone(),
        })
    }

    fn layout(&self) -> Layout {
        let (n_features, n_outputs) = (self.ensemble.n_features(), self.ensemble.n_outputs());
        Layout { order: Order::Values, n_features, n_outputs }
    }

    fn explain_block(&self, rows: ArrayView2<'_, f64>, margins: ArrayView2<'_, f64>) -> Vec<f64> {
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
                let slope = slope(self.ensemble.link(), margins[[row, output]], background_margin[output]);
                *sum += share * slope * value;
            }
        }
        sum
    }

    fn evidence(&self, rows: ArrayView2<'_, f64>) -> Evidence {
        Evidence::new(METHOD, engine::NAME)
            .with_model(self.fingerprint)
            .with_data(Fingerprint::of_rows(rows))
            .with_parameter("perturbation", "interventional")
            .with_parameter("scale", "rescaled-probability")
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
        let starts: Vec<usize> = (0..rows.nrows()).step_by(BLOCK_ROWS).collect();
        let blocks = starts.into_par_iter().map(|start| {
            let block = ndarray::Slice::from(start..(start + BLOCK_ROWS).min(rows.nrows()));
            let (rows, margins) = (rows.slice_axis(Axis(0), block), margins.slice_axis(Axis(0), block));
            let values = self.explain_block(rows, margins);
            progress.advance(rows.nrows() as u64);
            values
        });
        let values: Vec<f64> = blocks.collect::<Vec<_>>().concat();
        let layout = self.layout();
        let shape = (rows.nrows(), layout.n_features, layout.n_outputs);
        let values = Array3::from_shape_vec(shape, values).map_err(rationale_core::Error::model)?;
        let link = self.ensemble.link();
        let base: Array1<f64> =
            link.apply(self.background_margins.clone()).mean_axis(Axis(0)).unwrap_or_default();
        let base_values = base.broadcast((rows.nrows(), layout.n_outputs)).map(|base| base.to_owned());
        Ok(Attributions::new(values, base_values.unwrap_or_default(), link.apply(margins))?
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
    fn new(paths: &[Paths], row: ArrayView1<'_, f64>, precision: InputPrecision) -> Self {
        let values = rounded([row], precision);
        let row = Columns::new(&values, 1);
        let mut walk = Walk::default();
        let mut of_tree = |tree: &Paths| {
            let mut patterns = vec![0; tree.leaves().len()];
            tree.patterns(&row, &mut walk, |leaf, pattern| patterns[leaf] = pattern[0]);
            patterns
        };
        Self { patterns: paths.iter().map(&mut of_tree).collect() }
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

/// (g(x) - g(b)) / (x - b), and g'(x) where x = b, without cancellation.
fn slope(link: Link, x: f64, b: f64) -> f64 {
    match link {
        Link::Logistic => logistic(x) * logistic(-b) * growth(b - x),
        Link::Exponential => b.exp() * growth(x - b),
        Link::Identity | Link::Softmax => 1.0,
    }
}

/// (exp(t) - 1) / t, and 1 at 0.
fn growth(t: f64) -> f64 {
    if t == 0.0 { 1.0 } else { t.exp_m1() / t }
}

fn logistic(margin: f64) -> f64 {
    1.0 / (1.0 + (-margin).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_the_difference_quotient() {
        for link in [Link::Logistic, Link::Exponential] {
            let g = link.elementwise().unwrap();
            for (x, b) in [(0.3, -1.2), (2.0, 2.5), (-4.0, 1.0)] {
                assert!((slope(link, x, b) - (g(x) - g(b)) / (x - b)).abs() < 1e-14);
            }
            let derivative = (g(0.7 + 1e-6) - g(0.7 - 1e-6)) / 2e-6;
            assert!((slope(link, 0.7, 0.7) - derivative).abs() < 1e-9);
        }
    }
}
