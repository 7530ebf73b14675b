//! [Resize](https://onnx.ai/onnx/operators/onnx__Resize.html): interpolation by nearest neighbours, lines or cubic splines.
//!
//! Operator set 10 knows scales alone, and takes elements by x / scale. Since 11 there are sizes, the ways of finding
//! coordinates, cubic splines and a region (`roi`); since 18 `axes`, `antialias` and `keep_aspect_ratio_policy`; since 19
//! `half_pixel_symmetric`.
//!
//! Dimension by dimension, the nearest neighbours are a selection and all else is a product with a matrix of weights.

mod place;

use rationale_tensor::{Error, Kind, Nature, Operator, Tensor};

use super::operand::{optional, required, wrong_shape};
use super::{Built, Context};
use crate::Node;
use place::{Axis, Weights};
pub(super) use place::{Coordinates, Interpolation, Rounding};

pub(super) fn build(node: &Node, context: &Context<'_>) -> Built {
    if context.opset < 11 {
        return Ok(Box::new(Resize::by_scales_alone(node)?));
    }
    let attributes = &node.attributes;
    let policy = match attributes.text_or("keep_aspect_ratio_policy", "stretch")? {
        "stretch" => Policy::Stretch,
        "not_larger" => Policy::NotLarger,
        "not_smaller" => Policy::NotSmaller,
        other => {
            let expected = "stretch, not_larger or not_smaller";
            return Err(attributes.wrong("keep_aspect_ratio_policy", other, expected).into());
        }
    };
    Ok(Box::new(Resize {
        weights: Weights {
            interpolation: interpolation(node)?,
            coordinates: coordinates(node)?,
            antialias: attributes.int_or("antialias", 0)? != 0,
            excludes_outside: attributes.int_or("exclude_outside", 0)? != 0,
        },
        extrapolation: f64::from(attributes.float_or("extrapolation_value", 0.0)?),
        axes: attributes
            .contains("axes")
            .then(|| attributes.ints("axes").map(<[i64]>::to_vec))
            .transpose()?,
        policy,
        scales_place: 2,
    }))
}

/// What happens to the ratio of the sides where sizes are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    Stretch,
    NotLarger,
    NotSmaller,
}

#[derive(Debug)]
pub(super) struct Resize {
    weights: Weights,
    extrapolation: f64,
    axes: Option<Vec<i64>>,
    policy: Policy,
    scales_place: usize,
}

fn interpolation(node: &Node) -> Result<Interpolation, crate::Error> {
    let attributes = &node.attributes;
    let rounding = match attributes.text_or("nearest_mode", "round_prefer_floor")? {
        "round_prefer_floor" => Rounding::PreferFloor,
        "round_prefer_ceil" => Rounding::PreferCeil,
        "floor" => Rounding::Floor,
        "ceil" => Rounding::Ceil,
        other => return Err(attributes.wrong("nearest_mode", other, "a way of rounding")),
    };
    match attributes.text_or("mode", "nearest")? {
        "nearest" => Ok(Interpolation::Nearest(rounding)),
        "linear" => Ok(Interpolation::Linear),
        "cubic" => Ok(Interpolation::Cubic(f64::from(attributes.float_or("cubic_coeff_a", -0.75)?))),
        other => Err(attributes.wrong("mode", other, "nearest, linear or cubic")),
    }
}

fn coordinates(node: &Node) -> Result<Coordinates, crate::Error> {
    let name = "coordinate_transformation_mode";
    match node.attributes.text_or(name, "half_pixel")? {
        "half_pixel" => Ok(Coordinates::HalfPixel),
        "half_pixel_symmetric" => Ok(Coordinates::HalfPixelSymmetric),
        "pytorch_half_pixel" => Ok(Coordinates::PytorchHalfPixel),
        "tf_half_pixel_for_nn" => Ok(Coordinates::HalfPixelForNearest),
        "align_corners" => Ok(Coordinates::AlignCorners),
        "asymmetric" => Ok(Coordinates::Asymmetric),
        "tf_crop_and_resize" => Ok(Coordinates::CropAndResize),
        other => Err(node.attributes.wrong(name, other, "one of ONNX's ways of finding coordinates")),
    }
}

impl Resize {
    /// The older form, with scales as the second input.
    pub(super) fn by_scales_alone(node: &Node) -> Result<Self, crate::Error> {
        let interpolation = match node.attributes.text_or("mode", "nearest")? {
            "nearest" => Interpolation::Nearest(Rounding::Outwards),
            "linear" => Interpolation::Linear,
            other => return Err(node.attributes.wrong("mode", other, "nearest or linear")),
        };
        let coordinates = Coordinates::Asymmetric;
        let weights = Weights { interpolation, coordinates, antialias: false, excludes_outside: false };
        Ok(Self { weights, extrapolation: 0.0, axes: None, policy: Policy::Stretch, scales_place: 1 })
    }

