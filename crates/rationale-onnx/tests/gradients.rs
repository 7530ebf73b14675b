//! The gradient of every operator that has one, by automatic differentiation against central differences, in double
//! precision; and what the rules of DeepLIFT and of relevance propagation make of each.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

#[expect(dead_code, reason = "the messages of other tests")]
#[path = "file/encoder.rs"]
mod encoder;

use rationale_onnx::OnnxNetwork;
use rationale_tensor::rules::{Reference, RelevancePropagation, Rescale};
use rationale_tensor::{Device, Kind, Network, Place, Run, Tensor, differentiate, differentiate_run};

use encoder::{attribute, bytes, fixed32, graph_node, int, message, opset, packed, text};

/// An operator, with `>2` where it has two outputs; the operator set; its attributes, as `name=1 name=0.5 name=[1,2]
/// name=text`; and its inputs. An input is differentiated, unless it says `i` or `f` (a list of whole or real numbers),
/// `s` (one real number without dimensions) or `-` (none):
///
/// - `2x3` is of numbers of either sign, `+2x3` of positive ones, `1+2x3` of such larger than 1, `<2x3` of such whose
///   absolute value is below 1, and `.` has no dimensions.
type Row = (&'static str, i64, &'static str, &'static str);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("Abs", 13, "", "2x3"),
    ("Acos", 9, "", "<2x3"),
    ("Acosh", 9, "", "1+2x3"),
    ("Add", 14, "", "2x3 3"),
    ("Asin", 9, "", "<2x3"),
    ("Asinh", 9, "", "2x3"),
    ("Atan", 9, "", "2x3"),
    ("Atanh", 9, "", "<2x3"),
    ("AveragePool", 10, "kernel_shape=[3,2] strides=[2,2] ceil_mode=1", "1x2x6x5"),
    ("AveragePool", 11, "kernel_shape=[2,2] auto_pad=SAME_UPPER", "1x2x3x3"),
    ("AveragePool", 19, "kernel_shape=[2,2,2] pads=[1,0,1,0,1,1]", "1x1x3x4x3"),
    ("AveragePool", 19, "kernel_shape=[3,3] pads=[1,1,1,1]", "1x2x4x5"),
    ("AveragePool", 19, "kernel_shape=[3,3] pads=[1,1,1,1] count_include_pad=1", "1x2x4x5"),
    ("AveragePool", 19, "kernel_shape=[3] strides=[2] dilations=[2] pads=[1,2]", "1x2x7"),
    ("BatchNormalization", 15, "", "2x3x2x2 3 3 3 +3"),
    ("Celu", 12, "alpha=0.7", "2x3"),
    ("Clip", 9, "min=-0.5 max=0.6", "2x5"),
    ("Clip", 13, "", "2x5 s:-0.5 s:0.6"),
    ("Concat", 13, "axis=1", "2x1 2x2"),
    ("Conv", 11, "auto_pad=SAME_LOWER strides=[2,2]", "1x2x5x4 3x2x2x3 3"),
    ("Conv", 11, "group=2 dilations=[2] pads=[1,2]", "2x4x6 4x2x2"),
    ("Conv", 11, "strides=[2,1] pads=[1,0,0,2]", "1x2x4x3 3x2x3x2 3"),
    ("Conv", 11, "", "1x1x3x3x2 2x1x2x2x1 2"),
    ("ConvTranspose", 11, "auto_pad=SAME_UPPER strides=[2,2]", "1x2x2x3 2x1x3x3 1"),
    ("ConvTranspose", 11, "group=2 strides=[2] dilations=[2] output_padding=[1] pads=[1,2]", "2x4x3 4x1x3"),
    ("ConvTranspose", 11, "output_shape=[7,8] strides=[3,2]", "1x1x2x3 1x2x3x3 2"),
    ("Cos", 9, "", "2x3"),
    ("Cosh", 9, "", "2x3"),
    ("DepthToSpace", 13, "blocksize=2 mode=CRD", "1x4x1x2"),
    ("DepthToSpace", 13, "blocksize=2", "1x4x1x2"),
    ("DequantizeLinear", 13, "axis=0", "i:3,-4 2"),
    ("Div", 14, "", "2x3 +3"),
    ("Dropout", 13, "", "2x3"),
    ("Einsum", 12, "equation=...ii->...i", "2x3x3"),
    ("Einsum", 12, "equation=bij,bjk,k->bi", "2x2x3 2x3x2 2"),
    ("Einsum", 12, "equation=i,j->ij", "2 3"),
    ("Elu", 9, "alpha=0.7", "2x3"),
    ("Erf", 13, "", "2x3"),
    ("Exp", 13, "", "2x3"),
    ("Expand", 13, "", "2x1 i:2,3"),
    ("Flatten", 13, "axis=1", "2x3x2"),
    ("Gather", 13, "axis=1", "2x3 i:2,0,2"),
    ("GatherElements", 13, "axis=0", "4 i:2,0,2"),
    ("Gelu", 20, "", "2x3"),
    ("Gelu", 20, "approximate=tanh", "2x3"),
    ("Gemm", 13, "alpha=0.5 beta=2.0 transA=1", "3x2 3x4 4"),
    ("Gemm", 13, "transB=1", "2x3 4x3"),
    ("GlobalAveragePool", 9, "", "2x3x2x2"),
    ("GlobalLpPool", 9, "p=3", "2x3x2x2"),
    ("GlobalMaxPool", 9, "", "2x3x2x2"),
    ("GroupNormalization", 18, "num_groups=2", "2x4x3 2 2"),
    ("GroupNormalization", 21, "num_groups=2", "2x4x3 4 4"),
    ("HardSigmoid", 9, "alpha=0.9", "2x3"),
    ("HardSwish", 14, "", "2x3"),
    ("Identity", 14, "", "2x3"),
    ("InstanceNormalization", 9, "", "2x2x3 2 2"),
    ("LRN", 13, "size=3 alpha=0.5", "1x4x2x2"),
    ("LayerNormalization", 17, "axis=1", "2x2x3 2x3 2x3"),
    ("LayerNormalization", 17, "", "2x4 4"),
    ("LayerNormalization>3", 17, "", "2x4 4 4"),
    ("LeakyRelu", 9, "alpha=0.2", "2x3"),
    ("Log", 13, "", "+2x3"),
    ("LogSoftmax", 11, "axis=1", "2x3x2"),
    ("LogSoftmax", 13, "axis=0", "2x3x2"),
    ("LpPool", 18, "kernel_shape=[2,2] p=1", "1x2x3x3"),
    ("LpPool", 18, "kernel_shape=[2,2] p=2 pads=[1,1,0,0]", "1x2x3x3"),
    ("LpPool", 18, "kernel_shape=[2] p=3 dilations=[2]", "1x2x5"),
    ("MatMul", 13, "", "2x3 3x4"),
    ("MatMul", 13, "", "2x1x2x3 2x3x2"),
    ("MatMul", 13, "", "2x2x3 3x2"),
    ("MatMul", 13, "", "3 2x3x4"),
    ("MatMul", 13, "", "2x3 3"),
    ("Max", 13, "", "2x3 3"),
    ("MaxPool", 12, "kernel_shape=[2,2] strides=[2,2] pads=[1,0,0,1]", "1x2x5x4"),
    ("MaxPool", 12, "kernel_shape=[2,2,2]", "1x1x3x3x3"),
    ("MaxPool", 12, "kernel_shape=[3,3] strides=[2,2] pads=[1,1,1,1]", "1x2x5x4"),
    ("MaxPool", 12, "kernel_shape=[3] dilations=[2] ceil_mode=1 strides=[2]", "1x2x8"),
    ("MaxPool>2", 12, "kernel_shape=[2,2]", "1x2x3x3"),
    ("Mean", 13, "", "2x3 3"),
    ("Min", 13, "", "2x3 3"),
    ("Mish", 18, "", "2x3"),
    ("Mul", 14, "", "2x3 3"),
    ("Neg", 13, "", "2x3"),
    ("PRelu", 16, "", "2x3 3"),
    ("Pad", 13, "", "2x3 i:0,1,1,0"),
    ("Pow", 13, "", "+2x3 3"),
    ("Range", 11, "", ". s:7.9 +."),
    ("Reciprocal", 13, "", "2x3"),
    ("ReduceL1", 13, "axes=[1]", "2x3"),
    ("ReduceL2", 13, "axes=[1]", "2x3"),
    ("ReduceLogSum", 13, "axes=[1]", "+2x3"),
    ("ReduceLogSumExp", 13, "axes=[1]", "2x3"),
    ("ReduceMax", 13, "axes=[1]", "2x3"),
    ("ReduceMean", 13, "axes=[0,1] keepdims=0", "2x3"),
    ("ReduceMin", 13, "axes=[1]", "2x3"),
    ("ReduceProd", 13, "axes=[1]", "2x3"),
    ("ReduceSum", 13, "", "2x3 i:1"),
    ("ReduceSumSquare", 13, "axes=[1]", "2x3"),
    ("Relu", 14, "", "2x3"),
    ("Reshape", 13, "", "2x3 i:3,-1"),
    ("Resize", 10, "", "1x1x2x3 f:1.0,1.0,2.0,2.0"),
    ("Resize", 18, "mode=cubic antialias=1 axes=[2,3]", "1x1x5x4 - - i:3,3"),
    ("Resize", 19, "coordinate_transformation_mode=tf_crop_and_resize mode=linear", "1x4 f:0.0,0.2,1.0,1.4 - i:1,5"),
    ("Resize", 19, "mode=cubic exclude_outside=1", "1x1x3x4 - f:1.0,1.0,2.0,1.5"),
    ("Resize", 19, "mode=linear coordinate_transformation_mode=align_corners", "1x2x3x2 - - i:1,2,5,3"),
    ("Selu", 9, "", "2x3"),
    ("Sigmoid", 13, "", "2x3"),
    ("Sin", 9, "", "2x3"),
    ("Sinh", 9, "", "2x3"),
    ("Slice", 13, "", "2x3 i:1 i:3 i:1"),
    ("Softmax", 11, "axis=1", "2x3x2"),
    ("Softmax", 13, "axis=1", "2x3x2"),
    ("Softplus", 9, "", "2x3"),
    ("Softsign", 9, "", "2x3"),
    ("SpaceToDepth", 13, "blocksize=2", "1x1x2x4"),
    ("Split>2", 13, "axis=1", "2x4"),
    ("Sqrt", 13, "", "+2x3"),
    ("Squeeze", 13, "", "2x1x3 i:1"),
    ("Sub", 14, "", "2x3 3"),
    ("Sum", 13, "", "2x3 3 1"),
    ("Tan", 9, "", "<2x3"),
    ("Tanh", 13, "", "2x3"),
    ("Tile", 13, "", "2x3 i:2,1"),
    ("Transpose", 13, "perm=[1,0]", "2x3"),
    ("Unsqueeze", 13, "", "2x3 i:1"),
    ("Upsample", 9, "mode=linear", "1x1x2x2 f:1.0,1.0,2.0,1.5"),
];

