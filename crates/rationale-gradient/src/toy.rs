//! Networks written by hand, whose attributions are known.
#![cfg(feature = "flex")]

use rationale_tensor::{Device, Element, Error, Interface, Network, Port, Run, Site, Tensor};

type Forward = dyn Fn(&mut Run<'_>) -> Result<Vec<Tensor>, Error> + Send + Sync;

/// A network that is a closure.
pub(crate) struct Toy {
    interface: Interface,
    forward: Box<Forward>,
}

impl Network for Toy {
    fn interface(&self) -> &Interface {
        &self.interface
    }

    fn forward(&self, run: &mut Run<'_>) -> Result<Vec<Tensor>, Error> {
        (self.forward)(run)
    }
}

pub(crate) fn tensor(values: &[f32], shape: &[usize]) -> Tensor {
    Tensor::from_vec(values.to_vec(), shape, &Device::flex()).unwrap()
}

/// Numbers from -1 to 1 that look like nothing.
pub(crate) fn numbers(n: usize, shift: f32) -> Vec<f32> {
    (0..n).map(|i| ((i as f32 + shift) * 12.9898).sin()).collect()
}

/// A closure as a network with one input of these elements and these sites.
pub(crate) fn toy(
    element: Element,
    shape: &[Option<usize>],
    sites: &[(&str, &str)],
    forward: impl Fn(&mut Run<'_>) -> Result<Vec<Tensor>, Error> + Send + Sync + 'static,
) -> Toy {
    let port = |name: &str, element, shape| Port { name: name.into(), element, shape };
    let site = |(name, operator): &(&str, &str)| Site {
        name: (*name).into(),
        operator: (*operator).into(),
        node: format!("node_of_{name}"),
    };
    let interface = Interface {
        inputs: vec![port("x", element, Some(shape.to_vec()))],
        outputs: vec![port("y", Element::F32, None)],
        sites: sites.iter().map(site).collect(),
        device: Device::flex(),
    };
    Toy { interface, forward: Box::new(forward) }
}

/// A function of rows, with the site `inner` at the input doubled and halved again.
pub(crate) fn of_rows(
    n: usize,
    function: impl Fn(&[Tensor]) -> Result<Tensor, Error> + Send + Sync + 'static,
) -> Toy {
    toy(Element::F32, &[None, Some(n)], &[("inner", "Mul")], move |run| {
        let inner = run.site("inner", |run| run.input(0)?.mul_number(2.0))?;
        let half = inner.mul_number(0.5)?;
        let columns: Vec<_> = (0..n).map(|i| half.narrow(1, i, i + 1)).collect::<Result<_, _>>()?;
        Ok(vec![function(&columns)?])
    })
}

/// 5 x0 + x1^2 + sin x2.
pub(crate) fn formula(n: usize) -> Toy {
    of_rows(n, |x| x[0].mul_number(5.0)?.add(&x[1].mul(&x[1])?)?.add(&x[2].sin()?))
}

/// Two layers of ReLU of these weights, in `n` features: continuous, and linear in pieces.
pub(crate) fn piecewise_linear(n: usize, weights: Vec<f32>) -> Toy {
    let hidden = 6;
    toy(Element::F32, &[None, Some(n)], &[("hidden", "Relu")], move |run| {
        let first = tensor(&weights[..n * hidden], &[n, hidden]);
        let bias = tensor(&weights[n * hidden..(n + 1) * hidden], &[1, hidden]);
        let second = tensor(&weights[(n + 1) * hidden..(n + 2) * hidden], &[hidden, 1]);
        let layer = run.site("hidden", |run| run.input(0)?.matmul(&first)?.add(&bias)?.relu())?;
        Ok(vec![layer.matmul(&second)?])
    })
}
