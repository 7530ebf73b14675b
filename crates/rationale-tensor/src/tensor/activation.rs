//! Activation functions that are more than one formula, and layer normalisation.

use burn_backend::ops::{ActivationOps, ModuleOps};
use burn_dispatch::Dispatch;

use crate::{Device, Error, Kind, Tensor};

impl Tensor {
    /// x Phi(x), with the exact distribution function; its gradient is exact on every backend.
    pub fn gelu(&self) -> Result<Self, Error> {
        self.require("gelu", Kind::Float)?;
        if !self.is_followed() || self.is_on_flex() {
            return Ok(Self(Dispatch::gelu(self.0.clone())));
        }
        // Other backends differentiate an approximation by tanh.
        let doubled = self.mul_number(std::f64::consts::FRAC_1_SQRT_2)?.erf()?.add_number(1.0)?;
        self.mul(&doubled)?.mul_number(0.5)
    }

    /// ln(1 / (1 + e^-x)), without overflow.
    pub fn log_sigmoid(&self) -> Result<Self, Error> {
        self.require("log_sigmoid", Kind::Float)?;
        Ok(Self(Dispatch::log_sigmoid(self.0.clone())))
    }

    /// (x - mean) / sqrt(variance + `epsilon`) over the last dimension, times a scale, plus a bias, both as long as that
    /// dimension.
    pub fn layer_norm(&self, scale: &Self, bias: Option<&Self>, epsilon: f64) -> Result<Self, Error> {
        self.require("a layer normalisation's input", Kind::Float)?;
        let length = self.shape().last().copied().unwrap_or(0);
        if length == 0 {
            let expected = "a last dimension with elements";
            return Err(Error::shape("a layer normalisation's input", expected, &self.shape()));
        }
        for weight in [Some(scale), bias].into_iter().flatten() {
            if weight.shape() != [length] {
                let expected = format!("[{length}]");
                return Err(Error::shape("a layer normalisation's weight", expected, &weight.shape()));
            }
            if weight.element() != self.element() {
                return Err(Error::Element {
                    what: "a layer normalisation's weight".to_owned(),
                    expected: "the input's element type",
                    actual: weight.element(),
                });
            }
        }
        let (scale, bias) = (scale.0.clone(), bias.map(|it| it.0.clone()));
        Ok(Self(Dispatch::layer_norm(self.0.clone(), scale, bias, epsilon)))
    }

    fn is_on_flex(&self) -> bool {
        Device::named("flex").is_ok_and(|flex| self.detach().device() == flex)
    }
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use super::*;

    #[test]
    fn normalises_the_last_dimension() {
        let tensor =
            |values: Vec<f64>, shape: &[usize]| Tensor::from_vec(values, shape, &Device::flex()).unwrap();
        let x = tensor(vec![1.0, 3.0, -2.0, 2.0], &[2, 2]);
        let (scale, bias) = (tensor(vec![1.0, 10.0], &[2]), tensor(vec![0.0, 5.0], &[2]));
        let y = x.layer_norm(&scale, Some(&bias), 0.0).unwrap();
        assert_eq!(y.to_f64s().unwrap(), [-1.0, 15.0, -1.0, 15.0]);
        assert!(x.layer_norm(&x, None, 0.0).is_err());
    }

    #[test]
    fn a_followed_tensor_is_known_to_be_on_its_device() {
        let x = Tensor::from_vec(vec![1.0_f32], &[1], &Device::flex()).unwrap();
        assert!(x.is_on_flex() && x.leaf().unwrap().is_on_flex());
    }
}
