//! The audit: decide, explain, give reasons, compare groups.

use ndarray::{Array2, Array3, ArrayView2, Axis};
use rationale_core::{Attributions, Background, Explain, FeatureGroups, Progress, Seed, Silent};
use rationale_shapley::tree::TreeShap;
use rationale_tabular::{FieldKind, Table, labels};
use rationale_trees::Link;

use crate::catalogue::Reasons;
use crate::comparison::Groups;
use crate::reason::{Case, Contributions, principal};
use crate::reference::folds;
use crate::{
    Catalogue, Comparison, Decisions, Direction, Error, Performance, Protected, Reference, Rule,
    ScoringModel, Source,
};

/// Declined applicants whose reasons are found together; bounds the memory, changes no value.
const BLOCK_ROWS: usize = 4096;
/// Bytes for the folded background of the whole reference, and of one of its folds.
const WHOLE_MEMORY: usize = 1 << 28;
const FOLD_MEMORY: usize = 1 << 26;

/// The outcomes of applicants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The column.
    pub column: String,
    /// Its favourable value.
    pub favourable: String,
}

/// An audit of a model's decisions on a table of applicants.
///
/// | step | what |
/// |---|---|
/// | decide | scores, and who is declined by the stated rule |
/// | explain | interventional TreeSHAP of every applicant against the stated reference, on the margin |
/// | reasons | for each declined applicant the groups that moved the score most towards the decline |
/// | compare | approval, scores and attributions by protected columns |
///
/// **Chance**: intervals of reasons come from splitting the reference at random into 20 folds (Student's t over folds);
/// they cover the choice of the reference from its population and nothing else, in particular no refitting of the model.
#[derive(Debug, Clone)]
pub struct Audit {
    model: ScoringModel,
    rule: Rule,
    direction: Direction,
    label: Option<Label>,
    output: Option<String>,
    reference: Reference,
    catalogue: Catalogue,
    protected: Vec<Protected>,
    id: Option<String>,
    seed: Seed,
}

impl Audit {
    /// An audit of decisions by a rule. Higher scores are favourable, applicants are compared with the approved ones of
    /// their table, and every column is its own reason, until `with_*` says otherwise.
    pub fn new(model: ScoringModel, rule: Rule) -> Self {
        Self {
            model,
            rule,
            direction: Direction::default(),
            label: None,
            output: None,
            reference: Reference::Approved,
            catalogue: Catalogue::default(),
            protected: Vec::new(),
            id: None,
            seed: Seed::default(),
        }
    }

    /// States which scores are favourable.
    pub fn with_direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// Compares decisions with outcomes; the favourable value also names the model's output, if one is called so.
    pub fn with_label(mut self, label: Label) -> Self {
        self.label = Some(label);
        self
    }

    /// Names the output that is the score.
    pub fn with_output(mut self, output: impl Into<String>) -> Self {
        self.output = Some(output.into());
        self
    }

    /// Sets against whom applicants are compared.
    pub fn with_reference(mut self, reference: Reference) -> Self {
        self.reference = reference;
        self
    }

    /// Sets the reasons.
    pub fn with_catalogue(mut self, catalogue: Catalogue) -> Self {
        self.catalogue = catalogue;
        self
    }

    /// Compares the groups of these columns.
    pub fn with_protected(mut self, protected: Vec<Protected>) -> Self {
        self.protected = protected;
        self
    }

    /// Names applicants by this column; by their row, counted from 0, where there is none.
    pub fn with_id(mut self, column: impl Into<String>) -> Self {
        self.id = Some(column.into());
        self
    }

