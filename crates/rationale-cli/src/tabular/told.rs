//! What was found, in a few lines for the terminal.

use std::fmt::Write;
use std::path::Path;

use ndarray::ArrayView1;
use rationale::report::{number, signed};
use rationale::{Attributions, Parameter};

use super::methods::Method;

/// Features that are listed.
const SHOWN: usize = 5;

/// A method's values: what they rest on, and the first row's largest. `remarks` are sentences of the method's own.
pub(super) fn of(
    method: Method,
    explained: &Attributions,
    numbers: &[usize],
    remarks: &[String],
) -> Result<String, std::fmt::Error> {
    let mut text = headline(method, explained);
    for remark in remarks {
        write!(text, "\n  {remark}")?;
    }
    if is_constant(explained) {
        write!(text, "\n  the model gave the same answer to every input: there is nothing to attribute")?;
    }
    if let Some(first) = numbers.first() {
        write_row(&mut text, explained, *first)?;
    }
    Ok(text)
}

fn headline(method: Method, explained: &Attributions) -> String {
    let evidence = explained.evidence();
    let baseline = evidence.baseline.as_deref().unwrap_or("no baseline");
    let error = evidence.standard_error.as_ref().map(|errors| {
        let largest = errors.iter().copied().filter(|error| error.is_finite()).fold(0.0, f64::max);
        format!("; largest standard error {largest:.1e}")
    });
    let calls = match evidence.model_calls {
        0 => String::new(),
        calls => format!("; {calls} model calls"),
    };
    // Of values that are not to sum to anything, a gap would say nothing.
    let gap = if method.adds_up() {
        format!("; largest gap {:.0e}", explained.completeness_gap())
    } else {
        String::new()
    };
    format!(
        "{}: {} rows, {} features, outputs {}; {baseline}{calls}{gap}{}",
        evidence.method,
        explained.n_rows(),
        explained.n_features(),
        explained.output_names().join(", "),
        error.unwrap_or_default()
    )
}

fn is_constant(explained: &Attributions) -> bool {
    let parameters = &explained.evidence().parameters;
    let is_lime_constant = match parameters.get("constant_outputs") {
        Some(Parameter::Integer(n)) => *n > 0 && *n as usize == explained.n_rows() * explained.n_outputs(),
        _ => false,
    };
    is_lime_constant || parameters.contains_key("constant_model")
}

fn write_row(text: &mut String, explained: &Attributions, row: usize) -> std::fmt::Result {
    let output = &explained.output_names()[0];
    let (prediction, base) = (explained.predictions()[[0, 0]], explained.base_values()[[0, 0]]);
    write!(
        text,
        "\n  row {row}, output {output}: {}, and {} without what follows",
        number(prediction),
        number(base)
    )?;
    let values = explained.row(0, 0);
    for (rank, feature) in ranked(values).into_iter().take(SHOWN).enumerate() {
        let (name, value) = (&explained.feature_names()[feature], signed(values[feature]));
        let error = explained.evidence().standard_error.as_ref().map(|errors| errors[[0, feature, 0]]);
        let error = error.map_or_else(String::new, |error| format!(" +- {}", number(error)));
        let separable = explained.evidence().separable.as_ref().and_then(|it| it.get([0, rank, 0]));
        let chance =
            if separable == Some(&false) { "  (its place before the next could be chance)" } else { "" };
        write!(text, "\n    {}. {name}  {value}{error}{chance}", rank + 1)?;
    }
    Ok(())
}

/// The features by falling magnitude, as the evidence ranks them.
pub(super) fn ranked(values: ArrayView1<'_, f64>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].abs().total_cmp(&values[a].abs()));
    order
}

/// Where the results went.
pub(super) fn wrote(path: &Path) -> String {
    format!("Wrote {}", path.display())
}
