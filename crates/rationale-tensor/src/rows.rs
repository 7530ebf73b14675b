//! A network as a model of rows.

use ndarray::{Array2, ArrayView2, Axis, concatenate};
use rationale_core::Predict;
use rayon::prelude::*;

use crate::{Element, Error, Network, Run, Tensor};

/// A network with one input as a model that answers: each row is one example's input, flattened in row-major order;
/// each output is the example's output, flattened.
pub struct Rows<'a> {
    network: &'a dyn Network,
    shape: Vec<usize>,
    element: Element,
    batch_size: usize,
}

impl<'a> Rows<'a> {
    /// Takes the network and the shape of one example, without the dimension of examples.
    pub fn new(network: &'a dyn Network, shape: &[usize]) -> Result<Self, Error> {
        let [port] = &network.interface().inputs[..] else {
            let names: Vec<_> = network.interface().inputs.iter().map(|it| it.name.as_str()).collect();
            return Err(Error::Inputs {
                expected: names.join(", "),
                actual: "rows, which are one input".to_owned(),
            });
        };
        Ok(Self { network, shape: shape.to_vec(), element: port.element, batch_size: 32 })
    }

    /// Asks about so many rows at once on each thread; 32 unless said otherwise. It bounds the memory, and for some
    /// backends changes the last bits of the answers. Pictures are quickest in twos: tensors of larger
    /// batches are above the size that the allocator keeps, and every pass pays for their memory anew.
    pub fn with_batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size.max(1);
        self
    }

    fn answers(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        let n_features: usize = self.shape.iter().product();
        if rows.ncols() != n_features {
            return Err(Error::shape(
                "a row",
                format!("{n_features} features for {:?}", self.shape),
                &[rows.ncols()],
            ));
        }
        let shape = [&[rows.nrows()], &self.shape[..]].concat();
        let device = &self.network.interface().device;
        let values: Vec<f64> = rows.iter().copied().collect();
        let input = Tensor::from_vec(values, &shape, device)?.cast(self.element)?;
        let outputs = self.network.forward(&mut Run::new(&[input]))?;
        let Some(first) = outputs.first() else {
            return Err(Error::Inputs { expected: "an output".to_owned(), actual: "none".to_owned() });
        };
        let width = first.len() / rows.nrows().max(1);
        Array2::from_shape_vec((rows.nrows(), width), first.to_f64s()?)
            .map_err(|_| Error::shape("the output", "one row an example", &first.shape()))
    }
}

impl Predict for Rows<'_> {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, rationale_core::Error> {
        let batches: Vec<_> = rows.axis_chunks_iter(Axis(0), self.batch_size).collect();
        let answers = batches.into_par_iter().map(|batch| self.answers(batch));
        let answers: Vec<Array2<f64>> = answers.collect::<Result<_, _>>()?;
        let views: Vec<_> = answers.iter().map(Array2::view).collect();
        if views.is_empty() {
            return Ok(self.answers(rows)?);
        }
        concatenate(Axis(0), &views).map_err(|_| {
            Error::Inputs { expected: "outputs of one width".to_owned(), actual: "several".to_owned() }.into()
        })
    }
}
