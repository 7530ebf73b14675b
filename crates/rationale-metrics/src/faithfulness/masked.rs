//! What metrics share that multiply an input by its own map.

use ndarray::Array2;

use crate::{Case, Error, ask};

/// The map scaled to [0, 1]; `None` where it does not vary.
pub(super) fn minmax(attribution: &[f64]) -> Option<Vec<f64>> {
    let (low, high) =
        attribution.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), it| (l.min(*it), h.max(*it)));
    (high > low).then(|| attribution.iter().map(|it| (it - low) / (high - low)).collect())
}

/// The output for the input, and for the input multiplied by the map `[player]`.
pub(super) fn outputs(case: &Case<'_>, metric: &'static str, map: &[f64]) -> Result<[f64; 2], Error> {
    let input = case.input(metric)?;
    let masked = input.blended(map);
    let rows =
        Array2::from_shape_fn(
            (2, masked.len()),
            |(row, column)| {
                if row == 0 { input.row[column] } else { masked[column] }
            },
        );
    let outputs = ask::of_output(&ask::answers(input.model, rows.view())?, 2, case.output())?;
    Ok([outputs[0], outputs[1]])
}
