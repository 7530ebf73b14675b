//! All figures on awkward input: they come out, they are well-formed, they are the same every time.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use ndarray::{Array2, Array3};
use proptest::prelude::*;
use rationale_core::{Attributions, Seed};
use rationale_report::{
    Error, Explained, Picture, Settings, Theme, bar, beeswarm, decision, dependence, heatmap, waterfall,
};
use resvg::usvg::{Options, Tree};

const NAMES: [&str; 6] = [
    "age",
    "status_of_existing_checking_account=... >= 200 DM / salary assignments for at least 1 year",
    "<script>alert(\"x\")</script> & 'co'",
    "信用スコア 🏦",
    "الدخل الشهري",
    "",
];

struct Data {
    attributions: Attributions,
    numbers: Array2<f64>,
}

impl Data {
    fn explained(&self) -> Explained<'_> {
        Explained::new(&self.attributions, 0).unwrap().with_numbers(self.numbers.view()).unwrap()
    }
}

fn data(n_rows: usize, n_features: usize, scale: f64) -> Data {
    let mut draws = Seed::new(3).draws("figures", 0, 0);
    let values = Array3::from_shape_simple_fn((n_rows, n_features, 1), || draws.normal() * scale);
    let base = Array2::from_elem((n_rows, 1), 0.5);
    let predictions = values.sum_axis(ndarray::Axis(1)) + &base;
    let names =
        (0..n_features).map(|k| format!("{}{}", NAMES[k % 6], if k < 6 { "" } else { " again" })).collect();
    let attributions =
        Attributions::new(values, base, predictions).unwrap().with_feature_names(names).unwrap();
    Data { attributions, numbers: Array2::from_shape_simple_fn((n_rows, n_features), || draws.normal()) }
}

fn all(data: &Data, settings: &Settings) -> Vec<Picture> {
    let explained = data.explained();
    let mut pictures: Vec<Result<Picture, Error>> = vec![
        bar(&explained, settings),
        beeswarm(&explained, settings),
        heatmap(&explained, settings),
        decision(&explained, settings),
    ];
    if data.numbers.nrows() > 0 {
        pictures.push(waterfall(&explained, 0, settings));
    }
    if data.numbers.ncols() > 0 {
        pictures.push(dependence(&explained, 0, settings));
    }
    pictures.into_iter().map(Result::unwrap).collect()
}

/// Well-formed, by the renderer's own parser, and without an address to load from.
fn check(picture: &Picture) {
    let svg = picture.svg();
    Tree::from_str(&svg, &Options::default()).unwrap();
    assert!(!svg.contains("NaN") && !svg.contains("inf\""), "a coordinate is not finite");
    assert!(!svg.contains("<script"));
    assert_eq!(svg.matches("http").count(), 1, "only the namespace");
}

#[test]
fn every_figure_stands_odd_sizes_and_values() {
    for (n_rows, n_features) in [(0, 3), (1, 1), (3, 0), (5, 200), (700, 8)] {
        for scale in [0.0, 1.0, 1e-9, 1e12, f64::NAN, f64::INFINITY] {
            for theme in [Theme::Light, Theme::Dark] {
                let settings = Settings::default().with_theme(theme);
                all(&data(n_rows, n_features, scale), &settings).iter().for_each(check);
            }
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let png = || {
        all(&data(40, 12, 1.0), &Settings::default()).iter().map(|p| p.png(1.0).unwrap()).collect::<Vec<_>>()
    };
    let first = png();
    assert_eq!(first, png());
    assert!(first.iter().all(|png| png.starts_with(b"\x89PNG")));
}

#[test]
fn values_that_are_not_finite_are_counted_in_the_picture() {
    let svg = waterfall(&data(1, 3, f64::NAN).explained(), 0, &Settings::default()).unwrap().svg();
    assert!(svg.contains("3 values are not finite and drawn as 0"), "{svg}");
}

#[test]
fn features_beyond_the_limit_are_summed() {
    let data = data(2, 20, 1.0);
    let settings = Settings::default().with_max_display(5);
    let svg = waterfall(&data.explained(), 0, &settings).unwrap().svg();
    assert!(svg.contains("16 other features"));
    let all_of_them = Settings::default().with_max_display(20);
    assert!(!waterfall(&data.explained(), 0, &all_of_them).unwrap().svg().contains("other features"));
}

#[test]
fn a_character_without_a_glyph_is_text_in_svg_and_not_lost_in_png() {
    let one = |name: &str| {
        let attributions = data(1, 1, 1.0).attributions.with_feature_names(vec![name.to_owned()]).unwrap();
        let explained = Explained::new(&attributions, 0).unwrap();
        waterfall(&explained, 0, &Settings::default()).unwrap()
    };
    assert!(one("信用").svg().contains("信用"));
    // Two characters that no glyph exists for still differ, by the code in their boxes.
    assert_ne!(one("信").png(1.0).unwrap(), one("用").png(1.0).unwrap());
}

#[test]
fn what_does_not_exist_is_refused() {
    let data = data(2, 3, 1.0);
    let explained = data.explained();
    let error = waterfall(&explained, 2, &Settings::default()).unwrap_err().to_string();
    assert_eq!(error, "row 2 was asked for, but there are 2 (counted from 0)");
    assert!(dependence(&explained, 3, &Settings::default()).is_err());
    assert!(Explained::new(&data.attributions, 1).is_err());
    let narrow = Array2::zeros((2, 2));
    assert!(explained.with_numbers(narrow.view()).is_err());
    let picture = bar(&explained, &Settings::default()).unwrap();
    assert!(picture.save(std::path::Path::new("a.jpg")).is_err());
    assert!(picture.png(1e9).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_names_and_values_give_a_well_formed_picture(
        names in proptest::collection::vec(".{0,40}", 4),
        values in proptest::collection::vec(any::<f64>(), 4),
    ) {
        let values = Array3::from_shape_vec((1, 4, 1), values).unwrap();
        let ends = Array2::zeros((1, 1));
        let attributions = Attributions::new(values, ends.clone(), ends).unwrap().with_feature_names(names).unwrap();
        let explained = Explained::new(&attributions, 0).unwrap();
        let svg = waterfall(&explained, 0, &Settings::default()).unwrap().svg();
        prop_assert!(Tree::from_str(&svg, &Options::default()).is_ok());
        prop_assert!(!svg.contains("NaN"));
    }
}