/// The code of double precision in a file.
const DOUBLE: i64 = 11;

struct Input {
    /// `None` where it is left out.
    value: Option<Tensor>,
    is_differentiated: bool,
}

/// Numbers without order, in -1.5 .. 1.5, none of them near 0 or near another.
fn irregular(i: usize) -> f64 {
    let x = ((i + 1) as f64 * 0.754_877_666).fract() * 2.0 - 1.0;
    1.4 * x + 0.1 * x.signum()
}

type Shift = fn(f64) -> f64;

fn input(text: &str, salt: usize) -> Input {
    let device = Device::flex();
    let constant = |value| Input { value: Some(value), is_differentiated: false };
    if text == "-" {
        return Input { value: None, is_differentiated: false };
    }
    if let Some((kind, list)) = text.split_once(':') {
        let reals: Vec<f64> = list.split(',').map(|it| it.parse().unwrap()).collect();
        let n = reals.len();
        return constant(match kind {
            "i" => Tensor::from_vec(reals.iter().map(|it| *it as i64).collect(), &[n], &device).unwrap(),
            "f" => Tensor::from_vec(reals.iter().map(|it| *it as f32).collect(), &[n], &device).unwrap(),
            _ => Tensor::from_vec(reals, &[], &device).unwrap(),
        });
    }
    let kinds: [(&str, Shift); 3] = [("1+", |x| 1.0 + x.abs()), ("+", f64::abs), ("<", |x| x / 1.6)];
    let (shape, shift) = kinds
        .iter()
        .find_map(|(sign, shift)| Some((text.strip_prefix(sign)?, *shift)))
        .unwrap_or((text, |x| x));
    let shape: Vec<usize> = shape.split('x').filter(|it| *it != ".").map(|it| it.parse().unwrap()).collect();
    let values = (0..shape.iter().product()).map(|i| shift(irregular(i + 100 * salt))).collect();
    Input { value: Some(Tensor::from_vec(values, &shape, &device).unwrap()), is_differentiated: true }
}

