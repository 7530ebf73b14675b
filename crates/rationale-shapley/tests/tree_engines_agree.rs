//! Every engine, precision and instruction set against the plain engine.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use ndarray::{Array2, Array3};
use rationale_core::{Background, Explain, Seed, Silent};
use rationale_shapley::tree::{Engine, Precision, TreeShap};
use rationale_testkit::random_trees::{self, Shape};
use rationale_trees::{InputPrecision, Missing, NodeSpec, Outputs, Side, Split, Test, Tree, TreeEnsemble};

const N_MODELS: u64 = 120;
const ENGINES: [Engine; 3] = [Engine::Auto, Engine::RowSimd, Engine::PatternTables];

/// Depth 1 to 9 over 3 to 14 features: repeated features, missing values, sets, zero covers, several outputs.
fn model(seed: u64) -> TreeEnsemble {
    let shape = Shape {
        n_features: 3 + (seed % 12) as usize,
        n_outputs: 1 + (seed % 3) as usize,
        n_trees: 1 + (seed % 4) as usize,
        depth: 1 + (seed % 9) as usize,
    };
    random_trees::ensemble(shape, Seed::new(seed)).unwrap()
}

/// Every third table has values that are no float32 numbers.
fn rows(model: &TreeEnsemble, n_rows: usize, seed: u64) -> Array2<f64> {
    let rows = random_trees::rows(n_rows, model.n_features(), Seed::new(seed + 500));
    if seed.is_multiple_of(3) { rows * 1.1 } else { rows }
}

fn values(explainer: &TreeShap, rows: &Array2<f64>) -> Array3<f64> {
    explainer.explain(rows.view(), &Silent).unwrap().values().to_owned()
}

/// The largest difference, over the largest value.
fn gap(actual: &Array3<f64>, expected: &Array3<f64>) -> f64 {
    let largest = expected.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    let gap = (actual - expected)
        .iter()
        .fold(0.0_f64, |most, x| if x.is_nan() { f64::NAN } else { most.max(x.abs()) });
    if largest == 0.0 { gap } else { gap / largest }
}

fn tolerance(precision: Precision) -> f64 {
    match precision {
        Precision::Double => 1e-12,
        Precision::Single => 1e-5,
    }
}

/// Compares whatever engines `build` can be given with the plain one.
fn check(what: &str, build: &dyn Fn() -> TreeShap, rows: &Array2<f64>) {
    let expected = values(&build().with_engine(Engine::Plain), rows);
    for set in TreeShap::instruction_sets() {
        for (engine, precision) in
            ENGINES.iter().flat_map(|engine| [Precision::Double, Precision::Single].map(|p| (*engine, p)))
        {
            let explainer = build().with_engine(engine).with_precision(precision).with_instruction_set(set);
            let gap = gap(&values(&explainer, rows), &expected);
            assert!(gap <= tolerance(precision), "{what}, {engine:?}, {precision:?}, {set}: {gap}");
        }
    }
}

#[test]
fn on_random_models() {
    for seed in 0..N_MODELS {
        let model = model(seed);
        let build = || TreeShap::path_dependent(&model).unwrap();
        check(&format!("model {seed}"), &build, &rows(&model, 1 + (seed % 70) as usize, seed));
    }
}

#[test]
fn on_random_models_with_a_background() {
    for seed in 0..N_MODELS {
        let model = model(seed);
        let background = Background::new(rows(&model, 1 + (seed % 40) as usize, seed + 9)).unwrap();
        let build = || TreeShap::interventional(&model, &background).unwrap();
        check(&format!("model {seed}"), &build, &rows(&model, 1 + (seed % 70) as usize, seed));
    }
}

#[test]
fn on_inputs_read_as_float32() {
    for seed in 0..30 {
        let model = model(seed).with_input_precision(InputPrecision::Single);
        let build = || TreeShap::path_dependent(&model).unwrap();
        check(&format!("model {seed}"), &build, &(rows(&model, 20, seed) * 0.3));
    }
}

/// One split a feature, going left to a leaf; then the same features again.
fn chain(n_features: usize, n_splits: usize) -> TreeEnsemble {
    let mut nodes = Vec::new();
    for split in 0..n_splits {
        let (place, feature) = (nodes.len(), split % n_features);
        let (test, missing) = (Test::Less(0.5 - split as f64 / 1000.0), Missing::nan(Side::Left));
        nodes.push(NodeSpec::split(Split { feature, test, missing, left: place + 1, right: place + 2 }));
        nodes.push(NodeSpec::leaf(vec![1.0 + split as f64]));
    }
    nodes.push(NodeSpec::leaf(vec![-1.0]));
    let training =
        Array2::from_shape_fn((200, n_features), |(row, k)| ((row * 7 + k * 13) % 97) as f64 / 97.0 + 0.45);
    TreeEnsemble::new(vec![Tree::new(nodes, Outputs::One(0)).unwrap()], n_features, 1)
        .unwrap()
        .with_cover(training.view())
        .unwrap()
}

