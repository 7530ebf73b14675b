//! A model whose parameters can be replaced by chance, layer by layer.

use std::any::Any;

use crate::{Error, Seed};

/// A model that can give a copy of itself with the parameters of some layers replaced.
///
/// An explanation that survives the loss of what a model has learnt does not explain what it has learnt (Adebayo et al.
/// 2018, <https://arxiv.org/abs/1810.03292>). Tests of that kind need a model whose parameters can be taken away without
/// knowing what they are: weights of a network, leaves and splits of trees.
///
/// The copy has the inputs and outputs of the original. Whoever knows its type gets it back by
/// `<dyn Any>::downcast_ref`, as the example shows.
///
/// ```
/// use std::any::Any;
/// use rationale_core::{Error, Randomise, Seed};
///
/// struct Linear(Vec<f64>);
///
/// impl Randomise for Linear {
///     fn layers(&self) -> Vec<String> {
///         vec!["weights".to_owned()]
///     }
///
///     fn randomised(&self, layers: &[usize], seed: Seed) -> Result<Box<dyn Randomise>, Error> {
///         let mut weights = self.0.clone();
///         if layers.contains(&0) {
///             seed.draws("randomise", 0, 0).shuffle(&mut weights);
///         }
///         Ok(Box::new(Linear(weights)))
///     }
/// }
///
/// let copy = Linear(vec![1.0, 2.0, 3.0]).randomised(&[0], Seed::new(1))?;
/// let copy: &dyn Any = copy.as_ref();
/// let mut weights = copy.downcast_ref::<Linear>().unwrap().0.clone();
/// weights.sort_by(f64::total_cmp);
/// assert_eq!(weights, [1.0, 2.0, 3.0]);
/// # Ok::<(), Error>(())
/// ```
pub trait Randomise: Any + Send + Sync {
    /// The names of the layers that have parameters, the one next to the output first.
    fn layers(&self) -> Vec<String>;

    /// A copy in which the parameters of these layers, counted as in [`Randomise::layers`], are replaced by chance and
    /// all others are as they were. Replaced values have the spread of those they replace; the draws of a layer do not
    /// depend on which others are replaced. A layer that does not exist is an [`Error::Layer`].
    fn randomised(&self, layers: &[usize], seed: Seed) -> Result<Box<dyn Randomise>, Error>;
}
