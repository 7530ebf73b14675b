//! What can be measured within a number of model calls.

use crate::{Error, Metric, Settings};

/// Which metrics are measured, and on how many inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The metrics that fit.
    pub metrics: Vec<Metric>,
    /// Those that were left out, with what one input would have cost.
    pub left_out: Vec<(Metric, u64)>,
    /// How many inputs each is measured on.
    pub n_inputs: usize,
    /// What that costs at most, in model calls.
    pub calls: u64,
}

/// What is to be measured.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The metrics.
    pub metrics: &'a [Metric],
    /// Their settings.
    pub settings: &'a Settings,
    /// How many players an input has.
    pub n_players: usize,
    /// What one explanation costs, for each method; each metric is measured once a method.
    pub explanation_calls: &'a [u64],
    /// How many inputs there are.
    pub n_inputs: usize,
}

impl Wish<'_> {
    /// What a metric costs for one input, all methods together.
    pub fn cost(&self, metric: Metric) -> u64 {
        let cost = metric.with_settings(self.settings, self.n_players).cost(self.n_players);
        self.explanation_calls.iter().map(|calls| cost.total(*calls)).sum()
    }

    /// The plan within a budget of model calls; explanations themselves count once an input and method.
    ///
    /// First fewer inputs, down to one; then the dearest metrics are left out.
    ///
    /// ```
    /// use rationale_metrics::{Metric, Settings, Wish};
    ///
    /// let settings = Settings::default();
    /// let metrics = [Metric::Deletion, Metric::Infidelity];
    /// let wish = Wish { metrics: &metrics, settings: &settings, n_players: 20, explanation_calls: &[1], n_inputs: 9 };
    /// // Deletion takes 11 calls, infidelity 51, the explanation 1.
    /// assert_eq!(wish.within(200)?.n_inputs, 3);
    /// let plan = wish.within(20)?;
    /// assert_eq!((plan.metrics, plan.left_out), (vec![Metric::Deletion], vec![(Metric::Infidelity, 51)]));
    /// assert_eq!(
    ///     wish.within(5).unwrap_err().to_string(),
    ///     "a budget of 5 model calls is too small for any metric asked for; the smallest that works is 12 (deletion, one row)"
    /// );
    /// # Ok::<(), rationale_metrics::Error>(())
    /// ```
    pub fn within(&self, budget: u64) -> Result<Plan, Error> {
        let explanations: u64 = self.explanation_calls.iter().sum();
        let mut costs: Vec<(Metric, u64)> = self.metrics.iter().map(|it| (*it, self.cost(*it))).collect();
        let Some(&(cheapest, least)) = costs.iter().min_by_key(|(_, cost)| *cost) else {
            return Err(Error::Empty { what: "the list of metrics" });
        };
        if least.saturating_add(explanations) > budget {
            let smallest = least.saturating_add(explanations);
            return Err(Error::Budget { budget, smallest, metric: cheapest.name() });
        }
        let total = |costs: &[(Metric, u64)]| {
            costs.iter().fold(explanations, |total, (_, cost)| total.saturating_add(*cost))
        };
        let mut left_out = Vec::new();
        while total(&costs) > budget {
            let dearest = costs.iter().enumerate().max_by_key(|(_, (_, cost))| *cost).map_or(0, |it| it.0);
            left_out.push(costs.remove(dearest));
        }
        let of_one = total(&costs);
        let n_inputs = budget.checked_div(of_one).map_or(self.n_inputs, |n| (n as usize).min(self.n_inputs));
        let metrics = costs.into_iter().map(|(metric, _)| metric).collect();
        Ok(Plan { metrics, left_out, n_inputs, calls: of_one.saturating_mul(n_inputs as u64) })
    }
}
