//! A normal law cut off at both ends, drawn by its quantile function.
//!
//! ```text
//! x = mean + sd Phi^-1(Phi(a) + u (Phi(b) - Phi(a))),   a = (low - mean) / sd,  b = (high - mean) / sd
//! ```
//!
//! **Costs**: one table of 1,025 quantiles, then one multiplication a draw. **Departs**: between the table's nodes the
//! quantile is a line (off by less than 1e-3 sd); the outermost cells, where it is steep, are computed.

use statrs::distribution::{ContinuousCDF, Normal};

const N_CELLS: usize = 1024;
/// Cells at either end whose quantiles are computed.
const N_STEEP: usize = 8;

/// Values between two ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TruncatedNormal {
    mean: f64,
    sd: f64,
    low: f64,
    high: f64,
    nodes: Vec<f64>,
}

impl TruncatedNormal {
    /// A value without spread is always `low`.
    pub(crate) fn new(mean: f64, sd: f64, low: f64, high: f64) -> Self {
        let mut law = Self { mean, sd, low, high, nodes: Vec::new() };
        if low < high && sd > 0.0 {
            law.nodes = (0..=N_CELLS).map(|node| law.quantile(node as f64 / N_CELLS as f64)).collect();
        }
        law
    }

    /// The value below which a share `u` in [0, 1) lies.
    pub(crate) fn value(&self, u: f64) -> f64 {
        if self.nodes.is_empty() {
            return self.low;
        }
        let position = u * N_CELLS as f64;
        let cell = index(position).min(N_CELLS - 1);
        if !(N_STEEP..N_CELLS - N_STEEP).contains(&cell) {
            return self.quantile(u);
        }
        let (a, b) = (self.nodes[cell], self.nodes[cell + 1]);
        a + (b - a) * (position - cell as f64)
    }

    fn quantile(&self, u: f64) -> f64 {
        let normal = Normal::standard();
        let (a, b) = ((self.low - self.mean) / self.sd, (self.high - self.mean) / self.sd);
        let (below_a, below_b) = (normal.cdf(a), normal.cdf(b));
        let z = normal.inverse_cdf(below_a + u * (below_b - below_a));
        (self.mean + self.sd * z).clamp(self.low, self.high)
    }
}

/// The whole part of a number that is at least 0.
#[expect(clippy::cast_sign_loss, reason = "a share is not negative")]
fn index(position: f64) -> usize {
    position as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_keeps_to_the_quantile_function() {
        for (low, high) in [(-1.0, 1.0), (-0.5, 6.0), (-8.0, 8.0)] {
            let law = TruncatedNormal::new(0.0, 1.0, low, high);
            for k in 0..10_000 {
                let u = (f64::from(k) + 0.5) / 1e4;
                assert!((law.value(u) - law.quantile(u)).abs() < 1e-3, "{low} {high} {u}");
            }
        }
    }

    #[test]
    fn draws_stay_between_the_ends_and_one_value_stays_itself() {
        let law = TruncatedNormal::new(5.0, 1e-11, 4.0, 5.0);
        assert!((0..100).all(|k| (4.0..=5.0).contains(&law.value(f64::from(k) / 100.0))));
        assert_eq!(TruncatedNormal::new(0.0, 1e-11, 3.0, 3.0).value(0.7), 3.0);
    }
}
