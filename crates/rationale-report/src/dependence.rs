//! How one feature's attribution follows its value.

use crate::canvas::{BOTTOM, Canvas, MARGIN, TOP, count};
use crate::number::ticks;
use crate::scale::Scale;
use crate::scene::Anchor;
use crate::strips::strips;
use crate::swarm::thinned;
use crate::{Error, Explained, Picture, Settings};

const WIDTH: f64 = 620.0;
const HEIGHT: f64 = 340.0;
const LEFT: f64 = 84.0;
/// Where the plot begins below the title and the caption of its vertical axis.
const START: f64 = TOP + 20.0;
const MOST_DOTS: usize = 4000;

/// The value of a feature across, its attribution up. Where the feature has no numbers, one line a category instead,
/// with the attribution across.
pub fn dependence(explained: &Explained<'_>, feature: usize, settings: &Settings) -> Result<Picture, Error> {
    explained.check_feature(feature)?;
    let has_numbers = (0..explained.n_rows()).any(|row| explained.number(row, feature).is_finite());
    if has_numbers {
        Ok(scatter(explained, feature, settings))
    } else {
        Ok(strips(explained, feature, settings))
    }
}

/// What the figure is called, and what it shows, whichever form it takes.
pub(crate) fn words(explained: &Explained<'_>, feature: usize) -> [String; 2] {
    let (name, rows) = (explained.name(feature), count(explained.n_rows(), "row", "rows"));
    [
        format!("What {name} adds, by its value"),
        format!("{rows}: the value of {name} against its attribution."),
    ]
}

fn scatter(explained: &Explained<'_>, feature: usize, settings: &Settings) -> Picture {
    let step = explained.n_rows().div_ceil(MOST_DOTS).max(1);
    let point = |row: usize| [explained.number(row, feature), explained.value(row, feature)];
    let points: Vec<[f64; 2]> =
        (0..explained.n_rows()).step_by(step).map(point).filter(|[number, _]| number.is_finite()).collect();
    let [usual, description] = words(explained, feature);
    let bottom = START + HEIGHT;
    let size = [LEFT + WIDTH + MARGIN, bottom + BOTTOM];
    let mut canvas = Canvas::new(size, settings, &usual, &description);
    let across = Scale::covering(points.iter().map(|[number, _]| *number), LEFT, LEFT + WIDTH);
    let upwards = Scale::covering(points.iter().map(|[_, value]| *value).chain([0.0]), bottom, START);
    vertical(&mut canvas, &upwards, explained.output_name());
    canvas.axis(&across, [START, bottom], &thinned(explained.name(feature), step));
    canvas.dashes([LEFT, upwards.at(0.0)], [LEFT + WIDTH, upwards.at(0.0)]);
    for [number, value] in points {
        let fill = canvas.palette.sign(value);
        canvas.dot([across.at(number), upwards.at(value)], 2.6, fill);
    }
    note_missing(&mut canvas, explained, feature);
    canvas.note_broken(explained);
    canvas.finish()
}

fn vertical(canvas: &mut Canvas, upwards: &Scale, output: &str) {
    for (value, label) in ticks(upwards.low, upwards.high, 6) {
        let y = upwards.at(value);
        canvas.rule([LEFT, y], [LEFT + WIDTH, y]);
        canvas.quiet([LEFT - 8.0, y + 4.0], &label, Anchor::End);
    }
    canvas.quiet([MARGIN, TOP + 4.0], &format!("attribution to {output}"), Anchor::Start);
}

fn note_missing(canvas: &mut Canvas, explained: &Explained<'_>, feature: usize) {
    let n_missing =
        (0..explained.n_rows()).filter(|&row| !explained.number(row, feature).is_finite()).count();
    if n_missing > 0 {
        let rows = count(n_missing, "row has no number here and is", "rows have no number here and are");
        canvas.note(&format!("{rows} not drawn."));
    }
}
