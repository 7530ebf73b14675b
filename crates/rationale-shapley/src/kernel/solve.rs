//! The regression of Kernel SHAP for coalitions drawn elsewhere.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use rationale_core::Error;

use super::{METHOD, with_last};
use crate::regression::inverse;

/// Values `[player, output]` from the worth `[coalition, output]` of given coalitions `[coalition, player]` with given
/// weights `[coalition]`, and the worth of nobody and of everybody `[output]`: Lundberg, Lee 2017, equation 2 with the
/// constraint that values sum to the difference of the two.
///
/// For those who draw coalitions themselves, or want to compare with those of another library. There is no error to
/// report, since nothing is known of how they were drawn.
///
/// ```
/// use ndarray::array;
/// use rationale_shapley::kernel_values;
///
/// // v(1) = 1, v(2) = 2, v(1, 2) = 5: both gain 2 from meeting, and share it.
/// let (coalitions, worth) = (array![[true, false], [false, true]], array![[1.0], [2.0]]);
/// let ends = (array![0.0], array![5.0]);
/// let values = kernel_values(coalitions.view(), array![1.0, 1.0].view(), worth.view(), ends.0.view(), ends.1.view())?;
/// assert!((values - array![[2.0], [3.0]]).iter().all(|gap| gap.abs() < 1e-12));
/// # Ok::<(), rationale_core::Error>(())
/// ```
pub fn kernel_values(
    coalitions: ArrayView2<'_, bool>,
    weights: ArrayView1<'_, f64>,
    worth: ArrayView2<'_, f64>,
    nobody: ArrayView1<'_, f64>,
    everybody: ArrayView1<'_, f64>,
) -> Result<Array2<f64>, Error> {
    check_length("the list of weights", coalitions.nrows(), weights.len())?;
    check_length("the worth of coalitions", coalitions.nrows(), worth.nrows())?;
    check_length("the worth of nobody", worth.ncols(), nobody.len())?;
    check_length("the worth of everybody", worth.ncols(), everybody.len())?;
    let difference = &everybody - &nobody;
    let Some(last) = coalitions.ncols().checked_sub(1) else {
        return Ok(Array2::zeros((0, worth.ncols())));
    };
    let one = |row: usize, player: usize| f64::from(u8::from(coalitions[[row, player]]));
    let design =
        Array2::from_shape_fn((coalitions.nrows(), last), |(row, player)| one(row, player) - one(row, last));
    let mut observed = &worth - &nobody;
    for (row, mut observed) in observed.rows_mut().into_iter().enumerate() {
        observed.scaled_add(-one(row, last), &difference);
    }
    let weighted = &design * &weights.insert_axis(Axis(1));
    let (n_coalitions, n_players) = coalitions.dim();
    let inverse = inverse(&design.t().dot(&weighted))
        .ok_or_else(|| crate::Error::Underdetermined { n_coalitions, n_players }.of(METHOD))?;
    Ok(with_last(&inverse.dot(&weighted.t().dot(&observed)), &difference))
}

fn check_length(what: &'static str, expected: usize, actual: usize) -> Result<(), Error> {
    if expected == actual { Ok(()) } else { Err(crate::Error::Length { what, expected, actual }.of(METHOD)) }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn coalitions_that_determine_nothing_are_refused() {
        let coalitions = array![[true, false, false], [true, false, false]];
        let worth = array![[1.0], [1.0]];
        let error = kernel_values(
            coalitions.view(),
            array![1.0, 1.0].view(),
            worth.view(),
            array![0.0].view(),
            array![1.0].view(),
        );
        assert!(error.unwrap_err().to_string().contains("do not determine the values of 3 players"));
    }
}
