//! A random forest over linfa's decision trees that is the same forest every time.

use linfa::DatasetBase;
use linfa::prelude::Fit;
use linfa_ensemble::EnsembleLearner;
use linfa_trees::DecisionTree;
use ndarray::{Array1, Array2, ArrayView2, Axis};
use rationale_core::{Draws, Seed};

use crate::Error;

/// How much more the second class weighs: linfa leaves a tie in a leaf to the order of a hash map, and this decides it
/// for fewer than 4096 rows in a leaf. Small enough to turn no other vote.
const TIE_WEIGHT: f32 = 1.0 + 1.0 / 4096.0;

/// Random forest. Breiman 2001, <https://doi.org/10.1023/A:1010933404324>; trees by linfa.
///
/// Each tree sees a bootstrap sample of the rows and, as in linfa's own ensembles, a random part of the features.
///
/// **Departs** from `linfa_ensemble::RandomForest`: rows and features are drawn from counter-based seeds and ties in a
/// leaf are decided, so that one seed gives one forest; two classes only, because linfa adds up the impurity of more in
/// the order of a hash map.
#[derive(Debug, Clone)]
pub struct RandomForest {
    n_trees: usize,
    max_depth: usize,
    min_leaf: usize,
    feature_share: f64,
    seed: Seed,
}

impl RandomForest {
    /// That many trees; depth at most 8, leaves of at least 5 rows, and half of the features for each tree, until
    /// `with_*` says otherwise.
    pub fn new(n_trees: usize) -> Self {
        Self { n_trees, max_depth: 8, min_leaf: 5, feature_share: 0.5, seed: Seed::default() }
    }

    /// Bounds the depth of the trees.
    pub fn with_max_depth(mut self, max_depth: usize) -> Self {
        self.max_depth = max_depth;
        self
    }

    /// Bounds the rows of a leaf from below.
    pub fn with_min_leaf(mut self, min_leaf: usize) -> Self {
        self.min_leaf = min_leaf;
        self
    }

    /// The share of features that each tree sees; at least one feature.
    pub fn with_feature_share(mut self, feature_share: f64) -> Self {
        self.feature_share = feature_share;
        self
    }

    /// Sets the seed.
    pub fn with_seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Trains on records `[row, feature]` and one label a row. linfa cannot learn from missing or infinite values, nor
    /// from one class.
    pub fn fit(
        &self,
        records: ArrayView2<'_, f64>,
        labels: &[bool],
    ) -> Result<EnsembleLearner<DecisionTree<f64, bool>>, Error> {
        check(records, labels)?;
        let (mut models, mut model_features) = (Vec::new(), Vec::new());
        for tree in 0..self.n_trees {
            let features = self.features(records.ncols(), self.seed.draws("forest features", tree as u64, 0));
            let sample = bootstrap(labels, self.seed.draws("forest rows", tree as u64, 0));
            let model = self.tree(records, labels, &sample, &features);
            models.push(model.map_err(|source| Error::Training { tree, source: Box::new(source) })?);
            model_features.push(features);
        }
        Ok(EnsembleLearner { models, model_features })
    }

    fn tree(
        &self,
        records: ArrayView2<'_, f64>,
        labels: &[bool],
        sample: &[usize],
        features: &[usize],
    ) -> Result<DecisionTree<f64, bool>, ::linfa::Error> {
        let rows: Array2<f64> = records.select(Axis(0), sample).select(Axis(1), features);
        let targets: Array1<bool> = sample.iter().map(|&row| labels[row]).collect();
        let weights = targets.mapv(|label| if label { TIE_WEIGHT } else { 1.0 });
        DecisionTree::params()
            .max_depth(Some(self.max_depth))
            .min_weight_leaf(self.min_leaf as f32)
            .min_weight_split(2.0 * self.min_leaf as f32)
            .fit(&DatasetBase::new(rows, targets).with_weights(weights))
    }

    fn features(&self, n_features: usize, mut draws: Draws) -> Vec<usize> {
        let mut features: Vec<usize> = (0..n_features).collect();
        draws.shuffle(&mut features);
        #[expect(clippy::cast_sign_loss, reason = "clamped below")]
        let n_chosen =
            (self.feature_share * n_features as f64).round().clamp(1.0, n_features as f64) as usize;
        features.truncate(n_chosen);
        features.sort_unstable();
        features
    }
}

/// As many rows as there are, drawn with replacement until both classes are there.
fn bootstrap(labels: &[bool], mut draws: Draws) -> Vec<usize> {
    loop {
        let sample: Vec<usize> = labels.iter().map(|_| draws.below(labels.len())).collect();
        if sample.iter().any(|&row| labels[row]) && sample.iter().any(|&row| !labels[row]) {
            return sample;
        }
    }
}

fn check(records: ArrayView2<'_, f64>, labels: &[bool]) -> Result<(), Error> {
    if labels.len() != records.nrows() {
        return Err(Error::Labels { labels: labels.len(), rows: records.nrows() });
    }
    if !(labels.contains(&true) && labels.contains(&false)) {
        return Err(Error::OneClass { rows: labels.len() });
    }
    match records.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((row, feature), value)) => Err(Error::NotFinite { row, feature, value: *value }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::linfa::{Leaves, Training, ensemble_learner};

    fn data() -> (Array2<f64>, Vec<bool>) {
        let mut draws = Seed::new(1).draws("data", 0, 0);
        let records = Array2::from_shape_simple_fn((200, 6), || (draws.uniform() * 4.0).floor());
        let labels = records.rows().into_iter().map(|row| row[0] + row[3] > 3.0).collect();
        (records, labels)
    }

    fn votes(seed: u64) -> Array2<f64> {
        let (records, labels) = data();
        let forest = RandomForest::new(15).with_seed(Seed::new(seed)).with_min_leaf(1);
        let forest = forest.fit(records.view(), &labels).unwrap();
        let training = Training::new(records.view(), &labels).unwrap();
        let read = ensemble_learner(&forest, &training, Leaves::ClassShares).unwrap();
        read.margins(records.view()).unwrap()
    }

    #[test]
    fn a_seed_gives_the_same_forest_and_another_seed_another() {
        let bits = |votes: Array2<f64>| votes.mapv(f64::to_bits);
        assert_eq!(bits(votes(1)), bits(votes(1)));
        assert_ne!(bits(votes(1)), bits(votes(2)));
    }

    #[test]
    fn learns_a_rule() {
        let (_, labels) = data();
        let right =
            votes(1).column(1).iter().zip(&labels).filter(|(vote, label)| (**vote > 0.5) == **label).count();
        assert!(right > 185, "{right} of 200");
    }

    #[test]
    fn names_the_value_that_cannot_be_learnt_from() {
        let error = RandomForest::new(1).fit(array![[1.0], [f64::NAN]].view(), &[true, false]).err().unwrap();
        assert!(error.to_string().starts_with("row 1, feature 0: NaN"), "{error}");
    }

    #[test]
    fn refuses_one_class() {
        assert!(RandomForest::new(1).fit(array![[1.0], [2.0]].view(), &[true, true]).is_err());
    }
}
