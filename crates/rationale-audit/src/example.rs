//! A small model and its table, for the tests of this crate.

use rationale_tabular::{Encoder, Encoding, Schema, Table};
use rationale_trees::{Missing, NodeSpec, Outputs, Side, Split, Test, Tree, TreeEnsemble};

use crate::ScoringModel;

pub(crate) fn table() -> Table {
    let text = "job,amount,paid,sex\nclerk,100,good,f\nnone,900,bad,m\nclerk,800,bad,f\nnone,200,good,m\n\
                clerk,300,good,m\nnone,700,bad,f\n";
    Table::from_csv_bytes("loans.csv", text.as_bytes()).unwrap()
}

/// Two trees, one on the job and one on the amount, that vote for `bad` and `good`.
pub(crate) fn model() -> ScoringModel {
    let schema = Schema::learn(&table(), &["paid", "sex"]).unwrap();
    let encoder = Encoder::new(schema, Encoding::OneHot).unwrap();
    let trees = vec![stump(0, 0.5, [0.8, 0.2], [0.3, 0.7]), stump(2, 500.0, [0.1, 0.9], [0.6, 0.4])];
    let trees = TreeEnsemble::new(trees, 3, 2)
        .and_then(|trees| trees.with_feature_names(encoder.feature_names().to_vec()))
        .and_then(|trees| trees.with_output_names(vec!["bad".into(), "good".into()]))
        .unwrap();
    ScoringModel::new(trees, encoder).unwrap()
}

fn stump(feature: usize, threshold: f64, below: [f64; 2], above: [f64; 2]) -> Tree {
    let missing = Missing::nan(Side::Right);
    let split = Split { feature, test: Test::Less(threshold), missing, left: 1, right: 2 };
    let nodes = vec![
        NodeSpec::split(split).with_cover(6.0),
        NodeSpec::leaf(below.to_vec()).with_cover(3.0),
        NodeSpec::leaf(above.to_vec()).with_cover(3.0),
    ];
    Tree::new(nodes, Outputs::All).unwrap().with_weight(0.5)
}
