//! Indices in tuples, as GatherND and ScatterND have them: each tuple, the last dimension of the indices, names a part of
//! the data.

use rationale_tensor::Error;

/// The number of the part that each tuple of `width` indices names, among parts counted over dimensions `lengths`.
/// Negative indices count from the end.
pub(super) fn parts(tuples: &[i64], width: usize, lengths: &[usize]) -> Result<Vec<i64>, Error> {
    if width == 0 {
        return Ok(Vec::new());
    }
    tuples.chunks_exact(width).map(|tuple| part(tuple, lengths)).collect()
}

fn part(tuple: &[i64], lengths: &[usize]) -> Result<i64, Error> {
    let mut number = 0;
    for (&asked, &length) in tuple.iter().zip(lengths) {
        let index = if asked < 0 { asked.saturating_add(length as i64) } else { asked };
        if !(0..length as i64).contains(&index) {
            return Err(Error::Index { what: "a tuple of indices", asked, length });
        }
        number = number * length as i64 + index;
    }
    Ok(number)
}
