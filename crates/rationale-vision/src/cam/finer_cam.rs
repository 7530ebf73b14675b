//! Finer-CAM. Zhang, Gu, Kim, Ahn, Chao and others 2025, <https://arxiv.org/abs/2501.11309>.
//!
//! ```text
//! y = sum_d p_d (y_c - alpha y_d) / (sum_d p_d + eps)       d: the classes nearest to c by their outputs
//! ```
//!
//! then Grad-CAM of y.
//!
//! | symbol | here | |
//! |---|---|---|
//! | c | the target's class | |
//! | d | `n_similar` classes whose outputs are nearest to that of c | 3, pytorch-grad-cam's |
//! | alpha | how much the other classes count | 1, the paper's |
//! | p | the softmax of the outputs, through which the gradient passes too | |
//! | eps | [`EPS`] | |
//!
//! Holds: at alpha = 0 it is Grad-CAM; what all of these classes share is left out of the map at 1.
//! Costs: as Grad-CAM.
//! Departs: nothing from pytorch-grad-cam, whose p and eps these are, except that ties are broken by the classes'
//! numbers and c is never among its own rivals.

use rationale_tensor::{Error as RunError, Tensor};

use super::target::one_hot;
use crate::Error;

/// What keeps the divisor from 0; pytorch-grad-cam's.
const EPS: f64 = 1e-9;

/// A class and its rivals, for each picture.
#[derive(Debug, Clone)]
pub(super) struct Rivalry {
    classes: Tensor,
    rivals: Tensor,
    alpha: f64,
}

impl Rivalry {
    /// Of these classes, given the outputs `[picture, class]`.
    pub(super) fn new(
        output: &Tensor,
        classes: &[usize],
        alpha: f64,
        n_similar: usize,
    ) -> Result<Self, Error> {
        let available = output.shape()[1];
        if available < 2 || n_similar == 0 {
            return Err(Error::Rivals { n_classes: available, n_similar });
        }
        let values = output.to_f64s()?;
        let nearest: Vec<Vec<usize>> = values
            .chunks(available)
            .zip(classes)
            .map(|(row, class)| nearest(row, *class, n_similar))
            .collect();
        let mut rivals = one_hot(output, classes)?.full_like(0.0)?;
        for rank in 0..nearest.first().map_or(0, Vec::len) {
            let of_rank: Vec<usize> = nearest.iter().filter_map(|it| it.get(rank).copied()).collect();
            rivals = rivals.add(&one_hot(output, &of_rank)?)?;
        }
        Ok(Self { classes: one_hot(output, classes)?, rivals, alpha })
    }

    pub(super) fn of(&self, picture: usize) -> Result<Self, Error> {
        let one = |it: &Tensor| it.narrow(0, picture, picture + 1);
        Ok(Self { classes: one(&self.classes)?, rivals: one(&self.rivals)?, alpha: self.alpha })
    }

    /// y, for each picture.
    pub(super) fn scores(&self, output: &Tensor) -> Result<Tensor, RunError> {
        let shares = output.softmax(1)?.mul(&self.rivals)?;
        let own = output.mul(&self.classes)?.sum(1)?;
        let margins = own.sub(&output.mul_number(self.alpha)?)?;
        let weighted = shares.mul(&margins)?.sum(1)?;
        weighted.div(&shares.sum(1)?.add_number(EPS)?)?.reshape(&[output.shape()[0]])
    }
}

/// The classes whose outputs are nearest to that of `class`, nearest first.
fn nearest(outputs: &[f64], class: usize, n: usize) -> Vec<usize> {
    let distance = |other: usize| (outputs[other] - outputs[class]).abs();
    let mut others: Vec<usize> = (0..outputs.len()).filter(|it| *it != class).collect();
    others.sort_by(|a, b| distance(*a).total_cmp(&distance(*b)));
    others.truncate(n);
    others
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use super::super::toy::tensor;
    use super::*;

    #[test]
    fn rivals_are_near() {
        assert_eq!(nearest(&[1.0, 5.0, 4.0, 4.5, 6.0], 1, 3), [3, 2, 4]);
    }

    #[test]
    fn by_hand() {
        // p_0 = p_1 = p_2: y = 3 - (2 * 1 + ..) over rivals 1 and 2, all equal to 2: y = 2 - 2 alpha.
        let output = tensor(&[2.0, 2.0, 2.0], &[1, 3]);
        let score = |alpha| {
            Rivalry::new(&output, &[0], alpha, 2).unwrap().scores(&output).unwrap().to_f64s().unwrap()
        };
        assert!((score(0.0)[0] - 2.0).abs() < 1e-6 && score(1.0)[0].abs() < 1e-6);
    }

    #[test]
    fn one_class_has_no_rivals() {
        assert!(Rivalry::new(&tensor(&[1.0], &[1, 1]), &[0], 1.0, 3).is_err());
    }
}
