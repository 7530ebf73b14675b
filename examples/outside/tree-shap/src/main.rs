//! Explains a small credit score by TreeSHAP, with three crates of rationale and no more.
//!
//! The score is two trees over income and debt (both in thousands) and the years at the present address.

use std::error::Error;

use ndarray::{Array2, array};
use rationale_core::{Attributions, Background, Explain, Silent};
use rationale_shapley::tree::TreeShap;
use rationale_trees::{Missing, NodeSpec, Outputs, Side, Split, Test, Tree, TreeEnsemble};

const FEATURES: [&str; 3] = ["income", "debt", "years"];

/// Float64 sums of a handful of terms near 1 agree to far better than this.
const ROUNDING: f64 = 1e-12;

fn main() -> Result<(), Box<dyn Error>> {
    let model = score()?;
    let rows = array![[55.0, 5.0, 8.0], [30.0, 18.0, 1.0], [30.0, 5.0, f64::NAN]];
    let background = Background::new(array![[40.0, 10.0, 2.0], [60.0, 2.0, 9.0], [20.0, 20.0, 4.0]])?;

    let path_dependent = TreeShap::path_dependent(&model)?;
    report("path-dependent", &path_dependent.explain(rows.view(), &Silent)?, &rows)?;
    let interventional = TreeShap::interventional(&model, &background)?;
    report("interventional", &interventional.explain(rows.view(), &Silent)?, &rows)
}

/// The model, built by hand; a reader of `rationale_trees` would give the same type from a file.
fn score() -> Result<TreeEnsemble, Box<dyn Error>> {
    let income_then_debt = Tree::new(
        vec![
            split(0, 35.0, 1, 2).with_cover(100.0),
            split(1, 12.0, 3, 4).with_cover(40.0),
            leaf(0.6).with_cover(60.0),
            leaf(0.1).with_cover(25.0),
            leaf(-0.8).with_cover(15.0),
        ],
        Outputs::One(0),
    )?;
    let years = Tree::new(
        vec![split(2, 3.0, 1, 2).with_cover(100.0), leaf(-0.2).with_cover(30.0), leaf(0.3).with_cover(70.0)],
        Outputs::One(0),
    )?;
    let model = TreeEnsemble::new(vec![income_then_debt, years], FEATURES.len(), 1)?;
    Ok(model.with_base_score(vec![0.05])?.with_feature_names(FEATURES.map(str::to_owned).to_vec())?)
}

/// Left where the feature is below the threshold or missing.
fn split(feature: usize, threshold: f64, left: usize, right: usize) -> NodeSpec {
    let missing = Missing::nan(Side::Left);
    NodeSpec::split(Split { feature, test: Test::Less(threshold), missing, left, right })
}

fn leaf(value: f64) -> NodeSpec {
    NodeSpec::leaf(vec![value])
}

/// Prints the values of each row, and fails where they do not sum to prediction minus base value.
fn report(reading: &str, explained: &Attributions, rows: &Array2<f64>) -> Result<(), Box<dyn Error>> {
    println!("{reading}: compared with a score of {:+.4}", explained.base_values()[[0, 0]]);
    for row in 0..explained.n_rows() {
        let values = explained.row(row, 0);
        let parts = explained.feature_names().iter().zip(rows.row(row)).zip(values);
        let parts: Vec<_> = parts.map(|((name, x), value)| format!("{name} = {x}: {value:+.4}")).collect();
        let (prediction, base) = (explained.predictions()[[row, 0]], explained.base_values()[[row, 0]]);
        println!("  {prediction:+.4}   {}", parts.join("   "));
        if (values.sum() - (prediction - base)).abs() > ROUNDING {
            return Err(format!("row {row}: {values} do not sum to {prediction} - {base}").into());
        }
    }
    Ok(())
}
