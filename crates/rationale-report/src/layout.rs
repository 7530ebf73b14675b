//! One suite for all figures: texts and marks lie inside the picture, and no text lies on another one.

use ndarray::{Array2, Array3, Axis};
use proptest::prelude::*;
use rationale_core::Attributions;

use crate::scene::{Item, Scene, Text};
use crate::{
    Explained, Panel, Picture, Settings, Sheet, bar, beeswarm, decision, dependence, font, heatmap, number,
    waterfall,
};

const NAMES: [&str; 8] = [
    "age",
    "status_of_existing_checking_account=... >= 200 DM / salary assignments for at least 1 year",
    "<script>alert(\"x\")</script> & 'co'",
    "信用スコア 🏦",
    "الدخل الشهري",
    "",
    "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
    "i",
];

/// Left, top, right, bottom.
type Bounds = [f64; 4];

/// By the metrics of the embedded font.
fn text_bounds(text: &Text) -> Bounds {
    let width = font::width(&text.text, text.size);
    let left = text.at[0] - text.anchor.shift(width);
    [left, text.at[1] - 0.76 * text.size, left + width, text.at[1] + 0.24 * text.size]
}

fn around(points: impl IntoIterator<Item = [f64; 2]>) -> Bounds {
    let start = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    points.into_iter().fold(start, |[left, top, right, bottom], [x, y]| {
        [left.min(x), top.min(y), right.max(x), bottom.max(y)]
    })
}

fn bounds(item: &Item) -> Bounds {
    match item {
        Item::Rect { x, y, width, height, .. } | Item::Image { x, y, width, height, .. } => {
            [*x, *y, x + width, y + height]
        }
        Item::Line { from, to, .. } => around([*from, *to]),
        Item::Polyline { points, .. } | Item::Polygon { points, .. } => around(points.iter().copied()),
        Item::Circle { center: [x, y], radius, .. } => [x - radius, y - radius, x + radius, y + radius],
        Item::Text(text) => text_bounds(text),
    }
}

/// A pixel of contact is no overlap.
fn overlap(a: Bounds, b: Bounds) -> bool {
    a[0] + 1.0 < b[2] && b[0] + 1.0 < a[2] && a[1] + 1.0 < b[3] && b[1] + 1.0 < a[3]
}

fn texts(scene: &Scene) -> Vec<&Text> {
    fn text(item: &Item) -> Option<&Text> {
        if let Item::Text(text) = item { Some(text) } else { None }
    }
    scene.items.iter().filter_map(text).collect()
}

fn check_inside(scene: &Scene) {
    for item in &scene.items {
        let [left, top, right, bottom] = bounds(item);
        let is_inside = left >= 0.0 && top >= 0.0 && right <= scene.width && bottom <= scene.height;
        assert!(is_inside, "{}: {item:?} leaves {} x {}", scene.title, scene.width, scene.height);
    }
}

fn check_apart(scene: &Scene) {
    let texts = texts(scene);
    for (k, a) in texts.iter().enumerate() {
        for b in &texts[k + 1..] {
            let lie_apart = !overlap(text_bounds(a), text_bounds(b));
            assert!(lie_apart, "{}: `{}` lies on `{}`", scene.title, a.text, b.text);
        }
    }
}

/// The numbers beside arrows, and the marks of prediction and base value, lie on no arrow.
fn check_arrows(scene: &Scene) {
    let arrows: Vec<Bounds> =
        scene.items.iter().filter(|item| matches!(item, Item::Polygon { .. })).map(bounds).collect();
    for text in texts(scene) {
        let is_free = arrows.iter().all(|arrow| !overlap(*arrow, text_bounds(text)));
        assert!(is_free, "{}: `{}` lies on an arrow", scene.title, text.text);
    }
}

fn check(picture: &Picture) {
    check_inside(picture.scene());
    check_apart(picture.scene());
    check_arrows(picture.scene());
}

