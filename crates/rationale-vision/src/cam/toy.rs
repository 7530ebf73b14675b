//! Networks written by hand, whose maps are known.
#![cfg(feature = "flex")]

use rationale_tensor::{
    Convolution, Device, Element, Error, Interface, Nature, Network, Operator, Port, Run, Site, Tensor,
};

/// conv -> relu (site `relu`) -> a head, over pictures `[n, 1, 3, 3]`.
pub(super) struct Toy {
    interface: Interface,
    kernel: Tensor,
    bias: Tensor,
    head: Head,
}

/// What follows the layer.
#[derive(Clone)]
pub(super) enum Head {
    /// The mean over space, and a linear layer `[channel, class]`.
    PooledLinear(Tensor),
    /// The same of the squares: not linear.
    Squared(Tensor),
    /// A linear layer `[channel * positions, class]`: not pooled.
    Flat(Tensor),
    /// The layer itself, as a dense output.
    Dense,
    /// The squares summed over channels and space, the same for two classes up to a factor of 3.
    Quadratic,
}

pub(super) fn device() -> Device {
    Device::flex()
}

pub(super) fn tensor(values: &[f32], shape: &[usize]) -> Tensor {
    Tensor::from_vec(values.to_vec(), shape, &device()).unwrap()
}

/// Numbers from -1 to 1 that look like nothing.
pub(super) fn numbers(n: usize, shift: f32) -> Vec<f32> {
    (0..n).map(|i| ((i as f32 + shift) * 12.9898).sin()).collect()
}

impl Toy {
    pub(super) const CHANNELS: usize = 4;

    /// Kernels of 2 x 2, four channels: the layer is `[n, 4, 2, 2]`.
    pub(super) fn new(head: Head) -> Self {
        Self::with_bias(head, &[0.1, -0.2, 0.3, 0.05], None)
    }

    pub(super) fn pooled() -> Self {
        Self::new(Head::PooledLinear(tensor(&numbers(12, 5.0), &[4, 3])))
    }

    /// A file that fixes the number of pictures.
    pub(super) fn fixed(n: usize) -> Self {
        Self::with_bias(
            Head::PooledLinear(tensor(&numbers(12, 5.0), &[4, 3])),
            &[0.1, -0.2, 0.3, 0.05],
            Some(n),
        )
    }

    fn with_bias(head: Head, bias: &[f32], n: Option<usize>) -> Self {
        let port = |name: &str, shape| Port { name: name.into(), element: Element::F32, shape };
        let site = |name: &str, operator: &str| Site {
            name: name.into(),
            operator: operator.into(),
            node: format!("node_of_{name}"),
        };
        let interface = Interface {
            inputs: vec![port("pictures", Some(vec![n, Some(1), Some(3), Some(3)]))],
            outputs: vec![port("classes", None)],
            sites: vec![site("conv", "Conv"), site("relu", "Relu"), site("pooled", "ReduceMean")],
            device: device(),
        };
        Self { interface, kernel: tensor(&numbers(16, 0.0), &[4, 1, 2, 2]), bias: tensor(bias, &[4]), head }
    }
}

/// Pictures `[n, 1, 3, 3]`.
pub(super) fn pictures(n: usize) -> Tensor {
    tensor(&numbers(9 * n, 77.0), &[n, 1, 3, 3])
}

#[derive(Debug)]
struct Conv;

impl Operator for Conv {
    fn nature(&self) -> Nature {
        Nature::Linear
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let [Some(x), Some(kernel), Some(bias)] = inputs else { panic!("three inputs") };
        let how =
            Convolution { strides: vec![1, 1], pads: vec![(0, 0); 2], dilations: vec![1, 1], groups: 1 };
        Ok(vec![x.convolve(kernel, Some(bias), &how)?])
    }
}

#[derive(Debug)]
struct Relu;

impl Operator for Relu {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let [Some(x)] = inputs else { panic!("one input") };
        Ok(vec![x.relu()?])
    }
}

#[derive(Debug)]
struct Mean;

impl Operator for Mean {
    fn nature(&self) -> Nature {
        Nature::Linear
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let [Some(x)] = inputs else { panic!("one input") };
        let shape = x.shape();
        Ok(vec![x.mean(3)?.mean(2)?.reshape(&[shape[0], shape[1]])?])
    }
}

#[derive(Debug)]
struct MatMul;

impl Operator for MatMul {
    fn nature(&self) -> Nature {
        Nature::Linear
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let [Some(x), Some(weights)] = inputs else { panic!("two inputs") };
        Ok(vec![x.matmul(weights)?])
    }
}

fn first(mut outputs: Vec<Tensor>) -> Tensor {
    outputs.swap_remove(0)
}

impl Network for Toy {
    fn interface(&self) -> &Interface {
        &self.interface
    }

    fn forward(&self, run: &mut Run<'_>) -> Result<Vec<Tensor>, Error> {
        let layer = run.site("relu", |run| {
            let conv = run.site("conv", |run| {
                let inputs =
                    [Some(run.input(0)?.clone()), Some(self.kernel.clone()), Some(self.bias.clone())];
                Ok(first(run.apply(&Conv, &inputs)?))
            })?;
            Ok(first(run.apply(&Relu, &[Some(conv)])?))
        })?;
        let n = layer.shape()[0];
        Ok(vec![match &self.head {
            Head::PooledLinear(weights) => {
                let pooled = run.site("pooled", |run| Ok(first(run.apply(&Mean, &[Some(layer)])?)))?;
                first(run.apply(&MatMul, &[Some(pooled), Some(weights.clone())])?)
            }
            Head::Squared(weights) => {
                let pooled = first(run.apply(&Mean, &[Some(layer.mul(&layer)?)])?);
                first(run.apply(&MatMul, &[Some(pooled), Some(weights.clone())])?)
            }
            Head::Flat(weights) => layer.reshape(&[n, Self::CHANNELS * 4])?.matmul(weights)?,
            Head::Dense => layer,
            Head::Quadratic => {
                let sum = layer.mul(&layer)?.reshape(&[n, Self::CHANNELS * 4])?.sum(1)?;
                Tensor::concat(&[sum.clone(), sum.mul_number(3.0)?], 1)?
            }
        }])
    }
}
