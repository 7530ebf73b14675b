//! The models, and what they are judged on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::write;

/// Everything on the disk.
pub(crate) struct Models {
    pub(crate) all: Vec<Model>,
    /// What is not here, and so is not judged.
    pub(crate) missing: Vec<String>,
}

/// One model with its inputs.
pub(crate) struct Model {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// In words, for the report.
    pub(crate) told: String,
    /// What the program is given before its options.
    pub(crate) arguments: Vec<String>,
    /// Inputs one by one, where they are files.
    pub(crate) inputs: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Picture,
    Table,
    Text,
}

/// The networks of pictures: name, file in the test data, preset, words.
const NETWORKS: [(&str, &str, &str, &str); 3] = [
    ("mobilenet", "mobilenet-v1-1.0-224-f32.onnx", "imagenet-tf", "MobileNet v1, 224 x 224 pixels"),
    ("resnet50", "resnet50-keras-f16store.onnx", "imagenet-caffe", "ResNet-50 v1, 224 x 224 pixels"),
    ("inception", "inception-v3-u8w.onnx", "imagenet-tf", "Inception v3, 299 x 299 pixels"),
];

impl Models {
    /// Writes what comes with the program, and finds the rest in the test data.
    pub(crate) fn prepare(program: &Path, work: &Path, data: Option<&Path>) -> Result<Self> {
        let demo = work.join("demo");
        if !demo.join("model.json").is_file() {
            let arguments = ["demo", "--force", "-q", "--out"];
            let status = Command::new(program).args(arguments).arg(&demo).status()?;
            ensure!(status.success(), "`{} demo` failed ({status})", program.display());
        }
        let mut models = Self { all: Vec::new(), missing: Vec::new() };
        models.add_networks(&demo, work, data)?;
        models.all.push(forest(&demo));
        models
            .missing
            .push("XGBoost and LightGBM on credit data (no such model among the test data)".to_owned());
        models
            .missing
            .push("the small credit network (`evaluate tabular` reads trees or asks a program)".to_owned());
        models.all.push(sentiment(&demo, work, data)?);
        Ok(models)
    }

    fn add_networks(&mut self, demo: &Path, work: &Path, data: Option<&Path>) -> Result<()> {
        let boxes = boxes(work, data)?;
        let own = vec![shown(&demo.join("chelsea.png"))];
        let photographs = match data {
            Some(data) => photographs(data)?,
            None => own,
        };
        for (name, file, preset, told) in NETWORKS {
            let path = match data {
                Some(data) => data.join("models").join(file),
                None => demo.join("mobilenet.onnx"),
            };
            if !path.is_file() || (data.is_none() && name != "mobilenet") {
                self.missing.push(told.to_owned());
                continue;
            }
            let mut arguments = vec![shown(&path), "--preset".to_owned(), preset.to_owned()];
            if let Some(boxes) = &boxes {
                arguments.extend(["--boxes".to_owned(), shown(boxes)]);
            }
            let (told, inputs) = (told.to_owned(), photographs.clone());
            self.all.push(Model { name, kind: Kind::Picture, told, arguments, inputs });
        }
        Ok(())
    }
}

fn forest(demo: &Path) -> Model {
    Model {
        name: "forest",
        kind: Kind::Table,
        told: "a forest (linfa) on 700 rows of German Credit, judged on the other 300".to_owned(),
        arguments: vec![shown(&demo.join("model.json")), shown(&demo.join("applicants.csv"))],
        inputs: Vec::new(),
    }
}

/// Sentences that come with the program's tests, for want of others.
const SENTENCES: [&str; 4] = [
    "The actors are wonderful, but the plot is terrible and the end is a bore.",
    "A moving and funny film that never loses its way.",
    "It is dull, it is long, and nobody will miss it.",
    "Not the masterpiece that it was called, yet a good evening.",
];

fn sentiment(demo: &Path, work: &Path, data: Option<&Path>) -> Result<Model> {
    let sentences = match data {
        Some(data) => reviews(&data.join("text"))?,
        None => SENTENCES.map(str::to_owned).to_vec(),
    };
    let lines = work.join("sentences.txt");
    write(&lines, &sentences.join("\n"))?;
    Ok(Model {
        name: "sentiment",
        kind: Kind::Text,
        told: format!(
            "the small network that comes with the program, on {} sentences about films",
            sentences.len()
        ),
        arguments: vec![
            shown(&demo.join("sentiment.onnx")),
            "--tokenizer".to_owned(),
            shown(&demo.join("tokenizer.json")),
        ],
        inputs: sentences,
    })
}

/// Every 400th sentence of either side, read as Latin-1 where it is no UTF-8.
fn reviews(folder: &Path) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for name in ["rt-polarity.pos", "rt-polarity.neg"] {
        let path = folder.join(name);
        let bytes = std::fs::read(&path).with_context(|| format!("`{}` cannot be read", path.display()))?;
        let text: String = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => error.into_bytes().iter().map(|byte| char::from(*byte)).collect(),
        };
        all.extend(text.lines().step_by(400).map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()));
    }
    Ok(all)
}

fn photographs(data: &Path) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for folder in ["coco-cc", "skimage"] {
        let entries = std::fs::read_dir(data.join("images").join(folder))?;
        let paths = entries.map(|it| it.map(|it| it.path())).collect::<Result<Vec<PathBuf>, _>>()?;
        let is_picture = |it: &&PathBuf| it.extension().is_some_and(|it| it == "jpg" || it == "png");
        let mut names: Vec<String> = paths.iter().filter(is_picture).map(|it| shown(it)).collect();
        names.sort();
        all.extend(names);
    }
    Ok(all)
}

/// The boxes of objects that ImageNet has a class for, by picture, as the program reads them.
fn boxes(work: &Path, data: Option<&Path>) -> Result<Option<PathBuf>> {
    let Some(data) = data else { return Ok(None) };
    let path = data.join("images/coco-cc/instances.json");
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    let instances: Value = serde_json::from_str(&text)?;
    let list = |key: &str| instances[key].as_array().cloned().unwrap_or_default();
    let named: BTreeMap<i64, String> = list("categories")
        .iter()
        .filter_map(|it| Some((it["id"].as_i64()?, it["name"].as_str()?.to_owned())))
        .collect();
    let mut boxes: BTreeMap<String, Vec<[f64; 4]>> = BTreeMap::new();
    for picture in list("imagenet_hits") {
        let Some(file) = picture["file"].as_str() else { continue };
        let hits = picture["hits"].as_array().cloned().unwrap_or_default();
        let Some(id) = list("images").iter().find(|it| it["file_name"] == file).map(|it| it["id"].clone())
        else {
            continue;
        };
        for object in list("annotations").iter().filter(|it| it["image_id"] == id) {
            let category = object["category_id"].as_i64().and_then(|it| named.get(&it));
            let corners = corners(&object["bbox"]);
            if let (Some(category), Some(corners)) = (category, corners)
                && hits.iter().any(|hit| hit["coco"] == category.as_str())
            {
                boxes.entry(file.to_owned()).or_default().push(corners);
            }
        }
    }
    let path = work.join("boxes.json");
    write(&path, &json!(boxes).to_string())?;
    Ok(Some(path))
}

/// Left, top, width and height as left, top, right and bottom.
fn corners(sides: &Value) -> Option<[f64; 4]> {
    let side = |place: usize| sides.get(place).and_then(Value::as_f64);
    let (left, top, width, height) = (side(0)?, side(1)?, side(2)?, side(3)?);
    Some([left, top, left + width, top + height])
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
