//! A method as one that is judged. A further method is one more implementation, or one more closure where a kind of model has a
//! general one.

use ndarray::{Array2, ArrayView2, Axis};
use rationale::{Attributions, Error, Explain, Fingerprint, Progress, Randomise, Seed};

/// Attributions `[row, player]`, and base values `[row]` for a method that promises to add up.
pub(crate) struct Explained {
    pub(crate) values: Array2<f64>,
    pub(crate) base_values: Option<Vec<f64>>,
}

pub(crate) trait Contender: Send + Sync {
    /// Its name, as the program spells it.
    fn name(&self) -> &str;

    /// About how many model calls one explanation takes.
    fn calls(&self) -> u64;

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
