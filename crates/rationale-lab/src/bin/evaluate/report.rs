//! The report: a page, its figures, and all numbers as CSV and JSON.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use rationale::report::{
    Block, Cell as Field, Dot, Mark, Page, Picture, Section, Settings, Theme, dots, number, trade_off,
};
use rationale_lab::{machine, today};
use serde_json::json;

use crate::cell::Found;
use crate::models::{Kind, Model, Models};
use crate::plan::{CONTROL, Plan};
use crate::review;

/// The figures of a model: metric, and what to see.
const FIGURES: [(&str, &str); 4] = [
    (
        "degradation",
        "How much sooner the output falls when what is said to matter most goes first: higher is better.",
    ),
    (
        "parameter-randomisation",
        "How far ranks survive the loss of what the model has learnt: lower is better.",
    ),
    (
        "average-sensitivity",
        "How far inputs nearby change the explanation, as a share of it: lower is better.",
    ),
    ("energy-in-box", "How much of the explanation lies in the object's box: higher is better."),
];

/// Writes everything into a folder.
pub(crate) fn write(out: &Path, plan: &Plan, models: &Models, found: &[Found]) -> Result<()> {
    std::fs::create_dir_all(out)?;
    crate::write(&out.join("results.csv"), &csv(found))?;
    crate::write(&out.join("results.json"), &document(plan, found))?;
    let mut page =
        Page::new("How good are the explanations?").with_lead(LEAD).with_section(what(plan, models, found)?);
    for model in &models.all {
        let of_model: Vec<&Found> = found.iter().filter(|it| it.cell.model == model.name).collect();
        if of_model.is_empty() {
            continue;
        }
        for (name, _, draw) in figures(model, &of_model) {
            draw(&Settings::default()).save(&out.join(format!("{name}.svg")))?;
        }
        page = page.with_section(section(model, &of_model));
    }
    Ok(page.save(&out.join("index.html"))?)
}

const LEAD: &str = "Every method of the program by every model at hand, judged by the program itself. A method that passes all of it may still be \
                    wrong; one that fails should not be relied on for that kind of model. Intervals are of 95% over inputs, and few inputs make \
                    them too narrow.";

fn what(plan: &Plan, models: &Models, found: &[Found]) -> Result<Section> {
    let took: Duration = found.iter().map(|it| it.took).sum();
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let facts = vec![
        fact("date", today()),
        fact("machine", machine()?),
        fact("version", format!("rationale {}", env!("CARGO_PKG_VERSION"))),
        fact(
            "took",
            format!(
                "{:.0} minutes of one thread, {} at a time",
                took.as_secs_f64() / 60.0,
                rayon::current_num_threads()
            ),
        ),
    ];
    let limits = "A verdict of faithfulness needs the whole interval to lie above the mean interval of random numbers. A verdict of \
                  stability or randomisation uses limits of 0.5, which are conventions and no findings; the numbers stand beside them.";
    Ok(Section::new("What was done")
        .with_block(Block::Facts(facts))
        .with_block(Block::Prose(format!("Extent: {}.", plan.caps())))
        .with_block(Block::Prose(format!("Not judged: {}.", models.missing.join("; "))))
        .with_block(Block::Prose(limits.to_owned())))
}

fn section(model: &Model, found: &[&Found]) -> Section {
    let control = found.iter().copied().find(|it| it.cell.method == CONTROL);
    let mut section =
        Section::new(capital(model.name)).with_block(Block::Prose(format!("{}.", capital(&model.told))));
    section = section.with_block(verdicts(model, found, control));
    // Not in the table, which a narrow screen could not show.
    for it in found {
        let why = format!("`{}`: {}", it.cell.method, review::paragraph(it, control));
        section = section.with_block(Block::Prose(why));
    }
    for (_, caption, draw) in figures(model, found) {
        let light = draw(&Settings::default());
        let dark = draw(&Settings::default().with_theme(Theme::Dark));
        section = section.with_block(Block::Figure { light, dark, caption });
    }
    section
}

