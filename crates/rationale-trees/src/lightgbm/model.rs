//! What the text model and the dump share: the header, splits by LightGBM's rules, the names of categories.

use super::{NAME, malformed, objective};
use crate::{
    CategorySet, Error, Format, Missing, ModelFile, NodeSpec, Outputs, Side, Split, Test, Tree, TreeEnsemble,
};

/// `kZeroThreshold`: a float32 number that LightGBM keeps in a double.
const ZERO: f64 = 1e-35_f32 as f64;

/// The file versions that are read. Files before `v2` name none and are written the same way.
const VERSIONS: [&str; 3] = ["v2", "v3", "v4"];

/// What stands above the trees.
pub(super) struct Header {
    pub(super) version: Option<String>,
    pub(super) n_outputs: usize,
    pub(super) feature_names: Vec<String>,
    pub(super) objective: Option<String>,
    pub(super) average_output: bool,
}

/// Trees before they become an ensemble, and what of them is not read.
pub(super) struct Model {
    pub(super) header: Header,
    pub(super) trees: Vec<Tree>,
    pub(super) linear: Vec<usize>,
    pub(super) categories: Categories,
    pub(super) notes: Vec<String>,
}

impl Model {
    pub(super) fn into_file(self, format: Format) -> Result<ModelFile, Error> {
        let Self { header, trees, linear, categories, mut notes } = self;
        let link = objective::link(header.objective.as_deref(), header.n_outputs)?;
        let mut refused = Vec::new();
        refused.extend(unknown_version(header.version.as_deref()));
        refused.extend(linear_trees(&linear));
        refused.extend(link.is_none().then(|| objective::unknown(header.objective.as_deref())));
        objective::refuse(refused)?;
        check_iterations(trees.len(), header.n_outputs)?;
        notes.extend(without_counts(&trees));
        let ensemble = ensemble(&header, trees)?.with_link(link.unwrap_or_default());
        let mut file = ModelFile::new(format, ensemble);
        file.categories = categories.names(header.feature_names.len(), &mut notes);
        file.version = header.version;
        file.objective = header.objective;
        file.notes = notes;
        Ok(file)
    }
}

fn ensemble(header: &Header, trees: Vec<Tree>) -> Result<TreeEnsemble, Error> {
    let weight =
        if header.average_output { header.n_outputs as f64 / trees.len().max(1) as f64 } else { 1.0 };
    let trees = trees.into_iter().map(|tree| tree.with_weight(weight)).collect();
    let ensemble = TreeEnsemble::new(trees, header.feature_names.len(), header.n_outputs)?
        .with_feature_names(header.feature_names.clone())?;
    if objective::has_classes(header.objective.as_deref()) {
        let names = (0..header.n_outputs).map(|class| format!("class {class}")).collect();
        return ensemble.with_output_names(names);
    }
    Ok(ensemble)
}

fn unknown_version(version: Option<&str>) -> Option<String> {
    version
        .filter(|version| !VERSIONS.contains(version))
        .map(|version| format!("the file version `{version}`"))
}

fn linear_trees(linear: &[usize]) -> Option<String> {
    let first = linear.first()?;
    Some(format!("linear trees (is_linear=1): {} of them, the first is tree {first}", linear.len()))
}

fn check_iterations(n_trees: usize, n_outputs: usize) -> Result<(), Error> {
    if n_trees.is_multiple_of(n_outputs) {
        return Ok(());
    }
    let actual = format!("{n_trees} trees for {n_outputs} trees an iteration");
    Err(malformed("the trees", "a whole number of iterations", actual))
}

fn without_counts(trees: &[Tree]) -> Option<String> {
    let without = trees.iter().filter(|tree| tree.covers().is_none()).count();
    (without > 0)
        .then(|| format!("{without} trees carry no row counts, so the cover of the nodes is not known"))
}

/// A node of either form; children are indices into the tree's list of nodes.
pub(super) struct SplitSpec {
    pub(super) feature: usize,
    pub(super) question: Question,
    pub(super) left: usize,
    pub(super) right: usize,
}

