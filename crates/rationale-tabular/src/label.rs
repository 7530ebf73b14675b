//! Outcomes as yes and no.

use crate::{Column, Error, Table};

/// Whether each row's label is the favourable value. In a column of numbers the value is compared as a number: `1` finds
/// `1.0`, and `true` and `false` are 1 and 0, for so are the booleans of a Parquet file read.
///
/// Every row needs a label, the favourable value must occur, and so must another one.
pub fn labels(table: &Table, column: &str, favourable: &str) -> Result<Vec<bool>, Error> {
    let values = table.column(column)?;
    check_missing(table, column, values)?;
    let labels: Vec<bool> = (0..values.len()).map(|row| is(values, row, favourable)).collect();
    let (file, column) = (table.name().to_owned(), column.to_owned());
    if !labels.contains(&true) {
        let favourable = favourable.to_owned();
        return Err(Error::NoSuchLabel { file, column, favourable, present: values.distinct() });
    }
    if !labels.contains(&false) {
        let n_rows = labels.len();
        return Err(Error::OneClass { file, column, value: favourable.to_owned(), n_rows });
    }
    Ok(labels)
}

fn is(values: &Column, row: usize, favourable: &str) -> bool {
    match values.numbers() {
        Some(numbers) => number(favourable).is_some_and(|wanted| numbers[row] == wanted),
        None => values.text_at(row).is_some_and(|text| text == favourable),
    }
}

fn number(favourable: &str) -> Option<f64> {
    match favourable.trim() {
        "true" => Some(1.0),
        "false" => Some(0.0),
        number => number.parse().ok(),
    }
}

fn check_missing(table: &Table, column: &str, values: &Column) -> Result<(), Error> {
    let Some(first) = (0..values.len()).find(|&row| values.is_missing(row)) else { return Ok(()) };
    Err(Error::MissingLabel {
        file: table.name().to_owned(),
        column: column.to_owned(),
        place: table.place(first),
        n_missing: values.n_missing(),
        n_rows: values.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, favourable: &str) -> Result<Vec<bool>, Error> {
        labels(&Table::from_csv_bytes("a.csv", text.as_bytes()).unwrap(), "y", favourable)
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert_eq!(read("y\n1.0\n0\n", "1").unwrap(), [true, false]);
        assert_eq!(read("y\n1.0\n0\n", "false").unwrap(), [false, true]);
        assert_eq!(read("y\ngood\nbad\n", "bad").unwrap(), [false, true]);
    }

    #[test]
    fn one_class_is_not_enough() {
        assert_eq!(
            read("y\ngood\ngood\n", "good").unwrap_err().to_string(),
            "`a.csv`, label column `y`: all 2 labels are `good`; two classes are needed"
        );
    }

    #[test]
    fn a_favourable_value_that_does_not_occur_is_answered_with_those_that_do() {
        let error = read("y\ngood\nbad\n", "godo").unwrap_err().to_string();
        assert!(error.ends_with("`godo` does not occur; its values are `bad`, `good`"), "{error}");
    }

    #[test]
    fn a_missing_label_is_named() {
        let error = read("x,y\n1,good\n1,\n", "good").unwrap_err().to_string();
        assert!(error.contains("data row 2 (line 3): the label is missing (1 of 2 rows)"), "{error}");
    }
}