    /// Sets the seed of folds and bootstrap.
    pub fn with_seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Scores the applicants and decides. All that can be wrong with table and settings is found here, before the long
    /// work.
    #[tracing::instrument(name = "decide", skip_all, fields(rows = table.n_rows()))]
    pub fn decide<'a>(&'a self, table: &'a Table) -> Result<Decided<'a>, Error> {
        let encoded = self.model.encoder().encode(table)?;
        let favourable = self.label.as_ref().map(|label| label.favourable.as_str());
        let output = self.model.output(self.output.as_deref(), favourable)?;
        self.check_direction(output, favourable)?;
        let scores = self.model.scores(encoded.rows.view(), output)?;
        let decisions = Decisions::new(scores.view(), self.rule, self.direction)?;
        let reference = self.reference.rows(&self.model, encoded.rows.view(), &decisions)?;
        let encoder = self.model.encoder();
        let columns = FeatureGroups::new(encoder.groups(), encoder.feature_names())?;
        Ok(Decided {
            reasons: self.catalogue.reasons(columns.names())?,
            folds: folds(&reference, self.seed)?,
            unused: self.unused(encoded.ignored),
            outcomes: self.label.as_ref().map(|label| outcomes(table, label)).transpose()?,
            groups: self.protected.iter().map(|it| Groups::new(table, it)).collect::<Result<_, _>>()?,
            ids: self.ids(table)?,
            scores: scores.to_vec(),
            rows: encoded.rows,
            audit: self,
            columns,
            table,
            output,
            decisions,
            reference,
        })
    }

    /// The score of the favourable value cannot be unfavourable.
    fn check_direction(&self, output: usize, favourable: Option<&str>) -> Result<(), Error> {
        let name = &self.model.trees().output_names()[output];
        if self.direction == Direction::LowerIsFavourable && favourable == Some(name.as_str()) {
            return Err(Error::Contradiction { output: name.clone() });
        }
        Ok(())
    }

    /// What applicants are called.
    fn ids(&self, table: &Table) -> Result<Vec<String>, Error> {
        let Some(id) = &self.id else { return Ok((0..table.n_rows()).map(|row| row.to_string()).collect()) };
        let column = table.column(id)?;
        let missing = |row: usize| format!("row {row}");
        let of = |row| column.text_at(row).map_or_else(|| missing(row), std::borrow::Cow::into_owned);
        Ok((0..table.n_rows()).map(of).collect())
    }

    /// Of the columns that the model does not use, those that nothing else does.
    fn unused(&self, ignored: Vec<String>) -> Vec<String> {
        let label = self.label.as_ref().map(|label| label.column.as_str());
        let is_used = |name: &String| {
            Some(name.as_str()) == label
                || self.id.as_ref() == Some(name)
                || self.protected.iter().any(|protected| protected.column == *name)
        };
        ignored.into_iter().filter(|name| !is_used(name)).collect()
    }
}

/// What happened `[row]`, true where favourable, none where it is not known. Both outcomes must occur.
fn outcomes(table: &Table, label: &Label) -> Result<Vec<Option<bool>>, Error> {
    let column = table.column(&label.column)?;
    let known: Vec<usize> = (0..table.n_rows()).filter(|&row| !column.is_missing(row)).collect();
    let mut outcomes = vec![None; table.n_rows()];
    let favourable = labels(&table.select_rows(&known), &label.column, &label.favourable)?;
    known.into_iter().zip(favourable).for_each(|(row, outcome)| outcomes[row] = Some(outcome));
    Ok(outcomes)
}

/// Applicants with their decisions, not yet explained.
#[derive(Debug)]
pub struct Decided<'a> {
    audit: &'a Audit,
    table: &'a Table,
    rows: Array2<f64>,
    /// The columns of the model, each with its features.
    columns: FeatureGroups,
    output: usize,
    scores: Vec<f64>,
    decisions: Decisions,
    outcomes: Option<Vec<Option<bool>>>,
    groups: Vec<Groups>,
    ids: Vec<String>,
    reference: Background,
    folds: Vec<Background>,
    reasons: Reasons,
    unused: Vec<String>,
}