fn attribute_of(text: &str) -> Vec<u8> {
    let (name, value) = text.split_once('=').unwrap();
    if let Some(list) = value.strip_prefix('[') {
        let list: Vec<i64> = list.trim_end_matches(']').split(',').map(|it| it.parse().unwrap()).collect();
        return attribute(name, 7, &[packed(8, &list)]);
    }
    if let Ok(value) = value.parse::<i64>() {
        return attribute(name, 2, &[int(3, value)]);
    }
    match value.parse::<f32>() {
        Ok(value) => attribute(name, 1, &[fixed32(2, value.to_le_bytes())]),
        Err(_) => attribute(name, 3, &[bytes(4, value.as_bytes())]),
    }
}

fn value(number: u64, name: &str, code: i64) -> Vec<u8> {
    message(number, &[text(1, name), message(2, &[message(1, &[int(1, code)])])])
}

/// The file of one node, whose inputs are the graph's.
fn model((operator, version, attributes, _): Row, inputs: &[Input]) -> Vec<u8> {
    let (operator, n_outputs) = operator.split_once('>').unwrap_or((operator, "1"));
    let outputs: Vec<String> = (0..n_outputs.parse().unwrap()).map(|i| format!("y{i}")).collect();
    let name = |(i, it): (usize, &Input)| if it.value.is_some() { format!("x{i}") } else { String::new() };
    let names: Vec<String> = inputs.iter().enumerate().map(name).collect();
    let attributes: Vec<Vec<u8>> = attributes.split_whitespace().map(attribute_of).collect();
    let of = |names: &[String]| -> Vec<&'static str> {
        names.iter().map(|it| &*Box::leak(it.clone().into_boxed_str())).collect()
    };
    let mut graph = vec![graph_node(operator, &of(&names), &of(&outputs), &attributes)];
    for (name, input) in names.iter().zip(inputs) {
        let Some(tensor) = &input.value else { continue };
        let code = match (tensor.kind(), tensor.element()) {
            (Kind::Int, _) => 7,
            (_, rationale_tensor::Element::F32) => 1,
            _ => DOUBLE,
        };
        graph.push(value(11, name, code));
    }
    graph.extend(outputs.iter().map(|it| value(12, it, DOUBLE)));
    [int(1, 8), message(7, &graph), opset("", version)].concat()
}

