//! Every method, every metric, every input.

use ndarray::{Array2, ArrayView2, Axis};
use rationale::metrics::{
    Case, Change, Curve, Error, FullEvidence, Input, Metric, Order, Other, Peers, Players, Score, Settings,
    Ties, Wish, curve, evidence_full, order_of,
};
use rationale::{Error as CoreError, Predict, Progress, Randomise};

use super::contender::{Contender, OfOutput, Remembering};
use super::possible;

/// What is explained.
pub(crate) struct Subject<'a> {
    pub(crate) model: &'a dyn Predict,
    pub(crate) players: &'a Players,
    /// `[row, column]`.
    pub(crate) rows: Array2<f64>,
    /// What stands for absence `[row, column]`.
    pub(crate) fills: Array2<f64>,
    /// Whether there is something between two numbers of a column; words and categories have none.
    pub(crate) are_quantities: bool,
    /// Small steps, column by column.
    pub(crate) scales: Vec<f64>,
    /// Inputs that count as near, row by row, where small steps mean nothing.
    pub(crate) neighbours: Option<Vec<Array2<f64>>>,
    /// Which output of each row is explained.
    pub(crate) outputs: Vec<usize>,
    pub(crate) n_outputs: usize,
    /// Where the attribution should be, row by row.
    pub(crate) regions: Vec<Option<Vec<bool>>>,
    /// Players that go together.
    pub(crate) groups: Option<Vec<Vec<usize>>>,
    pub(crate) randomise: Option<&'a dyn Randomise>,
}

/// Rows of one shape, and the methods that explain them. All parts have the same methods.
pub(crate) struct Part<'a> {
    pub(crate) subject: &'a Subject<'a>,
    pub(crate) contenders: &'a [Box<dyn Contender + 'a>],
}

/// One method by one metric.
pub(super) struct Record {
    pub(super) method: String,
    pub(super) metric: Metric,
    pub(super) scores: Vec<Score>,
}

/// All that was found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) records: Vec<Record>,
    /// The curves of deletion of each method, row by row.
    pub(super) curves: Vec<(String, Vec<Curve>)>,
    /// What an explanation takes, method by method, and whether that was counted.
    pub(super) calls: Vec<(String, u64)>,
    pub(super) left_out: Vec<(Metric, u64)>,
    pub(super) n_inputs: usize,
}

impl Found {
    fn add(&mut self, method: &str, metric: Metric, score: Score) {
        match self.records.iter_mut().find(|it| it.method == method && it.metric == metric) {
            Some(record) => record.scores.push(score),
            None => self.records.push(Record { method: method.to_owned(), metric, scores: vec![score] }),
        }
    }

    fn add_curves(&mut self, method: &str, curves: Vec<Curve>) {
        match self.curves.iter_mut().find(|it| it.0 == method) {
            Some((_, all)) => all.extend(curves),
            None => self.curves.push((method.to_owned(), curves)),
        }
    }

    /// The largest count of any row stands for the method.
    fn count(&mut self, method: &str, calls: u64) {
        match self.calls.iter_mut().find(|it| it.0 == method) {
            Some((_, most)) => *most = calls.max(*most),
            None => self.calls.push((method.to_owned(), calls)),
        }
    }
}

/// What is to be measured.
pub(super) struct Task<'a> {
    pub(super) parts: &'a [Part<'a>],
    pub(super) metrics: Vec<Metric>,
    /// Whether the user named the metrics: then one that lacks what it needs is an error.
    pub(super) are_named: bool,
    pub(super) settings: Settings,
    pub(super) budget: Option<u64>,
}

