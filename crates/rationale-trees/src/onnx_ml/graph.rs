//! The one tree node of a graph, and what stands before and behind it.
//!
//! Before: `Cast` and `Identity`, which leave a feature what it is, a `Scaler` that scales by 1, and a `Concat` of the
//! graph's inputs, which then name the features. Behind the scores:
//! `Cast`, `Identity`, `ZipMap`; `Mul` and `Add` of one number, `Exp`, `Sigmoid` and `Softmax`, of which converters make
//! the losses that `post_transform` lacks; and a `Normalizer` where shares add up to 1 already. What computes a label
//! from the scores is passed over. Every other node is refused, all at once.

use std::collections::{BTreeMap, BTreeSet};

use super::attributes::Attributes;
use super::proto::{Graph, Node, ValueInfo, data_type};
use super::{FORMAT, malformed};
use crate::{Error, InputPrecision};

const ADVICE: &str = "read is one TreeEnsembleClassifier, TreeEnsembleRegressor or TreeEnsemble with Cast, Identity, ZipMap, \
                      Mul, Add, Exp, Sigmoid, Softmax around it: export the tree model alone, without the steps before it";

/// What is done to the scores, in order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Tail {
    /// Multiplied by a number.
    Times(f64),
    /// A number is added.
    Plus(f64),
    /// exp, output by output.
    Exp,
    /// 1 / (1 + exp(-x)), output by output.
    Sigmoid,
    /// Softmax over the outputs.
    Softmax,
    /// Divided by the sum of absolute values; harmless where that is 1.
    Normalizer,
}

/// A graph that is understood.
pub(super) struct Chain<'a> {
    /// The node of the trees.
    pub(super) trees: &'a Node,
    /// What is done to its scores.
    pub(super) tail: Vec<Tail>,
    /// How many columns the input has, where the graph says.
    pub(super) n_columns: Option<usize>,
    /// The names of the features, where each is an input of its own.
    pub(super) feature_names: Option<Vec<String>>,
    /// How the input is rounded on its way to the trees.
    pub(super) precision: InputPrecision,
}

impl<'a> Chain<'a> {
    /// Finds the tree node and follows the graph both ways from it.
    pub(super) fn of(graph: &'a Graph) -> Result<Self, Error> {
        let trees = the_trees(graph)?;
        let mut walk = Walk::new(graph, trees);
        let (inputs, is_single) = walk.back(trees);
        let scores = scores(trees)?;
        let tail = walk.forward(scores);
        walk.labels(trees, scores);
        walk.finish()?;
        if inputs.is_empty() {
            return Err(malformed("graph.input", "the input of the trees", "none".to_owned()));
        }
        let precisions =
            inputs.iter().map(|input| precision(input, is_single)).collect::<Result<Vec<_>, _>>()?;
        let is_single = precisions.contains(&InputPrecision::Single);
        let columns: Vec<_> = inputs.iter().map(|input| columns(input)).collect();
        let are_columns = inputs.len() > 1 && columns.iter().all(|columns| *columns == Some(1));
        let names = || inputs.iter().map(|input| input.name.clone()).collect();
        Ok(Self {
            trees,
            tail,
            n_columns: columns.into_iter().try_fold(0, |sum: usize, columns| sum.checked_add(columns?)),
            feature_names: are_columns.then(names),
            precision: if is_single { InputPrecision::Single } else { InputPrecision::Double },
        })
    }
}

fn the_trees(graph: &Graph) -> Result<&Node, Error> {
    let of_trees = |node: &&Node| {
        ["TreeEnsembleClassifier", "TreeEnsembleRegressor", "TreeEnsemble"].contains(&node.op_type.as_str())
    };
    let mut found = graph.node.iter().filter(of_trees);
    match (found.next(), found.next()) {
        (Some(node), None) => Ok(node),
        (None, _) => Err(refused(graph.node.iter())),
        (Some(_), Some(_)) => Err(Error::Unsupported {
            format: FORMAT,
            parts: vec![format!("{} nodes of trees", graph.node.iter().filter(of_trees).count())],
            advice: "one model is read from a file: bagging, isolation forests and models split over nodes are exported \
                     so; save them with skops or with their own library",
        }),
    }
}

