//! The one error enum of the crate. Each message says where, what was given, and what would be right.

use std::fmt;
use std::io;

use crate::recognise::Foreign;
use crate::table::Place;

/// What can be wrong with a table, its meaning or its way to disk.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The path leads nowhere.
    #[error("there is no file `{file}` (a relative path starts at the current folder)")]
    NoFile {
        /// The path that was given.
        file: String,
    },
    /// The path leads to a directory.
    #[error("`{file}` is a directory; a CSV or Parquet file is needed")]
    Directory {
        /// The path that was given.
        file: String,
    },
    /// The operating system refused to hand over the bytes.
    #[error("`{file}` cannot be read: {source}")]
    Read {
        /// The path that was given.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is of a format that is recognised and not read.
    #[error("`{file}` is {format}, and CSV or Parquet is needed; {}", .format.remedy())]
    OtherFormat {
        /// The file.
        file: String,
        /// What it is.
        format: Foreign,
    },
    /// The file has no bytes (or only blank lines).
    #[error("`{file}` is empty; a header line and at least one data row are needed")]
    EmptyFile {
        /// The file.
        file: String,
    },
    /// There are columns and no rows.
    #[error("`{file}` has {n_columns} columns and no data rows; at least one row is needed")]
    NoRows {
        /// The file.
        file: String,
        /// How many columns there are.
        n_columns: usize,
    },
    /// The text is in another encoding.
    #[error(
        "`{file}`, line {line}: byte 0x{byte:02X} is not UTF-8; save the file as UTF-8 \
         (`iconv -f WINDOWS-1252 -t UTF-8` does it for many older files)"
    )]
    NotUtf8 {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: u64,
        /// The first byte that does not fit.
        byte: u8,
    },
    /// A row has more or fewer fields than the header.
    #[error(
        "`{file}`, line {line}: {found} fields, but the header has {expected}; a field that holds a line break or \
         the separator ({separator}) must stand in double quotes"
    )]
    Ragged {
        /// The file.
        file: String,
        /// The line on which the row begins, counted from 1.
        line: u64,
        /// How many fields the header has.
        expected: usize,
        /// How many fields the row has.
        found: usize,
        /// The separator that was set or detected, in words.
        separator: &'static str,
    },
    /// A quoted field has no end.
    #[error(
        "`{file}`, line {line}: a double quote opened in this row is never closed; is the file complete?"
    )]
    UnclosedQuote {
        /// The file.
        file: String,
        /// The line on which the row begins, counted from 1.
        line: u64,
    },
    /// Several columns share a name.
    #[error("`{file}` has several columns called {}; each name may stand once", Quoted(.columns))]
    DuplicateColumns {
        /// The file.
        file: String,
        /// The names that stand more than once.
        columns: Vec<String>,
    },
    /// A column is shorter or longer than its neighbours.
    #[error("`{file}`: column `{column}` has {actual} values, but the columns before it have {expected}")]
    ColumnLength {
        /// The table's name.
        file: String,
        /// The column.
        column: String,
        /// The length of the first column.
        expected: usize,
        /// The length of this one.
        actual: usize,
    },
    /// Columns were asked for that are not there: all of them.
    #[error("`{file}` has no column {}; its columns are {}", Listed(.columns), Quoted(.present))]
    UnknownColumns {
        /// The file.
        file: String,
        /// Each column that is missing.
        columns: Vec<AbsentColumn>,
        /// The columns that are there.
        present: Vec<String>,
    },
    /// The CSV text defeats its reader although its rows are sound.
    #[error("`{file}` cannot be read as CSV: {reason}")]
    Csv {
        /// The file.
        file: String,
        /// What the reader said.
        reason: String,
    },
    /// The Parquet file is damaged, or uses what its reader does not know.
    #[error("`{file}` cannot be read as Parquet: {reason}")]
    Parquet {
        /// The file.
        file: String,
        /// What the reader said.
        reason: String,
    },
    /// Parquet columns of types that are not read: all of them.
    #[error(
        "`{file}` has columns of types that cannot be read: {}; write them as 32-bit or 64-bit numbers or as text, \
         or leave them out",
        Typed(.columns)
    )]
    UnsupportedTypes {
        /// The file.
        file: String,
        /// Each such column's name and type.
        columns: Vec<(String, String)>,
    },
    /// A text where the schema says number.
    #[error(
        "`{file}`, column `{column}`, {place}: `{text}` is not a number, and the schema says this column is numeric; \
         write it as in 1234.5, leave the cell empty if the value is missing, or learn the schema again with this column as text"
    )]
    NotNumeric {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// Where the value stands.
        place: Place,
        /// The text that stands there.
        text: String,
    },
    /// A category that training never saw.
    #[error(
        "`{file}`, column `{column}`, {place}: `{value}` did not occur in training; known are {}; \
         correct the value, or choose to treat unseen categories as missing",
        Quoted(.known)
    )]
    UnseenCategory {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// Where the value stands.
        place: Place,
        /// The value that stands there.
        value: String,
        /// The dictionary of the column.
        known: Vec<String>,
    },
    /// A value is missing where missing values are refused.
    #[error(
        "`{file}`, column `{column}`, {place}: the value is missing, and missing values are refused; \
         fill it in, leave the row out, or allow missing values"
    )]
    MissingValue {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// Where the value is missing.
        place: Place,
    },
    /// An infinity.
    #[error(
        "`{file}`, column `{column}`, {place}: {value} is not finite; write a number, or leave the cell empty if the value is missing"
    )]
    NotFinite {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// Where the value stands.
        place: Place,
        /// The value.
        value: f64,
    },
    /// Columns without a single value: all of them.
    #[error("`{file}`: every value is missing in {}; nothing can be learnt from such columns: exclude them", Quoted(.columns))]
    AllMissing {
        /// The file.
        file: String,
        /// The columns.
        columns: Vec<String>,
    },
    /// A text column with more distinct values than a category column may have.
    #[error(
        "`{file}`: the text column `{column}` has {found} distinct values, and at most {most} are allowed; \
         exclude it (an identifier or a date is no category), or raise the bound"
    )]
    TooManyCategories {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// How many distinct values it has.
        found: usize,
        /// How many are allowed.
        most: usize,
    },
    /// No column is left to learn from.
    #[error("`{file}`: no column is left to learn from; exclude fewer")]
    NoFields {
        /// The file.
        file: String,
    },
    /// A label is missing.
    #[error(
        "`{file}`, label column `{column}`, {place}: the label is missing ({n_missing} of {n_rows} rows); fill it in or leave such rows out"
    )]
    MissingLabel {
        /// The file.
        file: String,
        /// The label column.
        column: String,
        /// Where the first one is missing.
        place: Place,
        /// How many are missing.
        n_missing: usize,
        /// How many rows there are.
        n_rows: usize,
    },
    /// The favourable value never occurs.
    #[error("`{file}`, label column `{column}`: `{favourable}` does not occur; its values are {}", Quoted(.present))]
    NoSuchLabel {
        /// The file.
        file: String,
        /// The label column.
        column: String,
        /// The favourable value that was asked for.
        favourable: String,
        /// The values that occur.
        present: Vec<String>,
    },
    /// Every label is the favourable one.
    #[error("`{file}`, label column `{column}`: all {n_rows} labels are `{value}`; two classes are needed")]
    OneClass {
        /// The file.
        file: String,
        /// The label column.
        column: String,
        /// The one value that occurs.
        value: String,
        /// How many rows there are.
        n_rows: usize,
    },
    /// A JSON value is not a schema.
    #[error("not a schema of a table: {source}")]
    SchemaJson {
        /// What the JSON reader said.
        source: serde_json::Error,
    },
    /// A category stands twice in a dictionary, so its code is unclear.
    #[error("the schema lists the category `{category}` of `{field}` twice; each may stand once")]
    DuplicateCategory {
        /// The field.
        field: String,
        /// The category.
        category: String,
    },
    /// Two features would share a name.
    #[error("several features would be called {}; rename a column or choose the ordinal encoding", Quoted(.names))]
    DuplicateFeatures {
        /// The names.
        names: Vec<String>,
    },
    /// The extension of an output file names no format that fits.
    #[error("`{file}`: the extension must be one of {}, for it chooses the format", Quoted(.known))]
    UnknownExtension {
        /// The path that was given.
        file: String,
        /// The extensions that fit.
        known: Vec<String>,
    },
    /// An output does not fit its own names.
    #[error("{what}: {actual} were given, but {expected} are needed")]
    Count {
        /// What was counted.
        what: &'static str,
        /// How many are needed.
        expected: usize,
        /// How many were given.
        actual: usize,
    },
    /// A pattern of paths is none.
    #[error("`{pattern}` is no pattern of paths: {reason}")]
    Pattern {
        /// What was given.
        pattern: String,
        /// What is wrong about it.
        reason: String,
    },
    /// A folder or a pattern leads to no file.
    #[error("`{path}` names no file")]
    NoFiles {
        /// What was given.
        path: String,
    },
    /// Parts of a run that was cut off are there.
    #[error(
        "`{folder}` holds the parts of a run that was cut off; resume it, or remove the folder to begin anew"
    )]
    LeftoverParts {
        /// The folder.
        folder: String,
    },
    /// Parts are there that another job left.
    #[error(
        "`{folder}` holds the parts of another job, which differ in {}; run that job again, or remove the folder to begin anew",
        .differ.join(", ")
    )]
    OtherJob {
        /// The folder.
        folder: String,
        /// What the two jobs differ in.
        differ: Vec<String>,
    },
    /// The output could not be written; what stood at the path before stands there still.
    #[error("`{file}` cannot be written: {source}")]
    Write {
        /// The path that was given.
        file: String,
        /// What the operating system or the writer said.
        source: io::Error,
    },
}

