//! This project's own model file: the structure of a [`TreeEnsemble`] as JSON, version 1.
//!
//! ```json
//! {"format": "rationale-trees", "version": 1, "feature_names": ["x0"], "output_names": ["y"], "base_score": [0.0],
//!  "link": "identity", "input": "double", "cover_source": "model",
//!  "trees": [{"weight": 1.0, "output": 0, "nodes": [
//!    {"feature": 0, "test": {"less": 0.5}, "missing": "right", "left": 1, "right": 2, "cover": 40.0},
//!    {"leaf": [1.0], "cover": 30.0},
//!    {"leaf": [3.0], "cover": 10.0}]}]}
//! ```
//!
//! `output` is the one output a tree feeds, or null where its leaves hold one value for each output. Tests are `less`,
//! `less_or_equal`, `one_of` and `none_of` (lists of category codes), `any_of` (numbers). A threshold may be the text
//! "inf" or "-inf".

use serde::{Deserialize, Serialize};

use crate::{
    CategorySet, CoverSource, Error, InputPrecision, Link, Missing, Node, NodeSpec, Outputs, Side, Split,
    Test, Tree, TreeEnsemble,
};

const FORMAT: &str = "rationale-trees";
const VERSION: u32 = 1;
/// What the sets of categories of a file may take, in bytes. A set takes one bit for each code up to its largest, which a
/// short file could name over and over; the readers of other formats allow half of it.
const MAX_SET_BYTES: usize = 512 << 20;

/// Reads a model from JSON text.
pub fn from_str(text: &str) -> Result<TreeEnsemble, Error> {
    let header: Header = serde_json::from_str(text)?;
    if header.format != FORMAT || header.version != VERSION {
        let Header { format, version } = header;
        return Err(Error::Format { format, version, known: FORMAT, known_version: VERSION });
    }
    let file: File = serde_json::from_str(text)?;
    file.into_ensemble()
}

/// Writes a model as JSON text; reading it back gives the same model.
pub fn to_string(ensemble: &TreeEnsemble) -> String {
    // Serialising plain numbers, texts and lists into memory cannot fail.
    serde_json::to_string(&File::of(ensemble)).unwrap_or_default()
}

