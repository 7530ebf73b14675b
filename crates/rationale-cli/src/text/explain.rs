//! `rationale text`: which words of a text a network's answer rests on.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;
use rationale::metrics::FullEvidence;
use rationale::text::{Absent, Error, Sequence, TextGame, TextNetwork, words};
use rationale::{Evidence, Fingerprint, Progress, Seed, whole};

use super::contender::{Bench, Effort};
use super::gradients::Slopes;
use super::methods::{Method, Task};
use super::model::{Loaded, Model};
use super::page;
use super::shown::Shown;
use super::source::{Absence, Source};
use crate::arguments::Common;
use crate::bar::Bar;
use crate::evaluate::{EvidenceAsked, Part};
use crate::failure::Usage;
use crate::output::{note, say};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    model: Model,
    #[command(flatten)]
    source: Source,
    /// How to explain; of several methods it is also said how far they agree.
    #[arg(long, required = true, value_enum)]
    method: Vec<Method>,
    /// The class to explain, by number or name; that with the largest output where not given.
    #[arg(long, value_name = "K|LABEL")]
    target: Option<String>,
    #[command(flatten)]
    absence: Absence,
    #[command(flatten)]
    slopes: Slopes,
    /// Samples of the methods that draw some.
    #[arg(long, value_name = "N")]
    samples: Option<usize>,
    /// How much is said about each explanation.
    #[arg(long, value_enum, default_value_t = EvidenceAsked::Usual)]
    evidence: EvidenceAsked,
    /// The file to write: .html (a page) or .json (values and evidence).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Words that are listed on a terminal.
const TOP: usize = 10;

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    let format = arguments.out.as_deref().map(format).transpose()?;
    arguments.slopes.check(&arguments.method)?;
    let texts = arguments.source.texts()?;
    let all = arguments.explain_all(&texts, common)?;
    let document = || {
        let texts: Vec<_> = all.iter().map(Shown::json).collect();
        format!("{:#}\n", serde_json::json!({"format": "rationale/text/1", "texts": texts}))
    };
    if common.json {
        say(common, &document())?;
    } else {
        let coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let texts: Vec<String> = all.iter().map(|it| it.terminal(coloured, TOP)).collect();
        say(common, &texts.join("\n\n"))?;
    }
    let Some((out, format)) = arguments.out.as_deref().zip(format) else { return Ok(()) };
    let content = match format {
        Format::Page => page::html(&arguments.model.path().display().to_string(), &all),
        Format::Json => document(),
    };
    let written: std::io::Result<()> = whole::write_file(out, |file| file.write_all(content.as_bytes()));
    written.map_err(|error| anyhow::anyhow!("`{}` cannot be written: {error}", out.display()))?;
    note(common, &format!("Wrote {}", out.display()));
    Ok(())
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Page,
    Json,
}

fn format(out: &Path) -> Result<Format, Usage> {
    match out.extension().and_then(|it| it.to_str()) {
        Some("html") => Ok(Format::Page),
        Some("json") => Ok(Format::Json),
        _ => Err(Usage::new(format!("--out {}: the name of a .html or .json file is needed", out.display()))),
    }
}

impl Arguments {
    /// A network and its tokenizer, these methods, and everything else as usual.
    #[cfg(feature = "tabular")]
    pub(super) fn of(model: PathBuf, tokenizer: PathBuf, methods: &[Method]) -> Self {
        Self {
            model: Model::of(model, tokenizer),
            source: Source::default(),
            method: methods.to_vec(),
            target: None,
            absence: Absence::default(),
            slopes: Slopes::default(),
            samples: None,
            evidence: EvidenceAsked::Usual,
            out: None,
        }
    }

    pub(super) fn explain_all(&self, texts: &[String], common: &Common) -> anyhow::Result<Vec<Shown>> {
        let loaded = self.model.read()?;
        let network = self.model.text_network(&loaded, common)?;
        texts.iter().map(|text| self.explain(text, &loaded, &network, common)).collect()
    }

