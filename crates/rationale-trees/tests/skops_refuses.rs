//! Broken, hostile and foreign files in the place of a skops file: each gives an error that says why, never a panic.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use rationale_trees::{Error, ModelFile};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

fn golden(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/skops_1_9").join(format!("{name}.skops"));
    std::fs::read(path).unwrap()
}

fn refusal(bytes: &[u8]) -> String {
    ModelFile::from_bytes(bytes).unwrap_err().to_string()
}

/// A skops file taken apart.
struct Parts(BTreeMap<String, Vec<u8>>);

impl Parts {
    fn of(name: &str) -> Self {
        let mut archive = ZipArchive::new(Cursor::new(golden(name))).unwrap();
        let mut files = BTreeMap::new();
        for idx in 0..archive.len() {
            let mut entry = archive.by_index(idx).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            files.insert(entry.name().unwrap().into_owned(), content);
        }
        Self(files)
    }

    fn packed(&self) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in &self.0 {
            archive.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
            archive.write_all(content).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    /// Replaces a text of the schema wherever it stands.
    fn replaced(mut self, from: &str, to: &str) -> Self {
        let schema = String::from_utf8(self.0.remove("schema.json").unwrap()).unwrap();
        assert!(schema.contains(from), "{from}");
        self.0.insert("schema.json".to_owned(), schema.replace(from, to).into_bytes());
        self
    }

    /// The first array of nodes.
    fn nodes(&mut self) -> &mut Vec<u8> {
        let is_nodes = |file: &&mut Vec<u8>| file.windows(10).any(|window| window == b"left_child");
        self.0.values_mut().find(is_nodes).unwrap()
    }

    /// Overwrites eight bytes of the root: of a record of eight fields of eight bytes each.
    fn with_root(mut self, field: usize, bytes: [u8; 8]) -> Self {
        let nodes = self.nodes();
        let header = 10 + usize::from(u16::from_le_bytes([nodes[8], nodes[9]]));
        nodes[header + 8 * field..][..8].copy_from_slice(&bytes);
        self
    }
}

const TREE: &str = "tree_regression";

#[test]
fn a_rebuilt_file_is_read() {
    let rebuilt = ModelFile::from_bytes(&Parts::of(TREE).packed()).unwrap();
    assert_eq!(rebuilt, ModelFile::from_bytes(&golden(TREE)).unwrap());
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    for name in [TREE, "tree_of_named_classes_with_weights", "histogram_of_categories", "boosted_classes"] {
        let whole = golden(name);
        for percent in 0..100 {
            assert!(
                ModelFile::from_bytes(&whole[..whole.len() * percent / 100]).is_err(),
                "{name}, {percent} %"
            );
        }
    }
}

#[test]
fn a_part_cut_off_anywhere_is_refused() {
    for name in [TREE, "histogram_of_categories"] {
        for percent in 0..100 {
            let mut parts = Parts::of(name);
            parts.0.values_mut().for_each(|file| file.truncate(file.len() * percent / 100));
            assert!(ModelFile::from_bytes(&parts.packed()).is_err(), "{name}, {percent} %");
        }
    }
}

#[test]
fn damaged_bytes_make_no_panic() {
    for name in [TREE, "histogram_of_categories", "isolation_forest", "boosted_three_classes"] {
        let whole = Parts::of(name);
        let mut state = 1_u32;
        for _ in 0..150 {
            let mut parts = Parts(whole.0.clone());
            for file in parts.0.values_mut() {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let place = state as usize % file.len();
                file[place] = file[place].wrapping_add((state >> 24) as u8);
            }
            // Some still make a model: what counts is that all come back.
            drop(ModelFile::from_bytes(&parts.packed()));
        }
    }
}

#[test]
fn a_child_out_of_range_is_refused() {
    let message = refusal(&Parts::of(TREE).with_root(0, 9_999_i64.to_le_bytes()).packed());
    assert!(message.contains("has the child 9999"), "{message}");
    let message = refusal(&Parts::of(TREE).with_root(1, (-7_i64).to_le_bytes()).packed());
    assert!(message.contains("a child is needed") && message.contains("-7"), "{message}");
}

#[test]
fn a_cycle_is_refused() {
    let message = refusal(&Parts::of(TREE).with_root(0, 0_i64.to_le_bytes()).packed());
    assert!(message.contains("form no tree"), "{message}");
}

#[test]
fn a_feature_out_of_range_is_refused() {
    let message = refusal(&Parts::of(TREE).with_root(2, 77_i64.to_le_bytes()).packed());
    assert!(message.contains("splits on feature 77"), "{message}");
}

#[test]
fn a_cover_may_be_zero_but_not_nan() {
    ModelFile::from_bytes(&Parts::of(TREE).with_root(6, 0.0_f64.to_le_bytes()).packed()).unwrap();
    let message = refusal(&Parts::of(TREE).with_root(6, f64::NAN.to_le_bytes()).packed());
    assert!(message.contains("cover NaN"), "{message}");
}

#[test]
fn values_for_fewer_nodes_are_refused() {
    let mut parts = Parts::of(TREE);
    let nodes = parts.nodes();
    let shape = nodes.windows(4).position(|window| window == b"(31,").unwrap();
    nodes[shape + 2] = b'0';
    nodes.truncate(nodes.len() - 64);
    let message = refusal(&parts.packed());
    assert!(message.contains("as many as there are nodes"), "{message}");
}

#[test]
fn more_features_than_a_file_can_mean_are_refused() {
    let parts = Parts::of(TREE).replaced(r#""content": "5""#, r#""content": "2147483648""#);
    assert!(refusal(&parts.packed()).contains("at most 1048576 features"));
}

#[test]
fn an_unknown_protocol_says_which_are_known() {
    let message = refusal(&Parts::of(TREE).replaced(r#""protocol": 2"#, r#""protocol": 3"#).packed());
    assert_eq!(message, "the file says it is `skops` version 3; this program reads `skops` version 2");
}

#[test]
fn an_unknown_field_of_nodes_is_refused() {
    let mut parts = Parts::of(TREE);
    let nodes = parts.nodes();
    let place = nodes.windows(8).position(|window| window == b"impurity").unwrap();
    nodes[place..place + 8].copy_from_slice(b"is_modal");
    assert!(refusal(&parts.packed()).contains("the node field `is_modal`"));
}

#[test]
fn another_package_under_the_same_name_is_refused() {
    let parts = Parts::of(TREE).replaced(r#""sklearn.tree._classes""#, r#""other.tree""#);
    assert!(refusal(&parts.packed()).contains("the class other.tree.DecisionTreeRegressor"));
}

#[test]
fn deep_nesting_is_refused() {
    let mut parts = Parts::of(TREE);
    parts.0.insert("schema.json".to_owned(), "[".repeat(1_000_000).into_bytes());
    assert!(matches!(ModelFile::from_bytes(&parts.packed()), Err(Error::Json { .. })));
}

#[test]
fn a_bomb_is_refused() {
    let mut parts = Parts::of(TREE);
    parts.0.insert("1.npy".to_owned(), vec![0; 50 << 20]);
    let message = refusal(&parts.packed());
    assert!(message.contains("unpacks to more than"), "{message}");
}

#[test]
fn a_zip_of_something_else_is_refused() {
    let mut parts = Parts::of(TREE);
    parts.0.remove("schema.json");
    assert!(refusal(&parts.packed()).contains("a `schema.json`, which `skops.io.dump` writes, is needed"));
}

#[test]
fn what_is_not_read_is_named() {
    for (name, expected) in [
        (
            "refused_pipeline",
            "the step `scale` (sklearn.preprocessing._data.StandardScaler), the step `pick` \
             (sklearn.feature_selection._univariate_selection.SelectKBest); what a step makes of a row is not read",
        ),
        ("refused_ada_boost", "the class sklearn.ensemble._weight_boosting.AdaBoostClassifier; read are"),
        ("refused_bagging", "a member of class sklearn.linear_model._logistic.LogisticRegression; read are"),
        (
            "refused_init",
            "an `init` of sklearn.linear_model._logistic.LogisticRegression; train with init=None",
        ),
        ("refused_unfitted", "this attribute of a fitted model is needed, but there is none"),
    ] {
        let message = refusal(&golden(name));
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_pickle_is_refused_with_the_way_out() {
    for bytes in [
        &b"\x80\x04\x95\x00"[..],
        b"\x80\x02csklearn",
        b"\x78\x9c\x00",
        b"\x1f\x8b\x08\x00",
        b"\x04\x22\x4d\x18",
    ] {
        let message = refusal(bytes);
        assert!(message.contains("runs whatever code") && message.contains("skops.io.dump"), "{message}");
    }
}
