//! `rationale image`: where a network looks in a picture.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use ndarray::{Array1, Array2, Array3, Axis};
use rationale::metrics::{FullEvidence, Players};
use rationale::report::{Panel, Sheet};
use rationale::tensor::{Network, Rows, Tensor};
use rationale::vision::{
    CamMethod, CamTarget, ClassActivation, Labels, Layers, Maps, Score, Sign, Smoothing, save_npy,
};
use rationale::{Evidence, Progress, Seed, json, whole};

use super::answers::{Asked, Asking};
use super::contender::{Bench, Probabilities, plane, shape};
use super::evaluate::subject;
use super::gradients::Slopes;
use super::labelled::{self, Answer};
use super::method::Method;
use super::network::{Loaded, Model};
use super::photograph::{Photograph, listed};
use super::render::{self, Format, Style};
use crate::arguments::Common;
use crate::bar::Bar;
use crate::evaluate::{EvidenceAsked, Part, document, sentences};
use crate::failure::Usage;
use crate::output::{note, say};

/// Fastest on a processor: the tensors of larger batches are above the size that the allocator keeps, so that every pass
/// pays for their memory anew.
const PICTURES_AT_ONCE: usize = 2;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    model: Model,
    /// Pictures, or folders of pictures; one may be an .npy tensor [1, 3, height, width].
    #[arg(required = true)]
    photographs: Vec<PathBuf>,
    /// How to explain; several methods give a sheet side by side.
    #[arg(long, required = true, value_parser = Method::parse)]
    method: Vec<Method>,
    #[command(flatten)]
    look: Look,
    #[command(flatten)]
    asking: Asking,
    #[command(flatten)]
    slopes: Slopes,
    #[command(flatten)]
    style: Style,
    /// How much is said about each explanation.
    #[arg(long, value_enum, default_value_t = EvidenceAsked::Usual)]
    evidence: EvidenceAsked,
    /// The file to write: .png or .svg (the photograph under its maps), .npy (maps [method, height, width] of the
    /// network's input, not of the photograph), .json (evidence; `geometry` says where maps lie on the photograph). With several
    /// pictures, a folder of PNG files.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// What is asked of the network.
#[derive(Debug, Args)]
pub(super) struct Look {
    /// The layer to look at, by the name of its value or node; several are averaged. The last one with spatial extent
    /// where not given.
    #[arg(long, value_name = "NAME")]
    layer: Vec<String>,
    /// The class to explain, by number or name; that with the largest output where not given.
    #[arg(long, value_name = "K|LABEL")]
    target: Option<String>,
    /// Explain what speaks for the target rather than for this class.
    #[arg(long, value_name = "K|LABEL", requires = "target")]
    against: Option<String>,
    /// Explain the probability (softmax) instead of the logit.
    #[arg(long)]
    softmax: bool,
    /// Keep the sign: what speaks against the class too.
    #[arg(long)]
    signed: bool,
    /// How a map is made smoother.
    #[arg(long, value_enum, default_value_t = Smooth::Not)]
    smooth: Smooth,
    /// Pictures that go through the network at once.
    #[arg(long, value_name = "N", default_value_t = PICTURES_AT_ONCE)]
    batch_size: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Smooth {
    /// As it is.
    #[value(name = "none")]
    Not,
    /// The mean over six altered pictures: mirrored, darker, brighter.
    Augmented,
    /// The first principal component of the weighted activations in the place of their sum.
    Component,
    /// Both.
    Both,
}

impl Smooth {
    fn smoothing(self) -> Smoothing {
        match self {
            Self::Not => Smoothing::None,
            Self::Augmented => Smoothing::Augmented,
            Self::Component => Smoothing::FirstComponent,
            Self::Both => Smoothing::Both,
        }
    }
}

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    let paths = listed(&arguments.photographs)?;
    if paths.len() > 1 {
        return arguments.folder(&paths, common);
    }
    let format = render::format(&arguments.out)?;
    arguments.check()?;
    let loaded = arguments.model.read(common)?;
    let photograph = Photograph::read(&paths[0], &loaded)?;
    let shown = arguments.shown(&loaded, &photograph, common)?;
    shown.write(&arguments.out, format, &arguments.style)?;
    say(common, &shown.summary(&arguments.out, common))
}

impl Arguments {
    fn check(&self) -> Result<(), Usage> {
        if self.evidence.is_full() && self.look.against.is_some() {
            return Err(Usage::new("--evidence full judges what speaks for one class: leave --against out"));
        }
        self.look.check(&self.method)?;
        self.asking.check(&self.method)?;
        self.slopes.check(&self.method)
    }

