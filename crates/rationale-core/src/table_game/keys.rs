//! What tells mixed rows and coalitions apart without looking at them: sums of hashes.

use std::hash::Hasher;

use ndarray::{Array2, ArrayView1, ArrayView2};

/// The key of a mixed row is a sum over its cells, so that a player's step changes it by a number known beforehand.
pub(super) struct Keys {
    fillers: Vec<u128>,
    /// `[filler]`, 64 players a word: who has a value that no other filler has. Empty for a filler that has a value of
    /// the row, since coalitions with and without that player lead to one row.
    singles: Vec<Vec<u64>>,
    /// A hash of each player, whose sum is that of a coalition.
    players: Vec<u128>,
    /// Whether features of no player are the same in the row and in all fillers.
    pub(super) everybody_is_the_row: bool,
    /// `[filler, player]`: from the filler's values to the row's.
    steps: Array2<u128>,
}

impl Keys {
    pub(super) fn new(
        row: ArrayView1<'_, f64>,
        fillers: ArrayView2<'_, f64>,
        players: &[Vec<usize>],
    ) -> Self {
        let sum = |cells: &mut dyn Iterator<Item = u128>| cells.fold(0, u128::wrapping_add);
        let step = |filler: usize, player: usize| {
            let step = |&f: &usize| cell(f, row[f]).wrapping_sub(cell(f, fillers[[filler, f]]));
            sum(&mut players[player].iter().map(step))
        };
        let whole =
            |row: ArrayView1<'_, f64>| sum(&mut row.iter().enumerate().map(|(f, &value)| cell(f, value)));
        let keys: Vec<u128> = fillers.rows().into_iter().map(whole).collect();
        let steps = Array2::from_shape_fn((fillers.nrows(), players.len()), |(f, p)| step(f, p));
        let of_row = whole(row);
        let reached = |(&key, steps): (&u128, ArrayView1<'_, u128>)| {
            steps.iter().fold(key, |key, &step| key.wrapping_add(step)) == of_row
        };
        let everybody_is_the_row = keys.iter().zip(steps.rows()).all(reached);
        Self {
            singles: singles(&steps),
            players: (0..players.len()).map(|player| cell(player, 1.0)).collect(),
            fillers: keys,
            everybody_is_the_row,
            steps,
        }
    }

    /// The key of a coalition.
    pub(super) fn of_coalition(&self, coalition: ArrayView1<'_, bool>) -> u128 {
        let of_player = |(hash, &is_in): (&u128, &bool)| hash & 0_u128.wrapping_sub(u128::from(is_in));
        self.players.iter().zip(coalition).map(of_player).fold(0, u128::wrapping_add)
    }

    /// Whether the player's features differ between the row and the filler.
    pub(super) fn differs(&self, filler: usize, player: usize) -> bool {
        self.steps[[filler, player]] != 0
    }

    /// Who is absent, 64 players a word.
    pub(super) fn absent(&self, present: &[usize], words: &mut Vec<u64>) {
        words.clear();
        words.resize(self.players.len().div_ceil(64), u64::MAX);
        present.iter().for_each(|&player| words[player / 64] &= !(1 << (player % 64)));
    }

    /// Whether no other filler and no other coalition lead to the row of this one.
    pub(super) fn is_single(&self, filler: usize, absent: &[u64]) -> bool {
        meets(&self.singles[filler], absent)
    }

    /// Who is single in each of these fillers.
    pub(super) fn single_in_all(&self, fillers: &[usize]) -> Vec<u64> {
        let mut all = vec![u64::MAX; self.players.len().div_ceil(64)];
        for &filler in fillers {
            all.iter_mut().zip(&self.singles[filler]).for_each(|(all, single)| *all &= single);
        }
        all
    }

    /// The key of the filler's row with the features of these players.
    pub(super) fn of(&self, present: &[usize], filler: usize) -> u128 {
        let steps = self.steps.row(filler);
        present.iter().fold(self.fillers[filler], |key, &player| key.wrapping_add(steps[player]))
    }
}

/// Whether two sets of players have one in common.
pub(super) fn meets(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}

/// See [`Keys::singles`]. Fillers with equal steps of a player have equal values there.
fn singles(steps: &Array2<u128>) -> Vec<Vec<u64>> {
    let (n_fillers, n_players) = steps.dim();
    let mut singles = vec![vec![0; n_players.div_ceil(64)]; n_fillers];
    for (player, column) in steps.columns().into_iter().enumerate() {
        let mut order: Vec<usize> = (0..n_fillers).collect();
        order.sort_unstable_by_key(|&filler| column[filler]);
        for run in order.chunk_by(|&a, &b| column[a] == column[b]).filter(|run| run.len() == 1) {
            singles[run[0]][player / 64] |= 1 << (player % 64);
        }
    }
    for (filler, row) in steps.rows().into_iter().enumerate() {
        if row.iter().any(|step| *step == 0) {
            singles[filler].fill(0);
        }
    }
    singles
}

/// The hash of a value at its place; all NaNs are one.
fn cell(feature: usize, value: f64) -> u128 {
    let bits = if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
    let low = mixed(bits ^ mixed(feature as u64 + 1));
    let high = mixed(low ^ bits.rotate_left(32) ^ 0x6a09_e667_f3bc_c908);
    u128::from(high) << 64 | u128::from(low)
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014, <https://doi.org/10.1145/2660193.2660195>).
fn mixed(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The hasher of what is a hash already: a key's lower half.
#[derive(Default)]
pub(super) struct Low(u64);

impl Hasher for Low {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.0 = mixed(self.0 ^ u64::from(byte)));
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }
}