pub(super) enum Question {
    Numeric { threshold: f64, missing: MissingType, default: Side },
    Category(CategorySet),
}

#[derive(Clone, Copy)]
pub(super) enum MissingType {
    None,
    Zero,
    Nan,
}

impl SplitSpec {
    /// The split by the rules of `NumericalDecision` and `CategoricalDecision`.
    pub(super) fn node(self, count: Option<f64>) -> NodeSpec {
        let Self { feature, question, left, right } = self;
        let (test, missing) = match question {
            Question::Category(set) => (Test::OneOf(set), Missing::nan(Side::Right)),
            Question::Numeric { threshold, missing, default } => {
                let threshold = settled(threshold);
                (Test::LessOrEqual(threshold), missing.rule(threshold, default))
            }
        };
        counted(NodeSpec::split(Split { feature, test, missing, left, right }), count)
    }
}

impl MissingType {
    fn rule(self, threshold: f64, default: Side) -> Missing {
        match self {
            Self::None => Missing::nan(if 0.0 <= threshold { Side::Left } else { Side::Right }),
            Self::Zero => Missing { side: default, zero: true },
            Self::Nan => Missing::nan(default),
        }
    }
}

/// A leaf, with its number of rows where it is known.
pub(super) fn leaf(value: f64, count: Option<f64>) -> NodeSpec {
    counted(NodeSpec::leaf(vec![value]), count)
}

fn counted(node: NodeSpec, count: Option<f64>) -> NodeSpec {
    match count {
        Some(count) => node.with_cover(count),
        None => node,
    }
}

/// The tree of one output. A tree of one leaf has no count in most versions; it needs none.
pub(super) fn tree(mut nodes: Vec<NodeSpec>, idx: usize, n_outputs: usize) -> Result<Tree, Error> {
    if let [leaf] = &mut nodes[..] {
        *leaf = leaf.clone().with_cover(0.0);
    }
    Tree::new(nodes, Outputs::One(idx % n_outputs)).map_err(|error| error.in_tree(idx))
}

/// The threshold that sends every number up to [`ZERO`] in size where 0 goes, and all others as before.
fn settled(threshold: f64) -> f64 {
    if (0.0..ZERO).contains(&threshold) {
        ZERO
    } else if (-ZERO..0.0).contains(&threshold) {
        (-ZERO).next_down()
    } else {
        threshold
    }
}

/// A set of category codes from LightGBM's words of 32 bits.
pub(super) fn category_set(words: &[u32]) -> CategorySet {
    let codes = words.iter().enumerate().flat_map(|(place, word)| {
        (0..32).filter(move |bit| word >> bit & 1 == 1).map(move |bit| place as u32 * 32 + bit)
    });
    CategorySet::new(codes)
}

/// A set of category codes from a list such as `1||4`; none where one of them is no code.
///
/// A set has a bit for every code up to its largest, which a short text may announce: `budget` is how many bits all sets
/// of a file may have.
pub(super) fn category_list(text: &str, budget: &mut u64) -> Option<CategorySet> {
    let codes = text.split("||").filter(|code| !code.is_empty());
    let codes: Vec<u32> = codes.map(|code| code.parse().ok()).collect::<Option<_>>()?;
    let largest = codes.iter().max().copied().unwrap_or(0);
    *budget = budget.checked_sub(u64::from(largest))?;
    Some(CategorySet::new(codes))
}

/// What a file says about categories.
#[derive(Default)]
pub(super) struct Categories {
    /// The names, a list for each categorical column of the training table.
    pub(super) lists: Vec<Vec<serde_json::Value>>,
    /// The features of the parameter `categorical_feature`.
    pub(super) declared: Option<Vec<usize>>,
    /// For each feature the largest code that `feature_infos` lists, where it is categorical.
    pub(super) largest: Vec<Option<i64>>,
}

