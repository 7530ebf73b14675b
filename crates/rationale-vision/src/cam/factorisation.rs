//! Deep feature factorisation. Collins, Achanta and Süsstrunk 2018, <https://arxiv.org/abs/1806.10206>.
//!
//! ```text
//! A ~ H W,  H, W >= 0,  minimising |A - H W|^2                  (3)
//! ```
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | A | the layer's activations of all pictures, each channel less its least value | `[position, channel]` |
//! | H | [`Factors::maps`] | `[picture, factor, row, column]` |
//! | W | [`Factors::directions`] | `[factor, channel]` |
//!
//! Holds: each factor is a direction in the channels and a map of where it occurs, over all pictures together, so that the
//! same part of two pictures has the same factor. It knows no class.
//! Costs: one forward pass; a sweep costs positions * channels * factors.
//! Departs: the paper asks for a layer behind a ReLU; to serve others, each channel's least value is taken off and given
//! in [`Factors::offsets`], as pytorch-grad-cam does. Solved by coordinate descent over factors (Cichocki and Phan 2009);
//! the paper and scikit-learn begin at random, too, and none of the three finds more than a local minimum: what another
//! seed gives is part of reading the result.

use ndarray::{Array1, Array2, Array4, ArrayView1, Axis};
use rationale_core::{Evidence, Progress, Seed};
use rationale_tensor::{Network, Tensor};

use super::explain::ClassActivation;
use super::layer::Layer;
use super::look::look;
use super::maps::Maps;
use super::method::CamMethod;
use super::passes::Passes;
use crate::Error;

/// Divides the activations of a layer into a few parts.
///
/// ```
/// use rationale_vision::Factorisation;
///
/// let explainer = Factorisation::new(5).with_layer("layer4");
/// // explainer.explain(&network, &pictures, &Silent) gives maps [picture, factor, row, column].
/// # let _ = explainer;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Factorisation {
    n_factors: usize,
    n_sweeps: usize,
    tolerance: f64,
    seed: Seed,
    look: ClassActivation,
}

/// The parts of a layer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Factors {
    /// Where each factor occurs `[picture, factor, row, column]`, not negative.
    pub maps: Array4<f64>,
    /// What each factor is `[factor, channel]`, not negative.
    pub directions: Array2<f64>,
    /// Each channel's least value, which was taken off.
    pub offsets: Array1<f64>,
    /// |A - H W| / |A|.
    pub relative_error: f64,
    /// The layer, and how its value was read.
    pub layer: Layer,
    /// What the factors rest on.
    pub evidence: Evidence,
}

impl Factorisation {
    /// A factorisation into so many parts.
    pub fn new(n_factors: usize) -> Self {
        let look = ClassActivation::new(CamMethod::EigenCam);
        Self { n_factors, n_sweeps: 200, tolerance: 1e-4, seed: Seed::default(), look }
    }

    /// Looks at the layer of this name; the last one unless said otherwise.
    pub fn with_layer(mut self, name: &str) -> Self {
        self.look =
            ClassActivation::new(CamMethod::EigenCam).with_layer(name).with_batch_size(self.look.batch_size);
        self
    }

    /// At most so many sweeps; 200 unless said otherwise, scikit-learn's.
    pub fn with_sweeps(mut self, n_sweeps: usize) -> Self {
        self.n_sweeps = n_sweeps;
        self
    }

    /// So many pictures go through the network at once.
    pub fn with_batch_size(mut self, batch_size: usize) -> Self {
        self.look = self.look.with_batch_size(batch_size);
        self
    }

    /// The seed of the beginning.
    pub fn with_seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Divides the layer's activations of all pictures together. A unit of progress is one picture's way through the
    /// network.
    pub fn explain(
        &self,
        network: &dyn Network,
        pictures: &Tensor,
        progress: &dyn Progress,
    ) -> Result<Factors, Error> {
        if self.n_factors == 0 {
            return Err(Error::Number { what: "the number of factors", value: 0.0, expected: "at least 1" });
        }
        let passes = Passes::new(network, pictures, self.look.batch_size, 0, progress)?;
        let (layer, activations) = self.activations(&passes, pictures)?;
        let (n, channels, rows, columns) = activations.dim();
        let positions = activations.permuted_axes([0, 2, 3, 1]);
        let values: Vec<f64> = positions.iter().map(|it| if it.is_nan() { 0.0 } else { *it }).collect();
        let matrix = Array2::from_shape_vec((n * rows * columns, channels), values).unwrap_or_default();
        let offsets = matrix.fold_axis(Axis(0), f64::INFINITY, |least, it| least.min(*it));
        let matrix = matrix - &offsets;
        let (maps, directions, relative_error) = self.factorised(&matrix);
        let maps = maps.into_shape_with_order((n, rows, columns, self.n_factors)).unwrap_or_default();
        let evidence = Evidence::new("deep-feature-factorisation", passes.interface().device.name())
            .with_parameter("layer", layer.describe().as_str())
            .with_parameter("factors", self.n_factors)
            .with_parameter("relative_error", relative_error)
            .with_parameter("caveat", Maps::CAVEAT)
            .with_seed(self.seed)
            .with_model_calls(passes.calls());
        let maps = maps.permuted_axes([0, 3, 1, 2]).as_standard_layout().into_owned();
        Ok(Factors { maps, directions, offsets, relative_error, layer, evidence })
    }