/// Rows whose values, base and gap are given by functions, with awkward names.
fn attributions(
    [n_rows, n_features]: [usize; 2],
    value: impl Fn(usize, usize) -> f64,
    base: f64,
    gap: f64,
) -> Attributions {
    let values = Array3::from_shape_fn((n_rows, n_features, 1), |(row, feature, _)| value(row, feature));
    let base = Array2::from_elem((n_rows, 1), base);
    let predictions = values.sum_axis(Axis(1)) + &base + gap;
    let names = (0..n_features).map(|feature| NAMES[feature % NAMES.len()].to_owned()).collect();
    let outputs =
        vec!["an output whose name does not want to end before everything is said about it".to_owned()];
    let attributions = Attributions::new(values, base, predictions).unwrap();
    attributions.with_feature_names(names).unwrap().with_output_names(outputs).unwrap()
}

fn check_all(explained: &Explained<'_>, settings: &Settings) {
    let [n_rows, n_features] = [explained.n_rows(), explained.n_features()];
    let figures = [bar, beeswarm, heatmap, decision];
    figures.iter().for_each(|figure| check(&figure(explained, settings).unwrap()));
    (0..n_rows.min(3)).for_each(|row| check(&waterfall(explained, row, settings).unwrap()));
    (0..n_features.min(3)).for_each(|feature| check(&dependence(explained, feature, settings).unwrap()));
}

/// Without values, with numbers, with texts.
fn check_with_values(attributions: &Attributions, scale: f64, settings: &Settings) {
    let shape = (attributions.n_rows(), attributions.n_features());
    let numbers = Array2::from_shape_fn(shape, |(row, feature)| scale * spread(row, feature + 1));
    let text = |row: usize, feature: usize| NAMES[(row + feature) % NAMES.len()].to_owned();
    let texts: Vec<Vec<String>> =
        (0..shape.0).map(|row| (0..shape.1).map(|feature| text(row, feature)).collect()).collect();
    let explained = Explained::new(attributions, 0).unwrap();
    check_all(&explained, settings);
    check_all(&explained.with_numbers(numbers.view()).unwrap(), settings);
    check_all(&explained.with_texts(&texts).unwrap(), settings);
}

/// Something between -1 and 1 that looks like chance.
fn spread(row: usize, feature: usize) -> f64 {
    let turn = row as f64 * 0.618_033_988_75 + feature as f64 * 0.754_877_666_2;
    2.0 * turn.fract() - 1.0
}

#[test]
fn texts_lie_inside_and_apart_at_every_size_and_scale() {
    for shape in [[0, 3], [1, 1], [3, 0], [2, 30], [90, 8]] {
        for scale in [0.0, 1.0, -1.0, 1e-9, 1e-300, 123_456.0, 1e12, 1e299, 1e308, f64::NAN] {
            let value = |row, feature| scale * spread(row, feature) / (feature + 1) as f64;
            check_with_values(&attributions(shape, value, scale, 0.0), scale, &Settings::default());
        }
    }
}

#[test]
fn texts_lie_inside_and_apart_where_names_are_short_and_numbers_long() {
    for scale in [123_456_789.0, -123_456_789.0, 2.5e-200] {
        let attributions = attributions([9, 2], |row, feature| scale * spread(row, feature), scale, 0.0);
        let attributions = attributions.with_feature_names(vec!["i".to_owned(); 2]).unwrap();
        check_with_values(&attributions, scale, &Settings::default());
    }
}

#[test]
fn texts_lie_inside_and_apart_where_all_point_one_way() {
    for scale in [0.001, -0.001, 98_765.4, -98_765.4] {
        for (base, gap) in [(0.0, 0.0), (0.0, 10.0 * scale), (0.0, -10.0 * scale), (1e6, 0.0)] {
            let attributions = attributions([5, 8], |_, feature| scale / (feature + 1) as f64, base, gap);
            check_with_values(&attributions, scale, &Settings::default());
        }
    }
}

#[test]
fn texts_lie_inside_and_apart_with_many_features_and_a_long_title() {
    let attributions = attributions([40, 200], spread, 0.5, 0.0);
    for max_display in [1, 2, 200] {
        let title = "A title in which somebody has tried to say everything there is to say about the figure "
            .repeat(3);
        let settings = Settings::default().with_max_display(max_display).with_title(title);
        check_with_values(&attributions, 1.0, &settings);
    }
}

