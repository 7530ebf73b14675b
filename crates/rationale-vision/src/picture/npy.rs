//! Raw maps and tensors as NPY files.

use std::io;
use std::path::Path;

use ndarray::{ArrayBase, Data, Dimension};
use ndarray_npy::{WritableElement, WriteNpyError, WriteNpyExt};
use rationale_core::whole;

use crate::Error;

/// Writes an array of any shape; whole or not at all.
pub fn save_npy<S, D>(path: &Path, array: &ArrayBase<S, D>) -> Result<(), Error>
where
    S: Data,
    S::Elem: WritableElement,
    D: Dimension,
{
    let file = || path.display().to_string();
    whole::write_file(path, |out| array.write_npy(out).map_err(Failed::Npy)).map_err(|error| match error {
        Failed::Io(source) => Error::Write { file: file(), source },
        Failed::Npy(source) => Error::Npy { file: file(), source },
    })
}

enum Failed {
    Io(io::Error),
    Npy(WriteNpyError),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};
    use ndarray_npy::ReadNpyExt;

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("map.npy");
        let map = array![[0.5_f32, f32::NAN], [-1.0, 2.0]];
        save_npy(&path, &map).unwrap();
        let read = Array2::<f32>::read_npy(std::fs::File::open(path).unwrap()).unwrap();
        assert!(map.iter().zip(&read).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn a_place_that_is_not_there_is_named() {
        let error = save_npy(Path::new("/nowhere/at/all/map.npy"), &array![1.0]).unwrap_err();
        assert!(error.to_string().starts_with("`/nowhere/at/all/map.npy` cannot be written"), "{error}");
    }
}
