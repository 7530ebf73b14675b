//! How one prediction came about: from the base value, feature by feature.

use crate::canvas::{BOTTOM, Canvas, MARGIN, OPEN_PLACE, TEXT, TOP};
use crate::explained::{largest_first, shown};
use crate::font::{self, pair};
use crate::frame::Frame;
use crate::scale::Scale;
use crate::scene::{Anchor, Item};
use crate::{Error, Explained, Picture, Settings, number, signed};

const ROW: f64 = 28.0;
const HALF: f64 = ROW * 0.33;
const PLOT: f64 = 460.0;
const POINT: f64 = 6.0;
/// Room for the prediction above the steps.
const HEAD: f64 = 24.0;
/// Room for the base value below them.
const FOOT: f64 = 20.0;
/// A gap between the last step and the prediction that is wider than this share of the axis can be seen, and is said.
const VISIBLE_GAP: f64 = 0.003;

/// One step of the waterfall.
struct Step {
    name: String,
    /// The feature's value, if it is one feature and its value is known.
    text: Option<String>,
    value: f64,
    from: f64,
    /// Whether its place before the next one could be chance.
    is_open: bool,
}

impl Step {
    fn label(&self) -> String {
        self.text.as_ref().map_or_else(|| self.name.clone(), |text| pair(&self.name, text))
    }

    fn to(&self) -> f64 {
        self.from + self.value
    }

    /// The value as it is written.
    fn written(&self) -> String {
        if self.is_open { format!("{} {OPEN_PLACE}", signed(self.value)) } else { signed(self.value) }
    }
}

/// The waterfall of one row: base value at the bottom, prediction at the top, the largest steps last. A ~ beside a value
/// says that its place before the next could be chance.
pub fn waterfall(explained: &Explained<'_>, row: usize, settings: &Settings) -> Result<Picture, Error> {
    explained.check_row(row)?;
    let steps = steps(explained, row, settings.max_display);
    let (base, prediction) = (explained.base_value(row), explained.prediction(row));
    let labels: Vec<String> = steps.iter().map(Step::label).collect();
    let frame = Frame::new(labels.iter().map(String::as_str), TOP + HEAD, ROW);
    let (start, bottom) = (frame.left() + room(&steps, |value| value < 0.0), frame.bottom());
    let width = start + PLOT + room(&steps, |value| value >= 0.0) + MARGIN;
    let (usual, description) = ("One prediction, feature by feature", description(explained, row));
    let size = [width, bottom + FOOT + BOTTOM];
    let mut canvas = Canvas::new(size, settings, usual, &description);
    let ends = steps.iter().flat_map(|step| [step.from, step.to()]);
    let scale = Scale::covering(ends.chain([base, prediction]), start, start + PLOT);
    let caption = format!("prediction: {}", explained.output_name());
    canvas.axis(&scale, [frame.top, bottom + FOOT], &caption);
    mark(&mut canvas, &scale, ("prediction", prediction), TOP + 14.0, [TOP + 18.0, frame.top + 4.0]);
    mark(&mut canvas, &scale, ("base value", base), bottom + 15.0, [bottom - 4.0, bottom + 4.0]);
    for (position, step) in steps.iter().enumerate() {
        name(&mut canvas, &frame, position, step);
        draw(&mut canvas, &scale, step, frame.middle(position), position + 1 == steps.len());
    }
    if steps.iter().any(|step| step.is_open) {
        canvas.note_open_places();
    }
    note_gap(&mut canvas, &scale, &steps, [base, prediction]);
    canvas.note_broken(explained);
    Ok(canvas.finish())
}

fn description(explained: &Explained<'_>, row: usize) -> String {
    let [base, prediction] = [explained.base_value(row), explained.prediction(row)].map(number);
    format!("From the base value {base} to the prediction {prediction} of {}.", explained.output_name())
}

/// The steps from top to bottom.
fn steps(explained: &Explained<'_>, row: usize, max_display: usize) -> Vec<Step> {
    let values =
        (0..explained.n_features()).map(|feature| (feature, explained.value(row, feature))).collect();
    let ordered = largest_first(values);
    let (named, others) = shown(&ordered, max_display);
    let mut from = explained.base_value(row);
    let mut steps = Vec::new();
    let open = explained.open_places(row);
    let mut step = |name: String, text: Option<String>, value: f64, is_open: bool| {
        steps.push(Step { name, text, value, from, is_open });
        from += value;
    };
    if !others.is_empty() {
        step(
            format!("{} other features", others.len()),
            None,
            others.iter().map(|(_, value)| value).sum(),
            false,
        );
    }
    for &(feature, value) in named.iter().rev() {
        step(explained.name(feature).to_owned(), explained.text(row, feature), value, open[feature]);
    }
    steps.reverse();
    steps
}

fn name(canvas: &mut Canvas, frame: &Frame, position: usize, step: &Step) {
    match &step.text {
        Some(text) => frame.write_pair(canvas, position, &step.name, text),
        None => frame.write(canvas, position, &step.name),
    }
}

/// Room beside the bars for the labels of the steps that point there.
fn room(steps: &[Step], is_there: impl Fn(f64) -> bool) -> f64 {
    let there = steps.iter().filter(|step| is_there(step.value));
    there.map(|step| font::width(&step.written(), TEXT)).fold(0.0, f64::max) + 10.0
}

/// A short line at a value, and what it is.
fn mark(
    canvas: &mut Canvas,
    scale: &Scale,
    (what, value): (&str, f64),
    text_y: f64,
    [top, bottom]: [f64; 2],
) {
    let (x, text) = (scale.at(value), format!("{what} {}", number(value)));
    canvas.line([x, top], [x, bottom], canvas.palette.muted, false);
    let middle = canvas.inside(x, font::width(&text, TEXT));
    canvas.label([middle, text_y], &text, Anchor::Middle, canvas.palette.text);
}

/// A step's arrow with its value, and a line down to where the step below ends.
fn draw(canvas: &mut Canvas, scale: &Scale, step: &Step, middle: f64, is_last: bool) {
    let (from, to) = (scale.at(step.from), scale.at(step.to()));
    if !is_last {
        canvas.line([from, middle + HALF], [from, middle + ROW - HALF], canvas.palette.muted, false);
    }
    let fill = canvas.palette.sign(step.value);
    canvas.push(Item::Polygon { points: arrow(from, to, middle), fill: fill.clone() });
    let (x, anchor) = if step.value < 0.0 { (to - 5.0, Anchor::End) } else { (to + 5.0, Anchor::Start) };
    canvas.label([x, middle + 4.0], &step.written(), anchor, &fill);
}

/// A bar with a point where it goes; at least a hair wide, so that nothing is drawn as nothing.
fn arrow(from: f64, to: f64, middle: f64) -> Vec<[f64; 2]> {
    let to = if (to - from).abs() < 1.0 { from + 1.0_f64.copysign(to - from) } else { to };
    let neck = to - POINT.min((to - from).abs()) * (to - from).signum();
    vec![
        [from, middle - HALF],
        [neck, middle - HALF],
        [to, middle],
        [neck, middle + HALF],
        [from, middle + HALF],
    ]
}

/// Says so where the steps do not lead to the prediction, as those of a method that only estimates may not.
fn note_gap(canvas: &mut Canvas, scale: &Scale, steps: &[Step], [base, prediction]: [f64; 2]) {
    let end = steps.first().map_or(base, Step::to);
    if (prediction - end).abs() > VISIBLE_GAP * (scale.high - scale.low) {
        canvas.note(&format!("The attributions lead to {}, not to the prediction.", number(end)));
    }
}
