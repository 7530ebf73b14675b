//! The same bytes on any number of threads, in any cut of the rows, and through the bare function at the bottom.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use ndarray::{Array2, Axis, Slice, concatenate};
use rationale_core::{Background, Explain, Seed, Silent};
use rationale_shapley::tree::{Engine, Precision, RescaledTreeShap, TreeShap};
use rationale_testkit::random_trees::{self, Shape};
use rationale_trees::{Link, TreeEnsemble};

fn model() -> TreeEnsemble {
    let shape = Shape { n_features: 12, n_outputs: 2, n_trees: 20, depth: 9 };
    random_trees::ensemble(shape, Seed::new(11)).unwrap().with_link(Link::Logistic)
}

fn rows(n_rows: usize) -> Array2<f64> {
    random_trees::rows(n_rows, 12, Seed::new(12))
}

fn background(n_rows: usize) -> Background {
    Background::new(random_trees::rows(n_rows, 12, Seed::new(13))).unwrap()
}

fn bits(values: impl IntoIterator<Item = f64>) -> Vec<u64> {
    values.into_iter().map(f64::to_bits).collect()
}

fn on_threads<T: Send>(n_threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap().install(work)
}

/// All bits that an explainer gives: values, interactions of a few rows, base values, predictions.
fn all_bits(explainer: &TreeShap) -> Vec<u64> {
    let explained = explainer.explain(rows(150).view(), &Silent).unwrap();
    let pairs = explainer.interactions(rows(40).view(), &Silent).unwrap();
    let ends = explained.base_values().iter().chain(explained.predictions()).copied().collect::<Vec<_>>();
    bits(explained.values().iter().chain(pairs.values()).copied().chain(ends))
}

#[test]
fn threads_and_block_sizes_change_no_bit() {
    type Build = fn() -> TreeShap;
    let builds: [Build; 2] = [
        || TreeShap::path_dependent(&model()).unwrap(),
        || TreeShap::interventional(&model(), &background(300)).unwrap(),
    ];
    for build in builds {
        let expected = on_threads(1, || all_bits(&build()));
        for (n_threads, block_rows) in [(1, 7), (2, 256), (2, 1), (4, 33), (4, 64)] {
            let actual = on_threads(n_threads, || all_bits(&build().with_block_rows(block_rows)));
            assert!(expected == actual, "{n_threads} threads, blocks of {block_rows}");
        }
    }
}

#[test]
fn threads_and_block_sizes_change_no_bit_of_any_engine() {
    let shape = Shape { n_features: 5, n_outputs: 2, n_trees: 8, depth: 6 };
    let model = random_trees::ensemble(shape, Seed::new(14)).unwrap();
    let rows = random_trees::rows(100, 5, Seed::new(15)) * 1.1;
    let background = Background::new(random_trees::rows(30, 5, Seed::new(16))).unwrap();
    let path_dependent: &(dyn Fn() -> TreeShap + Sync) = &|| TreeShap::path_dependent(&model).unwrap();
    let interventional: &(dyn Fn() -> TreeShap + Sync) =
        &|| TreeShap::interventional(&model, &background).unwrap();
    let value_bits =
        |explainer: TreeShap| bits(explainer.explain(rows.view(), &Silent).unwrap().values().iter().copied());
    for build in [path_dependent, interventional] {
        for (engine, precision) in [Engine::Auto, Engine::RowSimd, Engine::PatternTables]
            .into_iter()
            .flat_map(|engine| [(engine, Precision::Double), (engine, Precision::Single)])
        {
            let explainer = || build().with_engine(engine).with_precision(precision);
            for set in TreeShap::instruction_sets() {
                let expected = on_threads(1, || value_bits(explainer().with_instruction_set(set)));
                for (n_threads, block_rows) in [(2, 1), (4, 7), (4, 64)] {
                    let cut = || explainer().with_instruction_set(set).with_block_rows(block_rows);
                    let actual = on_threads(n_threads, || value_bits(cut()));
                    assert!(expected == actual, "{engine:?} {precision:?} {set}, blocks of {block_rows}");
                }
            }
        }
    }
}

#[test]
fn announced_rows_give_parts_the_engine_of_the_whole() {
    let rows = random_trees::rows(600, 12, Seed::new(12));
    let whole = TreeShap::interventional(&model(), &background(30)).unwrap().with_announced_rows(600);
    let expected = bits(whole.explain(rows.view(), &Silent).unwrap().values().iter().copied());
    let parts: Vec<u64> = rows
        .axis_chunks_iter(Axis(0), 50)
        .flat_map(|part| bits(whole.explain(part, &Silent).unwrap().values().iter().copied()))
        .collect();
    assert!(expected == parts);
}

#[test]
fn threads_change_no_bit_of_rescaled_values() {
    let explain = || {
        let explainer = RescaledTreeShap::new(&model(), &background(10)).unwrap();
        bits(explainer.explain(rows(300).view(), &Silent).unwrap().values().iter().copied())
    };
    assert!(on_threads(1, explain) == on_threads(4, explain));
}

#[test]
fn rows_in_shuffled_blocks_give_the_same_rows() {
    let explainer = TreeShap::interventional(&model(), &background(300)).unwrap();
    let rows = rows(60);
    let whole = explainer.explain(rows.view(), &Silent).unwrap();
    let part = |range| {
        let rows = rows.slice_axis(Axis(0), Slice::from(range));
        explainer.explain(rows, &Silent).unwrap().values().to_owned()
    };
    let (last, first, middle) = (part(41..60), part(0..17), part(17..41));
    let parts = concatenate(Axis(0), &[first.view(), middle.view(), last.view()]).unwrap();
    assert_eq!(bits(whole.values().iter().copied()), bits(parts));
}

#[test]
fn the_function_at_the_bottom_gives_the_same_bits() {
    let explainer = TreeShap::path_dependent(&model()).unwrap();
    let rows = rows(50);
    let columns: Vec<Vec<f64>> = rows.columns().into_iter().map(|column| column.to_vec()).collect();
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let mut values = vec![f64::NAN; 50 * 12 * 2];
    explainer.values_of_block(&columns, &mut values).unwrap();
    let explained = explainer.explain(rows.view(), &Silent).unwrap();
    assert_eq!(bits(values), bits(explained.values().iter().copied()));
}

#[test]
fn a_background_that_does_not_fit_into_memory_is_folded_in_parts() {
    let whole = TreeShap::interventional(&model(), &background(300)).unwrap();
    let whole = whole.explain(rows(20).view(), &Silent).unwrap();
    for limit in [0, 100_000, 5_000_000] {
        let parts = TreeShap::interventional(&model(), &background(300)).unwrap().with_memory_limit(limit);
        let parts = parts.explain(rows(20).view(), &Silent).unwrap();
        let gap = (&whole.values() - &parts.values()).iter().fold(0.0_f64, |worst, gap| worst.max(gap.abs()));
        assert!(gap < 1e-12, "limit {limit}: {gap}");
    }
}
