//! The same bytes on any number of threads, in any batch size and in any order of the rows.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use ndarray::{Array2, Array3, ArrayView2, Axis};
use rationale_core::{Error, Explain, FromFn, Predict, Seed, Silent};
use rationale_surrogate::superpixels::{Quickshift, Slic, Superpixels};
use rationale_surrogate::{
    Column, Columns, Explanation, Lime, LimePicture, LimeTabular, LimeText, Rise, Settling,
};

fn model() -> impl Predict {
    FromFn::new(|rows: ArrayView2<'_, f64>| {
        Array2::from_shape_fn((rows.nrows(), 2), |(row, output)| {
            let total: f64 =
                rows.row(row).iter().enumerate().map(|(k, x)| (x * (k as f64 + 0.3)).sin()).sum();
            if output == 0 { total } else { (total / 3.0).tanh() }
        })
    })
}

fn training() -> Array2<f64> {
    let mut draws = Seed::new(1).draws("training", 0, 0);
    let mut rows = Array2::from_shape_simple_fn((200, 5), || draws.normal());
    rows.column_mut(4).mapv_inplace(|x| if x < 0.3 { 0.0 } else { 1.0 });
    rows
}

fn columns() -> Columns {
    let mut columns: Vec<Column> = (0..4).map(|k| Column::numeric(format!("x{k}"))).collect();
    columns.push(Column::categorical("c", ["no", "yes"]));
    Columns::new(columns).unwrap()
}

/// The bits of everything that an explanation says.
fn bits(explanation: &Explanation) -> Vec<u64> {
    let of_model = explanation.models.iter().flat_map(|model| {
        let terms = model.terms.iter().flat_map(|it| [it.coefficient, it.standard_error, it.feature as f64]);
        terms.chain([model.intercept, model.r_squared, model.local_prediction]).collect::<Vec<_>>()
    });
    let stability = explanation.stability.iter().flat_map(|it| [it.variables, it.coefficients]);
    of_model.chain(stability).chain([explanation.n_samples as f64]).map(f64::to_bits).collect()
}

fn on_threads<T: Send>(n: usize, job: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(job)
}

fn settings(batch_size: usize) -> Lime {
    Lime::default()
        .with_samples(700)
        .with_repetitions(2)
        .with_settling(Settling::new(1).with_most_samples(3_000))
        .with_batch_size(batch_size)
        .with_seed(Seed::new(5))
}

#[test]
fn rows_of_a_table() {
    let (model, rows) = (model(), training());
    let explain = |threads, batch_size| {
        let lime = LimeTabular::new(&model, columns(), rows.view()).unwrap().with_lime(settings(batch_size));
        on_threads(threads, || bits(&lime.explain_row(rows.row(7), 7, &Silent).unwrap()))
    };
    let reference = explain(1, 1_000);
    for (threads, batch_size) in [(4, 1_000), (2, 7), (1, 100_000), (3, 1)] {
        assert_eq!(explain(threads, batch_size), reference, "{threads} threads, batches of {batch_size}");
    }
}

#[test]
fn a_table_is_explained_row_by_row_or_at_once() {
    let (model, rows) = (model(), training());
    let lime = Lime::default().with_samples(300);
    let lime = LimeTabular::new(&model, columns(), rows.view()).unwrap().with_lime(lime);
    let some = rows.select(Axis(0), &[0, 1, 2, 3]);
    let explain = |threads| on_threads(threads, || lime.explain(some.view(), &Silent).unwrap());
    let (one, four) = (explain(1), explain(4));
    assert_eq!(one.values(), four.values());
    assert_eq!(one.evidence(), four.evidence());
    let alone = lime.explain_row(some.row(2), 2, &Silent).unwrap();
    let term = &alone.model_of(1).unwrap().terms[0];
    assert_eq!(one.values()[[2, term.feature, 1]], term.contribution());
    assert!(one.evidence().standard_error.as_ref().unwrap()[[2, term.feature, 1]] > 0.0);
}

#[test]
fn more_samples_begin_with_the_fewer() {
    let (model, rows) = (model(), training());
    let explain = |n| {
        let lime = Lime::default().with_samples(n);
        let lime = LimeTabular::new(&model, columns(), rows.view()).unwrap().with_lime(lime);
        lime.explain_row(rows.row(0), 0, &Silent).unwrap().neighbourhood
    };
    let (few, many) = (explain(150), explain(333));
    assert_eq!(few.design(), many.design().slice_axis(Axis(0), (0..150).into()));
    assert_eq!(few.outputs(), many.outputs().slice_axis(Axis(0), (0..150).into()));
}

#[test]
fn words_of_a_text() {
    let model = |texts: &[String]| -> Result<Array2<f64>, Error> {
        let score = |text: &String| text.bytes().map(|byte| f64::from(byte).sin()).sum::<f64>();
        Ok(Array2::from_shape_fn((texts.len(), 2), |(row, output)| score(&texts[row]) / (output + 1) as f64))
    };
    let text = "the quick brown fox jumps over the lazy dog and is not seen again";
    let explain = |threads, batch_size| {
        let lime = LimeText::new(&model).with_lime(settings(batch_size));
        on_threads(threads, || bits(&lime.explain(text, &Silent).unwrap()))
    };
    let reference = explain(1, 1_000);
    for (threads, batch_size) in [(4, 1_000), (2, 3)] {
        assert_eq!(explain(threads, batch_size), reference);
    }
}

#[test]
fn patches_and_places_of_a_picture() {
    let model = model();
    let picture =
        Array3::from_shape_fn((16, 12, 3), |(y, x, c)| ((y * 5 + x * 3 + c * 11) % 17) as f64 / 17.0);
    let explain = |threads, batch_size| {
        on_threads(threads, || {
            let mut all = Vec::new();
            for superpixels in
                [Superpixels::Slic(Slic::new(6)), Superpixels::Quickshift(Quickshift::new(2, 8.0))]
            {
                let lime = LimePicture::new(&model)
                    .with_superpixels(superpixels)
                    .with_lime(Lime::for_pictures().with_samples(60).with_batch_size(batch_size));
                all.extend(bits(&lime.explain(picture.view(), &Silent).unwrap().explanation));
            }
            let rise = Rise::new(&model).with_samples(50).with_batch_size(batch_size);
            let map = rise.explain(picture.view(), &Silent).unwrap().remove(0);
            let errors = map.standard_error.unwrap();
            all.extend(map.values.iter().chain(&errors).map(|value| value.to_bits()));
            all
        })
    };
    let reference = explain(1, 10);
    for (threads, batch_size) in [(4, 10), (2, 1), (1, 64)] {
        assert_eq!(explain(threads, batch_size), reference);
    }
}
