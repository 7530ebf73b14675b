//! Tables too large for memory: a file, a folder or a pattern of paths, read part by part.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use rationale_core::{Fingerprint, Hasher};

use crate::nearest::nearest;
use crate::parquet::Footer;
use crate::recognise::{HEAD, is_parquet};
use crate::scan::Scanned;
use crate::{AbsentColumn, Column, ColumnKind, CsvSettings, Error, Table, frame};

/// What stands for a missing value in the name of a folder.
const HIVE_MISSING: &str = "__HIVE_DEFAULT_PARTITION__";
/// A CSV file is told from a changed one by its length, its time and so many bytes at either end.
const ENDS: u64 = 64 << 10;

/// Rows in one or many files, cut into parts. CSV or Parquet, whichever the first file is by its first bytes.
///
/// | path | rows |
/// |---|---|
/// | a file | its own |
/// | a folder | of all files below it whose name ends in `.parquet`, or else in `.csv`, in the order of their paths; `column=value` in the name of a folder is a column |
/// | a pattern with `*`, `?` or `[..]` | of the files that fit, in the order of their paths; folders as above |
///
/// **Costs** memory for the footers of Parquet files one at a time, for the row group that is being read, and for one part. A
/// CSV file is looked through once before the first part is read: for its rows' places, and for which columns are numbers.
#[derive(Debug)]
pub struct Source {
    files: Vec<DataFile>,
    parts: Vec<Part>,
    /// The columns to read, with what they hold throughout.
    columns: Vec<(String, ColumnKind)>,
    ignored: Vec<String>,
    n_rows: u64,
    fingerprint: Fingerprint,
}

/// Which rows a part holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The first row, counted from 0 over all files.
    pub first_row: u64,
    /// How many rows there are.
    pub n_rows: usize,
    file: usize,
    /// The rows in their file.
    rows: Range<usize>,
}

#[derive(Debug)]
struct DataFile {
    path: PathBuf,
    name: String,
    content: Content,
    /// Columns that the folders' names give, with their values.
    hive: Vec<(String, Option<String>)>,
    columns: Vec<(String, bool)>,
    n_rows: usize,
}

#[derive(Debug)]
enum Content {
    /// The rows of each row group.
    Parquet(Vec<usize>),
    Csv(Scanned),
}

impl Source {
    /// Opens what the path names, to read these columns in parts of at most `part_rows` rows.
    pub fn open(path: &Path, columns: &[String], part_rows: usize) -> Result<Self, Error> {
        Self::open_with(path, columns, part_rows, &CsvSettings::default())
    }

    /// The same with settings, which apply where files are CSV.
    #[tracing::instrument(name = "open_source", skip_all, fields(path = %path.display()))]
    pub fn open_with(
        path: &Path,
        columns: &[String],
        part_rows: usize,
        settings: &CsvSettings,
    ) -> Result<Self, Error> {
        let part_rows = part_rows.max(1);
        let wanted = |name: &str| columns.iter().any(|column| column == name);
        let (mut files, mut hasher) = (Vec::new(), Hasher::new());
        for (path, hive) in found(path)? {
            let file = DataFile::open(path, hive, settings, part_rows, &wanted, &mut hasher)?;
            file.check(columns)?;
            files.push(file);
        }
        let (mut parts, mut n_rows) = (Vec::new(), 0);
        for (file, data) in files.iter().enumerate() {
            for start in (0..data.n_rows).step_by(part_rows) {
                let rows = start..(start + part_rows).min(data.n_rows);
                parts.push(Part { first_row: n_rows, n_rows: rows.len(), file, rows: rows.clone() });
                n_rows += rows.len() as u64;
            }
        }
        if parts.is_empty() {
            let n_columns = files.first().map_or(0, |file| file.columns.len());
            return Err(Error::NoRows { file: path.display().to_string(), n_columns });
        }
        let kind = |name: &String| {
            let is_text = files.iter().any(|file| file.is_text(name));
            (name.clone(), if is_text { ColumnKind::Text } else { ColumnKind::Numeric })
        };
        let ignored = files.first().map_or_else(Vec::new, |file| file.other_columns(&wanted));
        let columns = columns.iter().map(kind).collect();
        Ok(Self { files, parts, columns, ignored, n_rows, fingerprint: hasher.finish() })
    }