    fn activations(&self, passes: &Passes<'_>, pictures: &Tensor) -> Result<(Layer, Array4<f64>), Error> {
        let pictures = ClassActivation::prepared(passes, pictures)?;
        let n = pictures.shape()[0];
        let mut found: Vec<Array4<f64>> = Vec::new();
        let mut layers: Option<Vec<Layer>> = None;
        for first in (0..n).step_by(passes.batch_size()) {
            let batch = pictures.narrow(0, first, n.min(first + passes.batch_size()))?;
            let seen = look(&self.look, passes, &batch, first, layers.as_deref(), None)?.seen;
            layers = Some(seen.iter().map(|it| it.layer.clone()).collect());
            found.extend(seen.into_iter().take(1).map(|it| it.activation));
        }
        let views: Vec<_> = found.iter().map(Array4::view).collect();
        let layer = layers.and_then(|it| it.into_iter().next()).ok_or(Error::NoLayer { n_sites: 0 })?;
        let all = ndarray::concatenate(Axis(0), &views).map_err(|_| Error::NoLayer { n_sites: 1 })?;
        Ok((layer, all))
    }

    /// H, W and the relative error.
    fn factorised(&self, matrix: &Array2<f64>) -> (Array2<f64>, Array2<f64>, f64) {
        let mut draws = self.seed.draws("deep-feature-factorisation", 0, 0);
        let scale = (matrix.mean().unwrap_or(0.0) / self.n_factors as f64).max(0.0).sqrt();
        let mut random = |shape| Array2::from_shape_simple_fn(shape, || scale * draws.normal().abs());
        let mut maps: Array2<f64> = random((matrix.nrows(), self.n_factors));
        let mut directions: Array2<f64> = random((self.n_factors, matrix.ncols()));
        let mut first_change = None;
        for _ in 0..self.n_sweeps {
            let of_directions = descend(&mut directions, &maps.t().dot(matrix), &maps.t().dot(&maps));
            let products = directions.dot(&matrix.t());
            let gram = directions.dot(&directions.t());
            let mut transposed = maps.reversed_axes();
            let change = of_directions + descend(&mut transposed, &products, &gram);
            maps = transposed.reversed_axes();
            if change <= self.tolerance * *first_change.get_or_insert(change) {
                break;
            }
        }
        let rest = matrix - &maps.dot(&directions);
        let size = |it: &Array2<f64>| it.iter().map(|x| x * x).sum::<f64>().sqrt();
        let whole = size(matrix);
        let relative_error = if whole > 0.0 { size(&rest) / whole } else { 0.0 };
        (maps, directions, relative_error)
    }
}

/// One sweep over the rows of a factor: each is set to its best value while the others stay. Returns how much changed.
fn descend(rows: &mut Array2<f64>, products: &Array2<f64>, gram: &Array2<f64>) -> f64 {
    let mut change = 0.0;
    for k in 0..rows.nrows() {
        let own = gram[[k, k]];
        if own <= 0.0 {
            continue;
        }
        let gradient = gram.row(k).dot(&*rows) - products.row(k);
        let old: ArrayView1<'_, f64> = rows.row(k);
        let new = (&old - &(gradient / own)).mapv(|it| it.max(0.0));
        change += old.iter().zip(&new).map(|(old, new)| (old - new).abs()).sum::<f64>();
        rows.row_mut(k).assign(&new);
    }
    change
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use ndarray::array;
    use rationale_core::Silent;

    use super::super::toy::{Toy, pictures};
    use super::*;

    #[test]
    fn finds_two_parts_that_are_there() {
        let maps = array![[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, 3.0]];
        let matrix = maps.dot(&array![[1.0, 2.0, 0.0], [0.0, 1.0, 4.0]]);
        let (found, directions, error) = Factorisation::new(2).with_sweeps(2000).factorised(&matrix);
        assert!(error < 1e-2, "{error}");
        assert!(found.iter().chain(&directions).all(|it| *it >= 0.0));
    }

    #[test]
    fn the_same_seed_gives_the_same_factors_of_all_pictures_together() {
        let explainer = Factorisation::new(2).with_layer("relu").with_seed(Seed::new(3));
        let of = |size| {
            explainer.clone().with_batch_size(size).explain(&Toy::pooled(), &pictures(3), &Silent).unwrap()
        };
        let (one, two) = (of(1), of(2));
        assert_eq!(one.maps.dim(), (3, 2, 2, 2));
        assert_eq!(one.directions.dim(), (2, 4));
        assert!((one.maps - two.maps).iter().all(|it| it.abs() < 1e-4));
        assert!(Factorisation::new(0).explain(&Toy::pooled(), &pictures(1), &Silent).is_err());
    }
}
