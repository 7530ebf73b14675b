//! A leaf's values for every pattern at once, in O(Q 2^d d log d) instead of one by one.
//!
//! With o the row's pattern (bit j set: it satisfies every split on feature j), feature i gets from a leaf of value 1
//!
//! ```text
//! w_i(o) = sum over points p of  weight * (D_i product over j != i of M_j(p)) start
//! ```
//!
//! where each factor acts on one bit of a table of 2^d numbers. Two readings of absence differ in what acts:
//!
//! | | start | M_j | D_j |
//! |---|---|---|---|
//! | path-dependent | all ones | times p o_j + (1 - p) z_j | times o_j - z_j |
//! | interventional | how often the background has each pattern b | matrix 1, p, 1 - p, 0 for (o, b) = 11, 10, 01, 00 | matrix 0, 1, -1, 0 |
//!
//! The second is the Kronecker product of WoodelfHD (Nadel, Wettenstein 2026, <https://arxiv.org/abs/2604.10569>) point by
//! point, as in Quadrature-TreeSHAP (<https://arxiv.org/abs/2605.04497>): the background's size does not enter.
//! All products but one are made by halving the features again and again, so that nothing is divided.

use super::quadrature::Quadrature;

/// What a table starts from, and what acts on it.
pub(super) trait Factors {
    /// The number of different features on the leaf's path.
    fn n_features(&self) -> usize;

    /// Before any factor acts `[pattern]`.
    fn start(&self) -> Vec<f64>;

    /// M of a bit, at a point: (to satisfied from satisfied, from failed; to failed from satisfied, from failed).
    fn factor(&self, bit: usize, p: f64) -> [f64; 4];

    /// D of a bit, likewise.
    fn difference(&self, bit: usize) -> [f64; 4];
}

/// The values `[feature][pattern]` of a leaf of value 1.
pub(super) fn values(factors: &dyn Factors) -> Vec<f64> {
    let d = factors.n_features();
    let mut values = vec![0.0; d << d];
    if d > 0 {
        let start = factors.start();
        for &(p, weight) in Quadrature::for_path(d).points() {
            let start: Vec<f64> = start.iter().map(|x| x * weight).collect();
            halve(factors, p, 0..d, start, &mut values);
        }
    }
    values
}

/// The values `[feature][pattern]` of a leaf of value 1, then the interactions `[pair_index(i, j)][pattern]`, halved between
/// (i, j) and (j, i).
///
/// ```text
/// w_ij(o) = 1/2 sum over points p of  weight * (D_i D_j product over k != i, j of M_k(p)) start
/// ```
pub(super) fn values_and_pairs(factors: &dyn Factors) -> Vec<f64> {
    let d = factors.n_features();
    let mut all = values(factors);
    let mut pairs = vec![0.0; (d * d.saturating_sub(1) / 2) << d];
    for &(p, weight) in Quadrature::for_path(d).points() {
        // All factors above the second feature of a pair have acted on `above`.
        let mut above: Vec<f64> = factors.start().iter().map(|x| 0.5 * x * weight).collect();
        for second in (1..d).rev() {
            let mut table = above.clone();
            act(&mut table, second, factors.difference(second));
            let first = (second * (second - 1) / 2) << d;
            halve(factors, p, 0..second, table, &mut pairs[first..][..second << d]);
            act(&mut above, second, factors.factor(second, p));
        }
    }
    all.append(&mut pairs);
    all
}

/// All factors outside `bits` have acted on `table`.
fn halve(
    factors: &dyn Factors,
    p: f64,
    bits: std::ops::Range<usize>,
    mut table: Vec<f64>,
    values: &mut [f64],
) {
    if bits.len() == 1 {
        act(&mut table, bits.start, factors.difference(bits.start));
        let values = &mut values[bits.start * table.len()..][..table.len()];
        values.iter_mut().zip(&table).for_each(|(sum, x)| *sum += x);
        return;
    }
    let middle = usize::midpoint(bits.start, bits.end);
    let mut first = table.clone();
    (middle..bits.end).for_each(|bit| act(&mut first, bit, factors.factor(bit, p)));
    halve(factors, p, bits.start..middle, first, values);
    (bits.start..middle).for_each(|bit| act(&mut table, bit, factors.factor(bit, p)));
    halve(factors, p, middle..bits.end, table, values);
}

/// Multiplies by a 2 x 2 matrix along one bit.
fn act(table: &mut [f64], bit: usize, [ss, sf, fs, ff]: [f64; 4]) {
    for pair in table.chunks_exact_mut(2 << bit) {
        let (failed, satisfied) = pair.split_at_mut(1 << bit);
        for (f, s) in failed.iter_mut().zip(satisfied) {
            (*s, *f) = (ss * *s + sf * *f, fs * *s + ff * *f);
        }
    }
}

/// By the cover ratios `[feature]`.
pub(super) struct ByCover<'a>(pub &'a [f64]);

impl Factors for ByCover<'_> {
    fn n_features(&self) -> usize {
        self.0.len()
    }

    fn start(&self) -> Vec<f64> {
        vec![1.0; 1 << self.0.len()]
    }

    fn factor(&self, bit: usize, p: f64) -> [f64; 4] {
        let failed = (1.0 - p) * self.0[bit];
        [p + failed, 0.0, 0.0, failed]
    }

    fn difference(&self, bit: usize) -> [f64; 4] {
        [1.0 - self.0[bit], 0.0, 0.0, -self.0[bit]]
    }
}

/// By a background's patterns of failed features, and their shares.
pub(super) struct ByBackground<'a> {
    pub n_features: usize,
    pub failed: &'a [(u128, f64)],
}

impl Factors for ByBackground<'_> {
    fn n_features(&self) -> usize {
        self.n_features
    }

    fn start(&self) -> Vec<f64> {
        let mut start = vec![0.0; 1 << self.n_features];
        let all = start.len() - 1;
        for (failed, share) in self.failed {
            start[all ^ *failed as usize] += share;
        }
        start
    }

    fn factor(&self, _: usize, p: f64) -> [f64; 4] {
        [1.0, p, 1.0 - p, 0.0]
    }

    fn difference(&self, _: usize) -> [f64; 4] {
        [0.0, 1.0, -1.0, 0.0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_feature_gets_what_the_split_changes() {
        assert_eq!(values(&ByCover(&[0.25])), [-0.25, 0.75]);
        // Three of four background rows fail: a row that satisfies gains 3/4, a row that fails loses 1/4.
        let background = ByBackground { n_features: 1, failed: &[(0, 0.25), (1, 0.75)] };
        assert_eq!(values(&background), [-0.25, 0.75]);
    }

    #[test]
    fn two_features_share_alike() {
        // v(both) = 1, v(first) = v(second) = 0.5, v(none) = 0.25.
        let values = values(&ByCover(&[0.5, 0.5]));
        assert!((values[3] - 0.375).abs() < 1e-15 && (values[7] - 0.375).abs() < 1e-15, "{values:?}");
    }
}
