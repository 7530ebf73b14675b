//! Trees whose leaves and splits are replaced by chance.

use std::collections::BTreeMap;

use rationale_core::{Draws, Error as CoreError, Randomise, Seed};

use crate::{Error, Missing, Node, NodeSpec, Split, Test, Tree, TreeEnsemble};

/// The leaves, then the splits level by level, the deepest first: what stands next to the output comes first.
///
/// Leaf values are dealt anew among the leaves of their tree. A split gets a feature drawn evenly from those that any tree asks
/// about, and one of the ensemble's own questions about it. Shape, weights, base score and cover stay, so that the cover
/// of replaced splits is no longer that of any data.
impl Randomise for TreeEnsemble {
    fn layers(&self) -> Vec<String> {
        let depth = self.trees().iter().map(Tree::depth).max().unwrap_or(0);
        let splits = (0..depth).rev().map(|depth| format!("splits at depth {depth}"));
        std::iter::once("leaves".to_owned()).chain(splits).collect()
    }

    fn randomised(&self, layers: &[usize], seed: Seed) -> Result<Box<dyn Randomise>, CoreError> {
        let available = self.layers().len();
        if let Some(&asked) = layers.iter().find(|layer| **layer >= available) {
            return Err(CoreError::Layer { asked, available });
        }
        let questions = questions(self.trees());
        let mut copy = self.clone();
        for (place, tree) in copy.trees_mut().iter_mut().enumerate() {
            let dealer =
                Dealer { questions: &questions, layers, n_layers: available, seed, tree: place as u64 };
            *tree = dealer.dealt(tree).map_err(CoreError::model)?;
        }
        Ok(Box::new(copy))
    }
}

/// What is asked about each feature, anywhere.
type Questions = Vec<(usize, Vec<(Test, Missing)>)>;

fn questions(trees: &[Tree]) -> Questions {
    let mut found: BTreeMap<usize, Vec<(Test, Missing)>> = BTreeMap::new();
    for node in trees.iter().flat_map(Tree::nodes) {
        if let Node::Split(split) = node {
            found.entry(split.feature).or_default().push((split.test.clone(), split.missing));
        }
    }
    found.into_iter().collect()
}

/// Deals one tree anew.
struct Dealer<'a> {
    questions: &'a Questions,
    layers: &'a [usize],
    n_layers: usize,
    seed: Seed,
    tree: u64,
}

impl Dealer<'_> {
    fn draws(&self, layer: usize) -> Draws {
        self.seed.draws("randomised trees", self.tree, layer as u64)
    }

    fn dealt(&self, tree: &Tree) -> Result<Tree, Error> {
        let leaves = self.leaves(tree.n_leaves());
        let mut streams: BTreeMap<usize, Draws> = BTreeMap::new();
        let mut depths = vec![0; tree.nodes().len()];
        let mut nodes = Vec::with_capacity(depths.len());
        for (place, node) in tree.nodes().iter().enumerate() {
            if place > 0 {
                depths[place] = depths[tree.parents()[place]] + 1;
            }
            // The leaves are layer 0; the root's split is the last.
            let layer = self.n_layers - 1 - depths[place].min(self.n_layers - 1);
            let spec = match node {
                Node::Leaf(leaf) => NodeSpec::leaf(tree.leaf_values(leaves[*leaf]).to_vec()),
                Node::Split(split) if self.layers.contains(&layer) => {
                    let draws = streams.entry(layer).or_insert_with(|| self.draws(layer));
                    NodeSpec::split(self.question(split, draws))
                }
                Node::Split(split) => NodeSpec::split(split.clone()),
            };
            nodes.push(match tree.covers() {
                Some(covers) => spec.with_cover(covers[place]),
                None => spec,
            });
        }
        Ok(Tree::new(nodes, tree.outputs())?.with_weight(tree.weight()))
    }

    /// Whose values each leaf gets.
    fn leaves(&self, n_leaves: usize) -> Vec<usize> {
        let mut leaves: Vec<usize> = (0..n_leaves).collect();
        if self.layers.contains(&0) {
            self.draws(0).shuffle(&mut leaves);
        }
        leaves
    }

    fn question(&self, split: &Split, draws: &mut Draws) -> Split {
        let (feature, questions) = &self.questions[draws.below(self.questions.len())];
        let (test, missing) = questions[draws.below(questions.len())].clone();
        Split { feature: *feature, test, missing, left: split.left, right: split.right }
    }
}

#[cfg(test)]
mod tests {
    use std::any::Any;

    use ndarray::Array2;

    use super::*;
    use crate::{Outputs, Side};

    fn split(feature: usize, left: usize, right: usize) -> NodeSpec {
        let (test, missing) = (Test::Less(feature as f64), Missing::nan(Side::Left));
        NodeSpec::split(Split { feature, test, missing, left, right })
    }

    /// Eight trees of depth 2 over four features.
    fn model() -> TreeEnsemble {
        let tree = |place: usize| {
            let leaf = |leaf: usize| NodeSpec::leaf(vec![(place * 4 + leaf) as f64]);
            let nodes = vec![split(place % 4, 1, 2), split((place + 1) % 4, 3, 4), leaf(0), leaf(1), leaf(2)];
            Tree::new(nodes, Outputs::One(0)).unwrap()
        };
        TreeEnsemble::new((0..8).map(tree).collect(), 4, 1).unwrap()
    }

    fn replaced(layers: &[usize]) -> TreeEnsemble {
        let copy: Box<dyn Any> = model().randomised(layers, Seed::new(3)).unwrap();
        *copy.downcast::<TreeEnsemble>().unwrap()
    }

    fn split_features(model: &TreeEnsemble, depth: usize) -> Vec<usize> {
        let of = |tree: &Tree| match &tree.nodes()[depth] {
            Node::Split(split) => Some(split.feature),
            Node::Leaf(_) => None,
        };
        model.trees().iter().filter_map(of).collect()
    }

    #[test]
    fn nothing_replaced_is_the_model_itself() {
        assert_eq!(replaced(&[]), model());
    }

    #[test]
    fn layers_are_replaced_alone_and_draw_alone() {
        assert_eq!(model().layers(), ["leaves", "splits at depth 1", "splits at depth 0"]);
        let (root, both) = (replaced(&[2]), replaced(&[0, 2]));
        assert_ne!(split_features(&root, 0), split_features(&model(), 0));
        assert_eq!(split_features(&root, 1), split_features(&model(), 1));
        assert_eq!(split_features(&root, 0), split_features(&both, 0));
        assert_eq!(root.trees()[0].leaf_values(0), model().trees()[0].leaf_values(0));
    }

    #[test]
    fn leaves_keep_their_values_in_other_places() {
        let values = |model: &TreeEnsemble| -> Vec<f64> {
            (0..3).map(|leaf| model.trees()[5].leaf_values(leaf)[0]).collect()
        };
        let (mut before, mut after) = (values(&model()), values(&replaced(&[0])));
        before.sort_by(f64::total_cmp);
        after.sort_by(f64::total_cmp);
        assert_eq!(before, after);
        let rows = Array2::from_shape_fn((5, 4), |(row, column)| (row + column) as f64 % 4.0);
        assert_ne!(model().margins(rows.view()).unwrap(), replaced(&[0]).margins(rows.view()).unwrap());
    }

    #[test]
    fn rejects_a_layer_that_is_not_there() {
        let error = model().randomised(&[3], Seed::new(0)).err().map(|it| it.to_string());
        assert_eq!(error.as_deref(), Some("layer 3 was asked for, but the model has 3 (counted from 0)"));
    }
}