#[test]
fn on_long_chains() {
    for (n_features, n_splits) in [(17, 17), (40, 60), (64, 64), (3, 64), (65, 65), (128, 128), (2, 1000)] {
        let model = chain(n_features, n_splits);
        let build = || TreeShap::path_dependent(&model).unwrap();
        let rows =
            Array2::from_shape_fn(
                (9, n_features),
                |(row, k)| if (row + k).is_multiple_of(11) { 0.2 } else { 0.9 },
            );
        check(&format!("{n_features} features, {n_splits} splits"), &build, &rows);
    }
}

#[test]
fn the_evidence_names_the_engine() {
    let model = model(7);
    let rows = rows(&model, 3, 7);
    let name =
        |explainer: TreeShap| explainer.explain(rows.view(), &Silent).unwrap().evidence().engine.clone();
    for set in TreeShap::instruction_sets() {
        let explainer = TreeShap::path_dependent(&model).unwrap().with_instruction_set(set);
        assert_eq!(name(explainer), format!("row-simd-f64-{set}"));
    }
    let single = TreeShap::path_dependent(&model).unwrap().with_precision(Precision::Single);
    assert!(name(single).starts_with("row-simd-f32-"));
    assert_eq!(name(TreeShap::path_dependent(&model).unwrap().with_engine(Engine::Plain)), "plain-f64");
}

/// Interactions by every engine against the plain one.
fn check_interactions(what: &str, build: &dyn Fn() -> TreeShap, rows: &Array2<f64>) {
    let flat = |explainer: TreeShap| {
        let pairs = explainer.interactions(rows.view(), &Silent).unwrap();
        let values = pairs.values();
        let (n_rows, n_features, n_partners, n_outputs) = values.dim();
        let shape = (n_rows, n_features * n_partners, n_outputs);
        Array3::from_shape_vec(shape, values.iter().copied().collect()).unwrap()
    };
    let expected = flat(build().with_engine(Engine::Plain));
    for set in TreeShap::instruction_sets() {
        for (engine, precision) in
            ENGINES.iter().flat_map(|engine| [Precision::Double, Precision::Single].map(|p| (*engine, p)))
        {
            let explainer = build().with_engine(engine).with_precision(precision).with_instruction_set(set);
            let gap = gap(&flat(explainer), &expected);
            assert!(gap <= tolerance(precision), "{what}, {engine:?}, {precision:?}, {set}: {gap}");
        }
    }
}

#[test]
fn on_interactions() {
    for seed in 0..N_MODELS / 2 {
        let model = model(seed);
        let build = || TreeShap::path_dependent(&model).unwrap();
        check_interactions(&format!("model {seed}"), &build, &rows(&model, 1 + (seed % 40) as usize, seed));
    }
}

#[test]
fn on_interactions_with_a_background() {
    for seed in 0..N_MODELS / 2 {
        let model = model(seed);
        let background = Background::new(rows(&model, 1 + (seed % 40) as usize, seed + 9)).unwrap();
        let build = || TreeShap::interventional(&model, &background).unwrap();
        check_interactions(&format!("model {seed}"), &build, &rows(&model, 1 + (seed % 40) as usize, seed));
    }
}

#[test]
fn on_interactions_of_long_chains() {
    for (n_features, n_splits) in [(17, 17), (20, 60), (3, 64)] {
        let model = chain(n_features, n_splits);
        let build = || TreeShap::path_dependent(&model).unwrap();
        let rows =
            Array2::from_shape_fn(
                (5, n_features),
                |(row, k)| {
                    if (row + k).is_multiple_of(7) { 0.2 } else { 0.9 }
                },
            );
        check_interactions(&format!("{n_features} features, {n_splits} splits"), &build, &rows);
    }
}

#[test]
fn blocks_with_a_background_take_no_announcement_to_be_fast() {
    let model = model(8);
    let background = Background::new(rows(&model, 30, 1)).unwrap();
    let rows = rows(&model, 10, 2);
    let columns: Vec<Vec<f64>> = rows.columns().into_iter().map(|column| column.to_vec()).collect();
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let build = || TreeShap::interventional(&model, &background).unwrap();
    let block = |explainer: TreeShap| {
        let mut values = vec![0.0; 10 * model.n_features() * model.n_outputs()];
        explainer.values_of_block(&columns, &mut values).unwrap();
        values
    };
    let announced = block(build().with_announced_rows(1 << 16));
    assert_eq!(block(build()), announced);
    assert_ne!(announced, block(build().with_engine(Engine::Plain)));
}
