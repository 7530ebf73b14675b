//! Ready operators for networks written by hand, so that attribution rules find them.
//!
//! A network computes with [`Tensor`] or with burn's modules as it likes, and runs through [`Run::apply`](crate::Run::apply)
//! (or [`Run::one`](crate::Run::one)) what a rule must see:
//!
//! | rule | must see |
//! |---|---|
//! | guided backpropagation, deconvolution | [`RELU`] |
//! | DeepLIFT | all that is not linear: activations, softmax, maxima, products and quotients of activations, normalisation |
//! | LRP | these, and all that adds up: dense layers, convolutions, means, sums of activations |
//!
//! ```
//! use rationale_tensor::ops::{ADD, RELU};
//! use rationale_tensor::{Device, Run, Tensor};
//!
//! let x = Tensor::from_vec(vec![-1.0_f32, 2.0], &[2], &Device::flex())?;
//! let run = Run::new(&[]);
//! let y = run.one(&ADD, &[&x, &run.one(&RELU, &[&x])?])?;
//! assert_eq!(y.to_f64s()?, [-1.0, 4.0]);
//! # Ok::<(), rationale_tensor::Error>(())
//! ```

mod standardise;

use crate::{Error, Nature, Operator, Tensor};

pub use standardise::Standardise;

/// A function of one tensor.
#[derive(Debug, Clone, Copy)]
pub struct Unary {
    nature: Nature,
    function: fn(&Tensor) -> Result<Tensor, Error>,
}

/// A function of two tensors, broadcast.
#[derive(Debug, Clone, Copy)]
pub struct Binary {
    nature: Nature,
    function: fn(&Tensor, &Tensor) -> Result<Tensor, Error>,
}

macro_rules! elementwise {
    ($($(#[$doc:meta])* $name:ident: $nature:ident, $function:ident;)*) => {
        $($(#[$doc])* pub const $name: Unary = Unary { nature: Nature::$nature, function: Tensor::$function };)*
    };
}
elementwise! {
    /// max(x, 0).
    RELU: Rectifier, relu;
    /// 1 / (1 + e^-x).
    SIGMOID: Elementwise, sigmoid;
    /// The hyperbolic tangent.
    TANH: Elementwise, tanh;
    /// x Phi(x).
    GELU: Elementwise, gelu;
    /// e^x.
    EXP: Elementwise, exp;
    /// The natural logarithm.
    LOG: Elementwise, log;
    /// The square root.
    SQRT: Elementwise, sqrt;
    /// |x|.
    ABS: Elementwise, abs;
}

/// The sum.
pub const ADD: Binary = Binary { nature: Nature::Linear, function: Tensor::add };
/// The difference.
pub const SUB: Binary = Binary { nature: Nature::Linear, function: Tensor::sub };
/// The product, element by element.
pub const MUL: Binary = Binary { nature: Nature::Product, function: Tensor::mul };
/// The quotient, element by element.
pub const DIV: Binary = Binary { nature: Nature::Quotient, function: Tensor::div };
/// The product of matrices, of activations with weights or with each other.
pub const MATMUL: Binary = Binary { nature: Nature::Dense, function: Tensor::matmul };

impl Operator for Unary {
    fn nature(&self) -> Nature {
        self.nature
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        Ok(vec![(self.function)(input(inputs, 0)?)?])
    }
}

impl Operator for Binary {
    fn nature(&self) -> Nature {
        self.nature
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        Ok(vec![(self.function)(input(inputs, 0)?, input(inputs, 1)?)?])
    }
}

/// x to the power of a number.
#[derive(Debug, Clone, Copy)]
pub struct Power(pub f64);

/// x plus a number.
#[derive(Debug, Clone, Copy)]
pub struct AddNumber(pub f64);

/// x times a number.
#[derive(Debug, Clone, Copy)]
pub struct MulNumber(pub f64);

/// e^x over its sum along a dimension.
#[derive(Debug, Clone, Copy)]
pub struct Softmax(pub usize);

/// The mean over a dimension, which keeps length 1.
#[derive(Debug, Clone, Copy)]
pub struct Mean(pub usize);

/// The sum over a dimension, which keeps length 1.
#[derive(Debug, Clone, Copy)]
pub struct Sum(pub usize);

/// The largest element over a dimension, which keeps length 1.
#[derive(Debug, Clone, Copy)]
pub struct Max(pub usize);

/// The largest element of each window of `[example, channel, height, width]`.
#[derive(Debug, Clone, Copy)]
pub struct MaxPool(pub crate::Pooling);

/// The mean of each window of `[example, channel, height, width]`.
#[derive(Debug, Clone, Copy)]
pub struct MeanPool(pub crate::Pooling);

macro_rules! of_one_input {
    ($($type:ident: $nature:ident, |$self:ident, $x:ident| $result:expr;)*) => {
        $(impl Operator for $type {
            fn nature(&self) -> Nature {
                Nature::$nature
            }

            fn forward(&$self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
                let $x = input(inputs, 0)?;
                Ok(vec![$result?])
            }
        })*
    };
}
of_one_input! {
    Power: Elementwise, |self, x| x.pow_number(self.0);
    AddNumber: Linear, |self, x| x.add_number(self.0);
    MulNumber: Linear, |self, x| x.mul_number(self.0);
    Softmax: Softmax, |self, x| x.softmax(self.0);
    Mean: Linear, |self, x| x.mean(self.0);
    Sum: Linear, |self, x| x.sum(self.0);
    Max: Maximum, |self, x| x.max(self.0);
    MaxPool: Maximum, |self, x| x.max_pool(&self.0);
    MeanPool: Linear, |self, x| x.mean_pool(&self.0);
}

/// x W + b: inputs x `[.., in]`, W `[in, out]` and, where it is there, b `[out]`.
#[derive(Debug, Clone, Copy)]
pub struct Dense;

impl Operator for Dense {
    fn nature(&self) -> Nature {
        Nature::Dense
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let product = input(inputs, 0)?.matmul(input(inputs, 1)?)?;
        Ok(vec![match inputs.get(2).and_then(Option::as_ref) {
            Some(bias) => product.add(bias)?,
            None => product,
        }])
    }
}

/// A convolution: inputs x `[example, channel, ..]`, weights `[channel out, channel in of a group, ..]` and, where it is
/// there, a bias `[channel out]`.
#[derive(Debug, Clone)]
pub struct Convolve(pub crate::Convolution);

impl Operator for Convolve {
    fn nature(&self) -> Nature {
        Nature::Convolution
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let bias = inputs.get(2).and_then(Option::as_ref);
        Ok(vec![input(inputs, 0)?.convolve(input(inputs, 1)?, bias, &self.0)?])
    }
}

/// An input that must be there.
fn input(inputs: &[Option<Tensor>], index: usize) -> Result<&Tensor, Error> {
    inputs.get(index).and_then(Option::as_ref).ok_or_else(|| Error::Inputs {
        expected: format!("at least {}", index + 1),
        actual: format!("{} inputs", inputs.iter().flatten().count()),
    })
}