/// The sum of all outputs of reals, each element by a weight of its own.
fn target(outputs: &[Tensor]) -> Result<Tensor, rationale_tensor::Error> {
    let mut sum = Tensor::from_vec(vec![0.0_f64], &[1], &Device::flex())?;
    for (i, output) in outputs.iter().enumerate().filter(|(_, it)| it.kind() == Kind::Float) {
        let output = output.cast(rationale_tensor::Element::F64)?;
        let weights = (0..output.len()).map(|it| irregular(it + 1000 * (i + 7))).collect();
        let weights = Tensor::from_vec(weights, &output.shape(), &Device::flex())?;
        sum = sum.add(&output.mul(&weights)?.total()?)?;
    }
    Ok(sum)
}

fn value_at(network: &OnnxNetwork, tensors: &[Tensor]) -> f64 {
    let outputs = network.forward(&mut Run::new(tensors)).unwrap();
    target(&outputs).unwrap().to_f64s().unwrap()[0]
}

/// What is wrong with the gradient to one input.
fn difference(network: &OnnxNetwork, tensors: &[Tensor], which: usize, gradient: &Tensor) -> Option<String> {
    const STEP: f64 = 1e-5;
    let shape = tensors[which].shape();
    if gradient.shape() != shape {
        return Some(format!(
            "the gradient to input {which} has shape {:?}, not {shape:?}",
            gradient.shape()
        ));
    }
    let values = tensors[which].to_f64s().unwrap();
    let moved = |i: usize, by: f64| {
        let mut values = values.clone();
        values[i] += by;
        let mut tensors = tensors.to_vec();
        tensors[which] = Tensor::from_vec(values, &shape, &Device::flex()).unwrap();
        value_at(network, &tensors)
    };
    gradient.to_f64s().unwrap().iter().enumerate().find_map(|(i, found)| {
        let right = (moved(i, STEP) - moved(i, -STEP)) / (2.0 * STEP);
        let is_close = (found - right).abs() <= 1e-6 * (1.0 + right.abs());
        (!is_close).then(|| format!("the gradient to element {i} of input {which} is {found}, not {right}"))
    })
}

