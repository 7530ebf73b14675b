//! What many rows' attributions have in common, on a page: means of all rows, figures of a sample.

use rationale::report::{
    Block, Cell, Explained, Page, Picture, Section, Settings, Theme, beeswarm, dependence,
};
use rationale::{Attributions, Summary};
use serde_json::Value;

/// Features whose dependence is drawn.
const N_DRAWN: usize = 3;
/// Pairs of features in the table.
const N_PAIRS: usize = 10;

/// The page of a summary; `document` may hold the strength of interactions.
pub(super) fn of(summary: &Summary, evidence: &Value, document: &Value) -> anyhow::Result<Page> {
    let base_values: Vec<f64> = serde_json::from_value(evidence["base_values"].clone())?;
    let sample = summary.sample(&base_values)?;
    let lead = format!(
        "Means are those of all {} rows; the figures show a sample of {} of them, in which every row was as likely as any other.",
        summary.n_rows(),
        sample.n_rows()
    );
    let mut page =
        Page::new("What the model's predictions rest on").with_lead(lead).with_section(about(evidence));
    for output in 0..sample.n_outputs() {
        page = page.with_section(of_output(summary, &sample, output)?);
    }
    Ok(match pairs(&document["interaction_strength"]) {
        Some(table) => page.with_section(Section::new("Pairs of features").with_block(table)),
        None => page,
    })
}

fn about(evidence: &Value) -> Section {
    let fact = |name: &str, key: &str| Some((name.to_owned(), evidence[key].as_str()?.to_owned()));
    let facts = [fact("Method", "method"), fact("Engine", "engine"), fact("Compared with", "baseline")];
    let gap =
        evidence["completeness_gap"].as_f64().map(|gap| ("Largest gap".to_owned(), format!("{gap:.0e}")));
    Section::new("How").with_block(Block::Facts(facts.into_iter().flatten().chain(gap).collect()))
}

fn of_output(summary: &Summary, sample: &Attributions, output: usize) -> anyhow::Result<Section> {
    let rows = summary.sample_rows();
    let explained = Explained::new(sample, output)?;
    // Summed over categories a feature has no one number.
    let has_numbers = rows.ncols() == sample.n_features();
    let explained = if has_numbers { explained.with_numbers(rows.view())? } else { explained };
    let means = summary.mean_absolute();
    let mut order: Vec<usize> = (0..sample.n_features()).collect();
    order.sort_by(|a, b| means[[*b, output]].total_cmp(&means[[*a, output]]));
    let mut section =
        Section::new(format!("What moves {}", sample.output_names()[output])).with_block(figure(
            "Each dot is a row of the sample: to the right, the feature raised its prediction.",
            |settings| beeswarm(&explained, settings),
        )?);
    for &feature in order.iter().take(if has_numbers { N_DRAWN } else { 0 }) {
        let caption = format!("What `{}` does, by its value.", sample.feature_names()[feature]);
        section = section.with_block(figure(&caption, |settings| dependence(&explained, feature, settings))?);
    }
    Ok(section.with_block(table(summary, sample, &order, output)))
}

fn table(summary: &Summary, sample: &Attributions, order: &[usize], output: usize) -> Block {
    let (absolute, plain) = (summary.mean_absolute(), summary.mean_value());
    let row = |&feature: &usize| {
        vec![
            Cell::Text(sample.feature_names()[feature].clone()),
            Cell::Number(absolute[[feature, output]]),
            Cell::Number(plain[[feature, output]]),
        ]
    };
    Block::Table {
        caption: format!("Over all {} rows", summary.n_rows()),
        header: ["Feature", "Mean |value|", "Mean value"].map(str::to_owned).to_vec(),
        rows: order.iter().map(row).collect(),
    }
}

/// The strongest pairs over the sample, of the first output.
fn pairs(strength: &Value) -> Option<Block> {
    let names = strength["feature_names"].as_array()?;
    let means = strength["mean_absolute"].as_array()?;
    let mut pairs: Vec<(f64, usize, usize)> = (0..names.len())
        .flat_map(|a| (0..a).map(move |b| (a, b)))
        .filter_map(|(a, b)| Some((means[a][b][0].as_f64()?, b, a)))
        .collect();
    pairs.sort_by(|one, other| other.0.total_cmp(&one.0));
    let name = |place: usize| Cell::Text(names[place].as_str().unwrap_or_default().to_owned());
    let row = |&(mean, a, b): &(f64, usize, usize)| vec![name(a), name(b), Cell::Number(mean)];
    Some(Block::Table {
        caption: "The strongest over the sample, with the mean |interaction|".to_owned(),
        header: ["Feature", "Feature", "Mean |interaction|"].map(str::to_owned).to_vec(),
        rows: pairs.iter().take(N_PAIRS).map(row).collect(),
    })
}

fn figure(
    caption: &str,
    draw: impl Fn(&Settings) -> Result<Picture, rationale::report::Error>,
) -> anyhow::Result<Block> {
    let [light, dark] = [Theme::Light, Theme::Dark].map(|theme| draw(&Settings::default().with_theme(theme)));
    Ok(Block::Figure { light: light?, dark: dark?, caption: caption.to_owned() })
}
