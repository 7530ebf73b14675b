//! What polars does not say about a CSV file: the separator, and on which line a row is broken.

use crate::Error;

/// Which character stands between fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Separator {
    /// The one of the others on which the first lines agree best; among equals, the one that gives the most columns.
    #[default]
    Detect,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
    /// `|`
    Pipe,
}

impl Separator {
    const KNOWN: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Pipe];

    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Detect | Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }

    /// The separator that this byte is; a comma where it is none.
    pub(crate) fn of_byte(byte: u8) -> Self {
        Self::KNOWN.into_iter().find(|known| known.byte() == byte).unwrap_or(Self::Comma)
    }

    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Detect | Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
            Self::Pipe => "vertical bar",
        }
    }

    pub(crate) fn resolve(self, text: &[u8]) -> Self {
        match self {
            // The last maximum wins: in reverse, a comma wins over its rivals.
            Self::Detect => Self::KNOWN.into_iter().rev().max_by_key(|s| s.fit(text)).unwrap_or_default(),
            known => known,
        }
    }

    /// Whether it cuts the header at all, how many of the first records agree with the header, and on how many fields.
    fn fit(self, text: &[u8]) -> (bool, usize, usize) {
        let records = Records::new(text, self.byte()).take(RECORDS_TRIED);
        let counts: Vec<usize> = records.map(|record| record.n_fields).collect();
        let header = counts.first().copied().unwrap_or_default();
        (header > 1, counts.iter().filter(|count| **count == header).count(), header)
    }
}

/// How many records a separator is judged by.
const RECORDS_TRIED: usize = 20;

/// Cells that count as missing unless [`CsvSettings::with_missing`] says otherwise.
pub const DEFAULT_MISSING: [&str; 6] = ["", "NA", "NaN", "nan", "null", "NULL"];

/// How a CSV file is read. Encoding is UTF-8 (a byte-order mark is skipped), the first line is the header, fields may
/// stand in double quotes, blank lines are skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvSettings {
    separator: Separator,
    missing: Vec<String>,
}

impl Default for CsvSettings {
    fn default() -> Self {
        Self { separator: Separator::Detect, missing: DEFAULT_MISSING.map(String::from).to_vec() }
    }
}

impl CsvSettings {
    /// Sets the separator.
    pub fn with_separator(mut self, separator: Separator) -> Self {
        self.separator = separator;
        self
    }

    /// Sets the cells that count as missing.
    pub fn with_missing(mut self, missing: Vec<String>) -> Self {
        self.missing = missing;
        self
    }

    pub(crate) fn separator(&self) -> Separator {
        self.separator
    }

    pub(crate) fn is_missing(&self, cell: &str) -> bool {
        self.missing.iter().any(|missing| missing == cell.trim())
    }
}

/// A CSV text that is known to be sound.
#[derive(Debug)]
pub(crate) struct Sound {
    /// The columns' names.
    pub header: Vec<String>,
    /// The data rows without blank lines, under a header that only counts the columns.
    pub text: Vec<u8>,
    pub separator: u8,
    /// The line on which each data row begins, counted from 1.
    pub lines: Vec<u64>,
}

/// Checks a CSV text: UTF-8, a header, at least one row, no ragged row, no open quote.
pub(crate) fn check(file: &str, bytes: &[u8], settings: &CsvSettings) -> Result<Sound, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    check_utf8(file, bytes)?;
    let separator = settings.separator.resolve(bytes);
    let mut records = Records::new(bytes, separator.byte());
    let first = records.next().ok_or_else(|| Error::EmptyFile { file: file.to_owned() })?;
    check_record(file, &first, first.n_fields, separator)?;
    let mut text = Vec::with_capacity(bytes.len());
    text.extend_from_slice(&numbered(first.n_fields, separator.byte()));
    let mut lines = Vec::new();
    for record in records {
        check_record(file, &record, first.n_fields, separator)?;
        text.extend_from_slice(record.text);
        text.push(b'\n');
        lines.push(record.line);
    }
    if lines.is_empty() {
        return Err(Error::NoRows { file: file.to_owned(), n_columns: first.n_fields });
    }
    Ok(Sound { header: names(first.text, separator.byte()), text, separator: separator.byte(), lines })
}

fn check_record(file: &str, record: &Record<'_>, expected: usize, separator: Separator) -> Result<(), Error> {
    let (file, line, found) = (file.to_owned(), record.line, record.n_fields);
    if record.is_open {
        return Err(Error::UnclosedQuote { file, line });
    }
    if found != expected {
        return Err(Error::Ragged { file, line, expected, found, separator: separator.in_words() });
    }
    Ok(())
}

/// The header `0,1,2`: names of our own cannot be mistaken for anything by the reader below.
pub(crate) fn numbered(n_columns: usize, separator: u8) -> Vec<u8> {
    let names: Vec<String> = (0..n_columns).map(|column| column.to_string()).collect();
    let mut header = names.join(&char::from(separator).to_string()).into_bytes();
    header.push(b'\n');
    header
}

/// The names in a header. Those in quotes are kept to the letter, the others lose the space around them.
pub(crate) fn names(header: &[u8], separator: u8) -> Vec<String> {
    let mut fields = vec![Vec::new()];
    let mut quoted = false;
    for &byte in header {
        quoted ^= byte == b'"';
        match fields.last_mut() {
            Some(field) if quoted || byte != separator => field.push(byte),
            _ => fields.push(Vec::new()),
        }
    }
    fields.iter().map(|field| name(&String::from_utf8_lossy(field))).collect()
}

