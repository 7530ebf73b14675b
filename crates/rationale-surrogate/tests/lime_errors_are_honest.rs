//! Intervals cover what they say they cover, and a ranking that is said to be settled is.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use ndarray::{Array2, Array3, ArrayView2, Axis};
use rationale_core::{FromFn, Predict, Seed, Silent};
use rationale_surrogate::{
    Columns, Discretisation, Explanation, Lime, LimeTabular, Rise, Selection, Settlement, Settling, jaccard,
};
use rayon::prelude::*;

/// Not a line in any feature, and features work in pairs.
fn model() -> impl Predict {
    FromFn::new(|rows: ArrayView2<'_, f64>| {
        Array2::from_shape_fn((rows.nrows(), 1), |(row, _)| {
            let x = rows.row(row);
            let margin = 2.0 * x[0] + x[1] * x[1] - 1.5 * x[2] * x[3] + (2.0 * x[4]).sin() + 0.3 * x[5];
            1.0 / (1.0 + (-margin).exp())
        })
    })
}

fn training() -> Array2<f64> {
    let mut draws = Seed::new(0).draws("training", 0, 0);
    Array2::from_shape_simple_fn((500, 6), || draws.normal())
}

fn explain(lime: Lime, discretisation: &Discretisation, row: usize) -> Explanation {
    let (model, training) = (model(), training());
    let columns = Columns::numeric((0..6).map(|k| format!("x{k}"))).unwrap();
    let table = LimeTabular::new(&model, columns, training.view()).unwrap();
    let table = table.with_discretisation(discretisation.clone()).unwrap().with_lime(lime);
    table.explain_row(training.row(row), row as u64, &Silent).unwrap()
}

/// Of 1,000 explanations, the share of intervals, over all features, that hold the coefficient of very many samples.
fn coverage(discretisation: &Discretisation, n_samples: usize) -> f64 {
    let lime = Lime::default().with_selection(Selection::All).with_penalty(0.0);
    let endless =
        explain(lime.clone().with_samples(500_000).with_seed(Seed::new(u64::MAX)), discretisation, 0);
    let truth = &endless.models[0];
    let n_covered: usize = (0..1_000_u64)
        .into_par_iter()
        .map(|repetition| {
            let lime = lime.clone().with_samples(n_samples).with_seed(Seed::new(repetition));
            let explained = explain(lime, discretisation, 0);
            let is_covered = |term: &&rationale_surrogate::Term| {
                let (low, high) = term.interval(0.95).unwrap();
                (low..=high).contains(&truth.coefficient_of(term.feature))
            };
            explained.models[0].terms.iter().filter(is_covered).count()
        })
        .sum();
    n_covered as f64 / 6_000.0
}

#[test]
fn intervals_of_95_percent_cover_93_to_97() {
    for discretisation in [Discretisation::Quartile, Discretisation::None] {
        let share = coverage(&discretisation, 1_000);
        println!("{discretisation:?}: {share}");
        assert!((0.93..=0.97).contains(&share), "{discretisation:?}: {share}");
    }
}

