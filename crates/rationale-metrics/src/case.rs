//! One explanation and what it is judged against.

use ndarray::{Array2, ArrayView1, ArrayView2};
use rationale_core::{Error as CoreError, Explain, Game, Randomise, Silent};

use crate::error::{check_finite, check_length};
use crate::players::check_partition;
use crate::{Error, Input};

/// The attributions `[row, player]` that a method gives to rows `[row, column]` of a model whose parameters may have been
/// replaced; of the same output every time.
pub type ExplainModel<'a> =
    dyn Fn(&dyn Randomise, ArrayView2<'_, f64>) -> Result<Array2<f64>, CoreError> + Send + Sync + 'a;

/// An inner representation of rows `[row, column]`, as `[row, unit]`.
pub type Represent<'a> = dyn Fn(ArrayView2<'_, f64>) -> Result<Array2<f64>, CoreError> + Send + Sync + 'a;

/// A second attribution of the same input, and whence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    /// Another method's, of the same output.
    Method,
    /// The same method's, of another output.
    Output,
    /// The same method's, of a model trained on shuffled labels.
    ShuffledLabels,
    /// The same method's, of a model that undoes a shift of the inputs, for the shifted input.
    ShiftedInput,
    /// The same method's, of the input multiplied by its own map.
    Masked,
}

/// Explanations of many rows, among which a case is one.
#[derive(Clone, Copy)]
pub struct Peers<'a> {
    /// Attributions `[row, player]`.
    pub attributions: &'a Array2<f64>,
    /// The predicted class of each row.
    pub classes: &'a [usize],
    /// Which row the case is.
    pub own: usize,
}

/// One explanation of one output for one input, with all that metrics may ask for.
///
/// Only the attribution is required; a metric whose needs are not met says so in an [`Error::Missing`].
#[derive(Clone)]
pub struct Case<'a> {
    attribution: Vec<f64>,
    output: usize,
    game: Option<&'a dyn Game>,
    input: Option<&'a Input<'a>>,
    explain: Option<&'a dyn Explain>,
    scales: Option<&'a [f64]>,
    neighbours: Option<ArrayView2<'a, f64>>,
    region: Option<&'a [bool]>,
    groups: Option<&'a [Vec<usize>]>,
    base_value: Option<f64>,
    randomise: Option<(&'a dyn Randomise, &'a ExplainModel<'a>)>,
    represent: Option<&'a Represent<'a>>,
    peers: Option<Peers<'a>>,
    others: [Option<Vec<f64>>; 5],
}

impl<'a> Case<'a> {
    /// Takes the attribution `[player]` of an output, counted from 0. Every value must be finite.
    pub fn new(attribution: ArrayView1<'_, f64>, output: usize) -> Result<Self, Error> {
        if attribution.is_empty() {
            return Err(Error::Empty { what: "the attribution" });
        }
        check_finite("the attribution", attribution)?;
        Ok(Self {
            attribution: attribution.to_vec(),
            output,
            game: None,
            input: None,
            explain: None,
            scales: None,
            neighbours: None,
            region: None,
            groups: None,
            base_value: None,
            randomise: None,
            represent: None,
            peers: None,
            others: [const { None }; 5],
        })
    }

    /// What any group of present parts of the input is worth: one player an attribution.
    pub fn with_game(mut self, game: &'a dyn Game) -> Result<Self, Error> {
        check_length("the attribution", game.n_players(), self.attribution.len())?;
        self.game = Some(game);
        Ok(self)
    }

    /// The input itself, for metrics that change it other than by leaving parts out. It is also a game.
    pub fn with_input(mut self, input: &'a Input<'a>) -> Result<Self, Error> {
        check_length("the attribution", input.players.len(), self.attribution.len())?;
        self.input = Some(input);
        self.game = self.game.or(Some(input));
        Ok(self)
    }

    /// The method that gave the attribution, for inputs near this one. Its attributions are `[row, player, output]`, with
    /// one output (the one explained) or all.
    pub fn with_explain(mut self, explain: &'a dyn Explain) -> Self {
        self.explain = Some(explain);
        self
    }

