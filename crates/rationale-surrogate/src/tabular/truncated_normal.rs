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

#![expect(clippy::inline_always, reason = "what is not inlined is compiled without the instruction set")]

use std::sync::LazyLock;

use pulp::Simd;
use statrs::distribution::{ContinuousCDF, Normal};

/// Cells a halving of the share: that many values of a number's leading mantissa bits.
const CELL_BITS: u32 = 6;
const MANTISSA_BITS: u32 = 52;
/// From 1/2 down to a 2048th.
const N_HALVINGS: usize = 10;
const COMPUTED: f64 = 1.0 / 2048.0;
const N_CELLS: usize = N_HALVINGS << CELL_BITS;

/// Draws that are turned into values together, stage by stage: a multiple of every register's numbers.
pub(crate) const LANES: usize = 64;

/// Lines over the cells of the lower half of Phi^-1: where each begins, the value there, the slope.
static LINES: LazyLock<[[f64; 2]; N_CELLS]> = LazyLock::new(|| {
    let start = |cell: usize| f64::from_bits(first_cell() + cell as u64 * (1 << (MANTISSA_BITS - CELL_BITS)));
    let quantile = |share: f64| Normal::standard().inverse_cdf(share);
    let line = |cell: usize| {
        let (a, b) = (start(cell), start(cell + 1));
        let slope = (quantile(b) - quantile(a)) / (b - a);
        [quantile(a) - slope * a, slope]
    };
    std::array::from_fn(line)
});

/// The bits of the share at which the table begins.
fn first_cell() -> u64 {
    COMPUTED.to_bits()
}

/// Phi^-1 of shares in (0, 1).
#[inline(always)]
fn standard_quantiles(shares: &mut [f64; LANES]) {
    let (lines, given) = (&*LINES, *shares);
    shares.iter_mut().for_each(|share| *share = on_line(lines, *share));
    let is_at_end = |share: f64| share.min(1.0 - share) < COMPUTED;
    if given.iter().fold(false, |any, share| any | is_at_end(*share)) {
        for (quantile, share) in shares.iter_mut().zip(given).filter(|(_, share)| is_at_end(*share)) {
            *quantile = Normal::standard().inverse_cdf(share);
        }
    }
}

/// Phi^-1 by the table; anything beyond its ends.
#[inline(always)]
fn on_line(lines: &[[f64; 2]; N_CELLS], share: f64) -> f64 {
    let from_end = share.min(1.0 - share);
    let cell = from_end.to_bits().wrapping_sub(first_cell()) >> (MANTISSA_BITS - CELL_BITS);
    // One half itself lies at the end of the last cell.
    let [offset, slope] = lines[(cell as usize).min(N_CELLS - 1)];
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
        if low < high && sd > 0.0 {
            let normal = Normal::standard();
            let (below, above) = (normal.cdf((low - mean) / sd), normal.cdf((high - mean) / sd));
            if below < above {
                return Self { mean, sd, low, high, below, between: above - below };
            }
        }
        Self { mean: low, sd: 0.0, low, high: low, below: 0.5, between: 0.0 }
    }

    /// Whether values differ, so that no two draws are alike.
    pub(crate) fn has_spread(&self) -> bool {
        self.between > 0.0
    }
}

/// A stretch of [0, 1) whose draws have one law.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Piece {
    law: TruncatedNormal,
    /// The law's share at a draw of 0, if the stretch reached so far, and how it grows with the draw.
    start: f64,
    slope: f64,
}

impl Piece {
    /// A law for the draws from `before` on, for a length of `share`.
    pub(crate) fn new(law: TruncatedNormal, before: f64, share: f64) -> Self {
        let slope = if share > 0.0 { law.between / share } else { 0.0 };
        Self { start: law.below - before * slope, slope, law }
    }

    /// A stretch that has no values.
    pub(crate) fn missing() -> Self {
        let law = TruncatedNormal::new(0.0, 0.0, f64::NAN, f64::NAN);
        Self { start: law.below, slope: 0.0, law }
    }

