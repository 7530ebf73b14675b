//! What an evaluation found: a table, files, figures, a page.

use std::fmt::Write;
use std::path::Path;

use rationale::metrics::{Better, Bootstrap, Curve, Family, Metric, NoSignal, Summary};
use rationale::report::{
    Block, Cell, Dot, Mark, Page, Picture, Section, Series, Settings as Figure, Theme, curves, dots, number,
    trade_off,
};
use rationale::{Seed, whole};
use serde_json::json;

use super::choice::Choice;
use super::judge::{Found, Part, Record, Task};
use crate::arguments::Common;
use crate::bar::Bar;
use crate::output::{note, say};

/// What the page says at its top, about the subject.
pub(crate) struct Told {
    pub(crate) title: String,
    pub(crate) facts: Vec<(String, String)>,
}

impl Choice {
    /// Measures, writes the folder and says what was found.
    pub(crate) fn evaluate(&self, parts: &[Part<'_>], told: &Told, common: &Common) -> anyhow::Result<()> {
        let metrics = if self.metric.is_empty() { Metric::ALL.to_vec() } else { self.metric.clone() };
        let settings = self.settings(common)?;
        let are_named = !self.metric.is_empty();
        let task = Task { parts, metrics, are_named, settings, budget: self.budget };
        let bar = Bar::new("measuring", task.n_units(), common);
        let found = task.run(&bar)?;
        drop(bar);
        let summaries = Summaries::of(&found, Seed::new(common.seed))?;
        let existing = if self.force { whole::Existing::Replace } else { whole::Existing::Refuse };
        let folder = whole::WholeFolder::begin(&self.out, existing)
            .map_err(|error| anyhow::anyhow!("`{}` cannot be written: {error}", self.out.display()))?;
        summaries.write(folder.path(), &found, told)?;
        folder.commit()?;
        for (metric, cost) in &found.left_out {
            note(
                common,
                &format!("left out for the budget: {} ({cost} model calls an input)", metric.name()),
            );
        }
        let text = if common.json { summaries.json() } else { summaries.text(&found) };
        say(common, &text)?;
        note(common, &format!("wrote {}", self.out.display()));
        Ok(())
    }
}

/// Every method's mean of every metric.
struct Summaries {
    lines: Vec<Line>,
}

struct Line {
    method: String,
    metric: Metric,
    summary: Summary,
    /// What an explanation takes.
    calls: u64,
}

impl Line {
    fn value(&self) -> f64 {
        self.summary.mean.unwrap_or(f64::NAN)
    }

    fn shown(&self) -> String {
        match (self.summary.mean, self.summary.interval) {
            (Some(mean), Some([low, high])) => {
                format!("{} [{}, {}]", number(mean), number(low), number(high))
            }
            (Some(mean), None) => number(mean),
            (None, _) => format!("no signal: {}", self.reasons()),
        }
    }

    fn reasons(&self) -> String {
        let all =
            self.summary.without.iter().map(|(reason, n)| format!("{} ({n})", NoSignal::in_words(*reason)));
        all.collect::<Vec<_>>().join("; ")
    }
}

fn arrow(metric: Metric) -> &'static str {
    if metric.better() == Better::Higher { "higher" } else { "lower" }
}

impl Summaries {
    fn of(found: &Found, seed: Seed) -> anyhow::Result<Self> {
        let line = |record: &Record| -> anyhow::Result<Line> {
            let summary = Bootstrap::new(seed).summary(&record.scores)?;
            let calls = found.calls.iter().find(|(name, _)| *name == record.method).map_or(1, |it| it.1);
            Ok(Line { method: record.method.clone(), metric: record.metric, summary, calls })
        };
        Ok(Self { lines: found.records.iter().map(line).collect::<Result<_, _>>()? })
    }

    fn json(&self) -> String {
        let lines: Vec<_> = self.lines.iter().map(|line| {
            json!({
                "method": line.method,
                "metric": line.metric.name(),
                "value": line.summary.mean,
                "interval": line.summary.interval,
                "higher_is_better": line.metric.better() == Better::Higher,
                "family": line.metric.family().name(),
                "n": line.summary.n,
                "explanation_calls": line.calls,
                "no_signal": line.summary.without.iter().map(|(reason, n)| json!({"reason": reason.in_words(), "n": n})).collect::<Vec<_>>(),
            })
        }).collect();
        format!("{:#}\n", serde_json::Value::from(lines))
    }

