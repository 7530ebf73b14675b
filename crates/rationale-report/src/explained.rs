//! Attributions of one output, with the feature values they belong to.

use ndarray::ArrayView2;
use rationale_core::Attributions;

use crate::Error;

/// What all figures draw: attributions of one output and, where known, the values of the features.
#[derive(Debug, Clone, Copy)]
pub struct Explained<'a> {
    attributions: &'a Attributions,
    output: usize,
    numbers: Option<ArrayView2<'a, f64>>,
    texts: Option<&'a [Vec<String>]>,
}

impl<'a> Explained<'a> {
    /// Attributions of the output with this index.
    pub fn new(attributions: &'a Attributions, output: usize) -> Result<Self, Error> {
        check("output", output, attributions.n_outputs())?;
        Ok(Self { attributions, output, numbers: None, texts: None })
    }

    /// The features' values as numbers `[row, feature]`, for positions and colours; NaN where there is none.
    pub fn with_numbers(mut self, numbers: ArrayView2<'a, f64>) -> Result<Self, Error> {
        self.check_shape([numbers.nrows(), numbers.ncols()])?;
        self.numbers = Some(numbers);
        Ok(self)
    }

    /// The features' values as people read them `[row][feature]`.
    pub fn with_texts(mut self, texts: &'a [Vec<String>]) -> Result<Self, Error> {
        let uneven = texts.iter().map(Vec::len).find(|len| *len != self.n_features());
        self.check_shape([texts.len(), uneven.unwrap_or(self.n_features())])?;
        self.texts = Some(texts);
        Ok(self)
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.attributions.n_rows()
    }

    pub(crate) fn n_features(&self) -> usize {
        self.attributions.n_features()
    }

    pub(crate) fn output_name(&self) -> &'a str {
        or_none(&self.attributions.output_names()[self.output])
    }

    pub(crate) fn name(&self, feature: usize) -> &'a str {
        or_none(&self.attributions.feature_names()[feature])
    }

    /// The attribution; 0 where it is not finite, so that nothing is drawn off the picture.
    pub(crate) fn value(&self, row: usize, feature: usize) -> f64 {
        finite(self.attributions.values()[[row, feature, self.output]])
    }

    /// The standard error of the attribution, where values were sampled and it is a number.
    pub(crate) fn error(&self, row: usize, feature: usize) -> Option<f64> {
        let errors = self.attributions.evidence().standard_error.as_ref()?;
        errors.get([row, feature, self.output]).copied().filter(|error| error.is_finite())
    }

    /// Which features stand before one, by |value|, that they cannot be told from: their places could be chance.
    pub(crate) fn open_places(&self, row: usize) -> Vec<bool> {
        let mut open = vec![false; self.n_features()];
        let Some(separable) = &self.attributions.evidence().separable else { return open };
        let values = (0..self.n_features()).map(|feature| (feature, self.value(row, feature))).collect();
        for (rank, (feature, value)) in largest_first(values).into_iter().enumerate() {
            open[feature] = value != 0.0 && separable.get([row, rank, self.output]) == Some(&false);
        }
        open
    }

    pub(crate) fn base_value(&self, row: usize) -> f64 {
        finite(self.attributions.base_values()[[row, self.output]])
    }

    pub(crate) fn prediction(&self, row: usize) -> f64 {
        finite(self.attributions.predictions()[[row, self.output]])
    }

    /// How many attributions are not finite and therefore drawn as 0.
    pub(crate) fn n_broken(&self) -> usize {
        let of_output = self.attributions.values().index_axis_move(ndarray::Axis(2), self.output);
        of_output.iter().filter(|value| !is_drawable(**value)).count()
    }

    /// The feature's value as a number; NaN where there is none that can be drawn.
    pub(crate) fn number(&self, row: usize, feature: usize) -> f64 {
        let number = self.numbers.map_or(f64::NAN, |numbers| numbers[[row, feature]]);
        if is_drawable(number) { number } else { f64::NAN }
    }

    /// The feature's value as text, if one is known.
    pub(crate) fn text(&self, row: usize, feature: usize) -> Option<String> {
        let number = || Some(self.number(row, feature)).filter(|x| x.is_finite()).map(crate::number);
        self.texts.map_or_else(number, |texts| Some(texts[row][feature].clone()))
    }

    /// Features by mean |attribution|, largest first, with that mean.
    fn by_importance(&self) -> Vec<(usize, f64)> {
        let mean = |feature| {
            let total: f64 = (0..self.n_rows()).map(|row| self.value(row, feature).abs()).sum();
            (feature, total / self.n_rows().max(1) as f64)
        };
        largest_first((0..self.n_features()).map(mean).collect())
    }

    /// The lines of a figure, most important feature first; the last one holds the features beyond `max_display`.
    pub(crate) fn lines(&self, max_display: usize) -> Vec<Line> {
        let ordered: Vec<usize> = self.by_importance().into_iter().map(|(feature, _)| feature).collect();
        let (named, others) = shown(&ordered, max_display);
        let mut lines: Vec<Line> = named
            .iter()
            .map(|&feature| Line { label: self.name(feature).to_owned(), features: vec![feature] })
            .collect();
        if !others.is_empty() {
            let label = format!("{} other features", others.len());
            lines.push(Line { label, features: others.to_vec() });
        }
        lines
    }

    /// The sum of a row's attributions on a line.
    pub(crate) fn sum(&self, row: usize, line: &Line) -> f64 {
        line.features.iter().map(|&feature| self.value(row, feature)).sum()
    }

    pub(crate) fn check_row(&self, row: usize) -> Result<(), Error> {
        check("row", row, self.n_rows())
    }

    pub(crate) fn check_feature(&self, feature: usize) -> Result<(), Error> {
        check("feature", feature, self.n_features())
    }

    fn check_shape(&self, actual: [usize; 2]) -> Result<(), Error> {
        let expected = [self.n_rows(), self.n_features()];
        if expected == actual { Ok(()) } else { Err(Error::Shape { expected, actual }) }
    }
}

/// A line of a figure: one feature, or all that have no line of their own.
pub(crate) struct Line {
    pub label: String,
    pub features: Vec<usize>,
}

/// What is shown by name, and what is left over. One left over would cost the same line: it is shown.
pub(crate) fn shown<T>(ordered: &[T], max_display: usize) -> (&[T], &[T]) {
    let n_named = if ordered.len() > max_display { max_display - 1 } else { ordered.len() };
    ordered.split_at(n_named.max(1).min(ordered.len()))
}

/// By size, largest first; equal ones keep their order.
pub(crate) fn largest_first(mut features: Vec<(usize, f64)>) -> Vec<(usize, f64)> {
    features.sort_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
    features
}

fn finite(value: f64) -> f64 {
    if is_drawable(value) { value } else { 0.0 }
}

/// Finite, and so far from the largest float that sums and widths of a picture stay finite too.
fn is_drawable(value: f64) -> bool {
    value.abs() < 1e300
}

/// Every line of a picture says what it is.
fn or_none(name: &str) -> &str {
    if name.trim().is_empty() { "(no name)" } else { name }
}

fn check(what: &'static str, asked: usize, available: usize) -> Result<(), Error> {
    if asked < available { Ok(()) } else { Err(Error::Range { what, asked, available }) }
}
