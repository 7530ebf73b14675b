//! `rationale text`: which words of a text a network's answer rests on.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rationale::text::{Absent, Encoded, Error, Sequence, TextGame, TextNetwork, words};
use rationale::{Evidence, Fingerprint, Seed, whole};

use super::gradients::Slopes;
use super::methods::{Method, Task};
use super::model::{Loaded, Model};
use super::page;
use super::shown::Shown;
use crate::arguments::Common;
use crate::bar::Bar;
use crate::failure::Usage;
use crate::output::{note, say};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    model: Model,
    /// The texts.
    #[arg(required_unless_present = "file")]
    texts: Vec<String>,
    /// A file of texts, one a line.
    #[arg(long, value_name = "FILE", conflicts_with = "texts")]
    file: Option<PathBuf>,
    /// How to explain; of several methods it is also said how far they agree.
    #[arg(long, required = true, value_enum)]
    method: Vec<Method>,
    /// The class to explain, by number or name; that with the largest output where not given.
    #[arg(long, value_name = "K|LABEL")]
    target: Option<String>,
    /// What stands where a word is absent; a mask where the tokenizer has one.
    #[arg(long, value_enum)]
    absent: Option<AbsentName>,
    #[command(flatten)]
    slopes: Slopes,
    /// Samples of the methods that draw some.
    #[arg(long, value_name = "N")]
    samples: Option<usize>,
    /// Cut a text that is too long instead of failing.
    #[arg(long)]
    cut: bool,
    /// The file to write: .html (a page) or .json (values and evidence).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AbsentName {
    /// The tokenizer's mask token, or its token for what is not known.
    Mask,
    /// Nothing.
    Cut,
}

/// Words that are listed on a terminal.
const TOP: usize = 10;

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    let format = arguments.out.as_deref().map(format).transpose()?;
    arguments.slopes.check(&arguments.method)?;
    let texts = arguments.texts()?;
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
            texts: Vec::new(),
            file: None,
            method: methods.to_vec(),
            target: None,
            absent: None,
            slopes: Slopes::default(),
            samples: None,
            cut: false,
            out: None,
        }
    }

    pub(super) fn explain_all(&self, texts: &[String], common: &Common) -> anyhow::Result<Vec<Shown>> {
        let loaded = self.model.read()?;
        let network = self.model.text_network(&loaded, common)?;
        texts.iter().map(|text| self.explain(text, &loaded, &network, common)).collect()
    }

    fn texts(&self) -> anyhow::Result<Vec<String>> {
        let Some(path) = &self.file else { return Ok(self.texts.clone()) };
        let text = std::fs::read_to_string(path)
            .map_err(|error| anyhow::anyhow!("`{}` cannot be read: {error}", path.display()))?;
        let lines: Vec<String> = text.lines().filter(|it| !it.trim().is_empty()).map(str::to_owned).collect();
        anyhow::ensure!(!lines.is_empty(), "`{}` holds no text", path.display());
        Ok(lines)
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
        let (encoded, n_cut) = self.encode(text, loaded, network)?;
        let outputs = network.answers(&[Sequence::of(&encoded)])?.row(0).to_vec();
        let classes = classes(loaded, outputs.len())?;
        let target = target(self.target.as_deref(), &outputs, &classes)?;
        let absent = self.absent(loaded)?;
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
        let outputs = classes.into_iter().zip(outputs).collect();
        Ok(Shown { text: text.to_owned(), words, outputs, target, n_cut, found })
    }

    fn encode(
        &self,
        text: &str,
        loaded: &Loaded,
        network: &TextNetwork<'_>,
    ) -> anyhow::Result<(Encoded, usize)> {
        let encoded = loaded.tokenizer.encode(text)?;
        match network.limit() {
            Some(limit) if self.cut => Ok(encoded.cut_to(limit)),
            _ => match network.check_length(encoded.len()) {
                Ok(()) => Ok((encoded, 0)),
                Err(error) => Err(anyhow::anyhow!("{error} (--cut)")),
            },
        }
    }

    fn absent(&self, loaded: &Loaded) -> anyhow::Result<Absent> {
        match (self.absent, loaded.tokenizer.mask()) {
            (Some(AbsentName::Cut), _) | (None, None) => Ok(Absent::Cut),
            (_, Some((id, token))) => Ok(Absent::Masked { id, token }),
            (Some(AbsentName::Mask), None) => {
                Err(Usage::new("--absent mask: the tokenizer has no token for what is hidden or unknown")
                    .into())
            }
        }
    }
}

fn classes(loaded: &Loaded, n_outputs: usize) -> anyhow::Result<Vec<String>> {
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
fn target(asked: Option<&str>, outputs: &[f64], classes: &[String]) -> anyhow::Result<usize> {
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
