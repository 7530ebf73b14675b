//! The report: one page that a credit officer and a validator can both read.

use rationale_report::{
    Block, Case, Cases, Cell, Contribution, Explained, Note, Page, Picture, Section, Settings, Theme, bar,
    beeswarm, decision, dependence, heatmap, number, waterfall,
};

use crate::interval::Estimate;
use crate::reason::Reason;
use crate::{Comparison, Direction, Error, FEW, Findings, LIMITS, Performance, Rule, Unit};

/// Applicants on the page; the files beside it hold all of them.
const MOST_CASES: usize = 2000;
/// Columns whose mean attributions are compared by group on the page.
const COMPARED_COLUMNS: usize = 6;

/// The report's figures, each for a light and for a dark page.
pub(crate) struct Figures {
    beeswarm: [Picture; 2],
    bar: [Picture; 2],
    dependence: Vec<(String, [Picture; 2])>,
    heatmap: [Picture; 2],
    decision: [Picture; 2],
    /// The declined applicant with the worst score, where anybody is declined.
    waterfall: Option<(usize, [Picture; 2])>,
}

impl Figures {
    pub(crate) fn new(findings: &Findings) -> Result<Self, Error> {
        let explained = Explained::new(&findings.attributions, 0)?
            .with_numbers(findings.numbers.view())?
            .with_texts(&findings.texts)?;
        let (score, unit) = (&findings.setup.output, findings.setup.unit.name());
        let both = |title: String, draw: &dyn Fn(&Settings) -> Result<Picture, rationale_report::Error>| {
            let settings = |theme| Settings::default().with_theme(theme).with_title(title.clone());
            Ok::<_, Error>([draw(&settings(Theme::Light))?, draw(&settings(Theme::Dark))?])
        };
        let features = &findings.attributions.feature_names();
        let dependence = findings.most_important(2).into_iter().map(|column| {
            let title = format!("What {} adds to the {unit}, by its value", features[column]);
            Ok((features[column].clone(), both(title, &|settings| dependence(&explained, column, settings))?))
        });
        let worst = findings.worst();
        let waterfall = worst.map(|row| {
            let title = format!("How the {unit} of applicant {} came about", findings.ids[row]);
            Ok::<_, Error>((row, both(title, &|settings| waterfall(&explained, row, settings))?))
        });
        Ok(Self {
            beeswarm: both(
                format!("What moves the score “{score}”, applicant by applicant"),
                &|settings| beeswarm(&explained, settings),
            )?,
            bar: both(format!("What moves the score “{score}” on average"), &|settings| {
                bar(&explained, settings)
            })?,
            dependence: dependence.collect::<Result<_, Error>>()?,
            heatmap: both("Applicants in order of their score".to_owned(), &|settings| {
                heatmap(&explained, settings)
            })?,
            decision: both(format!("From the reference's mean {unit} to each applicant's"), &|settings| {
                decision(&explained, settings)
            })?,
            waterfall: waterfall.transpose()?,
        })
    }

    /// Each figure's file name, light and dark.
    pub(crate) fn named(&self) -> Vec<(String, &Picture, &Picture)> {
        let mut named = vec![
            ("beeswarm".to_owned(), &self.beeswarm),
            ("bar".to_owned(), &self.bar),
            ("heatmap".to_owned(), &self.heatmap),
            ("decision".to_owned(), &self.decision),
        ];
        let numbered = self.dependence.iter().enumerate();
        named.extend(numbered.map(|(rank, (_, pair))| (format!("dependence-{}", rank + 1), pair)));
        named.extend(self.waterfall.iter().map(|(row, pair)| (format!("waterfall-{row}"), pair)));
        named.into_iter().map(|(name, [light, dark])| (name, light, dark)).collect()
    }
}

/// The page.
pub(crate) fn page(findings: &Findings, figures: &Figures) -> Page {
    let mut page = Page::new("Audit of credit decisions")
        .with_lead(lead(findings))
        .with_section(decided(findings))
        .with_section(limits())
        .with_section(drivers(findings, figures))
        .with_section(applicants(findings, figures));
    if let Some(performance) = &findings.performance {
        page = page.with_section(agreement(performance));
    }
    if !findings.comparisons.is_empty() {
        page = page.with_section(compared(findings));
    }
    page.with_section(evidence(findings))
}

fn lead(findings: &Findings) -> String {
    let n_declined = findings.cases.len();
    format!(
        "{} applicants were scored: {} approved, {n_declined} declined. Each declined applicant has up to four principal \
         reasons, each compared with {}.",
        findings.scores.len(),
        findings.scores.len() - n_declined,
        findings.setup.reference
    )
}

