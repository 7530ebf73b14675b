//! What was measured, whoever measured it.

use serde::Deserialize;

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Question {
    PathDependent,
    Interactions,
    /// With this many background rows.
    Interventional(usize),
}

impl Question {
    pub(crate) fn name(self) -> String {
        match self {
            Self::PathDependent => "path-dependent values".to_owned(),
            Self::Interactions => "path-dependent interactions".to_owned(),
            Self::Interventional(n) => format!("interventional values, {n} background rows"),
        }
    }
}

/// One run.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Run {
    pub who: String,
    #[serde(default)]
    pub is_ours: bool,
    pub question: Question,
    pub threads: usize,
    pub rows: usize,
    /// Seconds until the first row can be explained.
    pub building: f64,
    pub seconds: f64,
    /// The largest difference from the plain engine's values, over the largest value.
    pub gap: Option<f64>,
    /// Seconds for one row.
    #[serde(default)]
    pub latency: Option<f64>,
}

/// The runs of one model.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<Run>);

/// The medians of one way over its runs.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    pub who: String,
    pub is_ours: bool,
    pub rows: usize,
    pub building: f64,
    pub gap: Option<f64>,
    /// Rows a second, without and with the building; lowest, median, highest.
    pub rate: f64,
    pub whole_rate: [f64; 3],
}

impl Figures {
    pub(crate) fn add(&mut self, run: Run) {
        self.0.push(run);
    }

    pub(crate) fn questions(&self) -> Vec<Question> {
        let mut questions: Vec<Question> = self.0.iter().map(|run| run.question).collect();
        questions.sort();
        questions.dedup();
        questions
    }

    /// Of one question on so many threads, in the order in which they were measured first.
    pub(crate) fn of(&self, question: Question, threads: usize) -> Vec<Figure> {
        let asked: Vec<&Run> =
            self.0.iter().filter(|run| run.question == question && run.threads == threads).collect();
        let mut names: Vec<&str> = Vec::new();
        for run in &asked {
            if !names.contains(&run.who.as_str()) {
                names.push(&run.who);
            }
        }
        names
            .into_iter()
            .map(|who| {
                let runs: Vec<&Run> = asked.iter().filter(|run| run.who == who).copied().collect();
                Figure::new(&runs)
            })
            .collect()
    }

    /// Seconds for one row, of whoever measured it.
    pub(crate) fn latencies(&self) -> Vec<(String, f64)> {
        let mut names: Vec<&str> =
            self.0.iter().filter(|run| run.latency.is_some()).map(|run| run.who.as_str()).collect();
        names.dedup();
        let of = |who: &str| {
            median(self.0.iter().filter(|run| run.who == who).filter_map(|run| run.latency).collect())
        };
        names.into_iter().map(|who| (who.to_owned(), of(who))).collect()
    }
}

impl Figure {
    fn new(runs: &[&Run]) -> Self {
        let of = |f: &dyn Fn(&Run) -> f64| sorted(runs.iter().map(|run| f(run)).collect());
        let middle = |values: &[f64]| values[values.len() / 2];
        let whole = of(&|run| run.rows as f64 / (run.seconds + run.building));
        let mut rows: Vec<usize> = runs.iter().map(|run| run.rows).collect();
        rows.sort_unstable();
        let gaps: Vec<f64> = runs.iter().filter_map(|run| run.gap).collect();
        Self {
            who: runs[0].who.clone(),
            is_ours: runs[0].is_ours,
            rows: rows[rows.len() / 2],
            building: middle(&of(&|run| run.building)),
            gap: (!gaps.is_empty()).then(|| median(gaps)),
            rate: middle(&of(&|run| run.rows as f64 / run.seconds)),
            whole_rate: [whole[0], middle(&whole), whole[whole.len() - 1]],
        }
    }

    /// What two are compared by: of ours the rate with all building, of another library the rate without.
    pub(crate) fn compared(&self) -> f64 {
        if self.is_ours { self.whole_rate[1] } else { self.rate }
    }
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

pub(crate) fn median(values: Vec<f64>) -> f64 {
    let values = sorted(values);
    values[values.len() / 2]
}
