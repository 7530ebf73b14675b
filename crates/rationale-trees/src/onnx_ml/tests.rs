//! Broken, hostile and foreign graphs: each gives an error that says why, never a panic.

use std::path::Path;

use super::proto::{
    Attribute, Dimension, Graph, Node, OperatorSet, Shape, Tensor, TensorType, Type, ValueInfo,
};
use super::*;
use crate::Link;

fn golden(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/onnx_ml").join(format!("{name}.onnx"));
    std::fs::read(path).unwrap()
}

fn integers(name: &str, ints: &[i64]) -> Attribute {
    Attribute { name: name.to_owned(), ints: ints.to_vec(), ..Attribute::default() }
}

fn floats(name: &str, floats: &[f32]) -> Attribute {
    Attribute { name: name.to_owned(), floats: floats.to_vec(), ..Attribute::default() }
}

fn texts(name: &str, texts: &[&str]) -> Attribute {
    let strings = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    Attribute { name: name.to_owned(), strings, ..Attribute::default() }
}

fn text(name: &str, text: &str) -> Attribute {
    Attribute { name: name.to_owned(), s: text.as_bytes().to_vec(), ..Attribute::default() }
}

fn integer(name: &str, i: i64) -> Attribute {
    Attribute { name: name.to_owned(), i: Some(i), ..Attribute::default() }
}

/// if x0 <= 0.5 { -1 } else { 2 }
fn stump() -> Vec<Attribute> {
    vec![
        integers("nodes_treeids", &[0, 0, 0]),
        integers("nodes_nodeids", &[0, 1, 2]),
        integers("nodes_featureids", &[0, 0, 0]),
        texts("nodes_modes", &["BRANCH_LEQ", "LEAF", "LEAF"]),
        floats("nodes_values", &[0.5, 0.0, 0.0]),
        integers("nodes_truenodeids", &[1, 0, 0]),
        integers("nodes_falsenodeids", &[2, 0, 0]),
        integers("target_treeids", &[0, 0]),
        integers("target_nodeids", &[1, 2]),
        integers("target_ids", &[0, 0]),
        floats("target_weights", &[-1.0, 2.0]),
    ]
}

/// The stump with attributes replaced or added.
fn with(changes: impl IntoIterator<Item = Attribute>) -> Vec<Attribute> {
    let mut attributes = stump();
    for change in changes {
        attributes.retain(|attribute| attribute.name != change.name);
        attributes.push(change);
    }
    attributes
}

fn node(op_type: &str, input: &[&str], output: &[&str], attribute: Vec<Attribute>) -> Node {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Node {
        op_type: op_type.to_owned(),
        input: names(input),
        output: names(output),
        attribute,
        ..Node::default()
    }
}

