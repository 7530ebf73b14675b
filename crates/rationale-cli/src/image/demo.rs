//! The demo's picture: the embedded network and photograph, and where the network looks.

use std::path::Path;

use rationale::vision::CamMethod;
use rationale::whole::write_file;
use rationale_datasets::{CHELSEA, MOBILENET};

use super::answers::Asking;
use super::explain::{Look, Shown};
use super::gradients::Slopes;
use super::method::Method;
use super::network::Model;
use super::photograph::Photograph;
use super::render::{Format, Style};
use crate::arguments::Common;

const DESCRIPTION: &str =
    "{\n  \"format\": \"rationale-network\", \"version\": 1,\n  \"preset\": \"imagenet-tf\"\n}\n";
const METHODS: [Method; 3] =
    [Method::Cam(CamMethod::GradCam), Method::Cam(CamMethod::LayerCam), Method::Cam(CamMethod::Random)];

/// Writes the network, its description, the photograph and the sheet into a folder; says what was seen.
pub(crate) fn write(folder: &Path, common: &Common) -> anyhow::Result<String> {
    let model = folder.join("mobilenet.onnx");
    let photograph = folder.join("chelsea.png");
    for (path, bytes) in [
        (&model, MOBILENET),
        (&folder.join("mobilenet.json"), DESCRIPTION.as_bytes()),
        (&photograph, CHELSEA),
    ] {
        let written: std::io::Result<()> = write_file(path, |out| out.write_all(bytes));
        written.map_err(|error| anyhow::anyhow!("`{}` cannot be written: {error}", path.display()))?;
    }
    let loaded = Model::described(model).read(&common.hushed())?;
    let photograph = Photograph::read(&photograph, &loaded)?;
    let shown = Shown::of(
        &loaded,
        &photograph,
        &METHODS,
        (&Look::usual(), &Asking::default(), &Slopes::default()),
        common,
    )?;
    shown.write(&folder.join("picture.png"), Format::Picture, &Style::default())?;
    Ok(shown.headline())
}