    fn csv(&self) -> String {
        let mut text = "method,metric,value,low,high,higher_is_better,n,explanation_calls\n".to_owned();
        for line in &self.lines {
            let [low, high] =
                line.summary.interval.map_or([String::new(), String::new()], |it| it.map(|x| x.to_string()));
            let value = line.summary.mean.map(|it| it.to_string()).unwrap_or_default();
            let better = line.metric.better() == Better::Higher;
            let _ = writeln!(
                text,
                "{},{},{value},{low},{high},{better},{},{}",
                line.method,
                line.metric.name(),
                line.summary.n,
                line.calls
            );
        }
        text
    }

    fn metrics(&self) -> Vec<Metric> {
        let mut metrics: Vec<Metric> = self.lines.iter().map(|line| line.metric).collect();
        metrics.sort_unstable();
        metrics.dedup();
        metrics
    }

    fn of_metric(&self, metric: Metric) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.metric == metric)
    }

    fn text(&self, found: &Found) -> String {
        let mut text = format!("{} inputs; means with 95% intervals\n", found.n_inputs);
        let width = self.lines.iter().map(|line| line.method.len()).max().unwrap_or(0);
        let mut family = None;
        for metric in self.metrics() {
            if family.replace(metric.family()) != Some(metric.family()) {
                let _ = writeln!(text, "{}", metric.family().name());
            }
            let _ = writeln!(text, "  {} ({} is better)", metric.name(), arrow(metric));
            for line in self.of_metric(metric) {
                let _ = writeln!(text, "    {:width$}  {}", line.method, line.shown());
            }
        }
        text
    }

    fn write(&self, folder: &Path, found: &Found, told: &Told) -> anyhow::Result<()> {
        for (name, text) in [("results.json", self.json()), ("results.csv", self.csv())] {
            let written: std::io::Result<()> =
                whole::write_file(&folder.join(name), |out| out.write_all(text.as_bytes()));
            written?;
        }
        for (name, _, draw) in self.figures(found) {
            draw(&Figure::default()).save(&folder.join(format!("{name}.svg")))?;
        }
        self.page(found, told).save(&folder.join("index.html"))?;
        Ok(())
    }

    fn page(&self, found: &Found, told: &Told) -> Page {
        let lead = "What can be measured of these explanations. No number here says that one is right: read each with its direction and what \
                    it cannot see.";
        let mut subject = Section::new("What was judged").with_block(Block::Facts(told.facts.clone()));
        if !found.left_out.is_empty() {
            let names: Vec<_> = found.left_out.iter().map(|(metric, _)| metric.name()).collect();
            subject =
                subject.with_block(Block::Notice(format!("Left out for the budget: {}.", names.join(", "))));
        }
        let mut page = Page::new(&told.title).with_lead(lead).with_section(subject);
        let mut figures = Section::new("At a glance");
        for (_, caption, draw) in self.figures(found) {
            let light = draw(&Figure::default());
            let dark = draw(&Figure::default().with_theme(Theme::Dark));
            figures = figures.with_block(Block::Figure { light, dark, caption });
        }
        page = page.with_section(figures);
        let mut families: Vec<Family> = self.metrics().iter().map(|it| it.family()).collect();
        families.dedup();
        for family in families {
            page = page.with_section(Section::new(capital(family.name())).with_block(self.table(family)));
        }
        page
    }

    fn table(&self, family: Family) -> Block {
        let of_family = self.lines.iter().filter(|line| line.metric.family() == family);
        let row = |line: &Line| {
            let texts = [line.metric.name(), &line.method, &line.shown(), arrow(line.metric)]
                .map(|it| Cell::Text(it.to_owned()));
            let mut row = texts.to_vec();
            row.push(Cell::Number(line.summary.n as f64));
            row
        };
        Block::Table {
            caption: "Means over inputs, with 95% bootstrap intervals.".to_owned(),
            header: ["metric", "method", "mean [interval]", "better", "inputs"].map(str::to_owned).to_vec(),
            rows: of_family.map(row).collect(),
        }
    }

    /// Name, caption and drawing of each figure.
    fn figures<'a>(&'a self, found: &'a Found) -> Vec<(String, String, Draw<'a>)> {
        let mut all: Vec<(String, String, Draw<'a>)> = Vec::new();
        if !found.curves.is_empty() {
            let caption = "The output while what is said to matter most goes first: lower is better. Thin lines: 95% intervals of the mean.";
            let draw = move |figure: &Figure| {
                curves(&series(found), ["share of the input that is gone", "output"], figure)
            };
            all.push(("curves".to_owned(), caption.to_owned(), Box::new(draw)));
        }
        if self.metrics().contains(&Metric::Degradation) {
            let caption = "What faithfulness costs: degradation against model calls an explanation (powers of ten). The dashed line joins what nothing beats in both.";
            let draw = move |figure: &Figure| {
                trade_off(&self.marks(), ["log10 of model calls", "degradation"], figure)
            };
            all.push(("pareto".to_owned(), caption.to_owned(), Box::new(draw)));
        }
        for metric in self.metrics().into_iter().filter(|it| it.family() != Family::Agreement) {
            let title = format!("{} ({} is better)", metric.name(), arrow(metric));
            let caption = title.clone();
            let draw = move |figure: &Figure| dots(&self.dots(metric), &title, figure);
            all.push((metric.name().to_owned(), caption, Box::new(draw)));
        }
        all
    }

    fn dots(&self, metric: Metric) -> Vec<Dot> {
        let dot = |line: &Line| Dot {
            label: line.method.clone(),
            value: line.value(),
            interval: line.summary.interval,
        };
        self.of_metric(metric).map(dot).collect()
    }

    fn marks(&self) -> Vec<Mark> {
        let mark =
            |line: &Line| Mark { label: line.method.clone(), cost: line.calls as f64, worth: line.value() };
        self.of_metric(Metric::Degradation).map(mark).collect()
    }
}

