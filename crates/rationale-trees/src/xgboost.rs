//! Models of XGBoost (<https://xgboost.ai>), in its JSON and UBJSON forms (`save_model`), versions 1.0 to 3.x.
//!
//! Tested against the predictions, leaves, contributions and interactions of 1.7.6, 2.1.4, 3.2.0 and 3.4.1. The rules are
//! those of its C++ sources; each file below names the function that it follows.
//!
//! | part | rule | file |
//! |---|---|---|
//! | splits | `x < threshold` in float32; categories that are listed go right; missing by node | `tree` |
//! | leaves | one value, or one for each output (`multi_strategy="multi_output_tree"`) | `tree` |
//! | base score | a number, a text, since 3.1 a list in a text; through the objective's link | `objective` |
//! | several classes or targets | tree t feeds output `tree_info[t]`; before 3.1 one base score serves all | here |
//! | DART | `weight_drop` times each leaf; beside the trees' model, since 3.4 within | here |
//! | forests | nothing: leaves are already divided by `num_parallel_tree` | here |
//! | names of categories | `cats`, since 3.1, from data frames | `categories` |
//! | bare NaN and Infinity in JSON | texts before the parser sees them | `text` |
//! | UBJSON | typed arrays, big-endian | `ubjson` |
//!
//! # Early stopping
//!
//! A file keeps the rounds that were trained after the best one. `Booster.predict` uses all of them unless told
//! otherwise, the scikit-learn wrappers only those up to `best_iteration`. [`read`] takes all, says so in
//! [`ModelFile::notes`], and [`read_rounds`] takes those up to the best.
//!
//! # Rows
//!
//! The number that stands for a missing value (`missing=`) and absent entries of sparse rows are not in the file: here
//! NaN alone is missing. Infinite numbers, which XGBoost does not take, compare as numbers do.
//!
//! # Refused by name
//!
//! `gblinear` (it has no trees), objectives that XGBoost itself does not have, several expectiles in one model, dumps
//! (`dump_model` leaves out the base score and the objective), the binary form that ended with 3.0.
//!
//! # Where this differs from XGBoost
//!
//! * Leaf values are added in float64, XGBoost adds them in float32: margins differ by rounding, about 1e-7 of the sizes
//!   added, and the cover's sums likewise.
//! * Path-dependent attributions where a parent has no cover (after `process_type="update"` with a refresh on other rows):
//!   XGBoost before 3.3 divides 0 by 0 and stops with an error; since then both children count half, as here. A child
//!   without cover under a parent with some counts 0 here, 1e-12 there (`BranchWeight`).
//! * `multi:softmax` predicts the class with the largest margin in XGBoost, here the probabilities of all.

mod categories;
mod objective;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod ubjson;
mod wire;

use self::categories::Offsets;
use self::objective::Objective;
use self::wire::{Count, Real, Scores};
use crate::{Error, Format, InputPrecision, ModelFile, Tree, TreeEnsemble};

const NAME: &str = "XGBoost";

/// A model may always have this many features, however short its file: sparse models name few of theirs.
const MANY_FEATURES: usize = 1 << 20;

/// Which rounds of boosting count, where training was stopped early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rounds {
    /// All that the file holds: the default of XGBoost's `Booster.predict`.
    #[default]
    All,
    /// Those up to `best_iteration`, or all where the file names none: what XGBoost's scikit-learn wrappers use.
    Best,
}

/// Reads a model with all its rounds.
pub fn read(bytes: &[u8]) -> Result<ModelFile, Error> {
    read_rounds(bytes, Rounds::All)
}

/// Reads a model with the rounds that are asked for.
pub fn read_rounds(bytes: &[u8], rounds: Rounds) -> Result<ModelFile, Error> {
    refuse_other_forms(bytes)?;
    let (format, file) = if is_ubjson(bytes) {
        let file = ubjson::from_slice(bytes)
            .map_err(|error| Error::Container { format: "XGBoost UBJSON", source: Box::new(error) })?;
        (Format::XgboostUbjson, file)
    } else {
        (Format::XgboostJson, serde_json::from_slice(&text::standard(bytes))?)
    };
    Reading::new(file, bytes.len())?.model_file(format, rounds)
}

/// Whether the bytes are XGBoost's in any form, also one that is refused.
pub(crate) fn recognises(bytes: &[u8]) -> bool {
    is_ubjson(bytes) || is_json(bytes) || other_form(bytes).is_some()
}

