//! Where the steps of a straight path lie, and what each counts.

use crate::Error;

/// A rule of integration over [0, 1].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quadrature {
    /// The nodes and weights of Gauss and Legendre: exact for polynomials of degree 2 n - 1. captum's default.
    #[default]
    GaussLegendre,
    /// The left ends of n equal parts.
    RiemannLeft,
    /// The right ends.
    RiemannRight,
    /// The middles.
    RiemannMiddle,
    /// n nodes from 0 to 1, the first and last of half weight. The weights add up to 1; captum's
    /// `riemann_trapezoid` divides by n in the place of n - 1, so that its attributions are too small by 1 / n.
    Trapezoid,
}

/// A step: how far along the path, and what it counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    /// The way from the baseline, 0, to the input, 1.
    pub alpha: f64,
    /// The weight.
    pub weight: f64,
}

impl Quadrature {
    /// The steps. The trapezoid rule needs two.
    ///
    /// ```
    /// use rationale_gradient::Quadrature;
    ///
    /// let nodes = Quadrature::GaussLegendre.nodes(2)?;
    /// assert!((nodes[0].alpha - (0.5 - 0.5 / 3_f64.sqrt())).abs() < 1e-15);
    /// let cube: f64 = nodes.iter().map(|it| it.weight * it.alpha.powi(3)).sum();
    /// assert!((cube - 0.25).abs() < 1e-15);
    /// # Ok::<(), rationale_gradient::Error>(())
    /// ```
    pub fn nodes(self, n_steps: usize) -> Result<Vec<Node>, Error> {
        let n = n_steps as f64;
        let least = if self == Self::Trapezoid { 2 } else { 1 };
        if n_steps < least {
            let expected = if least == 2 { "at least 2 for the trapezoid rule" } else { "at least 1" };
            return Err(Error::Setting { what: "the number of steps", value: n, expected });
        }
        let equal =
            |shift: f64| (0..n_steps).map(move |i| Node { alpha: (i as f64 + shift) / n, weight: 1.0 / n });
        Ok(match self {
            Self::GaussLegendre => gauss_legendre(n_steps),
            Self::RiemannLeft => equal(0.0).collect(),
            Self::RiemannMiddle => equal(0.5).collect(),
            Self::RiemannRight => equal(1.0).collect(),
            Self::Trapezoid => trapezoid(n_steps),
        })
    }

    /// The name, for the evidence.
    pub fn name(self) -> &'static str {
        match self {
            Self::GaussLegendre => "gauss-legendre",
            Self::RiemannLeft => "riemann-left",
            Self::RiemannRight => "riemann-right",
            Self::RiemannMiddle => "riemann-middle",
            Self::Trapezoid => "trapezoid",
        }
    }
}

fn trapezoid(n: usize) -> Vec<Node> {
    let step = 1.0 / (n - 1) as f64;
    let weight = |i: usize| if i == 0 || i == n - 1 { step / 2.0 } else { step };
    (0..n).map(|i| Node { alpha: i as f64 * step, weight: weight(i) }).collect()
}

/// The roots of the Legendre polynomial by Newton's method from Tricomi's first guess, good to the last bits.
fn gauss_legendre(n: usize) -> Vec<Node> {
    let node = |i: usize| {
        let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
        for _ in 0..100 {
            let (value, slope) = legendre(n, x);
            let step = value / slope;
            x -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        let (_, slope) = legendre(n, x);
        Node { alpha: 0.5 - x / 2.0, weight: 1.0 / ((1.0 - x * x) * slope * slope) }
    };
    (0..n).map(node).collect()
}

/// The polynomial's value and slope, by its three-term recurrence.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
    }
    (value, n as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Quadrature; 5] = [
        Quadrature::GaussLegendre,
        Quadrature::RiemannLeft,
        Quadrature::RiemannRight,
        Quadrature::RiemannMiddle,
        Quadrature::Trapezoid,
    ];

    #[test]
    fn weights_add_up_to_one() {
        for rule in ALL {
            for n in [2, 3, 50, 301] {
                let nodes = rule.nodes(n).unwrap();
                let total: f64 = nodes.iter().map(|it| it.weight).sum();
                assert!(nodes.len() == n && (total - 1.0).abs() < 1e-13, "{rule:?} {n} {total}");
            }
        }
    }

    #[test]
    fn gauss_legendre_is_exact_for_polynomials_of_degree_2_n_minus_1() {
        for n in [1, 2, 5, 20, 50] {
            let nodes = Quadrature::GaussLegendre.nodes(n).unwrap();
            for degree in 0..(2 * n) {
                let sum: f64 = nodes.iter().map(|it| it.weight * it.alpha.powi(degree as i32)).sum();
                assert!((sum * (degree + 1) as f64 - 1.0).abs() < 1e-12, "{n} {degree} {sum}");
            }
        }
    }

    #[test]
    fn rejects_zero_steps() {
        for rule in ALL {
            let message = rule.nodes(0).unwrap_err().to_string();
            assert!(message.starts_with("the number of steps is 0, but must be at least"), "{message}");
        }
        assert!(Quadrature::Trapezoid.nodes(1).is_err());
    }
}