    /// How many rows there are in all.
    pub fn n_rows(&self) -> u64 {
        self.n_rows
    }

    /// The parts. Where they begin depends on the files and on the most rows of a part alone.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The columns that are read, with what they hold throughout.
    pub fn columns(&self) -> &[(String, ColumnKind)] {
        &self.columns
    }

    /// The first file's columns that are not read.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// What tells these files from others: names, and of Parquet the length and the footer, of CSV length, time and both ends.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Reads parts, best in their order.
    pub fn reader(&self) -> PartReader<'_> {
        PartReader { source: self, open: None }
    }
}

/// Reads parts, and keeps the row group that the last one came from.
#[derive(Debug)]
pub struct PartReader<'a> {
    source: &'a Source,
    open: Option<Group>,
}

/// One row group, still as it is in the file.
#[derive(Debug)]
struct Group {
    file: usize,
    group: usize,
    bytes: Vec<u8>,
}

impl PartReader<'_> {
    /// A part's rows.
    pub fn read(&mut self, part: &Part) -> Result<Table, Error> {
        let file = &self.source.files[part.file];
        let (mut columns, lines) = match &file.content {
            Content::Csv(scanned) => {
                let place = part.rows.start / self.source.part_step(part);
                let (columns, lines) = scanned.read(place, |name| self.source.kind_in(file, name))?;
                (columns, Some(lines))
            }
            Content::Parquet(groups) => (self.groups(file, part, groups)?, None),
        };
        let mut all = Vec::new();
        for (name, kind) in &self.source.columns {
            let found = columns.iter().position(|(other, _)| other == name);
            let column = match found {
                Some(place) => columns.swap_remove(place).1.into_kind(*kind),
                None => file.hive_column(name, *kind, part.n_rows),
            };
            all.push((name.clone(), column));
        }
        Table::part(file.name.clone(), all, part.rows.start as u64, lines.as_deref())
    }

    /// The rows of a part, from the row groups in which they lie.
    fn groups(&mut self, file: &DataFile, part: &Part, groups: &[usize]) -> Result<frame::Columns, Error> {
        let names: Vec<&str> = self.source.columns.iter().map(|(name, _)| name.as_str()).collect();
        let names: Vec<&str> = names.into_iter().filter(|name| file.has(name)).collect();
        let (mut all, mut first): (frame::Columns, usize) = (Vec::new(), 0);
        for (group, n_rows) in groups.iter().enumerate() {
            let rows = part.rows.start.max(first)..part.rows.end.min(first + n_rows);
            if !rows.is_empty() && !names.is_empty() {
                let bytes = self.group(file, part.file, group, &names)?;
                let slice = (rows.start - first, rows.len());
                let columns = frame::read_part(&file.name, bytes, &names, Some(slice))?;
                if all.is_empty() {
                    all = columns;
                } else {
                    all.iter_mut().zip(columns).for_each(|((_, all), (_, more))| all.append(more));
                }
            }
            first += n_rows;
        }
        Ok(all)
    }

    fn group(&mut self, file: &DataFile, idx: usize, group: usize, names: &[&str]) -> Result<&[u8], Error> {
        let is_open = self.open.as_ref().is_some_and(|open| (open.file, open.group) == (idx, group));
        if !is_open {
            // The old one goes before the new one comes.
            self.open = None;
            let bytes = File::open(&file.path).and_then(|mut handle| {
                Footer::read(&mut handle)?.group(&mut handle, group, |name| names.contains(&name))
            });
            let bytes = bytes.map_err(|source| file.unreadable(source))?;
            self.open = Some(Group { file: idx, group, bytes });
        }
        Ok(self.open.as_ref().map_or(&[], |open| &open.bytes))
    }
}

