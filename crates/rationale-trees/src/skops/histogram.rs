//! `HistGradientBoostingClassifier` and `HistGradientBoostingRegressor`.
//!
//! raw prediction = baseline + sum of the predictors' leaf values, which hold the learning rate already. Rows stay
//! float64. In `_predict_one_from_raw_data` a missing value goes where the split says; a number goes left where it is
//! at most the threshold; a category goes left where it is in the split's bitset, right where the model knows it, and
//! with the missing values otherwise.
//!
//! Since 1.4 an ordinal encoder stands before the trees: it moves the categorical columns to the front and numbers their
//! categories. Features keep the places that they have in the rows here; a row holds the **code** of a category, its
//! place in [`ModelFile::categories`], and a category that is not there is missing (NaN). Before 1.4 categories were
//! numbers below 256 themselves.
//!
//! Cover is `count`, the number of training rows in a node; sample weights do not enter it.

use std::collections::BTreeSet;

use super::boosting::{loss, one_output, unknown_loss};
use super::npy::Array;
use super::object::Object;
use super::{NEWER, finish, n_features};
use crate::{
    CategorySet, Error, Link, Missing, ModelFile, NodeSpec, Outputs, Side, Split, Test, Tree, TreeEnsemble,
};

const FIELDS: [&str; 13] = [
    "value",
    "count",
    "feature_idx",
    "num_threshold",
    "missing_go_to_left",
    "left",
    "right",
    "gain",
    "depth",
    "is_leaf",
    "bin_threshold",
    "is_categorical",
    "bitset_idx",
];
/// A bitset of categories: 8 words of 32 bits.
const WORDS: usize = 8;

/// Reads `HistGradientBoostingClassifier`.
pub(super) fn classifier(model: &Object<'_>) -> Result<ModelFile, Error> {
    let names = one_output(model)?;
    let loss = loss(model)?;
    if !["log_loss", "binary_crossentropy", "categorical_crossentropy", "auto"].contains(&loss.as_str()) {
        return Err(unknown_loss(&loss));
    }
    let (n_outputs, link) = if names.len() == 2 { (1, Link::Logistic) } else { (names.len(), Link::Softmax) };
    read(model, n_outputs, link, Some(names[names.len() - n_outputs..].to_vec()), loss)
}

/// Reads `HistGradientBoostingRegressor`.
pub(super) fn regressor(model: &Object<'_>) -> Result<ModelFile, Error> {
    let loss = loss(model)?;
    let link = match loss.as_str() {
        "squared_error" | "absolute_error" | "quantile" => Link::Identity,
        "poisson" | "gamma" => Link::Exponential,
        _ => return Err(unknown_loss(&loss)),
    };
    read(model, 1, link, None, loss)
}

fn read(
    model: &Object<'_>,
    n_outputs: usize,
    link: Link,
    names: Option<Vec<String>>,
    loss: String,
) -> Result<ModelFile, Error> {
    let inputs = Inputs::read(model)?;
    let mut trees = Vec::new();
    for iteration in model.attribute("_predictors")?.items()? {
        let predictors = iteration.items()?;
        if predictors.len() != n_outputs {
            return Err(iteration.wrong("one tree an output"));
        }
        for (output, predictor) in predictors.iter().enumerate() {
            let tree = Predictor::read(predictor)?.tree(&inputs, output);
            trees.push(tree.map_err(|error| error.in_tree(trees.len()))?);
        }
    }
    let baseline = model.attribute("_baseline_prediction")?.floats()?;
    let mut ensemble = TreeEnsemble::new(trees, inputs.columns.len(), n_outputs)?
        .with_link(link)
        .with_base_score(baseline)?;
    if let Some(names) = names {
        ensemble = ensemble.with_output_names(names)?;
    }
    let mut file = finish(model, ensemble, Some(loss))?;
    file.notes.push("cover counts training rows; sample weights do not enter it".to_owned());
    file.notes.extend(inputs.categories.iter().any(Option::is_some).then(|| CODES.to_owned()));
    file.categories = inputs.categories;
    Ok(file)
}

const CODES: &str = "rows hold the code of a category, its place in the model's list of categories; \
                     a category that is not in the list is a missing value";

/// What the trees are given.
struct Inputs {
    /// For each column that the trees see, the feature of the row.
    columns: Vec<usize>,
    /// For each column, the codes of its categories; none for numbers.
    known: Vec<Option<Vec<u32>>>,
    /// For each feature of the row, the names of its categories, where they differ from the codes.
    categories: Vec<Option<Vec<String>>>,
}

impl Inputs {
    fn read(model: &Object<'_>) -> Result<Self, Error> {
        let n_features = n_features(model)?;
        let flags = match model.get("is_categorical_") {
            Some(flags) if !flags.is_none() => flags.counts()?,
            _ => vec![0; n_features],
        };
        if flags.len() != n_features {
            return Err(model.wrong("a mark for each feature whether it is categorical"));
        }
        let encoder = encoder(model)?;
        let mut columns: Vec<_> = (0..n_features).collect();
        if encoder.is_some() {
            // The sort is stable: categorical columns first, each kind in its order.
            columns.sort_by_key(|feature| flags[*feature] == 0);
        }
        let known = known(model, &columns, &flags)?;
        let mut categories = vec![None; n_features];
        if let Some(encoder) = encoder {
            let lists = encoder.attribute("categories_")?.items()?;
            for (feature, list) in columns.iter().zip(&lists) {
                categories[*feature] = names(list)?;
            }
        }
        Ok(Self { columns, known, categories })
    }
}

