//! The zip archive of a skops file: `schema.json`, and arrays as `.npy` files beside it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use serde_json::Value;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::FORMAT;
use crate::Error;

/// An archive may unpack to `UNPACKED + RATIO` x its own size: schemas of many trees repeat themselves, and pack well.
const UNPACKED: u64 = 32 << 20;
const RATIO: u64 = 32;
/// How often each of its files may be read on average. Objects may share a file; if there were no bound, a short schema
/// could read a large array over and over.
const READINGS: u64 = 2;

/// The unpacked files.
#[derive(Debug)]
pub(super) struct Archive {
    schema: Value,
    files: BTreeMap<String, Vec<u8>>,
    limits: Limits,
    /// How many bytes may yet be read.
    unread: Cell<u64>,
}

/// What a file of `packed` bytes may unpack to.
#[derive(Debug, Clone, Copy)]
struct Limits {
    packed: u64,
    unpacked: u64,
}

impl Limits {
    fn of(bytes: &[u8]) -> Self {
        let packed = bytes.len() as u64;
        Self { packed, unpacked: UNPACKED.saturating_add(RATIO.saturating_mul(packed)) }
    }

    fn bomb(self) -> Error {
        Error::Bomb { format: FORMAT, limit: self.unpacked, packed: self.packed }
    }
}

impl Archive {
    /// Unpacks the bytes of a skops file.
    pub(super) fn open(bytes: &[u8]) -> Result<Self, Error> {
        let limits = Limits::of(bytes);
        let mut files = unpack(bytes, limits)?;
        let schema = files.remove("schema.json").ok_or(Error::Malformed {
            format: FORMAT,
            place: "the archive".to_owned(),
            expected: "a `schema.json`, which `skops.io.dump` writes,",
            actual: "none".to_owned(),
        })?;
        let unread = Cell::new(limits.unpacked.saturating_mul(READINGS));
        Ok(Self { schema: serde_json::from_slice(&schema)?, files, limits, unread })
    }

    /// The description of the object that was saved.
    pub(super) fn schema(&self) -> &Value {
        &self.schema
    }

    /// A file beside the schema.
    pub(super) fn file(&self, name: &str) -> Result<Option<&[u8]>, Error> {
        let Some(file) = self.files.get(name) else { return Ok(None) };
        let unread = self.unread.get().checked_sub(file.len() as u64);
        self.unread.set(unread.ok_or_else(|| self.limits.bomb())?);
        Ok(Some(file))
    }
}

fn container(source: ZipError) -> Error {
    Error::Container { format: FORMAT, source: source.into() }
}

fn check_method(method: CompressionMethod) -> Result<(), Error> {
    match method {
        CompressionMethod::Stored | CompressionMethod::Deflated => Ok(()),
        other => Err(Error::Unsupported {
            format: FORMAT,
            parts: vec![format!("files packed by the method {other}")],
            advice: "dump the model with compression=zipfile.ZIP_STORED, the default, or zipfile.ZIP_DEFLATED",
        }),
    }
}

fn unpack(bytes: &[u8], limits: Limits) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(container)?;
    let mut left = limits.unpacked;
    let mut files = BTreeMap::new();
    for idx in 0..archive.len() {
        let entry = archive.by_index(idx).map_err(container)?;
        check_method(entry.compression())?;
        let name = entry.name().map_err(container)?.into_owned();
        let content = read_up_to(entry, left)?;
        let size = content.len() as u64;
        left = left.checked_sub(size).ok_or_else(|| limits.bomb())?;
        files.insert(name, content);
    }
    Ok(files)
}

/// Reads one byte more than `limit` at most, whatever size the archive announces.
fn read_up_to(entry: impl Read, limit: u64) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    let read = entry.take(limit.saturating_add(1)).read_to_end(&mut content);
    read.map_err(|source| Error::Container { format: FORMAT, source: source.into() })?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    #[test]
    fn a_large_file_is_not_read_over_and_over() {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in [("schema.json", b"{}".to_vec()), ("0.npy", vec![0; 20 << 20])] {
            archive.start_file(name, SimpleFileOptions::default()).unwrap();
            archive.write_all(&content).unwrap();
        }
        let archive = Archive::open(&archive.finish().unwrap().into_inner()).unwrap();
        // 2 x 32 MiB and a little more.
        let readings = (0..9).take_while(|_| archive.file("0.npy").is_ok());
        assert_eq!(readings.count(), 3);
        assert!(matches!(archive.file("0.npy"), Err(Error::Bomb { .. })));
    }
}
