//! Tensors on a device chosen at run time, and networks whose insides can be reached.
//!
//! This is the one crate that knows burn. A [`Tensor`] has any rank and element type; a [`Network`] has named sites
//! that a [`Run`] can watch, replace and begin at; [`differentiate`] gives gradients at inputs and sites without work
//! below the lowest. An [`Operator`] says what attribution rules must know of it ([`Nature`]), so that a [`Rule`] can
//! put its own multipliers in the place of gradients: [`rules`] has DeepLIFT, LRP and guided backpropagation, [`ops`] ready
//! operators for networks written by hand.
//!
//! ```
//! use rationale_tensor::{Device, Element, Interface, Network, Place, Port, Run, Site, Tensor, differentiate};
//!
//! /// y = (2 x)^2, with a site at 2 x.
//! struct Square(Interface);
//!
//! impl Network for Square {
//!     fn interface(&self) -> &Interface {
//!         &self.0
//!     }
//!     fn forward(&self, run: &mut Run<'_>) -> Result<Vec<Tensor>, rationale_tensor::Error> {
//!         let doubled = run.site("doubled", |run| run.input(0)?.mul_number(2.0))?;
//!         Ok(vec![doubled.mul(&doubled)?])
//!     }
//! }
//!
//! let device = Device::flex();
//! let port = |name: &str| Port { name: name.into(), element: Element::F32, shape: Some(vec![None]) };
//! let site = Site { name: "doubled".into(), operator: "Mul".into(), node: String::new() };
//! let interface =
//!     Interface { inputs: vec![port("x")], outputs: vec![port("y")], sites: vec![site], device: device.clone() };
//!
//! let x = Tensor::from_vec(vec![3.0_f32], &[1], &device)?;
//! let places = [Place::Input(0), Place::Site("doubled".into())];
//! let found = differentiate(&Square(interface), &[x], &places, &|outputs| Ok(outputs[0].clone()))?;
//! assert_eq!(found.gradients[0].to_f64s()?, [24.0]); // 8 x
//! assert_eq!(found.gradients[1].to_f64s()?, [12.0]); // 2 (2 x)
//! # Ok::<(), rationale_tensor::Error>(())
//! ```
//!
//! # Should I be using this crate?
//!
//! To explain a network from an ONNX file, take `rationale-onnx` and a crate of methods (`rationale-vision`). Take this
//! crate to make your own network explainable: implement [`Network`] for it, over burn's modules (feature `modules`)
//! or over [`Tensor`] alone.

#![allow(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "lengths and indices are bounded by what fits in memory, and checked to be in range before they are cast"
)]

mod buffer;
mod device;
mod differentiate;
mod element;
mod error;
mod network;
mod operator;
pub mod ops;
mod rows;
pub mod rules;
mod run;
mod tensor;
#[cfg(feature = "modules")]
mod weights;

pub use buffer::Buffer;
pub use device::Device;
pub use differentiate::{Differentiated, Place, differentiate, differentiate_from, differentiate_run};
pub use element::{Element, Kind};
pub use error::Error;
pub use network::{Interface, Network, Port, Site};
pub use operator::{Nature, Operator, Rule, Runner};
pub use rows::Rows;
pub use run::Run;
pub use tensor::{Convolution, Gradients, Number, Pooling, Tensor, TransposedConvolution, broadcast_shape};
#[cfg(feature = "modules")]
pub use weights::{Layout, load_weights};
