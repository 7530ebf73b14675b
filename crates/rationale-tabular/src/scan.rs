//! CSV files too large for memory: looked through once, then read a part at a time.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::column::number;
use crate::csv::{self, Record, Records, Sound};
use crate::recognise::{Foreign, HEAD};
use crate::{Column, ColumnKind, CsvSettings, Error, frame};

/// A record with more bytes is taken for one whose double quote is never closed.
const MOST_RECORD_BYTES: u64 = 16 << 20;
/// The separator is judged by at most this many bytes.
const SAMPLE_BYTES: u64 = 64 << 10;

/// What one look through a CSV file tells.
#[derive(Debug, Clone)]
pub(crate) struct Scanned {
    path: PathBuf,
    file: String,
    header: Vec<String>,
    separator: u8,
    settings: CsvSettings,
    /// Where each part begins.
    marks: Vec<Mark>,
    n_rows: usize,
    part_rows: usize,
    /// The columns in which some cell is no number.
    texts: BTreeSet<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    byte: u64,
    line: u64,
}

impl Scanned {
    /// Looks through a file: sound to its end, and cut into parts of so many rows. Kinds are found for the `wanted` columns.
    pub(crate) fn new(
        path: &Path,
        settings: &CsvSettings,
        part_rows: usize,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Self, Error> {
        let file = path.display().to_string();
        let (separator, mut lines) = open(path, &file, settings)?;
        let header = lines.next(separator)?.ok_or_else(|| Error::EmptyFile { file: file.clone() })?;
        let names = csv::names(&header.bytes, separator.byte());
        let wanted: Vec<usize> = (0..names.len()).filter(|&column| wanted(&names[column])).collect();
        let mut scanned = Self {
            path: path.to_owned(),
            file,
            header: names,
            separator: separator.byte(),
            settings: settings.clone(),
            marks: Vec::new(),
            n_rows: 0,
            part_rows,
            texts: BTreeSet::new(),
        };
        while let Some(record) = lines.next(separator)? {
            lines.check(&record, scanned.header.len(), separator)?;
            if scanned.n_rows.is_multiple_of(part_rows) {
                scanned.marks.push(Mark { byte: record.at, line: record.line });
            }
            scanned.n_rows += 1;
            scanned.note_texts(&record.bytes, &wanted);
        }
        if scanned.n_rows == 0 {
            return Err(Error::NoRows { file: scanned.file, n_columns: scanned.header.len() });
        }
        Ok(scanned)
    }

    /// The columns' names, and whether each holds texts.
    pub(crate) fn columns(&self) -> Vec<(String, bool)> {
        let is_text = |column: usize| self.texts.contains(&column);
        self.header.iter().enumerate().map(|(column, name)| (name.clone(), is_text(column))).collect()
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Reads a part's columns for which `kind` says a kind, and the lines on which its rows begin.
    pub(crate) fn read(
        &self,
        part: usize,
        kind: impl Fn(&str) -> Option<ColumnKind>,
    ) -> Result<(frame::Columns, Vec<u64>), Error> {
        let mark = self.marks[part];
        let wrong = |source| Error::Read { file: self.file.clone(), source };
        let mut handle = File::open(&self.path).map_err(wrong)?;
        handle.seek(SeekFrom::Start(mark.byte)).map_err(wrong)?;
        let mut lines = Lines::new(&self.file, handle, mark);
        let separator = csv::Separator::of_byte(self.separator);
        let mut sound = Sound {
            header: self.header.clone(),
            text: csv::numbered(self.header.len(), self.separator),
            separator: self.separator,
            lines: Vec::new(),
        };
        while sound.lines.len() < self.part_rows {
            let Some(record) = lines.next(separator)? else { break };
            lines.check(&record, self.header.len(), separator)?;
            sound.text.extend_from_slice(&record.bytes);
            sound.text.push(b'\n');
            sound.lines.push(record.line);
        }
        let columns = frame::read_csv_as(&self.file, &sound, &self.settings, |name, texts| {
            Some(match kind(name)? {
                ColumnKind::Numeric => Column::recognised(texts),
                ColumnKind::Text => Column::text(texts.iter().copied()),
            })
        })?;
        Ok((columns, sound.lines))
    }

    fn note_texts(&mut self, record: &[u8], wanted: &[usize]) {
        if wanted.iter().all(|column| self.texts.contains(column)) {
            return;
        }
        let cells = csv::names(record, self.separator);
        for &column in wanted {
            let cell = &cells[column];
            if !self.settings.is_missing(cell) && number(cell).is_none() {
                self.texts.insert(column);
            }
        }
    }
}

/// The file at its first record, and its separator.
fn open(path: &Path, file: &str, settings: &CsvSettings) -> Result<(csv::Separator, Lines), Error> {
    let wrong = |source| Error::Read { file: file.to_owned(), source };
    let mut handle = File::open(path).map_err(wrong)?;
    let mut head = Vec::new();
    handle.by_ref().take(SAMPLE_BYTES).read_to_end(&mut head).map_err(wrong)?;
    if let Some(format) = Foreign::of(&head[..head.len().min(HEAD)]) {
        return Err(Error::OtherFormat { file: file.to_owned(), format });
    }
    let start = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let whole = head.iter().rposition(|byte| *byte == b'\n').filter(|_| head.len() as u64 == SAMPLE_BYTES);
    let separator = settings.separator().resolve(&head[start..whole.unwrap_or(head.len())]);
    handle.seek(SeekFrom::Start(start as u64)).map_err(wrong)?;
    Ok((separator, Lines::new(file, handle, Mark { byte: start as u64, line: 1 })))
}

/// One record and where it stands.
struct Found {
    bytes: Vec<u8>,
    at: u64,
    line: u64,
    n_fields: usize,
    is_open: bool,
}

/// Cuts a file into records, blank lines left out.
struct Lines {
    file: String,
    reader: BufReader<File>,
    at: Mark,
}

impl Lines {
    fn new(file: &str, handle: File, at: Mark) -> Self {
        Self { file: file.to_owned(), reader: BufReader::with_capacity(1 << 20, handle), at }
    }

    fn next(&mut self, separator: csv::Separator) -> Result<Option<Found>, Error> {
        loop {
            let begin = self.at;
            let mut bytes = Vec::new();
            while self.line(&mut bytes)? && is_open(&bytes) {
                if bytes.len() as u64 > MOST_RECORD_BYTES {
                    return Err(Error::UnclosedQuote { file: self.file.clone(), line: begin.line });
                }
            }
            if bytes.is_empty() {
                return Ok(None);
            }
            self.check_utf8(&bytes, begin.line)?;
            let mut records = Records::new(&bytes, separator.byte());
            if let Some(Record { text, n_fields, is_open, .. }) = records.next() {
                let (bytes, at, line) = (text.to_vec(), begin.byte, begin.line);
                return Ok(Some(Found { bytes, at, line, n_fields, is_open }));
            }
        }
    }

    /// Adds a line to `bytes`; false where there is none.
    fn line(&mut self, bytes: &mut Vec<u8>) -> Result<bool, Error> {
        let mut limited = self.reader.by_ref().take(MOST_RECORD_BYTES + 1);
        let read = limited.read_until(b'\n', bytes);
        let n = read.map_err(|source| Error::Read { file: self.file.clone(), source })?;
        self.at.byte += n as u64;
        self.at.line += 1;
        Ok(n > 0)
    }

    fn check_utf8(&self, bytes: &[u8], line: u64) -> Result<(), Error> {
        let Err(error) = std::str::from_utf8(bytes) else { return Ok(()) };
        let sound = &bytes[..error.valid_up_to()];
        let line = line + sound.split(|byte| *byte == b'\n').count() as u64 - 1;
        let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
        Err(Error::NotUtf8 { file: self.file.clone(), line, byte })
    }

    fn check(&self, record: &Found, expected: usize, separator: csv::Separator) -> Result<(), Error> {
        let (file, line, found) = (self.file.clone(), record.line, record.n_fields);
        if record.is_open {
            return Err(Error::UnclosedQuote { file, line });
        }
        if found != expected {
            return Err(Error::Ragged { file, line, expected, found, separator: separator.in_words() });
        }
        Ok(())
    }
}

/// Whether a double quote is still open.
fn is_open(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == b'"').count().is_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Table;

    const TEXT: &str = "\u{feff}a;b;c\n1;x;01\n\n2;\"y;\n\"\"z\"\"\";10\nNA;;7\n4;w;8\n5;v;9\n";

    fn scanned(text: &str) -> Result<(tempfile::TempDir, Scanned), Error> {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("a.csv");
        rationale_core::whole::write_file(&path, |out| out.write_all(text.as_bytes())).unwrap();
        let scanned = Scanned::new(&path, &CsvSettings::default(), 2, |_| true)?;
        Ok((room, scanned))
    }

    #[test]
    fn parts_are_the_whole_tables_rows() {
        let (_room, scanned) = scanned(TEXT).unwrap();
        let whole = Table::from_csv_bytes("a", TEXT.as_bytes()).unwrap();
        assert_eq!((scanned.n_rows(), scanned.marks.len()), (5, 3));
        for part in 0..3 {
            let kinds = scanned.columns();
            let kind = |name: &str| {
                let (_, is_text) = kinds.iter().find(|(other, _)| other == name)?;
                Some(if *is_text { ColumnKind::Text } else { ColumnKind::Numeric })
            };
            let (columns, lines) = scanned.read(part, kind).unwrap();
            for (name, column) in columns {
                let whole_column = whole.column(&name).unwrap();
                assert_eq!(column.kind(), whole_column.kind(), "{name}");
                for (row, line) in lines.iter().enumerate() {
                    assert_eq!(column.text_at(row), whole_column.text_at(2 * part + row), "{name}");
                    assert_eq!(whole.place(2 * part + row).line, Some(*line));
                }
            }
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_line() {
        let error = |text: &str| scanned(text).unwrap_err().to_string();
        assert!(error("a,b\n1,2\n\n1,2,3\n").contains("line 4: 3 fields, but the header has 2"));
        assert!(error("a,b\n1,2\n\"3,4\n5,6\n").contains("line 3: a double quote"));
        assert!(error("a,b\n").contains("no data rows"));
    }
}
