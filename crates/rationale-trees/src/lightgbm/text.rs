//! The text model: `key=value` lines, a block for each tree, the parameters, and a line of category names.

use std::collections::BTreeMap;
use std::str::{FromStr, Lines};

use super::malformed;
use super::model::{
    self, Categories, Header, MissingType, Model, Question, SplitSpec, category_set, largest_code,
    malformed_tree,
};
use crate::{CategorySet, Error, Format, ModelFile, NodeSpec, Side, Tree};

/// The lines of one block, by their key.
type Block<'a> = BTreeMap<&'a str, &'a str>;

pub(super) fn read(text: &str) -> Result<ModelFile, Error> {
    let mut lines = Tracked { lines: text.lines(), ended: false };
    let block = header_block(&mut lines);
    let header = header(&block)?;
    let mut categories = Categories { largest: infos(&block), ..Categories::default() };
    let (trees, linear) = trees(&mut lines, &block, header.n_outputs)?;
    let mut notes = Vec::new();
    tail(lines, &mut categories, &mut notes)?;
    Model { header, trees, linear, categories, notes }.into_file(Format::LightGbmText)
}

/// The lines of a file; remembers the marker at which a section ended.
struct Tracked<'a> {
    lines: Lines<'a>,
    ended: bool,
}

/// Everything before the first tree (or before the marker, where there is none).
fn header_block<'a>(lines: &mut Tracked<'a>) -> Block<'a> {
    let mut block = Block::new();
    loop {
        let mut rest = lines.lines.clone();
        match rest.next() {
            None => return block,
            Some(line) if line.starts_with("Tree=") || is_end(line) => return block,
            Some(line) => {
                let (key, value) = line.split_once('=').unwrap_or((line, ""));
                block.insert(key, value);
            }
        }
        lines.lines = rest;
    }
}

fn is_end(line: &str) -> bool {
    matches!(line, "end of trees" | "feature importances:" | "feature_importances:")
}

fn header(block: &Block<'_>) -> Result<Header, Error> {
    let n_features = number::<usize>(block, "max_feature_idx")?.saturating_add(1);
    let names: Vec<_> = required(block, "feature_names")?.split(' ').map(str::to_owned).collect();
    if names.len() != n_features {
        let actual = format!("{} names for max_feature_idx={}", names.len(), n_features - 1);
        return Err(malformed("feature_names", "a name for each feature", actual));
    }
    let count =
        if block.contains_key("num_tree_per_iteration") { "num_tree_per_iteration" } else { "num_class" };
    Ok(Header {
        version: block.get("version").map(|text| (*text).to_owned()),
        n_outputs: model::outputs(number(block, count)?)?,
        feature_names: names,
        objective: block.get("objective").map(|text| (*text).to_owned()),
        average_output: block.contains_key("average_output"),
    })
}

fn infos(block: &Block<'_>) -> Vec<Option<i64>> {
    block.get("feature_infos").map(|text| text.split(' ').map(largest_code).collect()).unwrap_or_default()
}

fn required<'a>(block: &Block<'a>, key: &str) -> Result<&'a str, Error> {
    block.get(key).copied().ok_or_else(|| malformed(key, "a line with this key", "none"))
}

fn number<T: FromStr>(block: &Block<'_>, key: &str) -> Result<T, Error> {
    let text = required(block, key)?;
    text.trim().parse().map_err(|_| malformed(key, "a whole number", format!("`{text}`")))
}

/// All trees, and the indices of those that are linear.
fn trees(
    lines: &mut Tracked<'_>,
    header: &Block<'_>,
    n_outputs: usize,
) -> Result<(Vec<Tree>, Vec<usize>), Error> {
    let (mut trees, mut linear) = (Vec::new(), Vec::new());
    while let Some(line) = lines.lines.next() {
        if is_end(line) {
            lines.ended = true;
            break;
        }
        if line.starts_with("Tree=") {
            let idx = trees.len() + linear.len();
            let block = tree_block(lines, idx)?;
            if block.get("is_linear").is_some_and(|text| text.trim() != "0") {
                linear.push(idx);
            } else {
                trees.push(TreeText { block, idx }.read(n_outputs)?);
            }
        }
    }
    check_complete(lines.ended, header, trees.len() + linear.len())?;
    Ok((trees, linear))
}

