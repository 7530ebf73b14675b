//! The methods for texts as ones that are judged. A row is the tokens of a text by their numbers, and a player is a word.

use std::any::Any;
use std::ops::Range;

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use rationale::metrics::{Input, Players};
use rationale::onnx::OnnxNetwork;
use rationale::text::{Absent, Encoded, Error as TextError, Sequence, TextNetwork, words};
use rationale::{Error, Predict, Randomise, Seed, Silent};

use super::explain::{classes, target};
use super::gradients::Slopes;
use super::methods::{Method, Task};
use super::model::{Loaded, Model};
use crate::evaluate::{Contender, Explained, Subject, failed};

/// Stands for a token that is cut out; no token has a number below 0.
const NO_TOKEN: f64 = -1.0;
/// Words that are hidden, one at a time, to see whether the explanation of the others stays.
const NEIGHBOURS: usize = 5;

/// All that methods need to explain texts to a network, or to a copy of it.
pub(super) struct Bench<'a> {
    pub(super) model: &'a Model,
    pub(super) loaded: &'a Loaded,
    pub(super) network: &'a TextNetwork<'a>,
    pub(super) slopes: &'a Slopes,
    pub(super) absent: &'a Absent,
    pub(super) effort: Effort,
    pub(super) seed: u64,
}

/// How much methods that sample may ask.
pub(super) enum Effort {
    /// So many model calls, or what each method takes by itself.
    Calls(Option<usize>),
    /// So many samples, as each method counts them.
    Samples(Option<usize>),
}

/// One text, as what is judged.
pub(super) struct Posed<'a> {
    bench: &'a Bench<'a>,
    text: &'a str,
    words: Vec<Range<usize>>,
    encoded: Encoded,
    tokens: Tokens<'a>,
    players: Players,
    output: usize,
    classes: Vec<String>,
}

impl<'a> Bench<'a> {
    /// Encodes a text; the output that is explained is `asked`, or else the largest.
    pub(super) fn pose(&'a self, text: &'a str, cut: bool, asked: Option<&str>) -> anyhow::Result<Posed<'a>> {
        let words = words(text);
        if words.is_empty() {
            return Err(TextError::NoWords { length: text.len() }.into());
        }
        let (encoded, _) = self.loaded.encode(text, self.network, cut)?;
        let outputs = self.network.answers(&[Sequence::of(&encoded)])?.row(0).to_vec();
        let classes = classes(self.loaded, outputs.len())?;
        let output = target(asked, &outputs, &classes)?;
        // Tokens of no word never change, so it does not matter whose they are.
        let of_token = encoded.words_of_tokens(&words).into_iter().map(|word| word.unwrap_or(0)).collect();
        let players = Players::among(of_token, words.len())?;
        let tokens = Tokens { network: self.network };
        Ok(Posed { bench: self, text, words, encoded, tokens, players, output, classes })
    }
}

impl Posed<'_> {
    pub(super) fn subject(&self) -> Subject<'_> {
        let row = self.row();
        let hidden = self.players_hidden();
        Subject {
            model: &self.tokens,
            players: &self.players,
            fills: self.fill(&row).insert_axis(Axis(0)),
            are_quantities: false,
            scales: vec![0.0; row.len()],
            neighbours: (!hidden.is_empty()).then(|| vec![hidden]),
            outputs: vec![self.output],
            n_outputs: self.classes.len(),
            regions: vec![None],
            groups: None,
            randomise: Some(self.bench.loaded.network()),
            rows: row.insert_axis(Axis(0)),
        }
    }

    pub(super) fn contender(&self, method: Method) -> Box<dyn Contender + '_> {
        Box::new(ByMethod { posed: self, method })
    }

    fn row(&self) -> ndarray::Array1<f64> {
        self.encoded.ids().iter().map(|id| f64::from(*id)).collect()
    }

    /// The tokens of a text of which every word is absent.
    fn fill(&self, row: &ndarray::Array1<f64>) -> ndarray::Array1<f64> {
        let absent = match self.bench.absent {
            Absent::Masked { id, .. } => f64::from(*id),
            Absent::Cut => NO_TOKEN,
        };
        let words = self.encoded.words_of_tokens(&self.words);
        row.iter().zip(words).map(|(own, word)| if word.is_some() { absent } else { *own }).collect()
    }

    /// The text with one word hidden, for some words spread over it; none where nothing can stand in a word's place, or where no
    /// other word would be left.
    fn players_hidden(&self) -> Array2<f64> {
        let (row, n_words) = (self.row(), self.words.len());
        let none = Array2::zeros((0, row.len()));
        let Some((mask, _)) = self.bench.loaded.tokenizer.mask().filter(|_| n_words > 1) else { return none };
        let words = self.encoded.words_of_tokens(&self.words);
        let n = NEIGHBOURS.min(n_words);
        let mut rows = none;
        for place in 0..n {
            let hidden = place * n_words / n;
            let tokens = row.iter().zip(&words);
            let tokens: Vec<f64> = tokens
                .map(|(own, word)| if *word == Some(hidden) { f64::from(mask) } else { *own })
                .collect();
            // Rows of one length fit.
            let _ = rows.push_row(ArrayView1::from(&tokens));
        }
        rows
    }
}

