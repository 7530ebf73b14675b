//! One small picture of each figure, and one small page, word for word.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use ndarray::{Array2, Array3, array};
use rationale_core::Attributions;
use rationale_report::{
    Block, Case, Cases, Cell, Contribution, Error, Explained, Note, Page, Picture, Section, Settings, bar,
    beeswarm, decision, dependence, heatmap, waterfall,
};

/// Three rows of three features, in numbers that can be followed by hand.
fn attributions() -> Attributions {
    let values = array![[0.25, -0.125, 0.0625], [-0.5, 0.125, 0.0], [0.125, 0.25, -0.0625]];
    let values = Array3::from_shape_fn((3, 3, 1), |(row, feature, _)| values[[row, feature]]);
    let base = Array2::from_elem((3, 1), 0.5);
    let predictions = values.sum_axis(ndarray::Axis(1)) + &base;
    let names = ["age", "housing <own> & rent", "checking account of the applicant, if there is any at all"];
    let attributions = Attributions::new(values, base, predictions).unwrap();
    let attributions = attributions.with_feature_names(names.map(String::from).to_vec()).unwrap();
    attributions.with_output_names(vec!["good".to_owned()]).unwrap()
}

fn check(name: &str, draw: impl FnOnce(&Explained<'_>, &Settings) -> Result<Picture, Error>) {
    let attributions = attributions();
    let numbers = array![[67.0, 1.0, f64::NAN], [22.0, 0.0, f64::NAN], [49.0, 1.0, f64::NAN]];
    let texts = [["67", "own", "none"], ["22", "rent", "none"], ["49", "own", "at least 200"]];
    let texts = texts.map(|row| row.map(String::from).to_vec());
    let explained = Explained::new(&attributions, 0).unwrap().with_numbers(numbers.view()).unwrap();
    let explained = explained.with_texts(&texts).unwrap();
    insta::assert_snapshot!(name, draw(&explained, &Settings::default()).unwrap().svg());
}

#[test]
fn waterfall_is_drawn_so() {
    check("waterfall", |explained, settings| waterfall(explained, 0, settings));
}

#[test]
fn bar_is_drawn_so() {
    check("bar", bar);
}

#[test]
fn beeswarm_is_drawn_so() {
    check("beeswarm", beeswarm);
}

#[test]
fn dependence_on_a_number_is_drawn_so() {
    check("dependence-number", |explained, settings| dependence(explained, 0, settings));
}

#[test]
fn dependence_on_a_category_is_drawn_so() {
    check("dependence-category", |explained, settings| dependence(explained, 2, settings));
}

#[test]
fn heatmap_is_drawn_so() {
    check("heatmap", heatmap);
}

#[test]
fn decision_is_drawn_so() {
    check("decision", decision);
}

#[test]
fn page_is_written_so() {
    let case = Case {
        id: "1".to_owned(),
        cells: vec![Cell::Text("1".to_owned()), Cell::Number(0.25)],
        base_value: 0.5,
        prediction: 0.25,
        contributions: vec![Contribution { name: "age".to_owned(), text: "22".to_owned(), value: -0.25 }],
        notes: vec![Note {
            title: "Young".to_owned(),
            text: "The age moved the score by \u{fffc}.".to_owned(),
            values: vec!["-0.25".to_owned()],
        }],
    };
    let table = Block::Table {
        caption: "By `age`.".to_owned(),
        header: vec!["group".to_owned(), "n".to_owned()],
        rows: vec![vec![Cell::Text("< 30".to_owned()), Cell::Number(1.0)]],
    };
    let section = Section::new("What was found")
        .with_block(Block::Prose("A sentence.".to_owned()))
        .with_block(Block::Notice("A limit.".to_owned()))
        .with_block(Block::Facts(vec![("Model".to_owned(), "`trees.json`".to_owned())]))
        .with_block(table)
        .with_block(Block::Cases(
            Cases::new(vec!["id".to_owned(), "score".to_owned()], "good").with_cases(vec![case]),
        ));
    let html = Page::new("A page").with_lead("One case.").with_section(section).html().unwrap();
    // Style and script have files of their own.
    let body = &html[html.find("<body>").unwrap()..html.find("<footer>").unwrap()];
    insta::assert_snapshot!("page", body);
}