/// An object whose first key begins with its length, where JSON has a quotation mark or space.
fn is_ubjson(bytes: &[u8]) -> bool {
    matches!(bytes, [b'{', b'i' | b'U' | b'I' | b'l' | b'L' | b'#', ..])
}

/// An object that begins with the key `learner`, as XGBoost sorts them, or holds the parameters of one.
fn is_json(bytes: &[u8]) -> bool {
    const INSIDE: &[u8] = b"\"learner_model_param\"";
    let Some(rest) = bytes.trim_ascii_start().strip_prefix(b"{") else { return false };
    let rest = rest.trim_ascii_start();
    rest.starts_with(b"\"learner\"")
        || (rest.starts_with(b"\"version\"") && rest.windows(INSIDE.len()).any(|window| window == INSIDE))
}

/// Names a form of XGBoost's that is recognised but lacks what is needed.
fn other_form(bytes: &[u8]) -> Option<&'static str> {
    let start = bytes.trim_ascii_start();
    let head = &start[..start.len().min(64)];
    let has = |word: &[u8]| head.windows(word.len()).any(|window| window == word);
    if bytes.starts_with(b"binf") || bytes.starts_with(b"bs64") || bytes.starts_with(b"CONFIG-offset:") {
        Some("the binary form of before 3.1")
    } else if head.starts_with(b"booster[0]") {
        Some("a text dump, which lacks the base score and the objective")
    } else if head.starts_with(b"[") && has(b"\"nodeid\"") {
        Some("a JSON dump, which lacks the base score and the objective")
    } else if head.starts_with(b"{\"Config\"") || bytes.starts_with(b"{L\0\0\0\0\0\0\0\x06Config") {
        Some("a snapshot of memory")
    } else {
        None
    }
}

fn refuse_other_forms(bytes: &[u8]) -> Result<(), Error> {
    match other_form(bytes) {
        Some(part) => Err(unsupported(vec![part.to_owned()])),
        None => Ok(()),
    }
}

fn unsupported(parts: Vec<String>) -> Error {
    let advice =
        "models of trees are read as XGBoost saves them by `booster.save_model(\"model.json\")` or `.ubj`";
    Error::Unsupported { format: NAME, parts, advice }
}

/// Something in the file is not what it should be.
fn broken(place: impl Into<String>, expected: &'static str, actual: impl Into<String>) -> Error {
    Error::Malformed { format: NAME, place: place.into(), expected, actual: actual.into() }
}

/// A file whose header was found to be good.
struct Reading {
    version: String,
    offsets: Offsets,
    objective: Objective,
    base_score: Vec<f64>,
    n_features: usize,
    learner: wire::Learner,
    model: wire::Model,
    weights: Option<Vec<Real>>,
}

impl Reading {
    fn new(file: wire::File, n_bytes: usize) -> Result<Self, Error> {
        let version = version(&file.version)?;
        let wire::File { mut learner, .. } = file;
        let n_outputs = n_outputs(&learner.learner_model_param, n_bytes)?;
        let (objective, model, weights) = supported(&mut learner, n_outputs, version)?;
        Ok(Self {
            version: dotted(&file.version),
            offsets: Offsets::of_version(version),
            objective,
            base_score: base_score(objective, &learner.learner_model_param.base_score, n_outputs)?,
            n_features: n_features(&learner, n_bytes)?,
            learner,
            model,
            weights,
        })
    }

    fn model_file(mut self, format: Format, rounds: Rounds) -> Result<ModelFile, Error> {
        let (n_trees, stopped) = self.n_trees(rounds);
        let has_cover = self.model.trees.iter().all(|tree| tree.sum_hessian.is_some());
        let trees = self.trees(n_trees)?;
        let mut file = ModelFile::new(format, self.ensemble(trees)?);
        if let Some(categories) = &self.model.cats {
            let names = categories::read(categories, self.offsets)?;
            file.categories.iter_mut().zip(names).for_each(|(slot, names)| *slot = names);
        }
        file.notes = stopped.into_iter().chain(notes(&self.learner, has_cover)).collect();
        file.notes.extend(nameless_categories(&file, &self.learner.feature_types));
        file.version = Some(self.version);
        file.objective = Some(self.learner.objective.name);
        Ok(file)
    }

