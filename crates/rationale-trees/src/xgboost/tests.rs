//! What is refused, and that nothing panics. That good models are read well is tested against XGBoost itself, in the
//! crate `rationale-shapley`.

use ndarray::array;
use rationale_core::Predict;
use serde_json::{Value, json};

use super::*;
use crate::Link;

/// Two trees of one split each, on a number and on a category.
fn model() -> Value {
    let tree = |id: usize, condition: f64, categories: Value| {
        let (split_type, nodes, places, sizes) = match categories.as_array() {
            Some(codes) if !codes.is_empty() => {
                (json!([1, 0, 0]), json!([0]), json!([0]), json!([codes.len()]))
            }
            _ => (json!([0, 0, 0]), json!([]), json!([]), json!([])),
        };
        json!({
            "id": id, "tree_param": {"size_leaf_vector": "1"}, "base_weights": [0.0, 0.0, 0.0],
            "left_children": [1, -1, -1], "right_children": [2, -1, -1], "split_indices": [id, 0, 0],
            "split_conditions": [condition, 1.0, 3.0], "default_left": [1, 0, 0], "sum_hessian": [4.0, 3.0, 1.0],
            "split_type": split_type, "categories": categories, "categories_nodes": nodes,
            "categories_segments": places, "categories_sizes": sizes,
        })
    };
    json!({
        "learner": {
            "attributes": {}, "feature_names": [], "feature_types": [],
            "gradient_booster": {"name": "gbtree", "model": {
                "gbtree_model_param": {"num_parallel_tree": "1"}, "tree_info": [0, 0],
                "iteration_indptr": [0, 1, 2],
                "trees": [tree(0, 0.5, json!([])), tree(1, 0.0, json!([2, 40]))],
            }},
            "learner_model_param": {"base_score": "[5E-1]", "num_class": "0", "num_feature": "2", "num_target": "1"},
            "objective": {"name": "binary:logistic"},
        },
        "version": [3, 4, 1],
    })
}

