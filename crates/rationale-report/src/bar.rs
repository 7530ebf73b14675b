//! Which features matter on average: mean |attribution|.

use crate::canvas::{BOTTOM, Canvas, MARGIN, TEXT, TOP, count};
use crate::explained::Line;
use crate::frame::Frame;
use crate::scale::Scale;
use crate::scene::Anchor;
use crate::{Error, Explained, Picture, Settings, font, number};

const ROW: f64 = 26.0;
const PLOT: f64 = 460.0;

/// Mean |attribution| over all rows, largest first. The grey bar is the sum of the features without a bar of their own.
pub fn bar(explained: &Explained<'_>, settings: &Settings) -> Result<Picture, Error> {
    let lines = explained.lines(settings.max_display);
    let means: Vec<f64> = lines.iter().map(|line| mean(explained, line)).collect();
    let frame = Frame::new(lines.iter().map(|line| line.label.as_str()), TOP, ROW);
    let (left, bottom) = (frame.left(), frame.bottom());
    let beside = means.iter().map(|mean| font::width(&number(*mean), TEXT)).fold(40.0, f64::max) + 8.0;
    let size = [left + PLOT + beside + MARGIN, bottom + BOTTOM];
    let mut canvas = Canvas::new(size, settings, "Which features matter", &description(explained));
    let scale = Scale { low: 0.0, ..Scale::covering(means.iter().copied().chain([0.0]), left, left + PLOT) };
    canvas.axis(&scale, [TOP, bottom], &format!("mean |attribution| to {}", explained.output_name()));
    for (position, (line, mean)) in lines.iter().zip(&means).enumerate() {
        frame.write(&mut canvas, position, &line.label);
        draw(&mut canvas, &scale, frame.middle(position), *mean, line);
    }
    canvas.note_broken(explained);
    Ok(canvas.finish())
}

fn description(explained: &Explained<'_>) -> String {
    format!(
        "Mean absolute attribution of {} over {}.",
        count(explained.n_features(), "feature", "features"),
        count(explained.n_rows(), "row", "rows")
    )
}

fn draw(canvas: &mut Canvas, scale: &Scale, middle: f64, mean: f64, line: &Line) {
    let fill = if line.features.len() == 1 { canvas.palette.plain() } else { canvas.palette.neutral() };
    let end = scale.at(mean);
    canvas.rect([scale.start, middle - 8.0], [end - scale.start, 16.0], fill);
    canvas.label([end + 6.0, middle + 4.0], &number(mean), Anchor::Start, canvas.palette.text);
}

/// Mean |attribution|; of a line of several features their sum.
fn mean(explained: &Explained<'_>, line: &Line) -> f64 {
    let size =
        |row: usize| line.features.iter().map(|&feature| explained.value(row, feature).abs()).sum::<f64>();
    (0..explained.n_rows()).map(size).sum::<f64>() / explained.n_rows().max(1) as f64
}
