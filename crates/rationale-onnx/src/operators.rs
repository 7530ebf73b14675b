//! The operators, one file each. A file is headed by the link to its specification and says which operator set changed
//! what; it reads the node's attributes into a type, and runs that.
//!
//! To add an operator: a file here, its `mod`, its row in [`TABLE`].

#![allow(clippy::unnecessary_wraps, reason = "every operator is built by a function of one signature")]

mod arg;
mod arithmetic;
mod average_pool;
mod axis;
mod batch_normalization;
mod cast;
mod celu;
mod clip;
mod compare;
mod concat;
mod constant;
mod constant_of_shape;
mod conv;
mod conv_transpose;
mod cum_sum;
mod depth_to_space;
mod dequantize_linear;
mod dropout;
mod einsum;
mod elu;
mod expand;
mod eye_like;
mod flatten;
mod gather;
mod gather_elements;
mod gather_nd;
mod gelu;
mod gemm;
mod global_average_pool;
mod global_lp_pool;
mod global_max_pool;
mod group_normalization;
mod hard_sigmoid;
mod hard_swish;
mod identity;
mod instance_normalization;
mod layer_normalization;
mod leaky_relu;
mod linear_quantization;
mod log_softmax;
mod lp_pool;
mod lrn;
mod matmul;
mod max_pool;
mod mish;
mod modulo;
mod non_zero;
mod one_hot;
mod operand;
mod pad;
mod pool;
mod pow;
mod prelu;
mod quantize_linear;
mod range;
mod reduce;
mod relu;
mod reshape;
mod resize;
mod scatter;
mod scatter_elements;
mod scatter_nd;
mod selu;
mod shape;
mod slice;
mod softmax;
mod softplus;
mod softsign;
mod space_to_depth;
mod split;
mod squeeze;
mod tile;
mod top_k;
mod transpose;
mod trilu;
mod tuple;
mod unary;
mod upsample;
mod variadic;
mod where_;

use rationale_tensor::{Device, Nature, Operator, Tensor};

use crate::{Error, Node};
use arg::Extreme;
use compare::Comparison;
use reduce::Reduction;
use variadic::Variadic;

/// The operator sets of ONNX that are run.
pub(crate) const OLDEST: i64 = 9;
/// See [`OLDEST`].
pub(crate) const NEWEST: i64 = 21;

/// What a node's meaning depends on beside itself.
pub(crate) struct Context<'a> {
    /// The version of the operator set of the node's domain.
    pub(crate) opset: i64,
    /// Where constants are made.
    pub(crate) device: &'a Device,
}

/// Why a node cannot be run.
pub(crate) enum BuildError {
    /// It asks for what is not supported; listed with all else of that kind.
    Unsupported(String),
    /// It is not as the specification says.
    Wrong(Error),
}

impl From<Error> for BuildError {
    fn from(error: Error) -> Self {
        Self::Wrong(error)
    }
}

/// An operator for a node, or why not.
pub(crate) type Built = Result<Box<dyn Operator>, BuildError>;

