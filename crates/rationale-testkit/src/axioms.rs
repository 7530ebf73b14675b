//! The axioms of Shapley values, as one suite that any explainer of rows can be put through.
//!
//! A method that claims them gives the suite a function from a model and a background to its explainer; the suite draws
//! models that make each axiom visible.

use ndarray::{Array2, ArrayView2, Axis, concatenate};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use rationale_core::{Attributions, Background, Error, Explain, Seed, Silent};
use rationale_trees::{Node, NodeSpec, Split, Tree, TreeEnsemble};

use crate::random_trees::{self, Shape};

/// Builds the explainer under test for a model, against a background where the method uses one.
pub type Build<'a> = dyn Fn(&TreeEnsemble, &Background) -> Result<Box<dyn Explain>, Error> + 'a;

const N_FEATURES: usize = 5;

/// Puts an explainer through efficiency, symmetry, dummy and additivity, `cases` drawn models each; `tolerance` is
/// absolute, on margins of size about 1. The error names the axiom and the seed that broke it.
pub fn check(build: &Build<'_>, tolerance: f64, cases: u32) -> Result<(), String> {
    let axioms: [(&str, Axiom); 4] =
        [("efficiency", efficiency), ("symmetry", symmetry), ("dummy", dummy), ("additivity", additivity)];
    for (name, axiom) in axioms {
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&any::<u32>(), |seed| {
            let gap = axiom(build, Seed::new(u64::from(seed)))
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert!(gap <= tolerance, "off by {gap}");
            Ok(())
        });
        outcome.map_err(|error| match error {
            TestError::Fail(why, seed) => format!("{name} does not hold with seed {seed}: {why}"),
            TestError::Abort(why) => format!("{name} was not tested: {why}"),
        })?;
    }
    Ok(())
}

