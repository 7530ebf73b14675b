//! An audit of a model that is an outside program.

use rationale::audit::{AnsweringModel, Configuration, Scorer, Source};
use rationale::tabular::{Table, UnseenCategory};

use crate::arguments::Common;
use crate::output::note;
use crate::tabular::scored::{self, Program};

/// Starts the program that a configuration names, for the columns of its table that are not label, id or protected, or for
/// those that it names.
pub(in crate::tabular) fn start(
    program: &Program,
    configuration: &Configuration,
    table: &Table,
    common: &Common,
) -> anyhow::Result<Scorer> {
    let names = columns(configuration, table);
    let reference = configuration.reference_table()?;
    let schema = scored::schema(table, reference.as_ref(), Some(&names))?;
    let unseen = match configuration.unseen.as_deref() {
        Some("missing") => UnseenCategory::Missing,
        _ => UnseenCategory::Refuse,
    };
    let started = program.start(schema, unseen)?;
    note(common, &format!("the program is sent, in this order: {}", names.join(", ")));
    let first = started.encoder.encode(&table.select_rows(&[0]))?.rows;
    let outputs = match started.model.predict(first.view())?.ncols() {
        1 => vec!["score".to_owned()],
        n => (0..n).map(|output| format!("score {output}")).collect(),
    };
    let source = Source { format: "an outside program".to_owned(), ..Source::default() };
    Ok(AnsweringModel::new(started.model, started.encoder, outputs).with_source(source).into())
}

fn columns(configuration: &Configuration, table: &Table) -> Vec<String> {
    if !configuration.feature_names.is_empty() {
        return configuration.feature_names.clone();
    }
    let is_other = |name: &str| {
        configuration.label.as_deref() == Some(name)
            || configuration.id.as_deref() == Some(name)
            || configuration.protected.iter().any(|protected| protected.column == name)
    };
    table.column_names().into_iter().filter(|name| !is_other(name)).map(str::to_owned).collect()
}
