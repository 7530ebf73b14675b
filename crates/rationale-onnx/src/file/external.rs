//! Tensors that are kept in another file: <https://onnx.ai/onnx/repo-docs/ExternalData.html>.
//!
//! A model may name any file; it gets those in its own folder. Its key `checksum` is not compared, as in ONNX's own library.

use std::fs::File;
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use rationale_tensor::Buffer;

use super::wire::{Wire, buffer_of};
use crate::{Error, Outside};

/// Where a tensor is kept, in the file's own words.
#[derive(Default)]
pub(super) struct Place {
    location: Option<String>,
    offset: Option<String>,
    length: Option<String>,
}

impl Place {
    /// An entry of `external_data`.
    pub(super) fn take(&mut self, (key, value): (String, String)) {
        match key.as_str() {
            "location" => self.location = Some(value),
            "offset" => self.offset = Some(value),
            "length" => self.length = Some(value),
            _ => {}
        }
    }
}

/// How many bytes a plain file has. What is no plain file might have no end.
pub(super) fn size_of_file(path: &Path) -> io::Result<u64> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_file() {
        Ok(metadata.len())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file"))
    }
}

/// The bytes of a tensor that needs `n_bytes`, in elements of `width`.
pub(super) fn read<R: BufRead>(
    wire: &mut Wire<R>,
    tensor: &str,
    place: &Place,
    n_bytes: u64,
    width: usize,
) -> Result<Buffer, Error> {
    let location =
        place.location.as_deref().ok_or_else(|| key(tensor, "location", "absent", "a file's name"))?;
    let offset = number(tensor, "offset", place.offset.as_deref())?.unwrap_or(0);
    let length = number(tensor, "length", place.length.as_deref())?;
    if let Some(length) = length.filter(|length| *length != n_bytes) {
        let expected = "the number of bytes that type and shape need";
        return Err(key(tensor, "length", &format!("{length} where {n_bytes} are needed"), expected));
    }
    let path = inside(wire.folder(), tensor, location)?;
    let failed = |source| Error::ExternalOpen { tensor: tensor.to_owned(), path: path.clone(), source };
    let available = size_of_file(&path).map_err(failed)?;
    if offset.checked_add(n_bytes).is_none_or(|end| end > available) {
        let (tensor, location) = (tensor.to_owned(), location.to_owned());
        return Err(Error::ExternalCutOff { tensor, location, offset, length: n_bytes, available });
    }
    wire.hold_tensor(tensor, n_bytes)?;
    read_at(&path, offset, n_bytes, width).map_err(failed)
}

fn read_at(path: &Path, offset: u64, n_bytes: u64, width: usize) -> io::Result<Buffer> {
    let n_bytes = usize::try_from(n_bytes).map_err(io::Error::other)?;
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut buffer = buffer_of(n_bytes, width);
    file.read_exact(buffer.bytes_mut())?;
    Ok(buffer)
}

/// The file, which lies in the folder after every symbolic link is followed.
fn inside(folder: Option<&Path>, tensor: &str, location: &str) -> Result<PathBuf, Error> {
    let outside =
        |reason| Error::ExternalOutside { tensor: tensor.to_owned(), location: location.to_owned(), reason };
    for component in Path::new(location).components() {
        match component {
            Component::Normal(_) | Component::CurDir => {}
            Component::ParentDir => return Err(outside(Outside::Upward)),
            Component::RootDir | Component::Prefix(_) => return Err(outside(Outside::Absolute)),
        }
    }
    let without_folder =
        || Error::ExternalWithoutFolder { tensor: tensor.to_owned(), location: location.to_owned() };
    let folder = folder.ok_or_else(without_folder)?;
    let resolve = |path: &Path| {
        let failed =
            |source| Error::ExternalOpen { tensor: tensor.to_owned(), path: path.to_owned(), source };
        path.canonicalize().map_err(failed)
    };
    let path = resolve(&folder.join(location))?;
    if path.starts_with(resolve(folder)?) { Ok(path) } else { Err(outside(Outside::Link)) }
}

fn number(tensor: &str, name: &'static str, text: Option<&str>) -> Result<Option<u64>, Error> {
    let wrong = |text: &str| key(tensor, name, &format!("`{text}`"), "a whole number, at least 0,");
    text.map(|text| text.parse().map_err(|_| wrong(text))).transpose()
}

fn key(tensor: &str, key: &'static str, found: &str, expected: &'static str) -> Error {
    Error::ExternalKey { tensor: tensor.to_owned(), key, found: found.to_owned(), expected }
}
