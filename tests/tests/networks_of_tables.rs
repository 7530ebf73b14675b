//! Networks over the rows of a table, from end to end, on the embedded network for German Credit.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::fs;

use ndarray::{Array3, Axis};
use ndarray_npy::ReadNpyExt;
use rationale_datasets::{GERMAN_CREDIT, GERMAN_CREDIT_NETWORK, MOBILENET, SENTIMENT};
use rationale_tests::{Answer, Room};
use serde_json::Value;

fn room() -> Room {
    let room = Room::new(env!("CARGO_BIN_EXE_rationale-under-test"));
    room.put("net.onnx", GERMAN_CREDIT_NETWORK);
    room.put("rows.csv", GERMAN_CREDIT);
    room
}

fn explain(room: &Room, method: &str, more: &[&str]) -> Answer {
    let usual = ["tabular", "net.onnx", "rows.csv", "--method", method, "--out", "values.npy"];
    let rows = if more.contains(&"--rows") { &[][..] } else { &["--rows", "0-3"] };
    room.run(&[&usual[..], rows, more].concat())
}

fn values(room: &Room) -> Array3<f64> {
    Array3::read_npy(fs::File::open(room.path("values.npy")).unwrap()).unwrap()
}

fn evidence(room: &Room) -> Value {
    serde_json::from_str(&fs::read_to_string(room.path("values.evidence.json")).unwrap()).unwrap()
}

#[test]
fn values_of_features_sum_up_to_those_of_columns() {
    let room = room();
    for method in ["integrated-gradients", "deep-shap", "deeplift", "gradient-shap", "input-x-gradient"] {
        let answer = explain(&room, method, &["--by", "feature"]);
        assert_eq!(answer.code, 0, "{method}: {}", answer.err);
        let of_features = values(&room);
        let answer = explain(&room, method, &[]);
        assert_eq!(answer.code, 0, "{method}: {}", answer.err);
        let of_columns = values(&room);
        assert_eq!(of_columns.dim(), (4, 17, 2));
        assert!(of_features.dim().1 > 17);
        let (a, b) = (of_features.sum_axis(Axis(1)), of_columns.sum_axis(Axis(1)));
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-9), "{method}: {a} {b}");
    }
}

#[test]
fn deep_shap_is_deeplift_averaged_over_the_background() {
    let room = room();
    let background = ["--background-rows", "20"];
    assert_eq!(explain(&room, "deep-shap", &background).code, 0);
    let of_background = values(&room);
    let answer = explain(&room, "deeplift", &[&background[..], &["--baseline", "each"]].concat());
    assert_eq!(answer.code, 0, "{}", answer.err);
    let averaged = values(&room);
    assert!(of_background.iter().zip(&averaged).all(|(a, b)| (a - b).abs() < 1e-4));
}

#[test]
fn full_evidence_judges_the_networks_own_methods_too() {
    let room = room();
    for method in ["integrated-gradients", "saliency", "lime"] {
        let answer = explain(&room, method, &["--evidence", "full", "--target", "good", "--rows", "0"]);
        assert_eq!(answer.code, 0, "{method}: {}", answer.err);
        let evidence = evidence(&room);
        let about = |it: &Value| it["about"].as_str().unwrap().to_owned();
        let verdicts: Vec<String> =
            evidence["full"][0]["verdicts"].as_array().unwrap().iter().map(about).collect();
        assert_eq!(verdicts, ["faithfulness", "stability"], "{method}");
    }
}

#[test]
fn the_adaptive_rule_closes_the_gap() {
    let room = room();
    let answer = explain(&room, "integrated-gradients", &["--tolerance", "0.001", "--target", "good"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert_eq!(values(&room).dim(), (4, 17, 1));
    let evidence = evidence(&room);
    assert_eq!(evidence["method"], "integrated-gradients");
    assert!(evidence["completeness_gap"].as_f64().unwrap() < 0.02, "{evidence}");
}

#[test]
fn a_network_that_does_not_fit_is_refused_with_what_to_do() {
    let room = room();
    room.put("picture.onnx", MOBILENET);
    room.put("text.onnx", SENTIMENT);
    room.put("narrow.json", r#"[{"name": "duration_in_month", "kind": "numeric"}]"#);
    let run = |network: &str, more: &[&str]| {
        let usual = ["tabular", network, "rows.csv", "--out", "values.npy"];
        room.run(&[&usual[..], more].concat())
    };
    let ig = ["--method", "integrated-gradients"];
    let refused = [
        (run("net.onnx", &["--method", "tree-shap"]), "take deep-shap"),
        (run("net.onnx", &["--method", "lime", "--feature-names", "a"]), "named already"),
        (run("net.onnx", &["--method", "deep-shap", "--scale", "prediction"]), "--scale prediction"),
        (run("net.onnx", &[&ig[..], &["--steps", "0"]].concat()), "--steps 0"),
        (run("net.onnx", &[&ig[..], &["--schema", "narrow.json"]].concat()), "numbers a row"),
        (run("absent.onnx", &ig), "no model file `absent.onnx`"),
        (run("picture.onnx", &ig), "rationale image"),
        (run("text.onnx", &ig), "rationale text"),
    ];
    for (answer, part) in refused {
        assert_ne!(answer.code, 0);
        assert!(answer.err.contains(part), "`{part}` is not in: {}", answer.err);
    }
    assert!(!room.entries().iter().any(|name| name.starts_with("values")));
}