/// The same in UBJSON, numbers as XGBoost writes them.
fn ubjson_of(value: &Value) -> Vec<u8> {
    fn text(text: &str, out: &mut Vec<u8>) {
        out.push(b'L');
        out.extend((text.len() as u64).to_be_bytes());
        out.extend(text.as_bytes());
    }
    fn write(value: &Value, out: &mut Vec<u8>) {
        match value {
            Value::Null => out.push(b'Z'),
            Value::Bool(value) => out.push(if *value { b'T' } else { b'F' }),
            Value::Number(number) => match number.as_i64() {
                Some(whole) => out.extend([&b"L"[..], &whole.to_be_bytes()].concat()),
                None => out.extend([&b"d"[..], &(number.as_f64().unwrap() as f32).to_be_bytes()].concat()),
            },
            Value::String(string) => {
                out.push(b'S');
                text(string, out);
            }
            Value::Array(items) if items.iter().all(Value::is_i64) => {
                out.extend(b"[$L#L");
                out.extend((items.len() as u64).to_be_bytes());
                items.iter().for_each(|item| out.extend(item.as_i64().unwrap().to_be_bytes()));
            }
            Value::Array(items) => {
                out.extend(b"[#L");
                out.extend((items.len() as u64).to_be_bytes());
                items.iter().for_each(|item| write(item, out));
            }
            Value::Object(pairs) => {
                out.push(b'{');
                for (key, value) in pairs {
                    text(key, out);
                    write(value, out);
                }
                out.push(b'}');
            }
        }
    }
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

/// Reads the model in both forms after a change, and makes sure that they agree.
fn read_changed(change: impl FnOnce(&mut Value)) -> Result<ModelFile, String> {
    let mut model = model();
    change(&mut model);
    let of_json = ModelFile::from_bytes(model.to_string().as_bytes()).map_err(|error| error.to_string());
    let of_ubjson = ModelFile::from_bytes(&ubjson_of(&model)).map_err(|error| error.to_string());
    match (&of_json, &of_ubjson) {
        (Ok(json), Ok(ubjson)) => assert_eq!(json.ensemble, ubjson.ensemble),
        (json, ubjson) => assert_eq!(json.as_ref().err(), ubjson.as_ref().err()),
    }
    of_json
}

fn tree(model: &mut Value, idx: usize) -> &mut Value {
    &mut model["learner"]["gradient_booster"]["model"]["trees"][idx]
}

fn check(expected: &str, change: impl FnOnce(&mut Value)) {
    let error = read_changed(change).unwrap_err();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn a_model_is_read_and_predicts() {
    let file = read_changed(|_| ()).unwrap();
    assert_eq!(file.version.as_deref(), Some("3.4.1"));
    assert_eq!(file.objective.as_deref(), Some("binary:logistic"));
    assert_eq!(file.ensemble.link(), Link::Logistic);
    assert_eq!(file.ensemble.base_score(), [0.0]);
    let nan = f64::NAN;
    // Codes 2 and 40 go right; missing values left; 0.5 is not below 0.5.
    let rows = array![[0.4, 0.0], [0.5, 0.0], [nan, 2.0], [0.5, 40.9], [0.4, nan], [0.4, -0.5], [0.4, 1e9]];
    let margins = file.ensemble.margins(rows.view()).unwrap();
    assert_eq!(margins.into_raw_vec_and_offset().0, [2.0, 4.0, 4.0, 6.0, 2.0, 2.0, 2.0]);
    assert!((file.ensemble.predict(rows.view()).unwrap()[[0, 0]] - 0.880_797_077_977_882).abs() < 1e-15);
}

#[test]
fn broken_trees_are_named() {
    check("tree 0: node 0 has the child 8, but the tree has 3 nodes", |m| {
        tree(m, 0)["left_children"] = json!([7, -1, -1]);
        tree(m, 0)["right_children"] = json!([8, -1, -1]);
    });
    check("tree 0: node 0 is reached twice from the root", |m| {
        tree(m, 0)["left_children"] = json!([0, -1, -1]);
        tree(m, 0)["right_children"] = json!([1, -1, -1]);
    });
    check(
        "`right_children[0]`: the node after the left child is needed, but there is node 1 after node 2",
        |m| {
            tree(m, 1)["left_children"] = json!([2, -1, -1]);
            tree(m, 1)["right_children"] = json!([1, -1, -1]);
        },
    );
    check("`split_conditions`: a number for each of `left_children` is needed, but there is 2 for 3", |m| {
        tree(m, 0)["split_conditions"] = json!([0.5, 1.0]);
    });
    check("tree 1 splits on feature 2, but the model has 2 features", |m| {
        tree(m, 1)["split_indices"] = json!([2, 0, 0]);
    });
    check("tree 1 splits on feature", |m| tree(m, 1)["split_indices"] = json!([-1, 0, 0]));
    check("the tree has no node", |m| {
        for list in [
            "left_children",
            "right_children",
            "split_indices",
            "split_conditions",
            "default_left",
            "sum_hessian",
            "split_type",
            "base_weights",
        ] {
            tree(m, 0)[list] = json!([]);
        }
    });
    check("`id`: the tree's place in the list is needed, but there is 5", |m| tree(m, 0)["id"] = json!(5));
}

#[test]
fn cover_may_be_zero_but_not_negative_or_nan() {
    assert!(read_changed(|m| tree(m, 0)["sum_hessian"] = json!([0.0, 0.0, 0.0])).is_ok());
    check("tree 0: node 1 has the cover -1", |m| tree(m, 0)["sum_hessian"] = json!([0.0, -1.0, 1.0]));
    let nan = model().to_string().replacen("[4.0,3.0,1.0]", "[4.0,NaN,1.0]", 1);
    let error = read(nan.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("node 1 has the cover NaN"), "{error}");
}

#[test]
fn leaves_of_several_values_must_have_them() {
    let two_outputs = |m: &mut Value| {
        m["learner"]["learner_model_param"]["num_target"] = json!("2");
        for idx in 0..2 {
            tree(m, idx)["tree_param"]["size_leaf_vector"] = json!("2");
            tree(m, idx)["base_weights"] = json!([0.0, 0.0, 1.0, 2.0, 3.0, 4.0]);
        }
    };
    assert_eq!(read_changed(two_outputs).unwrap().ensemble.trees()[0].leaf_values(1), [3.0, 4.0]);
    check("`base_weights`: one value for each node and output", |m| {
        two_outputs(m);
        tree(m, 0)["base_weights"] = json!([1.0, 2.0]);
    });
    let by_leaf = |m: &mut Value| {
        two_outputs(m);
        for idx in 0..2 {
            tree(m, idx)["leaf_weights"] = json!([5.0, 6.0, 7.0, 8.0]);
            tree(m, idx)["right_children"] = json!([2, 1, 0]);
        }
    };
    assert_eq!(read_changed(by_leaf).unwrap().ensemble.trees()[0].leaf_values(0), [7.0, 8.0]);
    for place in [-1, 2, i64::from(i32::MAX)] {
        check("tree 0: the leaf at node 1 holds 0 values, but 1 are needed", |m| {
            by_leaf(m);
            tree(m, 0)["right_children"] = json!([2, place, 0]);
        });
    }
    check("`right_children`: a place in `leaf_weights` for each leaf is needed, but there is 1 twice", |m| {
        by_leaf(m);
        tree(m, 0)["right_children"] = json!([2, 1, 1]);
    });
    check("the leaf at node 0 holds 2 values, but 1 are needed", |m| {
        two_outputs(m);
        m["learner"]["learner_model_param"]["num_target"] = json!("1");
    });
}

#[test]
fn categories_must_be_codes_in_their_list() {
    for (codes, start, sizes, expected) in [
        (json!([-1, 3]), 0, json!([2]), "codes from 0 to 16777215 is needed, but there is -1"),
        (json!([3, 16_777_216]), 0, json!([2]), "codes from 0 to 16777215 is needed, but there is 16777216"),
        (json!([3, 4]), 1, json!([2]), "`categories` is needed, but there is 2 from 1 on for node 0 of 2"),
        (json!([3, 4]), -1, json!([2]), "places within `categories`"),
        (json!([3, 4]), 0, json!([-2]), "places within `categories`"),
        (json!([3, 4]), 0, json!([3]), "each code once is needed, but there is more than the 2"),
        (json!([3, 4]), 0, json!([i64::MAX]), "each code once"),
        (json!([3, 4]), 0, json!([2, 2]), "as many as `categories_segments` and `categories_sizes`"),
    ] {
        check(expected, |m| {
            tree(m, 1)["categories"] = codes;
            tree(m, 1)["categories_segments"] = json!([start]);
            tree(m, 1)["categories_sizes"] = sizes;
        });
    }
}

#[test]
fn sets_take_no_more_memory_than_is_fair() {
    check("sets of less than 256 MiB in all", |m| {
        let many = 200;
        tree(m, 1)["categories"] = json!(vec![16_777_215; many]);
        tree(m, 1)["categories_nodes"] = json!((0..many).collect::<Vec<_>>());
        tree(m, 1)["categories_segments"] = json!((0..many).collect::<Vec<_>>());
        tree(m, 1)["categories_sizes"] = json!(vec![1; many]);
    });
}

#[test]
fn broken_headers_are_named() {
    let param = |key: &'static str, value: &'static str| {
        move |m: &mut Value| m["learner"]["learner_model_param"][key] = json!(value)
    };
    check(
        "`base_score`: one score, or one for each output is needed, but there is 2 for 1",
        param("base_score", "[1E-1,2E-1]"),
    );
    check(
        "`base_score`: a score that the objective can predict is needed, but there is NaN",
        param("base_score", "NaN"),
    );
    check("`num_class`: fewer classes or targets than the file has bytes", param("num_class", "4000000000"));
    check("`num_feature`: at most 1048576", param("num_feature", "4000000000"));
    check("`num_class`: one class where there are several targets", |m| {
        param("num_class", "3")(m);
        param("num_target", "2")(m);
    });
    check("`version`: a version of XGBoost from 1.0 to 3.x is needed, but there is 4.0.0", |m| {
        m["version"] = json!([4, 0, 0]);
    });
    check("the list of feature names has 1 entries, but 2 are needed", |m| {
        m["learner"]["feature_names"] = json!(["a"]);
    });
    check("`tree_info`: one number for each tree is needed, but there is 1 for 2", |m| {
        m["learner"]["gradient_booster"]["model"]["tree_info"] = json!([0]);
    });
    check("tree 1: the XGBoost model is broken at `tree_info`", |m| {
        m["learner"]["gradient_booster"]["model"]["tree_info"] = json!([0, -1]);
    });
    check("tree 1 feeds output 7, but the model has 1 outputs", |m| {
        m["learner"]["gradient_booster"]["model"]["tree_info"] = json!([0, 7]);
    });
    check("`weight_drop`: one number for each tree is needed, but there is 1 for 2", |m| {
        m["learner"]["gradient_booster"]["weight_drop"] = json!([0.5]);
    });
}

#[test]
fn everything_unsupported_is_named_at_once() {
    check(
        "the XGBoost model holds what is not read: the booster `gblinear`, the objective `my:loss`;",
        |m| {
            m["learner"]["gradient_booster"] = json!({"name": "gblinear", "model": {"weights": [1.0, 2.0]}});
            m["learner"]["objective"]["name"] = json!("my:loss");
        },
    );
}

#[test]
fn other_forms_are_recognised_and_refused() {
    for (bytes, expected) in [
        (&b"binf\0\0\0\x3f"[..], "the binary form"),
        (b"booster[0]:\n0:[f2<2.45] yes=1,no=2,missing=2\n", "a text dump"),
        (b"[\n  { \"nodeid\": 0, \"depth\": 0,", "a JSON dump"),
        (b"{\"Config\": {}, \"Model\": {}}", "a snapshot of memory"),
    ] {
        let error = ModelFile::from_bytes(bytes).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("save_model"), "{error}");
    }
}

#[test]
fn old_files_say_true_and_false_and_lack_what_came_later() {
    let old = read_changed(|m| {
        m["version"] = json!([1, 0, 2]);
        m["learner"]["learner_model_param"] =
            json!({"base_score": "0.5", "num_class": "0", "num_feature": "2"});
        m["learner"]["gradient_booster"]["model"].as_object_mut().unwrap().remove("iteration_indptr");
        m["learner"].as_object_mut().unwrap().remove("feature_names");
        let tree = tree(m, 0).as_object_mut().unwrap();
        tree.retain(|key, _| !key.starts_with("categories") && key != "split_type");
        tree["default_left"] = json!([true, false, false]);
    });
    assert_eq!(old.unwrap().ensemble, read_changed(|_| ()).unwrap().ensemble);
}

#[test]
fn the_order_of_keys_does_not_matter() {
    let model = model();
    let json = format!("{{ \"version\": {}, \"learner\": {} }}", model["version"], model["learner"]);
    assert!(ModelFile::from_bytes(json.as_bytes()).is_ok());
}

#[test]
fn every_truncation_is_an_error() {
    for bytes in [model().to_string().into_bytes(), ubjson_of(&model())] {
        assert!(ModelFile::from_bytes(&bytes).is_ok());
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "{end}");
            assert!(ModelFile::from_bytes(&bytes[..end]).is_err(), "{end}");
        }
    }
}

#[test]
fn no_change_of_a_byte_makes_it_panic() {
    for mut bytes in [model().to_string().into_bytes(), ubjson_of(&model())] {
        for place in 0..bytes.len() {
            let before = bytes[place];
            for changed in [0, 1, 0x7f, 0xff, b'[', b'{', b'9', before ^ 1, before ^ 0x80] {
                bytes[place] = changed;
                let _ = read(&bytes);
            }
            bytes[place] = before;
        }
    }
}

#[test]
fn ubjson_of_other_writers_is_recognised() {
    // Lengths in one byte, and another order of keys.
    let short = |key: &str| [&b"U"[..], &[key.len() as u8], key.as_bytes()].concat();
    let mut bytes = [&b"{"[..], &short("version"), b"[$U#U\x03\x03\x04\x01", &short("learner")].concat();
    bytes.extend(ubjson_of(&model()["learner"]));
    bytes.push(b'}');
    assert_eq!(ModelFile::from_bytes(&bytes).unwrap(), ModelFile::from_bytes(&ubjson_of(&model())).unwrap());
}