impl Source {
    /// How many rows the full parts of a part's file have.
    fn part_step(&self, part: &Part) -> usize {
        let first = self.parts.iter().find(|other| other.file == part.file);
        first.map_or(1, |first| first.n_rows.max(1))
    }

    fn kind_in(&self, file: &DataFile, name: &str) -> Option<ColumnKind> {
        self.columns.iter().find(|(other, _)| other == name && file.has(name)).map(|(_, kind)| *kind)
    }
}

impl DataFile {
    fn open(
        path: PathBuf,
        hive: Vec<(String, Option<String>)>,
        settings: &CsvSettings,
        part_rows: usize,
        wanted: &dyn Fn(&str) -> bool,
        hasher: &mut Hasher,
    ) -> Result<Self, Error> {
        let name = path.display().to_string();
        let wrong = |source| Error::Read { file: name.clone(), source };
        let mut handle = File::open(&path).map_err(wrong)?;
        let mut head = Vec::new();
        handle.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(wrong)?;
        let length = handle.metadata().map_err(wrong)?.len();
        hasher.text(&name);
        hasher.integer(length);
        let (content, columns, n_rows) = if is_parquet(&head) {
            let broken = |source: std::io::Error| unreadable(&name, source);
            let footer = Footer::read(&mut handle).map_err(broken)?;
            hasher.bytes(footer.bytes());
            let groups = footer.group_rows().map_err(broken)?;
            let n_rows = groups.iter().sum();
            (Content::Parquet(groups), frame::parquet_kinds(&name, handle, wanted)?, n_rows)
        } else {
            hash_ends(&mut handle, length, hasher).map_err(wrong)?;
            let scanned = Scanned::new(&path, settings, part_rows, wanted)?;
            let (columns, n_rows) = (scanned.columns(), scanned.n_rows());
            (Content::Csv(scanned), columns, n_rows)
        };
        Ok(Self { path, name, content, hive, columns, n_rows })
    }

    /// Fails, naming every column that the file does not have.
    fn check(&self, columns: &[String]) -> Result<(), Error> {
        let present: Vec<&str> = self.names().collect();
        let is_absent = |name: &&String| !present.contains(&name.as_str());
        let absent: Vec<AbsentColumn> = columns
            .iter()
            .filter(is_absent)
            .map(|name| AbsentColumn { name: name.clone(), nearest: nearest(name, present.clone()) })
            .collect();
        if absent.is_empty() {
            return Ok(());
        }
        let present = present.into_iter().map(str::to_owned).collect();
        Err(Error::UnknownColumns { file: self.name.clone(), columns: absent, present })
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let hive = self.hive.iter().map(|(name, _)| name.as_str()).filter(|name| !self.has(name));
        self.columns.iter().map(|(name, _)| name.as_str()).chain(hive)
    }

    /// Whether the column stands in the file itself.
    fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|(other, _)| other == name)
    }

    fn is_text(&self, name: &str) -> bool {
        match self.columns.iter().find(|(other, _)| other == name) {
            Some((_, is_text)) => *is_text,
            None => self.hive_value(name).is_some_and(|value| crate::column::number(value).is_none()),
        }
    }

    fn other_columns(&self, wanted: &dyn Fn(&str) -> bool) -> Vec<String> {
        self.names().filter(|name| !wanted(name)).map(str::to_owned).collect()
    }

    fn hive_value(&self, name: &str) -> Option<&str> {
        self.hive.iter().find(|(other, _)| other == name).and_then(|(_, value)| value.as_deref())
    }

    fn hive_column(&self, name: &str, kind: ColumnKind, n_rows: usize) -> Column {
        Column::repeated(self.hive_value(name), kind, n_rows)
    }

    fn unreadable(&self, source: std::io::Error) -> Error {
        unreadable(&self.name, source)
    }
}

