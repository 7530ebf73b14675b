//! A model that answers: trees or a network from a file, or an outside program.

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ndarray::{Array2, ArrayView2};
use rationale::audit::{Configuration, ScoringModel};
use rationale::process::{Format, Process};
use rationale::tabular::{ColumnKind, Encoder, Encoding, Field, FieldKind, Schema, Table, UnseenCategory};
use rationale::trees::TreeEnsemble;
use rationale::{Attributions, Error, Fingerprint, Predict};

use super::methods::{Method, Question};
use crate::failure::Usage;

/// An outside program in the place of a model file.
#[derive(Debug, Clone, Args)]
pub(super) struct Program {
    /// Ask this program instead of a model file, with `-` for MODEL: it is started once, reads a row a line, and answers
    /// each with a score or several. No shell reads the command. docs/PROCESS-MODELS.md has the protocol.
    #[arg(long, value_name = "COMMAND")]
    predict_command: Option<String>,
    /// How rows and scores are written; texts of the table go out as they are.
    #[arg(long, value_enum, default_value_t = FormatName::Json, requires = "predict_command")]
    predict_format: FormatName,
    /// How long the program may take for its next answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "predict_command")]
    predict_timeout: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// `[31,"clerk",null]`, and a number or a list of numbers as the answer.
    Json,
    /// `31,clerk,`, and numbers between commas as the answer.
    Csv,
}

/// What trees or a network are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// What trees add up to; a network's outputs as they are.
    Margin,
    /// That after the link; the softmax over a network's outputs.
    Prediction,
}

/// A model as a function of rows, and how a table becomes rows.
pub(super) struct Scored {
    pub(super) model: Arc<dyn Predict>,
    pub(super) encoder: Encoder,
    /// The outputs' names, where the model names them.
    pub(super) outputs: Option<Vec<String>>,
    pub(super) fingerprint: Option<Fingerprint>,
    /// The inside of a network.
    pub(super) inside: Option<Arc<dyn Inside>>,
}

/// A model whose inside can be differentiated.
pub(super) trait Inside: Send + Sync {
    /// Explains the rows by a method that needs the inside: the outputs asked for, the players asked for.
    fn explain(&self, question: &Question<'_>, method: Method) -> anyhow::Result<Attributions>;
}

impl Program {
    /// A program as a configuration names it, under what was typed.
    pub(super) fn or(&self, file: &Configuration) -> Self {
        let format = match file.predict_format.as_deref() {
            Some("csv") => FormatName::Csv,
            _ => FormatName::Json,
        };
        match &self.predict_command {
            Some(_) => self.clone(),
            None => Self {
                predict_command: file.predict_command.clone(),
                predict_format: format,
                predict_timeout: file.predict_timeout.unwrap_or(self.predict_timeout),
            },
        }
    }

    /// The words of a configuration: command, format and seconds.
    pub(super) fn recorded(&self) -> (Option<String>, Option<String>, Option<u64>) {
        let Some(command) = &self.predict_command else { return (None, None, None) };
        let format = match self.predict_format {
            FormatName::Json => "json",
            FormatName::Csv => "csv",
        };
        (Some(command.clone()), Some(format.to_owned()), Some(self.predict_timeout))
    }

    /// Whether there is a program; a file and a program together are a mistake.
    pub(super) fn is_given(&self, model: &std::path::Path) -> Result<bool, Usage> {
        match (&self.predict_command, model == "-") {
            (Some(_), false) => Err(Usage::new(format!(
                "--predict-command asks a program and `{}` is a model file: give `-` in its place",
                model.display()
            ))),
            (None, true) => {
                Err(Usage::new("`-` for MODEL means an outside program: give --predict-command COMMAND"))
            }
            (command, _) => Ok(command.is_some()),
        }
    }

