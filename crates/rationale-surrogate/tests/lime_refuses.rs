//! Bad input is refused by name, or explained and marked.

use ndarray::{Array2, Array3, ArrayView2, Axis, array};
use rationale_core::{Error as CoreError, Explain, FromFn, Parameter, Predict, Silent};
use rationale_surrogate::superpixels::{Slic, Superpixels};
use rationale_surrogate::{
    Column, Columns, Error, Explanation, Fill, Labels, Lime, LimePicture, LimeTabular, LimeText, Occlusion,
    Rise,
};

fn sums() -> impl Predict {
    FromFn::new(|rows: ArrayView2<'_, f64>| {
        rows.map_axis(Axis(1), |row| row.iter().filter(|x| !x.is_nan()).sum::<f64>()).insert_axis(Axis(1))
    })
}

fn constant() -> impl Predict {
    FromFn::new(|rows: ArrayView2<'_, f64>| Array2::from_elem((rows.nrows(), 1), 0.1))
}

fn training() -> Array2<f64> {
    Array2::from_shape_fn((40, 3), |(row, column)| ((row * 7 + column * 5) % 13) as f64)
}

fn explain(model: &dyn Predict, training: &Array2<f64>, lime: Lime) -> Result<Explanation, Error> {
    let columns = Columns::numeric((0..training.ncols()).map(|k| format!("x{k}")))?;
    let table = LimeTabular::new(model, columns, training.view())?.with_lime(lime);
    table.explain_row(training.row(0), 0, &Silent)
}

#[test]
fn a_constant_model_has_nothing_to_attribute_and_says_so() {
    let explained = explain(&constant(), &training(), Lime::default().with_samples(100)).unwrap();
    let local = &explained.models[0];
    assert!(local.is_constant && local.terms.iter().all(|term| term.coefficient == 0.0));
    assert_eq!((local.intercept, local.local_prediction, local.r_squared), (0.1, 0.1, 1.0));
    assert_eq!(local.ties(), [vec![0, 1, 2]]);

    let (model, training) = (constant(), training());
    let columns = Columns::numeric(["a", "b", "c"]).unwrap();
    let lime = LimeTabular::new(&model, columns, training.view()).unwrap();
    let attributions = lime.explain(training.view(), &Silent).unwrap();
    assert!(attributions.values().iter().all(|value| *value == 0.0));
    assert_eq!(attributions.evidence().parameters["constant_outputs"], Parameter::Integer(40));
}

#[test]
fn more_features_than_samples_have_no_standard_errors() {
    let wide = Array2::from_shape_fn((30, 25), |(row, column)| ((row * 7 + column * 5) % 13) as f64);
    let lime = Lime::default().with_samples(10).with_features(25);
    let explained = explain(&sums(), &wide, lime).unwrap();
    let terms = &explained.models[0].terms;
    assert_eq!(terms.len(), 25);
    assert!(terms.iter().all(|it| it.coefficient.is_finite() && it.standard_error.is_nan()));
    assert!(terms.iter().all(|it| it.is_clear_of_next != Some(true)));
}

#[test]
fn a_column_of_one_value_gets_nothing() {
    let mut rows = training();
    rows.column_mut(1).fill(4.0);
    let local = explain(&sums(), &rows, Lime::default().with_samples(300)).unwrap().models.remove(0);
    assert_eq!(local.coefficient_of(1), 0.0);
    assert!(!local.is_constant && local.terms[0].coefficient != 0.0);
}

#[test]
fn missing_values_and_categories_go_through() {
    let columns = Columns::new(vec![Column::numeric("x"), Column::categorical("c", ["a", "b"])]).unwrap();
    let rows = array![[1.0, 0.0], [f64::NAN, 1.0], [3.0, f64::NAN], [4.0, 1.0], [f64::NAN, 0.0]];
    let model = sums();
    let lime = LimeTabular::new(&model, columns, rows.view()).unwrap();
    let local = lime.explain_row(rows.row(1), 1, &Silent).unwrap().models.remove(0);
    let names: Vec<&str> = local.terms.iter().map(|term| term.name.as_str()).collect();
    assert_eq!(names, ["x is missing", "c=b"]);
    assert!(local.terms[0].coefficient < 0.0 && local.terms[1].coefficient > 0.0);
}

#[test]
fn other_columns_are_refused() {
    let model = sums();
    let columns = || Columns::numeric(["a", "b"]).unwrap();
    let error = LimeTabular::new(&model, columns(), training().view()).err().unwrap();
    assert_eq!(error.to_string(), "the training table has 3 columns, but 2 are needed");
    let rows = array![[1.0, 2.0], [3.0, 4.0]];
    let lime = LimeTabular::new(&model, columns(), rows.view()).unwrap();
    let error = lime.explain_row(array![1.0].view(), 0, &Silent).unwrap_err();
    assert_eq!(error.to_string(), "the row to explain has 1 columns, but 2 are needed");
    let error = lime.explain(array![[1.0]].view(), &Silent).unwrap_err();
    assert_eq!(error.to_string(), "lime failed: the row to explain has 1 columns, but 2 are needed");
}

#[test]
fn answers_that_are_no_numbers_are_refused() {
    let broken = FromFn::new(|rows: ArrayView2<'_, f64>| Array2::from_elem((rows.nrows(), 2), f64::NAN));
    let error = explain(&broken, &training(), Lime::default()).unwrap_err().to_string();
    assert!(error.starts_with("the model answered NaN for output 0 of sample 0;"), "{error}");
    let picture = Array3::zeros((4, 4, 1));
    let error = Rise::new(&broken).explain(picture.view(), &Silent).unwrap_err();
    assert!(matches!(error, Error::Answer { sample: 0, output: 0, .. }));
    let short = FromFn::new(|_: ArrayView2<'_, f64>| Array2::zeros((1, 1)));
    let error = explain(&short, &training(), Lime::default().with_samples(9)).unwrap_err().to_string();
    assert_eq!(error, "the model gave 1 answers to 9 inputs");
}

#[test]
fn outputs_that_are_not_there_are_refused() {
    let lime = Lime::default().with_labels(Labels::These(vec![1]));
    let error = explain(&sums(), &training(), lime).unwrap_err().to_string();
    assert_eq!(error, "output 1 was asked for, but the model has 1 (counted from 0)");
}

#[test]
fn a_black_picture_is_a_constant_model_asked_once() {
    let model = sums();
    let black = Array3::zeros((12, 12, 3));
    let lime = LimePicture::new(&model).with_superpixels(Superpixels::Slic(Slic::new(4)));
    let explained = lime.explain(black.view(), &Silent).unwrap();
    assert!(explained.explanation.models[0].is_constant);
    assert_eq!((explained.segments.len(), explained.explanation.evidence.model_calls), (4, 1));
    assert!(explained.map(0).unwrap().iter().all(|value| *value == 0.0));
    let quickshift = LimePicture::new(&model).explain(black.view(), &Silent).unwrap();
    assert_eq!(quickshift.segments.len(), 1);
    assert!(Rise::new(&model).with_samples(20).explain(black.view(), &Silent).unwrap()[0].is_constant);
    assert!(Occlusion::new(&model, (3, 3)).explain(black.view(), &Silent).unwrap()[0].is_constant);
}

#[test]
fn a_window_larger_than_the_picture_is_refused() {
    let model = sums();
    let occlusion = Occlusion::new(&model, (5, 2)).with_fill(Fill::Colour(vec![0.0]));
    let error = occlusion.explain(Array3::zeros((4, 4, 1)).view(), &Silent).unwrap_err().to_string();
    assert_eq!(error, "the window's height is 5, but must be between 1 and the picture's");
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a model")]
fn lengths(texts: &[String]) -> Result<Array2<f64>, CoreError> {
    Ok(Array2::from_shape_fn((texts.len(), 1), |(row, _)| texts[row].len() as f64))
}

#[test]
fn one_word_is_explained_and_no_word_refused() {
    let explained = LimeText::new(&lengths).explain("word", &Silent).unwrap();
    assert_eq!((explained.models[0].terms.len(), explained.evidence.model_calls), (1, 2));
    let error = LimeText::new(&lengths).explain("", &Silent).unwrap_err().to_string();
    assert_eq!(error, "the text has no words to remove (it is 0 bytes long)");
}

#[test]
fn ten_thousand_words_are_explained() {
    let text: Vec<String> = (0..10_000).map(|word| format!("w{word}")).collect();
    let model = |texts: &[String]| -> Result<Array2<f64>, CoreError> {
        let score = |text: &String| f64::from(u8::from(text.contains("w777 ")));
        Ok(Array2::from_shape_fn((texts.len(), 1), |(row, _)| score(&texts[row])))
    };
    let lime = Lime::default().with_samples(300).with_batch_size(50);
    let explained = LimeText::new(&model).with_lime(lime).explain(&text.join(" "), &Silent).unwrap();
    assert_eq!(explained.models[0].terms.len(), 10);
    assert_eq!(explained.models[0].terms[0].name, "w777");
}
