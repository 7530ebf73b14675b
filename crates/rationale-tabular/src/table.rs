//! A table in memory, and where its rows came from.

use std::borrow::Cow;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use rationale_core::{Fingerprint, Hasher};

use crate::nearest::nearest;
use crate::recognise::{Foreign, HEAD, is_parquet};
use crate::{AbsentColumn, Column, ColumnKind, CsvSettings, Error, csv, frame};

/// Named columns of equal length. Immutable.
#[derive(Debug, Clone)]
pub struct Table {
    name: String,
    columns: Vec<(String, Column)>,
    n_rows: usize,
    /// Where each row stands in its file.
    places: Vec<Place>,
}

/// Where a row stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The data row, counted from 1.
    pub row: u64,
    /// The line of a text file, counted from 1.
    pub line: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "data row {}", self.row)?;
        self.line.map_or(Ok(()), |line| write!(f, " (line {line})"))
    }
}

impl Table {
    /// Reads CSV or Parquet, whichever the file is by its first bytes.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::read_with(path, &CsvSettings::default())
    }

    /// Reads CSV or Parquet; the settings apply where it is CSV.
    #[tracing::instrument(name = "read_table", skip_all, fields(file = %path.display()))]
    pub fn read_with(path: &Path, settings: &CsvSettings) -> Result<Self, Error> {
        let file = path.display().to_string();
        let mut handle = open(path, &file)?;
        let mut head = Vec::new();
        let read = handle.by_ref().take(HEAD as u64).read_to_end(&mut head);
        read.map_err(|source| Error::Read { file: file.clone(), source })?;
        if is_parquet(&head) {
            return Self::read_parquet(path);
        }
        let mut bytes = head;
        handle.read_to_end(&mut bytes).map_err(|source| Error::Read { file: file.clone(), source })?;
        Self::of_csv(&file, bytes.into(), settings)
    }

    /// Reads CSV, whatever the first bytes look like.
    pub fn read_csv(path: &Path, settings: &CsvSettings) -> Result<Self, Error> {
        let file = path.display().to_string();
        let mut bytes = Vec::new();
        let read = open(path, &file)?.read_to_end(&mut bytes);
        read.map_err(|source| Error::Read { file: file.clone(), source })?;
        Self::of_csv(&file, bytes.into(), settings)
    }

    /// Reads Parquet, whatever the first bytes look like.
    pub fn read_parquet(path: &Path) -> Result<Self, Error> {
        let file = path.display().to_string();
        let columns = frame::read_parquet(&file, open(path, &file)?)?;
        Self::new(file, columns)
    }

    /// Reads CSV from memory; `name` stands in messages.
    pub fn from_csv_bytes(name: &str, bytes: &[u8]) -> Result<Self, Error> {
        Self::from_csv_bytes_with(name, bytes, &CsvSettings::default())
    }

    /// Reads CSV from memory with settings.
    pub fn from_csv_bytes_with(name: &str, bytes: &[u8], settings: &CsvSettings) -> Result<Self, Error> {
        Self::of_csv(name, bytes.into(), settings)
    }

    fn of_csv(name: &str, bytes: Cow<'_, [u8]>, settings: &CsvSettings) -> Result<Self, Error> {
        if let Some(format) = Foreign::of(&bytes[..bytes.len().min(HEAD)]) {
            return Err(Error::OtherFormat { file: name.to_owned(), format });
        }
        let sound = csv::check(name, &bytes, settings)?;
        // Of a large file memory has room for one copy.
        drop(bytes);
        let mut table = Self::new(name, frame::read_csv(name, &sound, settings)?)?;
        for (place, line) in table.places.iter_mut().zip(&sound.lines) {
            place.line = Some(*line);
        }
        Ok(table)
    }

    /// Takes named columns of equal length; `name` stands in messages.
    pub fn new(name: impl Into<String>, columns: Vec<(String, Column)>) -> Result<Self, Error> {
        let name = name.into();
        let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        check_names(&name, &names)?;
        let n_rows = columns.first().map_or(0, |(_, column)| column.len());
        if let Some((column, values)) = columns.iter().find(|(_, column)| column.len() != n_rows) {
            let (column, actual) = (column.clone(), values.len());
            return Err(Error::ColumnLength { file: name, column, expected: n_rows, actual });
        }
        if n_rows == 0 {
            return Err(Error::NoRows { file: name, n_columns: columns.len() });
        }
        let places = (1..=n_rows as u64).map(|row| Place { row, line: None }).collect();
        Ok(Self { name, columns, n_rows, places })
    }

    /// Some rows of a file, from the row `first` (counted from 0) on; lines where the file is a text.
    pub(crate) fn part(
        name: String,
        columns: Vec<(String, Column)>,
        first: u64,
        lines: Option<&[u64]>,
    ) -> Result<Self, Error> {
        let mut table = Self::new(name, columns)?;
        for (row, place) in table.places.iter_mut().enumerate() {
            place.row += first;
            place.line = lines.and_then(|lines| lines.get(row).copied());
        }
        Ok(table)
    }

    /// The file's path, or the name given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// How many columns there are.
    pub fn n_columns(&self) -> usize {
        self.columns.len()
    }

    /// The columns' names, in the order of the file.
    pub fn column_names(&self) -> Vec<&str> {
        self.columns.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The columns, in the order of the file.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.columns.iter().map(|(name, column)| (name.as_str(), column))
    }

    /// One column. The error names the most similar one.
    pub fn column(&self, name: &str) -> Result<&Column, Error> {
        let found = self.columns.iter().find(|(other, _)| other == name);
        found.map(|(_, column)| column).ok_or_else(|| self.absent(&[name]))
    }

    /// Where a row stands in its file. Panics out of range, as indexing does.
    pub fn place(&self, row: usize) -> Place {
        self.places[row]
    }

    /// Some rows only, in the order given; they keep their places. Panics out of range, as indexing does.
    pub fn select_rows(&self, rows: &[usize]) -> Self {
        let select = |(name, column): &(String, Column)| (name.clone(), column.select(rows));
        Self {
            name: self.name.clone(),
            columns: self.columns.iter().map(select).collect(),
            n_rows: rows.len(),
            places: rows.iter().map(|&row| self.places[row]).collect(),
        }
    }

    /// All columns but these; every one of them must be there.
    pub fn without_columns(&self, names: &[impl AsRef<str>]) -> Result<Self, Error> {
        self.check_columns(names)?;
        let mut table = self.clone();
        table.columns.retain(|(name, _)| !names.iter().any(|gone| gone.as_ref() == name));
        Ok(table)
    }

    /// What identifies the content: names, kinds and values, not the file's name or format.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut hasher = Hasher::new();
        hasher.integer(self.n_rows as u64);
        for (name, column) in &self.columns {
            hasher.text(name);
            hasher.integer(u64::from(column.kind() == ColumnKind::Text));
            if let Some(numbers) = column.numbers() {
                numbers.iter().for_each(|number| hasher.number(*number));
                continue;
            }
            for row in 0..self.n_rows {
                match column.text_at(row) {
                    Some(text) => hasher.text(&text),
                    // No text is so long.
                    None => hasher.integer(u64::MAX),
                }
            }
        }
        hasher.finish()
    }

    /// Fails, naming every one of `names` that is no column.
    pub(crate) fn check_columns(&self, names: &[impl AsRef<str>]) -> Result<(), Error> {
        let present = self.column_names();
        let absent: Vec<&str> =
            names.iter().map(AsRef::as_ref).filter(|name| !present.contains(name)).collect();
        if absent.is_empty() { Ok(()) } else { Err(self.absent(&absent)) }
    }

    fn absent(&self, names: &[&str]) -> Error {
        let absent = |name: &&str| AbsentColumn {
            name: (*name).to_owned(),
            nearest: nearest(name, self.column_names()),
        };
        Error::UnknownColumns {
            file: self.name.clone(),
            columns: names.iter().map(absent).collect(),
            present: self.columns.iter().map(|(name, _)| name.clone()).collect(),
        }
    }
}

