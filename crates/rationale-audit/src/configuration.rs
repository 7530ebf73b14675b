//! An audit as a file asks for it: `audit.toml`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use rationale_core::Seed;
use rationale_tabular::{Table, UnseenCategory};
use serde::Deserialize;

use crate::{
    Audit, Catalogue, Direction, Error, JUST_ABOVE, Label, MOST_REASONS, Population, Protected, Reference,
    Rule, Scorer, ScoringModel, Thresholds,
};

/// Everything that an audit depends on, in the words of `audit.toml`. What is absent has the default that
/// [`Audit`] documents; who is approved has none and must be stated.
///
/// Paths in a file start at the folder of that file; [`Configuration::read`] makes them start at the current one.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Configuration {
    /// The model file.
    pub model: Option<String>,
    /// An outside program in the place of a model file.
    pub predict_command: Option<String>,
    /// How rows and scores are written to and by it: `json` or `csv`.
    pub predict_format: Option<String>,
    /// How many seconds it may take for its next answer.
    pub predict_timeout: Option<u64>,
    /// The names of the model's features in order, for a file that names none; the columns that a program is sent.
    pub feature_names: Vec<String>,
    /// What to do about categories that did not occur in training: `refuse` or `missing`.
    pub unseen: Option<String>,
    /// The table of applicants.
    pub data: Option<String>,
    /// The output that is the score.
    pub output: Option<String>,
    /// The column with what happened.
    pub label: Option<String>,
    /// Its favourable value; also the name of the output that is the score, if one is called so.
    pub favourable: Option<String>,
    /// Approve from this score on.
    pub cut_off: Option<f64>,
    /// Approve this share of the applicants.
    pub approve_rate: Option<f64>,
    /// Whether lower scores are favourable.
    pub lower_is_favourable: bool,
    /// `approved`, `just-above`, `just-above:SHARE`, `all`, or a file of rows.
    pub reference: Option<String>,
    /// At most so many rows of it.
    pub reference_rows: Option<usize>,
    /// Whether the reference is the whole population.
    pub census: bool,
    /// A file of reasons, or a catalogue that comes with the program: `hmda`, `consumer-credit`.
    pub catalogue: Option<String>,
    /// The template of letters, a file.
    pub letter: Option<String>,
    /// At most so many reasons.
    pub most_reasons: Option<usize>,
    /// Other fits of the model.
    pub refits: Vec<String>,
    /// What applicants are called: a column.
    pub id: Option<String>,
    /// The seed.
    pub seed: Option<u64>,
    /// Whether pairs of protected columns are compared too.
    pub intersections: Option<bool>,
    /// At most so many applicants on the page.
    pub applicants_on_page: Option<usize>,
    /// The folder of the audit before this one, to whose manifest this one's is chained.
    pub previous: Option<String>,
    /// A file with the key that signs the manifest.
    pub signing_key: Option<String>,
    /// Columns of the model, each with the code of its reason.
    pub reason_columns: BTreeMap<String, String>,
    /// Columns whose groups are compared.
    pub protected: Vec<ProtectedColumn>,
    /// From where on figures are pointed out.
    pub thresholds: Limits,
    /// From where on two portfolios have drifted apart.
    pub drift: DriftLimits,
}

/// A column whose groups are compared.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProtectedColumn {
    /// The column.
    pub column: String,
    /// Where bands of numbers begin.
    #[serde(default)]
    pub bands: Vec<f64>,
}

/// See [`Thresholds`]; what is absent is the default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The lowest ratio of approval rates that is not pointed out.
    pub four_fifths: Option<f64>,
    /// The chance of any false alarm among gaps.
    pub significance: Option<f64>,
    /// Cramér's V from which on a column is called a proxy.
    pub proxy: Option<f64>,
}

/// From where on two portfolios have drifted apart; what is absent is the default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DriftLimits {
    /// The population stability index; 0.2.
    pub psi: Option<f64>,
    /// Wasserstein's distance in standard deviations of the earlier portfolio; 0.25.
    pub wasserstein: Option<f64>,
}