/// The inputs of a row; another salt gives other numbers.
fn inputs_of(row: Row, salt: usize) -> Vec<Input> {
    row.3.split_whitespace().enumerate().map(|(i, it)| input(it, i + salt)).collect()
}

fn failure(row: Row) -> Option<String> {
    let inputs = inputs_of(row, 0);
    let network = match OnnxNetwork::from_bytes(&model(row, &inputs), &Device::flex()) {
        Ok(network) => network,
        Err(error) => return Some(error.to_string()),
    };
    let given: Vec<&Input> = inputs.iter().filter(|it| it.value.is_some()).collect();
    let tensors: Vec<Tensor> = given.iter().filter_map(|it| it.value.clone()).collect();
    let followed: Vec<usize> = (0..given.len()).filter(|i| given[*i].is_differentiated).collect();
    let places: Vec<Place> = followed.iter().map(|i| Place::Input(*i)).collect();
    let found = match differentiate(&network, &tensors, &places, &target) {
        Ok(found) => found,
        Err(error) => return Some(error.to_string()),
    };
    followed.iter().zip(&found.gradients).find_map(|(which, it)| difference(&network, &tensors, *which, it))
}

#[test]
fn gradients_are_those_of_central_differences() {
    let failures: Vec<String> = ROWS
        .iter()
        .filter_map(|row| Some(format!("{} {} `{}` of {}: {}", row.0, row.1, row.2, row.3, failure(*row)?)))
        .collect();
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), ROWS.len(), failures.join("\n"));
}

/// A row's network, the inputs that are given, and the same with other numbers in those that `is_moved` names.
fn against(
    row: Row,
    is_moved: &dyn Fn(usize) -> bool,
) -> (OnnxNetwork, Vec<usize>, Vec<Tensor>, Vec<Tensor>) {
    let own = inputs_of(row, 0);
    let network = OnnxNetwork::from_bytes(&model(row, &own), &Device::flex()).unwrap();
    let given =
        || own.iter().zip(inputs_of(row, 50)).filter_map(|(a, b)| Some((a, a.value.clone()?, b.value?)));
    let moved: Vec<usize> =
        given().enumerate().filter(|(i, it)| it.0.is_differentiated && is_moved(*i)).map(|it| it.0).collect();
    let others = given().enumerate().map(|(i, it)| if moved.contains(&i) { it.2 } else { it.1 }).collect();
    let own = given().map(|it| it.1).collect();
    (network, moved, own, others)
}

fn sum_of_products(a: &Tensor, b: &Tensor) -> f64 {
    a.to_f64s().unwrap().iter().zip(b.to_f64s().unwrap()).map(|(a, b)| a * b).sum()
}