impl Decided<'_> {
    /// The decisions.
    pub fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    /// How many units of work [`Decided::explain`] will report.
    pub fn n_units(&self) -> u64 {
        (self.rows.nrows() + self.folds.len() * self.decisions.declined().len()) as u64
    }

    /// Explains every applicant, finds the reasons of those declined, and compares groups.
    #[tracing::instrument(name = "explain_applicants", skip_all, fields(rows = self.rows.nrows(), reference = self.reference.rows().nrows()))]
    pub fn explain(self, progress: &dyn Progress) -> Result<Findings, Error> {
        let job = (WHOLE_MEMORY, self.rows.nrows());
        let attributions = self.attributions(&self.reference, self.rows.view(), progress, job)?;
        let cases = self.cases(&attributions, progress)?;
        let compare = |groups: &Groups| {
            Comparison::new(groups, &self.decisions, &self.scores, &attributions, self.audit.seed)
        };
        let comparisons = self.groups.iter().map(compare).collect();
        let performance = self.outcomes.as_ref().map(|outcomes| self.performance(outcomes));
        Ok(Findings {
            numbers: self.numbers(),
            texts: self.texts()?,
            setup: self.setup(),
            attributions,
            scores: self.scores,
            decisions: self.decisions,
            outcomes: self.outcomes,
            ids: self.ids,
            cases,
            comparisons,
            performance,
        })
    }

    /// Attributions `[row, column, 1]` of the score's margin. `n_announced` rows are explained so in all, of which these are a
    /// part: the engine is chosen for all of them.
    fn attributions(
        &self,
        reference: &Background,
        rows: ArrayView2<'_, f64>,
        progress: &dyn Progress,
        (memory, n_announced): (usize, usize),
    ) -> Result<Attributions, Error> {
        let explainer = TreeShap::interventional(self.audit.model.trees(), reference)?;
        let explainer = explainer.with_memory_limit(memory).with_announced_rows(n_announced);
        let explained = explainer.explain(rows, progress)?;
        let explained = explained.select_output(self.output)?.grouped(&self.columns)?;
        let name = match self.unit() {
            Unit::Score => explained.output_names()[0].clone(),
            unit => format!("{} ({})", explained.output_names()[0], unit.name()),
        };
        Ok(explained.with_output_names(vec![name])?)
    }

    fn cases(&self, attributions: &Attributions, progress: &dyn Progress) -> Result<Vec<Case>, Error> {
        let declined = self.decisions.declined();
        let mut cases = Vec::with_capacity(declined.len());
        for block in declined.chunks(BLOCK_ROWS) {
            let whole = attributions.select_rows(block).grouped(&self.reasons.groups)?;
            let folds = self.folded(block, progress)?;
            for (place, &row) in block.iter().enumerate() {
                let contributions =
                    Contributions { whole: whole.row(place, 0), folds: folds.index_axis(Axis(1), place) };
                let reasons = principal(&contributions, &self.reasons, self.decisions.direction);
                cases.push(Case { row, reasons });
            }
        }
        Ok(cases)
    }

    /// What each reason's group gave to these rows against each fold `[fold, row, group]`.
    fn folded(&self, block: &[usize], progress: &dyn Progress) -> Result<Array3<f64>, Error> {
        let rows = self.rows.select(Axis(0), block);
        let job = (FOLD_MEMORY, self.decisions.declined().len());
        let mut values = Array3::zeros((self.folds.len(), block.len(), self.reasons.groups.len()));
        for (fold, mut values) in self.folds.iter().zip(values.outer_iter_mut()) {
            let explained = self.attributions(fold, rows.view(), &Silent, job)?;
            let explained = explained.grouped(&self.reasons.groups)?;
            values.assign(&explained.values().index_axis(Axis(2), 0));
            progress.advance(block.len() as u64);
        }
        Ok(values)
    }

    /// The columns' values for positions and colours `[row, column]`; NaN for categories.
    fn numbers(&self) -> Array2<f64> {
        let fields = self.audit.model.encoder().schema().fields();
        Array2::from_shape_fn((self.rows.nrows(), fields.len()), |(row, column)| match fields[column].kind {
            FieldKind::Numeric => self.rows[[row, self.columns.members()[column][0]]],
            FieldKind::Categorical { .. } => f64::NAN,
        })
    }

    /// The columns' values for people `[row][column]`.
    fn texts(&self) -> Result<Vec<Vec<String>>, Error> {
        let encoder = self.audit.model.encoder();
        let mut texts = vec![Vec::new(); self.table.n_rows()];
        for field in 0..encoder.schema().fields().len() {
            let values = encoder.display_values(self.table, field)?;
            texts.iter_mut().zip(values).for_each(|(row, value)| row.push(value));
        }
        Ok(texts)
    }

    /// Against the outcomes that are known.
    fn performance(&self, outcomes: &[Option<bool>]) -> Performance {
        let known = || outcomes.iter().enumerate().filter_map(|(row, outcome)| Some((row, (*outcome)?)));
        let scores: Vec<f64> = known().map(|(row, _)| self.scores[row]).collect();
        let approved = known().map(|(row, _)| self.decisions.approved[row]).collect();
        let favourable: Vec<bool> = known().map(|(_, outcome)| outcome).collect();
        Performance::new(&scores, &Decisions { approved, ..self.decisions.clone() }, &favourable)
    }

    fn unit(&self) -> Unit {
        match self.audit.model.trees().link() {
            Link::Identity => Unit::Score,
            Link::Logistic => Unit::LogOdds,
            _ => Unit::Margin,
        }
    }

    fn setup(&self) -> Setup {
        let audit = self.audit;
        Setup {
            file: self.table.name().to_owned(),
            output: audit.model.trees().output_names()[self.output].clone(),
            rule: audit.rule,
            label: audit.label.clone(),
            reference: audit.reference.in_words(),
            n_reference: self.reference.rows().nrows(),
            n_folds: self.folds.len(),
            seed: audit.seed,
            unit: self.unit(),
            has_catalogue: !audit.catalogue.entries().is_empty(),
            n_trees: audit.model.trees().trees().len(),
            own_reasons: self.reasons.entries[audit.catalogue.entries().len()..]
                .iter()
                .map(|entry| entry.group.clone())
                .collect(),
            reasons: self.reasons.clone(),
            unused: self.unused.clone(),
            source: audit.model.source().clone(),
        }
    }
}

