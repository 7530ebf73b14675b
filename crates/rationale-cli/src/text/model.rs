//! A network that reads, its tokenizer, and the names of its classes.

use std::path::{Path, PathBuf};

use clap::Args;
use rationale::onnx::{ModelFile, OnnxNetwork};
use rationale::tensor::Device;
use rationale::text::{Encoded, Scale, TextNetwork, Tokenizer};

use crate::arguments::Common;
use crate::failure::Usage;
use crate::memory::MemoryLimit;
use crate::output::note;

#[derive(Debug, Clone, Args)]
pub(super) struct Model {
    /// The network: an ONNX file.
    model: PathBuf,
    /// Its tokenizer: a tokenizer.json.
    #[arg(long, value_name = "FILE")]
    tokenizer: PathBuf,
    /// The names of its classes: a JSON list, or one name a line.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Explain the probability (softmax) instead of the logit.
    #[arg(long)]
    softmax: bool,
    /// The most tokens that the network takes, where neither file says so.
    #[arg(long, value_name = "N")]
    max_tokens: Option<usize>,
    /// Texts that go through the network at once.
    #[arg(long, value_name = "N", default_value_t = 32)]
    batch_size: usize,
    /// Where it is computed: flex, ndarray, cuda, cuda:1.
    #[arg(long, default_value = "flex")]
    device: String,
    #[command(flatten)]
    memory: MemoryLimit,
}

/// What was read.
pub(super) struct Loaded {
    network: OnnxNetwork,
    lookup: Option<Lookup>,
    pub(super) tokenizer: Tokenizer,
    pub(super) classes: Option<Vec<String>>,
}

/// The node in which tokens are looked up in a table.
struct Lookup {
    n_rows: usize,
    /// The value that it gives.
    output: String,
}

impl Loaded {
    pub(super) fn network(&self) -> &OnnxNetwork {
        &self.network
    }

    /// The tokens of a text, and how many were cut off where cutting is allowed.
    pub(super) fn encode(
        &self,
        text: &str,
        network: &TextNetwork<'_>,
        cut: bool,
    ) -> anyhow::Result<(Encoded, usize)> {
        let encoded = self.tokenizer.encode(text)?;
        match network.limit() {
            Some(limit) if cut => Ok(encoded.cut_to(limit)),
            _ => match network.check_length(encoded.len()) {
                Ok(()) => Ok((encoded, 0)),
                Err(error) => Err(anyhow::anyhow!("{error} (--cut)")),
            },
        }
    }

    /// The value in which tokens have become numbers.
    pub(super) fn embedding(&self) -> Option<&str> {
        self.lookup.as_ref().map(|it| it.output.as_str())
    }
}

impl Model {
    /// These files, and everything else as usual.
    #[cfg(feature = "tabular")]
    pub(super) fn of(model: PathBuf, tokenizer: PathBuf) -> Self {
        let (device, memory) = ("flex".to_owned(), MemoryLimit::default());
        Self {
            model,
            tokenizer,
            labels: None,
            softmax: false,
            max_tokens: None,
            batch_size: 32,
            device,
            memory,
        }
    }

    /// The same, explaining probabilities.
    pub(super) fn with_softmax(mut self) -> Self {
        self.softmax = true;
        self
    }

    pub(super) fn is_softmax(&self) -> bool {
        self.softmax
    }

    pub(super) fn read(&self) -> anyhow::Result<Loaded> {
        if self.batch_size == 0 {
            return Err(Usage::new("--batch-size 0: at least 1 is needed").into());
        }
        let device = Device::named(&self.device)?;
        let tokenizer = Tokenizer::read(&self.tokenizer)?;
        let file = ModelFile::read_within(&self.model, self.memory.limits())?;
        let classes = match &self.labels {
            Some(path) => Some(names(path)?),
            None => file.metadata.get("classes").and_then(|it| serde_json::from_str(it).ok()),
        };
        let lookup = lookup(&file);
        let network = OnnxNetwork::from_file_within(file, &device, self.memory.limits())?;
        Ok(Loaded { network, lookup, tokenizer, classes })
    }

    /// The network as one that reads; says which input takes what.
    pub(super) fn text_network<'a>(
        &self,
        loaded: &'a Loaded,
        common: &Common,
    ) -> anyhow::Result<TextNetwork<'a>> {
        let network = self.reading(loaded, &loaded.network)?;
        note(common, &format!("inputs: {}", network.inputs().describe()));
        Ok(network)
    }

    /// The network, or a copy of it, as one that reads.
    pub(super) fn reading<'a>(
        &self,
        loaded: &Loaded,
        network: &'a OnnxNetwork,
    ) -> anyhow::Result<TextNetwork<'a>> {
        let mut network = TextNetwork::new(network, &loaded.tokenizer)?.with_batch_size(self.batch_size)?;
        if let Some(lookup) = &loaded.lookup {
            network = network.with_vocabulary(lookup.n_rows, &loaded.tokenizer)?;
        }
        if let Some(limit) = self.max_tokens {
            network = network.with_limit(limit)?;
        }
        Ok(network.with_scale(if self.softmax { Scale::Softmax } else { Scale::Output }))
    }

    pub(super) fn path(&self) -> &Path {
        &self.model
    }
}

fn names(path: &Path) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| anyhow::anyhow!("`{}` cannot be read: {error}", path.display()))?;
    let listed = serde_json::from_str(&text).ok();
    Ok(listed.unwrap_or_else(|| text.lines().map(str::to_owned).collect()))
}

/// Where the network looks tokens up: a `Gather` whose indices come from an input, at
/// most through casts. None where there is no such node; then ids are not checked beforehand.
fn lookup(file: &ModelFile) -> Option<Lookup> {
    let graph = &file.graph;
    let origin = |name: &str| {
        let mut name = name.to_owned();
        while let Some(node) = graph.nodes.iter().find(|it| it.outputs.contains(&name)) {
            if !matches!(node.operator.as_str(), "Cast" | "Identity") {
                break;
            }
            name = node.input(0)?.to_owned();
        }
        Some(name)
    };
    let is_ids = |name: &str| rationale::text::Role::named(name) == Some(rationale::text::Role::Ids);
    let inputs: Vec<&str> = graph.open_inputs().map(|it| it.name.as_str()).collect();
    graph.nodes.iter().filter(|it| it.operator == "Gather").find_map(|node| {
        let indices = origin(node.input(1)?)?;
        let reads_ids = inputs.contains(&indices.as_str()) && (inputs.len() == 1 || is_ids(&indices));
        let table = origin(node.input(0)?)?;
        let table = graph.initialisers.iter().find(|it| it.name == table && it.dimensions.len() == 2)?;
        let output = node.outputs.first()?.clone();
        reads_ids.then(|| Lookup { n_rows: table.dimensions[0], output })
    })
}
