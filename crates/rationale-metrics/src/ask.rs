//! How metrics ask a model: in batches, one output, every answer checked.

use ndarray::{Array2, ArrayView2};
use rationale_core::{Game, Predict};

use crate::{Error, NoSignal};

/// Coalitions handed to a game at once; it bounds memory and changes no value.
const BATCH: usize = 32;

/// What coalitions are worth to one output. `present` fills the coalition of each number, which begins as all absent.
pub(crate) fn worth(
    game: &dyn Game,
    n_coalitions: usize,
    output: usize,
    mut present: impl FnMut(usize, &mut [bool]),
) -> Result<Vec<f64>, Error> {
    let n_players = game.n_players();
    let mut worth = Vec::with_capacity(n_coalitions);
    let mut coalition = vec![false; n_players];
    for first in (0..n_coalitions).step_by(BATCH) {
        let last = (first + BATCH).min(n_coalitions);
        let mut coalitions = Array2::from_elem((last - first, n_players), false);
        for (mut row, number) in coalitions.rows_mut().into_iter().zip(first..last) {
            coalition.fill(false);
            present(number, &mut coalition);
            row.iter_mut().zip(&coalition).for_each(|(slot, it)| *slot = *it);
        }
        worth.extend(of_output(&game.value(coalitions.view())?, last - first, output)?);
    }
    Ok(worth)
}

/// The model's answers `[row, output]`, checked.
pub(crate) fn answers(model: &dyn Predict, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
    let answers = model.predict(rows)?;
    if answers.nrows() != rows.nrows() {
        return Err(Error::Answers { expected: rows.nrows(), actual: answers.nrows() });
    }
    crate::error::check_finite("the model's answer", &answers)?;
    Ok(answers)
}

/// One output of answers `[row, output]`.
pub(crate) fn of_output(answers: &Array2<f64>, expected: usize, output: usize) -> Result<Vec<f64>, Error> {
    let (actual, available) = answers.dim();
    if actual != expected {
        return Err(Error::Answers { expected, actual });
    }
    if output >= available {
        return Err(rationale_core::Error::Target { asked: output, available }.into());
    }
    let values = answers.column(output).to_vec();
    crate::error::check_finite("the model's answer", &values)?;
    Ok(values)
}

/// The class with the largest answer; of one output, whether it is above one half.
pub(crate) fn class(answers: ndarray::ArrayView1<'_, f64>) -> usize {
    if answers.len() == 1 {
        return usize::from(answers[0] > 0.5);
    }
    let best = answers.iter().enumerate().fold((0, f64::NEG_INFINITY), |best, (class, &answer)| {
        if answer > best.1 { (class, answer) } else { best }
    });
    best.0
}

/// Whether answers differ by rounding alone.
pub(crate) fn is_flat(answers: &[f64]) -> bool {
    let (low, high) = answers
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(*it), high.max(*it)));
    high - low <= 1e-12 * low.abs().max(high.abs())
}

/// The reason why an order by attribution measures nothing here, where there is one.
pub(crate) fn no_order(attribution: &[f64], answers: &[f64]) -> Option<NoSignal> {
    if crate::order::is_constant(attribution) {
        return Some(NoSignal::ConstantAttribution);
    }
    is_flat(answers).then_some(NoSignal::ConstantModel)
}
