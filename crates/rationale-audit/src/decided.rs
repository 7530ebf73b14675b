//! Applicants with their decisions, and how they are explained: block by block, fold by fold.

use ndarray::{Array2, Array3, ArrayView1, Axis, Slice};
use rationale_core::{Attributions, Background, Evidence, FeatureGroups, Hasher, Progress, Seed, Silent};
use rationale_tabular::{Encoder, Table};

use crate::catalogue::Reasons;
use crate::comparison::{Comparison, Groups, Portfolio};
use crate::explainer::{self, Explainer, keep_errors};
use crate::findings::{Findings, Ids, Pair, Setup, Unit};
use crate::interval;
use crate::reason::{Asked, Case, Draft, quantile};
use crate::shown::Shown;
use crate::{Audit, Catalogue, Decisions, Error, Performance, ScoringModel};

/// Applicants explained together; bounds the memory, changes no value.
const BLOCK_ROWS: usize = 16_384;
/// Bytes for the folded background of the whole reference, and of one of its folds.
const WHOLE_MEMORY: usize = 1 << 28;
const FOLD_MEMORY: usize = 1 << 26;
/// Interactions are measured on at most so many applicants, and so many bytes.
const MOST_PAIRED: usize = 200;
const PAIRED_MEMORY: usize = 1 << 26;
/// Pairs that are told.
const MOST_PAIRS: usize = 10;

/// Applicants with their decisions, not yet explained.
#[derive(Debug)]
pub struct Decided<'a> {
    pub(crate) audit: &'a Audit,
    pub(crate) table: &'a Table,
    /// The columns of the model, each with its features.
    pub(crate) columns: FeatureGroups,
    pub(crate) output: usize,
    pub(crate) scores: Vec<f64>,
    pub(crate) decisions: Decisions,
    pub(crate) outcomes: Option<Vec<Option<bool>>>,
    pub(crate) groups: Vec<Groups>,
    pub(crate) ids: Ids,
    /// `[row, feature]`.
    pub(crate) reference: Array2<f64>,
    pub(crate) n_available: usize,
    pub(crate) folds: Vec<Vec<usize>>,
    pub(crate) reasons: Reasons,
    pub(crate) refits: Vec<Refit<'a>>,
    pub(crate) letter: Option<String>,
    pub(crate) unused: Vec<String>,
}

/// Another fit of the model, ready to be asked.
#[derive(Debug)]
pub(crate) struct Refit<'a> {
    model: &'a ScoringModel,
    output: usize,
    reference: Array2<f64>,
    /// Its features, straight into the reasons of the audited model.
    groups: FeatureGroups,
}

impl<'a> Refit<'a> {
    /// Fails where its columns do not make the same reasons.
    pub(crate) fn new(
        place: usize,
        model: &'a ScoringModel,
        output: usize,
        reference: Array2<f64>,
        catalogue: &Catalogue,
        reasons: &Reasons,
    ) -> Result<Self, Error> {
        let encoder = model.encoder();
        let columns = FeatureGroups::new(encoder.groups(), encoder.feature_names())?;
        let own = catalogue.reasons(columns.names())?;
        let features = |reason: usize| -> Vec<usize> {
            let columns_of = own.groups.members()[reason].iter();
            columns_of.flat_map(|&column| columns.members()[column].iter().copied()).collect()
        };
        let mut groups = Vec::new();
        for name in reasons.groups.names() {
            let found = own.groups.names().iter().position(|other| other == name);
            let found = found.ok_or_else(|| Error::Refit { place: place + 1, reason: name.clone() })?;
            groups.push((name.clone(), features(found)));
        }
        if let Some(more) = own.groups.names().iter().find(|name| !reasons.groups.names().contains(name)) {
            return Err(Error::Refit { place: place + 1, reason: more.clone() });
        }
        let groups = FeatureGroups::new(groups, encoder.feature_names())?;
        Ok(Self { model, output, reference, groups })
    }
}

