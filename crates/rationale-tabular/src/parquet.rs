//! Parquet files by their row groups: one taken out, or many put into one file, the pages themselves left as they are.
//!
//! A Parquet file is a body of row groups and a footer that says where their parts begin. Moving bytes and shifting the
//! offsets in the footer is all that is needed; nothing is decoded. Format: <https://parquet.apache.org/docs/file-format/>.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use polars_parquet_format::thrift::protocol::{TCompactInputProtocol, TCompactOutputProtocol};
use polars_parquet_format::{ColumnChunk, ColumnMetaData, FileMetaData, RowGroup};

const MAGIC: &[u8; 4] = b"PAR1";
/// The footer's length and the magic word behind it.
const TAIL: u64 = 8;
/// The footer in memory may take this many times its bytes.
const MOST_GROWTH: usize = 64;
/// Copied at a time.
const COPIED_BYTES: usize = 1 << 20;

/// What a file says of itself.
pub(crate) struct Footer {
    meta: FileMetaData,
    /// Where the body ends.
    end: u64,
    /// The footer as it is written.
    bytes: Vec<u8>,
}

impl Footer {
    /// Reads the end of a file.
    pub(crate) fn read(file: &mut (impl Read + Seek)) -> io::Result<Self> {
        let len = file.seek(SeekFrom::End(0))?;
        let tail_at = len.checked_sub(TAIL).ok_or_else(|| broken("it is too short"))?;
        file.seek(SeekFrom::Start(tail_at))?;
        let mut tail = [0; TAIL as usize];
        file.read_exact(&mut tail)?;
        let n_bytes = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
        let end = tail_at.checked_sub(n_bytes).filter(|end| tail[4..] == MAGIC[..] && *end >= 4);
        let end = end.ok_or_else(|| broken("it does not end as a Parquet file does; is it cut off?"))?;
        file.seek(SeekFrom::Start(end))?;
        let mut bytes = Vec::new();
        file.by_ref().take(n_bytes).read_to_end(&mut bytes)?;
        Ok(Self { meta: decoded(&bytes)?, end, bytes })
    }

    /// How many rows each row group has.
    pub(crate) fn group_rows(&self) -> io::Result<Vec<usize>> {
        let rows = self.meta.row_groups.iter().map(|group| usize::try_from(group.num_rows));
        rows.collect::<Result<_, _>>().map_err(|_| broken("a row group has a negative number of rows"))
    }

    /// The footer as it is written.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A Parquet file in memory that holds one row group, and of that the columns for which `wanted` says so by their
    /// name; the others must not be read.
    pub(crate) fn group(
        &self,
        file: &mut (impl Read + Seek),
        group: usize,
        wanted: impl Fn(&str) -> bool,
    ) -> io::Result<Vec<u8>> {
        let mut group = self.meta.row_groups[group].clone();
        let mut bytes = MAGIC.to_vec();
        for column in &mut group.columns {
            forget_indices(column);
            let meta = column.meta_data.as_mut().ok_or_else(|| broken("a column chunk is not described"))?;
            let to = signed(bytes.len() as u64)?;
            if meta.path_in_schema.first().is_some_and(|name| wanted(name)) {
                let (start, len) = extent(meta, self.end)?;
                file.seek(SeekFrom::Start(start))?;
                if file.by_ref().take(len).read_to_end(&mut bytes)? as u64 != len {
                    return Err(broken("a column chunk is cut off"));
                }
                shift_meta(meta, to - signed(start)?);
            } else {
                (meta.data_page_offset, meta.dictionary_page_offset) = (to, None);
                (meta.total_compressed_size, meta.index_page_offset) = (0, None);
            }
        }
        group.file_offset = None;
        let meta = FileMetaData { num_rows: group.num_rows, row_groups: vec![group], ..self.meta.clone() };
        write_footer(&meta, &mut bytes)?;
        Ok(bytes)
    }
}

