//! `rationale evaluate text`: methods over texts and a network that reads.

use clap::Args;
use rationale::text::{Error, TextNetwork};

use super::contender::{Bench, Effort, Posed};
use super::gradients::Slopes;
use super::methods::Method;
use super::model::{Loaded, Model};
use super::source::{Absence, Source};
use crate::arguments::Common;
use crate::evaluate::{Choice, Contender, Part, Told};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    model: Model,
    #[command(flatten)]
    source: Source,
    /// The methods; lime, partition-shap, integrated-gradients, occlusion and random where not given.
    #[arg(long, value_enum)]
    method: Vec<Method>,
    #[command(flatten)]
    absence: Absence,
    /// The value in which tokens have become numbers; found by itself where a table is looked up.
    #[arg(long, value_name = "NAME")]
    embedding: Option<String>,
    #[command(flatten)]
    choice: Choice,
}

/// What is judged where nobody says otherwise: one method a kind, and the control.
const USUAL: [Method; 5] =
    [Method::Lime, Method::PartitionShap, Method::IntegratedGradients, Method::Occlusion, Method::Random];

pub(crate) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    // Shares, so that curves of different texts compare.
    let model = arguments.model.clone().with_softmax();
    let loaded = model.read()?;
    let network = model.text_network(&loaded, common)?;
    let texts = arguments.source.texts()?;
    let slopes = Slopes::at(arguments.embedding.as_deref());
    let absent = arguments.absence.of(&loaded)?;
    let bench = Bench {
        model: &model,
        loaded: &loaded,
        network: &network,
        slopes: &slopes,
        absent: &absent,
        effort: Effort::Calls(arguments.choice.method_samples),
        seed: common.seed,
    };
    let posed: Vec<Posed<'_>> =
        texts.iter().map(|text| bench.pose(text, arguments.source.cut(), None)).collect::<Result<_, _>>()?;
    let methods = if arguments.method.is_empty() { &USUAL[..] } else { &arguments.method };
    let judged: Vec<_> = posed.iter().map(|it| (it.subject(), contenders(it, methods))).collect();
    let parts: Vec<Part<'_>> =
        judged.iter().map(|(subject, contenders)| Part { subject, contenders }).collect();
    let told = Told {
        title: "Explanations of a network that reads".to_owned(),
        facts: facts(&model, &loaded, &network, &bench, texts.len()),
    };
    if parts.is_empty() {
        return Err(Error::NoWords { length: 0 }.into());
    }
    arguments.choice.evaluate(&parts, &told, common)
}

fn contenders<'a>(posed: &'a Posed<'a>, methods: &[Method]) -> Vec<Box<dyn Contender + 'a>> {
    methods.iter().map(|method| posed.contender(*method)).collect()
}

fn facts(
    model: &Model,
    loaded: &Loaded,
    network: &TextNetwork<'_>,
    bench: &Bench<'_>,
    n_texts: usize,
) -> Vec<(String, String)> {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let classes = loaded.classes.as_ref().map_or_else(|| "not named".to_owned(), |it| it.join(", "));
    vec![
        fact("network", model.path().display().to_string()),
        fact("inputs", network.inputs().describe()),
        fact("classes", classes),
        fact("texts", n_texts.to_string()),
        fact("output", "the probability of the predicted class".to_owned()),
        fact("absence", bench.absent.words()),
        fact("nearby", "the text with one word hidden: noise means nothing to a word".to_owned()),
    ]
}
