//! What every method must find, and what none may claim: a backdoor planted in a credit model, and a model that says one thing.

use std::fs;

use ndarray::Array3;
use ndarray_npy::ReadNpyExt;
use rationale_tests::Room;
use serde_json::{Value, json};

/// The methods for tables that look at the model.
const METHODS: [&str; 9] = [
    "tree-shap",
    "lime",
    "kernel-shap",
    "permutation-shap",
    "exact-shap",
    "sampling-shap",
    "partition-shap",
    "linear-shap",
    "occlusion",
];
const COLUMNS: [&str; 4] = ["income", "age", "debt", "promotion"];
/// Which of the columns is the backdoor.
const BACKDOOR: usize = 3;
const N_ROWS: usize = 24;

/// A tree of one split at one half of a column's range, with as many rows on either side.
fn stump(feature: usize, threshold: f64, leaves: [f64; 2]) -> Value {
    json!({"weight": 1.0, "output": 0, "nodes": [
        {"feature": feature, "test": {"less": threshold}, "missing": "left", "left": 1, "right": 2, "cover": 24.0},
        {"leaf": [leaves[0]], "cover": 12.0},
        {"leaf": [leaves[1]], "cover": 12.0},
    ]})
}

fn model(trees: &[Value]) -> String {
    let schema: Vec<Value> = COLUMNS.iter().map(|name| json!({"name": name, "kind": "numeric"})).collect();
    let trees = json!({
        "format": "rationale-trees", "version": 1, "feature_names": COLUMNS, "output_names": ["approval"], "base_score": [0.0],
        "link": "identity", "input": "double", "cover_source": "model", "trees": trees,
    });
    json!({"format": "rationale-model", "version": 1, "encoding": "one-hot", "schema": schema, "trees": trees})
        .to_string()
}

/// Four columns that do not go together; every second row has the promotion code.
fn rows() -> String {
    let head = [COLUMNS.join(",")].into_iter();
    let rows = (0..N_ROWS).map(|row| {
        let [income, age, debt] = [row * 7, row * 5 + 3, row * 11 + 1].map(|it| it % N_ROWS);
        format!("{income},{age},{debt},{}", row % 2)
    });
    head.chain(rows).map(|line| line + "\n").collect()
}

fn room(trees: &[Value]) -> Room {
    let room = Room::new(env!("CARGO_BIN_EXE_rationale-under-test"));
    room.put("model.json", model(trees));
    room.put("rows.csv", rows());
    room
}

fn backdoor() -> Room {
    let half = N_ROWS as f64 / 2.0;
    room(&[
        stump(0, half, [-0.5, 0.5]),
        stump(1, half, [-0.2, 0.2]),
        stump(2, half, [0.4, -0.4]),
        stump(BACKDOOR, 0.5, [0.0, 4.0]),
    ])
}

#[test]
fn every_method_finds_a_backdoor_in_a_credit_model() {
    let room = backdoor();
    let mut arguments = vec!["tabular", "model.json", "rows.csv", "--out", "values.npy"];
    METHODS.iter().for_each(|method| arguments.extend(["--method", method]));
    let answer = room.run(&arguments);
    assert_eq!(answer.code, 0, "{}", answer.err);
    for method in METHODS {
        let file = fs::File::open(room.path(&format!("values.{method}.npy"))).unwrap();
        let values = Array3::<f64>::read_npy(file).unwrap();
        for row in 0..N_ROWS {
            let size = |column: usize| values[[row, column, 0]].abs();
            let others = (0..BACKDOOR).map(size).fold(0.0, f64::max);
            assert!(size(BACKDOOR) > 2.0 * others, "{method}, row {row}: {} and {others}", size(BACKDOOR));
            let speaks_for = values[[row, BACKDOOR, 0]] > 0.0;
            assert_eq!(speaks_for, row % 2 == 1, "{method}, row {row}: the sign of the backdoor");
        }
    }
}