impl Decided<'_> {
    /// The decisions.
    pub fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    /// The scores `[row]`.
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// What applicants are called.
    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    /// How many units of work [`Decided::explain`] will report.
    pub fn n_units(&self) -> u64 {
        let n_declined = self.decisions.declined().len();
        (self.table.n_rows() + (self.folds.len() + self.refits.len()) * n_declined) as u64
    }

    /// Explains every applicant, finds the reasons of those declined, and compares groups.
    #[tracing::instrument(name = "explain_applicants", skip_all, fields(rows = self.table.n_rows(), reference = self.reference.nrows()))]
    pub fn explain(self, progress: &dyn Progress) -> Result<Findings, Error> {
        let rows: Vec<usize> = (0..self.table.n_rows()).collect();
        let explainer = self.explainer(&self.background()?, rows.len())?;
        let attributions = self.attributions(&explainer, &rows, progress)?;
        let seed = self.audit.seed;
        let (encoder, most) = (self.audit.model.encoder(), self.audit.most_shown);
        let shown = Shown::new(encoder, self.table, &self.decisions, most, seed)?;
        let (pairs, n_paired) = self.pairs(&explainer, &shown)?;
        drop(explainer);
        let cases = self.cases(&attributions, &self.decisions.declined(), progress)?;
        let portfolio = Portfolio {
            table: self.table,
            decisions: &self.decisions,
            scores: &self.scores,
            outcomes: self.outcomes.as_deref(),
            attributions: &attributions,
        };
        let comparisons = Comparison::all(&self.groups, &portfolio, self.audit.thresholds, seed)?;
        Ok(Findings {
            performance: self.outcomes.as_ref().map(|outcomes| self.performance(outcomes)),
            importance: importance(&attributions),
            setup: self.setup(),
            attributions,
            scores: self.scores,
            decisions: self.decisions,
            outcomes: self.outcomes,
            ids: self.ids,
            cases,
            comparisons,
            shown,
            pairs,
            n_paired,
        })
    }

    /// Explains some applicants only, with the engine that a whole audit would take: their attributions `[row, column, 1]`
    /// and the reasons of those among them who are declined. For whoever checks an audit.
    pub fn explain_rows(&self, rows: &[usize]) -> Result<(Attributions, Vec<Case>), Error> {
        let explainer = self.explainer(&self.background()?, self.table.n_rows())?;
        let attributions = self.attributions(&explainer, rows, &Silent)?;
        let declined: Vec<usize> =
            rows.iter().copied().filter(|&row| !self.decisions.approved[row]).collect();
        let places: Vec<usize> = (0..rows.len()).filter(|&k| !self.decisions.approved[rows[k]]).collect();
        let cases = self.cases_of(&attributions, &declined, &places, &Silent)?;
        Ok((attributions, cases))
    }

    fn background(&self) -> Result<Background, Error> {
        Ok(Background::new(self.reference.clone())?)
    }

    /// Against the whole reference. The engine is chosen for `n_rows`, of which a block is a part.
    fn explainer(&self, reference: &Background, n_rows: usize) -> Result<Explainer, Error> {
        let asked = explainer::Asked { memory: WHOLE_MEMORY, n_rows, seed: self.audit.seed };
        self.audit.model.explainer(reference, asked)
    }

    /// Against one fold of the reference, for all declined applicants. A model that only answers is asked in orders of the
    /// fold's own, so that what sampling does to a value shows among folds too.
    fn fold_explainer(&self, fold: usize) -> Result<Explainer, Error> {
        let reference = Background::new(self.reference.select(Axis(0), &self.folds[fold]))?;
        let seed = Seed::new(self.audit.seed.draws("audit fold", fold as u64, 0).below(usize::MAX) as u64);
        let n_rows = self.decisions.declined().len();
        self.audit.model.explainer(&reference, explainer::Asked { memory: FOLD_MEMORY, n_rows, seed })
    }

    /// Attributions `[row, column, 1]` of the score's margin.
    fn attributions(
        &self,
        explainer: &Explainer,
        rows: &[usize],
        progress: &dyn Progress,
    ) -> Result<Attributions, Error> {
        let mut values = Array3::zeros((rows.len(), self.columns.len(), 1));
        let mut predictions = Array2::zeros((rows.len(), 1));
        let mut base_values = Array2::zeros((rows.len(), 1));
        let mut errors = None;
        let mut hasher = Hasher::new();
        hasher.integer(rows.len() as u64);
        hasher.integer(self.audit.model.encoder().n_features() as u64);
        let mut evidence = Evidence::default();
        let mut model_calls = 0;
        for (block, part) in rows.chunks(BLOCK_ROWS).enumerate() {
            let encoded = encoded(self.audit.model.encoder(), self.table, part)?;
            encoded.iter().for_each(|number| hasher.number(*number));
            let explained = explainer.explain(encoded.view(), self.output, progress)?;
            keep_errors(
                &mut errors,
                block * BLOCK_ROWS,
                rows.len(),
                explained.evidence().standard_error.as_ref(),
            );
            let explained = explained.grouped(&self.columns)?;
            let place = Slice::from(block * BLOCK_ROWS..block * BLOCK_ROWS + part.len());
            values.slice_axis_mut(Axis(0), place).assign(&explained.values());
            predictions.slice_axis_mut(Axis(0), place).assign(&explained.predictions());
            base_values.slice_axis_mut(Axis(0), place).assign(&explained.base_values());
            model_calls += explained.evidence().model_calls;
            evidence = explained.evidence().clone();
        }
        evidence.model_calls = model_calls;
        evidence.standard_error = errors;
        Ok(Attributions::new(values, base_values, predictions)?
            .with_feature_names(self.columns.names().to_vec())?
            .with_output_names(vec![self.output_name()])?
            .with_evidence(evidence.with_data(hasher.finish())))
    }

    fn output_name(&self) -> String {
        let name = &self.audit.model.output_names()[self.output];
        match self.audit.model.unit() {
            Unit::Score => name.clone(),
            unit => format!("{name} ({})", unit.name()),
        }
    }

    /// The reasons of declined applicants, from the attributions of all.
    fn cases(
        &self,
        attributions: &Attributions,
        declined: &[usize],
        progress: &dyn Progress,
    ) -> Result<Vec<Case>, Error> {
        self.cases_of(attributions, declined, declined, progress)
    }

    /// The reasons of applicants, whose attributions stand at these places.
    fn cases_of(
        &self,
        attributions: &Attributions,
        rows: &[usize],
        places: &[usize],
        progress: &dyn Progress,
    ) -> Result<Vec<Case>, Error> {
        let asked = Asked { direction: self.decisions.direction, most: self.audit.most_reasons };
        let mut sums = vec![0.0; self.reasons.groups.len()];
        let draft = |(&row, &place): (&usize, &usize)| {
            let whole = attributions.row(place, 0);
            for (sum, members) in sums.iter_mut().zip(self.reasons.groups.members()) {
                *sum = members.iter().map(|&column| whole[column]).sum();
            }
            Draft::new(row, ArrayView1::from(&sums), &self.reasons.entries, asked)
        };
        let mut drafts: Vec<Draft> = rows.iter().zip(places).map(draft).collect();
        self.add_folds(&mut drafts, progress)?;
        self.add_refits(&mut drafts, progress)?;
        let quantile = quantile(self.folds.len());
        Ok(drafts.into_iter().map(|draft| draft.finish(self.audit.population, quantile)).collect())
    }

    fn add_folds(&self, drafts: &mut [Draft], progress: &dyn Progress) -> Result<(), Error> {
        let groups =
            features_of(&self.reasons.groups, &self.columns, self.audit.model.encoder().feature_names())?;
        for fold in 0..self.folds.len() {
            let explainer = self.fold_explainer(fold)?;
            let asked = (self.audit.model.encoder(), self.output, &groups);
            self.each_draft(&explainer, asked, drafts, progress, Draft::add_fold)?;
        }
        Ok(())
    }

    fn add_refits(&self, drafts: &mut [Draft], progress: &dyn Progress) -> Result<(), Error> {
        for refit in &self.refits {
            let background = Background::new(refit.reference.clone())?;
            let n_rows = self.decisions.declined().len();
            let how = explainer::Asked { memory: WHOLE_MEMORY, n_rows, seed: self.audit.seed };
            let explainer = Explainer::of_trees(refit.model.trees(), &background, how)?;
            let asked = (refit.model.encoder(), refit.output, &refit.groups);
            let most = self.audit.most_reasons;
            self.each_draft(&explainer, asked, drafts, progress, |draft, values| {
                draft.add_refit(values, most);
            })?;
        }
        Ok(())
    }

    /// Hands each draft what the groups gave to its applicant.
    fn each_draft(
        &self,
        explainer: &Explainer,
        (encoder, output, groups): (&Encoder, usize, &FeatureGroups),
        drafts: &mut [Draft],
        progress: &dyn Progress,
        mut take: impl FnMut(&mut Draft, ArrayView1<'_, f64>),
    ) -> Result<(), Error> {
        for block in drafts.chunks_mut(BLOCK_ROWS) {
            let rows: Vec<usize> = block.iter().map(|draft| draft.row).collect();
            let rows = encoded(encoder, self.table, &rows)?;
            let values = explainer.grouped(rows.view(), output, groups)?;
            block.iter_mut().zip(values.outer_iter()).for_each(|(draft, values)| take(draft, values));
            progress.advance(block.len() as u64);
        }
        Ok(())
    }

    /// The strongest interactions, measured on some of those shown, and on how many.
    fn pairs(&self, explainer: &Explainer, shown: &Shown) -> Result<(Vec<Pair>, usize), Error> {
        let (n_features, n_outputs) =
            (self.audit.model.encoder().n_features(), self.audit.model.output_names().len());
        let bytes = 8 * n_features * n_features * n_outputs;
        let n = MOST_PAIRED.min(PAIRED_MEMORY / bytes.max(1)).min(shown.drawn.len());
        let step = (shown.drawn.len() / n.max(1)).max(1);
        let rows: Vec<usize> =
            shown.drawn.iter().step_by(step).take(n).map(|&place| shown.rows[place]).collect();
        if rows.is_empty() || self.columns.len() < 2 {
            return Ok((Vec::new(), 0));
        }
        let encoded = encoded(self.audit.model.encoder(), self.table, &rows)?;
        let Some(found) = explainer.interactions(encoded.view())? else { return Ok((Vec::new(), 0)) };
        let mut pairs = Vec::new();
        for a in 0..self.columns.len() {
            for b in a + 1..self.columns.len() {
                let of_row = |row: usize| {
                    let values = found.row(row, self.output);
                    let cells = self.columns.members()[a]
                        .iter()
                        .flat_map(|&i| self.columns.members()[b].iter().map(move |&j| (i, j)));
                    2.0 * cells.map(|(i, j)| values[[i, j]]).sum::<f64>().abs()
                };
                let sizes: Vec<f64> = (0..rows.len()).map(of_row).collect();
                pairs.push(Pair { columns: [a, b], strength: interval::student(&sizes) });
            }
        }
        pairs.sort_by(|a, b| b.strength.value.total_cmp(&a.strength.value));
        pairs.retain(|pair| pair.strength.value > 0.0);
        pairs.truncate(MOST_PAIRS);
        Ok((pairs, rows.len()))
    }

    /// Against the outcomes that are known.
    fn performance(&self, outcomes: &[Option<bool>]) -> Performance {
        let known = || outcomes.iter().enumerate().filter_map(|(row, outcome)| Some((row, (*outcome)?)));
        let scores: Vec<f64> = known().map(|(row, _)| self.scores[row]).collect();
        let approved = known().map(|(row, _)| self.decisions.approved[row]).collect();
        let favourable: Vec<bool> = known().map(|(_, outcome)| outcome).collect();
        Performance::new(&scores, &Decisions { approved, ..self.decisions.clone() }, &favourable)
    }

    fn setup(&self) -> Setup {
        let audit = self.audit;
        Setup {
            file: self.table.name().to_owned(),
            output: audit.model.output_names()[self.output].clone(),
            rule: audit.rule,
            label: audit.label.clone(),
            reference: audit.reference.in_words(),
            n_reference: self.reference.nrows(),
            n_reference_available: self.n_available,
            population: audit.population,
            n_folds: self.folds.len(),
            n_refits: self.refits.len(),
            seed: audit.seed,
            unit: audit.model.unit(),
            has_catalogue: !audit.catalogue.entries().is_empty(),
            letter: self.letter.clone(),
            n_trees: audit.model.n_trees(),
            reasons: self.reasons.clone(),
            unused: self.unused.clone(),
            source: audit.model.source().clone(),
            thresholds: audit.thresholds,
        }
    }
}