fn decided(findings: &Findings) -> Section {
    let (setup, decisions) = (&findings.setup, &findings.decisions);
    let side = match decisions.direction {
        Direction::HigherIsFavourable => "at or above",
        Direction::LowerIsFavourable => "at or below",
    };
    let rule = match setup.rule {
        Rule::CutOff(_) => "a stated cut-off".to_owned(),
        Rule::ApproveRate(rate) => {
            format!(
                "a stated approve rate of {} (reached: {})",
                percent(rate),
                percent(decisions.approve_rate())
            )
        }
    };
    let outcome = setup.label.as_ref().map_or_else(
        || "not known".to_owned(),
        |label| format!("column `{}`, favourable is `{}`", label.column, label.favourable),
    );
    let format = match setup.source.format.as_str() {
        "" => String::new(),
        format => format!(", from {format}"),
    };
    let facts = [
        ("Applicants", format!("{} rows of `{}`", findings.scores.len(), setup.file)),
        ("Score", format!("the model's output `{}`", setup.output)),
        ("Attributions are in", in_words(setup.unit)),
        ("Approved is", format!("whoever scores {side} {}", number(decisions.cut_off))),
        ("The line comes from", rule),
        ("Outcome", outcome),
        ("Compared with", format!("{} ({} rows)", setup.reference, setup.n_reference)),
        (
            "Model",
            format!("{} trees over {} columns{format}", setup.n_trees, findings.attributions.n_features()),
        ),
    ];
    Section::new("What was decided, and how").with_block(Block::Facts(owned(facts)))
}

/// What attributions are counted in, for people.
fn in_words(unit: Unit) -> String {
    match unit {
        Unit::Score => "units of the score: they add up to it",
        Unit::LogOdds => "log-odds of the score: the trees add up there, and 0 is a score of one half",
        Unit::Margin => {
            "the model's margin: the trees add up there, and its link turns the sum into the score"
        }
    }
    .to_owned()
}

fn limits() -> Section {
    let section = Section::new("What these figures mean");
    LIMITS.iter().fold(section, |section, limit| section.with_block(Block::Prose((*limit).to_owned())))
}

fn drivers(findings: &Findings, figures: &Figures) -> Section {
    let (reference, unit) = (&findings.setup.reference, findings.setup.unit.name());
    let mut section = Section::new("What drives the score")
        .with_block(figure(
            &figures.beeswarm,
            format!(
                "One dot an applicant and column. To the right of the line the column raised the {unit}, compared with \
                 {reference}; to the left it lowered it. Colour is the column's own value; grey where it is a category."
            ),
        ))
        .with_block(figure(
            &figures.bar,
            "The mean size of each column's attribution, whichever its direction.".to_owned(),
        ));
    for (column, pair) in &figures.dependence {
        let caption = format!(
            "`{column}`: what it gave to the {unit}, by its value. Spread at one value comes from how it works together \
             with other columns."
        );
        section = section.with_block(figure(pair, caption));
    }
    section
        .with_block(figure(
            &figures.heatmap,
            "Applicants from left to right in order of their score, whose curve runs above. Orange raised it, blue lowered it."
                .to_owned(),
        ))
        .with_block(figure(
            &figures.decision,
            format!("Every line an applicant, from the reference's mean {unit} below to the applicant's own above."),
        ))
}

fn applicants(findings: &Findings, figures: &Figures) -> Section {
    let mut section = Section::new("Applicants and their reasons");
    if let Some((row, pair)) = &figures.waterfall {
        let caption = format!(
            "Applicant {}, the declined one with the worst score: from the mean of the reference to the applicant's \
             own {}, largest steps on top.",
            findings.ids[*row],
            findings.setup.unit.name()
        );
        section = section.with_block(figure(pair, caption));
    }
    let n_rows = findings.scores.len();
    if n_rows > MOST_CASES {
        let notice = format!(
            "This page shows {MOST_CASES} of {n_rows} applicants, those declined first; `reasons.csv` and `decisions.csv` have all."
        );
        section = section.with_block(Block::Notice(notice));
    }
    section.with_block(Block::Cases(cases(findings)))
}