impl DriftLimits {
    /// The limit of the population stability index.
    pub fn psi(self) -> f64 {
        self.psi.unwrap_or(0.2)
    }

    /// The limit of Wasserstein's distance.
    pub fn wasserstein(self) -> f64 {
        self.wasserstein.unwrap_or(0.25)
    }
}

/// A file that an audit reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Input {
    pub role: String,
    pub path: String,
}

impl Configuration {
    /// Reads a file; its paths start at its folder.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let file = path.display().to_string();
        let text = fs::read_to_string(path)
            .map_err(|source| Error::ReadConfiguration { file: file.clone(), source })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::from_toml(&file, &text)?.moved(|path| Ok(folder.join(path).display().to_string()))
    }

    /// Reads TOML text; `file` stands in messages. Paths stay as they are.
    pub fn from_toml(file: &str, text: &str) -> Result<Self, Error> {
        let read: Self = toml::from_str(text)
            .map_err(|source| Error::ConfigurationToml { file: file.to_owned(), source: Box::new(source) })?;
        match read.contradiction() {
            None => Ok(read),
            Some((key, message)) => {
                Err(Error::Configuration { file: file.to_owned(), line: line_of(text, key), key, message })
            }
        }
    }

    /// As TOML text; reading it back gives the same.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        self.write_values(&mut text);
        self.write_tables(&mut text);
        text
    }

    /// What the folder of an audit was made by; its paths are those of the files as they are found now.
    pub fn of_audit(folder: &Path) -> Result<Self, Error> {
        let file = "audit.toml";
        let text = fs::read_to_string(folder.join(file))
            .map_err(|source| Error::ReadConfiguration { file: file.to_owned(), source })?;
        let here = |path: &str| {
            let found = found(path, folder);
            Ok(found.map_or_else(|| path.to_owned(), |found| found.display().to_string()))
        };
        Self::from_toml(file, &text)?.moved(here)
    }

    /// The audit that it asks for. Reads the files; a program is for the caller to start ([`Configuration::audit_of`]).
    pub fn audit(&self) -> Result<Audit, Error> {
        self.rule()?;
        if let Some(command) = &self.predict_command {
            return Err(Error::Program { command: command.clone() });
        }
        let path = self.model.as_deref().ok_or(Error::Absent { what: "model" })?;
        self.audit_of(self.read_model(path)?)
    }

    /// The audit that it asks for, of this model.
    pub fn audit_of(&self, model: impl Into<Scorer>) -> Result<Audit, Error> {
        let refit = |path: &String| self.read_model(path);
        let mut audit = Audit::new(model, self.rule()?)
            .with_direction(self.direction())
            .with_reference(self.read_reference()?)
            .with_population(if self.census { Population::Census } else { Population::Sampled })
            .with_catalogue(self.read_catalogue()?)
            .with_refits(self.refits.iter().map(refit).collect::<Result<_, _>>()?)
            .with_protected(self.protected())
            .with_thresholds(self.thresholds())
            .with_most_reasons(self.most_reasons.unwrap_or(MOST_REASONS))
            .with_seed(Seed::new(self.seed.unwrap_or(0)));
        if let Some(rows) = self.reference_rows {
            audit = audit.with_reference_rows(rows);
        }
        if let Some(most) = self.applicants_on_page {
            audit = audit.with_most_shown(most);
        }
        if self.intersections == Some(false) {
            audit = audit.without_intersections();
        }
        if let Some(id) = &self.id {
            audit = audit.with_id(id);
        }
        if let Some(path) = &self.letter {
            let read = fs::read_to_string(path);
            let source = |source| Error::ReadLetter { file: path.clone(), source };
            audit = audit.with_letter(read.map_err(source)?);
        }
        Ok(self.with_score(audit))
    }

    /// The table of applicants.
    pub fn table(&self) -> Result<Table, Error> {
        let path = self.data.as_deref().ok_or(Error::Absent { what: "data" })?;
        Ok(Table::read(path.as_ref())?)
    }

    /// The rows of the reference, where they are a file.
    pub fn reference_table(&self) -> Result<Option<Table>, Error> {
        let path = self.reference.as_deref().filter(|name| is_file(name));
        Ok(path.map(|path| Table::read(path.as_ref())).transpose()?)
    }

    /// The same with every path changed.
    pub(crate) fn moved(mut self, to: impl Fn(&str) -> Result<String, Error>) -> Result<Self, Error> {
        let catalogue = self.catalogue.as_mut().filter(|name| Catalogue::built_in(name).is_none());
        let reference = self.reference.as_mut().filter(|name| is_file(name));
        let paths =
            [&mut self.model, &mut self.data, &mut self.letter, &mut self.previous, &mut self.signing_key]
                .into_iter()
                .filter_map(Option::as_mut)
                .chain(catalogue)
                .chain(reference)
                .chain(&mut self.refits);
        for path in paths {
            *path = to(path)?;
        }
        Ok(self)
    }

    /// The files that the result depends on, in a fixed order.
    pub(crate) fn inputs(&self) -> Vec<Input> {
        let input = |role: &str, path: &str| Input { role: role.to_owned(), path: path.to_owned() };
        let mut inputs = Vec::new();
        for (role, path) in [("model", &self.model), ("data", &self.data), ("letter", &self.letter)] {
            inputs.extend(path.as_ref().map(|path| input(role, path)));
        }
        let catalogue = self.catalogue.as_ref().filter(|name| Catalogue::built_in(name).is_none());
        inputs.extend(catalogue.map(|path| input("catalogue", path)));
        let reference = self.reference.as_ref().filter(|name| is_file(name));
        inputs.extend(reference.map(|path| input("reference", path)));
        inputs.extend(self.refits.iter().map(|path| input("refit", path)));
        inputs
    }

    fn rule(&self) -> Result<Rule, Error> {
        match (self.cut_off, self.approve_rate) {
            (Some(cut_off), None) => Ok(Rule::CutOff(cut_off)),
            (None, Some(rate)) => Ok(Rule::ApproveRate(rate)),
            _ => Err(Error::NoRule),
        }
    }

    fn direction(&self) -> Direction {
        if self.lower_is_favourable { Direction::LowerIsFavourable } else { Direction::HigherIsFavourable }
    }

    /// A favourable value without a label only names the output.
    fn with_score(&self, mut audit: Audit) -> Audit {
        if let (Some(column), Some(favourable)) = (&self.label, &self.favourable) {
            audit = audit.with_label(Label { column: column.clone(), favourable: favourable.clone() });
        }
        match self.output.as_ref().or(self.favourable.as_ref().filter(|_| self.label.is_none())) {
            Some(output) => audit.with_output(output),
            None => audit,
        }
    }

    fn read_model(&self, path: &str) -> Result<ScoringModel, Error> {
        let mut model = ScoringModel::read(path.as_ref())?;
        if !self.feature_names.is_empty() {
            model = model.with_feature_names(&self.feature_names)?;
        }
        let unseen = match self.unseen.as_deref() {
            Some("missing") => UnseenCategory::Missing,
            _ => UnseenCategory::Refuse,
        };
        let encoder = model.encoder().clone().with_unseen(unseen);
        model.with_encoder(encoder)
    }

    fn read_catalogue(&self) -> Result<Catalogue, Error> {
        let catalogue = match self.catalogue.as_deref() {
            None => Catalogue::default(),
            Some(name) => match Catalogue::built_in(name) {
                Some(text) => Catalogue::from_toml(name, text)?,
                None => Catalogue::read(name.as_ref())?,
            },
        };
        catalogue.with_columns(&self.reason_columns)
    }

    fn read_reference(&self) -> Result<Reference, Error> {
        Ok(match self.reference.as_deref() {
            None | Some("approved") => Reference::Approved,
            Some("all") => Reference::All,
            Some(name) => match just_above(name) {
                Some(share) => Reference::JustAbove(share),
                None => Reference::Rows(Box::new(Table::read(name.as_ref())?)),
            },
        })
    }

    fn protected(&self) -> Vec<Protected> {
        let one = |it: &ProtectedColumn| Protected::new(&it.column).with_bands(it.bands.clone());
        self.protected.iter().map(one).collect()
    }

    fn thresholds(&self) -> Thresholds {
        let (asked, usual) = (self.thresholds, Thresholds::default());
        Thresholds {
            four_fifths: asked.four_fifths.unwrap_or(usual.four_fifths),
            significance: asked.significance.unwrap_or(usual.significance),
            proxy: asked.proxy.unwrap_or(usual.proxy),
        }
    }

    /// The first key whose value cannot be meant, and why.
    fn contradiction(&self) -> Option<(&'static str, String)> {
        let share = |key, value: Option<f64>| {
            let wrong = value.filter(|value| !(*value > 0.0 && *value <= 1.0));
            wrong.map(|value| (key, format!("{value} is no share above 0 and at most 1")))
        };
        let limit = |key, value: Option<f64>| {
            let wrong = value.filter(|value| !(*value > 0.0 && value.is_finite()));
            wrong.map(|value| (key, format!("{value} is no limit above 0")))
        };
        let cut_off = self.cut_off.filter(|value| !value.is_finite());
        let unseen = self.unseen.as_deref().filter(|word| !["refuse", "missing"].contains(word));
        let most = self.most_reasons.filter(|most| !(1..=MOST_REASONS).contains(most));
        let reference =
            self.reference.as_deref().and_then(just_above).filter(|share| !(*share > 0.0 && *share <= 1.0));
        let format = self.predict_format.as_deref().filter(|word| !["json", "csv"].contains(word));
        let two_models = self.model.is_some() && self.predict_command.is_some();
        let both = self.cut_off.is_some() && self.approve_rate.is_some();
        let label = self.label.is_some() && self.favourable.is_none();
        share("approve_rate", self.approve_rate)
            .or(cut_off.map(|value| ("cut_off", format!("{value} is no finite number"))))
            .or(both.then(|| {
                ("cut_off", "cut_off and approve_rate are both given; one draws the line".to_owned())
            }))
            .or(label.then(|| ("label", "favourable must say which of its values is favourable".to_owned())))
            .or(unseen.map(|word| ("unseen", format!("`{word}` is not known; `refuse` and `missing` are"))))
            .or(format.map(|word| ("predict_format", format!("`{word}` is not known; `json` and `csv` are"))))
            .or(two_models.then(|| {
                (
                    "predict_command",
                    "model and predict_command are both given; one gives the scores".to_owned(),
                )
            }))
            .or(most.map(|most| ("most_reasons", format!("{most} is not between 1 and {MOST_REASONS}"))))
            .or(reference.map(|_| {
                ("reference", "the share of `just-above:SHARE` must be above 0 and at most 1".to_owned())
            }))
            .or(share("four_fifths", self.thresholds.four_fifths))
            .or(share("significance", self.thresholds.significance))
            .or(share("proxy", self.thresholds.proxy))
            .or(limit("psi", self.drift.psi))
            .or(limit("wasserstein", self.drift.wasserstein))
    }

    fn write_values(&self, text: &mut String) {
        let mut line = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                let _ = writeln!(text, "{key} = {value}");
            }
        };
        let words = |value: &Option<String>| value.as_deref().map(quoted);
        let list = |values: &[String]| {
            let quoted: Vec<String> = values.iter().map(|value| quoted(value)).collect();
            (!values.is_empty()).then(|| format!("[{}]", quoted.join(", ")))
        };
        line("model", words(&self.model));
        line("predict_command", words(&self.predict_command));
        line("predict_format", words(&self.predict_format));
        line("predict_timeout", self.predict_timeout.map(|n| n.to_string()));
        line("feature_names", list(&self.feature_names));
        line("unseen", words(&self.unseen));
        line("data", words(&self.data));
        line("output", words(&self.output));
        line("label", words(&self.label));
        line("favourable", words(&self.favourable));
        line("cut_off", self.cut_off.map(number));
        line("approve_rate", self.approve_rate.map(number));
        line("lower_is_favourable", self.lower_is_favourable.then(|| "true".to_owned()));
        line("reference", words(&self.reference));
        line("reference_rows", self.reference_rows.map(|n| n.to_string()));
        line("census", self.census.then(|| "true".to_owned()));
        line("catalogue", words(&self.catalogue));
        line("letter", words(&self.letter));
        line("most_reasons", self.most_reasons.map(|n| n.to_string()));
        line("refits", list(&self.refits));
        line("id", words(&self.id));
        line("seed", self.seed.map(|n| n.to_string()));
        line("intersections", self.intersections.map(|is| is.to_string()));
        line("applicants_on_page", self.applicants_on_page.map(|n| n.to_string()));
        line("previous", words(&self.previous));
        line("signing_key", words(&self.signing_key));
    }

    fn write_tables(&self, text: &mut String) {
        if !self.reason_columns.is_empty() {
            text.push_str("\n[reason_columns]\n");
            for (column, code) in &self.reason_columns {
                let _ = writeln!(text, "{} = {}", quoted(column), quoted(code));
            }
        }
        let thresholds = [
            ("four_fifths", self.thresholds.four_fifths),
            ("significance", self.thresholds.significance),
            ("proxy", self.thresholds.proxy),
        ];
        let drift = [("psi", self.drift.psi), ("wasserstein", self.drift.wasserstein)];
        for (name, values) in [("thresholds", &thresholds[..]), ("drift", &drift[..])] {
            if values.iter().any(|(_, value)| value.is_some()) {
                let _ = writeln!(text, "\n[{name}]");
            }
            for (key, value) in values {
                if let Some(value) = value {
                    let _ = writeln!(text, "{key} = {}", number(*value));
                }
            }
        }
        for protected in &self.protected {
            let _ = writeln!(text, "\n[[protected]]\ncolumn = {}", quoted(&protected.column));
            if !protected.bands.is_empty() {
                let bands: Vec<String> = protected.bands.iter().copied().map(number).collect();
                let _ = writeln!(text, "bands = [{}]", bands.join(", "));
            }
        }
    }
}