fn name(field: &str) -> String {
    let field = field.trim();
    let quoted = field.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    quoted.map_or_else(|| field.to_owned(), |inner| inner.replace("\"\"", "\""))
}

fn check_utf8(file: &str, bytes: &[u8]) -> Result<(), Error> {
    let Err(error) = std::str::from_utf8(bytes) else { return Ok(()) };
    let sound = &bytes[..error.valid_up_to()];
    let line = sound.split(|byte| *byte == b'\n').count() as u64;
    let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
    Err(Error::NotUtf8 { file: file.to_owned(), line, byte })
}

/// One record: a header or a data row.
pub(crate) struct Record<'a> {
    pub text: &'a [u8],
    pub line: u64,
    pub n_fields: usize,
    pub is_open: bool,
}

/// Cuts a text into records, blank lines left out.
pub(crate) struct Records<'a> {
    rest: &'a [u8],
    separator: u8,
    line: u64,
}

impl<'a> Records<'a> {
    pub(crate) fn new(text: &'a [u8], separator: u8) -> Self {
        Self { rest: text, separator, line: 1 }
    }

    /// The next line that is no blank, or more lines where quotes join them.
    fn cut(&mut self) -> Record<'a> {
        let (mut n_fields, mut quoted, mut n_lines) = (1, false, 1);
        let mut end = self.rest.len();
        for (at, &byte) in self.rest.iter().enumerate() {
            match byte {
                // A doubled quote inside a quoted field closes and opens it again.
                b'"' => quoted = !quoted,
                b'\n' if quoted => n_lines += 1,
                b'\n' => {
                    end = at;
                    break;
                }
                byte if byte == self.separator && !quoted => n_fields += 1,
                _ => {}
            }
        }
        let text = self.rest[..end].strip_suffix(b"\r").unwrap_or(&self.rest[..end]);
        let record = Record { text, line: self.line, n_fields, is_open: quoted };
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        self.line += n_lines;
        record
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        while !self.rest.is_empty() {
            let record = self.cut();
            if record.n_fields > 1 || !record.text.trim_ascii().is_empty() {
                return Some(record);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &[u8]) -> String {
        check("a.csv", text, &CsvSettings::default()).unwrap_err().to_string()
    }

    #[test]
    fn a_ragged_row_is_named_by_its_line() {
        assert_eq!(
            error(b"a,b\n1,2\n\n1,2,3\n"),
            "`a.csv`, line 4: 3 fields, but the header has 2; a field that holds a line break or the separator (comma) \
             must stand in double quotes"
        );
    }

    #[test]
    fn quotes_hide_separators_and_line_breaks() {
        let sound = check("a.csv", b"a;b\n\"x;\"\"y\n\";2\n3;4\n", &CsvSettings::default()).unwrap();
        assert_eq!((sound.separator, sound.lines), (b';', vec![2, 4]));
    }

    fn separator(text: &[u8]) -> u8 {
        check("a.csv", text, &CsvSettings::default()).unwrap().separator
    }

    #[test]
    fn the_separator_is_the_one_that_the_first_lines_agree_on() {
        assert_eq!(separator(b"a,b\n1,2\n"), b',');
        assert_eq!(separator(b"a\tb\n1,5\t2\n"), b'\t');
        assert_eq!(separator(b"a|b\n1|2\n"), b'|');
        assert_eq!(separator(b"price, net;b\n1;2\n3;4\n"), b';');
        assert_eq!(separator(b"\"x;y;z\",b\n1,2\n"), b',');
        let settings = CsvSettings::default().with_separator(Separator::Pipe);
        assert_eq!(check("a.csv", b"a,b\n1,2\n", &settings).unwrap().header, ["a,b"]);
    }

    #[test]
    fn names_lose_the_byte_order_mark_quotes_and_space_around_them() {
        let text = b"\xef\xbb\xbfa, b ,\"c, \"\"d\"\"\n\",\"\"\r\n1,2,3,4\r\n";
        let sound = check("a.csv", text, &CsvSettings::default()).unwrap();
        assert_eq!(sound.header, ["a", "b", "c, \"d\"\n", ""]);
        assert_eq!(sound.lines, [3]);
    }

    #[test]
    fn a_row_of_empty_cells_is_no_blank_line() {
        assert_eq!(check("a.csv", b"a\tb\n\t\n\n1\t2\n", &CsvSettings::default()).unwrap().lines, [2, 4]);
    }

    #[test]
    fn an_open_quote_is_named_by_its_line() {
        assert!(error(b"a,b\n1,2\n\"3,4\n5,6\n").starts_with("`a.csv`, line 3: a double quote"));
    }

    #[test]
    fn empty_files_and_files_without_rows_are_told_apart() {
        assert!(error(b"\xef\xbb\xbf\n \n").contains("is empty"));
        assert!(error(b"a,b\n").contains("has 2 columns and no data rows"));
    }

    #[test]
    fn another_encoding_is_named_by_line_and_byte() {
        assert!(error(b"a,b\n1,M\xfcller\n").starts_with("`a.csv`, line 2: byte 0xFC is not UTF-8"));
    }
}