    fn shown<'a>(
        &self,
        loaded: &Loaded,
        photograph: &'a Photograph,
        common: &Common,
    ) -> anyhow::Result<Shown<'a>> {
        let settings = (&self.look, &self.asking, &self.slopes);
        let mut shown = Shown::of(loaded, photograph, &self.method, settings, common)?;
        if self.evidence.is_full() {
            shown.judge(&Bench::new(loaded, settings, common)?, loaded, common)?;
        }
        Ok(shown)
    }

    /// Each picture's sheet in one folder, whole or not at all.
    fn folder(&self, paths: &[PathBuf], common: &Common) -> anyhow::Result<()> {
        if self.out.extension().is_some() {
            return Err(Usage::new(format!(
                "--out {}: {} pictures need the name of a folder",
                self.out.display(),
                paths.len()
            ))
            .into());
        }
        self.check()?;
        let loaded = self.model.read(common)?;
        let names = file_names(paths)?;
        let folder = whole::WholeFolder::begin(&self.out, whole::Existing::Refuse)
            .map_err(|error| anyhow::anyhow!("`{}` cannot be written: {error}", self.out.display()))?;
        for (path, name) in paths.iter().zip(&names) {
            let photograph = Photograph::read(path, &loaded)?;
            let shown = self.shown(&loaded, &photograph, common)?;
            shown.write(&folder.path().join(format!("{name}.png")), Format::Picture, &self.style)?;
            note(common, &shown.headline());
        }
        folder.commit()?;
        say(common, &format!("Wrote {} pictures to {}", paths.len(), self.out.display()))
    }
}

/// A name for each picture's sheet, its file's own without the suffix.
fn file_names(paths: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let stem =
        |path: &PathBuf| path.file_stem().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let names: Vec<String> = paths.iter().map(stem).collect();
    let mut sorted = names.clone();
    sorted.sort();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => {
            Err(Usage::new(format!("two pictures are called `{}`; their results would be one file", pair[0]))
                .into())
        }
        None => Ok(names),
    }
}

impl Look {
    /// The last layer, for the class with the largest output.
    pub(super) fn usual() -> Self {
        Self {
            layer: Vec::new(),
            target: None,
            against: None,
            softmax: false,
            signed: false,
            smooth: Smooth::Not,
            batch_size: PICTURES_AT_ONCE,
        }
    }

    /// A layer, and everything else as usual.
    pub(super) fn at(layer: Option<&str>) -> Self {
        Self { layer: layer.map(str::to_owned).into_iter().collect(), ..Self::usual() }
    }

    pub(super) fn check(&self, methods: &[Method]) -> Result<(), Usage> {
        let is_of_layers = !self.layer.is_empty() || self.smooth != Smooth::Not;
        if is_of_layers && !methods.iter().any(|method| method.looks_at_layers()) {
            return Err(Usage::new("--layer and --smooth say nothing to methods outside the CAM family"));
        }
        if self.batch_size == 0 {
            return Err(Usage::new("--batch-size 0: at least 1 is needed"));
        }
        Ok(())
    }

    pub(super) fn explainer(
        &self,
        method: CamMethod,
        loaded: &Loaded,
        target: CamTarget,
        common: &Common,
    ) -> ClassActivation {
        let layers = match (&self.layer[..], &loaded.layer) {
            ([], None) => Layers::Last,
            ([], Some(layer)) => Layers::Named(vec![layer.clone()]),
            (names, _) => Layers::Named(names.to_vec()),
        };
        ClassActivation::new(method)
            .with_layers(layers)
            .with_target(target)
            .with_score(if self.softmax { Score::Softmax } else { Score::Logit })
            .with_sign(if self.signed { Sign::Both } else { Sign::Positive })
            .with_smoothing(self.smooth.smoothing())
            .with_batch_size(self.batch_size)
            .with_seed(Seed::new(common.seed))
    }

    /// What is asked of the network by methods that only ask it.
    fn score(&self, target: &CamTarget, outputs: &[f64]) -> Asked {
        let largest = || (0..outputs.len()).max_by(|&a, &b| outputs[a].total_cmp(&outputs[b])).unwrap_or(0);
        let (of, against) = match target {
            CamTarget::Class(of) => (*of, None),
            CamTarget::Contrast { of, against } => (*of, Some(*against)),
            _ => (largest(), None),
        };
        Asked { of, against, softmax: self.softmax, batch_size: self.batch_size }
    }

    fn target(&self, labels: Option<&Labels>, n_classes: usize) -> anyhow::Result<CamTarget> {
        let class = |text: &String| labelled::class(text, labels, n_classes);
        Ok(match (&self.target, &self.against) {
            (None, _) => CamTarget::Predicted,
            (Some(of), None) => CamTarget::Class(class(of)?),
            (Some(of), Some(against)) => CamTarget::Contrast { of: class(of)?, against: class(against)? },
        })
    }

