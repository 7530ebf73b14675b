//! A method as one that is judged. A further method is one more implementation, or one more closure where a kind of model has a
//! general one.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use ndarray::{Array2, ArrayView2, Axis};
use rationale::{Attributions, Error, Explain, Fingerprint, Progress, Randomise, Seed};

/// Attributions `[row, player]`, and base values `[row]` for a method that promises to add up.
pub(crate) struct Explained {
    pub(crate) values: Array2<f64>,
    pub(crate) base_values: Option<Vec<f64>>,
    /// The model calls that a row took, where the method counted them.
    pub(crate) calls: Option<u64>,
}

impl Explained {
    /// Values of a method that neither promises to add up nor counts.
    pub(crate) fn of_values(values: Array2<f64>) -> Self {
        Self { values, base_values: None, calls: None }
    }

    /// With what the method's evidence counted over so many rows.
    pub(crate) fn with_calls(self, counted: u64, n_rows: usize) -> Self {
        let calls = (counted > 0).then(|| counted.div_ceil(n_rows.max(1) as u64));
        Self { calls, ..self }
    }
}

pub(crate) trait Contender: Send + Sync {
    /// Its name, as the program spells it.
    fn name(&self) -> &str;

    /// About how many model calls one explanation takes.
    fn calls(&self) -> u64;

    /// Whether it promises to add up.
    fn adds_up(&self) -> bool {
        false
    }

    /// Explains one output for rows: of the model itself, or of a copy whose parameters were replaced.
    fn explain(
        &self,
        replaced: Option<&dyn Randomise>,
        rows: ArrayView2<'_, f64>,
        output: usize,
    ) -> Result<Explained, Error>;
}

/// A contender with its output, as metrics of robustness want it.
pub(super) struct OfOutput<'a> {
    pub(super) contender: &'a dyn Contender,
    pub(super) output: usize,
}

impl Explain for OfOutput<'_> {
    fn explain(&self, rows: ArrayView2<'_, f64>, _: &dyn Progress) -> Result<Attributions, Error> {
        let values = self.contender.explain(None, rows, self.output)?.values;
        let zeros = Array2::zeros((rows.nrows(), 1));
        Attributions::new(values.insert_axis(Axis(2)), zeros.clone(), zeros)
    }
}

/// A contender that explains no input of the model itself twice: metrics of robustness look at the same neighbours.
pub(super) struct Remembering<'a> {
    contender: &'a dyn Contender,
    known: Mutex<BTreeMap<(String, usize), Vec<f64>>>,
}

impl<'a> Remembering<'a> {
    pub(super) fn new(contender: &'a dyn Contender) -> Self {
        Self { contender, known: Mutex::default() }
    }

    fn of_row(&self, row: ArrayView2<'_, f64>, output: usize) -> Result<Vec<f64>, Error> {
        let key = (Fingerprint::of_rows(row).to_string(), output);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(values) = known.get(&key) {
            return Ok(values.clone());
        }
        let values: Vec<f64> = self.contender.explain(None, row, output)?.values.iter().copied().collect();
        known.insert(key, values.clone());
        Ok(values)
    }
}

impl Contender for Remembering<'_> {
    fn name(&self) -> &str {
        self.contender.name()
    }

    fn calls(&self) -> u64 {
        self.contender.calls()
    }

    fn adds_up(&self) -> bool {
        self.contender.adds_up()
    }

    fn explain(
        &self,
        replaced: Option<&dyn Randomise>,
        rows: ArrayView2<'_, f64>,
        output: usize,
    ) -> Result<Explained, Error> {
        if replaced.is_some() {
            return self.contender.explain(replaced, rows, output);
        }
        let all = rows.axis_chunks_iter(Axis(0), 1).map(|row| self.of_row(row, output));
        let all: Vec<Vec<f64>> = all.collect::<Result<_, _>>()?;
        let n_players = all.first().map_or(0, Vec::len);
        let values = Array2::from_shape_vec((all.len(), n_players), all.concat()).map_err(Error::model)?;
        Ok(Explained::of_values(values))
    }
}

/// An error of the method, which may already say whose it is.
pub(crate) fn failed(method: &'static str, error: anyhow::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error @ Error::Method { .. }) => error,
        Ok(error) => Error::method(method, error),
        Err(error) => Error::Method { method, source: error.into() },
    }
}

/// Random values, which depend on the row's content alone: what every method should beat.
pub(crate) fn random_values(rows: ArrayView2<'_, f64>, n_players: usize, seed: Seed) -> Array2<f64> {
    let mut values = Array2::zeros((rows.nrows(), n_players));
    for (row, mut slot) in rows.outer_iter().zip(values.outer_iter_mut()) {
        let key = Fingerprint::of_rows(row.insert_axis(Axis(0))).prefix();
        let mut draws = seed.draws("random", key, 0);
        slot.iter_mut().for_each(|value| *value = draws.uniform());
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_named_once() {
        let own = Error::method("lime", Error::Confidence { confidence: 2.0 });
        let said = own.to_string();
        assert_eq!(failed("lime", own.into()).to_string(), said);
        assert_eq!(failed("lime", Error::Confidence { confidence: 2.0 }.into()).to_string(), said);
        assert_eq!(
            failed("lime", anyhow::anyhow!("no such layer")).to_string(),
            "lime failed: no such layer"
        );
    }
}