fn unreadable(file: &str, source: std::io::Error) -> Error {
    match source.kind() {
        std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof => {
            Error::Parquet { file: file.to_owned(), reason: source.to_string() }
        }
        _ => Error::Read { file: file.to_owned(), source },
    }
}

fn hash_ends(file: &mut File, length: u64, hasher: &mut Hasher) -> std::io::Result<()> {
    let changed = file.metadata()?.modified().ok();
    let since = changed.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    hasher.integer(since.map_or(0, |since| since.as_nanos() as u64));
    for start in [0, length.saturating_sub(ENDS)] {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        file.by_ref().take(ENDS).read_to_end(&mut bytes)?;
        hasher.bytes(&bytes);
    }
    file.seek(SeekFrom::Start(0)).map(|_| ())
}

type Found = Vec<(PathBuf, Vec<(String, Option<String>)>)>;

/// The files that a path names, with the columns that their folders' names give.
fn found(path: &Path) -> Result<Found, Error> {
    let text = path.display().to_string();
    if path.is_dir() {
        let mut files = Vec::new();
        collect(path, &mut files)?;
        let of = |extension: &str| -> Vec<PathBuf> {
            let is = |file: &&PathBuf| file.extension().is_some_and(|it| it.eq_ignore_ascii_case(extension));
            files.iter().filter(is).cloned().collect()
        };
        let parquet = of("parquet");
        let files = if parquet.is_empty() { of("csv") } else { parquet };
        return listed(text, files);
    }
    if path.exists() || !text.contains(['*', '?', '[']) {
        let is_there = path.exists();
        return if is_there {
            Ok(vec![(path.to_owned(), Vec::new())])
        } else {
            Err(Error::NoFile { file: text })
        };
    }
    let wrong = |reason: String| Error::Pattern { pattern: text.clone(), reason };
    let paths = glob::glob(&text).map_err(|error| wrong(error.to_string()))?;
    let files = paths.filter_map(Result::ok).filter(|path| path.is_file()).collect();
    listed(text, files)
}

