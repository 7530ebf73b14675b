//! The operators, one file each. A file is headed by the link to its specification and says which operator set changed
//! what; it reads the node's attributes into a type, and runs that.
//!
//! To add an operator: a file here, its `mod`, its row in [`TABLE`].

mod add;
mod average_pool;
mod batch_normalization;
mod celu;
mod clip;
mod conv;
mod conv_transpose;
mod depth_to_space;
mod dequantize_linear;
mod dropout;
mod einsum;
mod elu;
mod erf;
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
mod operand;
mod pool;
mod prelu;
mod quantize_linear;
mod relu;
mod resize;
mod selu;
mod sigmoid;
mod softmax;
mod softplus;
mod softsign;
mod space_to_depth;
mod tanh;
mod upsample;

use rationale_tensor::{Device, Operator};

use crate::{Error, Node};

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
    ("Add", add::build),
    ("AveragePool", average_pool::build),
    ("BatchNormalization", batch_normalization::build),
    ("Celu", celu::build),
    ("Clip", clip::build),
    ("Conv", conv::build),
    ("ConvTranspose", conv_transpose::build),
    ("DepthToSpace", depth_to_space::build),
    ("DequantizeLinear", dequantize_linear::build),
    ("Dropout", dropout::build),
    ("Einsum", einsum::build),
    ("Elu", elu::build),
    ("Erf", erf::build),
    ("Gelu", gelu::build),
    ("Gemm", gemm::build),
    ("GlobalAveragePool", global_average_pool::build),
    ("GlobalLpPool", global_lp_pool::build),
    ("GlobalMaxPool", global_max_pool::build),
    ("GroupNormalization", group_normalization::build),
    ("HardSigmoid", hard_sigmoid::build),
    ("HardSwish", hard_swish::build),
    ("Identity", identity::build),
    ("InstanceNormalization", instance_normalization::build),
    ("LayerNormalization", layer_normalization::build),
    ("LeakyRelu", leaky_relu::build),
    ("LogSoftmax", log_softmax::build),
    ("LpPool", lp_pool::build),
    ("LRN", lrn::build),
    ("MatMul", matmul::build),
    ("MaxPool", max_pool::build),
    ("Mish", mish::build),
    ("PRelu", prelu::build),
    ("QuantizeLinear", quantize_linear::build),
    ("Relu", relu::build),
    ("Resize", resize::build),
    ("Selu", selu::build),
    ("Sigmoid", sigmoid::build),
    ("Softmax", softmax::build),
    ("Softplus", softplus::build),
    ("Softsign", softsign::build),
    ("SpaceToDepth", space_to_depth::build),
    ("Tanh", tanh::build),
    ("Upsample", upsample::build),
];

pub(crate) fn find(domain: &str, operator: &str) -> Option<Build> {
    let of_onnx = domain.is_empty();
    TABLE.iter().find(|(name, _)| of_onnx && *name == operator).map(|(_, build)| *build)
}

/// The names of the operators that can be run, of ONNX's own domain.
pub fn supported() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, _)| *name).chain(["If"])
}
