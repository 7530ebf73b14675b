//! The straight path from a baseline to the input.

use rationale_tensor::{Error as RunError, Place, Tensor};

use crate::point::Point;
use crate::quadrature::Node;
use crate::task::Slopes;
use crate::{Error, Task};

/// The straight path of some examples from a baseline to their values, at all places of a task together.
pub(crate) struct Line<'a, 'b> {
    task: &'a Task<'b>,
    from: Vec<Tensor>,
    /// From the baseline to the value, place by place.
    pub(crate) way: Vec<Tensor>,
}

impl<'a, 'b> Line<'a, 'b> {
    pub(crate) fn new(task: &'a Task<'b>, from: Vec<Tensor>) -> Result<Self, Error> {
        let way = task.values().iter().zip(&from).map(|(to, from)| to.sub(from)).collect::<Result<_, _>>()?;
        Ok(Self { task, from, way })
    }

    /// The numbers explained at the baseline.
    pub(crate) fn base_values(&self) -> Result<Vec<f64>, Error> {
        self.task.scores(&self.point(&[0.0])?)
    }

    /// All examples at each of these ways along the path.
    pub(crate) fn point(&self, alphas: &[f64]) -> Result<Point, Error> {
        let mut point = self.task.point().repeated(alphas.len())?;
        for ((place, from), way) in self.task.places().iter().zip(&self.from).zip(&self.way) {
            let at = |alpha: &f64| from.add(&way.mul_number(*alpha)?);
            let values = alphas.iter().map(at).collect::<Result<Vec<_>, RunError>>()?;
            point = point.with_value(place, joined(values)?);
        }
        Ok(point)
    }

    /// The gradients at `places`, for each batch of steps with the steps it is of.
    pub(crate) fn walk(
        &self,
        nodes: &[Node],
        places: &[Place],
        mut visit: impl FnMut(&[Node], Slopes) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for nodes in nodes.chunks(self.task.copies_at_once()) {
            let alphas: Vec<f64> = nodes.iter().map(|it| it.alpha).collect();
            visit(nodes, self.task.slopes(&self.point(&alphas)?, places)?)?;
        }
        Ok(())
    }

    /// The weighted sum of the gradients at `places` over the path: one tensor a place, however many steps.
    pub(crate) fn weighted_gradients(&self, nodes: &[Node], places: &[Place]) -> Result<Vec<Tensor>, Error> {
        let mut sums: Vec<Tensor> = Vec::new();
        self.walk(nodes, places, |nodes, slopes| {
            let weights: Vec<f64> = nodes.iter().map(|it| it.weight).collect();
            let found = slopes.gradients.iter().map(|it| weighted_sum(it, &weights));
            sums = added(&sums, found.collect::<Result<_, _>>()?)?;
            Ok(())
        })?;
        Ok(sums)
    }
}

/// Sums place by place; the first summand is the sum of itself.
pub(crate) fn added(sums: &[Tensor], summands: Vec<Tensor>) -> Result<Vec<Tensor>, RunError> {
    if sums.is_empty() {
        return Ok(summands);
    }
    sums.iter().zip(&summands).map(|(sum, it)| sum.add(it)).collect()
}

/// Products place by place.
pub(crate) fn multiplied(values: &[Tensor], factors: &[Tensor]) -> Result<Vec<Tensor>, RunError> {
    values.iter().zip(factors).map(|(value, factor)| value.mul(factor)).collect()
}

fn joined(mut values: Vec<Tensor>) -> Result<Tensor, RunError> {
    if values.len() == 1 { Ok(values.swap_remove(0)) } else { Tensor::concat(&values, 0) }
}

/// The weighted sum of the copies of all examples that lie one after another along dimension 0.
pub(crate) fn weighted_sum(copies: &Tensor, weights: &[f64]) -> Result<Tensor, RunError> {
    let (mut shape, k) = (copies.shape(), weights.len());
    if k == 1 {
        return copies.mul_number(weights[0]);
    }
    shape[0] /= k;
    let weights = Tensor::from_vec(weights.to_vec(), &[k, 1], &copies.device())?.cast(copies.element())?;
    copies.reshape(&[k, copies.len() / k])?.mul(&weights)?.sum(0)?.reshape(&shape)
}

/// For each example the sum of its elements in all copies, at all places: `[copy * example]`.
pub(crate) fn sums_of_examples(values: &[Tensor], n: usize) -> Result<Vec<f64>, RunError> {
    let mut sums = vec![0.0; n];
    for value in values {
        let of_examples = value.reshape(&[n, value.len() / n.max(1)])?.sum(1)?.to_f64s()?;
        sums.iter_mut().zip(of_examples).for_each(|(sum, it)| *sum += it);
    }
    Ok(sums)
}
