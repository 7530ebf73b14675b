//! Who is approved, and by which stated rule.

use ndarray::{Array1, ArrayView1};

use crate::Error;

/// Which scores speak for an applicant. Stated by whoever runs the audit and printed, never guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// The higher, the better: approved from the cut-off upwards.
    #[default]
    HigherIsFavourable,
    /// The lower, the better: approved from the cut-off downwards.
    LowerIsFavourable,
}

impl Direction {
    /// +1 where a higher score is favourable, else -1.
    pub fn sign(self) -> f64 {
        match self {
            Self::HigherIsFavourable => 1.0,
            Self::LowerIsFavourable => -1.0,
        }
    }

    fn approves(self, score: f64, cut_off: f64) -> bool {
        // A score that is not a number is never approved.
        match self {
            Self::HigherIsFavourable => score >= cut_off,
            Self::LowerIsFavourable => score <= cut_off,
        }
    }
}

/// How the line between approved and declined is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// At this score; whoever is exactly on it is approved.
    CutOff(f64),
    /// So that this share of the applicants at hand is approved, in (0, 1]; more where scores tie at the line.
    ApproveRate(f64),
}

/// Who is approved.
#[derive(Debug, Clone, PartialEq)]
pub struct Decisions {
    /// The score at the line; on it, an applicant is approved.
    pub cut_off: f64,
    /// Which side of the line is approved.
    pub direction: Direction,
    /// Applicant by applicant.
    pub approved: Vec<bool>,
}

impl Decisions {
    /// Decides on scores `[row]`.
    pub fn new(scores: ArrayView1<'_, f64>, rule: Rule, direction: Direction) -> Result<Self, Error> {
        let cut_off = match rule {
            Rule::CutOff(cut_off) if cut_off.is_finite() => cut_off,
            Rule::CutOff(cut_off) => return Err(Error::CutOff { cut_off }),
            Rule::ApproveRate(rate) if rate > 0.0 && rate <= 1.0 => cut_off_for(scores, rate, direction),
            Rule::ApproveRate(rate) => return Err(Error::ApproveRate { rate }),
        };
        let approved = scores.iter().map(|&score| direction.approves(score, cut_off)).collect();
        Ok(Self { cut_off, direction, approved })
    }

    /// The rows that are declined.
    pub fn declined(&self) -> Vec<usize> {
        (0..self.approved.len()).filter(|&row| !self.approved[row]).collect()
    }

    /// The rows that are approved.
    pub fn accepted(&self) -> Vec<usize> {
        (0..self.approved.len()).filter(|&row| self.approved[row]).collect()
    }

    /// The share that is approved.
    pub fn approve_rate(&self) -> f64 {
        self.accepted().len() as f64 / self.approved.len().max(1) as f64
    }
}

/// The score of the last applicant who fits into the rate.
fn cut_off_for(scores: ArrayView1<'_, f64>, rate: f64, direction: Direction) -> f64 {
    let mut best_first: Array1<f64> = scores.mapv(|score| -direction.sign() * score);
    best_first.as_slice_mut().unwrap_or_default().sort_by(f64::total_cmp);
    #[expect(clippy::cast_sign_loss, reason = "a rate is positive")]
    let n_approved = (rate * scores.len() as f64).round().max(1.0) as usize;
    best_first.get(n_approved - 1).map_or(f64::NAN, |score| -direction.sign() * score)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn approved(rule: Rule, direction: Direction) -> Vec<bool> {
        Decisions::new(array![0.1, 0.9, 0.5, 0.5].view(), rule, direction).unwrap().approved
    }

    #[test]
    fn the_line_itself_is_approved() {
        let high = approved(Rule::CutOff(0.5), Direction::HigherIsFavourable);
        assert_eq!(high, [false, true, true, true]);
        let low = approved(Rule::CutOff(0.5), Direction::LowerIsFavourable);
        assert_eq!(low, [true, false, true, true]);
    }

    #[test]
    fn a_rate_approves_the_best_and_their_equals() {
        assert_eq!(
            approved(Rule::ApproveRate(0.25), Direction::HigherIsFavourable),
            [false, true, false, false]
        );
        assert_eq!(
            approved(Rule::ApproveRate(0.5), Direction::HigherIsFavourable),
            [false, true, true, true]
        );
        assert_eq!(
            approved(Rule::ApproveRate(0.25), Direction::LowerIsFavourable),
            [true, false, false, false]
        );
    }

    #[test]
    fn a_rate_is_a_share() {
        for rate in [0.0, 1.5, f64::NAN] {
            let error = Decisions::new(array![1.0].view(), Rule::ApproveRate(rate), Direction::default());
            assert!(error.unwrap_err().to_string().contains("above 0 and at most 1"));
        }
    }
}
