//! Guided Grad-CAM. Selvaraju and others 2017, <https://arxiv.org/abs/1610.02391>, section 3.2: guided backpropagation times
//! Grad-CAM's map, upsampled to the input's size.
//!
//! **Holds**: neither axiom of its factors. Guided backpropagation hardly depends on the network's later parameters; what tells one
//! class from another comes from the map.
//!
//! **Costs**: a product.
//!
//! **Departs**: the map is brought upsampled, so that the caller chooses how: the paper's bilinear, or the nearest pixel as captum.

use ndarray::{ArrayView3, Axis};

use crate::{Attribution, Error};

/// The product of an attribution at a picture, its first place, and maps `[picture, row, column]` of the input's size. It
/// adds up to nothing, so that it has no base value and no gap.
///
/// ```
/// use ndarray::ArrayView3;
/// use rationale_gradient::{Attribution, Error, guided_grad_cam};
///
/// fn explained(guided: Attribution, maps: ArrayView3<'_, f64>) -> Result<Attribution, Error> {
///     guided_grad_cam(guided, maps)
/// }
/// ```
pub fn guided_grad_cam(mut guided: Attribution, maps: ArrayView3<'_, f64>) -> Result<Attribution, Error> {
    let shape = guided.values.first().map(|it| it.shape().to_vec()).unwrap_or_default();
    let [n, rows, columns] = [0, 1, 2].map(|it| maps.shape()[it]);
    let axis = match shape[..] {
        [pictures, _, r, c] if (pictures, r, c) == (n, rows, columns) => 1,
        [pictures, r, c, _] if (pictures, r, c) == (n, rows, columns) => 3,
        _ => {
            let expected = format!("[picture, row, column] of an attribution of shape {shape:?}");
            return Err(Error::Shape { what: "the map", expected, actual: maps.shape().to_vec() });
        }
    };
    guided.values.truncate(1);
    guided.places.truncate(1);
    let maps = maps.insert_axis(Axis(axis));
    guided.values[0] *= &maps;
    (guided.base_values, guided.completeness_gaps, guided.standard_error) = (None, None, None);
    (guided.evidence.completeness_gap, guided.evidence.completeness_gaps) = (None, None);
    let factor = std::mem::replace(&mut guided.evidence.method, "guided-grad-cam".to_owned());
    guided.evidence = guided.evidence.with_parameter("of_method", factor.as_str());
    Ok(guided)
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use ndarray::array;
    use rationale_core::Silent;
    use rationale_tensor::Element;

    use super::*;
    use crate::toy::{tensor, toy};
    use crate::{GradientMethod, Saliency};

    #[test]
    fn multiplies_every_channel_by_the_map() {
        let network = toy(Element::F32, &[None, Some(2), Some(1), Some(2)], &[], |run| {
            let x = run.input(0)?;
            let squares = x.mul(x)?;
            Ok(vec![squares.reshape(&[x.shape()[0], 4])?.sum(1)?])
        });
        let explain = || {
            let x = tensor(&[1.0, 2.0, 3.0, 4.0], &[1, 2, 1, 2]);
            Saliency::new().explain(&network, &[x], &Silent).unwrap()
        };
        let found = guided_grad_cam(explain(), array![[[0.5, 2.0]]].view()).unwrap();
        assert_eq!(found.values[0].as_slice().unwrap(), [1.0, 8.0, 3.0, 16.0]);
        assert_eq!(found.evidence.method, "guided-grad-cam");
        let error = guided_grad_cam(explain(), array![[[0.5], [2.0], [1.0]]].view()).unwrap_err();
        assert!(error.to_string().starts_with("the map has shape [1, 3, 1]"), "{error}");
    }
}