#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
struct File {
    format: String,
    version: u32,
    feature_names: Vec<String>,
    output_names: Vec<String>,
    base_score: Vec<f64>,
    link: WireLink,
    input: WireInput,
    cover_source: WireCover,
    trees: Vec<WireTree>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireLink {
    Identity,
    Logistic,
    Softmax,
    Exponential,
    ScaledLogistic { slope: f64 },
    Softplus,
    SignedSquare,
    Step,
    Ascending,
    SoftmaxZero,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireInput {
    Single,
    Double,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireCover {
    Unknown,
    Model,
    Rows,
}

#[derive(Serialize, Deserialize)]
struct WireTree {
    weight: f64,
    output: Option<usize>,
    nodes: Vec<WireNode>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum WireNode {
    Split {
        feature: usize,
        test: WireTest,
        missing: WireSide,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        zero_is_missing: bool,
        left: usize,
        right: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cover: Option<f64>,
    },
    Leaf {
        leaf: Vec<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cover: Option<f64>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireTest {
    Less(Threshold),
    LessOrEqual(Threshold),
    OneOf(Vec<u32>),
    NoneOf(Vec<u32>),
    AnyOf(Vec<Threshold>),
}

/// JSON has no infinity, but thresholds may be infinite.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Threshold {
    Finite(f64),
    Infinite(Infinity),
}

#[derive(Serialize, Deserialize)]
enum Infinity {
    #[serde(rename = "inf")]
    Plus,
    #[serde(rename = "-inf")]
    Minus,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireSide {
    Left,
    Right,
}

impl File {
    fn of(ensemble: &TreeEnsemble) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            feature_names: ensemble.feature_names().to_vec(),
            output_names: ensemble.output_names().to_vec(),
            base_score: ensemble.base_score().to_vec(),
            link: match ensemble.link() {
                Link::Identity => WireLink::Identity,
                Link::Logistic => WireLink::Logistic,
                Link::Softmax => WireLink::Softmax,
                Link::Exponential => WireLink::Exponential,
                Link::ScaledLogistic { slope } => WireLink::ScaledLogistic { slope },
                Link::SoftmaxZero => WireLink::SoftmaxZero,
                Link::Softplus => WireLink::Softplus,
                Link::SignedSquare => WireLink::SignedSquare,
                Link::Step => WireLink::Step,
                Link::Ascending => WireLink::Ascending,
            },
            input: match ensemble.input_precision() {
                InputPrecision::Single => WireInput::Single,
                InputPrecision::Double => WireInput::Double,
            },
            cover_source: match ensemble.cover_source() {
                CoverSource::Unknown => WireCover::Unknown,
                CoverSource::Model => WireCover::Model,
                CoverSource::Rows => WireCover::Rows,
            },
            trees: ensemble.trees().iter().map(WireTree::of).collect(),
        }
    }

    fn into_ensemble(self) -> Result<TreeEnsemble, Error> {
        check_sets(&self.trees)?;
        let trees =
            self.trees.into_iter().enumerate().map(|(idx, tree)| tree.read().map_err(|e| e.in_tree(idx)));
        let trees = trees.collect::<Result<_, _>>()?;
        let link = match self.link {
            WireLink::Identity => Link::Identity,
            WireLink::Logistic => Link::Logistic,
            WireLink::Softmax => Link::Softmax,
            WireLink::Exponential => Link::Exponential,
            WireLink::ScaledLogistic { slope } => Link::ScaledLogistic { slope },
            WireLink::SoftmaxZero => Link::SoftmaxZero,
            WireLink::Softplus => Link::Softplus,
            WireLink::SignedSquare => Link::SignedSquare,
            WireLink::Step => Link::Step,
            WireLink::Ascending => Link::Ascending,
        };
        let input = match self.input {
            WireInput::Single => InputPrecision::Single,
            WireInput::Double => InputPrecision::Double,
        };
        let source = match self.cover_source {
            WireCover::Unknown => CoverSource::Unknown,
            WireCover::Model => CoverSource::Model,
            WireCover::Rows => CoverSource::Rows,
        };
        let ensemble = TreeEnsemble::new(trees, self.feature_names.len(), self.output_names.len())?
            .with_link(link)
            .with_input_precision(input)
            .with_base_score(self.base_score)?
            .with_feature_names(self.feature_names)?
            .with_output_names(self.output_names)?;
        Ok(ensemble.with_cover_source(source))
    }
}

/// Fails where the largest codes of sets announce more than a file may hold.
fn check_sets(trees: &[WireTree]) -> Result<(), Error> {
    let n_bytes = |node: &WireNode| match node {
        WireNode::Split { test: WireTest::OneOf(codes) | WireTest::NoneOf(codes), .. } => {
            codes.iter().max().map_or(0, |&largest| largest as usize / 8)
        }
        _ => 0,
    };
    let n_bytes: usize = trees.iter().flat_map(|tree| &tree.nodes).map(n_bytes).sum();
    if n_bytes <= MAX_SET_BYTES {
        return Ok(());
    }
    Err(Error::Malformed {
        format: FORMAT,
        place: "one_of, none_of".to_owned(),
        expected: "sets of at most 512 MiB in all",
        actual: format!("{n_bytes} bytes by the size of their largest codes"),
    })
}

impl WireTree {
    fn of(tree: &Tree) -> Self {
        let nodes = tree.nodes().iter().enumerate().map(|(idx, node)| {
            let cover = tree.covers().map(|covers| covers[idx]);
            match node {
                Node::Split(split) => WireNode::split(split, cover),
                Node::Leaf(leaf) => WireNode::Leaf { leaf: tree.leaf_values(*leaf).to_vec(), cover },
            }
        });
        let output = match tree.outputs() {
            Outputs::One(output) => Some(output),
            Outputs::All => None,
        };
        Self { weight: tree.weight(), output, nodes: nodes.collect() }
    }

    fn read(self) -> Result<Tree, Error> {
        let nodes = self.nodes.into_iter().map(WireNode::read).collect();
        let outputs = self.output.map_or(Outputs::All, Outputs::One);
        Ok(Tree::new(nodes, outputs)?.with_weight(self.weight))
    }
}

impl WireNode {
    fn split(split: &Split, cover: Option<f64>) -> Self {
        Self::Split {
            feature: split.feature,
            test: match &split.test {
                Test::Less(threshold) => WireTest::Less(Threshold::of(*threshold)),
                Test::LessOrEqual(threshold) => WireTest::LessOrEqual(Threshold::of(*threshold)),
                Test::OneOf(set) => WireTest::OneOf(set.codes().collect()),
                Test::NoneOf(set) => WireTest::NoneOf(set.codes().collect()),
                Test::AnyOf(numbers) => WireTest::AnyOf(numbers.iter().copied().map(Threshold::of).collect()),
            },
            missing: match split.missing.side {
                Side::Left => WireSide::Left,
                Side::Right => WireSide::Right,
            },
            zero_is_missing: split.missing.zero,
            left: split.left,
            right: split.right,
            cover,
        }
    }

    fn read(self) -> NodeSpec {
        let (node, cover) = match self {
            Self::Split { feature, test, missing, zero_is_missing, left, right, cover } => {
                let side = match missing {
                    WireSide::Left => Side::Left,
                    WireSide::Right => Side::Right,
                };
                let missing = Missing { side, zero: zero_is_missing };
                (NodeSpec::split(Split { feature, test: test.read(), missing, left, right }), cover)
            }
            Self::Leaf { leaf, cover } => (NodeSpec::leaf(leaf), cover),
        };
        cover.map_or(node.clone(), |cover| node.with_cover(cover))
    }
}

impl WireTest {
    fn read(self) -> Test {
        match self {
            Self::Less(threshold) => Test::Less(threshold.read()),
            Self::LessOrEqual(threshold) => Test::LessOrEqual(threshold.read()),
            Self::OneOf(codes) => Test::OneOf(CategorySet::new(codes)),
            Self::NoneOf(codes) => Test::NoneOf(CategorySet::new(codes)),
            Self::AnyOf(numbers) => Test::AnyOf(numbers.into_iter().map(Threshold::read).collect()),
        }
    }
}

impl Threshold {
    fn of(value: f64) -> Self {
        match value {
            f64::INFINITY => Self::Infinite(Infinity::Plus),
            f64::NEG_INFINITY => Self::Infinite(Infinity::Minus),
            finite => Self::Finite(finite),
        }
    }

    fn read(self) -> f64 {
        match self {
            Self::Finite(value) => value,
            Self::Infinite(Infinity::Plus) => f64::INFINITY,
            Self::Infinite(Infinity::Minus) => f64::NEG_INFINITY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUMP: &str = r#"{"format": "rationale-trees", "version": 1, "feature_names": ["a"], "output_names": ["y"],
        "base_score": [0.5], "link": "logistic", "input": "single", "cover_source": "model",
        "trees": [{"weight": 0.25, "output": 0, "nodes": [
            {"feature": 0, "test": {"less": "inf"}, "missing": "left", "zero_is_missing": true, "left": 1, "right": 2, "cover": 3.0},
            {"feature": 0, "test": {"one_of": [1, 65]}, "missing": "right", "left": 3, "right": 4, "cover": 2.0},
            {"leaf": [1.0], "cover": 1.0}, {"leaf": [2.0], "cover": 1.0}, {"leaf": [3.0], "cover": 1.0}]}]}"#;

    #[test]
    fn a_model_survives_writing_and_reading() {
        let model = from_str(STUMP).unwrap();
        assert_eq!(from_str(&to_string(&model)).unwrap(), model);
        assert_eq!(model.cover_source(), CoverSource::Model);
    }

    #[test]
    fn every_link_survives() {
        let links =
            [Link::ScaledLogistic { slope: 0.7 }, Link::Softplus, Link::SignedSquare, Link::Exponential];
        for link in links {
            let model = from_str(STUMP).unwrap().with_link(link);
            assert_eq!(from_str(&to_string(&model)).unwrap(), model);
        }
    }

    #[test]
    fn another_version_is_named() {
        let error = from_str(&STUMP.replace("\"version\": 1", "\"version\": 9")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the file says it is `rationale-trees` version 9; this program reads")
        );
    }

    #[test]
    fn a_broken_tree_is_named() {
        let error = from_str(&STUMP.replace("\"right\": 2", "\"right\": 20")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "tree 0: node 0 has the child 20, but the tree has 5 nodes (counted from 0)"
        );
    }

    #[test]
    fn short_lists_of_codes_do_not_buy_large_sets() {
        let mut file: File = serde_json::from_str(&STUMP.replace("[1, 65]", "[1, 4294967295]")).unwrap();
        assert!(check_sets(&file.trees).is_ok());
        let again: File = serde_json::from_str(&STUMP.replace("[1, 65]", "[16]")).unwrap();
        file.trees.extend(again.trees);
        let error = file.into_ensemble().unwrap_err().to_string();
        assert!(
            error.ends_with("but there is 536870913 bytes by the size of their largest codes"),
            "{error}"
        );
    }

    #[test]
    fn every_truncation_is_an_error() {
        for end in (0..STUMP.len()).filter(|&end| STUMP.is_char_boundary(end)) {
            assert!(from_str(&STUMP[..end]).is_err(), "{end}");
        }
    }
}