    /// What is a small step in each column `[column]`: its spread in the data. 1 where not given.
    pub fn with_scales(mut self, scales: &'a [f64]) -> Result<Self, Error> {
        check_finite("the scales", scales)?;
        self.scales = Some(scales);
        Ok(self)
    }

    /// Inputs that count as near this one `[row, column]`, in the place of drawn ones: for inputs that are no quantities, such as
    /// the tokens of a text.
    pub fn with_neighbours(mut self, rows: ArrayView2<'a, f64>) -> Result<Self, Error> {
        if rows.is_empty() {
            return Err(Error::Empty { what: "the list of neighbours" });
        }
        self.neighbours = Some(rows);
        Ok(self)
    }

    /// Where the attribution should be `[player]`: an object's box or mask, the features that are known to matter.
    pub fn with_region(mut self, region: &'a [bool]) -> Result<Self, Error> {
        check_length("the region", self.attribution.len(), region.len())?;
        self.region = Some(region);
        Ok(self)
    }

    /// Players that are deleted together: patches, superpixels, words. Each player is in one group.
    pub fn with_groups(mut self, groups: &'a [Vec<usize>]) -> Result<Self, Error> {
        check_partition(groups, self.attribution.len())?;
        self.groups = Some(groups);
        Ok(self)
    }

    /// What the method gives to an input of which nothing is known.
    pub fn with_base_value(mut self, base_value: f64) -> Self {
        self.base_value = Some(base_value);
        self
    }

    /// The model as one whose parameters can be replaced, and the method applied to such a model.
    pub fn with_randomise(mut self, model: &'a dyn Randomise, explain: &'a ExplainModel<'a>) -> Self {
        self.randomise = Some((model, explain));
        self
    }

    /// An inner representation of inputs, such as a layer's activations.
    pub fn with_representation(mut self, represent: &'a Represent<'a>) -> Self {
        self.represent = Some(represent);
        self
    }

    /// The explanations of other rows by the same method.
    pub fn with_peers(mut self, peers: Peers<'a>) -> Result<Self, Error> {
        check_length("the list of classes", peers.attributions.nrows(), peers.classes.len())?;
        check_length("the peers' attributions", self.attribution.len(), peers.attributions.ncols())?;
        check_finite("the peers' attributions", peers.attributions)?;
        if peers.own >= peers.classes.len() {
            return Err(Error::Player { player: peers.own, available: peers.classes.len() });
        }
        self.peers = Some(peers);
        Ok(self)
    }

    /// A second attribution `[player]` of the same input.
    pub fn with_other(mut self, whence: Other, attribution: ArrayView1<'_, f64>) -> Result<Self, Error> {
        check_length("the other attribution", self.attribution.len(), attribution.len())?;
        check_finite("the other attribution", attribution)?;
        self.others[whence as usize] = Some(attribution.to_vec());
        Ok(self)
    }

    /// The attribution as a list.
    pub fn attribution(&self) -> Vec<f64> {
        self.attribution.clone()
    }

    /// How many players there are.
    pub fn n_players(&self) -> usize {
        self.attribution.len()
    }

    /// The output explained.
    pub fn output(&self) -> usize {
        self.output
    }