impl Task<'_> {
    pub(super) fn run(mut self, progress: &dyn Progress) -> anyhow::Result<Found> {
        self.metrics = self.possible()?;
        let (left_out, n_inputs) = self.plan()?;
        let mut found = Found { left_out, n_inputs, ..Found::default() };
        let mut n_left = n_inputs;
        for part in self.parts {
            let n_rows = n_left.min(part.subject.rows.nrows());
            n_left -= n_rows;
            if n_rows > 0 {
                self.judge(part, n_rows, &mut found, progress)?;
            }
        }
        Ok(found)
    }

    /// How many scores there will be at most.
    pub(super) fn n_units(&self) -> u64 {
        let of = |part: &Part<'_>| part.subject.rows.nrows() * part.contenders.len();
        (self.parts.iter().map(of).sum::<usize>() * self.metrics.len()) as u64
    }

    /// The metrics for which the parts have what they need.
    fn possible(&self) -> anyhow::Result<Vec<Metric>> {
        let mut possible = Vec::new();
        for &metric in &self.metrics {
            let mut checks = self.parts.iter().map(|part| possible::check(part, metric, &self.settings));
            match checks.find(Result::is_ok) {
                Some(_) => possible.push(metric),
                None if self.are_named => {
                    self.parts.iter().try_for_each(|part| possible::check(part, metric, &self.settings))?;
                }
                None => {}
            }
        }
        Ok(possible)
    }

    fn plan(&mut self) -> anyhow::Result<(Vec<(Metric, u64)>, usize)> {
        let n_inputs = self.parts.iter().map(|it| it.subject.rows.nrows()).sum();
        let (Some(budget), Some(part)) = (self.budget, self.largest()) else {
            return Ok((Vec::new(), n_inputs));
        };
        let calls: Vec<u64> = part.contenders.iter().map(|it| it.calls()).collect();
        let wish = Wish {
            metrics: &self.metrics,
            settings: &self.settings,
            n_players: part.subject.players.len(),
            explanation_calls: &calls,
            n_inputs,
        };
        let plan = wish.within(budget)?;
        self.metrics = plan.metrics;
        Ok((plan.left_out, plan.n_inputs))
    }

    /// The part whose inputs cost most.
    fn largest(&self) -> Option<&Part<'_>> {
        self.parts.iter().max_by_key(|it| it.subject.players.len())
    }

    fn judge(
        &self,
        part: &Part<'_>,
        n_rows: usize,
        found: &mut Found,
        progress: &dyn Progress,
    ) -> anyhow::Result<()> {
        let explained = part.explained(n_rows)?;
        for (place, contender) in part.contenders.iter().enumerate() {
            let name = contender.name();
            found.count(name, explained[place].calls.unwrap_or_else(|| contender.calls()));
            for row in 0..n_rows {
                let remembering = Remembering::new(contender.as_ref());
                for &metric in &self.metrics {
                    match part.score(&explained, (place, row), &remembering, metric, &self.settings) {
                        Ok(score) => found.add(name, metric, score),
                        // Another method or row has what this metric needs, and this one does not.
                        Err(Error::Missing { .. }) => {}
                        Err(error) => anyhow::bail!("{name}, {}: {error}", metric.name()),
                    }
                    progress.advance(1);
                }
            }
            if self.metrics.contains(&Metric::Deletion) {
                found.add_curves(name, part.curves(&explained[place], &self.settings)?);
            }
        }
        Ok(())
    }
}

/// One method's attributions of some rows.
struct Rows {
    values: Array2<f64>,
    bases: Vec<Option<f64>>,
    calls: Option<u64>,
}