fn refused<'a>(nodes: impl Iterator<Item = &'a Node>) -> Error {
    let mut parts: Vec<_> = nodes.map(|node| format!("the operator {}", node.op_type)).collect();
    parts.sort();
    parts.dedup();
    if parts.is_empty() {
        parts.push("a graph without nodes".to_owned());
    }
    Error::Unsupported { format: FORMAT, parts, advice: ADVICE }
}

fn scores(trees: &Node) -> Result<&str, Error> {
    let place = usize::from(trees.op_type == "TreeEnsembleClassifier");
    let scores = trees.output.get(place).filter(|scores| !scores.is_empty());
    scores
        .map(String::as_str)
        .ok_or_else(|| malformed("graph.node.output", "an output of scores", "none".to_owned()))
}

/// A node's identity; nodes need not have names.
fn id(node: &Node) -> *const Node {
    std::ptr::from_ref(node)
}

/// No converter does more than a handful of things to the scores.
const TAIL: usize = 16;

struct Walk<'a> {
    graph: &'a Graph,
    inputs: BTreeMap<&'a str, &'a ValueInfo>,
    /// The node that makes each value.
    makers: BTreeMap<&'a str, &'a Node>,
    /// The nodes that take each value.
    takers: BTreeMap<&'a str, Vec<&'a Node>>,
    /// Nodes that are understood, or that no score depends on.
    known: BTreeSet<*const Node>,
    refused: Vec<&'a Node>,
}

impl<'a> Walk<'a> {
    fn new(graph: &'a Graph, trees: &'a Node) -> Self {
        let mut walk = Self {
            graph,
            inputs: graph.input.iter().map(|input| (input.name.as_str(), input)).collect(),
            makers: BTreeMap::new(),
            takers: BTreeMap::new(),
            known: BTreeSet::from([id(trees)]),
            refused: Vec::new(),
        };
        for node in &graph.node {
            walk.makers.extend(node.output.iter().map(|output| (output.as_str(), node)));
            node.input.iter().for_each(|input| walk.takers.entry(input).or_default().push(node));
        }
        walk
    }

    /// The graph's inputs that the trees see, side by side, and whether they are made float32 on their way.
    fn back(&mut self, trees: &'a Node) -> (Vec<&'a ValueInfo>, bool) {
        let mut value = trees.input.first();
        let mut is_single = false;
        // A node is passed once: a cycle ends here, and its nodes are refused.
        while let Some(node) = value.and_then(|value| self.makers.get(value.as_str()).copied()) {
            let is_new = self.known.insert(id(node));
            if let Some(inputs) = self.side_by_side(node) {
                return (inputs, is_single);
            }
            if !is_new || !is_neutral_before(node) {
                self.refused.push(node);
                return (self.graph.input.iter().collect(), is_single);
            }
            is_single |=
                node.op_type == "Cast" && Attributes::of(node).integer("to") == Some(data_type::FLOAT.into());
            value = node.input.first();
        }
        (value.and_then(|value| self.input(value)).into_iter().collect(), is_single)
    }

    /// The graph's inputs that a `Concat` joins by columns.
    fn side_by_side(&self, node: &'a Node) -> Option<Vec<&'a ValueInfo>> {
        let joins = node.op_type == "Concat" && Attributes::of(node).integer("axis") == Some(1);
        if joins { node.input.iter().map(|input| self.input(input)).collect() } else { None }
    }

    fn input(&self, name: &str) -> Option<&'a ValueInfo> {
        self.inputs.get(name).copied()
    }

    /// What is done to the scores until they leave the graph.
    fn forward(&mut self, scores: &str) -> Vec<Tail> {
        let mut tail = Vec::new();
        let mut value = scores;
        loop {
            let takers: Vec<_> = self.takers(value).filter(|node| !is_of_labels(node)).collect();
            let [node] = takers[..] else {
                self.refused.extend(takers);
                return tail;
            };
            match self.step(node, value) {
                Some(step) if tail.len() < TAIL && self.known.insert(id(node)) => tail.extend(step),
                _ => {
                    self.refused.push(node);
                    return tail;
                }
            }
            let Some(output) = node.output.first() else { return tail };
            value = output;
        }
    }

