//! Every method, every metric, every input.

use ndarray::{Array2, ArrayView2, Axis};
use rationale::metrics::{
    Case, Change, Curve, Error, Input, Metric, Order, Other, Peers, Players, Score, Settings, Ties, Wish,
    curve, order_of,
};
use rationale::{Error as CoreError, Predict, Progress, Randomise};

use super::contender::{Contender, OfOutput};

/// What is explained.
pub(crate) struct Subject<'a> {
    pub(crate) model: &'a dyn Predict,
    pub(crate) players: &'a Players,
    /// `[row, column]`.
    pub(crate) rows: Array2<f64>,
    /// What stands for absence `[row, column]`.
    pub(crate) fills: Array2<f64>,
    /// Small steps, column by column.
    pub(crate) scales: Vec<f64>,
    /// Which output of each row is explained.
    pub(crate) outputs: Vec<usize>,
    pub(crate) n_outputs: usize,
    /// Where the attribution should be, row by row.
    pub(crate) regions: Vec<Option<Vec<bool>>>,
    /// Players that go together.
    pub(crate) groups: Option<Vec<Vec<usize>>>,
    pub(crate) randomise: Option<&'a dyn Randomise>,
}

/// One method by one metric.
pub(super) struct Record {
    pub(super) method: String,
    pub(super) metric: Metric,
    pub(super) scores: Vec<Score>,
}

/// All that was found.
pub(super) struct Found {
    pub(super) records: Vec<Record>,
    /// The curves of deletion of each method, row by row.
    pub(super) curves: Vec<(String, Vec<Curve>)>,
    /// What an explanation takes, method by method.
    pub(super) calls: Vec<(String, u64)>,
    pub(super) left_out: Vec<(Metric, u64)>,
    pub(super) n_inputs: usize,
}

/// What is to be measured.
pub(super) struct Task<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) contenders: &'a [Box<dyn Contender + 'a>],
    pub(super) metrics: Vec<Metric>,
    /// Whether the user named the metrics: then one that lacks what it needs is an error.
    pub(super) are_named: bool,
    pub(super) settings: Settings,
    pub(super) budget: Option<u64>,
}