fn file(nodes: Vec<Node>) -> Model {
    let shape = Shape { dim: vec![Dimension::default(), Dimension { dim_value: 2 }] };
    let tensor = TensorType { elem_type: 1, shape: Some(shape) };
    let input = ValueInfo { name: "x".to_owned(), r#type: Some(Type { tensor_type: Some(tensor) }) };
    let graph = Graph { node: nodes, initializer: Vec::new(), input: vec![input] };
    let opset = OperatorSet { domain: DOMAIN.to_owned(), version: 3 };
    Model { graph: Some(graph), opset_import: vec![opset], ..Model::default() }
}

fn of_trees(attributes: Vec<Attribute>) -> Node {
    node("TreeEnsembleRegressor", &["x"], &["scores"], attributes)
}

fn read_model(model: &Model) -> Result<ModelFile, Error> {
    read(&model.encode_to_vec())
}

fn refusal(changes: impl IntoIterator<Item = Attribute>) -> String {
    read_model(&file(vec![of_trees(with(changes))])).unwrap_err().to_string()
}

fn margin(model: &Model, x: f64) -> f64 {
    read_model(model).unwrap().ensemble.margins(ndarray::array![[x, 0.0]].view()).unwrap()[[0, 0]]
}

#[test]
fn reads_the_stump() {
    let model = file(vec![of_trees(stump())]);
    assert_eq!((margin(&model, 0.5), margin(&model, 0.51), margin(&model, f64::NAN)), (-1.0, 2.0, 2.0));
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    for name in ["sklearn_tree", "xgboost_three", "opset_5_double", "modes_in_double"] {
        let whole = golden(name);
        assert!(is_onnx(&whole));
        for percent in 0..100 {
            assert!(
                ModelFile::from_bytes(&whole[..whole.len() * percent / 100]).is_err(),
                "{name}, {percent} %"
            );
        }
    }
}

#[test]
fn damaged_bytes_make_no_panic() {
    for name in ["sklearn_tree", "lightgbm_categories", "opset_5_double", "three_labels_softmax"] {
        let whole = golden(name);
        let mut state = 1_u32;
        for _ in 0..2000 {
            let mut bytes = whole.clone();
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let place = state as usize % bytes.len();
            bytes[place] = bytes[place].wrapping_add((state >> 24) as u8);
            drop(read(&bytes));
        }
    }
}

#[test]
fn broken_trees_are_refused() {
    let message = refusal([integers("nodes_falsenodeids", &[9, 0, 0])]);
    assert!(
        message.contains("a node of its tree is needed, but there is node 9 under node 0 of tree 0"),
        "{message}"
    );
    assert!(refusal([integers("nodes_truenodeids", &[0, 0, 0])]).contains("form no tree"));
    assert!(refusal([integers("nodes_falsenodeids", &[1, 0, 0])]).contains("form no tree"));
    assert!(refusal([integers("nodes_featureids", &[7, 0, 0])]).contains("splits on feature 7"));
    assert!(refusal([integers("nodes_featureids", &[-1, 0, 0])]).contains("at least 0"));
    assert!(refusal([floats("nodes_values", &[f32::NAN, 0.0, 0.0])]).contains("NaN"));
    assert!(
        refusal([floats("nodes_values", &[0.5])]).contains("nodes_values has 1 entries, but 3 are needed")
    );
    assert!(refusal([integers("target_nodeids", &[1, 0])]).contains("the leaf of a tree is needed"));
    assert!(
        refusal([integers("target_ids", &[0, 1])])
            .contains("an output of the model is needed, but there is 1")
    );
    assert!(refusal([integers("nodes_nodeids", &[0, 1, 1])]).contains("node 1 of tree 0 twice"));
    assert!(refusal([integers("nodes_treeids", &[0, 1, 0])]).contains("all nodes of a tree in one run"));
    assert!(refusal([floats("target_weights", &[1.0, f32::INFINITY])]).contains("inf"));
}

#[test]
fn what_would_take_more_than_the_file_holds_is_refused() {
    assert!(refusal([integer("n_targets", 1 << 31)]).contains("at most 65536"));
    let mut model = file(vec![of_trees(stump())]);
    if let Some(Type { tensor_type: Some(tensor) }) = &mut model.graph.as_mut().unwrap().input[0].r#type {
        tensor.shape.as_mut().unwrap().dim[1].dim_value = 1 << 40;
    }
    assert!(read_model(&model).unwrap_err().to_string().contains("at most 1048576 features"));
}

#[test]
fn unknown_meanings_are_refused_by_name() {
    assert!(
        refusal([text("aggregate_function", "MAX")]).contains("aggregate_function MAX; trees are explained")
    );
    assert!(refusal([text("post_transform", "PROBIT")]).contains("post_transform PROBIT"));
    assert!(refusal([text("post_transform", "LOGISTIC")]).contains("differ on what this predicts"));
    assert!(refusal([text("nodes_colours", "red")]).contains("the attribute `nodes_colours`"));
    assert!(refusal([texts("nodes_modes", &["BRANCH_MAYBE", "LEAF", "LEAF"])]).contains("`BRANCH_MAYBE`"));
    let mut model = file(vec![of_trees(stump())]);
    model.opset_import[0].version = 6;
    let message = read_model(&model).unwrap_err().to_string();
    assert_eq!(
        message,
        "the file says it is `ai.onnx.ml` version 6; this program reads `ai.onnx.ml` version 5"
    );
}