    fn ensemble(&mut self, trees: Vec<Tree>) -> Result<TreeEnsemble, Error> {
        let n_outputs = self.base_score.len();
        let mut ensemble = TreeEnsemble::new(trees, self.n_features, n_outputs)?
            .with_base_score(std::mem::take(&mut self.base_score))?
            .with_link(self.objective.link)
            .with_input_precision(InputPrecision::Single);
        if !self.learner.feature_names.is_empty() {
            ensemble = ensemble.with_feature_names(std::mem::take(&mut self.learner.feature_names))?;
        }
        match objective::output_names(&self.learner.objective, n_outputs) {
            Some(names) => ensemble.with_output_names(names),
            None => Ok(ensemble),
        }
    }

    /// How many trees are used, and what to say where training was stopped early.
    fn n_trees(&self, rounds: Rounds) -> (usize, Option<String>) {
        let all = self.model.trees.len();
        match (self.best_round(), rounds) {
            (Some((best, until_best)), Rounds::All) => (
                all,
                Some(format!(
                    "training stopped early: round {best} (counted from 0) was the best; all {all} trees are used, as by \
                 Booster.predict, while XGBoost's scikit-learn wrappers use the first {until_best}"
                )),
            ),
            (Some((best, until_best)), Rounds::Best) => (
                until_best,
                Some(format!(
                    "training stopped early: of {all} trees only the first {until_best} are used, up to the best round \
                 {best} (counted from 0), as by XGBoost's scikit-learn wrappers; Booster.predict uses all"
                )),
            ),
            (None, _) => (all, None),
        }
    }

    /// The best round and the number of trees up to it, if there are others after it. XGBoost 1.7 names the last round
    /// where nothing stopped early, and -1 without any; the attribute outlives slicing, after which it may name no round.
    fn best_round(&self) -> Option<(usize, usize)> {
        let best = self.learner.attributes.get("best_iteration")?.parse::<usize>().ok()?;
        let until_best = *self.ends_of_rounds().get(best.checked_add(1)?)?;
        (until_best < self.model.trees.len()).then_some((best, until_best))
    }

    /// How many trees there are after 0, 1, 2, ... rounds (`MakeIndptr` where the file does not say).
    fn ends_of_rounds(&self) -> Vec<usize> {
        if let Some(ends) = &self.model.iteration_indptr {
            return ends.iter().map(|&end| usize::try_from(end).unwrap_or(usize::MAX)).collect();
        }
        let largest =
            self.model.tree_info.iter().max().and_then(|&group| usize::try_from(group).ok()).unwrap_or(0);
        let in_parallel =
            self.model.gbtree_model_param.as_ref().map_or(1, |param| param.num_parallel_tree.0.max(1));
        let by_round = largest.saturating_add(1).saturating_mul(in_parallel);
        (0..=self.model.trees.len()).step_by(by_round).collect()
    }

    fn trees(&mut self, n_trees: usize) -> Result<Vec<Tree>, Error> {
        let trees = std::mem::take(&mut self.model.trees);
        check_one_a_tree("tree_info", self.model.tree_info.len(), trees.len())?;
        if let Some(weights) = &self.weights {
            check_one_a_tree("weight_drop", weights.len(), trees.len())?;
        }
        let mut set_bytes = tree::MAX_SET_BYTES;
        let trees = trees.into_iter().take(n_trees).enumerate();
        trees
            .map(|(idx, tree)| self.tree(idx, &tree, &mut set_bytes).map_err(|error| error.in_tree(idx)))
            .collect()
    }

    fn tree(&self, idx: usize, tree: &wire::Tree, set_bytes: &mut usize) -> Result<Tree, Error> {
        if let Some(id) = tree.id.filter(|&id| usize::try_from(id) != Ok(idx)) {
            return Err(broken("id", "the tree's place in the list", id.to_string()));
        }
        let group = self.model.tree_info[idx];
        let output = usize::try_from(group)
            .map_err(|_| broken("tree_info", "an output, at least 0", group.to_string()))?;
        let read = tree::read(tree, output, set_bytes)?;
        Ok(match &self.weights {
            Some(weights) => read.with_weight(f64::from(weights[idx].0)),
            None => read,
        })
    }
}

