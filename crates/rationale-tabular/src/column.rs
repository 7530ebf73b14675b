//! One column of a table: numbers or texts, either may be missing.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Numbers.
    Numeric,
    /// Texts.
    Text,
}

/// A column's values.
#[derive(Debug, Clone, PartialEq)]
pub struct Column(Values);

#[derive(Debug, Clone, PartialEq)]
enum Values {
    Numeric(Vec<f64>),
    Text(Vec<Option<String>>),
}

impl Column {
    /// Numbers; NaN is missing.
    pub fn numeric(values: Vec<f64>) -> Self {
        Self(Values::Numeric(values))
    }

    /// Texts; `None` is missing.
    pub fn text(values: impl IntoIterator<Item = Option<impl AsRef<str>>>) -> Self {
        Self(Values::Text(values.into_iter().map(|text| text.map(|text| text.as_ref().to_owned())).collect()))
    }

    /// Numbers where every text is one, else the texts. A code such as `01` is a text: as a number it would lose its
    /// zero. A column without any text is numeric, all missing.
    pub(crate) fn recognised(texts: &[Option<&str>]) -> Self {
        let numbers: Option<Vec<f64>> =
            texts.iter().map(|text| text.map_or(Some(f64::NAN), number)).collect();
        numbers.map_or_else(|| Self::text(texts.iter().copied()), Self::numeric)
    }

    /// What the column holds.
    pub fn kind(&self) -> ColumnKind {
        match self.0 {
            Values::Numeric(_) => ColumnKind::Numeric,
            Values::Text(_) => ColumnKind::Text,
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Values::Numeric(values) => values.len(),
            Values::Text(values) => values.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a row's value is missing. Panics out of range, as indexing does.
    pub fn is_missing(&self, row: usize) -> bool {
        match &self.0 {
            Values::Numeric(values) => values[row].is_nan(),
            Values::Text(values) => values[row].is_none(),
        }
    }

    /// How many values are missing.
    pub fn n_missing(&self) -> usize {
        (0..self.len()).filter(|&row| self.is_missing(row)).count()
    }

    /// The numbers, where the column holds numbers; NaN is missing.
    pub fn numbers(&self) -> Option<&[f64]> {
        match &self.0 {
            Values::Numeric(values) => Some(values),
            Values::Text(_) => None,
        }
    }

    /// A row's value as text, a number in its shortest spelling (`1.50` is `1.5`); `None` where it is missing. Panics
    /// out of range, as indexing does.
    pub fn text_at(&self, row: usize) -> Option<Cow<'_, str>> {
        match &self.0 {
            Values::Numeric(values) => (!values[row].is_nan()).then(|| Cow::Owned(values[row].to_string())),
            Values::Text(values) => values[row].as_deref().map(Cow::Borrowed),
        }
    }

    /// The different texts, sorted; missing values left out.
    pub fn distinct(&self) -> Vec<String> {
        let texts: BTreeSet<_> = (0..self.len()).filter_map(|row| self.text_at(row)).collect();
        texts.into_iter().map(Cow::into_owned).collect()
    }

    /// Some rows only, in the order given.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        Self(match &self.0 {
            Values::Numeric(values) => Values::Numeric(rows.iter().map(|&row| values[row]).collect()),
            Values::Text(values) => Values::Text(rows.iter().map(|&row| values[row].clone()).collect()),
        })
    }
}

impl Column {
    /// So many times the same.
    pub(crate) fn repeated(text: Option<&str>, kind: ColumnKind, n_rows: usize) -> Self {
        match kind {
            ColumnKind::Text => Self::text(std::iter::repeat_n(text, n_rows)),
            ColumnKind::Numeric => Self::numeric(vec![text.and_then(number).unwrap_or(f64::NAN); n_rows]),
        }
    }

    /// The column as this kind; a text that is no number is missing as one.
    pub(crate) fn into_kind(self, kind: ColumnKind) -> Self {
        match (&self.0, kind) {
            (Values::Numeric(_), ColumnKind::Text) => {
                Self::text((0..self.len()).map(|row| self.text_at(row)))
            }
            (Values::Text(texts), ColumnKind::Numeric) => {
                let number = |text: &Option<String>| text.as_deref().and_then(number).unwrap_or(f64::NAN);
                Self::numeric(texts.iter().map(number).collect())
            }
            _ => self,
        }
    }

    /// Adds the rows of another column of the same kind; of one of the other kind it takes what fits.
    pub(crate) fn append(&mut self, other: Self) {
        let other = other.into_kind(self.kind()).0;
        match (&mut self.0, other) {
            (Values::Numeric(all), Values::Numeric(more)) => all.extend(more),
            (Values::Text(all), Values::Text(more)) => all.extend(more),
            _ => {}
        }
    }
}

/// The number that a text spells; none for a code with a leading zero.
pub(crate) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text).as_bytes();
    let is_code = digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit();
    if is_code { None } else { text.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognised(texts: &[&str]) -> Column {
        let texts: Vec<_> = texts.iter().map(|text| (!text.is_empty()).then_some(*text)).collect();
        Column::recognised(&texts)
    }

    #[test]
    fn a_column_is_numeric_where_every_text_is_a_number() {
        assert_eq!(recognised(&["1", " 2.50", "", "-3e2"]).kind(), ColumnKind::Numeric);
        assert_eq!(recognised(&["1", "two"]).kind(), ColumnKind::Text);
    }

    #[test]
    fn a_code_with_a_leading_zero_stays_a_text() {
        let column = recognised(&["01", "10"]);
        assert_eq!(column.text_at(0).as_deref(), Some("01"));
        assert_eq!(recognised(&["0", "0.5"]).kind(), ColumnKind::Numeric);
    }

    #[test]
    fn a_whole_number_is_spelt_without_a_point() {
        assert_eq!(recognised(&["1169.0"]).text_at(0).as_deref(), Some("1169"));
    }
}
