//! A set of players, packed.

use ndarray::{Array2, Axis};
use smallvec::{SmallVec, smallvec};

/// A set of players as bits, 64 a word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Coalition(SmallVec<[u64; 1]>);

impl Coalition {
    /// Nobody, of `n_players`.
    pub(crate) fn nobody(n_players: usize) -> Self {
        Self(smallvec![0; n_players.div_ceil(64)])
    }

    pub(crate) fn of(n_players: usize, members: impl IntoIterator<Item = usize>) -> Self {
        let mut coalition = Self::nobody(n_players);
        members.into_iter().for_each(|player| coalition.insert(player));
        coalition
    }

    pub(crate) fn insert(&mut self, player: usize) {
        self.0[player / 64] |= 1 << (player % 64);
    }

    pub(crate) fn has(&self, player: usize) -> bool {
        self.0[player / 64] >> (player % 64) & 1 == 1
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Everybody else.
    pub(crate) fn complement(&self, n_players: usize) -> Self {
        let mut others: SmallVec<_> = self.0.iter().map(|word| !word).collect();
        if let Some(last) = others.last_mut().filter(|_| !n_players.is_multiple_of(64)) {
            *last &= (1 << (n_players % 64)) - 1;
        }
        Self(others)
    }

    /// Both together.
    pub(crate) fn union(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a | b).collect())
    }
}

/// The table `[coalition, player]` that a [`rationale_core::Game`] takes.
pub(crate) fn table<'a>(
    coalitions: impl ExactSizeIterator<Item = &'a Coalition>,
    n_players: usize,
) -> Array2<bool> {
    let mut table = Array2::from_elem((coalitions.len(), n_players), false);
    for (mut row, coalition) in table.rows_mut().into_iter().zip(coalitions) {
        for (mut cells, word) in row.axis_chunks_iter_mut(Axis(0), 64).zip(&coalition.0) {
            cells.iter_mut().enumerate().for_each(|(player, cell)| *cell = word >> player & 1 == 1);
        }
    }
    table
}
