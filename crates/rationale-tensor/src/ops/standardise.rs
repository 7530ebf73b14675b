//! Normalisation by statistics, in its parts.

use super::{ADD, AddNumber, DIV, MUL, Mean, SQRT, SUB, input};
use crate::{Error, Nature, Operator, Runner, Tensor};

/// (x - mean) / sqrt(variance + epsilon) over one dimension, times a scale, plus a bias: inputs x and, where they are
/// there, scale and bias, broadcast to x.
///
/// Its parts are differences, products, means, a root and a quotient, so that a rule which has one for each of these
/// has one for the whole.
#[derive(Debug, Clone, Copy)]
pub struct Standardise {
    /// The dimension over which mean and variance are taken.
    pub dimension: usize,
    /// What is added to the variance.
    pub epsilon: f64,
}

impl Standardise {
    fn run(&self, inputs: &[Option<Tensor>], run: &Runner<'_>) -> Result<Tensor, Error> {
        let one = |operator: &dyn Operator, inputs: &[&Tensor]| -> Result<Tensor, Error> {
            let inputs: Vec<_> = inputs.iter().map(|it| Some((*it).clone())).collect();
            input(&run(operator, &inputs)?.into_iter().map(Some).collect::<Vec<_>>(), 0).cloned()
        };
        let (x, mean) = (input(inputs, 0)?, Mean(self.dimension));
        let centred = one(&SUB, &[x, &one(&mean, &[x])?])?;
        let variance = one(&mean, &[&one(&MUL, &[&centred, &centred])?])?;
        let deviation = one(&SQRT, &[&one(&AddNumber(self.epsilon), &[&variance])?])?;
        let mut y = one(&DIV, &[&centred, &deviation])?;
        if let Some(scale) = inputs.get(1).and_then(Option::as_ref) {
            y = one(&MUL, &[&y, scale])?;
        }
        match inputs.get(2).and_then(Option::as_ref) {
            Some(bias) => one(&ADD, &[&y, bias]),
            None => Ok(y),
        }
    }
}

impl Operator for Standardise {
    fn nature(&self) -> Nature {
        Nature::Joint
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        Ok(vec![self.run(inputs, &|operator, inputs| operator.forward(inputs))?])
    }

    fn parts(&self, inputs: &[Option<Tensor>], run: &Runner<'_>) -> Option<Result<Vec<Tensor>, Error>> {
        Some(self.run(inputs, run).map(|it| vec![it]))
    }
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use super::*;
    use crate::Device;

    #[test]
    fn agrees_with_layer_normalisation() {
        let tensor =
            |values: Vec<f64>, shape: &[usize]| Tensor::from_vec(values, shape, &Device::flex()).unwrap();
        let x = tensor(vec![1.0, 3.0, -2.0, 5.0, 0.5, 0.25], &[2, 3]);
        let (scale, bias) = (tensor(vec![1.0, 10.0, 2.0], &[3]), tensor(vec![0.0, 5.0, 1.0], &[3]));
        let right = x.layer_norm(&scale, Some(&bias), 1e-5).unwrap().to_f64s().unwrap();
        let own = Standardise { dimension: 1, epsilon: 1e-5 }.forward(&[Some(x), Some(scale), Some(bias)]);
        let own = own.unwrap()[0].to_f64s().unwrap();
        assert!(own.iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-12));
    }
}
