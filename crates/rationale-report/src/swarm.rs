//! Dots of one line, side by side where they would hide each other.

use std::collections::BTreeMap;

use crate::canvas::Canvas;
use crate::scale::Scale;

const RADIUS: f64 = 2.4;
/// More dots a line are not told apart; rows beyond are thinned out evenly.
const MOST_DOTS: usize = 1500;

/// Every how many rows one is drawn.
pub(crate) fn stride(n_rows: usize) -> usize {
    n_rows.div_ceil(MOST_DOTS).max(1)
}

/// What is appended to a caption where rows are left out.
pub(crate) fn thinned(caption: &str, stride: usize) -> String {
    if stride == 1 { caption.to_owned() } else { format!("{caption} (1 row in {stride} is drawn)") }
}

/// Draws a dot for each (value, colour) on the line around `middle`; those that fall on the same spot move up and down
/// in turns, within `room`.
pub(crate) fn swarm(canvas: &mut Canvas, scale: &Scale, middle: f64, room: f64, dots: &[(f64, String)]) {
    let bin = |value: f64| (scale.at(value) / (RADIUS * 1.4)).round() as i64;
    let mut crowd = BTreeMap::<i64, usize>::new();
    dots.iter().for_each(|(value, _)| *crowd.entry(bin(*value)).or_default() += 1);
    let most = crowd.values().copied().max().unwrap_or(1);
    let spacing = (RADIUS * 1.5).min(room / most as f64);
    let mut taken = BTreeMap::<i64, usize>::new();
    for (value, colour) in dots {
        let place = taken.entry(bin(*value)).or_default();
        let side = if place.is_multiple_of(2) { 0.5 } else { -0.5 };
        let offset = side * (*place + *place % 2) as f64 * spacing;
        *place += 1;
        canvas.dot([scale.at(*value), middle + offset], RADIUS, colour.clone());
    }
}