#[test]
fn foreign_operators_are_listed_at_once() {
    for (name, expected) in [
        ("refused_scaler", "holds what is not read: the operator Scaler; read is one"),
        ("refused_isolation_forest", "2 nodes of trees"),
        ("refused_split_over_nodes", "4 nodes of trees"),
        ("refused_opset_5_logistic", "post_transform 2 of TreeEnsemble"),
    ] {
        let message = ModelFile::from_bytes(&golden(name)).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
    let nodes = vec![
        node("Imputer", &["x"], &["filled"], vec![]),
        node("TreeEnsembleRegressor", &["filled"], &["scores"], stump()),
        node("Tanh", &["scores"], &["end"], vec![]),
        node("Where", &["elsewhere"], &["nothing"], vec![]),
    ];
    let message = read_model(&file(nodes)).unwrap_err().to_string();
    assert!(
        message.contains("the operator Imputer, the operator Tanh, the operator Where; read is one"),
        "{message}"
    );
}

#[test]
fn a_cycle_of_operators_ends() {
    let nodes = vec![
        node("Identity", &["b"], &["a"], vec![]),
        node("Identity", &["a"], &["b"], vec![]),
        node("TreeEnsembleRegressor", &["a"], &["scores"], stump()),
    ];
    assert!(read_model(&file(nodes)).is_err());
    let nodes = vec![of_trees(stump()), node("Identity", &["scores"], &["scores"], vec![])];
    assert!(read_model(&file(nodes)).is_err());
}

#[test]
fn neutral_operators_are_passed_over() {
    let scaler = |scale| vec![floats("offset", &[0.0, 0.0]), floats("scale", &[1.0, scale])];
    let nodes = |scale| {
        vec![
            node("Identity", &["x"], &["same"], vec![]),
            node("Cast", &["same"], &["double"], vec![integer("to", 11)]),
            node("Scaler", &["double"], &["scaled"], scaler(scale)),
            node("TreeEnsembleRegressor", &["scaled"], &["scores"], stump()),
            node("Cast", &["scores"], &["end"], vec![integer("to", 11)]),
        ]
    };
    assert_eq!(margin(&file(nodes(1.0)), 0.0), -1.0);
    assert!(read_model(&file(nodes(2.0))).unwrap_err().to_string().contains("the operator Scaler"));
}

#[test]
fn what_stands_behind_the_scores_becomes_the_link() {
    let behind = |steps: &[&str]| {
        let mut nodes = vec![of_trees(stump())];
        let mut value = "scores".to_owned();
        for (idx, step) in steps.iter().enumerate() {
            let (op, other) =
                if let Some(op) = step.strip_suffix('3') { (op, Some("three")) } else { (*step, None) };
            let output = format!("v{idx}");
            nodes.push(node(op, &[&[value.as_str()], other.as_slice()].concat(), &[&output], vec![]));
            value = output;
        }
        let mut model = file(nodes);
        let three =
            Tensor { data_type: 1, name: "three".to_owned(), float_data: vec![3.0], ..Tensor::default() };
        model.graph.as_mut().unwrap().initializer.push(three);
        read_model(&model)
    };
    let of = |steps: &[&str]| {
        let file = behind(steps).unwrap();
        let rows = ndarray::array![[0.0, 0.0]];
        let prediction = rationale_core::Predict::predict(&file.ensemble, rows.view()).unwrap()[[0, 0]];
        (file.ensemble.link(), file.ensemble.margins(rows.view()).unwrap()[[0, 0]], prediction)
    };
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    assert_eq!(of(&["Mul3", "Add3"]), (Link::Identity, 0.0, 0.0));
    assert_eq!(of(&["Mul3", "Exp"]), (Link::Exponential, -3.0, (-3.0_f64).exp()));
    assert_eq!(of(&["Add3", "Sigmoid"]), (Link::Logistic, 2.0, logistic(2.0)));
    assert_eq!(of(&["Mul3", "Sigmoid"]), (Link::ScaledLogistic { slope: 3.0 }, -1.0, logistic(-3.0)));
    let (link, _, prediction) = of(&["Exp", "Mul3"]);
    assert!(link == Link::Exponential && (prediction - 3.0 * (-1.0_f64).exp()).abs() < 1e-12);
    for steps in [&["Sigmoid", "Mul3"][..], &["Exp", "Exp"], &["Exp", "Add3"], &["Softmax"], &["Normalizer"]]
    {
        assert!(behind(steps).is_err(), "{steps:?}");
    }
}

#[test]
fn a_slope_that_is_no_finite_number_is_refused() {
    for op in ["Sigmoid", "Identity"] {
        let mul = node("Mul", &["scores", "number"], &["product"], vec![]);
        let mut model = file(vec![of_trees(stump()), mul, node(op, &["product"], &["y"], vec![])]);
        let number = Tensor { data_type: 1, name: "number".to_owned(), ..Tensor::default() };
        let number = Tensor { float_data: vec![f32::INFINITY], ..number };
        model.graph.as_mut().unwrap().initializer.push(number);
        assert!(read_model(&model).is_err(), "{op}");
    }
}

#[test]
fn wide_leaves_are_bounded_over_all_trees() {
    let leaf = builder::Part::Leaf([(0, 1.0), (1, 2.0)].into());
    let mut spare = 900;
    assert!(builder::tree(vec![leaf.clone()], 1000, &mut spare).is_ok());
    let error = builder::tree(vec![leaf], 1000, &mut spare).unwrap_err().to_string();
    assert!(error.contains("1 leaves of 1000 outputs with 2 weights in all"), "{error}");
}

#[test]
fn two_labels_that_implementations_read_differently_are_refused() {
    let classes = |ids: &[i64], base: &[f32], transform: &str| {
        let mut attributes = stump();
        for attribute in &mut attributes {
            attribute.name = attribute.name.replace("target", "class");
        }
        attributes.retain(|attribute| attribute.name != "class_ids");
        attributes.extend([integers("class_ids", ids), integers("classlabels_int64s", &[3, 4])]);
        attributes.extend([floats("base_values", base), text("post_transform", transform)]);
        read_model(&file(vec![node("TreeEnsembleClassifier", &["x"], &["label", "scores"], attributes)]))
    };
    let read = classes(&[0, 0], &[0.5], "LOGISTIC").unwrap();
    assert_eq!((read.ensemble.output_names(), read.ensemble.link()), (&["4".to_owned()][..], Link::Logistic));
    for (ids, base, transform) in [
        ([1, 1], &[][..], "NONE"),
        ([0, 0], &[0.1, 0.2], "NONE"),
        ([0, 0], &[], "SOFTMAX"),
        ([0, 1], &[0.5], "NONE"),
    ] {
        let message = classes(&ids, base, transform).unwrap_err().to_string();
        assert!(message.contains("differ on what this predicts"), "{message}");
    }
}

#[test]
fn a_shared_child_of_a_chain_of_equalities_is_one_set() {
    let chain = with([
        integers("nodes_treeids", &[0; 5]),
        integers("nodes_nodeids", &[0, 1, 2, 3, 4]),
        integers("nodes_featureids", &[0; 5]),
        texts("nodes_modes", &["BRANCH_EQ", "LEAF", "BRANCH_EQ", "BRANCH_EQ", "LEAF"]),
        floats("nodes_values", &[1.0, 0.0, 4.0, 6.5, 0.0]),
        integers("nodes_truenodeids", &[1, 0, 1, 1, 0]),
        integers("nodes_falsenodeids", &[2, 0, 3, 4, 0]),
        integers("target_nodeids", &[1, 4]),
    ]);
    let model = file(vec![of_trees(chain)]);
    for (x, expected) in [(1.0, -1.0), (4.0, -1.0), (6.5, -1.0), (6.0, 2.0), (1.5, 2.0), (f64::NAN, 2.0)] {
        assert_eq!(margin(&model, x), expected, "{x}");
    }
}

fn opset_5(changes: impl IntoIterator<Item = Attribute>) -> Result<ModelFile, Error> {
    let tensor = |name: &str, data_type, floats: &[f32], bytes: &[u8]| {
        let (float_data, raw_data) = (floats.to_vec(), bytes.to_vec());
        let tensor = Tensor { data_type, float_data, raw_data, ..Tensor::default() };
        Attribute { name: name.to_owned(), t: Some(Box::new(tensor)), ..Attribute::default() }
    };
    let mut attributes = vec![
        integers("nodes_featureids", &[0, 1]),
        tensor("nodes_modes", 2, &[], &[0, 0]),
        tensor("nodes_splits", 1, &[0.5, 0.5], &[]),
        integers("nodes_truenodeids", &[0, 1]),
        integers("nodes_trueleafs", &[1, 1]),
        integers("nodes_falsenodeids", &[1, 2]),
        integers("nodes_falseleafs", &[0, 1]),
        integers("leaf_targetids", &[0, 0, 0]),
        tensor("leaf_weights", 1, &[1.0, 2.0, 3.0], &[]),
        integers("tree_roots", &[0]),
    ];
    for change in changes {
        attributes.retain(|attribute| attribute.name != change.name);
        attributes.push(change);
    }
    let mut model = file(vec![node("TreeEnsemble", &["x"], &["scores"], attributes)]);
    model.opset_import[0].version = 5;
    read_model(&model)
}

#[test]
fn broken_trees_of_opset_5_are_refused() {
    opset_5([]).unwrap();
    let refusal = |change| opset_5([change]).unwrap_err().to_string();
    assert!(refusal(integers("tree_roots", &[0, 0])).contains("reached twice"));
    assert!(refusal(integers("tree_roots", &[7])).contains("2 nodes"));
    assert!(refusal(integers("tree_roots", &[-1])).contains("at least 0"));
    assert!(refusal(integers("nodes_falsenodeids", &[0, 2])).contains("reached twice"));
    assert!(
        refusal(integers("nodes_truenodeids", &[9, 1]))
            .contains("one of the leaves is needed, but there is 9")
    );
    assert!(refusal(integers("leaf_targetids", &[0, 0, 5])).contains("an output of the model"));
    assert!(refusal(integers("nodes_trueleafs", &[1])).contains("nodes_trueleafs has 1 entries, but 2"));
    assert!(refusal(integer("aggregate_function", 2)).contains("aggregate_function MIN"));
    assert!(refusal(integer("n_targets", 0)).contains("from 1 to 65536"));
}

#[test]
fn inputs_side_by_side_name_the_features() {
    let nodes = vec![
        node("Concat", &["income", "age"], &["all"], vec![integer("axis", 1)]),
        node("TreeEnsembleRegressor", &["all"], &["scores"], stump()),
    ];
    let mut model = file(nodes);
    let graph = model.graph.as_mut().unwrap();
    if let Some(Type { tensor_type: Some(tensor) }) = &mut graph.input[0].r#type {
        tensor.shape.as_mut().unwrap().dim[1].dim_value = 1;
    }
    graph.input =
        ["income", "age"].map(|name| ValueInfo { name: name.to_owned(), ..graph.input[0].clone() }).into();
    assert_eq!(read_model(&model).unwrap().ensemble.feature_names(), ["income", "age"]);
    model.graph.as_mut().unwrap().input.pop();
    assert!(read_model(&model).unwrap_err().to_string().contains("the operator Concat"));
}

#[test]
fn equalities_survive_this_projects_own_json() {
    for name in ["modes", "opset_5_double", "three_labels_softmax_zero"] {
        let model = ModelFile::from_bytes(&golden(name)).unwrap().ensemble;
        assert_eq!(crate::json::from_str(&crate::json::to_string(&model)).unwrap(), model, "{name}");
    }
}
