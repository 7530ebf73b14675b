//! The audit as it is asked for.

use rationale_core::{FeatureGroups, Seed};
use rationale_tabular::{Table, labels};

use crate::comparison::Groups;
use crate::decided::{Decided, Refit, encoded};
use crate::findings::Ids;
use crate::reference::folds;
use crate::shown::MOST_SHOWN;
use crate::{
    Catalogue, Decisions, Direction, Error, MOST_REASONS, Population, Protected, Reference, Rule, Scorer,
    ScoringModel,
};

/// Rows encoded and scored together; bounds the memory, changes no value.
const BLOCK_ROWS: usize = 65_536;

/// The outcomes of applicants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The column.
    pub column: String,
    /// Its favourable value.
    pub favourable: String,
}

/// From where on figures are pointed out. They are conventions, not law.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// A group whose approval rate is below this share of the highest one; 0.8, the four-fifths rule of the Uniform
    /// Guidelines on Employee Selection Procedures (29 CFR 1607.4 D), borrowed.
    pub four_fifths: f64,
    /// The chance of any false alarm among all gaps that are tested together; 0.05.
    pub significance: f64,
    /// A column that goes with a protected one by Cramér's V of at least this; 0.3.
    pub proxy: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { four_fifths: 0.8, significance: 0.05, proxy: 0.3 }
    }
}

/// An audit of a model's decisions on a table of applicants.
///
/// | step | what |
/// |---|---|
/// | decide | scores, and who is declined by the stated rule |
/// | explain | interventional TreeSHAP of every applicant against the stated reference, on the margin; a model that only answers by permutation sampling, on the score |
/// | reasons | for each declined applicant the groups that moved the score most towards the decline |
/// | compare | approval, scores, outcomes and attributions by protected columns |
///
/// **Chance**: intervals of reasons come from splitting the reference at random into 20 folds (Student's t over folds);
/// they cover the choice of the reference from its population, of a model that only answers also the sampling of its
/// values, and nothing else, in particular no refitting of the model.
/// [`Audit::with_refits`] shows what other fits make of a reason.
///
/// **Costs**: memory of the table and of 8 bytes an applicant and column; rows are encoded and explained in blocks, folds
/// one after the other, and of a fold nothing is kept but running sums. Time is that of explaining every applicant once
/// and every declined one 20 times.
#[derive(Debug, Clone)]
pub struct Audit {
    pub(crate) model: Scorer,
    pub(crate) rule: Rule,
    pub(crate) direction: Direction,
    pub(crate) label: Option<Label>,
    output: Option<String>,
    pub(crate) reference: Reference,
    reference_rows: Option<usize>,
    pub(crate) population: Population,
    pub(crate) catalogue: Catalogue,
    pub(crate) letter: Option<String>,
    pub(crate) most_reasons: usize,
    pub(crate) refits: Vec<ScoringModel>,
    pub(crate) protected: Vec<Protected>,
    intersections: bool,
    pub(crate) thresholds: Thresholds,
    pub(crate) most_shown: usize,
    id: Option<String>,
    pub(crate) seed: Seed,
}