/// The ordinal encoder before the trees, where there is one.
fn encoder<'a>(model: &Object<'a>) -> Result<Option<Object<'a>>, Error> {
    let Some(preprocessor) = model.get("_preprocessor").filter(|preprocessor| !preprocessor.is_none()) else {
        return Ok(None);
    };
    for transformer in preprocessor.attribute("transformers_")?.items()? {
        if let [name, encoder, ..] = &transformer.items()?[..]
            && name.text().as_deref() == Some("encoder")
        {
            return Ok(Some(encoder.clone()));
        }
    }
    Err(preprocessor.wrong("a column transformer with the step `encoder`"))
}

/// The codes of the categories of each column that is categorical, `_BinMapper.make_known_categories_bitsets`.
fn known(model: &Object<'_>, columns: &[usize], flags: &[usize]) -> Result<Vec<Option<Vec<u32>>>, Error> {
    if flags.iter().all(|flag| *flag == 0) {
        return Ok(vec![None; columns.len()]);
    }
    let lists = model.attribute("_bin_mapper")?.attribute("bin_thresholds_")?;
    let items = lists.items()?;
    if items.len() != columns.len() {
        return Err(lists.wrong("a list of categories or thresholds a feature"));
    }
    let known = |(feature, list): (&usize, &Object<'_>)| {
        if flags[*feature] == 0 {
            return Ok(None);
        }
        let code =
            |code: usize| u8::try_from(code).map(u32::from).map_err(|_| list.wrong("codes from 0 to 255"));
        // Each once: a file may list a code a million times, for a million splits to go through.
        let codes = list.counts()?.into_iter().map(code).collect::<Result<BTreeSet<_>, _>>()?;
        Ok(Some(codes.into_iter().collect()))
    };
    columns.iter().zip(&items).map(known).collect()
}

/// The names of the categories of a feature; none where the codes 0, 1, ... are the categories.
fn names(list: &Object<'_>) -> Result<Option<Vec<String>>, Error> {
    let mut names = list.texts()?;
    // The encoder lists a missing value last; it is NaN for the trees too.
    names.pop_if(|last| last == "NaN");
    let are_codes = names.iter().enumerate().all(|(code, name)| *name == code.to_string());
    Ok((!are_codes).then_some(names))
}

/// One tree as scikit-learn keeps it.
struct Predictor<'a> {
    object: Object<'a>,
    array: Array<'a>,
    bitsets: Vec<i64>,
}

impl<'a> Predictor<'a> {
    fn read(object: &Object<'a>) -> Result<Self, Error> {
        let nodes = object.attribute("nodes")?;
        let array = nodes.array()?;
        let unknown: Vec<_> = array.field_names().filter(|name| !FIELDS.contains(name)).collect();
        if !unknown.is_empty() {
            let parts = unknown.iter().map(|name| format!("the node field `{name}`")).collect();
            return Err(Error::Unsupported { format: super::FORMAT, parts, advice: NEWER });
        }
        let bitsets = object.attribute("raw_left_cat_bitsets")?;
        let bitsets = bitsets.array()?.integers("").ok_or_else(|| bitsets.wrong("sets of categories"))?;
        Ok(Self { object: object.clone(), array, bitsets })
    }

    fn tree(&self, inputs: &Inputs, output: usize) -> Result<Tree, Error> {
        let floats = |name| self.array.floats(name).ok_or_else(|| self.object.wrong("the nodes of a tree"));
        let (values, covers, thresholds) = (floats("value")?, floats("count")?, floats("num_threshold")?);
        let columns = self.indices("feature_idx")?;
        let [is_leaf, lefts, rights] =
            [self.indices("is_leaf")?, self.indices("left")?, self.indices("right")?];
        let [missing_left, categorical] =
            [self.indices("missing_go_to_left")?, self.indices("is_categorical")?];
        let sets = self.indices("bitset_idx")?;
        let spec = |node: usize| {
            if is_leaf[node] != 0 {
                return Ok(NodeSpec::leaf(vec![values[node]]).with_cover(covers[node]));
            }
            let side = if missing_left[node] == 0 { Side::Right } else { Side::Left };
            let column = columns[node];
            let feature = inputs
                .columns
                .get(column)
                .copied()
                .ok_or_else(|| self.object.wrong("a feature of the model"))?;
            let test = match (&inputs.known[column], categorical[node]) {
                (_, 0) => Test::LessOrEqual(thresholds[node]),
                (Some(known), _) => self.categories(sets[node], known, side)?,
                (None, _) => return Err(self.object.wrong("a split by category on a categorical feature")),
            };
            let (left, right) = (lefts[node], rights[node]);
            let split = Split { feature, test, missing: Missing::nan(side), left, right };
            Ok(NodeSpec::split(split).with_cover(covers[node]))
        };
        let nodes = (0..self.array.len()).map(spec).collect::<Result<_, Error>>()?;
        Tree::new(nodes, Outputs::One(output))
    }

    /// The test of a split by category: unknown ones go where missing values go.
    fn categories(&self, set: usize, known: &[u32], missing: Side) -> Result<Test, Error> {
        let words = set.checked_mul(WORDS).and_then(|start| self.bitsets.get(start..)?.get(..WORDS));
        let words =
            words.ok_or_else(|| self.object.wrong("a set of categories for each split by category"))?;
        let is_left = |code: &u32| words[(code / 32) as usize] >> (code % 32) & 1 == 1;
        Ok(match missing {
            Side::Right => Test::OneOf(CategorySet::new((0..256).filter(is_left))),
            Side::Left => Test::NoneOf(CategorySet::new(known.iter().copied().filter(|code| !is_left(code)))),
        })
    }

    fn indices(&self, name: &str) -> Result<Vec<usize>, Error> {
        let wrong = || self.object.wrong("the nodes of a tree");
        let integers = self.array.integers(name).ok_or_else(wrong)?;
        integers.into_iter().map(|index| usize::try_from(index).map_err(|_| wrong())).collect()
    }
}