/// A network as a function of tokens laid out as rows.
struct Tokens<'a> {
    network: &'a TextNetwork<'a>,
}

fn sequence(row: ArrayView1<'_, f64>) -> Sequence {
    #[expect(clippy::cast_sign_loss, reason = "what is below 0 was left out")]
    let ids = row.iter().filter(|id| **id >= 0.0).map(|id| *id as u32).collect();
    Sequence::new(ids)
}

impl Predict for Tokens<'_> {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        let texts: Vec<Sequence> = rows.outer_iter().map(sequence).collect();
        Ok(self.network.answers(&texts)?)
    }
}

struct ByMethod<'a> {
    posed: &'a Posed<'a>,
    method: Method,
}

impl ByMethod<'_> {
    fn values(
        &self,
        own: &OnnxNetwork,
        row: ArrayView1<'_, f64>,
        output: usize,
    ) -> anyhow::Result<(Vec<f64>, f64, u64)> {
        let posed = self.posed;
        let Bench { model, loaded, slopes, absent, effort, seed, .. } = posed.bench;
        let network = model.reading(loaded, own)?;
        let tokens = Tokens { network: &network };
        let fill = posed.fill(&row.to_owned());
        let game = Input::new(&tokens, row, fill.view(), &posed.players)?;
        let task = Task {
            game: &game,
            words: posed.words.iter().map(|it| posed.text[it.clone()].to_owned()).collect(),
            text: posed.text,
            target: output,
            classes: posed.classes.clone(),
            samples: match effort {
                Effort::Calls(calls) => calls.map(|it| self.method.samples_of(it, posed.words.len())),
                Effort::Samples(samples) => *samples,
            },
            seed: Seed::new(*seed),
        };
        let explained = if self.method.is_inside() {
            let inside = slopes.inside((loaded, &network), (&posed.encoded, absent), model.is_softmax())?;
            inside.with(own, sequence(row)).explain(self.method, &task, &Silent)?
        } else {
            self.method.explain(&task, &Silent)?
        };
        let calls =
            if self.method.is_inside() { explained.evidence().model_calls } else { network.n_asked() };
        Ok((explained.row(0, 0).to_vec(), explained.base_values()[[0, 0]], calls))
    }
}

impl Contender for ByMethod<'_> {
    fn name(&self) -> &'static str {
        self.method.name()
    }

    fn calls(&self) -> u64 {
        let n_words = self.posed.words.len() as u64;
        let (Effort::Calls(asked) | Effort::Samples(asked)) = self.posed.bench.effort;
        let asked = asked.map(|it| it as u64);
        match self.method {
            Method::Lime => asked.unwrap_or(1_000),
            Method::KernelShap => asked.unwrap_or(2_048 + 2 * n_words),
            Method::PermutationShap => asked.unwrap_or(10 * 2 * n_words),
            Method::SamplingShap => asked.unwrap_or(2_000),
            Method::PartitionShap => asked.unwrap_or(500),
            Method::ExactShap => 1 << n_words.min(20),
            Method::Occlusion => n_words + 1,
            Method::IntegratedGradients => 100,
            Method::SmoothGrad => 50,
            Method::Random => 1,
            _ => 4,
        }
    }

    fn adds_up(&self) -> bool {
        self.method.adds_up()
    }

    fn explain(
        &self,
        replaced: Option<&dyn Randomise>,
        rows: ArrayView2<'_, f64>,
        output: usize,
    ) -> Result<Explained, Error> {
        let own = replaced.and_then(|it| (it as &dyn Any).downcast_ref::<OnnxNetwork>());
        let own = own.unwrap_or(self.posed.bench.loaded.network());
        let mut values = Array2::zeros((0, self.posed.words.len()));
        let (mut bases, mut calls) = (Vec::new(), 0);
        for row in rows.outer_iter() {
            let (of_words, base, counted) =
                self.values(own, row, output).map_err(|error| failed(self.method.name(), error))?;
            values.push_row(ArrayView1::from(&of_words)).map_err(Error::model)?;
            bases.push(base);
            calls += counted;
        }
        let found = Explained::of_values(values).with_calls(calls, rows.nrows());
        Ok(Explained { base_values: self.adds_up().then_some(bases), ..found })
    }
}