impl Audit {
    /// An audit of decisions by a rule. Higher scores are favourable, applicants are compared with the approved ones of
    /// their table, and every column is its own reason, until `with_*` says otherwise.
    pub fn new(model: impl Into<Scorer>, rule: Rule) -> Self {
        Self {
            model: model.into(),
            rule,
            direction: Direction::default(),
            label: None,
            output: None,
            reference: Reference::Approved,
            reference_rows: None,
            population: Population::default(),
            catalogue: Catalogue::default(),
            letter: None,
            most_reasons: MOST_REASONS,
            refits: Vec::new(),
            protected: Vec::new(),
            intersections: true,
            thresholds: Thresholds::default(),
            most_shown: MOST_SHOWN,
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

    /// Takes at most so many rows of the reference, drawn at random; by default 10,000, and 100 for a model that only
    /// answers, which is asked about every one of them again and again.
    pub fn with_reference_rows(mut self, most: usize) -> Self {
        self.reference_rows = Some(most);
        self
    }

    /// States what the reference is to those with whom applicants are meant to be compared; a sample by default.
    pub fn with_population(mut self, population: Population) -> Self {
        self.population = population;
        self
    }

    /// Sets the reasons.
    pub fn with_catalogue(mut self, catalogue: Catalogue) -> Self {
        self.catalogue = catalogue;
        self
    }

    /// Sets the template of letters, in place of the catalogue's.
    pub fn with_letter(mut self, template: impl Into<String>) -> Self {
        self.letter = Some(template.into());
        self
    }

    /// Gives at most so many reasons, 1 to 4; a fifth for enquiries comes on top.
    pub fn with_most_reasons(mut self, most: usize) -> Self {
        self.most_reasons = most;
        self
    }

    /// Asks other fits of the model too: with other seeds, on resampled training data.
    pub fn with_refits(mut self, refits: Vec<ScoringModel>) -> Self {
        self.refits = refits;
        self
    }

    /// Compares the groups of these columns.
    pub fn with_protected(mut self, protected: Vec<Protected>) -> Self {
        self.protected = protected;
        self
    }

    /// Leaves out the groups that pairs of protected columns make.
    pub fn without_intersections(mut self) -> Self {
        self.intersections = false;
        self
    }

    /// Sets from where on figures are pointed out.
    pub fn with_thresholds(mut self, thresholds: Thresholds) -> Self {
        self.thresholds = thresholds;
        self
    }

    /// Shows at most so many applicants on the page; 10,000 by default.
    pub fn with_most_shown(mut self, most: usize) -> Self {
        self.most_shown = most;
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

    /// The model.
    pub fn model(&self) -> &Scorer {
        &self.model
    }

    /// Scores the applicants and decides. All that can be wrong with table and settings is found here, before the long
    /// work.
    #[tracing::instrument(name = "decide", skip_all, fields(rows = table.n_rows()))]
    pub fn decide<'a>(&'a self, table: &'a Table) -> Result<Decided<'a>, Error> {
        if !(1..=MOST_REASONS).contains(&self.most_reasons) {
            return Err(Error::MostReasons { asked: self.most_reasons, most: MOST_REASONS });
        }
        let output = self.chosen_output(&self.model)?;
        let most = self.reference_rows.unwrap_or_else(|| self.model.usual_reference_rows());
        let (scores, ignored) = scored(&self.model, table, output)?;
        let decisions = Decisions::new(scores.as_slice().into(), self.rule, self.direction)?;
        let chosen = self.reference.rows(table, &scores, &decisions, (most, self.seed))?;
        let is_sampled = self.population == Population::Sampled;
        if !is_sampled && chosen.rows.len() < chosen.n_available {
            return Err(Error::Census { n_rows: chosen.n_available, most });
        }
        let encoder = self.model.encoder();
        let columns = FeatureGroups::new(encoder.groups(), encoder.feature_names())?;
        let reasons = self.catalogue.reasons(columns.names())?;
        let letter = self.letter.clone().or_else(|| self.catalogue.letter().map(str::to_owned));
        if let Some(letter) = &letter {
            crate::letter::check(letter)?;
        }
        let refit = |(place, model): (usize, &'a ScoringModel)| -> Result<Refit<'a>, Error> {
            let output = self.chosen_output(&Scorer::Trees(model.clone()))?;
            let rows = encoded(model.encoder(), chosen.table, &chosen.rows)?;
            Refit::new(place, model, output, rows, &self.catalogue, &reasons)
        };
        Ok(Decided {
            refits: self.refits.iter().enumerate().map(refit).collect::<Result<_, _>>()?,
            reference: encoded(self.model.encoder(), chosen.table, &chosen.rows)?,
            folds: if is_sampled { folds(chosen.rows.len(), self.seed) } else { Vec::new() },
            n_available: chosen.n_available,
            unused: self.unused(ignored),
            outcomes: self.label.as_ref().map(|label| outcomes(table, label)).transpose()?,
            groups: self.groups(table)?,
            ids: Ids(self.id.as_ref().map(|id| table.column(id).cloned()).transpose()?),
            audit: self,
            letter,
            reasons,
            scores,
            columns,
            table,
            output,
            decisions,
        })
    }

    /// The output that is the score; that of the favourable value cannot be unfavourable.
    fn chosen_output(&self, model: &Scorer) -> Result<usize, Error> {
        let favourable = self.label.as_ref().map(|label| label.favourable.as_str());
        let output = model.output(self.output.as_deref(), favourable)?;
        let name = &model.output_names()[output];
        if self.direction == Direction::LowerIsFavourable && favourable == Some(name.as_str()) {
            return Err(Error::Contradiction { output: name.clone() });
        }
        Ok(output)
    }

    /// The groups of each protected column, and of each pair of them.
    fn groups(&self, table: &Table) -> Result<Vec<Groups>, Error> {
        let single: Vec<Groups> =
            self.protected.iter().map(|it| Groups::new(table, it)).collect::<Result<_, _>>()?;
        let mut groups = single.clone();
        if self.intersections {
            for (place, first) in single.iter().enumerate() {
                groups.extend(single[place + 1..].iter().map(|second| first.crossed(second)));
            }
        }
        Ok(groups)
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

/// Scores `[row]`, and the columns that the model does not use; block by block.
pub(crate) fn scored(model: &Scorer, table: &Table, output: usize) -> Result<(Vec<f64>, Vec<String>), Error> {
    let mut scores = Vec::with_capacity(table.n_rows());
    let mut ignored = Vec::new();
    for first in (0..table.n_rows()).step_by(BLOCK_ROWS) {
        let rows: Vec<usize> = (first..table.n_rows().min(first + BLOCK_ROWS)).collect();
        let encoded = model.encoder().encode(&table.select_rows(&rows))?;
        scores.extend(model.scores(encoded.rows.view(), output)?);
        ignored = encoded.ignored;
    }
    Ok((scores, ignored))
}

/// What happened `[row]`, true where favourable, none where it is not known. Both outcomes must occur.
fn outcomes(table: &Table, label: &Label) -> Result<Vec<Option<bool>>, Error> {
    let column = table.column(&label.column)?;
    let known: Vec<usize> = (0..table.n_rows()).filter(|&row| !column.is_missing(row)).collect();
    let mut outcomes = vec![None; table.n_rows()];
    let only = Table::new(table.name(), vec![(label.column.clone(), column.clone())])?;
    let favourable = labels(&only.select_rows(&known), &label.column, &label.favourable)?;
    known.into_iter().zip(favourable).for_each(|(row, outcome)| outcomes[row] = Some(outcome));
    Ok(outcomes)
}