/// DeepLIFT's multipliers times the differences of the inputs, less the difference of the outputs, relative to it.
fn deeplift_gap(row: Row, is_moved: &dyn Fn(usize) -> bool) -> f64 {
    let (network, moved, own, others) = against(row, is_moved);
    if moved.is_empty() {
        return 0.0;
    }
    let places: Vec<Place> = moved.iter().map(|it| Place::Input(*it)).collect();
    let reference = Reference::record(&network, Run::new(&others)).unwrap();
    let rule = Rescale::new(&reference);
    let found = differentiate_run(&network, Run::new(&own).with_rule(&rule), &places, &target).unwrap();
    let step = |which: usize| own[which].sub(&others[which]).unwrap();
    let sum: f64 =
        moved.iter().zip(&found.gradients).map(|(which, it)| sum_of_products(it, &step(*which))).sum();
    let difference = value_at(&network, &own) - value_at(&network, &others);
    (sum - difference).abs() / difference.abs()
}

/// Whose other inputs are weights or statistics, and held: the rules are of the first one.
const WEIGHTED: [&str; 2] = ["BatchNormalization", "PRelu"];

/// Where relevance does not arrive in full with one input followed: what other summands and biases have, what a softmax
/// takes, elements that stand in the place of followed ones, statistics as outputs, and functions that are no sums of contributions.
const LOSING: &[&str] = &[
    "Add",
    "BatchNormalization",
    "Concat",
    "Conv",
    "ConvTranspose",
    "Gemm",
    "LayerNormalization>3",
    "LogSoftmax",
    "Max",
    "Mean",
    "Min",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceProd",
    "ReduceSumSquare",
    "Softmax",
    "Sub",
    "Sum",
];

/// What is lost of the relevance of the outputs, relative to it, where the first input of reals alone is followed.
fn relevance_lost(row: Row) -> f64 {
    let (network, followed, own, _) = against(row, &|_| true);
    let relevance = |outputs: &[Tensor]| {
        let held: Vec<Tensor> = outputs.iter().map(Tensor::detach).collect();
        let products: Result<Vec<_>, _> = outputs.iter().zip(&held).map(|(a, b)| a.mul(b)).collect();
        target(&products?)
    };
    let rule = RelevancePropagation::epsilon(1e-12);
    let run = Run::new(&own).with_rule(&rule);
    let found = differentiate_run(&network, run, &[Place::Input(followed[0])], &relevance).unwrap();
    let sum: f64 = found.gradients[0].to_f64s().unwrap().iter().sum();
    let right = value_at(&network, &own);
    (sum - right).abs() / right.abs()
}

/// All but Range, whose inputs decide how many outputs there are: those of two inputs cannot be compared.
fn followed() -> impl Iterator<Item = Row> {
    ROWS.iter().copied().filter(|row| row.0 != "Range")
}

#[test]
fn deeplift_is_complete_through_every_operator() {
    let gaps = |row: Row| {
        let has_weights = WEIGHTED.contains(&row.0);
        [deeplift_gap(row, &|i| i == 0), deeplift_gap(row, &|i| i == 0 || !has_weights)]
    };
    let found: Vec<(Row, [f64; 2])> = followed().map(|row| (row, gaps(row))).collect();
    for (row, gaps) in &found {
        println!("DeepLIFT {row:?}: {gaps:?}");
    }
    let failures: Vec<_> = found.iter().filter(|(_, gaps)| !gaps.iter().all(|it| *it < 1e-9)).collect();
    assert!(failures.is_empty(), "{failures:?}");
}

#[test]
fn relevance_is_kept_through_every_operator_but_those_that_lose_it() {
    let found: Vec<(Row, f64)> = followed().map(|row| (row, relevance_lost(row))).collect();
    for (row, lost) in &found {
        println!("LRP {row:?}: {lost:e}");
    }
    let losing: std::collections::BTreeSet<&str> =
        found.iter().filter(|(_, lost)| lost.is_nan() || *lost >= 1e-6).map(|(row, _)| row.0).collect();
    assert_eq!(losing.into_iter().collect::<Vec<_>>(), LOSING);
}
