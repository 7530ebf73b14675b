//! Gradients of operators whose other inputs are tuples of indices, conditions or single whole numbers, against central
//! differences, in double precision. The plainer ones stand in `gradients.rs`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests may fail loudly")]

#[path = "file/encoder.rs"]
#[expect(dead_code, reason = "the messages of other tests")]
mod encoder;

use encoder::{attribute, bytes, graph_node, initialiser, int, message, opset, text};
use rationale_onnx::OnnxNetwork;
use rationale_tensor::{Device, Kind, Network, Place, Run, Tensor, differentiate};

/// An operand of the operator.
enum Operand {
    /// Numbers between two bounds, with respect to which is differentiated.
    Real(&'static [usize], f64, f64),
    /// Whole numbers, constant.
    Whole(&'static [usize], Vec<i64>),
    /// Truth values, constant.
    Truth(&'static [usize], Vec<u8>),
    /// Left out.
    Absent,
}

use Operand::{Absent, Real, Truth, Whole};

fn whole(values: &[i64]) -> Operand {
    Whole(Box::leak(Box::new([values.len()])), values.to_vec())
}

type Attribute = Vec<u8>;

fn number(name: &str, value: i64) -> Attribute {
    attribute(name, 2, &[int(3, value)])
}

fn word(name: &str, value: &str) -> Attribute {
    attribute(name, 3, &[text(4, value)])
}

type Row = (&'static str, Vec<Operand>, Vec<Attribute>);

/// Operator, operands, attributes; operator set 18.
#[rustfmt::skip]
fn rows() -> Vec<Row> {
    let x = || Real(&[2, 3], -1.3, 1.7);
    let positive = || Real(&[2, 3], 0.3, 2.4);
    let cube = || Real(&[2, 3, 4], -1.5, 1.2);
    vec![
        ("Ceil", vec![x()], vec![]),
        ("Concat", vec![x(), Real(&[2, 1], 0.0, 1.0), x()], vec![number("axis", -1)]),
        ("CumSum", vec![cube(), Whole(&[], vec![1])], vec![]),
        ("CumSum", vec![cube(), Whole(&[], vec![-1])], vec![number("exclusive", 1), number("reverse", 1)]),
        ("Expand", vec![Real(&[2, 1], -1.0, 1.0), whole(&[3, 1, 4])], vec![]),
        ("Floor", vec![x()], vec![]),
        ("Gather", vec![cube(), Whole(&[2, 2], vec![0, -1, 2, 0])], vec![number("axis", 1)]),
        ("GatherElements", vec![x(), Whole(&[2, 2], vec![0, -1, 2, 2])], vec![number("axis", 1)]),
        ("GatherND", vec![cube(), Whole(&[2, 2], vec![0, 1, 1, -1])], vec![]),
        ("GatherND", vec![cube(), Whole(&[2, 2, 1], vec![0, 1, 2, -1])], vec![number("batch_dims", 1)]),
        ("Max", vec![x(), Real(&[3], -1.0, 1.0), x()], vec![]),
        ("Mean", vec![x(), Real(&[3], -1.0, 1.0), x()], vec![]),
        ("Min", vec![x(), Real(&[3], -1.0, 1.0), x()], vec![]),
        ("Mod", vec![x(), Real(&[2, 3], 0.35, 0.75)], vec![number("fmod", 1)]),
        ("OneHot", vec![Whole(&[2], vec![1, -1]), Whole(&[], vec![3]), Real(&[2], -1.0, 2.0)], vec![number("axis", 0)]),
        ("Pad", vec![x(), whole(&[0, 2, 1, -1]), Real(&[], 0.4, 0.5)], vec![]),
        ("Pad", vec![x(), whole(&[1, 2, 1, 1])], vec![word("mode", "reflect")]),
        ("Pad", vec![x(), whole(&[1, 2]), Absent, whole(&[-1])], vec![word("mode", "edge")]),
        ("Pad", vec![x(), whole(&[1, 4, 0, 0])], vec![word("mode", "wrap")]),
        ("Pow", vec![positive(), Real(&[2, 1], -1.0, 2.5)], vec![]),
        ("Pow", vec![x(), Whole(&[], vec![3])], vec![]),
        ("Pow", vec![x(), Whole(&[], vec![2])], vec![]),
        ("Pow", vec![x(), Whole(&[], vec![0])], vec![]),
        ("Pow", vec![x(), Whole(&[], vec![-2])], vec![]),
        ("Pow", vec![x(), Whole(&[3], vec![1, 2, 3])], vec![]),
        ("ReduceL1", vec![cube(), whole(&[0, 2])], vec![]),
        ("ReduceL2", vec![cube(), whole(&[-2])], vec![number("keepdims", 0)]),
        ("ReduceLogSumExp", vec![cube(), whole(&[1, 2])], vec![]),
        ("ReduceMax", vec![cube(), whole(&[1, 2])], vec![]),
        ("ReduceMean", vec![cube(), whole(&[1, 2])], vec![]),
        ("ReduceProd", vec![cube(), whole(&[1, 2])], vec![]),
        ("ReduceProd", vec![Real(&[5], 0.0, 0.0)], vec![]),
        ("ReduceProd", vec![Real(&[2], 0.0, 0.0)], vec![]),
        ("ReduceSum", vec![cube()], vec![number("keepdims", 0)]),
        ("ReduceSum", vec![cube()], vec![number("noop_with_empty_axes", 1)]),
        ("Reshape", vec![cube(), whole(&[0, -1])], vec![]),
        ("Round", vec![x()], vec![]),
        ("ScatterElements", vec![x(), Whole(&[2, 2], vec![0, 0, 1, -1]), Real(&[2, 2], 1.0, 2.0)], vec![number("axis", 1)]),
        ("ScatterElements", vec![x(), Whole(&[2, 2], vec![0, 0, 1, -1]), Real(&[2, 2], 1.0, 2.0)], vec![number("axis", 1), word("reduction", "add")]),
        ("ScatterND", vec![cube(), Whole(&[3, 1], vec![0, 1, 0]), Real(&[3, 3, 4], -2.0, 2.0)], vec![]),
        ("ScatterND", vec![cube(), Whole(&[3, 1], vec![0, 1, 0]), Real(&[3, 3, 4], -2.0, 2.0)], vec![word("reduction", "add")]),
        ("ScatterND", vec![cube(), Whole(&[3, 2], vec![0, 1, 0, 1, 1, -1]), Real(&[3, 4], -2.0, 2.0)], vec![word("reduction", "mul")]),
        ("ScatterND", vec![cube(), Whole(&[3, 1], vec![0, 1, 0]), Real(&[3, 3, 4], -2.0, 2.0)], vec![word("reduction", "max")]),
        ("ScatterND", vec![cube(), Whole(&[3, 1], vec![0, 1, 0]), Real(&[3, 3, 4], -2.0, 2.0)], vec![word("reduction", "min")]),
        ("Sign", vec![x()], vec![]),
        ("Slice", vec![cube(), whole(&[-1, 1]), whole(&[-9, 4]), whole(&[1, 2]), whole(&[-2, 2])], vec![]),
        ("Split", vec![Real(&[2, 5], -1.0, 1.0), whole(&[2, 3])], vec![number("axis", 1)]),
        ("Tile", vec![x(), whole(&[2, 3])], vec![]),
        ("TopK", vec![cube(), whole(&[2])], vec![number("axis", 1)]),
        ("Trilu", vec![Real(&[2, 3, 3], -1.0, 1.0), Whole(&[], vec![-1])], vec![number("upper", 0)]),
        ("Unsqueeze", vec![x(), whole(&[0, -1])], vec![]),
        ("Where", vec![Truth(&[3], vec![1, 0, 1]), x(), Real(&[2, 1], -1.0, 1.0)], vec![]),
    ]
}

/// Numbers that lie apart from each other, and none of them whole.
fn spread(shape: &[usize], low: f64, high: f64, seed: usize) -> Vec<f64> {
    let n: usize = shape.iter().product();
    let place = |i: usize| ((i + 1 + 7 * seed) as f64 * 0.618_033_988_749).fract();
    (0..n).map(|i| low + (high - low) * place(i)).collect()
}

fn signed(length: usize) -> i64 {
    i64::try_from(length).unwrap()
}

fn input(name: &str, shape: &[usize]) -> Vec<u8> {
    let dimensions: Vec<_> = shape.iter().map(|it| message(1, &[int(1, signed(*it))])).collect();
    message(11, &[text(1, name), message(2, &[message(1, &[int(1, 11), message(2, &dimensions)])])])
}

fn output(name: &str) -> Vec<u8> {
    message(12, &[text(1, name), message(2, &[message(1, &[int(1, 11)])])])
}

/// The network of one node, and the inputs that it takes.
fn network(row: &Row, device: &Device) -> (OnnxNetwork, Vec<Tensor>) {
    let (operator, operands, attributes) = row;
    let names: Vec<String> = (0..operands.len()).map(|i| format!("x{i}")).collect();
    let mut given: Vec<&str> = Vec::new();
    let (mut graph, mut inputs) = (Vec::new(), Vec::new());
    let lengths = |shape: &[usize]| shape.iter().map(|it| signed(*it)).collect::<Vec<_>>();
    for (i, (operand, name)) in operands.iter().zip(&names).enumerate() {
        given.push(if matches!(operand, Absent) { "" } else { name });
        match operand {
            Real(shape, low, high) => {
                graph.push(input(name, shape));
                inputs.push(Tensor::from_vec(spread(shape, *low, *high, i), shape, device).unwrap());
            }
            Whole(shape, values) => {
                let raw: Vec<u8> = values.iter().flat_map(|it| it.to_le_bytes()).collect();
                graph.push(initialiser(name, 7, &lengths(shape), &[bytes(9, &raw)]));
            }
            Truth(shape, values) => graph.push(initialiser(name, 9, &lengths(shape), &[bytes(9, values)])),
            Absent => {}
        }
    }
    let outputs: &[&str] = match *operator {
        "Split" | "TopK" => &["y0", "y1"],
        _ => &["y0"],
    };
    graph.push(graph_node(operator, &given, outputs, attributes));
    // Where the elements that are taken lie is whole, and nothing passes through it.
    let reals = if *operator == "TopK" { 1 } else { outputs.len() };
    graph.extend(outputs.iter().take(reals).map(|it| output(it)));
    let version = if attributes.contains(&word("mode", "wrap")) { 19 } else { 18 };
    let file = [int(1, 8), message(7, &graph), opset("", version)].concat();
    (OnnxNetwork::from_bytes(&file, device).unwrap_or_else(|error| panic!("{operator}: {error}")), inputs)
}

/// All elements of the outputs, each with a weight of its own.
fn target(outputs: &[Tensor]) -> Result<Tensor, rationale_tensor::Error> {
    let mut sum = Tensor::full(0.0, &[1], rationale_tensor::Element::F64, &Device::flex())?;
    for (i, output) in outputs.iter().enumerate().filter(|(_, it)| it.kind() == Kind::Float) {
        let weights =
            Tensor::from_vec(spread(&output.shape(), 0.5, 2.0, i + 3), &output.shape(), &Device::flex())?;
        sum = sum.add(&output.mul(&weights)?.total()?)?;
    }
    Ok(sum)
}

fn failure(row: &Row) -> Option<String> {
    let (network, inputs) = network(row, &Device::flex());
    let places: Vec<Place> = (0..inputs.len()).map(Place::Input).collect();
    let found = match differentiate(&network, &inputs, &places, &target) {
        Ok(found) => found,
        Err(error) => return Some(error.to_string()),
    };
    let value = |inputs: &[Tensor]| {
        target(&network.forward(&mut Run::new(inputs)).unwrap()).unwrap().to_f64s().unwrap()[0]
    };
    for (i, input) in inputs.iter().enumerate() {
        let (numbers, gradient) = (input.to_f64s().unwrap(), found.gradients[i].to_f64s().unwrap());
        for (j, actual) in gradient.iter().enumerate() {
            let step = 1e-5;
            let moved = |by: f64| {
                let (mut moved, mut all) = (numbers.clone(), inputs.clone());
                moved[j] += by;
                all[i] = Tensor::from_vec(moved, &input.shape(), &Device::flex()).unwrap();
                value(&all)
            };
            let expected = (moved(step) - moved(-step)) / (2.0 * step);
            if (actual - expected).abs() > 1e-6 * (1.0 + expected.abs()) || actual.is_nan() {
                return Some(format!("input {i}, element {j}: {actual} where {expected} is right"));
            }
        }
    }
    None
}

#[test]
fn gradients_are_central_differences() {
    let rows = rows();
    let failed: Vec<String> = rows
        .iter()
        .enumerate()
        .filter_map(|(i, row)| Some(format!("{i} {}: {}", row.0, failure(row)?)))
        .collect();
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), rows.len(), failed.join("\n"));
}

#[test]
fn the_gradient_of_a_norm_at_nothing_is_zero() {
    let device = Device::flex();
    let (network, _) = network(&("ReduceL2", vec![Real(&[3], 0.0, 1.0)], vec![]), &device);
    let zeros = Tensor::from_vec(vec![0.0_f64; 3], &[3], &device).unwrap();
    let found = differentiate(&network, &[zeros], &[Place::Input(0)], &target).unwrap();
    assert_eq!(found.gradients[0].to_f64s().unwrap(), [0.0; 3]);
}
