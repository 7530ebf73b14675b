//! Methods side by side: curves with bands, dots with intervals, quality against cost.

use crate::canvas::{BOTTOM, Canvas, MARGIN, TEXT, TOP};
use crate::frame::Frame;
use crate::number::{number, ticks};
use crate::scale::Scale;
use crate::scene::{Anchor, Item};
use crate::theme::Palette;
use crate::{Picture, Settings, font};

const PLOT: [f64; 2] = [440.0, 260.0];
const LEFT: f64 = 64.0;
const ROW: f64 = 26.0;
const GAP: f64 = 8.0;

/// A curve and the band in which it may lie.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What it shows: a method.
    pub name: String,
    /// Its points as (x, y), x ascending.
    pub points: Vec<[f64; 2]>,
    /// The lower and upper end of the band at each point; none where there is no band.
    pub band: Vec<[f64; 2]>,
}

/// A number with its interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    /// Whose number.
    pub label: String,
    /// The number.
    pub value: f64,
    /// Where it may lie.
    pub interval: Option<[f64; 2]>,
}

/// What something costs and what it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Whose.
    pub label: String,
    /// What it costs.
    pub cost: f64,
    /// What it is worth; more is better.
    pub worth: f64,
}

/// Curves over one axis, each named at its end; the captions are those of x and y.
pub fn curves(series: &[Series], captions: [&str; 2], settings: &Settings) -> Picture {
    let points = || series.iter().flat_map(|it| &it.points);
    let bands = series.iter().flat_map(|it| it.band.iter().flatten()).copied();
    let names = widest(series.iter().map(|it| it.name.as_str()));
    let (mut canvas, bottom) = plane(names, settings, captions[1], &sentence(series.len(), captions));
    let across = Scale { ..Scale::covering(points().map(|it| it[0]), LEFT, LEFT + PLOT[0]) };
    let up = Scale::covering(points().map(|it| it[1]).chain(bands), bottom, TOP);
    axes(&mut canvas, &across, &up, captions);
    let mut last: Vec<f64> = Vec::new();
    for (place, it) in series.iter().enumerate() {
        let colour = colour(&canvas.palette, place);
        let at = |x: f64, y: f64| [across.at(x), up.at(y)];
        for end in 0..2 {
            let edge = it.points.iter().zip(&it.band).map(|(point, band)| at(point[0], band[end])).collect();
            line(&mut canvas, edge, &colour, 0.35);
        }
        line(&mut canvas, it.points.iter().map(|point| at(point[0], point[1])).collect(), &colour, 1.0);
        if let Some(&[x, y]) = it.points.last() {
            // Names that would cover each other move down.
            let mut y = up.at(y) + 4.0;
            while last.iter().any(|other: &f64| (other - y).abs() < TEXT) {
                y += 1.0;
            }
            last.push(y);
            canvas.label([across.at(x) + GAP, y], &it.name, Anchor::Start, &colour);
        }
    }
    canvas.finish()
}

/// One number of several methods, with intervals.
pub fn dots(rows: &[Dot], caption: &str, settings: &Settings) -> Picture {
    let frame = Frame::new(rows.iter().map(|it| it.label.as_str()), TOP, ROW);
    let (left, bottom) = (frame.left(), frame.bottom());
    let size = [left + PLOT[0] + 80.0, bottom + BOTTOM];
    let description = format!("{caption} of {} methods, with intervals.", rows.len());
    let mut canvas = Canvas::new(size, settings, caption, &description);
    let ends = rows.iter().filter_map(|it| it.interval).flatten();
    let scale = Scale::covering(rows.iter().map(|it| it.value).chain(ends), left, left + PLOT[0]);
    canvas.axis(&scale, [TOP, bottom], caption);
    for (place, row) in rows.iter().enumerate() {
        let (y, fill) = (frame.middle(place), canvas.palette.plain());
        frame.write(&mut canvas, place, &row.label);
        if let Some([low, high]) = row.interval {
            canvas.line([scale.at(low), y], [scale.at(high), y], &fill, false);
        }
        if row.value.is_finite() {
            canvas.dot([scale.at(row.value), y], 4.5, fill);
        }
        let right = row.interval.map_or(row.value, |it| it[1].max(row.value));
        if right.is_finite() {
            let text = number(row.value);
            canvas.label([scale.at(right) + GAP, y + 4.0], &text, Anchor::Start, canvas.palette.text);
        }
    }
    canvas.finish()
}