/// Major and minor; the patch never changed what a file means.
fn version(version: &[u32]) -> Result<(u32, u32), Error> {
    match *version {
        [major @ 1..=3, minor, ..] => Ok((major, minor)),
        _ => Err(broken("version", "a version of XGBoost from 1.0 to 3.x", dotted(version))),
    }
}

fn dotted(version: &[u32]) -> String {
    version.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

fn n_outputs(param: &wire::ModelParam, n_bytes: usize) -> Result<usize, Error> {
    let (Count(classes), Count(targets)) = (param.num_class, param.num_target);
    if classes > 1 && targets > 1 {
        return Err(broken("num_class", "one class where there are several targets", classes.to_string()));
    }
    match classes.max(targets).max(1) {
        many if many > n_bytes => {
            Err(broken("num_class", "fewer classes or targets than the file has bytes", many.to_string()))
        }
        n_outputs => Ok(n_outputs),
    }
}

fn n_features(learner: &wire::Learner, n_bytes: usize) -> Result<usize, Error> {
    let Count(n_features) = learner.learner_model_param.num_feature;
    if n_features > n_bytes.max(MANY_FEATURES) {
        return Err(broken(
            "num_feature",
            "at most 1048576 or as many as the file has bytes",
            n_features.to_string(),
        ));
    }
    Ok(n_features)
}

/// Everything that is not read is listed at once.
fn supported(
    learner: &mut wire::Learner,
    n_outputs: usize,
    version: (u32, u32),
) -> Result<(Objective, wire::Model, Option<Vec<Real>>), Error> {
    let objective = Objective::new(&learner.objective.name, n_outputs, version);
    let booster = &mut learner.gradient_booster;
    let model = match booster.name.as_str() {
        "gbtree" => Ok(booster.model.take()),
        "dart" => Ok(booster.gbtree.take().and_then(|inner| inner.model)),
        other => Err(format!("the booster `{other}`")),
    };
    let (objective, model) = match (objective, model) {
        (Ok(objective), Ok(model)) => (objective, model),
        (objective, model) => {
            return Err(unsupported(model.err().into_iter().chain(objective.err()).collect()));
        }
    };
    let mut model = model.ok_or_else(|| broken("gradient_booster", "a `model` of trees", "none"))?;
    let weights =
        booster.weight_drop.take().or(model.weight_drop.take()).filter(|weights| !weights.is_empty());
    Ok((objective, model, weights))
}

fn base_score(objective: Objective, scores: &Scores, n_outputs: usize) -> Result<Vec<f64>, Error> {
    let margins: Vec<_> = scores.0.iter().map(|&score| objective.margin(score)).collect();
    if let Some(place) = margins.iter().position(|margin| !margin.is_finite()) {
        return Err(broken(
            "base_score",
            "a score that the objective can predict",
            scores.0[place].to_string(),
        ));
    }
    match margins.len() {
        1 => Ok(vec![margins[0]; n_outputs]),
        length if length == n_outputs => Ok(margins),
        length => Err(broken(
            "base_score",
            "one score, or one for each output",
            format!("{length} for {n_outputs}"),
        )),
    }
}

fn check_one_a_tree(place: &'static str, actual: usize, n_trees: usize) -> Result<(), Error> {
    if actual == n_trees {
        return Ok(());
    }
    Err(broken(place, "one number for each tree", format!("{actual} for {n_trees}")))
}

fn notes(learner: &wire::Learner, has_cover: bool) -> impl Iterator<Item = String> {
    let class = (learner.objective.name == "multi:softmax")
        .then_some("XGBoost predicts the number of the largest class; here all probabilities are given");
    let cover = if has_cover {
        "cover is the sum of hessians, not a number of rows"
    } else {
        "the file has no cover: XGBoost before 3.2 keeps none for trees whose leaves hold several values"
    };
    class.into_iter().chain([cover]).map(str::to_owned)
}

/// Features that take codes of categories although the file has no names for them.
fn nameless_categories(file: &ModelFile, types: &[String]) -> Option<String> {
    let names = file.ensemble.feature_names().iter().zip(&file.categories).zip(types);
    let nameless = names.filter(|((_, categories), kind)| *kind == "c" && categories.is_none());
    let nameless: Vec<_> = nameless.map(|((name, _), _)| name.as_str()).collect();
    (!nameless.is_empty()).then(|| nameless.join(", ")).map(|names| {
        format!("features of categories without (whole) names in the file, give their codes: {names}")
    })
}
