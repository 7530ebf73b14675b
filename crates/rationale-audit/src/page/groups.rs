//! Groups side by side, on the page.

use rationale_report::{Block, Cell, Section, number, signed};

use crate::words::{p_value, percent, shown_as, with_interval};
use crate::{Comparison, Estimate, FEW, Findings, GroupFigures};

/// Columns whose mean attributions are compared by group on the page.
const COMPARED_COLUMNS: usize = 6;
/// Gaps and proxies that a table on the page shows; the files beside it hold all.
const MOST_LINES: usize = 12;

/// The section, where there are protected columns.
pub(super) fn section(findings: &Findings) -> Section {
    let mut section = Section::new("Groups side by side").with_block(Block::Prose(format!(
        "95% intervals over the applicants of each group: Wilson's for shares, by bootstrap for means (Student's t below 15 \
         applicants, the normal one above 5000). Attributions, in {}, are means over the group, compared with the same \
         reference as everybody's; columns in order of their size over all applicants.",
        findings.setup.unit.name()
    )));
    for comparison in &findings.comparisons {
        section = section.with_block(figures(findings, comparison));
        if findings.outcomes.is_some() {
            section = section.with_block(outcomes(comparison));
        }
    }
    section
}

/// Gaps in attributions and proxies.
pub(super) fn gaps_section(findings: &Findings) -> Section {
    let n_tests: usize = findings.comparisons.iter().map(|comparison| comparison.gaps.len()).sum();
    let level = percent(findings.setup.thresholds.significance);
    let mut section = Section::new("Where groups part").with_block(Block::Prose(format!(
        "How the mean attribution of each group of at least {FEW} differs from that of the largest group, in {}: Welch's 95% \
         interval for each, and its chance corrected by Holm over all {n_tests} gaps of this audit. If no group differed in \
         anything, the chance of even one gap marked as found would be at most {level}. A column's part of the gap says how \
         much of the difference in the margin comes through it; parts add up to one, and some may be negative.",
        findings.setup.unit.name()
    )));
    for comparison in &findings.comparisons {
        if let Some(table) = gaps(findings, comparison) {
            section = section.with_block(table);
        }
    }
    section = section.with_block(Block::Prose(
        "Proxies: how well each column of the model goes with a protected one (Cramér's V, 0 to 1, numbers in tenths). A model \
         that does not see a protected column can follow it through such a column; whether it does, its part of the gap says."
            .to_owned(),
    ));
    for comparison in findings.comparisons.iter().filter(|comparison| !comparison.proxies.is_empty()) {
        section = section.with_block(proxies(findings, comparison));
    }
    section
}

fn name(group: &GroupFigures) -> String {
    let few = if group.n_rows < FEW { " (few: read with care)" } else { "" };
    format!("{}{few}", group.group)
}

fn figures(findings: &Findings, comparison: &Comparison) -> Block {
    let names = findings.attributions.feature_names();
    let columns = findings.most_important(COMPARED_COLUMNS);
    let mut header: Vec<String> =
        ["n", "approved", "ratio to the highest", "mean score", "scores at 10, 50, 90%"]
            .map(String::from)
            .to_vec();
    header.insert(0, comparison.column.clone());
    header.extend(columns.iter().map(|&column| names[column].clone()));
    let rows = comparison.groups.iter().map(|group| {
        let [low, _, middle, _, high] = group.quantiles;
        let mut cells = vec![
            Cell::Text(name(group)),
            Cell::Number(group.n_rows as f64),
            Cell::Text(shown_as(group.approve_rate, percent)),
            Cell::Text(ratio(group, findings.setup.thresholds.four_fifths)),
            Cell::Text(with_interval(group.score)),
            Cell::Text(format!("{}, {}, {}", number(low), number(middle), number(high))),
        ];
        cells.extend(columns.iter().map(|&column| Cell::Text(with_interval(group.attributions[column]))));
        cells
    });
    Block::Table { caption: format!("By `{}`.", comparison.column), header, rows: rows.collect() }
}

