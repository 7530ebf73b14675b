//! Model files of other libraries through the program: recognised by content, columns by name, categories by name.
//!
//! The models and what their libraries say of them are the golden files of the readers.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::fs;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rationale_tests::Room;
use serde_json::Value;

/// A model, rows, and the margins that the library gave to them.
struct Case {
    model: Vec<u8>,
    rows: Value,
    margins: Value,
}

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../crates/rationale-trees/golden").join(name)
}

/// A case by the golden file, its name, and the keys of the model and of the margins; XGBoost's cases hold JSON or UBJSON.
fn case(file: &str, name: &str, [model, margins]: [&str; 2]) -> Case {
    let golden: Value = serde_json::from_str(&fs::read_to_string(golden(file)).unwrap()).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case["name"] == name).unwrap();
    let model = match case[model].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => STANDARD.decode(case["ubj"].as_str().unwrap()).unwrap(),
    };
    Case { model, rows: case["rows"].clone(), margins: case[margins].clone() }
}

/// The tensor's rows `[row][column]`, each number as text and a missing one empty.
fn cells(tensor: &Value) -> Vec<Vec<String>> {
    let width = tensor["shape"][1].as_u64().unwrap() as usize;
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        number => number.to_string(),
    };
    let cells: Vec<String> = tensor["values"].as_array().unwrap().iter().map(text).collect();
    cells.chunks(width).map(<[String]>::to_vec).collect()
}

/// Explains the rows of a case through the program, category codes written as the model's names for them, columns in reverse
/// order beside one that the model does not know; and compares the margins with the library's.
fn check(case: &Case, tolerance: f64) {
    let room = Room::new(env!("CARGO_BIN_EXE_rationale-under-test"));
    room.put("some.model", &case.model);
    let inspected = room.run(&["inspect", "some.model", "--json"]);
    assert_eq!(inspected.code, 0, "{}", inspected.err);
    let schema = inspected.json()["schema"].as_array().unwrap().clone();
    let kept: Vec<(usize, Vec<String>)> = cells(&case.rows)
        .into_iter()
        .enumerate()
        .filter_map(|(at, row)| Some((at, named(&row, &schema)?)))
        .collect();
    assert!(kept.len() > 2, "too few rows without unknown categories or infinities");
    let mut header: Vec<String> =
        schema.iter().map(|field| quoted(field["name"].as_str().unwrap())).collect();
    header.push("surplus".to_owned());
    let mut lines = vec![reversed(&header)];
    for (_, row) in &kept {
        let mut row = row.clone();
        row.push("1".to_owned());
        lines.push(reversed(&row));
    }
    room.put("rows.csv", lines.join("\n"));

    let answer =
        room.run(&["tabular", "some.model", "rows.csv", "--method", "tree-shap", "--out", "v.parquet"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.contains("the model does not use surplus"), "{}", answer.err);
    let evidence: Value =
        serde_json::from_str(&fs::read_to_string(room.path("v.evidence.json")).unwrap()).unwrap();
    let expected = cells(&case.margins);
    for (place, (at, _)) in kept.iter().enumerate() {
        for (output, expected) in expected[*at].iter().enumerate() {
            let (found, expected) =
                (evidence["predictions"][place][output].as_f64().unwrap(), expected.parse::<f64>().unwrap());
            let scale = expected.abs().max(1.0);
            assert!((found - expected).abs() <= tolerance * scale, "row {at}: {found} and not {expected}");
        }
    }
    assert!(evidence["completeness_gap"].as_f64().unwrap() < 1e-9);
}

/// The row with names for codes; none where a code is unknown to the model or a number infinite.
fn named(row: &[String], schema: &[Value]) -> Option<Vec<String>> {
    let name = |(cell, field): (&String, &Value)| match field["categories"].as_array() {
        Some(_) if cell.is_empty() => Some(String::new()),
        Some(categories) => {
            let code: usize = cell.strip_suffix(".0").unwrap_or(cell).parse().ok()?;
            Some(quoted(categories.get(code)?.as_str()?))
        }
        None if cell.contains("inf") => None,
        None => Some(cell.clone()),
    };
    row.iter().zip(schema).map(name).collect()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn reversed(cells: &[String]) -> String {
    cells.iter().rev().cloned().collect::<Vec<_>>().join(",")
}

#[test]
fn xgboost_as_json_and_as_ubjson() {
    for name in ["binary:logistic with gaps", "multi:softprob", "named features", "named categories", "dart"]
    {
        check(&case("xgboost_3.4.1.json", name, ["json", "margins"]), 1e-6);
    }
}

#[test]
fn lightgbm_as_text_and_as_a_dump() {
    for name in ["missing type NaN", "categories", "multiclass", "binary"] {
        check(&case("lightgbm_4.json", name, ["model", "raw"]), 1e-12);
        check(&case("lightgbm_4.json", name, ["dump", "raw"]), 1e-12);
    }
}

#[test]
fn catboost_as_json() {
    for name in ["nan_mode=Min", "categories, SymmetricTree", "categories, Lossguide", "MultiClass"] {
        check(&case("catboost_1.json", name, ["model", "raw"]), 1e-12);
    }
}

#[test]
fn a_pickle_is_refused_with_the_way_to_export() {
    let room = Room::new(env!("CARGO_BIN_EXE_rationale-under-test"));
    room.put("model.pkl", b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x07sklearn.");
    let answer = room.run(&["inspect", "model.pkl"]);
    assert_eq!(answer.code, 1);
    assert!(answer.err.contains("`model.pkl`") && answer.err.contains("skops"), "{}", answer.err);
}

#[test]
fn a_model_without_cover_takes_it_from_rows() {
    let room = Room::new(env!("CARGO_BIN_EXE_rationale-under-test"));
    room.put("model.onnx", fs::read(golden("onnx_ml/sklearn_forest_of_two.onnx")).unwrap());
    let features =
        room.run(&["inspect", "model.onnx", "--json"]).json()["features"].as_array().unwrap().len();
    let names: Vec<String> = (0..features).map(|k| format!("x{k}")).collect();
    let rows: Vec<String> = (0..20)
        .map(|row| (0..features).map(|k| ((row * k) % 7).to_string()).collect::<Vec<_>>().join(","))
        .collect();
    room.put("rows.csv", format!("{}\n{}", names.join(","), rows.join("\n")));
    let names = names.join(",");
    let usual = [
        "tabular",
        "model.onnx",
        "rows.csv",
        "--method",
        "tree-shap",
        "--feature-names",
        &names,
        "--out",
        "v.csv",
    ];
    let answer = room.run(&usual);
    assert_eq!(answer.code, 1);
    assert!(answer.err.contains("has no cover"), "{}", answer.err);
    let answer = room.run(&[&usual, &["--cover", "rows.csv"][..]].concat());
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.contains("counted from rows"), "{}", answer.out);
}