fn open(path: &Path, file: &str) -> Result<File, Error> {
    let file = file.to_owned();
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(Error::Directory { file }),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Err(Error::NoFile { file }),
        _ => File::open(path).map_err(|source| Error::Read { file, source }),
    }
}

fn check_names(file: &str, names: &[String]) -> Result<(), Error> {
    let columns = repeated(names);
    if columns.is_empty() { Ok(()) } else { Err(Error::DuplicateColumns { file: file.to_owned(), columns }) }
}

/// The names that stand more than once, sorted.
pub(crate) fn repeated(names: &[String]) -> Vec<String> {
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort();
    let pairs = sorted.windows(2).filter(|pair| pair[0] == pair[1]);
    let mut repeated: Vec<String> = pairs.map(|pair| pair[0].clone()).collect();
    repeated.dedup();
    repeated
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        Table::from_csv_bytes("a.csv", text.as_bytes()).unwrap()
    }

    fn error(text: &str) -> String {
        Table::from_csv_bytes("a.csv", text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn reads_numbers_texts_and_missing_values() {
        let table = table("a,b\r\n1,x\r\nNA,\"y, \"\"z\"\"\"\r\n3,\r\n");
        assert_eq!(table.column("a").unwrap().numbers().unwrap()[2], 3.0);
        assert!(table.column("a").unwrap().is_missing(1));
        assert_eq!(table.column("b").unwrap().text_at(1).as_deref(), Some("y, \"z\""));
        assert!(table.column("b").unwrap().is_missing(2));
    }

    #[test]
    fn an_unknown_column_is_answered_with_the_most_similar_one() {
        assert_eq!(
            table("income,age\n1,2\n").column("incone").unwrap_err().to_string(),
            "`a.csv` has no column `incone` (did you mean `income`?); its columns are `income`, `age`"
        );
    }

    #[test]
    fn repeated_names_are_refused() {
        assert_eq!(
            error("b,a,b,a,c\n1,2,3,4,5\n"),
            "`a.csv` has several columns called `a`, `b`; each name may stand once"
        );
        assert_eq!(table("\"x, a\",\"y, a\"\n1,2\n").column_names(), ["x, a", "y, a"]);
    }

    #[test]
    fn a_missing_file_and_a_directory_are_named() {
        assert_eq!(
            Table::read(Path::new("/nowhere/a.csv")).unwrap_err().to_string(),
            "there is no file `/nowhere/a.csv` (a relative path starts at the current folder)"
        );
        let room = tempfile::tempdir().unwrap();
        assert!(Table::read(room.path()).unwrap_err().to_string().contains("is a directory"));
    }

    #[test]
    fn an_empty_file_is_told_what_it_needs() {
        assert_eq!(error(""), "`a.csv` is empty; a header line and at least one data row are needed");
        assert_eq!(error("a,b\n"), "`a.csv` has 2 columns and no data rows; at least one row is needed");
    }

    #[test]
    fn columns_of_different_lengths_are_refused() {
        let columns = vec![
            ("a".to_owned(), Column::numeric(vec![1.0])),
            ("b".to_owned(), Column::text([Some("x"), None])),
        ];
        assert_eq!(
            Table::new("t", columns).unwrap_err().to_string(),
            "`t`: column `b` has 2 values, but the columns before it have 1"
        );
    }

    #[test]
    fn quotes_that_confuse_the_reader_are_an_error_and_no_other_table() {
        assert!(error("a,b\n5\", 6\" pipe,3\n").contains("cannot be read as CSV"));
    }

    #[test]
    fn a_file_that_begins_like_another_format_is_read_as_what_it_is() {
        let room = tempfile::tempdir().unwrap();
        for header in ["PAR1,PAR2", "x^2,y"] {
            let path = room.path().join("a.csv");
            let text = format!("{header}\n1,2\n");
            rationale_core::whole::write_file(&path, |out| out.write_all(text.as_bytes())).unwrap();
            assert_eq!(Table::read(&path).unwrap().column_names().join(","), header);
        }
    }

    #[test]
    fn a_workbook_says_what_to_do() {
        let bytes = b"PK\x03\x04....[Content_Types].xml";
        let error = Table::from_csv_bytes("a.csv", bytes).unwrap_err().to_string();
        assert!(error.contains("save the sheet as CSV UTF-8"), "{error}");
    }

    #[test]
    fn selected_rows_keep_their_places() {
        let table = table("a,b\n1,2\n\n3,4\n5,6\n").select_rows(&[2, 1]);
        assert_eq!(table.place(1).to_string(), "data row 2 (line 4)");
        assert_eq!(table.column("a").unwrap().numbers().unwrap(), [5.0, 3.0]);
    }

    #[test]
    fn the_fingerprint_is_of_the_content() {
        let one = Table::from_csv_bytes("a.csv", b"a,b\n1,x\n").unwrap().fingerprint();
        let same = Table::from_csv_bytes("b.csv", b"a;b\r\n1.0;x\r\n").unwrap().fingerprint();
        let other = Table::from_csv_bytes("a.csv", b"a,b\n1,\n").unwrap().fingerprint();
        assert!(one == same && one != other);
    }
}
