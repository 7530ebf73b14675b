//! Gradients of one operator averaged on the way from the reference's inputs to its own.

use super::reference::Call;
use super::{Inputs, detached, valued, with_followed};
use crate::{Error, Operator, Tensor};

/// The operator's outputs with the gradients averaged over the straight line from the reference's inputs to its own, at
/// the nodes of Gauss and Legendre. The multipliers times the differences of the inputs sum to the difference of the
/// outputs: exactly for polynomials of degree up to twice the number of nodes (one node: products of two inputs, for
/// which it gives each input the mean of the other), else up to the error of the quadrature.
pub(super) fn averaged(
    operator: &dyn Operator,
    inputs: &Inputs,
    call: &Call,
    n_nodes: usize,
) -> Result<Vec<Tensor>, Error> {
    let outputs = operator.forward(&detached(inputs))?;
    let mut sums: Option<Vec<Tensor>> = None;
    for (node, weight) in nodes(n_nodes) {
        let between = with_followed(inputs, |i, x| x.with_value(&between(x, reference(call, i, x), node)?))?;
        let terms = operator.forward(&between)?;
        let terms = terms.into_iter().map(|it| if it.is_followed() { it.mul_number(weight) } else { Ok(it) });
        let terms = terms.collect::<Result<Vec<_>, _>>()?;
        sums = Some(match sums {
            None => terms,
            Some(sums) => sums.iter().zip(&terms).map(|(a, b)| add(a, b)).collect::<Result<_, _>>()?,
        });
    }
    valued(sums.unwrap_or_default(), &outputs)
}

fn add(sum: &Tensor, term: &Tensor) -> Result<Tensor, Error> {
    if term.is_followed() { sum.add(term) } else { Ok(sum.clone()) }
}

/// The reference's input beside one of the run's.
pub(super) fn reference<'a>(call: &'a Call, index: usize, own: &'a Tensor) -> &'a Tensor {
    call.inputs.get(index).and_then(Option::as_ref).unwrap_or(own)
}

fn between(x: &Tensor, reference: &Tensor, node: f64) -> Result<Tensor, Error> {
    x.detach().mul_number(node)?.add(&reference.mul_number(1.0 - node)?)
}

/// The nodes of Gauss and Legendre on 0..1 and their weights.
fn nodes(n: usize) -> Vec<(f64, f64)> {
    (0..n).map(|i| node(n, i)).collect()
}

/// One node: a root of the Legendre polynomial by Newton's method, from the usual first guess.
fn node(n: usize, i: usize) -> (f64, f64) {
    let order = n as f64;
    let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (order + 0.5)).cos();
    let mut slope = 1.0;
    for _ in 0..100 {
        let (value, derivative) = legendre(n, x);
        let step = value / derivative;
        (x, slope) = (x - step, derivative);
        if step.abs() < 1e-15 {
            break;
        }
    }
    (f64::midpoint(1.0, x), 1.0 / ((1.0 - x * x) * slope * slope))
}

/// The Legendre polynomial of order n and its slope.
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

    #[test]
    fn nodes_integrate_polynomials_exactly() {
        let integral =
            |n: usize, power: i32| -> f64 { nodes(n).iter().map(|(x, w)| w * x.powi(power)).sum() };
        assert!((integral(1, 1) - 0.5).abs() < 1e-15);
        assert!((integral(8, 15) - 1.0 / 16.0).abs() < 1e-14);
        assert!((integral(16, 31) - 1.0 / 32.0).abs() < 1e-14);
    }
}
