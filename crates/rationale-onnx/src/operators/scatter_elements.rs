//! [ScatterElements](https://onnx.ai/onnx/operators/onnx__ScatterElements.html), since operator set 11, and
//! [Scatter](https://onnx.ai/onnx/operators/onnx__Scatter.html) before: for each place of the indices, the element there
//! with the index along one dimension replaced becomes the update; since 16 they are added or multiplied, since 18 the
//! larger or smaller is taken.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::axis::axis;
use super::operand::required;
use super::scatter::Update;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(ScatterElements { axis: node.attributes.int_or("axis", 0)?, update: Update::of(node)? }))
}

#[derive(Debug)]
struct ScatterElements {
    axis: i64,
    update: Update,
}

impl Operator for ScatterElements {
    fn nature(&self) -> Nature {
        self.update.nature()
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "data")?;
        let (indices, updates) = (required(inputs, 1, "indices")?, required(inputs, 2, "updates")?);
        let dimension = axis("ScatterElements", self.axis, x.rank())?;
        let (own, asked) = (x.shape(), indices.shape());
        let smaller = |(i, (a, b)): (usize, (&usize, &usize))| i == dimension || b <= a;
        if own.len() != asked.len() || !own.iter().zip(&asked).enumerate().all(smaller) {
            let expected = format!("{own:?} or smaller, but for dimension {dimension}");
            return Err(Error::Shape { what: "the indices".to_owned(), expected, actual: asked });
        }
        if updates.shape() != asked {
            let expected = format!("{asked:?}, as the indices");
            return Err(Error::Shape { what: "the updates".to_owned(), expected, actual: updates.shape() });
        }
        let places = places(&indices.to_i64s()?, &asked, &own, dimension)?;
        let rows = x.reshape(&[x.len(), 1])?;
        let updated = self.update.apply(&rows, &places, &updates.reshape(&[places.len(), 1])?)?;
        Ok(vec![updated.reshape(&own)?])
    }
}

/// Where in the data, counted in row-major order, each update goes.
fn places(indices: &[i64], asked: &[usize], own: &[usize], dimension: usize) -> Result<Vec<i64>, Error> {
    let place = |(number, &index): (usize, &i64)| {
        let (mut left, mut stride, mut place) = (number, 1, 0);
        for (i, (&of_asked, &of_own)) in asked.iter().zip(own).enumerate().rev() {
            let own_index = (left % of_asked) as i64;
            left /= of_asked;
            let along = if i == dimension { from_the_start(index, of_own)? } else { own_index };
            place += along * stride;
            stride *= of_own as i64;
        }
        Ok(place)
    };
    indices.iter().enumerate().map(place).collect()
}

fn from_the_start(asked: i64, length: usize) -> Result<i64, Error> {
    let index = if asked < 0 { asked.saturating_add(length as i64) } else { asked };
    let fits = (0..length as i64).contains(&index);
    if fits { Ok(index) } else { Err(Error::Index { what: "an update", asked, length }) }
}
