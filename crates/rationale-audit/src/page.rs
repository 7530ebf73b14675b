//! The report: one page that a credit officer and a validator can both read.

mod figures;
mod groups;
mod summary;

use rationale_report::{Block, Case, Cases, Cell, Contribution, Note, Page, Picture, Section, number};

pub(crate) use figures::Figures;

use crate::reason::Reason;
use crate::wire::PROGRAM;
use crate::words::{percent, with_interval};
use crate::{Direction, Findings, Pair, Performance, Population, Rule, Setup, Unit};

/// The page.
pub(crate) fn page(findings: &Findings, figures: &Figures) -> Page {
    let mut page = Page::new("Audit of credit decisions")
        .with_lead(lead(findings))
        .with_section(summary::section(findings))
        .with_section(decided(findings))
        .with_section(drivers(findings, figures))
        .with_section(applicants(findings, figures));
    if let Some(performance) = &findings.performance {
        page = page.with_section(agreement(performance));
    }
    if !findings.comparisons.is_empty() {
        page = page.with_section(groups::section(findings)).with_section(groups::gaps_section(findings));
    }
    page.with_section(evidence(findings)).with_section(limits(findings))
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
        ("Compared with", reference(setup)),
        ("Model", format!("{} over {} columns{format}", trees(setup), findings.attributions.n_features())),
    ];
    Section::new("The model, and what was decided").with_block(Block::Facts(owned(facts)))
}

fn trees(setup: &Setup) -> String {
    setup.n_trees.map_or_else(|| "a model that only answers,".to_owned(), |n| format!("{n} trees"))
}

