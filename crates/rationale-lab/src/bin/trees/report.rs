//! Lines for people, tables for the document, and a figure.

use std::path::Path;

use anyhow::Result;
use rationale::report::{Dot, Settings, dots};
use rationale::shapley::tree::TreeShap;
use rationale_lab::{machine, today};

use crate::figures::{Figure, Figures, Question};
use crate::{N_RUNS, THREADS, write};

#[derive(Default)]
pub(crate) struct Report {
    text: String,
    /// How many times the first peer's rate ours is, on one thread.
    ratios: Vec<Dot>,
}

impl Report {
    fn line(&mut self, line: &str) {
        println!("{line}");
        self.text += line;
        self.text.push('\n');
    }

    pub(crate) fn model(&mut self, name: &str, title: &str, figures: &Figures) {
        self.line(&format!("\n## {title}"));
        for question in figures.questions() {
            for threads in THREADS {
                let of = figures.of(question, threads);
                if !of.is_empty() {
                    self.table(name, question, threads, &of);
                }
            }
        }
        self.scaling(figures);
    }

    /// Rates, and how many times the others' rates ours are.
    fn table(&mut self, name: &str, question: Question, threads: usize, figures: &[Figure]) {
        let peers: Vec<&Figure> = figures.iter().filter(|figure| !figure.is_ours).collect();
        let plural = if threads == 1 { "" } else { "s" };
        self.line(&format!("\n### {}, {threads} thread{plural}\n", question.name()));
        let times = peers.iter().map(|peer| format!(" times {} |", peer.who)).collect::<Vec<_>>().concat();
        self.line(&format!("| | rows | building, s | rows/s | with building | largest difference |{times}"));
        self.line(&format!("|---|---|---|---|---|---|{}", "---|".repeat(peers.len())));
        for figure in figures {
            let gap = figure.gap.map_or(String::new(), |gap| format!("{gap:.1e}"));
            let ratios = peers.iter().map(|peer| ratio(figure, peer)).collect::<Vec<_>>().concat();
            self.line(&format!(
                "| {} | {} | {:.3} | {} | {} | {gap} |{ratios}",
                figure.who,
                figure.rows,
                figure.building,
                rounded(figure.rate),
                rounded(figure.whole_rate[1]),
            ));
        }
        if let (Question::PathDependent, 1, Some(peer)) = (question, threads, peers.first()) {
            let ours = figures.iter().filter(|figure| figure.is_ours && !figure.who.contains("avx2"));
            self.ratios.extend(ours.map(|figure| Dot {
                label: format!("{name}, {}, against {}", figure.who, peer.who),
                value: figure.compared() / peer.rate,
                interval: Some([0, 2].map(|end| figure.whole_rate[end] / peer.rate)),
            }));
        }
    }

    /// Two threads over one.
    fn scaling(&mut self, figures: &Figures) {
        let [one, two] = THREADS.map(|threads| figures.of(Question::PathDependent, threads));
        for two in two.iter().filter(|figure| figure.is_ours) {
            if let Some(one) = one.iter().find(|one| one.who == two.who) {
                let times = two.rate / one.rate;
                self.line(&format!("\n{}: two threads do {times:.2} times the rows of one.", two.who));
            }
        }
    }

    /// One row of a model that is loaded.
    pub(crate) fn latency(&mut self, own: f64, others: Vec<(String, f64)>) {
        let all = [("rationale".to_owned(), own)].into_iter().chain(others);
        let times: Vec<String> = all.map(|(who, seconds)| format!("{who} {:.1} us", 1e6 * seconds)).collect();
        self.line(&format!("\nOne row, model loaded, one thread, median of 500: {}", times.join("; ")));
    }

    /// STEM.md and STEM.svg.
    pub(crate) fn save(&self, stem: &Path) -> Result<()> {
        write(&stem.with_extension("md"), self.document(stem)?.as_bytes())?;
        let settings = Settings::default().with_title("Exact TreeSHAP on one thread");
        let caption = "times as many rows a second";
        write(&stem.with_extension("svg"), dots(&self.ratios, caption, &settings).svg().as_bytes())
    }

    /// With the date and the machine in front.
    fn document(&self, stem: &Path) -> Result<String> {
        let figure = stem.file_name().unwrap_or_default().to_string_lossy();
        Ok(format!(
            "# TreeSHAP: rows per second\n\n\
             {}. Machine: {}; instruction sets {}; rationale {}. Made by `cargo xtask bench trees`.\n\n\
             Medians of {N_RUNS} runs, ours and the other libraries' in turns, on the same models and rows. Seconds on one thread \
             are the processor's, on two the clock's. Building is what happens before the first row: the explainer, its tables, \
             one row; of other libraries, loading the model and its explainer. Ratios compare our rate with all building \
             to the others' without theirs. Differences are from the plain float64 engine, over the largest value.\n\n\
             ![rows a second, as a multiple of the other library's]({figure}.svg)\n{}",
            today(),
            machine()?,
            TreeShap::instruction_sets().join(", "),
            env!("CARGO_PKG_VERSION"),
            self.text
        ))
    }
}

fn ratio(figure: &Figure, peer: &Figure) -> String {
    if figure.is_ours { format!(" {:.1} |", figure.compared() / peer.rate) } else { " |".to_owned() }
}

/// Three digits.
fn rounded(rate: f64) -> String {
    if rate >= 1000.0 { format!("{rate:.0}") } else { format!("{rate:.1}") }
}
