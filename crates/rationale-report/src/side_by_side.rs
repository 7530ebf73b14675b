//! What several methods say of one row: a panel of bars a method, side by side.

use crate::canvas::{BOTTOM, Canvas, MARGIN, OPEN_PLACE, TEXT, TOP, count};
use crate::explained::largest_first;
use crate::frame::Frame;
use crate::scale::Scale;
use crate::scene::Anchor;
use crate::{Error, Explained, Picture, Settings};

const ROW: f64 = 24.0;
const PANEL: f64 = 190.0;
const GAP: f64 = 22.0;
const HEADING: f64 = 18.0;

/// One row by several methods, each on a scale of its own; a line over a bar is one standard error to either side, and a
/// ~ beside it says that its place before the next could be chance.
///
/// Features stand by their mean share of a method's largest value, the largest first. All methods must explain the same
/// features; those that do not fit are counted at the foot.
///
/// ```
/// use ndarray::array;
/// use rationale_core::Attributions;
/// use rationale_report::{Explained, Settings, side_by_side};
///
/// let of = |a, b| Attributions::new(array![[[a], [b]]], array![[0.0]], array![[a + b]]);
/// let (first, second) = (of(2.0, -1.0)?, of(1.0, 1.0)?);
/// let methods = [("kernel-shap", Explained::new(&first, 0)?), ("lime", Explained::new(&second, 0)?)];
/// let picture = side_by_side(&methods, 0, &Settings::default())?;
/// assert!(picture.svg().contains("kernel-shap"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn side_by_side(
    methods: &[(&str, Explained<'_>)],
    row: usize,
    settings: &Settings,
) -> Result<Picture, Error> {
    methods.iter().try_for_each(|(_, explained)| explained.check_row(row))?;
    let n_features = methods.iter().map(|(_, explained)| explained.n_features()).min().unwrap_or(0);
    let order: Vec<usize> = ranked(methods, row, n_features).into_iter().map(|it| it.0).collect();
    // What is left out is counted below and has no row of its own.
    let (features, rest) = order.split_at(settings.max_display.min(order.len()));
    let name = |feature: &usize| methods.first().map_or("", |(_, explained)| explained.name(*feature));
    let frame = Frame::new(features.iter().map(name), TOP + HEADING, ROW);
    let width = frame.left() + methods.len() as f64 * (PANEL + GAP) + MARGIN;
    let what = format!(
        "{} of one row by {}.",
        count(n_features, "feature", "features"),
        methods.iter().map(|it| it.0).collect::<Vec<_>>().join(", ")
    );
    let mut canvas =
        Canvas::new([width, frame.bottom() + BOTTOM], settings, "One row, several methods", &what);
    for (position, feature) in features.iter().enumerate() {
        frame.write(&mut canvas, position, name(feature));
    }
    for (panel, (method, explained)) in methods.iter().enumerate() {
        let left = frame.left() + panel as f64 * (PANEL + GAP);
        canvas.begun([left, TOP + 8.0], method, TEXT, PANEL);
        draw(&mut canvas, &frame, left, explained, row, features);
    }
    if methods.iter().any(|(_, explained)| has_open_place(explained, row, features)) {
        canvas.note_open_places();
    }
    if !rest.is_empty() {
        canvas.note(&format!("{} with smaller values not shown.", count(rest.len(), "feature", "features")));
    }
    Ok(canvas.finish())
}

/// Features by their mean share of each method's largest value.
fn ranked(methods: &[(&str, Explained<'_>)], row: usize, n_features: usize) -> Vec<(usize, f64)> {
    let largest = |explained: &Explained<'_>| {
        (0..n_features).map(|feature| explained.value(row, feature).abs()).fold(0.0, f64::max)
    };
    let scales: Vec<f64> = methods.iter().map(|(_, explained)| largest(explained)).collect();
    let share = |feature: usize| -> f64 {
        let shares = methods.iter().zip(&scales).filter(|(_, scale)| **scale > 0.0);
        shares.map(|((_, explained), scale)| explained.value(row, feature).abs() / scale).sum()
    };
    largest_first((0..n_features).map(|feature| (feature, share(feature))).collect())
}

fn has_open_place(explained: &Explained<'_>, row: usize, features: &[usize]) -> bool {
    let open = explained.open_places(row);
    features.iter().any(|feature| open[*feature])
}

fn draw(
    canvas: &mut Canvas,
    frame: &Frame,
    left: f64,
    explained: &Explained<'_>,
    row: usize,
    features: &[usize],
) {
    let ends = |feature: &usize| {
        let (value, error) = (explained.value(row, *feature), explained.error(row, *feature).unwrap_or(0.0));
        [value - error, value + error]
    };
    let scale = Scale::covering(features.iter().flat_map(ends).chain([0.0]), left, left + PANEL);
    canvas.axis(&scale, [frame.top, frame.bottom()], &format!("to {}", explained.output_name()));
    let open = explained.open_places(row);
    for (position, feature) in features.iter().enumerate() {
        let (value, middle) = (explained.value(row, *feature), frame.middle(position));
        let (zero, end) = (scale.at(0.0), scale.at(value));
        let fill = canvas.palette.sign(value);
        canvas.rect([zero.min(end), middle - 7.0], [(end - zero).abs(), 14.0], fill);
        if explained.error(row, *feature).is_some_and(|error| error > 0.0) {
            let [low, high] = ends(feature);
            let stroke = canvas.palette.text;
            canvas.line([scale.at(low), middle], [scale.at(high), middle], stroke, false);
        }
        if open[*feature] {
            let at = [left + PANEL + 3.0, middle + 4.0];
            canvas.label(at, OPEN_PLACE, Anchor::Start, canvas.palette.muted);
        }
    }
    let (zero, stroke) = (scale.at(0.0), canvas.palette.muted);
    canvas.line([zero, frame.top], [zero, frame.bottom()], stroke, false);
}

#[cfg(test)]
mod tests {
    use ndarray::{Array3, array};
    use rationale_core::{Attributions, Evidence};

    use super::*;

    fn of(values: [f64; 3]) -> Attributions {
        let values = Array3::from_shape_vec((1, 3, 1), values.to_vec()).unwrap();
        let names = ["a", "b", "c"].map(String::from).to_vec();
        Attributions::new(values, array![[0.0]], array![[1.0]]).unwrap().with_feature_names(names).unwrap()
    }

    #[test]
    fn features_are_ranked_by_shares_so_that_no_methods_unit_counts_more() {
        let (small, large) = (of([0.1, 0.04, 0.0]), of([0.0, 1000.0, 10.0]));
        let methods =
            [("small", Explained::new(&small, 0).unwrap()), ("large", Explained::new(&large, 0).unwrap())];
        let order: Vec<usize> = ranked(&methods, 0, 3).into_iter().map(|it| it.0).collect();
        assert_eq!(order, [1, 0, 2]);
    }

    #[test]
    fn places_that_could_be_chance_are_marked() {
        let drawn = |separable: [bool; 2]| {
            let separable = Array3::from_shape_vec((1, 2, 1), separable.to_vec()).unwrap();
            let explained =
                of([0.5, -0.4, 0.1]).with_evidence(Evidence::new("x", "y").with_separable(separable));
            let methods = [("x", Explained::new(&explained, 0).unwrap())];
            side_by_side(&methods, 0, &Settings::default()).unwrap().svg()
        };
        let (marked, plain) = (drawn([false, true]), drawn([true, true]));
        // One mark, and one note that says what it means.
        assert_eq!((marked.matches('~').count(), plain.matches('~').count()), (2, 0));
        assert!(marked.contains("could be chance") && !plain.contains("could be chance"));
    }

    #[test]
    fn errors_are_lines_and_what_does_not_fit_is_counted() {
        let errors = Array3::from_elem((1, 3, 1), 0.05);
        let explained =
            of([0.5, -0.4, 0.1]).with_evidence(Evidence::new("x", "y").with_standard_error(errors));
        let methods = [("x", Explained::new(&explained, 0).unwrap())];
        let drawn = side_by_side(&methods, 0, &Settings::default().with_max_display(2)).unwrap().svg();
        assert!(drawn.contains("1 feature with smaller values not shown."), "{drawn}");
        let without = of([0.5, -0.4, 0.1]);
        let methods = [("x", Explained::new(&without, 0).unwrap())];
        let plain = side_by_side(&methods, 0, &Settings::default().with_max_display(2)).unwrap().svg();
        assert!(drawn.matches("<line").count() >= plain.matches("<line").count() + 2);
        assert!(side_by_side(&methods, 1, &Settings::default()).is_err());
    }
}