/// A commented `audit.toml` to begin with, from the columns of a table and of a model.
pub fn template(model: &str, read: &ScoringModel, data: &str, table: &Table) -> String {
    let used = read.encoder().schema().names();
    let others: Vec<&str> = table.column_names().into_iter().filter(|name| !used.contains(name)).collect();
    let outputs: Vec<String> = read.trees().output_names().iter().map(|name| quoted(name)).collect();
    let mut text = format!(
        "# What `rationale audit --config audit.toml --out DIR` does. Paths start at the folder of this file; flags override.\n\
         model = {}\ndata = {}\n\n\
         # The score: one of the model's outputs, which are {}.\n# output = {}\n\n\
         # Who is approved must be stated: uncomment one of the two.\n# cut_off = 0.5\n# approve_rate = 0.7\n\
         # lower_is_favourable = true\n\n\
         # What happened, where it is known. Columns that the model does not use: {}.\n\
         # label = \"...\"\n# favourable = \"...\"\n# id = \"...\"\n\n\
         # Whom applicants are compared with: approved, just-above (the cut-off), all, or a file of rows.\n\
         reference = \"approved\"\n# reference_rows = 10000\n# census = true   # the reference is all there are: no intervals\n\n\
         # Reasons: a file of your own, or hmda, or consumer-credit. Other fits of the model show what refitting changes.\n\
         catalogue = \"consumer-credit\"\n# letter = \"letter.txt\"\n# refits = [\"refit-1.json\", \"refit-2.json\"]\n\n\
         # seed = 0\n# previous = \"../last-audit\"      # chains this audit's manifest to that one's\n\
         # signing_key = \"key.hex\"          # 64 hexadecimal digits: openssl rand -hex 32\n",
        quoted(model),
        quoted(data),
        outputs.join(", "),
        outputs.first().map_or("\"...\"", String::as_str),
        if others.is_empty() { "none".to_owned() } else { commented(&others.join(", ")) }
    );
    text.push_str("\n# The code of each column's reason; a column without one stands under its own name.\n[reason_columns]\n");
    for name in used {
        let _ = writeln!(text, "# {} = \"C01\"", quoted(name));
    }
    text.push_str("\n[thresholds]\n# four_fifths = 0.8\n# significance = 0.05\n# proxy = 0.3\n\n[drift]\n# psi = 0.2\n# wasserstein = 0.25\n");
    text.push_str("\n# Columns whose groups are compared; the model need not know them.\n# [[protected]]\n# column = \"age\"\n# bands = [25, 60]\n");
    text
}