    pub(super) fn is_signed(&self) -> bool {
        self.signed
    }

    pub(super) fn is_softmax(&self) -> bool {
        self.softmax
    }

    pub(super) fn batch_size(&self) -> usize {
        self.batch_size
    }
}

/// What one method found.
pub(super) struct Found {
    /// The picture's size; in [0, 1], or in [-1, 1] where signed.
    pub(super) map: Array2<f32>,
    pub(super) target: usize,
    pub(super) logits: Vec<f64>,
    pub(super) evidence: Evidence,
    /// Where it was looked, in words.
    pub(super) place: String,
    /// What the network itself says of it, where that was asked for.
    pub(super) full: Option<FullEvidence>,
}

impl Found {
    fn of_maps(maps: &Maps) -> Self {
        Self {
            map: maps.maps.index_axis(Axis(0), 0).mapv(|it| it as f32),
            target: maps.targets.first().copied().unwrap_or(0),
            logits: maps.logits.index_axis(Axis(0), 0).to_vec(),
            evidence: maps.evidence.clone(),
            place: format!("layer {}", layers(maps)),
            full: None,
        }
    }
}

impl Found {
    fn sentences(&self) -> Vec<String> {
        self.full.as_ref().map(sentences).unwrap_or_default()
    }
}

/// A picture, what the network says of it, and where it looks by each method.
pub(super) struct Shown<'a> {
    photograph: &'a Photograph,
    pub(super) answer: Answer,
    pub(super) maps: Vec<(Method, Found)>,
    signed: bool,
}

impl<'a> Shown<'a> {
    pub(super) fn of(
        loaded: &Loaded,
        photograph: &'a Photograph,
        methods: &[Method],
        (look, asking, slopes): (&Look, &Asking, &Slopes),
        common: &Common,
    ) -> anyhow::Result<Self> {
        let outputs = answers(&loaded.network, &photograph.input)?;
        let labels = loaded.labels(outputs.len())?;
        let target = look.target(labels.as_ref(), outputs.len())?;
        let mut maps = Vec::new();
        for method in methods {
            let found = match method {
                Method::Cam(method) => {
                    let explainer = look.explainer(*method, loaded, target.clone(), common);
                    let bar = Bar::counting(method.name(), common);
                    Found::of_maps(&explainer.explain(&loaded.network, &photograph.input, &bar)?)
                }
                Method::Slope(by) => slopes.explain(*by, (loaded, photograph), (&target, look), common)?,
                Method::Ask(by) => {
                    let asked = look.score(&target, &outputs);
                    asking
                        .explain(*by, (loaded, photograph), &asked, look.signed, common)?
                        .with_logits(&outputs)
                }
            };
            maps.push((*method, found));
        }
        Ok(Self { photograph, answer: Answer::new(&outputs, labels), maps, signed: look.is_signed() })
    }

    /// Asks the network what it says of each map.
    fn judge(&mut self, bench: &Bench<'_>, loaded: &Loaded, common: &Common) -> anyhow::Result<()> {
        let plane = plane(loaded);
        let players = Players::pixels(plane);
        let answers = Rows::new(&loaded.network, &shape(&plane))?.with_batch_size(bench.batch_size());
        let model = Probabilities(&answers);
        let row = Array1::from(self.photograph.input.to_f64s()?).insert_axis(Axis(0));
        let n_outputs = self.answer.probabilities.len();
        let bar = Bar::new("judging", self.maps.len() as u64, common);
        for (method, found) in &mut self.maps {
            let outputs = vec![found.target];
            let subject = subject((&model, loaded), (&plane, &players), row.clone(), outputs, n_outputs);
            let contenders = [bench.contender(*method)];
            let part = Part { subject: &subject, contenders: &contenders };
            found.full = Some(part.evidence(0, 0, &EvidenceAsked::settings(common.seed))?);
            bar.advance(1);
        }
        Ok(())
    }

    pub(super) fn panels(&self, style: &Style) -> anyhow::Result<Vec<Panel>> {
        let mut panels = vec![
            Panel::new("picture", self.photograph.whole.rgb().to_owned())?
                .with_predictions(self.answer.best()),
        ];
        for (method, found) in &self.maps {
            let map = self.photograph.placed(&found.map)?;
            let drawn = style.draw(&self.photograph.whole, &map, self.signed)?;
            let class = self.answer.name(found.target);
            let panel = Panel::new(method.name(), drawn)?.with_subtitle(format!("for {class}"));
            let panel = panel.with_note(found.place.clone());
            let panel = found.sentences().into_iter().fold(panel, Panel::with_note);
            panels.push(style.with_legend(panel, method.ends(), self.signed)?);
        }
        Ok(panels)
    }