fn cases(findings: &Findings) -> Cases {
    let mut columns = vec!["applicant".to_owned(), "decision".to_owned(), "score".to_owned()];
    if findings.outcomes.is_some() {
        columns.push("outcome".to_owned());
    }
    columns.push("first reason".to_owned());
    let mut reasons: Vec<&[Reason]> = vec![&[]; findings.scores.len()];
    findings.cases.iter().for_each(|case| reasons[case.row] = &case.reasons);
    let cases = shown(findings).into_iter().map(|row| case(findings, row, reasons[row])).collect();
    let cases = Cases::new(columns, findings.attributions.output_names()[0].clone()).with_cases(cases);
    match findings.worst() {
        Some(row) => cases.with_open_case(findings.ids[row].clone()),
        None => cases,
    }
}

/// The applicants on the page in their order: all of them where they fit, else those declined, worst first, and then others.
fn shown(findings: &Findings) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..findings.scores.len()).collect();
    if rows.len() > MOST_CASES {
        let good = |row: usize| findings.decisions.direction.sign() * findings.scores[row];
        rows.sort_by(|&a, &b| good(a).total_cmp(&good(b)));
        rows.truncate(MOST_CASES);
        rows.sort_unstable();
    }
    rows
}

fn case(findings: &Findings, row: usize, reasons: &[Reason]) -> Case {
    let decision = if findings.decisions.approved[row] { "approved" } else { "declined" };
    let mut cells = vec![
        Cell::Text(findings.ids[row].clone()),
        Cell::Text(decision.to_owned()),
        Cell::Number(findings.scores[row]),
    ];
    if let Some(outcomes) = &findings.outcomes {
        let outcome = match outcomes[row] {
            Some(true) => "favourable",
            Some(false) => "unfavourable",
            None => "not known",
        };
        cells.push(Cell::Text(outcome.to_owned()));
    }
    cells.push(Cell::Text(reasons.first().map_or_else(String::new, |reason| reason.entry.group.clone())));
    let names = findings.attributions.feature_names();
    let contribution = |column: usize| Contribution {
        name: names[column].clone(),
        text: findings.texts[row][column].clone(),
        value: findings.attributions.values()[[row, column, 0]],
    };
    Case {
        id: findings.ids[row].clone(),
        cells,
        base_value: findings.attributions.base_values()[[row, 0]],
        prediction: findings.attributions.predictions()[[row, 0]],
        contributions: (0..names.len()).map(contribution).collect(),
        notes: reasons.iter().map(|reason| note(reason, findings.setup.unit)).collect(),
    }
}

fn note(reason: &Reason, unit: Unit) -> Note {
    let interval = reason.interval.map_or_else(
        || "no interval: the reference is too small".to_owned(),
        |[low, high]| format!("95% interval {} to {}", number(low), number(high)),
    );
    let order = if reason.separable == Some(false) {
        "; its place before the next reason could be chance"
    } else {
        ""
    };
    Note {
        title: format!("{} (code {})", reason.entry.sentence, reason.entry.code),
        text: format!(
            "{}: {} of all that spoke against the applicant; moved the {} by {} towards the decline ({interval}){order}.",
            reason.entry.group,
            percent(reason.share),
            unit.name(),
            number(reason.value)
        ),
    }
}

fn agreement(performance: &Performance) -> Section {
    let counts = performance.counts;
    let row = |name: &str, favourable: usize, unfavourable: usize| {
        vec![Cell::Text(name.to_owned()), Cell::Number(favourable as f64), Cell::Number(unfavourable as f64)]
    };
    let n_known = performance.counts.n();
    Section::new("How decisions agree with outcomes")
        .with_block(Block::Prose(format!("Of the {n_known} applicants whose outcome is known.")))
        .with_block(Block::Facts(owned([
            ("Accuracy at the line", with_interval(performance.accuracy)),
            ("Area under the ROC curve", with_interval(performance.auc)),
        ])))
        .with_block(Block::Table {
            caption: "Applicants by decision and outcome.".to_owned(),
            header: ["decision", "outcome favourable", "outcome unfavourable"].map(String::from).to_vec(),
            rows: vec![
                row("approved", counts.approved_favourable, counts.approved_unfavourable),
                row("declined", counts.declined_favourable, counts.declined_unfavourable),
            ],
        })
}

fn compared(findings: &Findings) -> Section {
    let section = Section::new("Groups side by side").with_block(Block::Prose(
        format!(
            "95% intervals over the applicants of each group: Wilson's for the share approved, by bootstrap for means (Student's \
             t below 15 applicants). Attributions, in {}, are means over the group, compared with the same reference as \
             everybody's; columns in order of their size over all applicants.",
            findings.setup.unit.name()
        ),
    ));
    let columns = findings.most_important(COMPARED_COLUMNS);
    findings.comparisons.iter().fold(section, |section, comparison| {
        section.with_block(comparison_table(findings, comparison, &columns))
    })
}