#[test]
fn a_shortened_text_carries_the_whole_one() {
    let attributions = attributions([1, 2], |_, _| 0.1, 0.5, 0.0);
    let picture = waterfall(&Explained::new(&attributions, 0).unwrap(), 0, &Settings::default()).unwrap();
    assert!(texts(picture.scene()).iter().any(|text| text.full.as_deref() == Some(NAMES[1])));
    assert!(picture.svg().contains("<title>status_of_existing_checking_account=... &gt;= 200 DM"));
}

#[test]
fn a_gap_that_can_be_seen_is_said() {
    let noted = |gap| {
        let attributions = attributions([1, 2], |_, _| 0.1, 0.5, gap);
        let explained = Explained::new(&attributions, 0).unwrap();
        waterfall(&explained, 0, &Settings::default())
            .unwrap()
            .svg()
            .contains("The attributions lead to 0.7, not")
    };
    assert!(noted(0.1) && !noted(0.0) && !noted(1e-9));
}

/// Panels of every shape whose texts are awkward, in one sheet.
fn sheet(n_panels: usize) -> Sheet {
    let panel = |k: usize| {
        let name = |shift: usize| NAMES[(k + shift) % NAMES.len()];
        let shape = [(224, 224, 3), (1, 900, 3), (900, 1, 3), (1, 1, 3)][k % 4];
        let predictions = (0..k % 6)
            .map(|rank| (name(rank).to_owned(), [0.9996, 0.5, 1e-9, 0.0, f64::NAN][rank]))
            .collect();
        let panel = Panel::new(name(0), Array3::from_elem(shape, 90)).unwrap().with_predictions(predictions);
        let panel = if k.is_multiple_of(2) { panel.with_subtitle(name(1)) } else { panel };
        let panel =
            if k.is_multiple_of(3) { panel.with_note(name(2)).with_note(name(3).repeat(4)) } else { panel };
        let bar = Array3::from_elem((1, 256, 3), 120);
        if k % 4 == 1 { panel.with_legend(bar, name(4), name(5)).unwrap() } else { panel }
    };
    let note =
        "What is said of all pictures may take more than one line, however wide the sheet is. ".repeat(6);
    Sheet::new((0..n_panels).map(panel).collect()).with_note(note)
}

#[test]
fn texts_of_sheets_lie_inside_and_apart() {
    for (n_panels, n_columns) in [(0, 4), (1, 4), (2, 1), (5, 4), (24, 7)] {
        check(&sheet(n_panels).with_columns(n_columns).draw(&Settings::default()).unwrap());
    }
}

#[test]
fn pictures_of_sheets_lie_apart_from_texts() {
    let picture = sheet(24).draw(&Settings::default()).unwrap();
    let scene = picture.scene();
    let is_image = |item: &&Item| matches!(item, Item::Image { .. });
    let images: Vec<Bounds> = scene.items.iter().filter(is_image).map(bounds).collect();
    assert_eq!(images.len(), 24 + 6);
    for text in texts(scene) {
        let is_free = images.iter().all(|image| !overlap(*image, text_bounds(text)));
        assert!(is_free, "`{}` lies on a picture", text.text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn texts_lie_inside_and_apart_for_any_names_and_values(
        names in proptest::collection::vec(".{0,60}", 6),
        values in proptest::collection::vec(-1.0..1.0_f64, 18),
        power in -12..12_i32,
        base in -2.0..2.0_f64,
        gap in -1.0..1.0_f64,
    ) {
        let scale = 10_f64.powi(power);
        let value = |row: usize, feature: usize| scale * values[row * 6 + feature];
        let attributions = attributions([3, 6], value, base * scale, gap * scale).with_feature_names(names).unwrap();
        check_all(&Explained::new(&attributions, 0).unwrap(), &Settings::default());
        prop_assert!(number(scale).len() < 20);
    }
}
