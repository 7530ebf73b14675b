//! The methods for tables as ones that are judged: trees' own, and those that only ask.

use std::any::Any;

use ndarray::{Array2, ArrayView2};
use rationale::shapley::tree::TreeShap;
use rationale::trees::TreeEnsemble;
use rationale::{Background, Error, Explain, FeatureGroups, Randomise, Seed, Silent};

use super::super::methods::{Method, Question, Settings};
use super::super::players::Players;
use super::super::scored::{Answer, Scored, answering};
use crate::arguments::Common;
use crate::evaluate::{Contender, Explained, failed, random_values};

/// How much methods that sample may ask.
pub(in crate::tabular) enum Effort {
    /// So many model calls for each set of columns, or what each method takes by itself.
    Calls(Option<usize>),
    /// As it was said.
    Told(Settings),
}

/// All that methods need to explain rows of a model, or of a copy of it.
pub(in crate::tabular) struct Bench<'a> {
    pub(in crate::tabular) scored: &'a Scored,
    /// None where a program is asked.
    pub(in crate::tabular) trees: Option<&'a TreeEnsemble>,
    pub(in crate::tabular) players: Players,
    /// The players' names, and the features of each.
    pub(in crate::tabular) groups: &'a FeatureGroups,
    /// What tree-shap compares with, where it was given.
    pub(in crate::tabular) interventional: Option<&'a Background>,
    /// What methods that ask compare with.
    pub(in crate::tabular) background: Background,
    /// The rows `[row, column]` by whose frequencies lime draws.
    pub(in crate::tabular) training: Array2<f64>,
    pub(in crate::tabular) answer: Answer,
    pub(in crate::tabular) effort: Effort,
    pub(in crate::tabular) common: Common,
}

impl<'a> Bench<'a> {
    pub(in crate::tabular) fn contender(&'a self, method: Method) -> Box<dyn Contender + 'a> {
        match method {
            Method::TreeShap => Box::new(ByTrees(self)),
            Method::Random => Box::new(Random(self)),
            _ => Box::new(ByAnswers { bench: self, method, settings: self.settings(method) }),
        }
    }

    fn settings(&self, method: Method) -> Settings {
        let n_players = self.groups.len().max(1);
        let calls = match &self.effort {
            Effort::Calls(calls) => *calls,
            Effort::Told(settings) => return settings.clone(),
        };
        let samples = calls.and_then(|calls| match method {
            Method::PermutationShap | Method::SamplingShap => Some((calls / (2 * n_players)).max(2)),
            Method::Lime | Method::KernelShap | Method::PartitionShap => Some(calls),
            _ => None,
        });
        Settings::usual(samples)
    }
}

/// The trees of a copy, where the model is one.
fn copy_of(by: Option<&dyn Randomise>) -> Option<TreeEnsemble> {
    by.and_then(|it| (it as &dyn Any).downcast_ref::<TreeEnsemble>()).cloned()
}

/// TreeSHAP, interventional where there is a background.
struct ByTrees<'a>(&'a Bench<'a>);

impl Contender for ByTrees<'_> {
    fn name(&self) -> &'static str {
        "tree-shap"
    }

    fn calls(&self) -> u64 {
        1
    }

    fn adds_up(&self) -> bool {
        true
    }

    fn explain(
        &self,
        replaced: Option<&dyn Randomise>,
        rows: ArrayView2<'_, f64>,
        output: usize,
    ) -> Result<Explained, Error> {
        let replaced = copy_of(replaced);
        let Some(trees) = replaced.as_ref().or(self.0.trees) else {
            return Err(Error::Empty { what: "the list of trees" });
        };
        let explainer = match self.0.interventional {
            Some(background) => TreeShap::interventional(trees, background),
            None => TreeShap::path_dependent(trees),
        };
        let explainer = explainer.map_err(|error| Error::method("tree-shap", error))?;
        let explained = explainer.explain(rows, &Silent)?.grouped(self.0.groups)?;
        let explained = explained.select_output(output)?;
        let base_values = Some(explained.base_values().column(0).to_vec());
        let values = explained.values().index_axis(ndarray::Axis(2), 0).to_owned();
        Ok(Explained { base_values, ..Explained::of_values(values) })
    }
}

/// A method that only asks.
struct ByAnswers<'a> {
    bench: &'a Bench<'a>,
    method: Method,
    settings: Settings,
}

impl Contender for ByAnswers<'_> {
    fn name(&self) -> &'static str {
        self.method.name()
    }

    fn calls(&self) -> u64 {
        let (n_players, n_fillers) =
            (self.bench.groups.len() as u64, self.bench.background.rows().nrows() as u64);
        let asked = self.settings.samples().map(|it| it as u64);
        match self.method {
            Method::Lime => asked.unwrap_or(5_000),
            Method::PermutationShap => asked.unwrap_or(10) * 2 * n_players * n_fillers,
            Method::SamplingShap => asked.unwrap_or(100) * 2 * n_players,
            Method::KernelShap => asked.unwrap_or(2_048) * n_fillers,
            Method::PartitionShap => asked.unwrap_or(10_000) * n_fillers,
            Method::ExactShap => (1 << n_players.min(20)) * n_fillers,
            _ => (n_players + 1) * n_fillers,
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
        let bench = self.bench;
        let copy = copy_of(replaced).map(|trees| {
            let fingerprint = Some(trees.fingerprint());
            Scored { fingerprint, ..bench.scored.with_model(answering(trees, bench.answer)) }
        });
        let scored = copy.as_ref().unwrap_or(bench.scored);
        let question = Question {
            coded: scored.coded(rows),
            scored,
            rows: rows.to_owned(),
            numbers: (0..rows.nrows()).collect(),
            background: bench.background.clone(),
            training: bench.training.clone(),
            players: bench.players.clone(),
            target: Some(output),
            settings: &self.settings,
            common: &bench.common,
        };
        let explained =
            question.explain(self.method).map_err(|error| failed(self.method.name(), error))?.attributions;
        let base_values = self.adds_up().then(|| explained.base_values().column(0).to_vec());
        let values = explained.values().index_axis(ndarray::Axis(2), 0).to_owned();
        let found = Explained { base_values, ..Explained::of_values(values) };
        Ok(found.with_calls(explained.evidence().model_calls, rows.nrows()))
    }
}

/// Random numbers.
struct Random<'a>(&'a Bench<'a>);

impl Contender for Random<'_> {
    fn name(&self) -> &'static str {
        "random"
    }

    fn calls(&self) -> u64 {
        1
    }

    fn explain(
        &self,
        _: Option<&dyn Randomise>,
        rows: ArrayView2<'_, f64>,
        _: usize,
    ) -> Result<Explained, Error> {
        Ok(Explained::of_values(random_values(rows, self.0.groups.len(), Seed::new(self.0.common.seed))))
    }
}