type Axiom = fn(&Build<'_>, Seed) -> Result<f64, Error>;

/// Values sum to prediction minus base value.
fn efficiency(build: &Build<'_>, seed: Seed) -> Result<f64, Error> {
    Ok(explain(build, &model(seed, N_FEATURES)?, &rows(seed), &rows(next(seed)))?.completeness_gap())
}

/// Features that the model, the row and the background treat alike get the same.
fn symmetry(build: &Build<'_>, seed: Seed) -> Result<f64, Error> {
    let one = model(seed, N_FEATURES)?;
    let both = sum(&one, &swapped(&one)?)?;
    let mut rows_alike = rows(seed);
    let first = rows_alike.column(0).to_owned();
    rows_alike.column_mut(1).assign(&first);
    let background = rows(next(seed));
    let turned = background.select(Axis(1), &[1, 0, 2, 3, 4]);
    let background = concatenate(Axis(0), &[background.view(), turned.view()]).map_err(Error::model)?;
    let explained = explain(build, &both, &rows_alike, &background)?;
    let (a, b) = (feature(&explained, 0), feature(&explained, 1));
    Ok(largest((&a - &b).view()))
}

/// A feature that no split asks about gets nothing.
fn dummy(build: &Build<'_>, seed: Seed) -> Result<f64, Error> {
    let narrow = model(seed, N_FEATURES - 1)?;
    let wide =
        TreeEnsemble::new(narrow.trees().to_vec(), N_FEATURES, narrow.n_outputs()).map_err(Error::model)?;
    let explained = explain(build, &wide, &rows(seed), &rows(next(seed)))?;
    Ok(largest(feature(&explained, N_FEATURES - 1).view()))
}

/// The values of a sum of models are the sums of their values.
fn additivity(build: &Build<'_>, seed: Seed) -> Result<f64, Error> {
    let (one, other) = (model(seed, N_FEATURES)?, model(next(seed), N_FEATURES)?);
    let (rows, background) = (rows(seed), rows(next(seed)));
    let parts = explain(build, &one, &rows, &background)?.values().to_owned()
        + explain(build, &other, &rows, &background)?.values();
    let whole = explain(build, &sum(&one, &other)?, &rows, &background)?;
    Ok((parts - whole.values()).iter().fold(0.0, |worst, gap| gap.abs().max(worst)))
}

fn explain(
    build: &Build<'_>,
    model: &TreeEnsemble,
    rows: &Array2<f64>,
    background: &Array2<f64>,
) -> Result<Attributions, Error> {
    build(model, &Background::new(background.clone())?)?.explain(rows.view(), &Silent)
}

fn model(seed: Seed, n_features: usize) -> Result<TreeEnsemble, Error> {
    let shape = Shape { n_features, n_outputs: 2, n_trees: 2, depth: 4 };
    random_trees::ensemble(shape, seed).map_err(Error::model)
}

fn rows(seed: Seed) -> Array2<f64> {
    random_trees::rows(4, N_FEATURES, seed)
}

fn next(seed: Seed) -> Seed {
    Seed::new(seed.get() + (1 << 40))
}

fn sum(one: &TreeEnsemble, other: &TreeEnsemble) -> Result<TreeEnsemble, Error> {
    let trees = [one.trees(), other.trees()].concat();
    let base = one.base_score().iter().zip(other.base_score()).map(|(a, b)| a + b).collect();
    let sum = TreeEnsemble::new(trees, one.n_features(), one.n_outputs());
    sum.and_then(|sum| sum.with_base_score(base)).map_err(Error::model)
}

/// The same model with the features 0 and 1 in each other's place.
fn swapped(model: &TreeEnsemble) -> Result<TreeEnsemble, Error> {
    let trees = model.trees().iter().map(|tree| {
        let nodes = (0..tree.nodes().len()).map(|node| {
            let cover = tree.covers().map_or(0.0, |covers| covers[node]);
            swapped_node(tree, node).with_cover(cover)
        });
        Ok(Tree::new(nodes.collect(), tree.outputs())?.with_weight(tree.weight()))
    });
    let trees = trees.collect::<Result<Vec<_>, rationale_trees::Error>>().map_err(Error::model)?;
    let swapped = TreeEnsemble::new(trees, model.n_features(), model.n_outputs());
    swapped.and_then(|swapped| swapped.with_base_score(model.base_score().to_vec())).map_err(Error::model)
}

fn swapped_node(tree: &Tree, node: usize) -> NodeSpec {
    match &tree.nodes()[node] {
        Node::Leaf(leaf) => NodeSpec::leaf(tree.leaf_values(*leaf).to_vec()),
        Node::Split(split) => {
            let feature = match split.feature {
                0 => 1,
                1 => 0,
                other => other,
            };
            NodeSpec::split(Split { feature, ..split.clone() })
        }
    }
}

fn feature(explained: &Attributions, feature: usize) -> Array2<f64> {
    explained.values().index_axis_move(Axis(1), feature).to_owned()
}

fn largest(values: ArrayView2<'_, f64>) -> f64 {
    values.iter().fold(0.0, |worst, value| value.abs().max(worst))
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;
    use rationale_core::{Predict, Progress};

    use super::*;

    /// Gives the whole difference to the first feature: efficient and additive, but neither fair nor honest.
    struct FirstTakesAll(TreeEnsemble);

    impl Explain for FirstTakesAll {
        fn explain(&self, rows: ArrayView2<'_, f64>, _: &dyn Progress) -> Result<Attributions, Error> {
            let predictions = self.0.predict(rows)?;
            let mut values = Array3::zeros((rows.nrows(), rows.ncols(), predictions.ncols()));
            values.index_axis_mut(Axis(1), 0).assign(&predictions);
            Attributions::new(values, Array2::zeros(predictions.dim()), predictions)
        }
    }

    #[test]
    fn catches_an_explainer_that_is_not_symmetric() {
        let build: &Build<'_> = &|model, _| Ok(Box::new(FirstTakesAll(model.clone())));
        let broken = check(build, 1e-9, 20).unwrap_err();
        assert!(broken.starts_with("symmetry does not hold"), "{broken}");
    }
}