fn ratio(group: &GroupFigures, four_fifths: f64) -> String {
    let Some(ratio) = group.ratio else { return "none approved".to_owned() };
    let below = if ratio.value < four_fifths { format!(", below {four_fifths}") } else { String::new() };
    match ratio.interval {
        Some([low, high]) => format!("{} [{}, {}]{below}", number(ratio.value), number(low), number(high)),
        None => format!("{}{below}", number(ratio.value)),
    }
}

/// Equal opportunity and calibration.
fn outcomes(comparison: &Comparison) -> Block {
    let mut header: Vec<String> =
        ["approved, of favourable outcomes", "approved, of unfavourable outcomes"].map(String::from).to_vec();
    header.insert(0, comparison.column.clone());
    header.extend((1..=5).map(|fifth| format!("favourable in fifth {fifth} of the score")));
    let of = |estimate: Option<Estimate>| {
        Cell::Text(estimate.map_or_else(|| "nobody".to_owned(), |estimate| shown_as(estimate, percent)))
    };
    let rows = comparison.groups.iter().map(|group| {
        let mut cells = vec![Cell::Text(name(group)), of(group.opportunity), of(group.wrongly_approved)];
        cells.extend(group.outcome_by_score.iter().map(|estimate| of(*estimate)));
        cells
    });
    let caption = format!(
        "By `{}`: equal opportunity (first two columns) and calibration (the share of favourable outcomes among applicants of \
         like score; fifths over all applicants, lowest score first).",
        comparison.column
    );
    Block::Table { caption, header, rows: rows.collect() }
}

fn gaps(findings: &Findings, comparison: &Comparison) -> Option<Block> {
    let columns = findings.attributions.feature_names();
    let against = &comparison.groups[comparison.against].group;
    let mut gaps: Vec<_> = comparison.gaps.iter().collect();
    gaps.sort_by(|a, b| a.p.total_cmp(&b.p));
    let rows: Vec<Vec<Cell>> = gaps
        .iter()
        .take(MOST_LINES)
        .map(|gap| {
            vec![
                Cell::Text(comparison.groups[gap.group].group.clone()),
                Cell::Text(gap.column.map_or_else(|| "all together".to_owned(), |it| columns[it].clone())),
                Cell::Text(with_interval(gap.difference)),
                Cell::Text(p_value(gap.adjusted)),
                Cell::Text(if gap.is_found { "found" } else { "could be chance" }.to_owned()),
                Cell::Text(gap.share.map_or_else(|| "not told apart from 0".to_owned(), percent)),
            ]
        })
        .collect();
    let header = ["group", "column", "difference", "chance, corrected", "verdict", "part of the gap"];
    let caption =
        format!("By `{}`: groups compared with `{against}`, clearest gaps first.", comparison.column);
    (!rows.is_empty()).then(|| Block::Table { caption, header: header.map(String::from).to_vec(), rows })
}

fn proxies(findings: &Findings, comparison: &Comparison) -> Block {
    let columns = findings.attributions.feature_names();
    let limit = findings.setup.thresholds.proxy;
    let widest = |column: usize| {
        let gaps = comparison.gaps.iter().filter(|gap| gap.column == Some(column) && gap.is_found);
        gaps.max_by(|a, b| a.difference.value.abs().total_cmp(&b.difference.value.abs()))
    };
    let rows = comparison.proxies.iter().take(MOST_LINES).map(|proxy| {
        let gap = widest(proxy.column).map_or_else(
            || "none found".to_owned(),
            |gap| format!("{} ({})", signed(gap.difference.value), comparison.groups[gap.group].group),
        );
        let remark = if proxy.strength >= limit { "goes with it" } else { "" };
        vec![
            Cell::Text(columns[proxy.column].clone()),
            Cell::Number(proxy.strength),
            Cell::Text(remark.to_owned()),
            Cell::Text(gap),
        ]
    });
    let header = ["column", "Cramér's V", "from the stated limit on", "its largest gap found"];
    Block::Table {
        caption: format!("Columns that go with `{}`; the limit is {limit}.", comparison.column),
        header: header.map(String::from).to_vec(),
        rows: rows.collect(),
    }
}
