//! How rows part on the way from the base value to their predictions.

use crate::canvas::{BOTTOM, Canvas, MARGIN, TOP, count};
use crate::explained::Line;
use crate::frame::Frame;
use crate::legend::Legend;
use crate::scale::Scale;
use crate::scene::Item;
use crate::swarm::thinned;
use crate::theme::Palette;
use crate::{Error, Explained, Picture, Settings, number};

const ROW: f64 = 26.0;
const PLOT: f64 = 480.0;
/// More lines cannot be followed; rows beyond are thinned out evenly.
const MOST_LINES: usize = 200;
/// So few lines do not hide each other and need not shine through.
const FEW_LINES: usize = 20;

/// One line a row: it starts at the base value below and takes the features' attributions on its way up, the most
/// important last. Lines are coloured by where they end.
pub fn decision(explained: &Explained<'_>, settings: &Settings) -> Result<Picture, Error> {
    let lines = explained.lines(settings.max_display);
    let step = explained.n_rows().div_ceil(MOST_LINES).max(1);
    let ways: Vec<Vec<f64>> =
        (0..explained.n_rows()).step_by(step).map(|row| way(explained, row, &lines)).collect();
    let frame = Frame::new(lines.iter().map(|line| line.label.as_str()), TOP, ROW);
    let (left, bottom) = (frame.left(), frame.bottom());
    let legend = legend(&ways);
    let beside = legend.as_ref().map_or(0.0, Legend::width);
    let size = [left + PLOT + beside + MARGIN, bottom.max(TOP + 70.0) + BOTTOM];
    let description =
        format!("The way of {} from base value to prediction.", count(ways.len(), "row", "rows"));
    let mut canvas = Canvas::new(size, settings, "From the base value to the prediction", &description);
    let scale = Scale::covering(ways.iter().flatten().copied(), left, left + PLOT);
    let caption = format!("prediction: {}", explained.output_name());
    canvas.axis(&scale, [TOP, bottom], &thinned(&caption, step));
    for (position, line) in lines.iter().enumerate() {
        let y = TOP + ROW * position as f64;
        canvas.rule([left, y], [left + PLOT, y]);
        frame.write(&mut canvas, position, &line.label);
    }
    canvas.rule([left, bottom], [left + PLOT, bottom]);
    draw(&mut canvas, &scale, bottom, &ways, legend.is_some());
    if let Some(legend) = legend {
        legend.draw(&mut canvas, left + PLOT, [TOP, bottom], Palette::diverging);
    }
    canvas.note_broken(explained);
    Ok(canvas.finish())
}

/// The running sum from the base value, least important line first.
fn way(explained: &Explained<'_>, row: usize, lines: &[Line]) -> Vec<f64> {
    let mut sum = explained.base_value(row);
    let mut way = vec![sum];
    for line in lines.iter().rev() {
        sum += explained.sum(row, line);
        way.push(sum);
    }
    way
}

fn ends(ways: &[Vec<f64>]) -> impl Iterator<Item = f64> + '_ {
    ways.iter().filter_map(|way| way.last().copied())
}

/// None where all lines end alike and therefore have one colour.
fn legend(ways: &[Vec<f64>]) -> Option<Legend> {
    let low = ends(ways).fold(f64::INFINITY, f64::min);
    let high = ends(ways).fold(f64::NEG_INFINITY, f64::max);
    let legend = Legend { title: "end of line", high: number(high), low: number(low), without: None };
    (low < high).then_some(legend)
}

fn draw(canvas: &mut Canvas, scale: &Scale, bottom: f64, ways: &[Vec<f64>], has_shades: bool) {
    let shades = Scale::covering(ends(ways), -1.0, 1.0);
    let opacity = if ways.len() <= FEW_LINES { 1.0 } else { 0.65 };
    let colour = |canvas: &Canvas, end: f64| {
        if has_shades { canvas.palette.diverging(shades.at(end)) } else { canvas.palette.plain() }
    };
    for way in ways {
        let stroke = colour(canvas, way.last().copied().unwrap_or_default());
        let points = way.iter().enumerate().map(|(k, value)| [scale.at(*value), bottom - ROW * k as f64]);
        canvas.push(Item::Polyline { points: points.collect(), stroke, width: 1.3, opacity });
    }
}
