//! LIME on the rows of a table.

use rationale::surrogate::{
    Column, Columns, Discretisation, Explanation, Labels, Lime, LimeTabular, LocalModel, Settlement, Settling,
};
use rationale::tabular::FieldKind;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::{BinsName, Explained, Question};
use crate::bar::Bar;
use crate::failure::Usage;
use crate::tabular::players::By;

/// How many of the first columns must be settled in the stable mode.
const SETTLED: usize = 3;

pub(super) fn explain(question: &Question<'_>) -> anyhow::Result<Explained> {
    let (model, encoder) = question.scored.by_columns()?;
    if question.players.by == By::Feature && encoder.n_features() != question.scored.encoder.n_features() {
        return Err(Usage::new("lime explains the table's columns: leave --by feature out").into());
    }
    let settings = lime(question);
    let planned = settings.planned_inputs() * question.rows.nrows() as u64;
    let explainer = LimeTabular::new(model.as_ref(), columns(question)?, question.training.view())?
        .with_discretisation(match question.settings.bins {
            None | Some(BinsName::Quartile) => Discretisation::Quartile,
            Some(BinsName::Decile) => Discretisation::Decile,
            Some(BinsName::None) => Discretisation::None,
        })?
        .with_lime(settings);
    let bar = Bar::of_calls("lime", planned, question.common);
    let one = |(row, number): (usize, &usize)| {
        explainer.explain_row(question.coded.row(row), *number as u64, &bar).map(Explanation::without_samples)
    };
    let explained: Vec<Explanation> = question
        .numbers
        .par_iter()
        .enumerate()
        .map(|(row, number)| one((row, number)))
        .collect::<Result<_, _>>()?;
    drop(bar);
    let rows = question.coded.view();
    let attributions = explainer.attributions_of_groups(&explained, rows, &question.players.of(&encoder)?)?;
    let names = question.output_names(question.target.map_or(attributions.n_outputs(), |target| target + 1));
    let names = match question.target {
        Some(target) => names.get(target).cloned().into_iter().collect(),
        None => names,
    };
    let mut evidence = attributions.evidence().clone();
    evidence.model = question.scored.fingerprint;
    Ok(Explained {
        details: Some(details(question, &explained, &names)),
        remarks: remarks(question, &explained),
        attributions: attributions.with_output_names(names)?.with_evidence(evidence),
    })
}

fn lime(question: &Question<'_>) -> Lime {
    let settings = question.settings;
    let labels = question.target.map_or(Labels::All, |target| Labels::These(vec![target]));
    let mut lime = Lime::default()
        .with_seed(question.seed())
        .with_labels(labels)
        .with_batch_size(settings.batch_size)
        .with_repetitions(settings.stability.unwrap_or(0));
    if let Some(samples) = settings.samples {
        lime = lime.with_samples(samples);
    }
    if let Some(features) = settings.features {
        lime = lime.with_features(features);
    }
    if let Some(width) = settings.kernel_width {
        lime = lime.with_kernel_width(width);
    }
    if settings.stable { lime.with_settling(Settling::new(SETTLED)) } else { lime }
}

fn columns(question: &Question<'_>) -> anyhow::Result<Columns> {
    let fields = question.scored.encoder.schema().fields().iter();
    let columns = fields.map(|field| match &field.kind {
        FieldKind::Numeric => Column::numeric(&field.name),
        FieldKind::Categorical { categories } => Column::categorical(&field.name, categories.clone()),
    });
    Ok(Columns::new(columns.collect())?)
}

/// The lines themselves: what the table of values cannot hold.
fn details(question: &Question<'_>, explained: &[Explanation], outputs: &[String]) -> Value {
    let row = |(number, explanation): (&usize, &Explanation)| {
        let models = explanation.models.iter().zip(outputs);
        json!({
            "row": number,
            "n_samples": explanation.n_samples,
            "kernel_width": explanation.kernel_width,
            "settlement": explanation.settlement.as_ref().map(settlement),
            "stability": explanation.stability.iter().map(|it| json!({
                "output": it.output, "n_explanations": it.n_explanations,
                "variables": it.variables, "coefficients": it.coefficients,
            })).collect::<Vec<_>>(),
            "models": models.map(|(model, name)| local(model, name)).collect::<Vec<_>>(),
        })
    };
    let rows: Vec<Value> = question.numbers.iter().zip(explained).map(row).collect();
    json!({"format": "rationale/lime/1", "rows": rows})
}

fn local(model: &LocalModel, output: &str) -> Value {
    let terms = model.terms.iter().map(|term| {
        json!({
            "feature": term.feature, "condition": term.name, "coefficient": term.coefficient,
            "standard_error": term.standard_error, "value": term.value, "is_clear_of_next": term.is_clear_of_next,
        })
    });
    json!({
        "output": output, "terms": terms.collect::<Vec<_>>(), "intercept": model.intercept,
        "r_squared": model.r_squared, "local_prediction": model.local_prediction, "prediction": model.prediction,
        "is_constant": model.is_constant,
    })
}

fn settlement(settlement: &Settlement) -> Value {
    match settlement {
        Settlement::Settled { n_samples } => json!({"settled": true, "n_samples": n_samples}),
        Settlement::GaveUp { n_samples, rank, output } => {
            json!({"settled": false, "n_samples": n_samples, "open_rank": rank, "output": output})
        }
    }
}

fn remarks(question: &Question<'_>, explained: &[Explanation]) -> Vec<String> {
    let mut remarks = Vec::new();
    let n = explained.len();
    let models = || explained.iter().flat_map(|it| &it.models);
    if let Some(least) = models().map(|model| model.r_squared).reduce(f64::min) {
        remarks.push(format!(
            "lines explain {:.0}% or more of the variance near their rows (R2)",
            100.0 * least.max(0.0)
        ));
    }
    if question.settings.stable {
        let n_settled =
            explained.iter().filter(|it| matches!(it.settlement, Some(Settlement::Settled { .. }))).count();
        let most = explained.iter().map(|it| it.n_samples).max().unwrap_or(0);
        let text = format!(
            "the first {SETTLED} columns are settled for {n_settled} of {n} rows; at most {most} samples a row"
        );
        remarks.push(text);
    }
    let stability: Vec<_> = explained.iter().flat_map(|it| &it.stability).collect();
    if !stability.is_empty() {
        let mean = |of: fn(&rationale::surrogate::Stability) -> f64| {
            stability.iter().map(|it| of(it)).sum::<f64>() / stability.len() as f64
        };
        remarks.push(format!(
            "over {} repetitions: the same columns {:.0}%, coefficients that overlap {:.0}%",
            question.settings.stability.unwrap_or(0),
            100.0 * mean(|it| it.variables),
            100.0 * mean(|it| it.coefficients)
        ));
    }
    remarks
}
