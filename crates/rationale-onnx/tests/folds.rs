//! Batch normalisations folded into the layers beside them: the same function, by one step less.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

#[expect(dead_code, reason = "the messages of other tests")]
#[path = "file/encoder.rs"]
mod encoder;

use rationale_onnx::OnnxNetwork;
use rationale_tensor::{Device, Network, Run, Tensor};

use encoder::{attribute, floats, graph_node, int, message, model, packed, text};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Order {
    LayerFirst,
    NormalizationFirst,
}

use Order::{LayerFirst, NormalizationFirst};

/// The layer, its attributes as `name=1 name=[1,1]`, the shapes of x, the weights and the bias, and where the batch
/// normalisation stands.
type Row = (&'static str, &'static str, &'static [i64], &'static [i64], &'static [i64], Order);

#[rustfmt::skip]
const FOLDED: &[Row] = &[
    ("Conv", "pads=[1,1,1,1]", &[2, 2, 4, 5], &[3, 2, 3, 3], &[3], LayerFirst),
    ("Conv", "strides=[2,1]", &[2, 2, 4, 5], &[3, 2, 3, 3], &[], LayerFirst),
    ("Conv", "group=2", &[2, 4, 4, 5], &[6, 2, 3, 3], &[6], LayerFirst),
    ("Conv", "", &[2, 2, 6], &[3, 2, 3], &[3], LayerFirst),
    ("ConvTranspose", "strides=[2,2]", &[2, 2, 3, 3], &[2, 4, 2, 2], &[4], LayerFirst),
    ("Gemm", "transB=1", &[4, 3], &[5, 3], &[5], LayerFirst),
    ("Gemm", "", &[4, 3], &[3, 5], &[1, 5], LayerFirst),
    ("Gemm", "", &[4, 3], &[3, 5], &[1], LayerFirst),
    ("Gemm", "", &[4, 3], &[3, 3], &[], LayerFirst),
    ("Gemm", "transB=1", &[4, 3], &[5, 3], &[5], NormalizationFirst),
    ("Gemm", "", &[4, 3], &[3, 5], &[], NormalizationFirst),
    ("Conv", "dilations=[2,1]", &[2, 2, 5, 4], &[3, 2, 2, 2], &[3], NormalizationFirst),
    ("Conv", "", &[2, 2, 5, 4], &[3, 2, 2, 2], &[], NormalizationFirst),
];

/// Where the shift of the normalisation would have to be added to what stands around the picture too, or by groups.
const LEFT: &[Row] = &[
    ("Conv", "pads=[1,1,1,1]", &[2, 2, 4, 5], &[3, 2, 3, 3], &[3], NormalizationFirst),
    ("Conv", "group=2", &[2, 4, 4, 5], &[6, 2, 3, 3], &[6], NormalizationFirst),
    ("ConvTranspose", "group=2", &[2, 4, 3, 3], &[4, 2, 2, 2], &[4], LayerFirst),
    ("ConvTranspose", "", &[2, 2, 3, 3], &[2, 4, 2, 2], &[4], NormalizationFirst),
];

fn irregular(n: i64, salt: usize) -> Vec<f32> {
    (0..usize::try_from(n).unwrap()).map(|i| ((i + 17 * salt) as f32 * 12.9898).sin()).collect()
}

fn constant(name: &str, shape: &[i64], salt: usize) -> Vec<u8> {
    floats(name, shape, &irregular(shape.iter().product(), salt))
}

fn value(number: u64, name: &str) -> Vec<u8> {
    message(number, &[text(1, name), message(2, &[message(1, &[int(1, 1)])])])
}

fn attribute_of(text: &str) -> Vec<u8> {
    let (name, value) = text.split_once('=').unwrap();
    match value.strip_prefix('[') {
        Some(list) => {
            let list: Vec<i64> =
                list.trim_end_matches(']').split(',').map(|it| it.parse().unwrap()).collect();
            attribute(name, 7, &[packed(8, &list)])
        }
        None => attribute(name, 2, &[int(3, value.parse().unwrap())]),
    }
}

/// The output channels of a layer, along the dimension of its weights in which they lie.
fn channels((layer, attributes, x, weights, _, order): Row) -> i64 {
    let group = if attributes.contains("group=2") { 2 } else { 1 };
    match (order, layer) {
        (NormalizationFirst, _) => x[1],
        (_, "ConvTranspose") => group * weights[1],
        (_, "Gemm") if !attributes.contains("transB") => weights[1],
        _ => weights[0],
    }
}

/// A network of a layer and a batch normalisation, with the value between both as an output too where asked for.
fn network(row: Row, is_seen: bool) -> OnnxNetwork {
    let (layer, attributes, _, weights, bias, order) = row;
    let attributes: Vec<Vec<u8>> = attributes.split_whitespace().map(attribute_of).collect();
    let (of_layer, of_norm) =
        if order == LayerFirst { (["x", "h"], ["h", "y"]) } else { (["h", "y"], ["x", "h"]) };
    let bias_name = if bias.is_empty() { "" } else { "b" };
    let layer = graph_node(layer, &[of_layer[0], "w", bias_name], &[of_layer[1]], &attributes);
    let statistics = [of_norm[0], "scale", "shift", "mean", "variance"];
    let norm = graph_node("BatchNormalization", &statistics, &[of_norm[1]], &[]);
    let n = channels(row);
    let variance: Vec<f32> = irregular(n, 6).iter().map(|it| it.abs() + 0.3).collect();
    let mut graph = if order == LayerFirst { vec![layer, norm] } else { vec![norm, layer] };
    graph.extend([constant("w", weights, 1), constant("scale", &[n], 3), constant("shift", &[n], 4)]);
    graph.extend([
        constant("mean", &[n], 5),
        floats("variance", &[n], &variance),
        value(11, "x"),
        value(12, "y"),
    ]);
    graph.extend((!bias.is_empty()).then(|| constant("b", bias, 2)));
    graph.extend(is_seen.then(|| value(12, "h")));
    OnnxNetwork::from_bytes(&model(&graph), &Device::flex()).unwrap()
}

fn answer(network: &OnnxNetwork, shape: &[i64]) -> Vec<f64> {
    let sizes: Vec<usize> = shape.iter().map(|it| usize::try_from(*it).unwrap()).collect();
    let x = Tensor::from_vec(irregular(shape.iter().product(), 9), &sizes, &Device::flex()).unwrap();
    network.forward(&mut Run::new(&[x])).unwrap()[0].to_f64s().unwrap()
}

/// How many steps are left, where the answers stay what they were.
fn n_steps_left(row: Row, is_seen: bool) -> usize {
    let network = network(row, is_seen);
    let folded = network.clone().with_batch_normalization_folded().unwrap();
    let (right, actual) = (answer(&network, row.2), answer(&folded, row.2));
    let close = right.len() == actual.len()
        && right.iter().zip(&actual).all(|(a, b)| (a - b).abs() < 1e-5 * (1.0 + a.abs()));
    assert!(close, "{row:?}: {actual:?}, not {right:?}");
    folded.interface().sites.len()
}

#[test]
fn a_normalisation_beside_a_layer_is_folded_into_it() {
    for row in FOLDED {
        assert_eq!(n_steps_left(*row, false), 1, "{row:?}");
    }
}

#[test]
fn what_would_not_be_the_same_function_is_left() {
    for row in LEFT {
        assert_eq!(n_steps_left(*row, false), 2, "{row:?}");
    }
}

#[test]
fn a_value_between_both_that_something_else_uses_is_kept() {
    for row in FOLDED {
        assert_eq!(n_steps_left(*row, true), 2, "{row:?}");
    }
}