impl Task<'_> {
    pub(super) fn run(mut self, progress: &dyn Progress) -> anyhow::Result<Found> {
        let n_rows = self.subject.rows.nrows();
        let explained = self.explained(n_rows.min(2))?;
        self.metrics = self.possible(&explained)?;
        let (left_out, n_inputs) = self.plan()?;
        let explained = self.explained(n_inputs)?;
        let mut records = Vec::new();
        for (place, contender) in self.contenders.iter().enumerate() {
            for &metric in &self.metrics {
                let scores = (0..n_inputs).map(|row| {
                    let score = self.score(&explained, place, row, metric);
                    progress.advance(1);
                    score
                });
                let scores = match scores.collect::<Result<Vec<_>, _>>() {
                    // Another method has what this metric needs, and this one does not promise it.
                    Err(Error::Missing { .. }) if !self.are_named => continue,
                    scores => scores?,
                };
                records.push(Record { method: contender.name().to_owned(), metric, scores });
            }
        }
        let curves =
            if self.metrics.contains(&Metric::Deletion) { self.curves(&explained)? } else { Vec::new() };
        let calls = self.contenders.iter().map(|it| (it.name().to_owned(), it.calls())).collect();
        Ok(Found { records, curves, calls, left_out, n_inputs })
    }

    /// How many scores there will be at most.
    pub(super) fn n_units(&self) -> u64 {
        (self.subject.rows.nrows() * self.metrics.len() * self.contenders.len()) as u64
    }

    /// The attributions of the first rows, method by method.
    fn explained(&self, n_rows: usize) -> anyhow::Result<Vec<Row>> {
        let mut all = Vec::new();
        for contender in self.contenders {
            let mut values = Array2::zeros((n_rows, self.subject.players.len()));
            let mut bases = Vec::new();
            for row in 0..n_rows {
                let rows = self.subject.rows.select(Axis(0), &[row]);
                let found = contender.explain(None, rows.view(), self.subject.outputs[row])?;
                anyhow::ensure!(
                    found.values.dim() == (1, values.ncols()),
                    "{} gave attributions of another shape",
                    contender.name()
                );
                values.row_mut(row).assign(&found.values.row(0));
                bases.push(found.base_values.map(|it| it[0]));
            }
            all.push(Row { values, bases });
        }
        Ok(all)
    }

    /// The metrics for which the subject has what they need, tried on the first row.
    fn possible(&self, explained: &[Row]) -> anyhow::Result<Vec<Metric>> {
        let mut possible = Vec::new();
        for &metric in &self.metrics {
            let mut fits = false;
            for place in 0..self.contenders.len() {
                match self.score(explained, place, 0, metric) {
                    Ok(_) => fits = true,
                    Err(Error::Missing { .. }) if !self.are_named => {}
                    Err(error) => return Err(error.into()),
                }
            }
            possible.extend(fits.then_some(metric));
        }
        Ok(possible)
    }

    fn plan(&mut self) -> anyhow::Result<(Vec<(Metric, u64)>, usize)> {
        let n_inputs = self.subject.rows.nrows();
        let Some(budget) = self.budget else { return Ok((Vec::new(), n_inputs)) };
        let calls: Vec<u64> = self.contenders.iter().map(|it| it.calls()).collect();
        let n_players = self.subject.players.len();
        let wish = Wish {
            metrics: &self.metrics,
            settings: &self.settings,
            n_players,
            explanation_calls: &calls,
            n_inputs,
        };
        let plan = wish.within(budget)?;
        self.metrics = plan.metrics;
        Ok((plan.left_out, plan.n_inputs))
    }

    fn score(&self, explained: &[Row], place: usize, row: usize, metric: Metric) -> Result<Score, Error> {
        let (subject, contender) = (self.subject, &self.contenders[place]);
        let output = subject.outputs[row];
        let input = subject.input(row)?;
        let of_output = OfOutput { contender: contender.as_ref(), output };
        let by_model = |model: &dyn Randomise, rows: ArrayView2<'_, f64>| -> Result<Array2<f64>, CoreError> {
            Ok(contender.explain(Some(model), rows, output)?.values)
        };
        let own = &explained[place];
        let mut case = Case::new(own.values.row(row), output)?
            .with_input(&input)?
            .with_explain(&of_output)
            .with_scales(&subject.scales)?
            .with_peers(Peers {
                attributions: &own.values,
                classes: &subject.outputs[..own.values.nrows()],
                own: row,
            })?;
        if let Some(base) = own.bases[row] {
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
        // The first method is what others agree with; itself it is compared with the second.
        if let Some(other) = explained.get(usize::from(place == 0)) {
            case = case.with_other(Other::Method, other.values.row(row))?;
        }
        if metric == Metric::RandomOutput && subject.n_outputs > 1 {
            let rows = subject.rows.select(Axis(0), &[row]);
            let other = contender.explain(None, rows.view(), (output + 1) % subject.n_outputs)?;
            case = case.with_other(Other::Output, other.values.row(0))?;
        }
        metric.with_settings(&self.settings, subject.players.len()).measure(&case)
    }

    fn curves(&self, explained: &[Row]) -> anyhow::Result<Vec<(String, Vec<Curve>)>> {
        let of = |place: usize| -> Result<_, Error> {
            let rows = explained[place].values.outer_iter().enumerate();
            let curves = rows.map(|(row, values)| {
                let order =
                    order_of(&values.to_vec(), Order::MostRelevantFirst, Ties::Random(self.settings.seed));
                let input = self.subject.input(row)?;
                curve(&input, self.subject.outputs[row], &order, Change::Deletion, self.settings.n_steps)
            });
            Ok((self.contenders[place].name().to_owned(), curves.collect::<Result<Vec<_>, _>>()?))
        };
        Ok((0..self.contenders.len()).map(of).collect::<Result<Vec<_>, _>>()?)
    }
}

/// One method's attributions of some rows.
struct Row {
    values: Array2<f64>,
    bases: Vec<Option<f64>>,
}

impl Subject<'_> {
    fn input(&self, row: usize) -> Result<Input<'_>, Error> {
        Input::new(self.model, self.rows.row(row), self.fills.row(row), self.players)
    }
}
