//! Remembers a leaf's weights by pattern while a block of rows passes it.
//!
//! Rows of a block fall into few patterns, so most rows are a look-up. The weights are a pure function of the pattern:
//! remembering changes no bit of the result.

use std::collections::BTreeMap;
use std::ops::Range;

use super::paths::Pattern;

/// Up to this many features a pattern is an index into an array; above, a key of a map.
const DIRECT_FEATURES: usize = 8;
const EMPTY: u32 = u32::MAX;

/// The weights of the patterns met at one leaf.
#[derive(Default)]
pub(super) struct Memo {
    direct: Vec<u32>,
    sparse: BTreeMap<Pattern, u32>,
    weights: Vec<f64>,
    width: usize,
}

impl Memo {
    /// Forgets everything; from now on patterns have `n_features` bits and `width` weights.
    pub(super) fn reset(&mut self, n_features: usize, width: usize) {
        self.direct.clear();
        self.sparse.clear();
        self.weights.clear();
        self.width = width;
        if n_features <= DIRECT_FEATURES {
            self.direct.resize(1 << n_features, EMPTY);
        }
    }

    /// The weights of a pattern, by `fill` (into zeros) where it is new.
    pub(super) fn weights(&mut self, pattern: Pattern, fill: impl FnOnce(&mut [f64])) -> &[f64] {
        let next = (self.weights.len() / self.width.max(1)) as u32;
        let place = if self.direct.is_empty() {
            *self.sparse.entry(pattern).or_insert(next)
        } else {
            let place = &mut self.direct[pattern as usize];
            *place = if *place == EMPTY { next } else { *place };
            *place
        };
        let range = self.range(place);
        if place == next {
            self.weights.resize(range.end, 0.0);
            fill(&mut self.weights[range.clone()]);
        }
        &self.weights[range]
    }

    fn range(&self, place: u32) -> Range<usize> {
        let start = place as usize * self.width;
        start..start + self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pattern_is_computed_once() {
        for n_features in [3, 40] {
            let mut memo = Memo::default();
            memo.reset(n_features, 2);
            let mut calls = 0;
            for pattern in [5, 0, 5, 7, 0] {
                let weights = memo.weights(pattern, |weights| {
                    calls += 1;
                    weights[0] = pattern as f64;
                });
                assert_eq!(weights, [pattern as f64, 0.0]);
            }
            assert_eq!(calls, 3);
        }
    }
}