/// A name on the line of a comment must not end it.
fn commented(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn is_file(reference: &str) -> bool {
    !["approved", "all"].contains(&reference) && just_above(reference).is_none()
}

/// The share of `just-above` or `just-above:SHARE`: not a number where it is none. None for anything else.
fn just_above(reference: &str) -> Option<f64> {
    let rest = reference.strip_prefix("just-above")?;
    if rest.is_empty() { Some(JUST_ABOVE) } else { Some(rest.strip_prefix(':')?.parse().unwrap_or(f64::NAN)) }
}

/// The line on which a key stands, counted from 1; 1 where it cannot be found.
fn line_of(text: &str, key: &str) -> usize {
    let is_key = |line: &str| {
        let rest = line.trim_start().strip_prefix(key);
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    text.lines().position(is_key).map_or(1, |at| at + 1)
}

fn number(value: f64) -> String {
    // TOML tells 1 from 1.0 and reads both here; a bare exponent it does not.
    format!("{value:?}")
}

/// As a basic string of TOML.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

/// Where a recorded path is now: in the folder of the audit, else from the current folder.
pub(crate) fn found(path: &str, folder: &Path) -> Option<PathBuf> {
    let beside = folder.join(path);
    [beside, PathBuf::from(path)].into_iter().find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{model, table};

    #[test]
    fn goes_to_toml_and_back_whatever_the_names() {
        let configuration = Configuration {
            model: Some("a \"b\"\\ü\n.json".into()),
            cut_off: Some(-1e-30),
            refits: vec!["x".into(), "y".into()],
            census: true,
            reason_columns: BTreeMap::from([("=cmd|' '\u{202e}".into(), "<script>".into())]),
            protected: vec![ProtectedColumn { column: "age".into(), bands: vec![25.0, 60.5] }],
            drift: DriftLimits { psi: Some(0.1), wasserstein: None },
            ..Configuration::default()
        };
        let text = configuration.to_toml();
        assert_eq!(Configuration::from_toml("a.toml", &text).unwrap(), configuration, "{text}");
    }

    #[test]
    fn mistakes_name_their_line() {
        let error = |text: &str| Configuration::from_toml("a.toml", text).unwrap_err().to_string();
        assert_eq!(
            error("model = \"m\"\n\napprove_rate = 70\n"),
            "`a.toml`, line 3: approve_rate: 70 is no share above 0 and at most 1"
        );
        assert!(error("model = \"m\"\nlabell = \"x\"\n").contains("line 2"));
        assert!(error("cut_off = 1\n[drift]\npsi = -1\n").starts_with("`a.toml`, line 3: psi"));
        assert!(error("reference = \"just-above:7\"").contains("at most 1"));
    }

    #[test]
    fn the_template_is_sound_and_says_what_is_missing() {
        let text = template("m.json", &model(), "loans.csv", &table());
        let read = Configuration::from_toml("audit.toml", &text).unwrap();
        assert_eq!((read.model.as_deref(), read.data.as_deref()), (Some("m.json"), Some("loans.csv")));
        assert!(text.contains("paid, sex") && text.contains("# \"amount\" = "), "{text}");
        assert!(matches!(read.audit(), Err(Error::NoRule)));
    }

    #[test]
    fn paths_start_at_the_folder_of_the_file() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("audit.toml");
        let text = "model = \"m.json\"\nreference = \"all\"\ncatalogue = \"hmda\"\nrefits = [\"/r.json\"]\n";
        crate::folder::write_text(&path, text).unwrap();
        let read = Configuration::read(&path).unwrap();
        assert_eq!(read.model.unwrap(), room.path().join("m.json").display().to_string());
        assert_eq!((read.reference.unwrap(), read.catalogue.unwrap()), ("all".into(), "hmda".into()));
        assert_eq!(read.refits, ["/r.json"]);
    }
}