    /// Each dimension of the input, and what becomes of it.
    fn plan(&self, shape: &[usize], inputs: &[Option<Tensor>]) -> Result<Vec<Axis>, Error> {
        let numbers = |place: usize| {
            let given = optional(inputs, place).filter(|it| !it.is_empty());
            given.map(Tensor::to_f64s).transpose()
        };
        let axes: Vec<usize> = match &self.axes {
            Some(axes) => axes
                .iter()
                .map(|it| super::axis::axis("a resize", *it, shape.len()))
                .collect::<Result<_, _>>()?,
            None => (0..shape.len()).collect(),
        };
        let region = match self.weights.coordinates {
            Coordinates::CropAndResize => numbers(1)?,
            _ => None,
        };
        let scales = numbers(self.scales_place)?;
        let sizes = if self.scales_place == 2 { numbers(3)? } else { None };
        let n = axes.len();
        let asked = scales.as_ref().or(sizes.as_ref()).map_or(0, Vec::len);
        if asked != n || region.as_ref().is_some_and(|it| it.len() != 2 * n) {
            let expected = "a scale or size a dimension, and a region with two numbers a dimension";
            let actual = format!("{scales:?}, {sizes:?} and {region:?} for dimensions {axes:?}");
            return Err(Error::Setting { what: "a resize", expected, actual });
        }
        let mut plan: Vec<Axis> = shape.iter().map(|it| Axis::unchanged(*it)).collect();
        let common = sizes.as_ref().and_then(|sizes| self.common_scale(shape, &axes, sizes));
        for (i, &place) in axes.iter().enumerate() {
            let Some(axis) = plan.get_mut(place) else { continue };
            if let Some([start, end]) = region.as_ref().and_then(|it| Some([*it.get(i)?, *it.get(i + n)?])) {
                axis.region = (start, end);
            }
            match (&scales, &sizes) {
                (Some(scales), _) => axis.scale_by(scales[i])?,
                (None, Some(sizes)) => axis.size_to(sizes[i], common)?,
                _ => {}
            }
        }
        Ok(plan)
    }

    fn common_scale(&self, shape: &[usize], axes: &[usize], sizes: &[f64]) -> Option<f64> {
        let scales = axes.iter().zip(sizes).map(|(axis, size)| size / shape[*axis] as f64);
        match self.policy {
            Policy::Stretch => None,
            Policy::NotLarger => scales.reduce(f64::min),
            Policy::NotSmaller => scales.reduce(f64::max),
        }
    }

    /// Where every dimension's coordinate is inside the input; `None` where all are.
    fn inside(&self, plan: &[Axis], x: &Tensor) -> Result<Option<Tensor>, Error> {
        if self.weights.coordinates != Coordinates::CropAndResize {
            return Ok(None);
        }
        let mut mask: Option<Tensor> = None;
        for (i, axis) in plan.iter().enumerate() {
            let inside = self.weights.inside(axis);
            if inside.iter().all(|it| *it) {
                continue;
            }
            let mut shape = vec![1; plan.len()];
            shape[i] = inside.len();
            let own = Tensor::from_vec(inside, &shape, &x.device())?;
            mask = Some(mask.map_or_else(|| Ok(own.clone()), |it| it.and(&own))?);
        }
        Ok(mask)
    }
}

impl Operator for Resize {
    fn nature(&self) -> Nature {
        Nature::Linear
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "X")?;
        let shape = x.shape();
        let plan = self.plan(&shape, inputs)?;
        if x.is_empty() {
            return Err(wrong_shape("a resize's input", "dimensions with elements", &shape));
        }
        let is_nearest = matches!(self.weights.interpolation, Interpolation::Nearest(_));
        let mut y = if is_nearest || x.kind() == Kind::Float {
            x.clone()
        } else {
            x.cast(rationale_tensor::Element::F64)?
        };
        for (i, axis) in plan.iter().enumerate().filter(|(_, axis)| !axis.is_unchanged()) {
            y = match self.weights.interpolation {
                Interpolation::Nearest(rounding) => {
                    y.select(i, &self.weights.nearest(axis, rounding, y.len() / axis.input)?)?
                }
                _ => weighted(&y, i, axis, &self.weights)?,
            };
        }
        if let Some(inside) = self.inside(&plan, x)? {
            let outside = Tensor::full(self.extrapolation, &vec![1; shape.len()], y.element(), &y.device())?;
            y = inside.choose(&y, &outside)?;
        }
        Ok(vec![y.cast(x.element())?])
    }
}

/// The product of one dimension with its weights.
fn weighted(x: &Tensor, dimension: usize, axis: &Axis, weights: &Weights) -> Result<Tensor, Error> {
    let mut shape = x.shape();
    let outer: usize = shape.iter().take(dimension).product();
    let inner: usize = shape.iter().skip(dimension + 1).product();
    let matrix = weights.matrix(axis)?;
    let matrix = Tensor::from_vec(matrix, &[axis.output, axis.input], &x.device())?.cast(x.element())?;
    shape[dimension] = axis.output;
    if inner == 1 {
        return x.reshape(&[outer, axis.input])?.matmul(&matrix.swap(0, 1)?)?.reshape(&shape);
    }
    matrix.matmul(&x.reshape(&[outer, axis.input, inner])?)?.reshape(&shape)
}
