//! Subsets of a given size drawn without replacement, or all of them in turn.

use rationale_core::Draws;
use rustc_hash::FxHashMap;

use crate::coalition::Coalition;

/// Whole numbers up to this are exact as f64; beyond, no subset will be drawn twice in a lifetime.
const COUNTED: f64 = 9_007_199_254_740_992.0;

/// n choose k, exact as long as a float64 is.
pub(crate) fn choose(n: usize, k: usize) -> f64 {
    (0..k.min(n - k)).fold(1.0, |c, i| (c * (n - i) as f64 / (i + 1) as f64).round())
}

/// The binomials that numbering subsets needs.
pub(crate) struct Binomials {
    rows: Vec<f64>,
    width: usize,
}

impl Binomials {
    /// Pascal's triangle for fewer than `n` and up to `size`.
    fn new(n: usize, size: usize) -> Self {
        let width = size + 1;
        let mut rows = vec![0.0; n * width];
        for row in 0..n {
            rows[row * width] = 1.0;
            for k in 1..width.min(row + 1) {
                rows[row * width + k] = rows[(row - 1) * width + k - 1] + rows[(row - 1) * width + k];
            }
        }
        Self { rows, width }
    }

    fn get(&self, n: usize, k: usize) -> f64 {
        self.rows[n * self.width + k]
    }
}

/// A count that was computed as a float; what is too large becomes the largest.
#[expect(clippy::cast_sign_loss, reason = "no count is negative, and the conversion saturates")]
pub(crate) fn count(n: f64) -> usize {
    n as usize
}

/// The numbers 0, ..., n - 1 in random order, one at a time: Fisher and Yates, remembering only what was moved. The
/// first numbers do not depend on how many follow.
pub(crate) struct Shuffle {
    draws: Draws,
    moved: FxHashMap<u64, u64>,
    next: u64,
    n: u64,
}

impl Shuffle {
    pub(crate) fn new(n: u64, draws: Draws) -> Self {
        Self { draws, moved: FxHashMap::default(), next: 0, n }
    }
}

impl Iterator for Shuffle {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        if self.next == self.n {
            return None;
        }
        let left = usize::try_from(self.n - self.next).ok()?;
        let place = self.next + self.draws.below(left) as u64;
        let here = self.moved.remove(&self.next).unwrap_or(self.next);
        let drawn = if place == self.next { here } else { self.moved.insert(place, here).unwrap_or(place) };
        self.next += 1;
        Some(drawn)
    }
}

/// Draws subsets of `size` among the players `first..n_players`.
pub(crate) enum Subsets {
    /// By their numbers, each once.
    Counted { shuffle: Shuffle, range: (usize, usize), size: usize, binomials: Binomials },
    /// There are too many to be drawn twice.
    Countless { draws: Draws, range: (usize, usize), size: usize },
}

impl Subsets {
    pub(crate) fn new(range: (usize, usize), size: usize, draws: Draws) -> Self {
        let n = choose(range.1 - range.0, size);
        if n < COUNTED {
            let binomials = Binomials::new(range.1 - range.0, size);
            Self::Counted { shuffle: Shuffle::new(count(n) as u64, draws), range, size, binomials }
        } else {
            Self::Countless { draws, range, size }
        }
    }

    pub(crate) fn draw(&mut self) -> Option<Coalition> {
        match self {
            Self::Counted { shuffle, range, size, binomials } => {
                shuffle.next().map(|idx| numbered(idx, *range, *size, binomials))
            }
            Self::Countless { draws, range, size } => Some(random(draws, *range, *size)),
        }
    }
}

/// The subset of `size` with the number `idx` in lexicographic order.
fn numbered(idx: u64, (first, n_players): (usize, usize), size: usize, binomials: &Binomials) -> Coalition {
    let mut coalition = Coalition::nobody(n_players);
    let (mut idx, mut left) = (idx as f64, size);
    for player in first..n_players {
        if left == 0 {
            break;
        }
        let with = binomials.get(n_players - player - 1, left - 1);
        if idx < with {
            coalition.insert(player);
            left -= 1;
        } else {
            idx -= with;
        }
    }
    coalition
}

/// A random subset: each player in turn is in with the share of places that are left.
fn random(draws: &mut Draws, (first, n_players): (usize, usize), size: usize) -> Coalition {
    let mut left = size;
    let members = (first..n_players).filter(|&player| {
        let is_in = draws.below(n_players - player) < left;
        left -= usize::from(is_in);
        is_in
    });
    Coalition::of(n_players, members.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rationale_core::Seed;

    use super::*;

    #[test]
    fn every_subset_is_drawn_once() {
        let mut subsets = Subsets::new((0, 7), 3, Seed::new(1).draws("subsets", 0, 0));
        let drawn: BTreeSet<Coalition> = (0..35).filter_map(|_| subsets.draw()).collect();
        assert_eq!((drawn.len(), subsets.draw()), (35, None));
        assert!(drawn.iter().all(|it| it.len() == 3));
    }

    #[test]
    fn first_draws_are_uniform() {
        let mut counts = [0; 10];
        for row in 0..20_000 {
            let second = Shuffle::new(10, Seed::new(1).draws("shuffle", row, 0)).nth(1);
            counts[second.unwrap() as usize] += 1;
        }
        assert!(counts.iter().all(|&n| (1_850..2_150).contains(&n)), "{counts:?}");
    }

    #[test]
    fn subsets_without_number_have_their_size_all_the_same() {
        let mut subsets = Subsets::new((1, 200), 90, Seed::new(1).draws("subsets", 0, 0));
        let drawn = subsets.draw().unwrap();
        assert_eq!((drawn.len(), drawn.has(0)), (90, false));
    }

    #[test]
    fn binomials_are_exact() {
        assert_eq!((choose(23, 11), choose(5, 0), choose(50, 25)), (1_352_078.0, 1.0, 126_410_606_437_752.0));
    }
}
