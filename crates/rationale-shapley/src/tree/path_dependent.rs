//! Path-dependent weights of a leaf (Lundberg, Erion, Lee 2018, <https://arxiv.org/abs/1802.03888>) by quadrature
//! (Wettenstein, Mitchell, Yu 2026, <https://arxiv.org/abs/2605.04497>).
//!
//! With z_j the product of the cover ratios on feature j, o_j = 1 where the row satisfies every split on j (else 0), and
//! f_j(p) = p o_j + (1 - p) z_j, feature i gets from a leaf of value 1
//!
//! ```text
//! w_i  = (o_i - z_i) * integral over [0, 1] of product of f_j, j != i
//! w_ij = (o_i - z_i) (o_j - z_j) / 2 * integral over [0, 1] of product of f_k, k != i, j
//! ```
//!
//! Both integrands are polynomials of degree below d, the number of features on the path, so ceil(d / 2) Gauss-Legendre
//! points are exact. Products over all but one feature are made of prefixes and suffixes: nothing is divided, so zero
//! ratios are no special case. Costs O(d²) for w_i and O(d³) for w_ij a pattern.

use super::engine::{LeafGame, LeafId, pair_index};
use super::paths::{Leaf, Pattern};
use super::quadrature::Quadrature;

/// The rules for paths of 0, 1, 2, ... features.
pub(super) struct PathDependent {
    rules: Vec<Quadrature>,
}

impl PathDependent {
    /// For paths of up to `longest` features.
    pub(super) fn new(longest: usize) -> Self {
        Self { rules: (0..=longest).map(Quadrature::for_path).collect() }
    }
}

impl LeafGame for PathDependent {
    fn values(&self, leaf: &Leaf, _: LeafId, failed: Pattern, weights: &mut [f64]) {
        let d = leaf.len();
        let mut factors = vec![0.0; d];
        let mut suffixes = vec![1.0; d + 1];
        for &(p, weight) in self.rules[d].points() {
            fill_factors(leaf, failed, p, &mut factors);
            for j in (0..d).rev() {
                suffixes[j] = suffixes[j + 1] * factors[j];
            }
            let mut prefix = weight;
            for i in 0..d {
                weights[i] += prefix * suffixes[i + 1];
                prefix *= factors[i];
            }
        }
        weights[..d].iter_mut().enumerate().for_each(|(i, w)| *w *= difference(leaf, failed, i));
    }

    fn pairs(&self, leaf: &Leaf, _: LeafId, failed: Pattern, weights: &mut [f64]) {
        let d = leaf.len();
        let mut factors = vec![0.0; d];
        let mut suffixes = vec![1.0; d + 1];
        for &(p, weight) in self.rules[d].points() {
            fill_factors(leaf, failed, p, &mut factors);
            for j in (0..d).rev() {
                suffixes[j] = suffixes[j + 1] * factors[j];
            }
            let mut prefix = weight;
            for i in 0..d {
                let mut without_i = prefix;
                for j in i + 1..d {
                    weights[pair_index(i, j)] += without_i * suffixes[j + 1];
                    without_i *= factors[j];
                }
                prefix *= factors[i];
            }
        }
        for j in 1..d {
            for i in 0..j {
                weights[pair_index(i, j)] *= 0.5 * difference(leaf, failed, i) * difference(leaf, failed, j);
            }
        }
    }
}

fn satisfied(failed: Pattern, slot: usize) -> f64 {
    if failed >> slot & 1 == 0 { 1.0 } else { 0.0 }
}

fn difference(leaf: &Leaf, failed: Pattern, slot: usize) -> f64 {
    satisfied(failed, slot) - leaf.ratios[slot]
}

fn fill_factors(leaf: &Leaf, failed: Pattern, p: f64, factors: &mut [f64]) {
    for (slot, factor) in factors.iter_mut().enumerate() {
        *factor = p * satisfied(failed, slot) + (1.0 - p) * leaf.ratios[slot];
    }
}