    /// Starts the program for tables of these fields.
    pub(super) fn start(&self, schema: Schema, unseen: UnseenCategory) -> anyhow::Result<Scored> {
        let words = words(self.predict_command.as_deref().unwrap_or_default())?;
        let (program, arguments) =
            words.split_first().ok_or_else(|| Usage::new("--predict-command is empty"))?;
        let categories = schema.fields().iter().map(|field| match &field.kind {
            FieldKind::Categorical { categories } => Some(categories.clone()),
            FieldKind::Numeric => None,
        });
        let process = Process::new(program)
            .with_arguments(arguments)
            .with_categories(categories.collect())
            .with_timeout(Duration::from_secs(self.predict_timeout.max(1)))
            .with_format(match self.predict_format {
                FormatName::Json => Format::Json,
                FormatName::Csv => Format::Csv,
            });
        let encoder = Encoder::new(schema, Encoding::Ordinal)?.with_unseen(unseen);
        Ok(Scored {
            model: Arc::new(process.start()?),
            encoder,
            outputs: None,
            fingerprint: None,
            inside: None,
        })
    }
}

impl Scored {
    /// Trees of a file.
    pub(super) fn of_trees(model: &ScoringModel, answer: Answer) -> Self {
        let trees = model.trees().clone();
        Self {
            encoder: model.encoder().clone(),
            outputs: Some(trees.output_names().to_vec()),
            fingerprint: Some(trees.fingerprint()),
            inside: None,
            model: answering(trees, answer),
        }
    }

    /// Another model for the same rows.
    pub(super) fn with_model(&self, model: Arc<dyn Predict>) -> Self {
        let (encoder, outputs) = (self.encoder.clone(), self.outputs.clone());
        Self { model, encoder, outputs, fingerprint: self.fingerprint, inside: None }
    }

    /// Rows as the model takes them, with one number a column of the table `[row, column]`: a category by its place, missing where
    /// no category is there.
    pub(super) fn coded(&self, rows: ArrayView2<'_, f64>) -> Array2<f64> {
        if self.encoder.encoding() == Encoding::Ordinal {
            return rows.to_owned();
        }
        let fields = self.encoder.schema().fields();
        let groups = self.encoder.groups();
        Array2::from_shape_fn((rows.nrows(), fields.len()), |(row, field)| {
            let members = &groups[field].1;
            match fields[field].kind {
                FieldKind::Numeric => rows[[row, members[0]]],
                FieldKind::Categorical { .. } => members
                    .iter()
                    .position(|feature| rows[[row, *feature]] > 0.5)
                    .map_or(f64::NAN, |category| category as f64),
            }
        })
    }

    /// The same model asked about rows that have one number a column of the table, and the encoder of such rows.
    pub(super) fn by_columns(&self) -> anyhow::Result<(Arc<dyn Predict>, Encoder)> {
        if self.encoder.encoding() == Encoding::Ordinal {
            return Ok((Arc::clone(&self.model), self.encoder.clone()));
        }
        let schema = self.encoder.schema().clone();
        let spread = Spread { model: Arc::clone(&self.model), fields: schema.fields().to_vec() };
        Ok((Arc::new(spread), Encoder::new(schema, Encoding::Ordinal)?.with_unseen(self.encoder.unseen())))
    }
}

/// Trees as a model that is asked.
pub(super) fn answering(trees: TreeEnsemble, answer: Answer) -> Arc<dyn Predict> {
    match answer {
        Answer::Margin => Arc::new(Margins(trees)),
        Answer::Prediction => Arc::new(trees),
    }
}

/// Trees asked for what they add up to.
struct Margins(TreeEnsemble);

impl Predict for Margins {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        self.0.margins(rows).map_err(Error::model)
    }
}

/// A model of one-hot features asked about categories by their numbers.
struct Spread {
    model: Arc<dyn Predict>,
    fields: Vec<Field>,
}

