//! What coalitions are worth, each asked about once.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2, ArrayView1};
use rationale_core::{Error, Game};

use crate::coalition::{Coalition, table};

/// So many coalitions are remembered before all are forgotten.
const REMEMBERED: usize = 1 << 16;
/// A game is asked about this many coalitions at a time.
const AT_ONCE: usize = 1 << 12;

/// What the coalition of nobody and that of everybody are worth `[output]`.
#[derive(Debug, Clone)]
pub(crate) struct Ends {
    pub(crate) nobody: Array1<f64>,
    pub(crate) everybody: Array1<f64>,
}

impl Ends {
    pub(crate) fn of(game: &dyn Game) -> Result<Self, Error> {
        let n = game.n_players();
        let worth = game.value(Array2::from_shape_fn((2, n), |(row, _)| row == 1).view())?;
        Ok(Self { nobody: worth.row(0).to_owned(), everybody: worth.row(1).to_owned() })
    }

    /// What there is to divide `[output]`.
    pub(crate) fn difference(&self) -> Array1<f64> {
        &self.everybody - &self.nobody
    }
}

/// A game that is asked about each coalition once, as far as it is remembered.
pub(crate) struct Ledger<'g> {
    game: &'g dyn Game,
    places: BTreeMap<Coalition, usize>,
    worth: Vec<f64>,
    ends: Ends,
}

impl<'g> Ledger<'g> {
    pub(crate) fn new(game: &'g dyn Game) -> Result<Self, Error> {
        let ends = Ends::of(game)?;
        let mut ledger = Self { game, places: BTreeMap::new(), worth: Vec::new(), ends };
        ledger.forget();
        Ok(ledger)
    }

    pub(crate) fn n_players(&self) -> usize {
        self.game.n_players()
    }

    pub(crate) fn n_outputs(&self) -> usize {
        self.ends.nobody.len()
    }

    pub(crate) fn ends(&self) -> &Ends {
        &self.ends
    }

    /// The worth `[coalition, output]` of coalitions.
    pub(crate) fn worth(&mut self, coalitions: &[Coalition]) -> Result<Array2<f64>, Error> {
        let mut worth = Array2::zeros((coalitions.len(), self.n_outputs()));
        for (part, first) in coalitions.chunks(AT_ONCE).zip((0..).step_by(AT_ONCE)) {
            if self.places.len() > REMEMBERED {
                self.forget();
            }
            self.ask(part)?;
            for (row, coalition) in part.iter().enumerate() {
                worth.row_mut(first + row).assign(&self.recall(coalition));
            }
        }
        Ok(worth)
    }

    fn ask(&mut self, coalitions: &[Coalition]) -> Result<(), Error> {
        let first = self.places.len();
        let mut new = Vec::new();
        for coalition in coalitions {
            if !self.places.contains_key(coalition) {
                self.places.insert(coalition.clone(), first + new.len());
                new.push(coalition);
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let worth = self.game.value(table(new.into_iter(), self.n_players()).view())?;
        self.worth.extend(worth.iter());
        Ok(())
    }

    fn recall(&self, coalition: &Coalition) -> ArrayView1<'_, f64> {
        let place = self.places.get(coalition).copied().unwrap_or_default();
        ArrayView1::from(&self.worth[place * self.n_outputs()..][..self.n_outputs()])
    }

    /// Nobody and everybody are always known.
    fn forget(&mut self) {
        let n = self.n_players();
        self.places = BTreeMap::from([(Coalition::nobody(n), 0), (Coalition::of(n, 0..n), 1)]);
        self.worth = self.ends.nobody.iter().chain(&self.ends.everybody).copied().collect();
    }
}