    /// Turns draws in [0, 1) into values, each by the last piece that begins at it or before; `begins` says where the pieces
    /// after the first do.
    #[inline(always)]
    pub(crate) fn values<S: Simd>(simd: S, pieces: &[Self], begins: &[f64], draws: &mut [f64; LANES]) {
        let given = *draws;
        let pick = |at, numbers: fn(&Self) -> [f64; 2]| picked(simd, pieces, begins, at, numbers);
        let (zero, one) = (simd.splat_f64s(0.0), simd.splat_f64s(1.0));
        for (draw, &at) in S::as_mut_simd_f64s(draws).0.iter_mut().zip(S::as_simd_f64s(&given).0) {
            let [start, slope] = pick(at, |it| [it.start, it.slope]);
            let share = simd.add_f64s(start, simd.mul_f64s(at, slope));
            // Rounding may leave the law by a hair.
            *draw = simd.min_f64s(simd.max_f64s(share, zero), one);
        }
        standard_quantiles(draws);
        for (draw, &at) in S::as_mut_simd_f64s(draws).0.iter_mut().zip(S::as_simd_f64s(&given).0) {
            let [mean, sd] = pick(at, |it| [it.law.mean, it.law.sd]);
            let [low, high] = pick(at, |it| [it.law.low, it.law.high]);
            let value = simd.add_f64s(mean, simd.mul_f64s(sd, *draw));
            *draw = simd.min_f64s(simd.max_f64s(value, low), high);
        }
    }
}

/// Two numbers of the piece that each draw falls on, by choices and no branch.
#[inline(always)]
fn picked<S: Simd>(
    simd: S,
    pieces: &[Piece],
    begins: &[f64],
    draws: S::f64s,
    numbers: fn(&Piece) -> [f64; 2],
) -> [S::f64s; 2] {
    let [a, b] = pieces.first().map_or([f64::NAN; 2], numbers);
    let (mut a, mut b) = (simd.splat_f64s(a), simd.splat_f64s(b));
    for (begin, piece) in begins.iter().zip(pieces.iter().skip(1)) {
        let [next_a, next_b] = numbers(piece);
        let is_later = simd.less_than_or_equal_f64s(simd.splat_f64s(*begin), draws);
        a = simd.select_f64s(is_later, simd.splat_f64s(next_a), a);
        b = simd.select_f64s(is_later, simd.splat_f64s(next_b), b);
    }
    [a, b]
}

#[cfg(test)]
mod tests {
    use pulp::Scalar;

    use super::*;

    fn value(law: &TruncatedNormal, share: f64) -> f64 {
        values(&[Piece::new(law.clone(), 0.0, 1.0)], &[], &[share])[0]
    }

    /// Of up to [`LANES`] draws.
    fn values(pieces: &[Piece], begins: &[f64], draws: &[f64]) -> [f64; LANES] {
        let mut lanes = [0.5; LANES];
        lanes[..draws.len()].copy_from_slice(draws);
        Piece::values(Scalar::new(), pieces, begins, &mut lanes);
        lanes
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
        for share in [COMPUTED, COMPUTED * 0.999_999, 0.5 - 1e-12, 0.5, 0.5 + 1e-12, 1.0 - COMPUTED] {
            let mut quantile = [share; LANES];
            standard_quantiles(&mut quantile);
            let gap = quantile[0] - Normal::standard().inverse_cdf(share);
            assert!(gap.abs() < 1e-6, "{share}: {gap}");
        }
    }

    #[test]
    fn draws_stay_between_the_ends_and_one_value_stays_itself() {
        let law = TruncatedNormal::new(5.0, 1e-11, 4.0, 5.0);
        assert!((0..100).all(|k| (4.0..=5.0).contains(&value(&law, f64::from(k) / 100.0))));
        assert_eq!(value(&TruncatedNormal::new(0.0, 1e-11, 3.0, 3.0), 0.7), 3.0);
    }

    #[test]
    fn a_stretch_runs_through_its_law() {
        let law = TruncatedNormal::new(0.0, 1.0, -1.0, 1.0);
        let pieces = [Piece::new(law, 0.25, 0.5), Piece::missing()];
        let drawn = values(&pieces, &[0.75], &[0.25, 0.5, 0.75 - 1e-15, 0.9]);
        assert!((drawn[0] + 1.0).abs() < 1e-4 && drawn[1].abs() < 1e-4 && (drawn[2] - 1.0).abs() < 1e-4);
        assert!(drawn[3].is_nan());
    }
}
