//! A normal law cut off at both ends, drawn by its quantile function.
//!
//! ```text
//! x = mean + sd Phi^-1(Phi(a) + u (Phi(b) - Phi(a))),   a = (low - mean) / sd,  b = (high - mean) / sd
//! ```
//!
//! **Costs**: one table of Phi^-1 for all laws, which stays in the processor's nearest cache: a look-up and a
//! multiplication a draw.
//! **Departs**: within a cell of the table the quantile is a line (off by less than 1e-4 sd); cells are a 64th of the
//! share that lies beyond them, so the tails are as fine as the middle. The last 2048th at either end is computed.

use std::sync::LazyLock;

use statrs::distribution::{ContinuousCDF, Normal};

/// Cells a halving of the share: that many values of a number's leading mantissa bits.
const CELL_BITS: u32 = 6;
const MANTISSA_BITS: u32 = 52;
/// From 1/2 down to a 2048th.
const N_HALVINGS: usize = 10;
const COMPUTED: f64 = 1.0 / 2048.0;
const N_CELLS: usize = N_HALVINGS << CELL_BITS;

/// Lines over the cells of the lower half of Phi^-1: where each begins, the value there, the slope.
static LINES: LazyLock<Vec<[f64; 2]>> = LazyLock::new(|| {
    let start = |cell: usize| f64::from_bits(first_cell() + cell as u64 * (1 << (MANTISSA_BITS - CELL_BITS)));
    let quantile = |share: f64| Normal::standard().inverse_cdf(share);
    let line = |cell: usize| {
        let (a, b) = (start(cell), start(cell + 1));
        let slope = (quantile(b) - quantile(a)) / (b - a);
        [quantile(a) - slope * a, slope]
    };
    (0..N_CELLS).map(line).collect()
});

/// The bits of the share at which the table begins.
fn first_cell() -> u64 {
    COMPUTED.to_bits()
}

/// Phi^-1 of a share in (0, 1).
fn standard_quantile(lines: &[[f64; 2]], share: f64) -> f64 {
    let from_end = share.min(1.0 - share);
    if from_end < COMPUTED {
        return Normal::standard().inverse_cdf(share);
    }
    let cell = ((from_end.to_bits() - first_cell()) >> (MANTISSA_BITS - CELL_BITS)) as usize;
    // One half itself lies at the end of the last cell.
    let [offset, slope] = lines[cell.min(N_CELLS - 1)];
    let below = offset + slope * from_end;
    // Half of all draws lie on either side, in no order that a processor could guess: no branch.
    f64::from_bits(below.to_bits() ^ (u64::from(share >= 0.5) << (u64::BITS - 1)))
}

/// Values between two ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TruncatedNormal {
    mean: f64,
    sd: f64,
    low: f64,
    high: f64,
    /// Phi(a), and how much lies between the ends; a half and nothing for a law without spread.
    below: f64,
    between: f64,
}

impl TruncatedNormal {
    /// A value without spread is always `low`.
    pub(crate) fn new(mean: f64, sd: f64, low: f64, high: f64) -> Self {
        let mut law = Self { mean, sd, low, high, below: 0.5, between: 0.0 };
        if low < high && sd > 0.0 {
            let normal = Normal::standard();
            let (below, above) = (normal.cdf((low - mean) / sd), normal.cdf((high - mean) / sd));
            if below < above {
                (law.below, law.between) = (below, above - below);
            }
        }
        law
    }

    /// Whether values differ, so that no two draws are alike.
    pub(crate) fn has_spread(&self) -> bool {
        self.between > 0.0
    }

    /// Turns shares in [0, 1) into the values below which they lie, each by the law at its place in `picked`; NaN where
    /// there is none.
    pub(crate) fn values<const N: usize>(laws: &[Self], picked: &[usize; N], shares: &mut [f64; N]) {
        let each = picked.iter().map(|picked| laws.get(*picked));
        for (share, law) in shares.iter_mut().zip(each.clone()) {
            *share = law.map_or(0.5, |law| law.below + *share * law.between);
        }
        let lines: &[[f64; 2]] = &LINES;
        shares.iter_mut().for_each(|share| *share = standard_quantile(lines, *share));
        for (value, law) in shares.iter_mut().zip(each) {
            *value = law.map_or(f64::NAN, |law| law.unstandardised(*value));
        }
    }

    fn unstandardised(&self, z: f64) -> f64 {
        if self.has_spread() { (self.mean + self.sd * z).clamp(self.low, self.high) } else { self.low }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(law: &TruncatedNormal, share: f64) -> f64 {
        let mut shares = [share];
        TruncatedNormal::values(std::slice::from_ref(law), &[0], &mut shares);
        shares[0]
    }

    #[test]
    fn the_table_keeps_to_the_quantile_function() {
        for (low, high) in [(-1.0, 1.0), (-0.5, 6.0), (-8.0, 8.0)] {
            let law = TruncatedNormal::new(0.0, 1.0, low, high);
            for k in 0..10_000 {
                let u = (f64::from(k) + 0.5) / 1e4;
                let exact = Normal::standard().inverse_cdf(law.below + u * law.between);
                assert!((value(&law, u) - exact.clamp(low, high)).abs() < 1e-4, "{low} {high} {u}");
            }
        }
    }

    #[test]
    fn the_table_meets_its_ends() {
        assert_eq!(LINES.len(), N_CELLS);
        for share in [COMPUTED, COMPUTED * 0.999_999, 0.5 - 1e-12, 0.5, 0.5 + 1e-12, 1.0 - COMPUTED] {
            let gap = standard_quantile(&LINES, share) - Normal::standard().inverse_cdf(share);
            assert!(gap.abs() < 1e-6, "{share}: {gap}");
        }
    }

    #[test]
    fn draws_stay_between_the_ends_and_one_value_stays_itself() {
        let law = TruncatedNormal::new(5.0, 1e-11, 4.0, 5.0);
        assert!((0..100).all(|k| (4.0..=5.0).contains(&value(&law, f64::from(k) / 100.0))));
        assert_eq!(value(&TruncatedNormal::new(0.0, 1e-11, 3.0, 3.0), 0.7), 3.0);
    }
}
