//! Which features the local model is over.
//!
//! | [`Selection`] | features, of which k are asked for |
//! |---|---|
//! | `Forward` | k times the one that raises the weighted R2 of least squares most |
//! | `HighestWeights` | the k with the largest \|coefficient times the input's own value\|, in a ridge of 0.01 over all |
//! | `LassoPath` | the last knot of the lasso's path that has no more than k |
//! | `All` | every one |
//! | `Auto` | `Forward` up to k = 6, else `HighestWeights` |
//!
//! **Costs**: n d k for `Forward`, n d^2 for `HighestWeights`, n d for each knot of the path.
//! **Departs**: from lime 0.2.0.1 in the way, not in the result: forward selection takes each chosen feature out of the
//! others (Gram and Schmidt) instead of fitting every candidate anew.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use rationale_core::least_squares::LeastSquares;

use crate::{Error, lasso_path};

/// The penalty of the ridge whose weights are ranked; lime 0.2.0.1's.
const RANKING_PENALTY: f64 = 0.01;
/// Up to so many features `Auto` selects forward; lime 0.2.0.1's.
const MOST_FORWARD: usize = 6;
/// A feature whose square left over is below this share of its own depends on those chosen before.
const DEPENDENT: f64 = 1e-12;

/// How features are selected. The default is lime 0.2.0.1's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Selection {
    /// `Forward` up to six features, else `HighestWeights`.
    #[default]
    Auto,
    /// One by one, the one that raises R2 most.
    Forward,
    /// Those that weigh most for this input.
    HighestWeights,
    /// Those that the lasso keeps longest.
    LassoPath,
    /// Every feature.
    All,
}

impl Selection {
    /// The name as recorded in the evidence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Forward => "forward",
            Self::HighestWeights => "highest-weights",
            Self::LassoPath => "lasso-path",
            Self::All => "all",
        }
    }

    /// At most `n_features` features for one output; `input` are the explained input's own values `[feature]`.
    pub(crate) fn select(
        self,
        problem: &LeastSquares<'_>,
        output: usize,
        input: ArrayView1<'_, f64>,
        n_features: usize,
    ) -> Result<Vec<usize>, Error> {
        let wanted = n_features.min(problem.n_features());
        let target = problem.scaled_targets().index_axis_move(Axis(1), output);
        match self {
            Self::Auto if n_features <= MOST_FORWARD => Ok(forward(problem.scaled_design(), target, wanted)),
            Self::Forward => Ok(forward(problem.scaled_design(), target, wanted)),
            Self::Auto | Self::HighestWeights => highest_weights(problem, output, input, wanted),
            Self::LassoPath => Ok(lasso_path::features(problem.scaled_design(), target, wanted)),
            Self::All => Ok((0..problem.n_features()).collect()),
        }
    }
}

/// Forward selection on a centred, weighted design.
fn forward(design: ArrayView2<'_, f64>, target: ArrayView1<'_, f64>, wanted: usize) -> Vec<usize> {
    let mut steps = Forward::new(design, target);
    (0..wanted).map(|_| steps.choose()).collect()
}

/// A design and a target from which the chosen features are taken out.
pub(crate) struct Forward {
    left: Array2<f64>,
    target: Array1<f64>,
    squares: Vec<f64>,
    is_chosen: Vec<bool>,
}

impl Forward {
    pub(crate) fn new(design: ArrayView2<'_, f64>, target: ArrayView1<'_, f64>) -> Self {
        let squares = design.columns().into_iter().map(|column| column.dot(&column)).collect();
        let is_chosen = vec![false; design.ncols()];
        // Features are the rows of `left`, so that each lies in one piece.
        Self {
            left: design.t().as_standard_layout().into_owned(),
            target: target.to_owned(),
            squares,
            is_chosen,
        }
    }

    /// Chooses the feature that explains most of what is left of the target; the first one among equals.
    fn choose(&mut self) -> usize {
        let mut best: Option<(usize, f64)> = None;
        for feature in (0..self.is_chosen.len()).filter(|&it| !self.is_chosen[it]) {
            let gain = self.gain(feature);
            if best.is_none_or(|(_, top)| gain > top) {
                best = Some((feature, gain));
            }
        }
        let feature = best.map_or(0, |(feature, _)| feature);
        self.take_out(feature);
        feature
    }

    fn gain(&self, feature: usize) -> f64 {
        let column = self.left.row(feature);
        let square = column.dot(&column);
        if square <= DEPENDENT * self.squares[feature] {
            return 0.0;
        }
        column.dot(&self.target).powi(2) / square
    }

    fn take_out(&mut self, feature: usize) {
        self.is_chosen[feature] = true;
        let column = self.left.row(feature).to_owned();
        let square = column.dot(&column);
        if square <= DEPENDENT * self.squares[feature] {
            return;
        }
        let share = column.dot(&self.target) / square;
        self.target.scaled_add(-share, &column);
        for (other, mut row) in self.left.rows_mut().into_iter().enumerate() {
            if !self.is_chosen[other] {
                let share = row.dot(&column) / square;
                row.scaled_add(-share, &column);
            }
        }
    }
}

fn highest_weights(
    problem: &LeastSquares<'_>,
    output: usize,
    input: ArrayView1<'_, f64>,
    wanted: usize,
) -> Result<Vec<usize>, Error> {
    let mut features: Vec<usize> = (0..problem.n_features()).collect();
    let coefficients = problem.coefficients(&features, RANKING_PENALTY)?;
    let weight = |feature: usize| (coefficients[[feature, output]] * input[feature]).abs();
    features.sort_by(|&a, &b| weight(b).total_cmp(&weight(a)));
    features.truncate(wanted);
    Ok(features)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, array};
    use rationale_core::Seed;
    use rationale_core::least_squares::Intercept;

    use super::*;

    /// y = 3 x2 - 2 x0 + 0.1 x3, x1 idle.
    fn selected(selection: Selection, wanted: usize) -> Vec<usize> {
        let mut draws = Seed::new(1).draws("selection", 0, 0);
        let design = Array2::from_shape_simple_fn((200, 4), || draws.normal());
        let targets = design.dot(&array![[-2.0], [0.0], [3.0], [0.1]]);
        let weights = Array1::ones(200);
        let problem =
            LeastSquares::new(design.view(), targets.view(), weights.view(), Intercept::Fitted).unwrap();
        selection.select(&problem, 0, array![1.0, 1.0, 1.0, 1.0].view(), wanted).unwrap()
    }

    #[test]
    fn every_way_finds_what_matters() {
        assert_eq!(selected(Selection::Forward, 2), [2, 0]);
        assert_eq!(selected(Selection::Auto, 3), [2, 0, 3]);
        assert_eq!(selected(Selection::HighestWeights, 2), [2, 0]);
        assert_eq!(selected(Selection::LassoPath, 2), [0, 2]);
        assert_eq!(selected(Selection::All, 1), [0, 1, 2, 3]);
    }

    #[test]
    fn more_features_than_there_are_is_all_of_them() {
        assert_eq!(selected(Selection::Forward, 9), [2, 0, 3, 1]);
        assert_eq!(selected(Selection::Auto, 9), [2, 0, 3, 1]);
        // The path ends where nothing is left to explain, before the idle feature enters.
        assert_eq!(selected(Selection::LassoPath, 9), [0, 2, 3]);
    }
}
