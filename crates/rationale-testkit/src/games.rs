//! What a coalition of features is worth to a model, by the two readings of absence.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use rationale_core::{Error, Game};
use rationale_trees::{Node, Outputs, Side, Tree, TreeEnsemble};

/// A row whose absent features send it both ways, in proportion to the cover.
pub struct PathDependentGame<'a> {
    /// The trees; every one must have cover.
    pub model: &'a TreeEnsemble,
    /// The row `[feature]`.
    pub row: ArrayView1<'a, f64>,
}

impl PathDependentGame<'_> {
    fn descend(&self, tree: &Tree, node: usize, present: ArrayView1<'_, bool>) -> Array1<f64> {
        let split = match &tree.nodes()[node] {
            Node::Leaf(leaf) => return self.leaf(tree, *leaf),
            Node::Split(split) => split,
        };
        if present[split.feature] {
            let side = split.side(self.model.input_precision().round(self.row[split.feature]));
            return self.descend(tree, split.child(side), present);
        }
        let covers = tree.covers().unwrap_or_default();
        let share = |child: usize| if covers[node] > 0.0 { covers[child] / covers[node] } else { 0.5 };
        let (left, right) = (split.child(Side::Left), split.child(Side::Right));
        self.descend(tree, left, present) * share(left) + self.descend(tree, right, present) * share(right)
    }

    fn leaf(&self, tree: &Tree, leaf: usize) -> Array1<f64> {
        let values = Array1::from(tree.leaf_values(leaf).to_vec()) * tree.weight();
        match tree.outputs() {
            Outputs::All => values,
            Outputs::One(output) => {
                let mut all = Array1::zeros(self.model.n_outputs());
                all[output] = values[0];
                all
            }
        }
    }
}

impl Game for PathDependentGame<'_> {
    fn n_players(&self) -> usize {
        self.model.n_features()
    }

    fn value(&self, coalitions: ArrayView2<'_, bool>) -> Result<Array2<f64>, Error> {
        let mut worth = Array2::zeros((coalitions.nrows(), self.model.n_outputs()));
        for (present, mut worth) in coalitions.rows().into_iter().zip(worth.rows_mut()) {
            worth += &Array1::from(self.model.base_score().to_vec());
            self.model.trees().iter().for_each(|tree| worth += &self.descend(tree, 0, present));
        }
        Ok(worth)
    }
}

/// A model's margins or predictions: rows `[row, feature]` in, outputs `[row, output]` out.
pub type Answer<'a> = dyn Fn(ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> + Send + Sync + 'a;

/// A row whose absent features are filled from background rows: the mean of `answer` over them.
pub struct MarginalGame<'a> {
    /// The model.
    pub answer: &'a Answer<'a>,
    /// The row `[feature]`.
    pub row: ArrayView1<'a, f64>,
    /// The background `[row, feature]`.
    pub background: ArrayView2<'a, f64>,
}

impl Game for MarginalGame<'_> {
    fn n_players(&self) -> usize {
        self.row.len()
    }

    fn value(&self, coalitions: ArrayView2<'_, bool>) -> Result<Array2<f64>, Error> {
        let worth = coalitions.rows().into_iter().map(|present| {
            let mut mixed = self.background.to_owned();
            for (feature, _) in present.iter().enumerate().filter(|(_, present)| **present) {
                mixed.column_mut(feature).fill(self.row[feature]);
            }
            let answers = (self.answer)(mixed.view())?;
            Ok(answers.sum_axis(Axis(0)) / self.background.nrows() as f64)
        });
        let worth = worth.collect::<Result<Vec<_>, Error>>()?;
        let views: Vec<_> = worth.iter().map(Array1::view).collect();
        ndarray::stack(Axis(0), &views).map_err(Error::model)
    }
}