impl Part<'_> {
    /// Stability, randomisation verdict and faithfulness of a method's explanation of a row.
    pub(crate) fn evidence(
        &self,
        place: usize,
        row: usize,
        settings: &Settings,
    ) -> anyhow::Result<FullEvidence> {
        let contender = self.contenders[place].as_ref();
        let own = self.explained_by(contender, row..row + 1)?;
        self.with_case(&own, contender, (row, 0), None, |case| evidence_full(&case, settings))
            .map_err(Into::into)
    }

    /// The attributions of the first rows, method by method.
    fn explained(&self, n_rows: usize) -> anyhow::Result<Vec<Rows>> {
        self.contenders.iter().map(|it| self.explained_by(it.as_ref(), 0..n_rows)).collect()
    }

    fn explained_by(&self, contender: &dyn Contender, rows: std::ops::Range<usize>) -> anyhow::Result<Rows> {
        let n_players = self.subject.players.len();
        let mut found = Rows { values: Array2::zeros((0, n_players)), bases: Vec::new(), calls: None };
        for row in rows {
            let own = self.subject.rows.select(Axis(0), &[row]);
            let explained = contender.explain(None, own.view(), self.subject.outputs[row])?;
            let (name, values) = (contender.name(), &explained.values);
            anyhow::ensure!(
                values.dim() == (1, n_players),
                "{name} gave attributions of shape {:?}, but {:?} is needed: one value for each part of the input",
                values.shape(),
                [1, n_players]
            );
            anyhow::ensure!(
                values.iter().all(|it| it.is_finite()),
                "{name} gave values that are no finite numbers to input {row}; there is nothing to judge"
            );
            found.values.push_row(values.row(0))?;
            found.bases.push(explained.base_values.map(|it| it[0]));
            found.calls = found.calls.max(explained.calls);
        }
        Ok(found)
    }

    fn score(
        &self,
        explained: &[Rows],
        (place, row): (usize, usize),
        contender: &dyn Contender,
        metric: Metric,
        settings: &Settings,
    ) -> Result<Score, Error> {
        let subject = self.subject;
        let own = &explained[place];
        let classes = &subject.outputs[..own.values.nrows()];
        let peers = Peers { attributions: &own.values, classes, own: row };
        let peers = (own.values.nrows() > 1).then_some(peers);
        self.with_case(own, contender, (row, row), peers, |mut case| {
            // The first method is what others agree with; itself it is compared with the second.
            if let Some(other) = explained.get(usize::from(place == 0)) {
                case = case.with_other(Other::Method, other.values.row(row))?;
            }
            if metric == Metric::RandomOutput && subject.n_outputs > 1 {
                let rows = subject.rows.select(Axis(0), &[row]);
                let output = (subject.outputs[row] + 1) % subject.n_outputs;
                let other = contender.explain(None, rows.view(), output)?;
                case = case.with_other(Other::Output, other.values.row(0))?;
            }
            metric.with_settings(settings, subject.players.len()).measure(&case)
        })
    }

    /// Measures the case of a method's explanation of a row, `at` in the explained rows, with all that the subject has.
    fn with_case<R>(
        &self,
        own: &Rows,
        contender: &dyn Contender,
        (row, at): (usize, usize),
        peers: Option<Peers<'_>>,
        measure: impl FnOnce(Case<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let subject = self.subject;
        let output = subject.outputs[row];
        let input = subject.input(row)?;
        let of_output = OfOutput { contender, output };
        let by_model = |model: &dyn Randomise, rows: ArrayView2<'_, f64>| -> Result<Array2<f64>, CoreError> {
            Ok(contender.explain(Some(model), rows, output)?.values)
        };
        let mut case =
            Case::new(own.values.row(at), output)?.with_input(&input)?.with_scales(&subject.scales)?;
        if let Some(neighbours) = &subject.neighbours {
            case = case.with_neighbours(neighbours[row].view())?;
        }
        case = case.with_explain(&of_output);
        if let Some(peers) = peers {
            case = case.with_peers(peers)?;
        }
        if let Some(base) = own.bases[at] {
            case = case.with_base_value(base);
        }
        if let Some(region) = &subject.regions[row] {
            case = case.with_region(region)?;
        }
        if let Some(groups) = &subject.groups {
            case = case.with_groups(groups)?;
        }
        if let Some(model) = subject.randomise {
            case = case.with_randomise(model, &by_model);
        }
        measure(case)
    }

    fn curves(&self, explained: &Rows, settings: &Settings) -> Result<Vec<Curve>, Error> {
        let of = |(row, values): (usize, ndarray::ArrayView1<'_, f64>)| {
            let order = order_of(&values.to_vec(), Order::MostRelevantFirst, Ties::Random(settings.seed));
            let input = self.subject.input(row)?;
            curve(&input, self.subject.outputs[row], &order, Change::Deletion, settings.n_steps)
        };
        explained.values.outer_iter().enumerate().map(of).collect()
    }
}

impl Subject<'_> {
    fn input(&self, row: usize) -> Result<Input<'_>, Error> {
        Input::new(self.model, self.rows.row(row), self.fills.row(row), self.players)
    }
}
