//! Weights of burn's modules from files.

use std::path::Path;

use burn::store::{KeyRemapper, ModuleSnapshot, PyTorchToBurnAdapter, PytorchStore, SafetensorsStore};

use crate::Error;

/// Which library's habits the tensors in a file follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// burn's own.
    Burn,
    /// PyTorch's: matrices of linear layers transposed, scales of normalisations called `weight` and `bias`.
    PyTorch,
}

/// Fills a module of burn with the weights in a file: safetensors, or what PyTorch's `torch.save` wrote (always in
/// PyTorch's layout). Each of the module's tensors must be there.
///
/// `renames` are pairs of a regular expression and its replacement, applied in order to the names in the file.
pub fn load_weights<M: ModuleSnapshot>(
    module: &mut M,
    file: &Path,
    layout: Layout,
    renames: &[(&str, &str)],
) -> Result<(), Error> {
    let wrong = |message: String| Error::Weights { file: file.display().to_string(), message };
    let remapper = renames.iter().try_fold(KeyRemapper::new(), |it, (from, to)| it.add_pattern(*from, *to));
    let remapper = remapper.map_err(|error| wrong(error.to_string()))?;
    let applied = if is_pytorch(file).map_err(|error| wrong(error.to_string()))? {
        let mut store = PytorchStore::from_file(file).remap(remapper);
        module.load_from(&mut store).map_err(|error| wrong(error.to_string()))
    } else {
        let store = SafetensorsStore::from_file(file).remap(remapper);
        let mut store = match layout {
            Layout::Burn => store,
            Layout::PyTorch => store.with_from_adapter(PyTorchToBurnAdapter),
        };
        module.load_from(&mut store).map_err(|error| wrong(error.to_string()))
    };
    applied.map(|_| ())
}

/// `torch.save` writes a zip archive.
fn is_pytorch(file: &Path) -> std::io::Result<bool> {
    let mut start = [0; 4];
    let n = std::io::Read::read(&mut std::fs::File::open(file)?, &mut start)?;
    Ok(start[..n] == *b"PK\x03\x04")
}