#[test]
fn a_settled_ranking_is_the_same_for_other_seeds() {
    let (mut n_settled, mut agreements) = (0, Vec::new());
    for row in 0..5 {
        let of_seed = |seed| {
            let settling = Settling::new(3).with_most_samples(40_000);
            let lime = Lime::default().with_samples(1_000).with_settling(settling).with_seed(Seed::new(seed));
            let explained = explain(lime, &Discretisation::Quartile, row);
            let is_settled = matches!(explained.settlement, Some(Settlement::Settled { .. }));
            is_settled.then(|| explained.models[0].top(3))
        };
        let tops: Vec<Vec<usize>> = (0..20).into_par_iter().filter_map(of_seed).collect();
        n_settled += tops.len();
        let pairs = (0..tops.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
        agreements.extend(pairs.map(|(i, j)| jaccard(&tops[i], &tops[j])));
    }
    let mean = agreements.iter().sum::<f64>() / agreements.len() as f64;
    println!("{n_settled} of 100 settled, mean agreement {mean}");
    assert!(n_settled >= 30 && mean >= 0.95, "{n_settled} {mean}");
}

#[test]
fn the_stable_mode_says_how_many_samples_it_took_or_that_it_gave_up() {
    let settle = |most| {
        let settling = Settling::new(1).with_most_samples(most);
        let lime = Lime::default().with_samples(50).with_settling(settling);
        explain(lime, &Discretisation::Quartile, 1)
    };
    let settled = settle(100_000);
    let Some(Settlement::Settled { n_samples }) = settled.settlement else {
        panic!("{:?}", settled.settlement)
    };
    assert_eq!(n_samples, settled.n_samples);
    assert_eq!(settled.evidence.model_calls, n_samples as u64);
    let open = settle(50);
    assert_eq!(open.settlement, Some(Settlement::GaveUp { n_samples: 50, rank: 0, output: 0 }));
}

#[test]
fn a_model_with_nothing_to_rank_is_settled_at_once() {
    let columns = || Columns::numeric((0..6).map(|k| format!("x{k}"))).unwrap();
    let constant = FromFn::new(|rows: ArrayView2<'_, f64>| Array2::from_elem((rows.nrows(), 1), 0.3));
    let training = training();
    let cut = training[[0, 2]];
    let one_feature =
        FromFn::new(move |rows: ArrayView2<'_, f64>| rows.column(2).mapv(|x| x - cut).insert_axis(Axis(1)));
    let models: [&dyn Predict; 2] = [&constant, &one_feature];
    for model in models {
        let lime = Lime::default().with_samples(200).with_penalty(0.0).with_settling(Settling::new(3));
        let table = LimeTabular::new(model, columns(), training.view()).unwrap();
        let table = table.with_discretisation(Discretisation::None).unwrap().with_lime(lime);
        let explained = table.explain_row(training.row(0), 0, &Silent).unwrap();
        assert_eq!(explained.settlement, Some(Settlement::Settled { n_samples: 200 }));
    }
}

#[test]
fn the_stability_indices_rise_with_the_samples() {
    let stability = |n_samples| {
        let lime = Lime::default().with_samples(n_samples).with_features(3).with_repetitions(9);
        explain(lime, &Discretisation::Quartile, 3).stability[0]
    };
    let (few, many) = (stability(60), stability(20_000));
    assert_eq!((few.n_explanations, many.n_explanations), (10, 10));
    assert!(few.variables < many.variables && many.variables > 0.9, "{few:?} {many:?}");
    assert!(many.coefficients > 0.9, "{many:?}");
}

#[test]
fn other_kernel_widths_ask_the_model_nothing() {
    let explained =
        explain(Lime::default().with_width_factors(vec![0.5, 1.0, 4.0]), &Discretisation::Quartile, 2);
    assert_eq!(explained.evidence.model_calls, 5_000);
    assert_eq!(explained.widths[1].models, explained.models);
    assert_ne!(explained.widths[0].models, explained.models);
    assert!(explained.width_agreement(0, 3).is_some_and(|share| (0.0..=1.0).contains(&share)));
}

#[test]
fn errors_of_rise_are_those_of_other_seeds() {
    let model = FromFn::new(|rows: ArrayView2<'_, f64>| {
        (rows.sum_axis(Axis(1)) / 20.0).mapv(f64::sin).insert_axis(Axis(1))
    });
    let picture = Array3::from_shape_fn((6, 6, 1), |(y, x, _)| (y * x) as f64 / 10.0);
    let of_seed = |seed| {
        let rise = Rise::new(&model).with_samples(100).with_grid(3).with_seed(Seed::new(seed));
        rise.explain(picture.view(), &Silent).unwrap().remove(0)
    };
    let maps: Vec<_> = (0..300).map(of_seed).collect();
    let at = [4, 4];
    let values: Vec<f64> = maps.iter().map(|map| map.values[at]).collect();
    let mean = values.iter().sum::<f64>() / 300.0;
    let spread = (values.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / 299.0).sqrt();
    let stated = maps.iter().map(|map| map.standard_error.as_ref().unwrap()[at]).sum::<f64>() / 300.0;
    assert!((stated / spread - 1.0).abs() < 0.15, "{stated} {spread}");
}
