//! What trees are not explained for, and the words for it.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use ndarray::{Array2, array};
use rationale_core::{Background, Explain, Seed, Silent};
use rationale_shapley::tree::{RescaledTreeShap, TreeShap};
use rationale_testkit::random_trees::{self, Shape};
use rationale_trees::{Link, Missing, NodeSpec, Outputs, Side, Split, Test, Tree, TreeEnsemble};

fn model() -> TreeEnsemble {
    let shape = Shape { n_features: 3, n_outputs: 2, n_trees: 2, depth: 2 };
    random_trees::ensemble(shape, Seed::new(1)).unwrap()
}

/// One split a feature, each going left to a leaf.
fn chain(n_features: usize) -> TreeEnsemble {
    let mut nodes = Vec::new();
    for feature in 0..n_features {
        let place = nodes.len();
        let (test, missing) = (Test::Less(0.5), Missing::nan(Side::Left));
        nodes.push(NodeSpec::split(Split { feature, test, missing, left: place + 1, right: place + 2 }));
        nodes.push(NodeSpec::leaf(vec![feature as f64]));
    }
    nodes.push(NodeSpec::leaf(vec![-1.0]));
    TreeEnsemble::new(vec![Tree::new(nodes, Outputs::One(0)).unwrap()], n_features, 1).unwrap()
}

#[test]
fn rows_with_too_few_columns() {
    let explainer = TreeShap::path_dependent(&model()).unwrap();
    let error = explainer.explain(array![[1.0, 2.0]].view(), &Silent).unwrap_err();
    assert_eq!(
        error.to_string(),
        "tree-shap failed: the table of rows has 2 columns, but the model has 3 features"
    );
    let background = Background::new(array![[1.0]]).unwrap();
    let error = TreeShap::interventional(&model(), &background).err().unwrap();
    assert_eq!(error.to_string(), "the background has 1 columns, but the model has 3 features");
}

#[test]
fn a_model_without_cover_says_how_to_get_it() {
    let error = TreeShap::path_dependent(&chain(3)).err().unwrap().to_string();
    assert!(error.contains("TreeEnsemble::with_cover") && error.contains("give a background"), "{error}");
}

#[test]
fn a_softmax_is_not_rescaled() {
    let background = Background::new(Array2::zeros((1, 3))).unwrap();
    assert!(RescaledTreeShap::new(&model().with_link(Link::Softmax), &background).is_err());
}

#[test]
fn a_loss_needs_one_output_and_a_label_a_row() {
    let background = Background::new(Array2::zeros((1, 3))).unwrap();
    let error = RescaledTreeShap::loss(&model(), &background, vec![1.0]).err().unwrap().to_string();
    assert!(error.contains("this one has 2 outputs and the link Identity"), "{error}");
    let shape = Shape { n_features: 3, n_outputs: 1, n_trees: 2, depth: 2 };
    let one = random_trees::ensemble(shape, Seed::new(1)).unwrap();
    let logistic = one.clone().with_link(Link::Logistic);
    let error = RescaledTreeShap::loss(&logistic, &background, vec![1.0, 37.0]).err().unwrap().to_string();
    assert!(error.starts_with("row 1 has the label 37"), "{error}");
    let explainer = RescaledTreeShap::loss(&one, &background, vec![1.0]).unwrap();
    let error = explainer.explain(Array2::zeros((2, 3)).view(), &Silent).unwrap_err().to_string();
    assert_eq!(error, "tree-shap failed: the list of labels has length 1, but 2 is needed");
}

#[test]
fn paths_of_128_features_are_exact_and_of_129_refused() {
    let rows = Array2::ones((1, 128));
    let model =
        chain(128).with_cover(Array2::from_shape_fn((129, 128), |(row, k)| f64::from(k < row)).view());
    let explained = TreeShap::path_dependent(&model.unwrap()).unwrap().explain(rows.view(), &Silent).unwrap();
    // Every step of the chain is passed, and the chain is symmetric in how a row gets through.
    assert!(explained.completeness_gap() < 1e-9);

    let background = Background::new(Array2::zeros((1, 129))).unwrap();
    let error = TreeShap::interventional(&chain(129), &background).err().unwrap();
    assert!(error.to_string().starts_with("a path of tree 0 asks about 129 different features"));
}

#[test]
fn interactions_beyond_the_memory_limit() {
    let explainer = TreeShap::path_dependent(&model()).unwrap().with_memory_limit(1000);
    assert!(explainer.interactions(Array2::zeros((6, 3)).view(), &Silent).is_ok());
    let error = explainer.interactions(Array2::zeros((7, 3)).view(), &Silent).unwrap_err().to_string();
    assert!(error.contains("would take 1008 bytes, and the limit is 1000"), "{error}");
}

#[test]
fn a_block_with_uneven_columns() {
    let explainer = TreeShap::path_dependent(&model()).unwrap();
    let (long, short) = ([0.0, 0.0], [0.0]);
    let mut values = [0.0; 12];
    assert!(explainer.values_of_block(&[&long, &long, &short], &mut values).is_err());
    assert!(explainer.values_of_block(&[&long, &long, &long], &mut values[..11]).is_err());
    assert!(explainer.values_of_block(&[&long, &long, &long], &mut values).is_ok());
}
