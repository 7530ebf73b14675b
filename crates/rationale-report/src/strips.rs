//! The dependence on a feature of categories: one line of dots a category.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::canvas::{BOTTOM, Canvas, MARGIN, SMALL, TOP, count};
use crate::dependence::words;
use crate::frame::Frame;
use crate::scale::Scale;
use crate::scene::Anchor;
use crate::swarm::{stride, swarm, thinned};
use crate::{Explained, Picture, Settings, font};

const ROW: f64 = 30.0;
const PLOT: f64 = 460.0;
/// The rarest categories beyond these share a line.
const MOST_CATEGORIES: usize = 24;

/// A label and its rows.
type Labelled = (String, Vec<usize>);

/// The rows that share a value.
struct Category {
    label: String,
    rows: Vec<usize>,
    mean: f64,
    /// Whether these are the values without a line of their own.
    is_rest: bool,
}

/// Categories in order of their mean attribution, highest first; what is left over comes last.
pub(crate) fn strips(explained: &Explained<'_>, feature: usize, settings: &Settings) -> Picture {
    let categories = categories(explained, feature);
    let frame = Frame::new(categories.iter().map(|category| category.label.as_str()), TOP, ROW);
    let (left, bottom) = (frame.left(), frame.bottom());
    let [usual, description] = words(explained, feature);
    let counts = categories.iter().map(|category| font::width(&rows(category), SMALL)).fold(0.0, f64::max);
    let size = [left + PLOT + 10.0 + counts + MARGIN, bottom + BOTTOM];
    let mut canvas = Canvas::new(size, settings, &usual, &description);
    let values = (0..explained.n_rows()).map(|row| explained.value(row, feature));
    let scale = Scale::covering(values.chain([0.0]), left, left + PLOT);
    let step = stride(explained.n_rows());
    let caption = format!("attribution to {}", explained.output_name());
    canvas.axis(&scale, [TOP, bottom], &thinned(&caption, step));
    canvas.dashes([scale.at(0.0), TOP], [scale.at(0.0), bottom]);
    for (position, category) in categories.iter().enumerate() {
        let middle = frame.middle(position);
        frame.write(&mut canvas, position, &category.label);
        let drawn = category.rows.iter().step_by(step).map(|&row| explained.value(row, feature));
        let dots: Vec<(f64, String)> = drawn.map(|value| (value, canvas.palette.sign(value))).collect();
        swarm(&mut canvas, &scale, middle, ROW - 6.0, &dots);
        canvas.quiet([left + PLOT + 10.0, middle + 4.0], &rows(category), Anchor::Start);
    }
    canvas.note_broken(explained);
    canvas.finish()
}

fn rows(category: &Category) -> String {
    count(category.rows.len(), "row", "rows")
}

fn categories(explained: &Explained<'_>, feature: usize) -> Vec<Category> {
    let mut by_text = BTreeMap::<String, Vec<usize>>::new();
    for row in 0..explained.n_rows() {
        by_text.entry(label(explained.text(row, feature))).or_default().push(row);
    }
    let (named, rest) = split(by_text);
    let category = |(label, rows): (String, Vec<usize>), is_rest: bool| {
        let total: f64 = rows.iter().map(|&row| explained.value(row, feature)).sum();
        Category { mean: total / rows.len() as f64, label, rows, is_rest }
    };
    let named = named.into_iter().map(|named| category(named, false));
    let mut categories: Vec<Category> = named.chain(rest.map(|rest| category(rest, true))).collect();
    categories.sort_by(|a, b| a.is_rest.cmp(&b.is_rest).then(b.mean.total_cmp(&a.mean)));
    categories
}

fn label(text: Option<String>) -> String {
    let text = text.map_or_else(|| "(value not known)".to_owned(), |text| font::visible(&text));
    if text.trim().is_empty() { "(empty)".to_owned() } else { text }
}

/// The most frequent ones, and all others as one.
fn split(by_text: BTreeMap<String, Vec<usize>>) -> (Vec<Labelled>, Option<Labelled>) {
    let mut all: Vec<Labelled> = by_text.into_iter().collect();
    if all.len() <= MOST_CATEGORIES {
        return (all, None);
    }
    all.sort_by_key(|(_, rows)| Reverse(rows.len()));
    let rare = all.split_off(MOST_CATEGORIES - 1);
    let label = format!("{} other values", rare.len());
    (all, Some((label, rare.into_iter().flat_map(|(_, rows)| rows).collect())))
}