/// Writes the row groups of several files with the same columns into one, in order.
pub(crate) fn join<F: Read + Seek>(
    parts: impl Iterator<Item = io::Result<F>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (mut joined, mut at): (Option<FileMetaData>, u64) = (None, MAGIC.len() as u64);
    out.write_all(MAGIC)?;
    for part in parts {
        let mut part = part?;
        let footer = Footer::read(&mut part)?;
        copy(&mut part, MAGIC.len() as u64..footer.end, out)?;
        let shift = signed(at - MAGIC.len() as u64)?;
        at += footer.end - MAGIC.len() as u64;
        let mut groups = footer.meta.row_groups.clone();
        groups.iter_mut().for_each(|group| shift_group(group, shift));
        match &mut joined {
            None => joined = Some(FileMetaData { row_groups: groups, ..footer.meta }),
            Some(joined) if joined.schema == footer.meta.schema => {
                joined.num_rows += footer.meta.num_rows;
                joined.row_groups.extend(groups);
            }
            Some(_) => return Err(broken("its parts have different columns")),
        }
    }
    let mut joined = joined.ok_or_else(|| broken("there are no parts"))?;
    for (ordinal, group) in joined.row_groups.iter_mut().enumerate() {
        group.ordinal = i16::try_from(ordinal).ok();
    }
    write_footer(&joined, out)
}

fn copy(file: &mut (impl Read + Seek), range: std::ops::Range<u64>, out: &mut dyn Write) -> io::Result<()> {
    file.seek(SeekFrom::Start(range.start))?;
    let mut buffer = vec![0; COPIED_BYTES];
    let mut left = range.end - range.start;
    while left > 0 {
        let n = file.read(&mut buffer[..left.min(COPIED_BYTES as u64) as usize])?;
        if n == 0 {
            return Err(broken("a part is cut off"));
        }
        out.write_all(&buffer[..n])?;
        left -= n as u64;
    }
    Ok(())
}

fn decoded(bytes: &[u8]) -> io::Result<FileMetaData> {
    let most = bytes.len().saturating_mul(MOST_GROWTH);
    let read = || FileMetaData::read_from_in_protocol(&mut TCompactInputProtocol::new(bytes, most));
    // A damaged file may not bring the program down.
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(meta)) => Ok(meta),
        Ok(Err(error)) => Err(broken(&error.to_string())),
        Err(_) => Err(broken("its footer contradicts itself")),
    }
}

fn write_footer(meta: &FileMetaData, out: &mut dyn Write) -> io::Result<()> {
    let mut bytes = Vec::new();
    let written = meta.write_to_out_protocol(&mut TCompactOutputProtocol::new(&mut bytes));
    written.map_err(io::Error::other)?;
    let len = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    out.write_all(&bytes)?;
    out.write_all(&len.to_le_bytes())?;
    out.write_all(MAGIC)
}

/// Where a column chunk begins, and how many bytes it has.
fn extent(meta: &ColumnMetaData, end: u64) -> io::Result<(u64, u64)> {
    let dictionary = meta.dictionary_page_offset.filter(|at| (4..meta.data_page_offset).contains(at));
    let start = u64::try_from(dictionary.unwrap_or(meta.data_page_offset));
    match (start, u64::try_from(meta.total_compressed_size)) {
        (Ok(start), Ok(len)) if start.checked_add(len).is_some_and(|last| last <= end) => Ok((start, len)),
        _ => Err(broken("a column chunk lies outside the file")),
    }
}

fn shift_group(group: &mut RowGroup, by: i64) {
    shift(&mut group.file_offset, by);
    for column in &mut group.columns {
        // Zero says that nothing is there.
        column.file_offset += if column.file_offset == 0 { 0 } else { by };
        shift(&mut column.offset_index_offset, by);
        shift(&mut column.column_index_offset, by);
        if let Some(meta) = &mut column.meta_data {
            shift_meta(meta, by);
        }
    }
}