    fn explain(
        &self,
        text: &str,
        loaded: &Loaded,
        network: &TextNetwork<'_>,
        common: &Common,
    ) -> anyhow::Result<Shown> {
        let words = words(text);
        if words.is_empty() {
            return Err(Error::NoWords { length: text.len() }.into());
        }
        let (encoded, n_cut) = loaded.encode(text, network, self.source.cut())?;
        let outputs = network.answers(&[Sequence::of(&encoded)])?.row(0).to_vec();
        let classes = classes(loaded, outputs.len())?;
        let target = target(self.target.as_deref(), &outputs, &classes)?;
        let absent = self.absence.of(loaded)?;
        let baseline = absent.words();
        let own_absent = absent.clone();
        let inside = || {
            let network = (loaded, network);
            self.slopes.inside(network, (&encoded, &own_absent), self.model.is_softmax())
        };
        let game = TextGame::new(network, &encoded, &encoded.tokens_of_words(&words), absent)?;
        let task = Task {
            game: &game,
            words: words.iter().map(|it| text[it.clone()].to_owned()).collect(),
            text,
            target,
            classes: classes.clone(),
            samples: self.samples,
            seed: Seed::new(common.seed),
        };
        let mut found = Vec::new();
        for method in &self.method {
            let before = network.n_asked();
            let bar = Bar::counting(method.name(), common);
            let data = Fingerprint::of_bytes(text.as_bytes());
            let explained = if method.is_inside() {
                let explained = inside()?.explain(*method, &task, &bar)?;
                let evidence = explained.evidence().clone().with_data(data);
                explained.with_evidence(evidence)
            } else {
                let explained = method.explain(&task, &bar)?;
                let evidence = explained.evidence().clone().with_model_calls(network.n_asked() - before);
                let evidence: Evidence = evidence.with_data(data);
                explained.with_evidence(evidence.with_baseline(&baseline))
            };
            found.push((method.name(), explained));
        }
        let full = if self.evidence.is_full() {
            self.judged(text, (loaded, network), &own_absent, common)?
        } else {
            Vec::new()
        };
        let outputs = classes.into_iter().zip(outputs).collect();
        Ok(Shown { text: text.to_owned(), words, outputs, target, n_cut, found, full })
    }

    /// What the network says of each method's values.
    fn judged(
        &self,
        text: &str,
        (loaded, network): (&Loaded, &TextNetwork<'_>),
        absent: &Absent,
        common: &Common,
    ) -> anyhow::Result<Vec<FullEvidence>> {
        let (model, slopes, seed) = (&self.model, &self.slopes, common.seed);
        let effort = Effort::Samples(self.samples);
        let bench = Bench { model, loaded, network, slopes, absent, effort, seed };
        let posed = bench.pose(text, self.source.cut(), self.target.as_deref())?;
        let subject = posed.subject();
        let contenders: Vec<_> = self.method.iter().map(|method| posed.contender(*method)).collect();
        let part = Part { subject: &subject, contenders: &contenders };
        let settings = EvidenceAsked::settings(seed);
        let bar = Bar::new("judging", contenders.len() as u64, common);
        let of = |place: usize| {
            let evidence = part.evidence(place, 0, &settings);
            bar.advance(1);
            evidence
        };
        (0..contenders.len()).map(of).collect()
    }
}

pub(super) fn classes(loaded: &Loaded, n_outputs: usize) -> anyhow::Result<Vec<String>> {
    match &loaded.classes {
        Some(names) if names.len() == n_outputs => Ok(names.clone()),
        Some(names) => anyhow::bail!(
            "there are {} names of classes, but the network has {n_outputs} outputs",
            names.len()
        ),
        None => Ok((0..n_outputs).map(|it| format!("class {it}")).collect()),
    }
}

/// The class that is meant: a number, a name, or that with the largest output.
pub(super) fn target(asked: Option<&str>, outputs: &[f64], classes: &[String]) -> anyhow::Result<usize> {
    let Some(asked) = asked else {
        return Ok(rationale::Target::Predicted.resolve(ndarray::ArrayView1::from(outputs))?);
    };
    if let Some(place) = classes.iter().position(|it| it.eq_ignore_ascii_case(asked)) {
        return Ok(place);
    }
    match asked.parse::<usize>() {
        Ok(number) if number < outputs.len() => Ok(number),
        _ => Err(Usage::new(format!(
            "--target {asked}: the classes are {} (or their numbers, 0 to {})",
            classes.join(", "),
            outputs.len().saturating_sub(1)
        ))
        .into()),
    }
}
