//! Parts of a tensor replaced by updates, or joined with them, as ScatterElements and ScatterND do.

use rationale_tensor::{Error, Nature, Tensor};

use super::BuildError;
use crate::Node;

/// What becomes of an element and its updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Update {
    /// The last update stands.
    Replace,
    Add,
    Multiply,
    Max,
    Min,
}

impl Update {
    pub(super) fn of(node: &Node) -> Result<Self, BuildError> {
        Ok(match node.attributes.text_or("reduction", "none")? {
            "none" => Self::Replace,
            "add" => Self::Add,
            "mul" => Self::Multiply,
            "max" => Self::Max,
            "min" => Self::Min,
            other => {
                let expected = "none, add, mul, max or min";
                return Err(node.attributes.wrong("reduction", format!("`{other}`"), expected).into());
            }
        })
    }

    pub(super) fn nature(self) -> Nature {
        match self {
            Self::Replace => Nature::Structural,
            Self::Add => Nature::Linear,
            Self::Multiply => Nature::Joint,
            Self::Max => Nature::Maximum,
            Self::Min => Nature::Minimum,
        }
    }

    /// Of `rows` `[row, element]`, with `updates` `[update, element]` for the rows with these numbers.
    pub(super) fn apply(self, rows: &Tensor, places: &[i64], updates: &Tensor) -> Result<Tensor, Error> {
        match self {
            Self::Replace => replaced(rows, places, updates),
            Self::Add => rows.add_at(0, places, updates),
            _ => self.in_rounds(rows, places, updates),
        }
    }

    /// Each round takes one update of each row.
    fn in_rounds(self, rows: &Tensor, places: &[i64], updates: &Tensor) -> Result<Tensor, Error> {
        let n_rows = rows.shape().first().copied().unwrap_or_default();
        let mut rounds: Vec<Vec<usize>> = Vec::new();
        let mut taken = vec![0_usize; n_rows];
        for (i, &place) in places.iter().enumerate() {
            let Some(round) = taken.get_mut(place as usize) else { continue };
            if rounds.len() <= *round {
                rounds.push(Vec::new());
            }
            rounds.get_mut(*round).into_iter().for_each(|it| it.push(i));
            *round += 1;
        }
        let at =
            |round: &[usize]| -> Vec<i64> { round.iter().filter_map(|&i| places.get(i).copied()).collect() };
        let mut rows = rows.clone();
        for round in rounds {
            let (of_round, numbers) = (at(&round), round.iter().map(|&i| i as i64).collect::<Vec<_>>());
            let (old, new) = (rows.select(0, &of_round)?, updates.select(0, &numbers)?);
            let joined = match self {
                Self::Max => old.max_of(&new)?,
                Self::Min => old.min_of(&new)?,
                _ => old.mul(&new)?,
            };
            rows = replaced(&rows, &of_round, &joined)?;
        }
        Ok(rows)
    }
}

/// Each row of the result is picked from the rows and the updates together, so that gradients find their way to both.
fn replaced(rows: &Tensor, places: &[i64], updates: &Tensor) -> Result<Tensor, Error> {
    let n_rows = rows.shape().first().copied().unwrap_or_default();
    let mut origin: Vec<i64> = (0..n_rows as i64).collect();
    for (i, &place) in places.iter().enumerate() {
        if let Some(it) = usize::try_from(place).ok().and_then(|it| origin.get_mut(it)) {
            *it = (n_rows + i) as i64;
        }
    }
    Tensor::concat(&[rows.clone(), updates.clone()], 0)?.select(0, &origin)
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use rationale_tensor::Device;

    use super::*;

    #[test]
    fn of_several_updates_the_last_stands_or_all_count() {
        let column = |values: Vec<f64>| {
            let n = values.len();
            Tensor::from_vec(values, &[n, 1], &Device::flex()).unwrap()
        };
        let (rows, updates) = (column(vec![1.0, 2.0]), column(vec![3.0, 4.0, 5.0]));
        let updated = |update: Update| update.apply(&rows, &[1, 0, 1], &updates).unwrap().to_f64s().unwrap();
        assert_eq!(updated(Update::Replace), [4.0, 5.0]);
        assert_eq!(updated(Update::Add), [5.0, 10.0]);
        assert_eq!(updated(Update::Multiply), [4.0, 30.0]);
        assert_eq!(updated(Update::Max), [4.0, 5.0]);
        assert_eq!(updated(Update::Min), [1.0, 2.0]);
    }
}