/// A column that was asked for and is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsentColumn {
    /// The name that was asked for.
    pub name: String,
    /// The most similar name that is there, if any is similar.
    pub nearest: Option<String>,
}

impl fmt::Display for AbsentColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.name)?;
        self.nearest.as_ref().map_or(Ok(()), |nearest| write!(f, " (did you mean `{nearest}`?)"))
    }
}

/// A message lists at most this many names; the error's fields hold them all.
const MOST_LISTED: usize = 30;

/// Joins with commas; past [`MOST_LISTED`] it says how many more there are.
fn list<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    write_one: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (position, item) in items.iter().take(MOST_LISTED).enumerate() {
        if position > 0 {
            f.write_str(", ")?;
        }
        write_one(f, item)?;
    }
    match items.len().saturating_sub(MOST_LISTED) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}

struct Quoted<'a>(&'a [String]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        list(f, self.0, |f, name| write!(f, "`{name}`"))
    }
}

struct Listed<'a>(&'a [AbsentColumn]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        list(f, self.0, |f, column| column.fmt(f))
    }
}

struct Typed<'a>(&'a [(String, String)]);

impl fmt::Display for Typed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        list(f, self.0, |f, (name, kind)| write!(f, "`{name}` ({kind})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_say_how_many_more() {
        let columns: Vec<_> = (0..32).map(|i| i.to_string()).collect();
        let text = Error::AllMissing { file: "a.csv".into(), columns }.to_string();
        assert!(text.contains("`29` and 2 more;"), "{text}");
    }
}