type Build = fn(&Node, &Context<'_>) -> Built;

/// Every operator of ONNX's own domain, by name.
const TABLE: &[(&str, Build)] = &[
    ("Abs", |_, _| unary::build(Tensor::abs)),
    ("Acos", |_, _| unary::build(Tensor::acos)),
    ("Acosh", |_, _| unary::build(Tensor::acosh)),
    ("Add", |_, _| arithmetic::build(Nature::Linear, Tensor::add)),
    ("And", |_, _| compare::build(Comparison::And)),
    ("ArgMax", |node, _| arg::build(node, Extreme::Largest)),
    ("ArgMin", |node, _| arg::build(node, Extreme::Smallest)),
    ("Asin", |_, _| unary::build(Tensor::asin)),
    ("Asinh", |_, _| unary::build(Tensor::asinh)),
    ("Atan", |_, _| unary::build(Tensor::atan)),
    ("Atanh", |_, _| unary::build(Tensor::atanh)),
    ("AveragePool", average_pool::build),
    ("BatchNormalization", batch_normalization::build),
    ("BitwiseAnd", |_, _| arithmetic::build(Nature::Opaque, Tensor::bit_and)),
    ("BitwiseNot", |_, _| compare::build_question(Tensor::bit_not)),
    ("BitwiseOr", |_, _| arithmetic::build(Nature::Opaque, Tensor::bit_or)),
    ("BitwiseXor", |_, _| arithmetic::build(Nature::Opaque, Tensor::bit_xor)),
    ("Cast", cast::build),
    ("CastLike", cast::build_like),
    ("Ceil", |_, _| unary::build(Tensor::ceil)),
    ("Celu", celu::build),
    ("Clip", clip::build),
    ("Concat", concat::build),
    ("Constant", constant::build),
    ("ConstantOfShape", constant_of_shape::build),
    ("Conv", conv::build),
    ("ConvTranspose", conv_transpose::build),
    ("Cos", |_, _| unary::build(Tensor::cos)),
    ("Cosh", |_, _| unary::build(Tensor::cosh)),
    ("CumSum", cum_sum::build),
    ("DepthToSpace", depth_to_space::build),
    ("DequantizeLinear", dequantize_linear::build),
    ("Div", |_, _| arithmetic::build(Nature::Quotient, Tensor::div)),
    ("Dropout", dropout::build),
    ("Einsum", einsum::build),
    ("Elu", elu::build),
    ("Equal", |_, _| compare::build(Comparison::Equal)),
    ("Erf", |_, _| unary::build(Tensor::erf)),
    ("Exp", |_, _| unary::build(Tensor::exp)),
    ("Expand", expand::build),
    ("EyeLike", eye_like::build),
    ("Flatten", flatten::build),
    ("Floor", |_, _| unary::build(Tensor::floor)),
    ("Gather", gather::build),
    ("GatherElements", gather_elements::build),
    ("GatherND", gather_nd::build),
    ("Gelu", gelu::build),
    ("Gemm", gemm::build),
    ("GlobalAveragePool", global_average_pool::build),
    ("GlobalLpPool", global_lp_pool::build),
    ("GlobalMaxPool", global_max_pool::build),
    ("Greater", |_, _| compare::build(Comparison::Greater)),
    ("GreaterOrEqual", |_, _| compare::build(Comparison::GreaterOrEqual)),
    ("GroupNormalization", group_normalization::build),
    ("HardSigmoid", hard_sigmoid::build),
    ("HardSwish", hard_swish::build),
    ("Identity", identity::build),
    ("InstanceNormalization", instance_normalization::build),
    ("IsInf", compare::build_is_infinite),
    ("IsNaN", |_, _| compare::build_question(Tensor::is_nan)),
    ("LayerNormalization", layer_normalization::build),
    ("LeakyRelu", leaky_relu::build),
    ("Less", |_, _| compare::build(Comparison::Less)),
    ("LessOrEqual", |_, _| compare::build(Comparison::LessOrEqual)),
    ("Log", |_, _| unary::build(Tensor::log)),
    ("LogSoftmax", log_softmax::build),
    ("LpPool", lp_pool::build),
    ("LRN", lrn::build),
    ("MatMul", matmul::build),
    ("Max", |_, _| variadic::build(Variadic::Max)),
    ("MaxPool", max_pool::build),
    ("Mean", |_, _| variadic::build(Variadic::Mean)),
    ("Min", |_, _| variadic::build(Variadic::Min)),
    ("Mish", mish::build),
    ("Mod", modulo::build),
    ("Mul", |_, _| arithmetic::build(Nature::Product, Tensor::mul)),
    ("Neg", |_, _| unary::build(Tensor::neg)),
    ("NonZero", non_zero::build),
    ("Not", |_, _| compare::build_question(Tensor::not)),
    ("OneHot", one_hot::build),
    ("Or", |_, _| compare::build(Comparison::Or)),
    ("Pad", pad::build),
    ("Pow", pow::build),
    ("PRelu", prelu::build),
    ("QuantizeLinear", quantize_linear::build),
    ("Range", range::build),
    ("Reciprocal", |_, _| unary::build(Tensor::reciprocal)),
    ("ReduceL1", |node, _| reduce::build(node, Reduction::L1)),
    ("ReduceL2", |node, _| reduce::build(node, Reduction::L2)),
    ("ReduceLogSum", |node, _| reduce::build(node, Reduction::LogSum)),
    ("ReduceLogSumExp", |node, _| reduce::build(node, Reduction::LogSumExp)),
    ("ReduceMax", |node, _| reduce::build(node, Reduction::Max)),
    ("ReduceMean", |node, _| reduce::build(node, Reduction::Mean)),
    ("ReduceMin", |node, _| reduce::build(node, Reduction::Min)),
    ("ReduceProd", |node, _| reduce::build(node, Reduction::Product)),
    ("ReduceSum", |node, _| reduce::build(node, Reduction::Sum)),
    ("ReduceSumSquare", |node, _| reduce::build(node, Reduction::SumSquare)),
    ("Relu", relu::build),
    ("Reshape", reshape::build),
    ("Resize", resize::build),
    ("Round", |_, _| unary::build(Tensor::round)),
    ("Scatter", scatter_elements::build),
    ("ScatterElements", scatter_elements::build),
    ("ScatterND", scatter_nd::build),
    ("Selu", selu::build),
    ("Shape", shape::build),
    ("Sigmoid", |_, _| unary::build(Tensor::sigmoid)),
    ("Sign", |_, _| unary::build(Tensor::sign)),
    ("Sin", |_, _| unary::build(Tensor::sin)),
    ("Sinh", |_, _| unary::build(Tensor::sinh)),
    ("Size", shape::build_size),
    ("Slice", slice::build),
    ("Softmax", softmax::build),
    ("Softplus", softplus::build),
    ("Softsign", softsign::build),
    ("SpaceToDepth", space_to_depth::build),
    ("Split", split::build),
    ("Sqrt", |_, _| unary::build(Tensor::sqrt)),
    ("Squeeze", squeeze::build),
    ("Sub", |_, _| arithmetic::build(Nature::Linear, Tensor::sub)),
    ("Sum", |_, _| variadic::build(Variadic::Sum)),
    ("Tan", |_, _| unary::build(Tensor::tan)),
    ("Tanh", |_, _| unary::build(Tensor::tanh)),
    ("Tile", tile::build),
    ("TopK", top_k::build),
    ("Transpose", transpose::build),
    ("Trilu", trilu::build),
    ("Unsqueeze", squeeze::build_unsqueeze),
    ("Upsample", upsample::build),
    ("Where", where_::build),
    ("Xor", |_, _| compare::build(Comparison::Xor)),
];

pub(crate) fn find(domain: &str, operator: &str) -> Option<Build> {
    let of_onnx = domain.is_empty();
    TABLE.iter().find(|(name, _)| of_onnx && *name == operator).map(|(_, build)| *build)
}

/// The names of the operators that can be run, of ONNX's own domain.
pub fn supported() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, _)| *name).chain(["If"])
}
