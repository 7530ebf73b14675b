//! Gauss-Legendre quadrature on [0, 1]: exact for polynomials of degree up to 2 n - 1.

/// Points and weights.
#[derive(Debug, Clone)]
pub(super) struct Quadrature {
    points: Vec<(f64, f64)>,
}

impl Quadrature {
    /// The rule of `n` points.
    pub(super) fn new(n: usize) -> Self {
        let points = (0..n).map(|i| point(n, i)).collect();
        Self { points }
    }

    /// The fewest points that are exact for the products over the `d` features of a path but one: degree d - 1.
    pub(super) fn for_path(d: usize) -> Self {
        Self::new(d.div_ceil(2))
    }

    /// (point, weight) in ascending order of points.
    pub(super) fn points(&self) -> &[(f64, f64)] {
        &self.points
    }
}

/// The i-th root of the Legendre polynomial of degree n, by Newton's method from Tricomi's estimate, moved to [0, 1].
fn point(n: usize, i: usize) -> (f64, f64) {
    let order = n as f64;
    let mut x = -(std::f64::consts::PI * (i as f64 + 0.75) / (order + 0.5)).cos();
    let mut slope = 0.0;
    // Newton doubles the digits each time; from this estimate four steps reach rounding error.
    for _ in 0..6 {
        let (value, previous) = legendre(n, x);
        slope = order * (x * value - previous) / (x * x - 1.0);
        x -= value / slope;
    }
    (0.5 * (x + 1.0), 1.0 / ((1.0 - x * x) * slope * slope))
}

/// The Legendre polynomials of degree n and n - 1 at x, by Bonnet's recursion.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut value, mut previous) = (1.0, 0.0);
    for k in 1..=n {
        let k = k as f64;
        (value, previous) = (((2.0 * k - 1.0) * x * value - (k - 1.0) * previous) / k, value);
    }
    (value, previous)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_exact_for_the_degree_it_claims() {
        for n in 1..=64_u16 {
            let rule = Quadrature::new(usize::from(n));
            for degree in 0..2 * i32::from(n) {
                let sum: f64 = rule.points().iter().map(|(p, w)| w * p.powi(degree)).sum();
                let exact = 1.0 / f64::from(degree + 1);
                assert!((sum - exact).abs() < 4e-15, "{n} points, degree {degree}: {sum} against {exact}");
            }
        }
    }

    #[test]
    fn the_empty_path_needs_no_points() {
        assert!(Quadrature::for_path(0).points().is_empty());
    }
}
