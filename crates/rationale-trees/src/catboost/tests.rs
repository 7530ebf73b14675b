//! What a CatBoost file may do wrong.

use serde_json::{Value, json};

use super::read;
use crate::{Error, ModelFile};

fn golden(name: &str) -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/catboost_1.json");
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let case = golden["cases"].as_array().unwrap().iter().find(|case| case["name"] == name).unwrap();
    serde_json::from_str(case["model"].as_str().unwrap()).unwrap()
}

fn of(model: &Value) -> Result<ModelFile, Error> {
    ModelFile::from_bytes(model.to_string().as_bytes())
}

/// The error of a model in which one place holds another value.
fn broken(name: &str, pointer: &str, value: Value) -> String {
    let mut model = golden(name);
    *model.pointer_mut(pointer).unwrap() = value;
    of(&model).unwrap_err().to_string()
}

const SYMMETRIC: &str = "categories, SymmetricTree";
const NESTED: &str = "Lossguide";

#[test]
fn every_truncation_is_an_error() {
    for name in [SYMMETRIC, NESTED] {
        let text = golden(name).to_string();
        for percent in 0..100 {
            assert!(
                ModelFile::from_bytes(&text.as_bytes()[..text.len() * percent / 100]).is_err(),
                "{percent}"
            );
        }
    }
}

#[test]
fn nonsense_of_any_kind_is_no_panic() {
    let texts = [SYMMETRIC, NESTED].map(|name| golden(name).to_string());
    let mut state = 7_u64;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for round in 0..3000 {
        let mut bytes = texts[round % 2].clone().into_bytes();
        for _ in 0..=next(3) {
            let place = next(bytes.len());
            bytes[place] = b"0123456789-., eE\"[]{}:"[next(22)];
        }
        drop(read(&bytes));
    }
}

#[test]
fn leaves_must_match_splits_and_outputs() {
    let tree = "/oblivious_trees/0";
    let broken = |key: &str, value| broken(SYMMETRIC, &format!("{tree}/{key}"), value);
    assert!(broken("leaf_values", json!([1.0])).contains("1 values for 3 splits"));
    assert!(broken("leaf_weights", json!([1.0])).contains("1 for 8 leaves"));
    assert!(broken("leaf_weights/0", json!(-1.0)).contains("has the cover -1"));
    assert!(broken("leaf_values/0", json!(null)).contains("expected f64"));
    let splits = vec![json!({"split_type": "FloatFeature", "float_feature_index": 0, "border": 0.5}); 63];
    assert!(broken("splits", json!(splits)).contains("values for 63 splits"));
    let splits = vec![json!({"split_type": "FloatFeature", "float_feature_index": 0, "border": 0.5}); 200];
    assert!(broken("splits", json!(splits)).contains("values for 200 splits"));
}

#[test]
fn splits_must_ask_for_features_that_are_there() {
    let split = |key: &str| format!("/oblivious_trees/0/splits/0/{key}");
    assert!(
        broken("nan_mode=Min", &split("float_feature_index"), json!(9))
            .contains("a feature of features_info")
    );
    assert!(broken("nan_mode=Min", &split("split_type"), json!("Novel")).contains("`Novel`"));
    assert!(broken("nan_mode=Min", &split("border"), json!(null)).contains("`border`"));
    assert!(
        broken("nan_mode=Min", "/features_info/float_features/1/flat_feature_index", json!(0))
            .contains("each column once")
    );
    let far = json!(4_000_000_000_u64);
    assert!(
        broken("nan_mode=Min", "/features_info/float_features/1/flat_feature_index", far)
            .contains("each column once")
    );
}

#[test]
fn nested_nodes_are_splits_or_leaves() {
    assert!(broken(NESTED, "/trees/0/left", json!({"weight": 3})).contains("another mixture"));
    assert!(broken(NESTED, "/trees/0/right", json!(null)).contains("another mixture"));
    assert!(broken(NESTED, "/trees/0/left", json!({"value": [1.0, 2.0], "weight": 3})).contains("holds"));
    let mut deep = json!({"value": 1.0});
    for _ in 0..200 {
        deep = json!({"left": deep});
    }
    assert!(broken(NESTED, "/trees/0", deep).contains("recursion limit"));
}

#[test]
fn cover_is_all_or_nothing() {
    let mut model = golden(NESTED);
    model["trees"][0]["left"] = json!({"value": 1.0});
    let file = of(&model).unwrap();
    assert!(file.ensemble.trees()[0].covers().is_none());
    assert!(file.notes.iter().any(|note| note.contains("no leaf weights")));
}

#[test]
fn everything_that_is_not_read_is_listed_at_once() {
    let mut model = golden("MultiClass");
    model["features_info"]["text_features"] = json!([{"flat_feature_index": 3, "feature_id": "letter"}]);
    model["features_info"]["embedding_features"] = json!([{"flat_feature_index": 4}]);
    model["model_info"]["params"]["loss_function"]["type"] = json!("BrandNew");
    let error = of(&model).unwrap_err().to_string();
    for word in ["text features letter", "embedding features feature 4", "the loss function BrandNew"] {
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn a_file_without_a_loss_says_what_it_predicts() {
    let mut model = golden("MultiClass");
    model["model_info"] = json!({});
    let file = of(&model).unwrap();
    assert!(file.notes[0].contains("RawFormulaVal") && file.objective.is_none() && file.version.is_none());
    model.as_object_mut().unwrap().remove("scale_and_bias");
    assert_eq!(of(&model).unwrap().ensemble.base_score(), [0.0; 3]);
    model["scale_and_bias"] = json!([1, [0.0, 0.0]]);
    assert!(of(&model).unwrap_err().to_string().contains("a bias for each output"));
}