/// The lines of a tree up to the empty line, without which the tree is cut off.
fn tree_block<'a>(lines: &mut Tracked<'a>, idx: usize) -> Result<Block<'a>, Error> {
    let mut block = Block::new();
    for line in lines.lines.by_ref() {
        if line.is_empty() {
            return Ok(block);
        }
        let (key, value) = line
            .split_once('=')
            .ok_or_else(|| malformed_tree(idx, "its lines", "key=value", format!("`{}`", start_of(line))))?;
        block.insert(key, value);
    }
    Err(malformed_tree(idx, "its end", "an empty line after the tree", "the end of the file"))
}

fn start_of(line: &str) -> String {
    line.chars().take(40).collect()
}

/// Files since 2.1 list the size of each tree; older ones end their trees by a marker.
fn check_complete(ended: bool, header: &Block<'_>, actual: usize) -> Result<(), Error> {
    match header.get("tree_sizes").map(|sizes| sizes.split_ascii_whitespace().count()) {
        Some(expected) if expected != actual => {
            let actual = format!("{actual} trees for {expected} entries in tree_sizes");
            Err(malformed("the trees", "as many trees as the header lists", actual))
        }
        None if !ended => Err(malformed("the trees", "tree_sizes or a line after the last tree", "neither")),
        _ => Ok(()),
    }
}

/// What follows the trees: the parameters and the names of categories.
fn tail(lines: Tracked<'_>, categories: &mut Categories, notes: &mut Vec<String>) -> Result<(), Error> {
    let mut ended = false;
    for line in lines.lines {
        ended |= line == "end of parameters";
        if let Some(text) = line.strip_prefix("[categorical_feature: ") {
            categories.declared = declared(text);
        }
        if let Some(text) = line.strip_prefix("pandas_categorical:") {
            categories.lists = serde_json::from_str::<Option<_>>(text)?.unwrap_or_default();
            ended = true;
        }
    }
    if !ended {
        notes.push(
            "the file ends without parameters and category names, as if it were cut off behind its trees"
                .to_owned(),
        );
    }
    Ok(())
}

/// The indices of `[categorical_feature: 0,3]`; none where columns are given by name or not at all.
fn declared(text: &str) -> Option<Vec<usize>> {
    text.trim_end_matches(']').split(',').map(|feature| feature.parse().ok()).collect()
}

/// One tree's lines.
struct TreeText<'a> {
    block: Block<'a>,
    idx: usize,
}