fn listed(path: String, mut files: Vec<PathBuf>) -> Result<Found, Error> {
    if files.is_empty() {
        return Err(Error::NoFiles { path });
    }
    files.sort();
    let with_hive = |file: PathBuf| {
        let hive = hive(&file);
        (file, hive)
    };
    Ok(files.into_iter().map(with_hive).collect())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let wrong = |source| Error::Read { file: folder.display().to_string(), source };
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        let is_hidden = path.file_name().is_some_and(|name| {
            let name = name.to_string_lossy();
            name.starts_with('.') || (name.starts_with('_') && !name.contains('='))
        });
        if is_hidden {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// The `column=value` among the folders of a path.
fn hive(path: &Path) -> Vec<(String, Option<String>)> {
    let folders = path.parent().into_iter().flat_map(Path::components);
    let texts = folders.map(|folder| folder.as_os_str().to_string_lossy().into_owned());
    let pairs = texts.filter_map(|text| {
        let (name, value) = text.split_once('=')?;
        let value = (value != HIVE_MISSING).then(|| unescaped(value));
        (!name.is_empty()).then(|| (unescaped(name), value))
    });
    pairs.collect()
}

/// `%2F` and the like as the characters they stand for.
fn unescaped(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let code = code.and_then(|two| u8::from_str_radix(two, 16).ok());
        if let (b'%', Some(code)) = (first, code) {
            bytes.push(code);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OutputFormat, write_table};

    fn put(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let table = Table::from_csv_bytes("t", text.as_bytes()).unwrap();
        write_table(&table, &path, OutputFormat::from_path(&path).unwrap()).unwrap();
    }

    fn rows(source: &Source) -> Vec<String> {
        let mut reader = source.reader();
        let mut rows = Vec::new();
        for part in source.parts() {
            let table = reader.read(part).unwrap();
            assert_eq!((part.first_row, part.n_rows), (rows.len() as u64, table.n_rows()));
            for row in 0..table.n_rows() {
                let cells = table.columns().map(|(_, column)| column.text_at(row).map(String::from));
                rows.push(cells.map(Option::unwrap_or_default).collect::<Vec<_>>().join(","));
            }
        }
        rows
    }

    fn names(columns: &[&str]) -> Vec<String> {
        columns.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_hive_folder_gives_its_names_as_columns() {
        for extension in ["parquet", "csv"] {
            let room = tempfile::tempdir().unwrap();
            let root = room.path().join("d");
            put(&root, &format!("year=2024/city=Bad%20Ems/a.{extension}"), "x,z\n1,p\n2,q\n3,r\n");
            put(&root, &format!("year=2025/city=__HIVE_DEFAULT_PARTITION__/a.{extension}"), "z,x\ns,4\n");
            put(&root, &format!("_temporary/b.{extension}"), "x,z\n9,t\n");
            let source = Source::open(&root, &names(&["x", "year", "city"]), 2).unwrap();
            assert_eq!(rows(&source), ["1,2024,Bad Ems", "2,2024,Bad Ems", "3,2024,Bad Ems", "4,2025,"]);
            assert_eq!((source.parts().len(), source.ignored()), (3, &names(&["z"])[..]));
            assert_eq!(source.columns()[1].1, ColumnKind::Numeric);
        }
    }

    #[test]
    fn a_pattern_finds_files_and_kinds_hold_throughout() {
        let room = tempfile::tempdir().unwrap();
        put(room.path(), "b.parquet", "x,y\n3,w\n");
        put(room.path(), "a.parquet", "x,y\n1,7\n2,8\n");
        put(room.path(), "c.txt.csv", "x,y\n5,6\n");
        let source = Source::open(&room.path().join("*.parquet"), &names(&["x", "y"]), 10).unwrap();
        assert_eq!(rows(&source), ["1,7", "2,8", "3,w"]);
        assert_eq!(source.columns()[1].1, ColumnKind::Text);
        let error = Source::open(&room.path().join("*.orc"), &[], 10).unwrap_err().to_string();
        assert!(error.ends_with("*.orc` names no file"), "{error}");
    }

    #[test]
    fn parts_cross_row_groups() {
        let room = tempfile::tempdir().unwrap();
        for (name, text) in [("a", "x\n1\n2\n3\n"), ("b", "x\n4\n"), ("c", "x\n5\n6\n")] {
            put(room.path(), &format!("{name}.parquet"), text);
        }
        let path = room.path().join("all.parquet");
        let parts = ["a", "b", "c"].map(|name| room.path().join(format!("{name}.parquet")));
        let joined: std::io::Result<()> = rationale_core::whole::write_file(&path, |out| {
            crate::parquet::join(parts.iter().map(File::open), out)
        });
        joined.unwrap();
        for part_rows in 1..8 {
            let source = Source::open(&path, &names(&["x"]), part_rows).unwrap();
            assert_eq!(rows(&source), ["1", "2", "3", "4", "5", "6"], "{part_rows}");
        }
    }

    #[test]
    fn absent_columns_and_files_are_named() {
        let room = tempfile::tempdir().unwrap();
        put(room.path(), "a.parquet", "income\n1\n");
        let path = room.path().join("a.parquet");
        let error = Source::open(&path, &names(&["incone"]), 2).unwrap_err().to_string();
        assert!(error.contains("no column `incone` (did you mean `income`?)"), "{error}");
        let error = Source::open(Path::new("/nowhere.csv"), &[], 2).unwrap_err();
        assert!(matches!(error, Error::NoFile { .. }));
    }

    #[test]
    fn another_file_has_another_fingerprint() {
        let room = tempfile::tempdir().unwrap();
        put(room.path(), "a.parquet", "x\n1\n");
        let fingerprint = || Source::open(&room.path().join("a.parquet"), &[], 2).unwrap().fingerprint();
        let before = fingerprint();
        assert_eq!(before, fingerprint());
        put(room.path(), "a.parquet", "x\n2\n");
        assert_ne!(before, fingerprint());
    }
}