fn shift_meta(meta: &mut ColumnMetaData, by: i64) {
    meta.data_page_offset += by;
    shift(&mut meta.dictionary_page_offset, by);
    shift(&mut meta.index_page_offset, by);
    shift(&mut meta.bloom_filter_offset, by);
}

fn signed(offset: u64) -> io::Result<i64> {
    i64::try_from(offset).map_err(io::Error::other)
}

fn shift(offset: &mut Option<i64>, by: i64) {
    *offset = offset.map(|offset| offset + by);
}

fn forget_indices(column: &mut ColumnChunk) {
    column.file_offset = 0;
    (column.offset_index_offset, column.offset_index_length) = (None, None);
    (column.column_index_offset, column.column_index_length) = (None, None);
    if let Some(meta) = &mut column.meta_data {
        (meta.bloom_filter_offset, meta.bloom_filter_length) = (None, None);
    }
}

fn broken(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::{Column, frame};

    fn file(numbers: &[f64], texts: &[&str]) -> Vec<u8> {
        let (x, s) = (Column::numeric(numbers.to_vec()), Column::text(texts.iter().map(|text| Some(*text))));
        let mut bytes = Vec::new();
        frame::write_parquet(&[("x", &x), ("s", &s)], &mut bytes).unwrap();
        bytes
    }

    fn joined(files: &[Vec<u8>]) -> Vec<u8> {
        let mut out = Vec::new();
        join(files.iter().map(|file| Ok(Cursor::new(file))), &mut out).unwrap();
        out
    }

    fn read(bytes: &[u8], names: &[&str]) -> frame::Columns {
        frame::read_part("a", bytes, names, None).unwrap()
    }

    #[test]
    fn joined_files_hold_all_rows_and_give_their_groups_back() {
        let files = [file(&[1.0, 2.0], &["a", "b"]), file(&[3.0], &["c"])];
        let joined = joined(&files);
        let all = read(&joined, &["x", "s"]);
        assert_eq!(all[0].1.numbers().unwrap(), [1.0, 2.0, 3.0]);
        assert_eq!(all[1].1.text_at(2).as_deref(), Some("c"));
        let mut cursor = Cursor::new(&joined);
        let footer = Footer::read(&mut cursor).unwrap();
        assert_eq!(footer.group_rows().unwrap(), [2, 1]);
        let second = footer.group(&mut cursor, 1, |name| name == "s").unwrap();
        assert_eq!(read(&second, &["s"])[0].1.text_at(0).as_deref(), Some("c"));
    }

    #[test]
    fn joining_one_file_changes_nothing_that_is_read() {
        let one = file(&[1.0, f64::NAN], &["a", "b"]);
        assert_eq!(read(&joined(std::slice::from_ref(&one)), &["x"]).len(), 1);
        assert_eq!(joined(std::slice::from_ref(&one))[..one.len() / 2], one[..one.len() / 2]);
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        let sound = file(&[1.0, 2.0], &["a", "b"]);
        for length in 0..sound.len() {
            assert!(Footer::read(&mut Cursor::new(&sound[..length])).is_err(), "{length} bytes");
        }
        for at in sound.len() / 2..sound.len() {
            let mut damaged = sound.clone();
            damaged[at] ^= 0x55;
            let mut cursor = Cursor::new(&damaged);
            // Whatever it says, it neither panics nor asks for more memory than the file backs.
            let _ = Footer::read(&mut cursor).and_then(|footer| {
                let n_groups = footer.group_rows()?.len();
                (0..n_groups).try_for_each(|group| footer.group(&mut cursor, group, |_| true).map(|_| ()))
            });
        }
    }

    #[test]
    fn files_with_other_columns_are_not_joined() {
        let mut other = Vec::new();
        frame::write_parquet(&[("y", &Column::numeric(vec![1.0]))], &mut other).unwrap();
        let parts = [file(&[1.0], &["a"]), other];
        let error = join(parts.iter().map(|file| Ok(Cursor::new(file))), &mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "its parts have different columns");
    }
}