impl Predict for Spread {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        let width = |field: &Field| match &field.kind {
            FieldKind::Categorical { categories } => categories.len(),
            FieldKind::Numeric => 1,
        };
        let mut spread = Array2::zeros((rows.nrows(), self.fields.iter().map(width).sum()));
        let mut first = 0;
        for (field, column) in self.fields.iter().zip(rows.columns()) {
            for (row, &value) in column.iter().enumerate() {
                match field.kind {
                    FieldKind::Numeric => spread[[row, first]] = value,
                    #[expect(clippy::cast_sign_loss, reason = "the place of a category, made by the encoder")]
                    FieldKind::Categorical { .. } if !value.is_nan() => {
                        spread[[row, first + value as usize]] = 1.0;
                    }
                    FieldKind::Categorical { .. } => {}
                }
            }
            first += width(field);
        }
        self.model.predict(spread.view())
    }
}

/// The columns that a program is told of: those named, or all of the table; texts of either table are its categories.
pub(super) fn schema(
    table: &Table,
    background: Option<&Table>,
    names: Option<&[String]>,
) -> anyhow::Result<Schema> {
    let of_table: Vec<String> = table.column_names().into_iter().map(str::to_owned).collect();
    let names = names.map_or(of_table, <[String]>::to_vec);
    let field = |name: &String| -> anyhow::Result<Field> {
        let mut columns = vec![table.column(name)?];
        if let Some(background) = background {
            columns.push(background.column(name)?);
        }
        let is_text = columns.iter().any(|it| it.kind() == ColumnKind::Text && it.n_missing() < it.len());
        let mut categories: Vec<String> = columns.iter().flat_map(|column| column.distinct()).collect();
        categories.sort();
        categories.dedup();
        let kind = if is_text { FieldKind::Categorical { categories } } else { FieldKind::Numeric };
        Ok(Field { name: name.clone(), kind })
    };
    Ok(Schema::new(names.iter().map(field).collect::<Result<_, _>>()?)?)
}

/// The words of a command: between blanks, or between quotes.
fn words(command: &str) -> Result<Vec<String>, Usage> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    for letter in command.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    if let Some(open) = quote {
        return Err(Usage::new(format!("--predict-command {command}: the quote {open} is not closed")));
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use rationale::FromFn;

    use super::*;

    #[test]
    fn a_command_is_cut_at_blanks_but_not_within_quotes() {
        let cut = |text: &str| words(text).unwrap();
        assert_eq!(cut("python  score.py"), ["python", "score.py"]);
        assert_eq!(
            cut("sh -c 'while read a; do echo $a; done' \"\""),
            ["sh", "-c", "while read a; do echo $a; done", ""]
        );
        assert_eq!(cut("a'b c'd"), ["ab cd"]);
        assert!(words("sh -c 'x").unwrap_err().to_string().contains("quote ' is not closed"));
    }

    #[test]
    fn categories_are_spread_over_one_hot_features() {
        let job = FieldKind::Categorical { categories: vec!["baker".into(), "clerk".into()] };
        let fields = vec![
            Field { name: "job".into(), kind: job },
            Field { name: "age".into(), kind: FieldKind::Numeric },
        ];
        let model = Arc::new(FromFn::new(|rows: ArrayView2<'_, f64>| rows.to_owned()));
        let spread = Spread { model, fields }.predict(array![[1.0, 30.0], [f64::NAN, 40.0]].view());
        assert_eq!(spread.unwrap(), array![[0.0, 1.0, 30.0], [0.0, 0.0, 40.0]]);
    }

    #[test]
    fn texts_of_either_table_are_categories() {
        let table = |text: &str| Table::from_csv_bytes("t.csv", text.as_bytes()).unwrap();
        let found = schema(&table("a,b\n,1\n"), Some(&table("b,a\n2,x\n")), None).unwrap();
        assert_eq!(found.names(), ["a", "b"]);
        assert_eq!(found.fields()[0].kind, FieldKind::Categorical { categories: vec!["x".into()] });
        let error = schema(&table("a\n1\n"), Some(&table("b\n2\n")), None).unwrap_err();
        assert!(error.to_string().contains("`a`"), "{error}");
    }
}