fn verdicts(model: &Model, found: &[&Found], control: Option<&Found>) -> Block {
    let mark = |passed: Option<bool>| match passed {
        Some(true) => "yes",
        Some(false) => "no",
        None => "-",
    };
    let row = |found: &&Found| {
        let answers = review::answers(found, control);
        let n_shown = if model.kind == Kind::Picture { 4 } else { 3 };
        let mut row = vec![Field::Text(found.cell.method.clone())];
        row.extend(answers.iter().take(n_shown).map(|it| Field::Text(mark(it.passed).to_owned())));
        row.push(Field::Number(found.calls()));
        row
    };
    let mut header = vec!["method", "faithful", "stable", "learnt"];
    if model.kind == Kind::Picture {
        header.push("localises");
    }
    header.push("calls");
    Block::Table {
        caption: "Passed or not, and model calls an explanation; why stands below.".to_owned(),
        header: header.into_iter().map(str::to_owned).collect(),
        rows: found.iter().map(row).collect(),
    }
}

type Draw<'a> = Box<dyn Fn(&Settings) -> Picture + 'a>;

/// File name, caption and drawing of each figure of a model.
fn figures<'a>(model: &'a Model, found: &'a [&'a Found]) -> Vec<(String, String, Draw<'a>)> {
    let mut all: Vec<(String, String, Draw<'a>)> = Vec::new();
    let caption = "What faithfulness costs: degradation against model calls an explanation. The dashed line joins what no other beats in both.";
    let draw = move |settings: &Settings| {
        trade_off(&marks(found), ["log10 of model calls", "degradation"], settings)
    };
    all.push((format!("{}.pareto", model.name), caption.to_owned(), Box::new(draw)));
    for (metric, caption) in FIGURES {
        if found.iter().any(|it| it.value(metric).is_some()) {
            let draw = move |settings: &Settings| dots(&dots_of(found, metric), metric, settings);
            all.push((format!("{}.{metric}", model.name), caption.to_owned(), Box::new(draw)));
        }
    }
    all
}

fn marks(found: &[&Found]) -> Vec<Mark> {
    let mark = |it: &&Found| {
        Some(Mark { label: it.cell.method.clone(), cost: it.calls(), worth: it.value("degradation")? })
    };
    found.iter().filter_map(mark).collect()
}

fn dots_of(found: &[&Found], metric: &str) -> Vec<Dot> {
    let dot = |it: &&Found| {
        let (value, interval) = (it.value(metric)?, it.interval(metric)?);
        let interval = (interval[0] < interval[1]).then_some(interval);
        Some(Dot { label: it.cell.method.clone(), value, interval })
    };
    found.iter().filter_map(dot).collect()
}

fn csv(found: &[Found]) -> String {
    let mut text = "model,method,metric,value,low,high,n,explanation_calls\n".to_owned();
    for found in found {
        for line in &found.lines {
            let metric = line["metric"].as_str().unwrap_or_default();
            let value = found.value(metric).map(|it| it.to_string()).unwrap_or_default();
            let end = |place: usize| line["interval"].get(place).map(ToString::to_string).unwrap_or_default();
            let (low, high, n) = (end(0), end(1), found.n(metric));
            // A String takes all that is written.
            let _ = writeln!(
                text,
                "{},{},{metric},{value},{low},{high},{n},{}",
                found.cell.model,
                found.cell.method,
                number(found.calls())
            );
        }
    }
    text
}

fn document(plan: &Plan, found: &[Found]) -> String {
    let cell = |it: &Found| json!({"model": it.cell.model, "method": it.cell.method, "failure": it.failure, "results": it.lines});
    let cells: Vec<_> = found.iter().map(cell).collect();
    format!(
        "{:#}\n",
        json!({"format": "rationale/evaluation/1", "date": today(), "extent": plan.caps(), "cells": cells})
    )
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