fn reference(setup: &Setup) -> String {
    let drawn = match setup.n_reference_available {
        all if all == setup.n_reference => String::new(),
        all => format!(", drawn at random from {all}"),
    };
    format!("{} ({} rows{drawn})", setup.reference, setup.n_reference)
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

fn limits(findings: &Findings) -> Section {
    let section = Section::new("What these figures mean");
    let limits = findings.setup.limits();
    limits.iter().fold(section, |section, limit| section.with_block(Block::Prose((*limit).to_owned())))
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
    if let Some(table) = pairs(findings) {
        section = section.with_block(table);
    }
    let (n_drawn, n_rows) = (findings.shown.drawn.len(), findings.scores.len());
    if n_drawn < n_rows {
        let notice = format!("Figures draw {n_drawn} of {n_rows} applicants, chosen at random.");
        section = section.with_block(Block::Prose(notice));
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

/// The strongest interactions.
fn pairs(findings: &Findings) -> Option<Block> {
    let columns = findings.attributions.feature_names();
    let row = |pair: &Pair| {
        let [a, b] = pair.columns.map(|column| Cell::Text(columns[column].clone()));
        vec![a, b, Cell::Text(with_interval(pair.strength))]
    };
    let caption = format!(
        "The pairs of columns that work together most: the mean size of what they give beyond what each gives alone (Shapley \
         interaction values, both orders added, in {}), over {} applicants, with Student's interval.",
        findings.setup.unit.name(),
        findings.n_paired
    );
    let header = ["column", "with", "mean size"].map(String::from).to_vec();
    let rows: Vec<Vec<Cell>> = findings.pairs.iter().map(row).collect();
    (!rows.is_empty()).then_some(Block::Table { caption, header, rows })
}

fn applicants(findings: &Findings, figures: &Figures) -> Section {
    let mut section = Section::new("Applicants and their reasons");
    if let Some((row, pair)) = &figures.waterfall {
        let caption = format!(
            "Applicant {}, the declined one with the worst score: from the mean of the reference to the applicant's \
             own {}, largest steps on top.",
            findings.ids.of(*row),
            findings.setup.unit.name()
        );
        section = section.with_block(figure(pair, caption));
    }
    let (n_shown, n_rows) = (findings.shown.rows.len(), findings.scores.len());
    if n_shown < n_rows {
        let notice = format!(
            "This page shows {n_shown} of {n_rows} applicants, those declined before others; `reasons.csv` and `decisions.csv` \
             have all."
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
    let shown = findings.shown.rows.iter().enumerate();
    let cases = shown.map(|(place, &row)| case(findings, place, row)).collect();
    let cases = Cases::new(columns, findings.attributions.output_names()[0].clone()).with_cases(cases);
    match findings.worst() {
        Some(case) => cases.with_open_case(findings.ids.of(case.row)),
        None => cases,
    }
}

fn case(findings: &Findings, place: usize, row: usize) -> Case {
    let decision = if findings.decisions.approved[row] { "approved" } else { "declined" };
    let found = findings.cases.binary_search_by_key(&row, |case| case.row);
    let reasons = found.map_or(&[][..], |found| &findings.cases[found].reasons);
    let id = findings.ids.of(row).into_owned();
    let mut cells =
        vec![Cell::Text(id.clone()), Cell::Text(decision.to_owned()), Cell::Number(findings.scores[row])];
    if let Some(outcomes) = &findings.outcomes {
        let outcome = match outcomes[row] {
            Some(true) => "favourable",
            Some(false) => "unfavourable",
            None => "not known",
        };
        cells.push(Cell::Text(outcome.to_owned()));
    }
    let first = reasons.first().map_or_else(String::new, |reason| findings.entry(reason).group.clone());
    cells.push(Cell::Text(first));
    let names = findings.attributions.feature_names();
    let contribution = |column: usize| Contribution {
        name: names[column].clone(),
        text: findings.shown.texts[place][column].clone(),
        value: findings.attributions.values()[[row, column, 0]],
    };
    Case {
        id,
        cells,
        base_value: findings.attributions.base_values()[[row, 0]],
        prediction: findings.attributions.predictions()[[row, 0]],
        contributions: (0..names.len()).map(contribution).collect(),
        notes: reasons.iter().map(|reason| note(findings, reason)).collect(),
    }
}

/// A reason in words; what differs from applicant to applicant stands apart, for many share the rest.
fn note(findings: &Findings, reason: &Reason) -> Note {
    let (entry, unit) = (findings.entry(reason), findings.setup.unit.name());
    let slot = Note::SLOT;
    let group = entry.group.replace(slot, "");
    let mut values = vec![percent(reason.share), number(reason.value)];
    let interval = match (reason.interval, findings.setup.population) {
        (Some([low, high]), _) => {
            values.extend([number(low), number(high)]);
            format!("95% interval {slot} to {slot}")
        }
        (None, Population::Census) => "none: census".to_owned(),
        (None, Population::Sampled) => "no interval: the reference is too small".to_owned(),
    };
    let order = match reason.separable {
        Some(false) => "; its place before the next reason could be chance",
        _ => "",
    };
    let refits = reason.refits.map_or_else(String::new, |refits| {
        values.extend([refits.range[0], refits.range[1]].map(number));
        values.extend([refits.kept.to_string(), refits.n.to_string()]);
        format!(" Other fits of the model: {slot} to {slot}, a principal reason in {slot} of {slot}.")
    });
    let flag = match (entry.immutable, entry.actionable) {
        (true, _) => " Nobody can change it.",
        (_, Some(true)) => " The applicant can do something about it.",
        (_, Some(false)) => " The applicant can hardly do anything about it.",
        (_, None) => "",
    };
    Note {
        title: format!("{} (code {})", entry.sentence, entry.code),
        text: format!(
            "{group}: {slot} of all that spoke against the applicant; moved the {unit} by {slot} towards the decline \
             ({interval}){order}.{refits}{flag}"
        ),
        values,
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

fn evidence(findings: &Findings) -> Section {
    let (setup, evidence) = (&findings.setup, findings.attributions.evidence());
    let print = |fingerprint: Option<rationale_core::Fingerprint>| {
        fingerprint.map_or_else(|| "none".to_owned(), |print| print.to_string())
    };
    let how = if setup.n_trees.is_some() { "exact" } else { "sampled" };
    let facts = [
        ("Method", format!("{} (interventional, {how}), in {}", evidence.method, setup.unit.name())),
        ("Engine", evidence.engine.clone()),
        (
            "Largest gap between attributions and score",
            format!("{:.1e}", findings.attributions.completeness_gap()),
        ),
        ("Intervals of reasons", setup.intervals_in_words()),
        ("Made by", PROGRAM.to_owned()),
        ("Seed", setup.seed.get().to_string()),
        ("Model, SHA-256", print(evidence.model)),
        ("Applicants, SHA-256", print(evidence.data)),
        ("Reference, SHA-256", print(evidence.background)),
    ];
    let mut section = Section::new("Evidence and method").with_block(Block::Facts(owned(facts))).with_block(
        Block::Prose(
            "`manifest.json` beside this page holds the SHA-256 of every file of the audit; `rationale verify` checks them, and \
             recomputes some applicants."
                .to_owned(),
        ),
    );
    if !setup.unused.is_empty() {
        let prose = format!("Columns of the table that nothing here looks at: {}.", setup.unused.join(", "));
        section = section.with_block(Block::Prose(prose));
    }
    section = setup.source.notes.iter().fold(section, |section, note| {
        section.with_block(Block::Notice(format!("About the model file: {note}")))
    });
    let own = setup.own_reasons();
    if setup.has_catalogue && !own.is_empty() {
        let notice = format!(
            "The catalogue names no reason for these columns, which stand under their own names: {}.",
            own.join(", ")
        );
        section = section.with_block(Block::Notice(notice));
    }
    section
}

fn figure([light, dark]: &[Picture; 2], caption: String) -> Block {
    Block::Figure { light: light.clone(), dark: dark.clone(), caption }
}

fn owned<const N: usize>(facts: [(&str, String); N]) -> Vec<(String, String)> {
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