/// Worth against cost on a scale of powers of ten; a dashed line joins those that no other beats in both.
pub fn trade_off(marks: &[Mark], captions: [&str; 2], settings: &Settings) -> Picture {
    let names = widest(marks.iter().map(|it| it.label.as_str()));
    let (mut canvas, bottom) = plane(names, settings, captions[1], &sentence(marks.len(), captions));
    let magnitude = |mark: &Mark| mark.cost.max(1.0).log10();
    let across = Scale::covering(marks.iter().map(magnitude), LEFT, LEFT + PLOT[0]);
    let up = Scale::covering(marks.iter().map(|it| it.worth), bottom, TOP);
    axes(&mut canvas, &across, &up, captions);
    let at = |mark: &Mark| [across.at(magnitude(mark)), up.at(mark.worth)];
    for pair in unbeaten(marks).windows(2) {
        canvas.dashes(at(pair[0]), at(pair[1]));
    }
    for (place, mark) in marks.iter().enumerate().filter(|(_, it)| it.worth.is_finite()) {
        let [x, y] = at(mark);
        canvas.dot([x, y], 5.0, colour(&canvas.palette, place));
        canvas.label([x + GAP, y + 4.0], &mark.label, Anchor::Start, canvas.palette.text);
    }
    canvas.finish()
}

/// Marks that none beats in both, the cheapest first.
fn unbeaten(marks: &[Mark]) -> Vec<&Mark> {
    let beats =
        |a: &Mark, b: &Mark| a.cost <= b.cost && a.worth >= b.worth && (a.cost < b.cost || a.worth > b.worth);
    let mut found: Vec<&Mark> = marks
        .iter()
        .filter(|it| it.worth.is_finite() && !marks.iter().any(|other| beats(other, it)))
        .collect();
    found.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    found
}

fn plane(names: f64, settings: &Settings, title: &str, description: &str) -> (Canvas, f64) {
    let bottom = TOP + PLOT[1];
    let size = [LEFT + PLOT[0] + names + GAP + MARGIN, bottom + BOTTOM];
    (Canvas::new(size, settings, title, description), bottom)
}

fn axes(canvas: &mut Canvas, across: &Scale, up: &Scale, captions: [&str; 2]) {
    canvas.axis(across, [up.end, up.start], captions[0]);
    for (value, label) in ticks(up.low, up.high, 6) {
        let y = up.at(value);
        canvas.rule([across.start, y], [across.end, y]);
        canvas.quiet([across.start - GAP, y + 4.0], &label, Anchor::End);
    }
}

fn line(canvas: &mut Canvas, points: Vec<[f64; 2]>, stroke: &str, opacity: f64) {
    if points.len() > 1 && points.iter().flatten().all(|it| it.is_finite()) {
        canvas.push(Item::Polyline { points, stroke: stroke.to_owned(), width: 1.6, opacity });
    }
}

fn colour(palette: &Palette, place: usize) -> String {
    match place % 6 {
        0 => palette.sign(1.0),
        1 => palette.sign(-1.0),
        2 => palette.plain(),
        3 => palette.neutral(),
        4 => palette.diverging(0.5),
        _ => palette.diverging(-0.5),
    }
}

fn widest<'a>(names: impl Iterator<Item = &'a str>) -> f64 {
    names.map(|name| font::width(name, TEXT)).fold(40.0, f64::max)
}

fn sentence(n: usize, [x, y]: [&str; 2]) -> String {
    format!("{y} against {x}, {n} methods.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(label: &str, cost: f64, worth: f64) -> Mark {
        Mark { label: label.to_owned(), cost, worth }
    }

    #[test]
    fn whoever_is_beaten_in_both_is_not_on_the_line() {
        let marks =
            [mark("a", 1.0, 0.1), mark("b", 10.0, 0.5), mark("c", 100.0, 0.4), mark("d", 5.0, f64::NAN)];
        let names: Vec<&str> = unbeaten(&marks).iter().map(|it| it.label.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn every_method_is_named_and_what_is_no_number_is_not_drawn() {
        let settings = Settings::default();
        let series = Series {
            name: "grad-cam".into(),
            points: vec![[0.0, 1.0], [1.0, 0.2]],
            band: vec![[0.9, 1.1], [0.1, 0.3]],
        };
        let picture = curves(&[series], ["share gone", "output"], &settings).svg();
        assert!(picture.contains("grad-cam") && picture.contains("share gone"));
        let rows = [Dot { label: "lime".into(), value: f64::NAN, interval: None }];
        assert!(!dots(&rows, "deletion", &settings).svg().contains("NaN"));
        assert!(!trade_off(&[mark("x", 3.0, f64::NAN)], ["calls", "worth"], &settings).svg().contains("NaN"));
    }
}
