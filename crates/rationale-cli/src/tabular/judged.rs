//! `--evidence full` for the rows of a table.

use rationale::Randomise;
use rationale::metrics::FullEvidence;
use serde_json::{Value, json};

use super::asked::{Asked, Read, Scale};
use super::evaluate::{Bench, Effort, players, subject};
use super::methods::{Explained, Method, Question};
use super::scored::Answer;
use crate::arguments::Common;
use crate::bar::Bar;
use crate::evaluate::{EvidenceAsked, Part, document};

/// Rows that are judged: each takes some hundred model calls and ten explanations.
const MOST_ROWS: usize = 3;

/// What the model itself says of the explanations of the first rows, by their numbers.
pub(super) struct Judged(Vec<(usize, FullEvidence)>);

impl Judged {
    pub(super) fn of(
        method: Method,
        asked: &Asked,
        (read, question): (&Read, &Question<'_>),
        common: &Common,
    ) -> anyhow::Result<Self> {
        let scored = &read.scored;
        let groups = question.players.of(&scored.encoder)?;
        let interventional = match &read.trees {
            Some(model) => asked.background_of(model)?,
            None => None,
        };
        let trees = read.trees.as_ref().map(rationale::audit::ScoringModel::trees);
        let bench = Bench {
            scored,
            trees,
            players: question.players.clone(),
            groups: &groups,
            interventional: interventional.as_ref(),
            background: question.background.clone(),
            training: question.training.clone(),
            answer: if asked.scale == Scale::Prediction { Answer::Prediction } else { Answer::Margin },
            effort: Effort::Told(asked.settings.clone()),
            common: common.hushed(),
        };
        let players = players(&groups, read.rows.ncols())?;
        let n_rows = read.rows.nrows().min(MOST_ROWS);
        let rows = read.rows.slice_axis(ndarray::Axis(0), (0..n_rows).into()).to_owned();
        let n_outputs = scored.model.predict(rows.view())?.ncols();
        let target = (read.target.unwrap_or(0), n_outputs);
        let randomise = trees.map(|it| it as &dyn Randomise);
        let subject = subject(scored, &players, rows, bench.background.rows(), target, randomise);
        let contenders = [bench.contender(method)];
        let part = Part { subject: &subject, contenders: &contenders };
        let bar = Bar::new("judging", n_rows as u64, common);
        let judged = |row: usize| {
            let evidence = part.evidence(0, row, &EvidenceAsked::settings(common.seed))?;
            rationale::Progress::advance(&bar, 1);
            Ok((read.numbers[row], evidence))
        };
        Ok(Self((0..n_rows).map(judged).collect::<anyhow::Result<_>>()?))
    }

    pub(super) fn document(&self) -> Value {
        let row = |(number, evidence): &(usize, FullEvidence)| {
            let mut value = document(evidence);
            value["row"] = json!(number);
            value
        };
        self.0.iter().map(row).collect()
    }

    /// The explanation with a sentence a verdict and row among its remarks.
    pub(super) fn told(&self, explained: &mut Explained) {
        for (number, evidence) in &self.0 {
            let sentences = evidence.verdicts.iter().map(|it| format!("row {number}: {}", it.sentence));
            explained.remarks.extend(sentences);
        }
    }
}