    pub(crate) fn game(&self, metric: &'static str) -> Result<&'a dyn Game, Error> {
        self.game.ok_or(Error::Missing {
            metric,
            what: "the model",
            with: "Case::with_game or Case::with_input",
        })
    }

    pub(crate) fn input(&self, metric: &'static str) -> Result<&'a Input<'a>, Error> {
        self.input.ok_or(Error::Missing { metric, what: "the input", with: "Case::with_input" })
    }

    pub(crate) fn region(&self, metric: &'static str) -> Result<&'a [bool], Error> {
        let what = "a label: the region in which the attribution should be";
        self.region.ok_or(Error::Missing { metric, what, with: "Case::with_region" })
    }

    pub(crate) fn base_value(&self, metric: &'static str) -> Result<f64, Error> {
        self.base_value.ok_or(Error::Missing {
            metric,
            what: "the base value",
            with: "Case::with_base_value",
        })
    }

    pub(crate) fn peers(&self, metric: &'static str) -> Result<Peers<'a>, Error> {
        self.peers.ok_or(Error::Missing {
            metric,
            what: "the explanations of other rows",
            with: "Case::with_peers",
        })
    }

    pub(crate) fn represent(&self, metric: &'static str) -> Result<&'a Represent<'a>, Error> {
        let what = "an inner representation of the model";
        self.represent.ok_or(Error::Missing { metric, what, with: "Case::with_representation" })
    }

    pub(crate) fn randomise(
        &self,
        metric: &'static str,
    ) -> Result<(&'a dyn Randomise, &'a ExplainModel<'a>), Error> {
        let what = "a model whose parameters can be replaced";
        self.randomise.ok_or(Error::Missing { metric, what, with: "Case::with_randomise" })
    }

    pub(crate) fn other(&self, metric: &'static str, whence: Other) -> Result<Vec<f64>, Error> {
        let what = match whence {
            Other::Method => "another method's attribution",
            Other::Output => "the attribution of another output",
            Other::ShuffledLabels => "the attribution of a model trained on shuffled labels",
            Other::ShiftedInput => "the attribution of the shifted input",
            Other::Masked => "the attribution of the masked input",
        };
        let found = self.others[whence as usize].clone();
        found.ok_or(Error::Missing { metric, what, with: "Case::with_other" })
    }

    /// The groups; each player alone where none are given.
    pub(crate) fn groups(&self) -> Vec<Vec<usize>> {
        self.groups.map_or_else(|| (0..self.n_players()).map(|it| vec![it]).collect(), <[_]>::to_vec)
    }

    /// A small step in each column.
    pub(crate) fn scales(&self, n_columns: usize) -> Result<Vec<f64>, Error> {
        let scales = self.scales.map_or_else(|| vec![1.0; n_columns], <[f64]>::to_vec);
        check_length("the scales", n_columns, scales.len())?;
        Ok(scales)
    }

    /// The inputs that were said to be near, where any were.
    pub(crate) fn neighbours(&self, n_columns: usize) -> Result<Option<Array2<f64>>, Error> {
        let Some(rows) = self.neighbours else { return Ok(None) };
        check_length("a neighbour", n_columns, rows.ncols())?;
        Ok(Some(rows.to_owned()))
    }

    /// The method's attributions `[row, player]` of other rows.
    pub(crate) fn explained(
        &self,
        metric: &'static str,
        rows: ArrayView2<'_, f64>,
    ) -> Result<Array2<f64>, Error> {
        let explain = self.explain.ok_or(Error::Missing {
            metric,
            what: "the method, to explain inputs near this one",
            with: "Case::with_explain",
        })?;
        let explained = explain.explain(rows, &Silent)?;
        let output = if explained.n_outputs() == 1 { 0 } else { self.output };
        if output >= explained.n_outputs() {
            return Err(CoreError::Target { asked: output, available: explained.n_outputs() }.into());
        }
        self.checked(rows.nrows(), explained.values().index_axis(ndarray::Axis(2), output).to_owned())
    }

    /// The attributions of rows under a model whose parameters were replaced.
    pub(crate) fn explained_by(
        &self,
        explain: &ExplainModel<'_>,
        model: &dyn Randomise,
        rows: ArrayView2<'_, f64>,
    ) -> Result<Array2<f64>, Error> {
        self.checked(rows.nrows(), explain(model, rows)?)
    }

    fn checked(&self, n_rows: usize, attributions: Array2<f64>) -> Result<Array2<f64>, Error> {
        check_length("the method's answer (rows)", n_rows, attributions.nrows())?;
        check_length("the method's answer (players)", self.n_players(), attributions.ncols())?;
        check_finite("the method's answer", &attributions)?;
        Ok(attributions)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn rejects_attributions_that_are_no_numbers() {
        let error = Case::new(array![0.0, f64::NAN].view(), 0).err().map(|it| it.to_string());
        assert_eq!(
            error.as_deref(),
            Some("the attribution holds NaN at position 1; only finite numbers can be judged")
        );
    }

    #[test]
    fn rejects_regions_of_another_shape() {
        let error = Case::new(array![0.0, 1.0].view(), 0).unwrap().with_region(&[true]).err();
        assert_eq!(error.unwrap().to_string(), "the region has 1 values, but 2 are needed");
    }
}
