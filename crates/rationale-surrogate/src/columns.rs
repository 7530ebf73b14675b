//! What the columns of a table are: numbers, or categories by their names.
//!
//! ```
//! use rationale_surrogate::{Column, Columns};
//!
//! let columns = Columns::new(vec![Column::numeric("age"), Column::categorical("job", ["clerk", "none"])])?;
//! let row = columns.encode(&["31", "none"])?;
//! assert_eq!(row.to_vec(), [31.0, 1.0]);
//! assert!(columns.encode(&["", "none"])?[0].is_nan());
//! assert!(columns.encode(&["31", "baker"]).is_err());
//! # Ok::<(), rationale_surrogate::Error>(())
//! ```

use std::collections::BTreeMap;

use ndarray::{Array1, ArrayView2};

use crate::Error;

/// A column's name and kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    name: String,
    categories: Option<Vec<String>>,
}

impl Column {
    /// A column of numbers; NaN means missing.
    pub fn numeric(name: impl Into<String>) -> Self {
        Self { name: name.into(), categories: None }
    }

    /// A column of categories: the number k in a row stands for the k-th name, NaN for missing.
    pub fn categorical<T: Into<String>>(
        name: impl Into<String>,
        categories: impl IntoIterator<Item = T>,
    ) -> Self {
        Self { name: name.into(), categories: Some(categories.into_iter().map(Into::into).collect()) }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of the categories; none for numbers.
    pub fn categories(&self) -> Option<&[String]> {
        self.categories.as_deref()
    }

    fn encode(&self, cell: &str) -> Result<f64, Error> {
        let text = cell.trim();
        let wrong =
            |expected: String| Error::Cell { column: self.name.clone(), text: cell.to_owned(), expected };
        match &self.categories {
            _ if text.is_empty() => Ok(f64::NAN),
            None => text.parse().map_err(|_| wrong("a number is needed".to_owned())),
            Some(categories) => match categories.iter().position(|category| category == text) {
                Some(code) => Ok(code as f64),
                None => Err(wrong(format!("it is one of {categories:?}"))),
            },
        }
    }
}

/// The columns of a table, in order; no two have the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(Vec<Column>);

impl Columns {
    /// Takes columns; at least one.
    pub fn new(columns: Vec<Column>) -> Result<Self, Error> {
        if columns.is_empty() {
            return Err(Error::Empty { what: "the list of columns" });
        }
        let mut seen = BTreeMap::new();
        for (second, column) in columns.iter().enumerate() {
            if let Some(first) = seen.insert(column.name.as_str(), second) {
                return Err(Error::DuplicateColumn { name: column.name.clone(), first, second });
            }
        }
        Ok(Self(columns))
    }

    /// Columns of numbers with these names.
    pub fn numeric<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Result<Self, Error> {
        Self::new(names.into_iter().map(Column::numeric).collect())
    }

    /// A row of texts as numbers; an empty text is a missing value.
    pub fn encode(&self, cells: &[&str]) -> Result<Array1<f64>, Error> {
        self.check_width("a row of texts", cells.len())?;
        self.0.iter().zip(cells).map(|(column, cell)| column.encode(cell)).collect()
    }

    /// The columns.
    pub fn as_slice(&self) -> &[Column] {
        &self.0
    }

    /// Refuses rows of another width, infinite values and codes without a name.
    pub(crate) fn check_rows(&self, what: &'static str, rows: ArrayView2<'_, f64>) -> Result<(), Error> {
        self.check_width(what, rows.ncols())?;
        for ((row, column), &value) in rows.indexed_iter() {
            if value.is_infinite() {
                return Err(Error::Infinite { what, at: row * rows.ncols() + column, value });
            }
            let Some(categories) = self.0[column].categories() else { continue };
            let is_code = value >= 0.0 && value.fract() == 0.0 && value < categories.len() as f64;
            if !is_code && !value.is_nan() {
                let (name, last) = (self.0[column].name.clone(), categories.len().saturating_sub(1));
                return Err(Error::Code { what, row, column: name, value, last });
            }
        }
        Ok(())
    }

    fn check_width(&self, what: &'static str, actual: usize) -> Result<(), Error> {
        let expected = self.0.len();
        if actual == expected { Ok(()) } else { Err(Error::Size { what, unit: "columns", expected, actual }) }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn two_columns_of_one_name_are_refused() {
        let error = Columns::numeric(["a", "b", "a"]).unwrap_err().to_string();
        assert_eq!(error, "the columns 0 and 2 are both called `a`; names must differ");
    }

    #[test]
    fn a_code_without_a_name_is_refused() {
        let columns = Columns::new(vec![Column::categorical("job", ["clerk", "none"])]).unwrap();
        let error = columns.check_rows("the training table", array![[1.0], [2.0]].view()).unwrap_err();
        let expected = "the training table, row 1, holds 2 in the column `job`, which has the codes 0 to 1";
        assert_eq!(error.to_string(), expected);
        assert!(columns.check_rows("the training table", array![[f64::NAN]].view()).is_ok());
    }
}
