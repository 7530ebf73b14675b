//! The zip archive of a skops file: `schema.json`, and arrays as `.npy` files beside it.

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

/// The unpacked files.
#[derive(Debug)]
pub(super) struct Archive {
    schema: Value,
    files: BTreeMap<String, Vec<u8>>,
}

impl Archive {
    /// Unpacks the bytes of a skops file.
    pub(super) fn open(bytes: &[u8]) -> Result<Self, Error> {
        let mut files = unpack(bytes)?;
        let schema = files.remove("schema.json").ok_or(Error::Malformed {
            format: FORMAT,
            place: "the archive".to_owned(),
            expected: "a `schema.json`, which `skops.io.dump` writes,",
            actual: "none".to_owned(),
        })?;
        Ok(Self { schema: serde_json::from_slice(&schema)?, files })
    }

    /// The description of the object that was saved.
    pub(super) fn schema(&self) -> &Value {
        &self.schema
    }

    /// A file beside the schema.
    pub(super) fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
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

fn unpack(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(container)?;
    let limit = UNPACKED.saturating_add(RATIO.saturating_mul(bytes.len() as u64));
    let mut left = limit;
    let mut files = BTreeMap::new();
    for idx in 0..archive.len() {
        let entry = archive.by_index(idx).map_err(container)?;
        check_method(entry.compression())?;
        let name = entry.name().map_err(container)?.into_owned();
        let content = read_up_to(entry, left)?;
        let size = content.len() as u64;
        left = left.checked_sub(size).ok_or(Error::Bomb {
            format: FORMAT,
            limit,
            packed: bytes.len() as u64,
        })?;
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
