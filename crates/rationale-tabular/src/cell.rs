//! CSV files, row by row, that are safe to open in a spreadsheet.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use crate::Error;
use crate::write::write;

/// A cell of a CSV file.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// A text. One that a spreadsheet would run as a formula gets an apostrophe in front.
    Text(Cow<'a, str>),
    /// A number; NaN is an empty cell.
    Number(f64),
    /// A count.
    Count(u64),
    /// Nothing.
    Empty,
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<f64> for Cell<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<u64> for Cell<'_> {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for Cell<'_> {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

/// Writes a CSV file row by row.
pub fn write_csv<'a>(
    path: &Path,
    header: &[&str],
    rows: impl IntoIterator<Item = Vec<Cell<'a>>>,
) -> Result<(), Error> {
    write(path, |out| {
        write_row(out, header.iter().map(|name| Cell::from(*name)))?;
        rows.into_iter().try_for_each(|row| write_row(out, row))
    })
}

fn write_row<'a>(out: &mut dyn Write, cells: impl IntoIterator<Item = Cell<'a>>) -> io::Result<()> {
    let mut line = String::new();
    for (position, cell) in cells.into_iter().enumerate() {
        if position > 0 {
            line.push(',');
        }
        match cell {
            Cell::Text(text) => line.push_str(&quoted(&text)),
            Cell::Number(number) if number.is_nan() => {}
            Cell::Number(number) => line.push_str(&number.to_string()),
            Cell::Count(count) => line.push_str(&count.to_string()),
            Cell::Empty => {}
        }
    }
    if line.trim().is_empty() {
        // A reader would take it for a blank line and drop the row.
        line = format!("\"{line}\"");
    }
    line.push('\n');
    out.write_all(line.as_bytes())
}

fn quoted(text: &str) -> Cow<'_, str> {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_disarmed_and_quoted_and_numbers_are_not() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("a.csv");
        let texts = ["=1+1", "+1", "-1", "@a", "\ta", "\ra", "a=1", "x,\"y\""];
        let row = texts.into_iter().map(Cell::from).chain([(-1.5).into(), 7_usize.into(), Cell::Empty]);
        write_csv(&path, &["a"], [row.collect()]).unwrap();
        assert_eq!(
            std::fs::read_to_string(path).unwrap(),
            "a\n'=1+1,'+1,'-1,'@a,'\ta,\"'\ra\",a=1,\"x,\"\"y\"\"\",-1.5,7,\n"
        );
    }
}