/// In what attributions are counted: trees add up on the margin, which a link turns into the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// The score itself.
    Score,
    /// The log-odds of the score.
    LogOdds,
    /// The model's margin, which its link turns into the score.
    Margin,
}

impl Unit {
    /// What the report calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::LogOdds => "log-odds",
            Self::Margin => "margin",
        }
    }
}

/// What was asked, as it was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// The table of applicants.
    pub file: String,
    /// The output that is the score.
    pub output: String,
    /// The rule as given.
    pub rule: Rule,
    /// The outcomes' column and favourable value.
    pub label: Option<Label>,
    /// Against whom applicants are compared.
    pub reference: String,
    /// How many rows that is.
    pub n_reference: usize,
    /// Into how many folds it was split for intervals; 0 where it is too small.
    pub n_folds: usize,
    /// The seed of folds and bootstrap.
    pub seed: Seed,
    /// In what attributions and reasons are counted.
    pub unit: Unit,
    /// Whether a catalogue of reasons was given.
    pub has_catalogue: bool,
    /// How many trees the model has.
    pub n_trees: usize,
    /// Columns that the catalogue does not name.
    pub own_reasons: Vec<String>,
    /// All reasons.
    pub reasons: Reasons,
    /// Columns of the table that nothing here looks at.
    pub unused: Vec<String>,
    /// Where the model comes from.
    pub source: Source,
}