impl TreeText<'_> {
    fn read(&self, n_outputs: usize) -> Result<Tree, Error> {
        let n_leaves: usize = self.scalar("num_leaves")?;
        let leaves: Vec<f64> = self.list("leaf_value", n_leaves)?;
        if n_leaves == 1 {
            // What stands as its count, an empty list in most versions, is of no use.
            return model::tree(vec![model::leaf(leaves[0], None)], self.idx, n_outputs);
        }
        let counts = self.counts(n_leaves)?;
        let mut nodes = self.splits(n_leaves.saturating_sub(1), counts.as_ref())?;
        nodes.extend(
            leaves
                .into_iter()
                .enumerate()
                .map(|(leaf, value)| model::leaf(value, counts.as_ref().map(|counts| counts.leaves[leaf]))),
        );
        model::tree(nodes, self.idx, n_outputs)
    }

    fn counts(&self, n_leaves: usize) -> Result<Option<Counts>, Error> {
        let splits = self.optional_list("internal_count", n_leaves.saturating_sub(1))?;
        let leaves = self.optional_list("leaf_count", n_leaves)?;
        Ok(splits.zip(leaves).map(|(splits, leaves)| Counts { splits, leaves }))
    }

    fn splits(&self, n_splits: usize, counts: Option<&Counts>) -> Result<Vec<NodeSpec>, Error> {
        let features: Vec<usize> = self.list("split_feature", n_splits)?;
        let (left, right) = (self.list("left_child", n_splits)?, self.list("right_child", n_splits)?);
        let questions = self.questions(n_splits)?;
        let nodes = features.into_iter().zip(questions).enumerate().map(|(node, (feature, question))| {
            let (left, right) = (self.child(left[node], n_splits)?, self.child(right[node], n_splits)?);
            let spec = SplitSpec { feature, question, left, right };
            Ok(spec.node(counts.map(|counts| counts.splits[node])))
        });
        nodes.collect()
    }

    /// Child c is split c, or leaf -c - 1 where c is negative; leaves stand after the splits.
    fn child(&self, child: i64, n_splits: usize) -> Result<usize, Error> {
        let place = if child < 0 { usize::try_from(!child).ok().map(|leaf| leaf + n_splits) } else { None };
        let split = usize::try_from(child).ok().filter(|&split| split < n_splits);
        place.or(split).ok_or_else(|| {
            malformed_tree(self.idx, "left_child and right_child", "the index of a split", child.to_string())
        })
    }

    fn questions(&self, n_splits: usize) -> Result<Vec<Question>, Error> {
        let thresholds: Vec<f64> = self.list("threshold", n_splits)?;
        let kinds = self.optional_list::<i8>("decision_type", n_splits)?.unwrap_or_else(|| vec![0; n_splits]);
        let mut sets = self.category_sets()?;
        let questions = thresholds.into_iter().zip(kinds).map(|(threshold, kind)| {
            if kind & 1 == 1 { self.category(threshold, &mut sets) } else { self.numeric(threshold, kind) }
        });
        questions.collect()
    }

    /// Bit 1 is the default side, bits 2 and 3 the missing type.
    fn numeric(&self, threshold: f64, kind: i8) -> Result<Question, Error> {
        let default = if kind & 2 == 2 { Side::Left } else { Side::Right };
        let missing = match kind >> 2 & 3 {
            0 => MissingType::None,
            1 => MissingType::Zero,
            2 => MissingType::Nan,
            _ => {
                return Err(malformed_tree(
                    self.idx,
                    "decision_type",
                    "a known missing type",
                    kind.to_string(),
                ));
            }
        };
        Ok(Question::Numeric { threshold, missing, default })
    }

    /// The sets of the tree's categorical splits, none of which two splits share.
    fn category_sets(&self) -> Result<Vec<Option<CategorySet>>, Error> {
        let n_sets: usize = self.scalar("num_cat")?;
        if n_sets == 0 {
            return Ok(Vec::new());
        }
        let boundaries: Vec<usize> = self.list("cat_boundaries", n_sets.saturating_add(1))?;
        let n_words = boundaries.last().copied().unwrap_or(0);
        if boundaries[0] != 0 || !boundaries.is_sorted() {
            let actual = "one that falls or does not start at 0";
            return Err(malformed_tree(self.idx, "cat_boundaries", "a rising list", actual));
        }
        let words: Vec<u32> = self.list("cat_threshold", n_words)?;
        Ok(boundaries.windows(2).map(|ends| Some(category_set(&words[ends[0]..ends[1]]))).collect())
    }

    /// A categorical split keeps the number of its set in place of a threshold.
    fn category(&self, threshold: f64, sets: &mut [Option<CategorySet>]) -> Result<Question, Error> {
        let n_sets = sets.len();
        #[expect(clippy::cast_sign_loss, reason = "it is an index, cut to an integer as the library does")]
        let set = (0.0..n_sets as f64).contains(&threshold).then_some(threshold as usize);
        // If splits could share a set, a short file could ask for a large one over and over.
        set.and_then(|set| sets[set].take()).map(Question::Category).ok_or_else(|| {
            let actual = format!("{threshold} of {n_sets} sets");
            malformed_tree(self.idx, "threshold", "the index of a set of categories of its own", actual)
        })
    }

    fn scalar<T: FromStr>(&self, key: &str) -> Result<T, Error> {
        let text = self.text(key)?;
        text.trim()
            .parse()
            .map_err(|_| malformed_tree(self.idx, key, "a whole number", format!("`{}`", start_of(text))))
    }

    fn text(&self, key: &str) -> Result<&str, Error> {
        self.block
            .get(key)
            .copied()
            .ok_or_else(|| malformed_tree(self.idx, key, "a line with this key", "none"))
    }

    fn optional_list<T: FromStr>(&self, key: &str, n: usize) -> Result<Option<Vec<T>>, Error> {
        self.block.contains_key(key).then(|| self.list(key, n)).transpose()
    }

    /// Exactly `n` numbers. What the file announces is not allocated before it is there.
    fn list<T: FromStr>(&self, key: &str, n: usize) -> Result<Vec<T>, Error> {
        let words = self.text(key)?.split_ascii_whitespace();
        let number = |word: &str| {
            word.parse().map_err(|_| {
                malformed_tree(self.idx, key, "a list of numbers", format!("`{}`", start_of(word)))
            })
        };
        let list: Vec<T> = words.map(number).collect::<Result<_, _>>()?;
        if list.len() == n {
            return Ok(list);
        }
        let actual = format!("{} instead of {n}", list.len());
        Err(malformed_tree(self.idx, key, "one number for each node or leaf it is about", actual))
    }
}

/// The numbers of rows, where a tree has both lists.
struct Counts {
    splits: Vec<f64>,
    leaves: Vec<f64>,
}