type Draw<'a> = Box<dyn Fn(&Figure) -> Picture + 'a>;

/// The mean curve of each method, with the interval of the mean by the normal approximation. Inputs of few parts have fewer
/// points; between these a line counts.
fn series(found: &Found) -> Vec<Series> {
    found.curves.iter().map(|(name, curves)| mean_curve(name, curves)).collect()
}

fn mean_curve(name: &str, curves: &[Curve]) -> Series {
    let n = curves.len() as f64;
    let (mut points, mut band) = (Vec::new(), Vec::new());
    let longest = curves.iter().max_by_key(|it| it.shares.len()).map_or(&[][..], |it| &it.shares);
    for &share in longest {
        let values: Vec<f64> = curves.iter().map(|it| at(it, share)).collect();
        let mean = values.iter().sum::<f64>() / n;
        let square: f64 = values.iter().map(|it| (it - mean).powi(2)).sum();
        points.push([share, mean]);
        if n > 1.0 {
            let half = 1.96 * (square / (n - 1.0) / n).sqrt();
            band.push([mean - half, mean + half]);
        }
    }
    Series { name: name.to_owned(), points, band }
}

/// A curve's value at a share, on the line between its points.
fn at(curve: &Curve, share: f64) -> f64 {
    let next = curve.shares.partition_point(|it| *it < share).min(curve.shares.len() - 1);
    if next == 0 || curve.shares[next] <= share {
        return curve.values[next];
    }
    let (from, to) = (curve.shares[next - 1], curve.shares[next]);
    let step = (share - from) / (to - from);
    curve.values[next - 1] + step * (curve.values[next] - curve.values[next - 1])
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_of_inputs_of_few_parts_are_read_between_their_points() {
        let long = Curve { shares: vec![0.0, 0.25, 0.5, 0.75, 1.0], values: vec![1.0, 0.5, 0.5, 0.5, 0.0] };
        let short = Curve { shares: vec![0.0, 0.5, 1.0], values: vec![1.0, 0.5, 0.0] };
        let series = mean_curve("lime", &[short, long]);
        assert_eq!(series.points, [[0.0, 1.0], [0.25, 0.625], [0.5, 0.5], [0.75, 0.375], [1.0, 0.0]]);
        assert_eq!(series.band[0], [1.0, 1.0]);
    }
}
