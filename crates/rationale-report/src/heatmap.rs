//! Which rows are explained alike: rows across, features down, attribution as colour.

use crate::canvas::{BOTTOM, Canvas, MARGIN, SMALL, TOP, count};
use crate::frame::Frame;
use crate::legend::Legend;
use crate::scale::Scale;
use crate::scene::{Anchor, Item};
use crate::theme::Palette;
use crate::{Error, Explained, Picture, Settings, font, number, signed};

const ROW: f64 = 22.0;
const PLOT: f64 = 560.0;
const CURVE: f64 = 60.0;
/// Columns of the picture; more rows are averaged into these.
const MOST_COLUMNS: usize = 280;

/// Rows in order of their prediction, whose curve runs above.
pub fn heatmap(explained: &Explained<'_>, settings: &Settings) -> Result<Picture, Error> {
    let lines = explained.lines(settings.max_display);
    let columns = columns(explained);
    let cells: Vec<Vec<f64>> = lines
        .iter()
        .map(|line| columns.iter().map(|rows| mean(rows, |row| explained.sum(row, line))).collect())
        .collect();
    let strongest = strongest(&cells);
    let legend = strongest.map(legend);
    let beside = legend.as_ref().map_or(0.0, Legend::width);
    let predictions: Vec<f64> =
        columns.iter().map(|rows| mean(rows, |row| explained.prediction(row))).collect();
    let beside_curve = names(&predictions).iter().map(|name| font::width(name, SMALL)).fold(0.0, f64::max);
    let frame = Frame::new(lines.iter().map(|line| line.label.as_str()), TOP + CURVE + 10.0, ROW)
        .with_least(beside_curve);
    let (left, bottom) = (frame.left(), frame.bottom());
    let size = [left + PLOT + beside + MARGIN, bottom.max(frame.top + 60.0) + BOTTOM - 14.0];
    let description = format!(
        "Attributions of {} in {}.",
        count(explained.n_features(), "feature", "features"),
        count(explained.n_rows(), "row", "rows")
    );
    let mut canvas = Canvas::new(size, settings, "Rows in order of their prediction", &description);
    curve(&mut canvas, &predictions, left);
    for (position, (line, cells)) in lines.iter().zip(&cells).enumerate() {
        frame.write(&mut canvas, position, &line.label);
        draw(&mut canvas, [left, frame.middle(position)], cells, strongest.unwrap_or(1.0));
    }
    canvas.centred([left + PLOT / 2.0, bottom + 18.0], &caption(explained, columns.len()), PLOT);
    if let Some(legend) = legend {
        legend.draw(&mut canvas, left + PLOT, [frame.top, bottom], Palette::heat);
    }
    canvas.note_broken(explained);
    Ok(canvas.finish())
}

/// The rows of each column of the picture, in order of their prediction.
fn columns(explained: &Explained<'_>) -> Vec<Vec<usize>> {
    let mut rows: Vec<usize> = (0..explained.n_rows()).collect();
    rows.sort_by(|a, b| explained.prediction(*a).total_cmp(&explained.prediction(*b)));
    rows.chunks(explained.n_rows().div_ceil(MOST_COLUMNS).max(1)).map(<[usize]>::to_vec).collect()
}

fn mean(rows: &[usize], value: impl Fn(usize) -> f64) -> f64 {
    rows.iter().map(|&row| value(row)).sum::<f64>() / rows.len() as f64
}

/// The 99th percentile of |value| among those that are not 0, so that one odd row does not bleach all others. None
/// where all are 0.
fn strongest(cells: &[Vec<f64>]) -> Option<f64> {
    let mut sizes: Vec<f64> =
        cells.iter().flatten().map(|value| value.abs()).filter(|size| *size > 0.0).collect();
    sizes.sort_by(f64::total_cmp);
    let last = sizes.len().saturating_sub(1);
    sizes.get(last - last / 100).copied()
}

fn legend(strongest: f64) -> Legend {
    Legend { title: "attribution", high: signed(strongest), low: signed(-strongest), without: None }
}

fn caption(explained: &Explained<'_>, n_columns: usize) -> String {
    let rows = count(explained.n_rows(), "row", "rows");
    let caption = format!("{rows}, ordered by prediction of {}", explained.output_name());
    let each = explained.n_rows().div_ceil(MOST_COLUMNS).max(1);
    if each == 1 {
        caption
    } else {
        format!("{caption}, {each} rows averaged in each of {n_columns} columns")
    }
}

fn draw(canvas: &mut Canvas, [left, middle]: [f64; 2], cells: &[f64], strongest: f64) {
    let cell = PLOT / cells.len().max(1) as f64;
    for (column, value) in cells.iter().enumerate() {
        let fill = canvas.palette.heat(value / strongest);
        // A sliver of overlap, so that no background shines through between two cells; the last one ends exactly.
        let overlap = if column + 1 < cells.len() { 0.3 } else { 0.0 };
        let size = [cell + overlap, ROW - 2.0];
        canvas.rect([left + cell * column as f64, middle - ROW / 2.0 + 1.0], size, fill);
    }
}

/// The predictions above the cells; the first and the last column reach to the edges, so that one row is a line too.
fn curve(canvas: &mut Canvas, predictions: &[f64], left: f64) {
    let [Some(&low), Some(&high)] = [predictions.first(), predictions.last()] else { return };
    let heights = Scale::covering(predictions.iter().copied(), TOP + CURVE, TOP);
    let cell = PLOT / predictions.len() as f64;
    let middles = predictions.iter().enumerate();
    let middles = middles.map(|(k, mean)| [left + cell * (k as f64 + 0.5), heights.at(*mean)]);
    let (start, end) = ([left, heights.at(low)], [left + PLOT, heights.at(high)]);
    let points = [start].into_iter().chain(middles).chain([end]).collect();
    let stroke = canvas.palette.text.to_owned();
    canvas.push(Item::Polyline { points, stroke, width: 1.5, opacity: 1.0 });
    let names = names(predictions);
    for (name, y) in names.iter().zip([TOP + CURVE / 2.0 + 4.0, TOP + CURVE - 2.0, TOP + 10.0]) {
        canvas.quiet([left - 12.0, y], name, Anchor::End);
    }
}

/// What stands beside the curve: what it is, where it starts and, where that differs, where it ends.
fn names(predictions: &[f64]) -> Vec<String> {
    let mut names = vec!["prediction".to_owned()];
    names.extend([predictions.first(), predictions.last()].into_iter().flatten().map(|end| number(*end)));
    names.dedup();
    names
}