fn comparison_table(findings: &Findings, comparison: &Comparison, columns: &[usize]) -> Block {
    let names = findings.attributions.feature_names();
    let mut header =
        vec![comparison.column.clone(), "n".to_owned(), "approved".to_owned(), "mean score".to_owned()];
    header.extend(columns.iter().map(|&column| names[column].clone()));
    let rows = comparison.groups.iter().map(|group| {
        let few = if group.n_rows < FEW { " (few: read with care)" } else { "" };
        let mut cells = vec![
            Cell::Text(format!("{}{few}", group.group)),
            Cell::Number(group.n_rows as f64),
            Cell::Text(shown_as(group.approve_rate, percent)),
            Cell::Text(with_interval(group.score)),
        ];
        cells.extend(columns.iter().map(|&column| Cell::Text(with_interval(group.attributions[column]))));
        cells
    });
    Block::Table { caption: format!("By `{}`.", comparison.column), header, rows: rows.collect() }
}

fn evidence(findings: &Findings) -> Section {
    let (setup, evidence) = (&findings.setup, findings.attributions.evidence());
    let print = |fingerprint: Option<rationale_core::Fingerprint>| {
        fingerprint.map_or_else(|| "none".to_owned(), |print| print.to_string())
    };
    let intervals = match setup.n_folds {
        0 => "none: the reference has fewer than four rows".to_owned(),
        n => format!(
            "the reference's {} rows split at random into {n} folds, Student's t over folds",
            setup.n_reference
        ),
    };
    let facts = [
        ("Method", format!("{} (interventional, exact), in {}", evidence.method, setup.unit.name())),
        ("Engine", evidence.engine.clone()),
        (
            "Largest gap between attributions and score",
            format!("{:.1e}", findings.attributions.completeness_gap()),
        ),
        ("Intervals of reasons", intervals),
        ("Seed", setup.seed.get().to_string()),
        ("Model, SHA-256", print(evidence.model)),
        ("Applicants, SHA-256", print(evidence.data)),
        ("Reference, SHA-256", print(evidence.background)),
    ];
    let mut section = Section::new("Evidence").with_block(Block::Facts(owned(facts)));
    if !setup.unused.is_empty() {
        let prose = format!("Columns of the table that nothing here looks at: {}.", setup.unused.join(", "));
        section = section.with_block(Block::Prose(prose));
    }
    section = setup.source.notes.iter().fold(section, |section, note| {
        section.with_block(Block::Notice(format!("About the model file: {note}")))
    });
    if setup.has_catalogue && !setup.own_reasons.is_empty() {
        let notice = format!(
            "The catalogue names no reason for these columns, which stand under their own names: {}.",
            setup.own_reasons.join(", ")
        );
        section = section.with_block(Block::Notice(notice));
    }
    section
}

impl Findings {
    /// The declined applicant with the worst score.
    fn worst(&self) -> Option<usize> {
        let good = |row: usize| self.decisions.direction.sign() * self.scores[row];
        self.cases.iter().map(|case| case.row).min_by(|&a, &b| good(a).total_cmp(&good(b)))
    }

    /// The columns with the largest mean |attribution|, largest first.
    fn most_important(&self, n: usize) -> Vec<usize> {
        let means = self.attributions.mean_absolute();
        let mut columns: Vec<usize> = (0..means.nrows()).collect();
        columns.sort_by(|&a, &b| means[[b, 0]].total_cmp(&means[[a, 0]]));
        columns.truncate(n);
        columns
    }
}

fn figure([light, dark]: &[Picture; 2], caption: String) -> Block {
    Block::Figure { light: light.clone(), dark: dark.clone(), caption }
}

fn owned<const N: usize>(facts: [(&str, String); N]) -> Vec<(String, String)> {
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn with_interval(estimate: Estimate) -> String {
    shown_as(estimate, number)
}

fn shown_as(estimate: Estimate, text: fn(f64) -> String) -> String {
    let value = text(estimate.value);
    match estimate.interval {
        Some([low, high]) => format!("{value} [{}, {}]", text(low), text(high)),
        None => format!("{value} (too few for an interval)"),
    }
}

fn percent(share: f64) -> String {
    format!("{:.0}%", 100.0 * share)
}