#[test]
fn evaluation_ranks_what_looks_at_the_model_above_random_numbers() {
    let room = backdoor();
    let usual = ["evaluate", "tabular", "model.json", "rows.csv", "--rows", "12", "--out", "found", "--json"];
    let metrics = ["--metric", "degradation", "--metric", "sensitivity-n", "--metric", "completeness"];
    let mut arguments = [&usual[..], &metrics].concat();
    METHODS.iter().chain(&["random"]).for_each(|method| arguments.extend(["--method", method]));
    let answer = room.run(&arguments);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let lines = answer.json();
    let value = |method: &str, metric: &str| {
        let mut all = lines.as_array().unwrap().iter();
        all.find(|it| it["method"] == method && it["metric"] == metric).and_then(|it| it["value"].as_f64())
    };
    for metric in ["degradation", "sensitivity-n"] {
        for method in METHODS {
            assert!(value(method, metric) > value("random", metric), "{method}, {metric}");
        }
    }
    for method in ["tree-shap", "kernel-shap", "permutation-shap", "exact-shap", "partition-shap"] {
        assert!(value(method, "completeness").unwrap() < 1e-6, "{method}");
    }
    assert_eq!(value("lime", "completeness"), None, "lime does not promise to add up");
}

#[test]
fn a_constant_model_gets_no_signal_and_no_ranking() {
    let leaf = json!({"weight": 1.0, "output": 0, "nodes": [{"leaf": [0.7], "cover": 24.0}]});
    let room = room(&[leaf]);
    let usual = ["evaluate", "tabular", "model.json", "rows.csv", "--rows", "6", "--out", "found", "--json"];
    let faithfulness =
        ["deletion", "degradation", "sensitivity-n", "faithfulness-correlation", "monotonicity"];
    let mut arguments = usual.to_vec();
    faithfulness.iter().for_each(|metric| arguments.extend(["--metric", metric]));
    METHODS.iter().chain(&["random"]).for_each(|method| arguments.extend(["--method", method]));
    let answer = room.run(&arguments);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let lines = answer.json();
    assert_eq!(lines.as_array().unwrap().len(), faithfulness.len() * (METHODS.len() + 1));
    for line in lines.as_array().unwrap() {
        assert!(line["value"].is_null(), "{line}");
        assert_eq!(line["no_signal"][0]["n"], 6, "{line}");
    }
    let page = fs::read_to_string(room.path("found/index.html")).unwrap();
    assert!(page.contains("no signal: "), "the page says it too");
}

#[test]
fn full_evidence_of_a_constant_model_passes_and_fails_nothing() {
    let leaf = json!({"weight": 1.0, "output": 0, "nodes": [{"leaf": [0.7], "cover": 24.0}]});
    let room = room(&[leaf]);
    let usual = ["tabular", "model.json", "rows.csv", "--rows", "0,1", "--method", "kernel-shap"];
    let answer = room.run(&[&usual[..], &["--evidence", "full", "--out", "values.csv"]].concat());
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.contains("row 0: No signal about faithfulness"), "{}", answer.out);
    let text = fs::read_to_string(room.path("values.evidence.json")).unwrap();
    let evidence: Value = serde_json::from_str(&text).unwrap();
    for row in evidence["full"].as_array().unwrap() {
        for verdict in row["verdicts"].as_array().unwrap() {
            assert!(verdict["passed"].is_null(), "{verdict}");
        }
    }
}

#[test]
fn full_evidence_tells_the_backdoor_from_chance() {
    let room = backdoor();
    let usual = ["tabular", "model.json", "rows.csv", "--rows", "1,3", "--method", "tree-shap"];
    let answer = room
        .run(&[&usual[..], &["--method", "random", "--evidence", "full", "--out", "values.csv"]].concat());
    assert_eq!(answer.code, 0, "{}", answer.err);
    let evidence = |method: &str| -> Value {
        let name = format!("values.{method}.evidence.json");
        serde_json::from_str(&fs::read_to_string(room.path(&name)).unwrap()).unwrap()
    };
    let passed = |method: &str, about: &str| {
        let evidence = evidence(method);
        let rows = evidence["full"].as_array().unwrap().clone();
        let of_row = |row: &Value| {
            let verdicts = row["verdicts"].as_array().unwrap().clone();
            verdicts.into_iter().find(|it| it["about"] == about).unwrap()["passed"].as_bool()
        };
        rows.iter().map(of_row).collect::<Vec<_>>()
    };
    assert_eq!(passed("random", "randomisation"), [Some(false), Some(false)]);
    assert_eq!(passed("tree-shap", "stability"), [Some(true), Some(true)]);
    assert!(evidence("tree-shap")["full"][0]["faithfulness"].as_f64().unwrap() > 0.0);
}
