//! Which features matter, for whom, and in which direction: one dot a row and feature.

use crate::canvas::{BOTTOM, Canvas, MARGIN, TOP, count};
use crate::explained::Line;
use crate::frame::Frame;
use crate::legend::Legend;
use crate::scale::Scale;
use crate::swarm::{stride, swarm, thinned};
use crate::theme::Palette;
use crate::{Error, Explained, Picture, Settings};

const ROW: f64 = 32.0;
const PLOT: f64 = 480.0;

/// One line of dots a feature, most important first. Dots are coloured from low (blue) to high (orange) by the rank of
/// the feature's value; in the grey of the captions where it is no number. The last line sums the features without a line
/// of their own.
pub fn beeswarm(explained: &Explained<'_>, settings: &Settings) -> Result<Picture, Error> {
    let lines = explained.lines(settings.max_display);
    let step = stride(explained.n_rows());
    let rows: Vec<usize> = (0..explained.n_rows()).step_by(step).collect();
    let ranks: Vec<Vec<Option<f64>>> = lines.iter().map(|line| ranks(explained, line, &rows)).collect();
    let legend = legend(&ranks);
    let frame = Frame::new(lines.iter().map(|line| line.label.as_str()), TOP, ROW);
    let (left, bottom) = (frame.left(), frame.bottom());
    let beside = legend.as_ref().map_or(0.0, Legend::width);
    let size = [left + PLOT + beside + MARGIN, bottom.max(TOP + 70.0) + BOTTOM];
    let usual = "Every explained row, feature by feature";
    let mut canvas = Canvas::new(size, settings, usual, &description(explained));
    let all = lines.iter().flat_map(|line| rows.iter().map(|&row| explained.sum(row, line)));
    let scale = Scale::covering(all.chain([0.0]), left, left + PLOT);
    let caption = format!("attribution to {}", explained.output_name());
    canvas.axis(&scale, [TOP, bottom], &thinned(&caption, step));
    canvas.dashes([scale.at(0.0), TOP], [scale.at(0.0), bottom]);
    for (position, (line, ranks)) in lines.iter().zip(&ranks).enumerate() {
        frame.write(&mut canvas, position, &line.label);
        let colours = ranks.iter().map(|rank| colour(&canvas.palette, *rank));
        let values = rows.iter().map(|&row| explained.sum(row, line));
        let dots: Vec<(f64, String)> = values.zip(colours).collect();
        swarm(&mut canvas, &scale, frame.middle(position), ROW - 6.0, &dots);
    }
    if let Some(legend) = legend {
        legend.draw(&mut canvas, left + PLOT, [TOP, bottom], Palette::diverging);
    }
    canvas.note_broken(explained);
    Ok(canvas.finish())
}

fn description(explained: &Explained<'_>) -> String {
    format!(
        "Attributions of {} over {}.",
        count(explained.n_features(), "feature", "features"),
        count(explained.n_rows(), "row", "rows")
    )
}

/// None where no value is a number and all dots have one colour.
fn legend(ranks: &[Vec<Option<f64>>]) -> Option<Legend> {
    let has_none = ranks.iter().flatten().any(Option::is_none);
    let legend = Legend {
        title: "feature value",
        high: "high".to_owned(),
        low: "low".to_owned(),
        without: has_none.then_some("no number"),
    };
    ranks.iter().flatten().any(Option::is_some).then_some(legend)
}

fn colour(palette: &Palette, rank: Option<f64>) -> String {
    rank.map_or_else(|| palette.muted.to_owned(), |rank| palette.diverging(rank))
}

/// The rank of each row's value among the drawn rows, from -1 to 1; none where it is no number or a sum.
fn ranks(explained: &Explained<'_>, line: &Line, rows: &[usize]) -> Vec<Option<f64>> {
    let [feature] = line.features[..] else { return vec![None; rows.len()] };
    let numbers: Vec<f64> = rows.iter().map(|&row| explained.number(row, feature)).collect();
    let mut sorted: Vec<f64> = numbers.iter().copied().filter(|x| x.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let rank = |x: f64| {
        let below = sorted.partition_point(|other| *other < x) + sorted.partition_point(|other| *other <= x);
        below as f64 / sorted.len() as f64 - 1.0
    };
    numbers.into_iter().map(|x| x.is_finite().then(|| rank(x))).collect()
}