impl Categories {
    /// The names by feature, and a note where they cannot be matched.
    fn names(self, n_features: usize, notes: &mut Vec<String>) -> Vec<Option<Vec<String>>> {
        let mut names = vec![None; n_features];
        if self.lists.is_empty() {
            return names;
        }
        let features = self.features();
        if !self.fits(&features, n_features) {
            notes.push(format!(
                "the file names the categories of {} columns (pandas_categorical), but {} features are categorical: \
                 the names are left out",
                self.lists.len(),
                features.len()
            ));
            return names;
        }
        for (feature, list) in features.into_iter().zip(self.lists) {
            names[feature] = Some(list.into_iter().map(name).collect());
        }
        names
    }

    fn features(&self) -> Vec<usize> {
        let listed = || (0..self.largest.len()).filter(|&feature| self.largest[feature].is_some()).collect();
        let mut features = self.declared.clone().unwrap_or_else(listed);
        features.sort_unstable();
        features.dedup();
        features
    }

    fn fits(&self, features: &[usize], n_features: usize) -> bool {
        let named = |(&feature, list): (&usize, &Vec<_>)| {
            let largest = self.largest.get(feature).copied().flatten().unwrap_or(-1);
            // Below 0 stand categories that LightGBM took as missing.
            feature < n_features && usize::try_from(largest).map_or(true, |code| code < list.len())
        };
        features.len() == self.lists.len() && features.iter().zip(&self.lists).all(named)
    }
}

fn name(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

/// `feature_infos` of one feature: categorical where it lists codes, `-1:3:0:2`, instead of a range, `[0:3]`.
pub(super) fn largest_code(info: &str) -> Option<i64> {
    if info == "none" || info.starts_with('[') {
        return None;
    }
    info.split(':').filter_map(|code| code.parse().ok()).max()
}

/// The number of trees an iteration, which must not be 0.
pub(super) fn outputs(count: usize) -> Result<usize, Error> {
    // Every output has at least one tree in the file unless the file has none at all; a bound keeps what the file announces small.
    if (1..=1 << 16).contains(&count) {
        return Ok(count);
    }
    Err(malformed("num_tree_per_iteration", "a number from 1 to 65536", count.to_string()))
}

/// Says what of a tree is missing or wrong.
pub(super) fn malformed_tree(
    tree: usize,
    key: &str,
    expected: &'static str,
    actual: impl Into<String>,
) -> Error {
    Error::Malformed { format: NAME, place: format!("tree {tree}, {key}"), expected, actual: actual.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_near_zero_treat_the_whole_interval_as_zero() {
        for threshold in [0.0, 1e-40, -1e-40, 1e-36, -1e-36, ZERO, -ZERO, 1e-34, -1e-34, f64::INFINITY] {
            for x in [1e-36, -1e-36, ZERO, -ZERO] {
                assert_eq!(x <= settled(threshold), 0.0 <= threshold, "{x} at {threshold}");
            }
            for x in [ZERO.next_up(), (-ZERO).next_down(), 1.0, -1.0] {
                assert_eq!(x <= settled(threshold), x <= threshold, "{x} at {threshold}");
            }
        }
    }

    #[test]
    fn codes_are_found_in_infos_and_lists() {
        assert_eq!(largest_code("-1:3:0:12"), Some(12));
        assert_eq!((largest_code("[-1:3]"), largest_code("none")), (None, None));
        let budget = &mut 40;
        assert_eq!(category_list("1||33", budget).unwrap(), category_set(&[2, 2]));
        assert!(category_list("1||x", budget).is_none() && category_list("8", budget).is_none());
    }

    #[test]
    fn names_that_do_not_fit_are_left_out() {
        let lists = vec![vec!["a".into(), 2.into()]];
        let of = |largest| {
            let mut notes = Vec::new();
            let categories = Categories { lists: lists.clone(), declared: None, largest };
            (categories.names(2, &mut notes), notes.len())
        };
        let named = Some(vec!["a".to_owned(), "2".to_owned()]);
        assert_eq!(of(vec![None, Some(1)]), (vec![None, named], 0));
        assert_eq!(of(vec![None, Some(2)]), (vec![None, None], 1));
        assert_eq!(of(vec![Some(1), Some(1)]), (vec![None, None], 1));
    }
}
