//! What a LightGBM file may do wrong.

use serde_json::Value;

use super::read;
use crate::{Error, ModelFile};

/// A golden case's text model and dump.
fn golden(name: &str) -> (String, String) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/lightgbm_4.json");
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let case = golden["cases"].as_array().unwrap().iter().find(|case| case["name"] == name).unwrap();
    (case["model"].as_str().unwrap().to_owned(), case["dump"].as_str().unwrap().to_owned())
}

fn text() -> String {
    golden("categories").0
}

fn of(text: &str) -> Result<ModelFile, Error> {
    ModelFile::from_bytes(text.as_bytes())
}

fn error_of(text: &str) -> String {
    of(text).unwrap_err().to_string()
}

/// The text with everything after a key's first `=` replaced.
fn with(text: &str, key: &str, value: &str) -> String {
    let start = text.find(&format!("\n{key}=")).unwrap() + key.len() + 2;
    let end = start + text[start..].find('\n').unwrap();
    format!("{}{value}{}", &text[..start], &text[end..])
}

#[test]
fn a_text_cut_off_in_its_trees_is_refused_and_one_cut_off_behind_them_says_so() {
    let text = text();
    let whole = of(&text).unwrap();
    assert!(whole.notes.is_empty());
    let trees_end = text.find("end of trees").unwrap();
    for percent in 0..100 {
        match of(&text[..text.len() * percent / 100]) {
            Ok(file) => {
                assert!(text.len() * percent / 100 + 1 >= trees_end, "{percent}");
                assert!(
                    file.ensemble == whole.ensemble && file.notes.len() == 1,
                    "{percent}: {:?}",
                    file.notes
                );
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

#[test]
fn a_file_without_end_markers_is_read() {
    let text = text();
    let bare = of(&text[..text.find("end of trees").unwrap()]).unwrap();
    assert_eq!(bare.ensemble, of(&text).unwrap().ensemble);
    assert!(bare.notes[0].contains("cut off"), "{:?}", bare.notes);
    assert_eq!(of(&text.replace('\n', "\r\n")).unwrap(), of(&text).unwrap());
}

#[test]
fn every_truncated_dump_is_an_error() {
    let (_, dump) = golden("categories");
    assert!(of(&dump).is_ok());
    for percent in 0..100 {
        assert!(read(&dump.as_bytes()[..dump.len() * percent / 100]).is_err(), "{percent}");
    }
}

#[test]
fn nonsense_of_any_kind_is_no_panic() {
    let (text, dump) = golden("categories");
    let mut state = 7_u64;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for round in 0..3000 {
        let mut bytes = if round % 2 == 0 { text.clone().into_bytes() } else { dump.clone().into_bytes() };
        for _ in 0..=next(3) {
            let place = next(bytes.len());
            bytes[place] = b"0123456789-.=, eE\n\"[]{}"[next(22)];
        }
        drop(read(&bytes));
    }
}

#[test]
fn what_the_header_announces_must_be_there() {
    let text = text();
    let cases = [
        ("num_leaves", "2147483648", "leaf_value"),
        ("num_leaves", "0", "leaf_value"),
        ("num_cat", "4294967295", "cat_boundaries"),
        ("max_feature_idx", "2147483647", "feature_names"),
        ("num_tree_per_iteration", "0", "num_tree_per_iteration"),
        ("tree_sizes", "1 2 3 4 5 6 7 8 9", "tree_sizes"),
    ];
    for (key, value, place) in cases {
        let error = error_of(&with(&text, key, value));
        assert!(error.contains(place), "{key}={value}: {error}");
    }
}

#[test]
fn trees_that_are_none_are_refused() {
    let (text, _) = golden("missing type NaN");
    let broken = |key: &str, value: &str| error_of(&with(&text, key, value));
    assert!(broken("left_child", "99 -2 -3 -4 -5").contains("the index of a split"));
    assert!(broken("left_child", "-99 -2 -3 -4 -5").contains("has the child"));
    assert!(broken("left_child", "0 -2 -3 -4 -5").contains("reached twice"));
    assert!(broken("leaf_value", "1 2 3 4 5").contains("5 instead of 6"));
    assert!(broken("leaf_value", "1 2 3 4 5 nan").contains("must be finite"));
    assert!(broken("leaf_count", "1 2 3 4 5 nan").contains("has the cover NaN"));
    assert!(broken("leaf_count", "1 2 3 4 5 -6").contains("has the cover -6"));
    assert!(broken("threshold", "1 2 3 4 nan").contains("thresholds must not be NaN"));
    assert!(broken("decision_type", "2 2 2 2 12").contains("a known missing type"));
    assert!(broken("split_feature", "0 0 0 0 77").contains("splits on feature 77"));
    assert!(broken("decision_type", "1 1 1 1 1").contains("the index of a set of categories"));
    assert!(of(&with(&text, "leaf_count", "0 0 0 0 0 0")).is_ok(), "a cover of zero is fine");
    assert!(error_of(&text.replacen("\nleaf_value=", "\nleaf_worth=", 1)).contains("leaf_value"));
}

#[test]
fn sets_of_categories_must_be_backed_by_words() {
    let text = text();
    for boundaries in ["0 1", "1 2 3", "0 3 1", "0 18446744073709551615"] {
        assert!(of(&with(&text, "cat_boundaries", boundaries)).is_err(), "{boundaries}");
    }
}

#[test]
fn unknown_versions_and_objectives_are_refused_together() {
    let text = with(&with(&text(), "version", "v9"), "objective", "brand_new alpha:1");
    let error = error_of(&text);
    for word in ["`v9`", "`brand_new alpha:1`", "v2, v3 and v4"] {
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn broken_nodes_of_a_dump_are_named() {
    let (_, dump) = golden("missing type NaN");
    for (key, word) in [
        ("leaf_value", "decision_type"),
        ("left_child", "left_child"),
        ("threshold", "threshold"),
        ("missing_type", "missing_type"),
        ("split_feature", "split_feature"),
    ] {
        let error = error_of(&dump.replacen(&format!("\"{key}\":"), "\"other\":", 1));
        assert!(error.contains(word), "{key}: {error}");
    }
    assert!(error_of(&dump.replace("\"version\":\"v4\"", "\"version\":\"v7\"")).contains("`v7`"));
}

#[test]
fn deep_nesting_is_refused_before_the_stack_ends() {
    let (_, dump) = golden("missing type NaN");
    let deep = "{\"left_child\":".repeat(100_000);
    assert!(of(&dump.replacen("{\"split_index\"", &format!("{deep}{{\"split_index\""), 1)).is_err());
}

#[test]
fn a_short_text_does_not_buy_a_large_set() {
    let (_, dump) = golden("categories");
    let start = dump.find("\"threshold\":\"").unwrap() + 13;
    let end = start + dump[start..].find('"').unwrap();
    let error = error_of(&format!("{}4294967295{}", &dump[..start], &dump[end..]));
    assert!(error.contains("of a size that the file explains"), "{error}");
}

#[test]
fn splits_of_a_text_do_not_share_a_set() {
    let (text, _) = golden("categories");
    let start = text.find("\nnum_cat=3\n").unwrap();
    let line = start + text[start..].find("\nthreshold=").unwrap() + 11;
    let end = line + text[line..].find('\n').unwrap();
    let shared = text[line..end].replacen("0 1 2 ", "0 0 2 ", 1);
    let error = error_of(&format!("{}{shared}{}", &text[..line], &text[end..]));
    assert!(error.contains("a set of categories of its own"), "{error}");
}
