//! Pictures and tensors as they are given, and as the network takes them.

use std::path::{Path, PathBuf};

use ndarray::{Array2, Array3, Array4, Axis};
use rationale::tensor::Tensor;
use rationale::vision::{Error, Filter, Geometry, Picture, minmax, resize};

use super::network::Loaded;
use crate::failure::Usage;

/// Suffixes of files in a folder that are taken for pictures.
const PICTURES: [&str; 7] = ["png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff"];

/// No side of a photograph is drawn longer than this, so that maps over huge ones fit into memory.
const LONGEST: usize = 2048;

/// One input: what the network takes, what it sees of the photograph, and the photograph that people see.
pub(super) struct Photograph {
    pub(super) name: String,
    pub(super) input: Tensor,
    pub(super) seen: Picture,
    /// The whole photograph, as it is drawn.
    pub(super) whole: Picture,
    /// Where what was seen lies on the photograph file.
    pub(super) geometry: Geometry,
}

impl Photograph {
    /// A picture file, or an .npy tensor [1, 3, height, width].
    pub(super) fn read(path: &Path, loaded: &Loaded) -> anyhow::Result<Self> {
        let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        let (input, seen, whole, geometry) = if path.extension().is_some_and(|it| it == "npy") {
            let tensor = read_npy(path)?;
            let seen = as_picture(&tensor)?;
            let geometry = Geometry::whole(seen.size())?;
            (tensor, seen.clone(), seen, geometry)
        } else {
            let photograph = Picture::open(path);
            let photograph = photograph.map_err(|error| match error {
                // It names the file itself.
                Error::Read { .. } => anyhow::anyhow!(error),
                other => anyhow::anyhow!("`{}`: {other}", path.display()),
            })?;
            let prepared = loaded.preparation.prepare(&photograph)?;
            let (seen, geometry) = (prepared.seen().clone(), *prepared.geometry());
            (prepared.into_tensor(), seen, drawn(photograph)?, geometry)
        };
        let input = Tensor::from_array(&input.view().into_dyn(), &loaded.device)?;
        Ok(Self { name, input, seen, whole, geometry })
    }

    /// A map of what the network saw as one of the photograph that is drawn, without values (NaN) elsewhere.
    pub(super) fn placed(&self, map: &Array2<f32>) -> anyhow::Result<Array2<f32>> {
        Ok(self.geometry.resized(self.whole.size())?.place(map.view())?)
    }

    /// Whether there is more on the photograph than the network saw.
    pub(super) fn is_cut(&self) -> bool {
        let ([height, width], window) = (self.geometry.photograph(), self.geometry.window());
        window.height < height as f64 - 0.5 || window.width < width as f64 - 0.5
    }
}

/// The photograph, smaller where it is huge.
fn drawn(photograph: Picture) -> anyhow::Result<Picture> {
    let [height, width] = photograph.size();
    let longest = height.max(width);
    if longest <= LONGEST {
        return Ok(photograph);
    }
    let size = [height, width].map(|side| (side * LONGEST / longest).max(1));
    Ok(Picture::from_rgb(resize(photograph.rgb(), size, Filter::Bilinear)?)?)
}

/// The files themselves, and those in folders, in order of their names.
pub(super) fn listed(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let is_picture = |it: &PathBuf| {
            let suffix = it.extension().and_then(|it| it.to_str()).map(str::to_lowercase);
            suffix.is_some_and(|it| PICTURES.contains(&it.as_str()))
        };
        let entries =
            std::fs::read_dir(path)?.map(|it| it.map(|it| it.path())).collect::<Result<Vec<_>, _>>()?;
        let mut inside: Vec<PathBuf> = entries.into_iter().filter(is_picture).collect();
        if inside.is_empty() {
            return Err(Usage::new(format!(
                "`{}` holds no picture ({})",
                path.display(),
                PICTURES.join(", ")
            ))
            .into());
        }
        inside.sort();
        found.extend(inside);
    }
    Ok(found)
}

fn read_npy(path: &Path) -> anyhow::Result<Array4<f32>> {
    ndarray_npy::read_npy(path).map_err(|error| {
        anyhow::anyhow!("`{}`: {error}; a float32 tensor [1, 3, height, width] is needed", path.display())
    })
}

/// A tensor's first example as a picture, its values stretched from black to white.
fn as_picture(tensor: &Array4<f32>) -> anyhow::Result<Picture> {
    let example = tensor.index_axis(Axis(0), 0);
    let example = if example.dim().0 == 3 { example.permuted_axes([1, 2, 0]) } else { example };
    let (height, width, n_channels) = example.dim();
    anyhow::ensure!(n_channels == 3, "a tensor of 3 channels is needed, not {:?}", tensor.shape());
    let flat = example.to_shape((height, width * 3)).map(|it| it.to_owned())?;
    let stretched = minmax(flat.view(), 1e-7);
    #[expect(clippy::cast_sign_loss, reason = "what is stretched lies in [0, 1]")]
    let bytes = stretched.mapv(|it| (it * 255.0).round() as u8);
    Ok(Picture::from_rgb(Array3::from_shape_vec((height, width, 3), bytes.into_raw_vec_and_offset().0)?)?)
}