    /// One step behind the trees: none where it is not understood.
    #[expect(clippy::option_option, reason = "a node may be unknown, or known to do nothing")]
    fn step(&self, node: &Node, value: &str) -> Option<Option<Tail>> {
        Some(match node.op_type.as_str() {
            "Cast" | "Identity" | "ZipMap" => None,
            "Mul" => Some(Tail::Times(self.number(node, value)?)),
            "Add" => Some(Tail::Plus(self.number(node, value)?)),
            "Exp" => Some(Tail::Exp),
            "Sigmoid" => Some(Tail::Sigmoid),
            // The last axis: that of the outputs.
            "Softmax" if matches!(Attributes::of(node).integer("axis"), None | Some(-1 | 1)) => {
                Some(Tail::Softmax)
            }
            "Normalizer" if Attributes::of(node).text("norm") == Some("L1") => Some(Tail::Normalizer),
            _ => return None,
        })
    }

    /// The other input of a node, where it is one constant number.
    fn number(&self, node: &Node, value: &str) -> Option<f64> {
        let [left, right] = &node.input[..] else { return None };
        let other = if left == value { right } else { left };
        let tensor = self.graph.initializer.iter().find(|tensor| tensor.name == *other)?;
        match tensor.numbers()?[..] {
            [number] => Some(number),
            _ => None,
        }
    }

    /// Passes over everything that only labels depend on.
    fn labels(&mut self, trees: &'a Node, scores: &str) {
        let mut open: Vec<&str> =
            trees.output.iter().map(String::as_str).filter(|output| *output != scores).collect();
        let picked: Vec<_> = self.graph.node.iter().filter(|node| is_of_labels(node)).collect();
        open.extend(picked.iter().flat_map(|node| &node.output).map(String::as_str));
        self.known.extend(picked.iter().map(|node| id(node)));
        let mut seen = BTreeSet::new();
        while let Some(value) = open.pop() {
            // Nodes may name one output many times over.
            if !seen.insert(value) {
                continue;
            }
            let takers: Vec<_> = self.takers(value).collect();
            for node in takers {
                if self.known.insert(id(node)) {
                    open.extend(node.output.iter().map(String::as_str));
                }
            }
        }
    }

    fn takers(&self, value: &str) -> impl Iterator<Item = &'a Node> {
        self.takers.get(value).into_iter().flatten().copied()
    }

    /// Fails where a node is left that is not understood.
    fn finish(self) -> Result<(), Error> {
        let mut nodes = self.refused;
        nodes.extend(self.graph.node.iter().filter(|node| !self.known.contains(&id(node))));
        if nodes.is_empty() { Ok(()) } else { Err(refused(nodes.into_iter())) }
    }
}

/// Leaves a feature what it is.
fn is_neutral_before(node: &Node) -> bool {
    let attributes = Attributes::of(node);
    let is = |name: &str, number: f64| {
        attributes.numbers(name).is_ok_and(|list| list.iter().all(|value| *value == number))
    };
    let to_real = |to| to == i64::from(data_type::FLOAT) || to == i64::from(data_type::DOUBLE);
    match node.op_type.as_str() {
        "Identity" => true,
        "Cast" => attributes.integer("to").is_some_and(to_real),
        "Scaler" => is("offset", 0.0) && is("scale", 1.0),
        _ => false,
    }
}

/// Turns scores into labels.
fn is_of_labels(node: &Node) -> bool {
    ["ArgMax", "Binarizer", "Greater"].contains(&node.op_type.as_str())
}

/// The columns of an input, where the graph says.
fn columns(input: &ValueInfo) -> Option<usize> {
    let shape = input.r#type.as_ref()?.tensor_type.as_ref()?.shape.as_ref()?;
    match &shape.dim[..] {
        [_, columns] => usize::try_from(columns.dim_value).ok().filter(|columns| *columns > 0),
        _ => None,
    }
}

/// How an input is rounded: whole numbers are compared as float32 too.
fn precision(input: &ValueInfo, is_single: bool) -> Result<InputPrecision, Error> {
    let tensor = input.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
    match tensor.map_or(0, |tensor| tensor.elem_type) {
        data_type::DOUBLE if !is_single => Ok(InputPrecision::Double),
        data_type::DOUBLE | data_type::FLOAT | data_type::INT32 | data_type::INT64 => {
            Ok(InputPrecision::Single)
        }
        other => {
            let expected = "an input of float (1), double (11), int32 (6) or int64 (7)";
            Err(malformed("graph.input", expected, format!("one of type {other}")))
        }
    }
}