    pub(super) fn write(&self, out: &Path, format: Format, style: &Style) -> anyhow::Result<()> {
        match format {
            Format::Picture => {
                render::write(&self.sheet(style, CAUTION)?, &self.photograph.name, out)?;
            }
            Format::Values => save_npy(out, &self.stacked()?)?,
            Format::Json => return write_text(out, &self.evidence()),
        }
        write_text(&out.with_extension("evidence.json"), &self.evidence())
    }

    /// All panels, and what must be known to read them.
    pub(super) fn sheet(&self, style: &Style, note: &str) -> anyhow::Result<Sheet> {
        let sheet = Sheet::new(self.panels(style)?).with_note(note);
        Ok(if self.photograph.is_cut() { sheet.with_note(UNSEEN) } else { sheet })
    }

    fn stacked(&self) -> anyhow::Result<Array3<f32>> {
        let maps: Vec<_> = self.maps.iter().map(|(_, found)| found.map.view()).collect();
        Ok(ndarray::stack(Axis(0), &maps)?)
    }

    fn evidence(&self) -> String {
        let each: Vec<serde_json::Value> =
            self.maps.iter().map(|(_, found)| self.evidence_of(found)).collect();
        let value = match &each[..] {
            [one] => one.clone(),
            several => serde_json::Value::Array(several.to_vec()),
        };
        format!("{value:#}\n")
    }

    fn evidence_of(&self, found: &Found) -> serde_json::Value {
        let text = json::evidence_alone(&found.evidence);
        let mut value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        value["picture"] = self.photograph.name.clone().into();
        value["geometry"] = self.geometry();
        value["logits"] = found.logits.clone().into();
        value["predictions"] = self
            .answer
            .best()
            .into_iter()
            .map(|(name, p)| serde_json::json!({"class": name, "probability": p}))
            .collect();
        value["note"] = CAUTION.into();
        if let Some(full) = &found.full {
            value["full"] = document(full);
        }
        value
    }

    /// Where maps lie on the photograph, in its pixels.
    fn geometry(&self) -> serde_json::Value {
        let ([height, width], window) =
            (self.photograph.geometry.photograph(), self.photograph.geometry.window());
        let [rows, columns] = self.photograph.seen.size();
        serde_json::json!({
            "photograph": {"height": height, "width": width},
            "seen": {"top": window.top, "left": window.left, "height": window.height, "width": window.width},
            "map": {"height": rows, "width": columns},
        })
    }

    pub(super) fn headline(&self) -> String {
        let (name, probability) = self.answer.best().into_iter().next().unwrap_or_default();
        format!("{}: {name} ({:.1} %)", self.photograph.name, 100.0 * probability)
    }

    fn summary(&self, out: &Path, common: &Common) -> String {
        if common.json {
            return self.evidence();
        }
        let mut lines = vec![self.headline()];
        for (method, found) in &self.maps {
            let class = self.answer.name(found.target);
            let place = found.place.strip_prefix("layer ").unwrap_or(&found.place);
            lines.push(format!("{} for {class}, at {place}", method.name()));
            lines.extend(found.sentences().into_iter().map(|it| format!("  {it}")));
        }
        lines.push(format!("Wrote {}", out.display()));
        lines.join("\n")
    }
}

/// The layers that were looked at, as the method found them.
fn layers(maps: &Maps) -> String {
    match maps.evidence.parameters.get("layer") {
        Some(rationale::Parameter::Text(text)) => text.clone(),
        _ => "every layer".to_owned(),
    }
}

/// What must be known to read any of these pictures.
const CAUTION: &str = "A map shows where the network looks for this class, not why; it says nothing of what lies outside \
                       the network.";

/// What must be known of a photograph that is larger than what was explained.
const UNSEEN: &str = "What the network did not see of the photograph has no map.";

fn answers(network: &dyn Network, input: &Tensor) -> anyhow::Result<Vec<f64>> {
    let outputs = network.forward(&mut rationale::tensor::Run::new(std::slice::from_ref(input)))?;
    let first = outputs.first().ok_or_else(|| anyhow::anyhow!("the network has no output"))?;
    Ok(first.narrow(0, 0, 1)?.to_f64s()?)
}

pub(super) fn write_text(path: &Path, text: &str) -> anyhow::Result<()> {
    let written: std::io::Result<()> = whole::write_file(path, |out| out.write_all(text.as_bytes()));
    written.map_err(|error| anyhow::anyhow!("`{}` cannot be written: {error}", path.display()))
}