/// Some rows of a table as a model reads them `[row, feature]`.
pub(crate) fn encoded(encoder: &Encoder, table: &Table, rows: &[usize]) -> Result<Array2<f64>, Error> {
    Ok(encoder.encode(&table.select_rows(rows))?.rows)
}

/// Groups of columns as groups of features.
fn features_of(
    reasons: &FeatureGroups,
    columns: &FeatureGroups,
    feature_names: &[String],
) -> Result<FeatureGroups, Error> {
    let features = |members: &Vec<usize>| -> Vec<usize> {
        members.iter().flat_map(|&column| columns.members()[column].iter().copied()).collect()
    };
    let groups = reasons.names().iter().cloned().zip(reasons.members().iter().map(features));
    Ok(FeatureGroups::new(groups.collect(), feature_names)?)
}

/// Mean |value| of each column; row by row, for a copy of all values may not fit.
fn importance(attributions: &Attributions) -> Vec<f64> {
    let n = attributions.n_rows().max(1) as f64;
    let mean = |column: usize| {
        let values = attributions.values();
        let of_column = values.index_axis(Axis(1), column);
        of_column.iter().map(|value| value.abs()).sum::<f64>() / n
    };
    (0..attributions.n_features()).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use ndarray::Array1;
    use rationale_core::Seed;

    use super::*;
    use crate::example::{model, table};
    use crate::{Direction, Label, Population, Protected, Reference, Rule};

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
        let (audit, table, done) = (audit().with_refits(vec![model()]), table(), AtomicU64::new(0));
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
        let rows: Vec<usize> = (0..table.n_rows()).collect();
        let encoded = encoded(audit.model.encoder(), &table, &rows).unwrap();
        let mut mean = Array2::<f64>::zeros((rows.len(), 2));
        for (place, fold) in decided.folds.iter().enumerate() {
            let explainer = decided.fold_explainer(place).unwrap();
            let values = explainer.grouped(encoded.view(), decided.output, &decided.columns).unwrap();
            mean.scaled_add(fold.len() as f64 / table.n_rows() as f64, &values);
        }
        let whole = decided.explain(&Silent).unwrap().attributions;
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

    #[test]
    fn some_rows_explained_alone_are_as_in_the_whole_audit() {
        let (audit, table) = (audit().with_refits(vec![model()]), table());
        let rows = [4, 1, 5];
        let (attributions, cases) = audit.decide(&table).unwrap().explain_rows(&rows).unwrap();
        let whole = run(&audit);
        assert_eq!(attributions.values(), whole.attributions.select_rows(&rows).values());
        for case in cases {
            assert!(whole.cases.contains(&case), "{case:?}");
        }
    }

    #[test]
    fn the_same_model_as_a_refit_gives_the_same_values() {
        let findings = run(&audit().with_refits(vec![model(), model()]));
        for reason in findings.cases.iter().flat_map(|case| &case.reasons) {
            let refits = reason.refits.unwrap();
            assert_eq!((refits.n, refits.kept), (2, 2));
            assert!(refits.range.iter().all(|end| (end - reason.value).abs() < 1e-12));
        }
    }

    #[test]
    fn a_census_is_the_whole_reference_and_has_no_intervals() {
        let findings = run(&audit().with_population(Population::Census));
        let mut reasons = findings.cases.iter().flat_map(|case| &case.reasons);
        assert!(reasons.all(|reason| reason.interval.is_none()));
        assert!(findings.setup.intervals_in_words().starts_with("none: census"));
        let part = audit().with_population(Population::Census).with_reference_rows(3);
        let error = part.decide(&table()).unwrap_err().to_string();
        assert!(error.contains("6 rows") && error.contains("at most 3"), "{error}");
    }

    #[test]
    fn interactions_of_trees_over_one_column_each_are_none() {
        let findings = run(&audit());
        assert_eq!((findings.pairs, findings.n_paired), (Vec::new(), 6));
        assert_eq!(Array1::from(findings.importance).len(), 2);
        assert_eq!(findings.setup.seed, Seed::default());
    }
}