/// Everything that an audit found.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// What was asked.
    pub setup: Setup,
    /// Of every applicant `[row, column, 1]`, on the margin.
    pub attributions: Attributions,
    /// The columns' values `[row, column]`; NaN for categories.
    pub numbers: Array2<f64>,
    /// The columns' values for people `[row][column]`.
    pub texts: Vec<Vec<String>>,
    /// Scores `[row]`, after the link.
    pub scores: Vec<f64>,
    /// Who is approved.
    pub decisions: Decisions,
    /// What happened `[row]`, true where favourable, none where it is not known.
    pub outcomes: Option<Vec<Option<bool>>>,
    /// What applicants are called `[row]`.
    pub ids: Vec<String>,
    /// The reasons of those declined, in the order of rows.
    pub cases: Vec<Case>,
    /// Groups side by side, one comparison a protected column.
    pub comparisons: Vec<Comparison>,
    /// How well scores and decisions agree with outcomes.
    pub performance: Option<Performance>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{model, table};

    fn run(audit: &Audit) -> Findings {
        audit.decide(&table()).unwrap().explain(&Silent).unwrap()
    }

    fn audit() -> Audit {
        let label = Label { column: "paid".into(), favourable: "good".into() };
        Audit::new(model(), Rule::CutOff(0.5)).with_label(label).with_reference(Reference::All)
    }

    #[test]
    fn reports_as_many_units_as_announced() {
        use std::sync::atomic::{AtomicU64, Ordering};
        let (audit, table, done) = (audit(), table(), AtomicU64::new(0));
        let decided = audit.decide(&table).unwrap();
        let units = decided.n_units();
        let progress = |n: u64| {
            done.fetch_add(n, Ordering::Relaxed);
        };
        decided.explain(&progress).unwrap();
        assert_eq!(done.into_inner(), units);
    }

    #[test]
    fn columns_add_up_and_declined_have_reasons() {
        let findings = run(&audit());
        assert_eq!(findings.attributions.feature_names(), ["job", "amount"]);
        assert!(findings.attributions.completeness_gap() < 1e-12);
        assert_eq!(findings.cases.len(), findings.decisions.declined().len());
        for case in &findings.cases {
            let total: f64 = case.reasons.iter().map(|reason| reason.share).sum();
            assert!((total - 1.0).abs() < 1e-12, "two columns make at most two reasons");
        }
    }

    #[test]
    fn the_mean_over_folds_is_the_value_against_the_whole_reference() {
        let (audit, table) = (audit(), table());
        let decided = audit.decide(&table).unwrap();
        let sizes: Vec<f64> = decided.folds.iter().map(|fold| fold.rows().nrows() as f64).collect();
        let declined = decided.decisions.declined();
        let folds = decided.folded(&declined, &Silent).unwrap();
        let mut mean = Array2::<f64>::zeros((declined.len(), 2));
        for (size, fold) in sizes.iter().zip(folds.outer_iter()) {
            mean.scaled_add(size / table.n_rows() as f64, &fold);
        }
        let whole = decided.explain(&Silent).unwrap().attributions.select_rows(&declined);
        let gap = mean - whole.values().index_axis(Axis(2), 0);
        assert!(gap.iter().all(|gap| gap.abs() < 1e-12));
    }

    #[test]
    fn a_seed_gives_the_same_findings() {
        let protected = vec![Protected::new("job")];
        let audit = audit().with_protected(protected);
        // As text, because the numbers of categories are NaN, which equals nothing.
        assert_eq!(format!("{:?}", run(&audit)), format!("{:?}", run(&audit)));
    }

    #[test]
    fn unknown_outcomes_are_left_out_and_a_favourable_score_is_high() {
        let text = "job,amount,paid,sex\nclerk,100,good,f\nnone,900,bad,m\nclerk,800,,f\nnone,200,good,m\n";
        let table = Table::from_csv_bytes("loans.csv", text.as_bytes()).unwrap();
        let audit = audit();
        let findings = audit.decide(&table).unwrap().explain(&Silent).unwrap();
        assert_eq!(findings.outcomes.as_ref().unwrap()[2], None);
        let counts = findings.performance.unwrap().counts;
        assert_eq!(counts.approved_favourable + counts.declined_unfavourable, 3);

        let audit = audit.with_direction(Direction::LowerIsFavourable);
        assert!(matches!(audit.decide(&table), Err(Error::Contradiction { .. })));
    }

    #[test]
    fn nobody_approved_is_no_reference() {
        let audit = Audit::new(model(), Rule::CutOff(9.0)).with_output("good");
        let error = audit.decide(&table()).unwrap_err().to_string();
        assert!(error.starts_with("the approved applicants of this table are no rows"), "{error}");
    }
}
