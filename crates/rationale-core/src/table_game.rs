//! One row of a table as a game: present features keep the row's values, absent ones are filled.

mod keys;

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

use self::keys::{Keys, Low, meets};
use crate::absence::{check_columns, check_players};
use crate::error::check_shape;
use crate::{Absence, Error, Game, Predict};

const BATCH_ROWS: usize = 4096;
/// Coalitions are planned in chunks of about this many mixed rows.
const CHUNK_ROWS: usize = 1 << 16;
/// So many answers are remembered before all are forgotten.
const REMEMBERED_ROWS: usize = 1 << 18;

/// The game of one row: a coalition is worth the model's mean output over the rows that keep the row's values where
/// players are present and a filler's where they are absent.
///
/// A player is one feature or several ([`FeatureGroups::members`](crate::FeatureGroups::members)). A coalition is played
/// once, and a row that several coalitions lead to is asked about once: both are known by 128-bit hashes, a row by one of
/// its bits. Where a row cannot be met twice, because an absent player has a value that no other filler has, it is not
/// even looked for. The model is asked in batches of
/// bounded size, and neither the size nor what is remembered changes a value.
///
/// ```
/// use ndarray::array;
/// use rationale_core::{Absence, FromFn, Game, TableGame};
///
/// let product = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.map_axis(ndarray::Axis(1), |r| r[0] * r[1]).insert_axis(ndarray::Axis(1)));
/// let absence = Absence::mask(vec![1.0, 1.0])?;
/// let (row, players, fillers) = (array![2.0, 5.0], [vec![0], vec![1]], array![[1.0]]);
/// let game = TableGame::new(&product, row.view(), &absence, &players, fillers.view(), array![10.0].view())?;
/// assert_eq!(game.value(array![[true, false], [false, true], [true, true]].view())?, array![[2.0], [5.0], [10.0]]);
/// # Ok::<(), rationale_core::Error>(())
/// ```
pub struct TableGame<'a> {
    model: &'a dyn Predict,
    row: ArrayView1<'a, f64>,
    absence: &'a Absence,
    players: &'a [Vec<usize>],
    filler_answers: ArrayView2<'a, f64>,
    prediction: Vec<f64>,
    part: Vec<usize>,
    /// Who has, in every filler of the part, a value that no other filler has: 64 players a word.
    single_in_all: Vec<u64>,
    batch_rows: usize,
    keys: Arc<Keys>,
    memo: Mutex<Memo>,
}

impl<'a> TableGame<'a> {
    /// Takes the row `[feature]`, the features of each player, and what the model says of the fillers
    /// `[filler, output]` and of the row itself `[output]`: these two are the same for many games, and are not asked
    /// for again. Features of no player are always filled.
    pub fn new(
        model: &'a dyn Predict,
        row: ArrayView1<'a, f64>,
        absence: &'a Absence,
        players: &'a [Vec<usize>],
        filler_answers: ArrayView2<'a, f64>,
        prediction: ArrayView1<'_, f64>,
    ) -> Result<Self, Error> {
        check_columns(absence.fillers(), row.len())?;
        check_players(players, row.len())?;
        let shape = [absence.fillers().nrows(), prediction.len()];
        check_shape("the answers about the fillers", &shape, filler_answers.shape())?;
        let part: Vec<usize> = (0..shape[0]).collect();
        let keys = Keys::new(row, absence.fillers(), players);
        Ok(Self {
            single_in_all: keys.single_in_all(&part),
            part,
            keys: Arc::new(keys),
            prediction: prediction.to_vec(),
            batch_rows: BATCH_ROWS,
            memo: Mutex::default(),
            model,
            row,
            absence,
            players,
            filler_answers,
        })
    }

    /// Asks the model about at most this many rows at a time; 4096 by default.
    pub fn with_batch_rows(mut self, batch_rows: usize) -> Self {
        self.batch_rows = batch_rows.max(1);
        self
    }

    /// The same game against some of the fillers only, which a marginal absence alone can play; others keep choosing
    /// theirs. An empty part stands for all.
    #[must_use]
    pub fn part(&self, part: Vec<usize>) -> Self {
        let is_part = self.absence.is_marginal() && !part.is_empty();
        let part = if is_part { part } else { self.part.clone() };
        Self {
            single_in_all: self.keys.single_in_all(&part),
            part,
            keys: Arc::clone(&self.keys),
            prediction: self.prediction.clone(),
            memo: Mutex::default(),
            row: self.row.reborrow(),
            filler_answers: self.filler_answers.reborrow(),
            ..*self
        }
    }

    /// Whether the player's features differ from those of any filler. Who never differs never matters.
    pub fn varies(&self, player: usize) -> bool {
        self.part.iter().any(|&filler| self.keys.differs(filler, player))
    }

    /// The fillers of a coalition.
    fn fillers(&self, present: &[usize]) -> Cow<'_, [usize]> {
        if self.absence.is_marginal() {
            return Cow::Borrowed(&self.part);
        }
        let known: Vec<usize> = present.iter().flat_map(|&player| &self.players[player]).copied().collect();
        let chosen = self.absence.chosen(self.row, &known);
        if chosen.is_empty() { Cow::Borrowed(&self.part) } else { Cow::Owned(chosen) }
    }

    /// Adds the filler's row with the features that are present.
    fn mixed_row(&self, blend: &Blend, filler: usize, out: &mut Vec<f64>) {
        let filler = self.absence.fillers().index_axis_move(Axis(0), filler);
        match filler.as_slice() {
            Some(filler) => out.extend(blend.over(filler)),
            None => out.extend(blend.over(&filler.to_vec())),
        }
    }

    /// The worth of some coalitions, written into the rows of `worth`.
    fn play(
        &self,
        coalitions: ArrayView2<'_, bool>,
        memo: &mut Memo,
        worth: &mut [f64],
    ) -> Result<(), Error> {
        let mut batch = std::mem::take(&mut memo.batch);
        let mut plans = Vec::with_capacity(coalitions.nrows());
        memo.played.reserve(coalitions.nrows());
        let mut present = Vec::new();
        for coalition in coalitions.rows() {
            members(coalition, &mut present);
            let key = self.keys.of_coalition(coalition);
            let plan = match memo.played.get(&key) {
                Some(place) => Plan::Played(*place),
                None => self.plan(key, &present, memo, &mut batch)?,
            };
            plans.push(plan);
        }
        self.ask(&mut batch, memo)?;
        memo.batch = batch;
        let n_outputs = self.prediction.len();
        for (plan, worth) in plans.iter().zip(worth.chunks_mut(n_outputs.max(1))) {
            self.settle(plan, memo, worth);
            if let Plan::Mixed { place, .. } | Plan::Fresh { place, .. } = plan {
                memo.worth[*place as usize * n_outputs..][..n_outputs].copy_from_slice(worth);
            }
        }
        memo.planned.clear();
        Ok(())
    }

    fn plan(&self, key: u128, present: &[usize], memo: &mut Memo, batch: &mut Batch) -> Result<Plan, Error> {
        if present.len() == self.players.len() && self.keys.everybody_is_the_row {
            return Ok(Plan::Everybody);
        }
        let fillers = self.fillers(present);
        if present.is_empty() {
            return Ok(Plan::Nobody(fillers.into_owned()));
        }
        let known = present.iter().flat_map(|&player| &self.players[player]);
        batch.blend.set(known.map(|&feature| (feature, self.row[feature])), self.row.len());
        self.keys.absent(present, &mut batch.absent);
        let coalition = memo.reserve(key, self.prediction.len());
        if self.absence.is_marginal() && meets(&self.single_in_all, &batch.absent) {
            return self.plan_fresh(coalition, &fillers, memo, batch);
        }
        let start = memo.planned.len();
        for &filler in fillers.iter() {
            let is_single = self.keys.is_single(filler, &batch.absent);
            let (place, is_new) =
                if is_single { (memo.fresh(), true) } else { memo.place(self.keys.of(present, filler)) };
            memo.planned.push(place);
            if is_new {
                self.mixed_row(&batch.blend, filler, &mut batch.rows);
                batch.n_rows += 1;
            }
            if batch.n_rows == self.batch_rows {
                self.ask(batch, memo)?;
            }
        }
        Ok(Plan::Mixed { place: coalition, places: start..memo.planned.len() })
    }

    /// No row of the coalition can be met again: their answers will lie one after the other.
    fn plan_fresh(
        &self,
        place: u32,
        fillers: &[usize],
        memo: &mut Memo,
        batch: &mut Batch,
    ) -> Result<Plan, Error> {
        let start = memo.n_rows;
        let mut left = fillers;
        while !left.is_empty() {
            let (now, later) = left.split_at(left.len().min(self.batch_rows - batch.n_rows));
            now.iter().for_each(|&filler| self.mixed_row(&batch.blend, filler, &mut batch.rows));
            batch.n_rows += now.len();
            memo.n_rows += now.len() as u32;
            if batch.n_rows == self.batch_rows {
                self.ask(batch, memo)?;
            }
            left = later;
        }
        Ok(Plan::Fresh { place, answers: start as usize..memo.n_rows as usize })
    }

    fn ask(&self, batch: &mut Batch, memo: &mut Memo) -> Result<(), Error> {
        if batch.n_rows == 0 {
            return Ok(());
        }
        let shape = (batch.n_rows, self.row.len());
        let rows = ArrayView2::from_shape(shape, &batch.rows).map_err(Error::model)?;
        let answers = checked_answers(self.model, rows, Some(self.prediction.len()))?;
        match answers.as_slice() {
            Some(answers) => memo.answers.extend_from_slice(answers),
            None => memo.answers.extend(&answers),
        }
        batch.rows.clear();
        batch.n_rows = 0;
        Ok(())
    }

    fn settle(&self, plan: &Plan, memo: &Memo, worth: &mut [f64]) {
        let n_outputs = worth.len();
        match plan {
            Plan::Played(place) => {
                worth.copy_from_slice(&memo.worth[*place as usize * n_outputs..][..n_outputs]);
            }
            Plan::Everybody => worth.copy_from_slice(&self.prediction),
            Plan::Nobody(fillers) => mean(worth, fillers.iter().map(|&it| self.filler_answers.row(it))),
            Plan::Mixed { places, .. } => {
                let answer = |&place: &u32| &memo.answers[place as usize * n_outputs..][..n_outputs];
                mean(worth, memo.planned[places.clone()].iter().map(answer));
            }
            Plan::Fresh { answers, .. } => {
                let answers = &memo.answers[answers.start * n_outputs..answers.end * n_outputs];
                mean(worth, answers.chunks_exact(n_outputs.max(1)));
            }
        }
    }
}

impl Game for TableGame<'_> {
    fn n_players(&self) -> usize {
        self.players.len()
    }

    fn value(&self, coalitions: ArrayView2<'_, bool>) -> Result<Array2<f64>, Error> {
        let (n, n_outputs) = (coalitions.nrows(), self.prediction.len());
        check_shape("the table of coalitions", &[n, self.players.len()], coalitions.shape())?;
        let mut worth = vec![0.0; n * n_outputs];
        let chunk = (CHUNK_ROWS / self.part.len().max(1)).max(1);
        let mut memo = self.memo.lock().unwrap_or_else(PoisonError::into_inner);
        let chunks = coalitions.axis_chunks_iter(Axis(0), chunk);
        for (coalitions, worth) in chunks.zip(worth.chunks_mut((chunk * n_outputs).max(1))) {
            if let Err(error) = self.play(coalitions, &mut memo, worth) {
                *memo = Memo::default();
                return Err(error);
            }
            if memo.n_rows as usize > REMEMBERED_ROWS {
                *memo = Memo::default();
            }
        }
        Array2::from_shape_vec((n, n_outputs), worth).map_err(Error::model)
    }
}

/// Asks a model, and refuses what is no answer: another number of rows or outputs, or numbers that are not finite.
pub fn checked_answers(
    model: &dyn Predict,
    rows: ArrayView2<'_, f64>,
    n_outputs: Option<usize>,
) -> Result<Array2<f64>, Error> {
    let answers = model.predict(rows)?;
    let expected = [rows.nrows(), n_outputs.unwrap_or(answers.ncols())];
    check_shape("the model's answer", &expected, answers.shape())?;
    let Some(place) = answers.iter().position(|value| !value.is_finite()) else { return Ok(answers) };
    let (row, output) = (place / answers.ncols(), place % answers.ncols());
    Err(Error::Answer { value: answers[[row, output]], output, input: rows.row(row).to_vec() })
}

/// Who is in: no branch a player, which nobody could guess.
fn members(coalition: ArrayView1<'_, bool>, present: &mut Vec<usize>) {
    present.resize(coalition.len(), 0);
    let mut n_present = 0;
    for (player, &is_in) in coalition.iter().enumerate() {
        present[n_present] = player;
        n_present += usize::from(is_in);
    }
    present.truncate(n_present);
}

/// What a coalition's worth is made of.
enum Plan {
    Everybody,
    Nobody(Vec<usize>),
    /// Known from before, or planned before, at this place.
    Played(u32),
    /// The mean over these of the places that are planned; it is kept at its own place.
    Mixed {
        place: u32,
        places: Range<usize>,
    },
    /// The mean over these answers; it is kept at its own place.
    Fresh {
        place: u32,
        answers: Range<usize>,
    },
}

/// Rows that wait to be asked about.
#[derive(Default)]
struct Batch {
    rows: Vec<f64>,
    n_rows: usize,
    /// Of the coalition at hand: what is present, and who is absent.
    blend: Blend,
    absent: Vec<u64>,
}

/// The present features of a row over those of a filler, bit by bit: no branch a feature.
#[derive(Default)]
struct Blend {
    /// The bits of the row's value where a feature is present, none elsewhere.
    own: Vec<u64>,
    /// The bits of a filler that stay: all where a feature is absent, none elsewhere.
    stays: Vec<u64>,
}

impl Blend {
    fn set(&mut self, known: impl Iterator<Item = (usize, f64)>, n_features: usize) {
        self.own.clear();
        self.own.resize(n_features, 0);
        self.stays.clear();
        self.stays.resize(n_features, u64::MAX);
        known.for_each(|(feature, value)| (self.own[feature], self.stays[feature]) = (value.to_bits(), 0));
    }

    fn over<'a>(&'a self, filler: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        let cells = self.own.iter().zip(&self.stays).zip(filler);
        cells.map(|((own, stays), value)| f64::from_bits(own | (value.to_bits() & stays)))
    }
}

/// The rows asked about, and what the model said of each; the coalitions played, and their worth.
#[derive(Default)]
struct Memo {
    places: HashMap<u128, u32, BuildHasherDefault<Low>>,
    n_rows: u32,
    answers: Vec<f64>,
    /// The places of the answers that the coalitions at hand are made of.
    planned: Vec<u32>,
    played: HashMap<u128, u32, BuildHasherDefault<Low>>,
    worth: Vec<f64>,
    /// Empty between questions; kept for its memory.
    batch: Batch,
}

impl Memo {
    /// The place for the answer about a row that is met once.
    fn fresh(&mut self) -> u32 {
        self.n_rows += 1;
        self.n_rows - 1
    }

    /// The place of a row's answer, and whether it is still to be asked for.
    fn place(&mut self, key: u128) -> (u32, bool) {
        let next = self.n_rows;
        let place = *self.places.entry(key).or_insert(next);
        self.n_rows += u32::from(place == next);
        (place, place == next)
    }

    /// A place for the worth of a coalition, which is played from now on.
    fn reserve(&mut self, coalition: u128, n_outputs: usize) -> u32 {
        let place = self.played.len() as u32;
        self.played.insert(coalition, place);
        self.worth.resize(self.worth.len() + n_outputs, 0.0);
        place
    }
}

fn mean<'a, R: IntoIterator<Item = &'a f64>>(out: &mut [f64], rows: impl ExactSizeIterator<Item = R>) {
    let n = rows.len() as f64;
    rows.for_each(|row| out.iter_mut().zip(row).for_each(|(sum, value)| *sum += value));
    out.iter_mut().for_each(|sum| *sum /= n);
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use ndarray::array;

    use super::*;
    use crate::{Background, FromFn};

    fn model() -> impl Predict {
        FromFn::new(|rows: ArrayView2<'_, f64>| {
            rows.map_axis(Axis(1), |row| row[0] + 10.0 * row[1] * row[2]).insert_axis(Axis(1))
        })
    }

    struct Counting<P>(P, AtomicUsize);

    impl<P: Predict> Predict for Counting<P> {
        fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
            self.1.fetch_add(rows.nrows(), Ordering::Relaxed);
            self.0.predict(rows)
        }
    }

    fn worth(batch_rows: usize) -> (Array2<f64>, usize) {
        let model = Counting(model(), AtomicUsize::new(0));
        let background = array![[0.0, 1.0, 1.0], [0.0, 2.0, 1.0], [0.0, 1.0, 1.0]];
        let fillers = model.0.predict(background.view()).unwrap();
        let absence = Absence::marginal(Background::new(background).unwrap());
        let row = array![3.0, 1.0, 4.0];
        let players = [vec![0], vec![1, 2]];
        let prediction = array![43.0];
        let game = TableGame::new(&model, row.view(), &absence, &players, fillers.view(), prediction.view())
            .unwrap();
        let coalitions = array![[false, false], [true, false], [false, true], [true, true]];
        let worth = game.with_batch_rows(batch_rows).value(coalitions.view()).unwrap();
        (worth, model.1.load(Ordering::Relaxed))
    }

    #[test]
    fn a_coalition_is_worth_the_mean_over_the_fillers() {
        let (worth, _) = worth(100);
        let expected = array![[40.0 / 3.0], [49.0 / 3.0], [40.0], [43.0]];
        assert!((&worth - &expected).iter().all(|gap| gap.abs() < 1e-12), "{worth}");
    }

    #[test]
    fn a_row_is_asked_about_once_whatever_the_batch() {
        // The first and third filler are the same; with the group present all three are.
        assert_eq!((worth(100).1, worth(1).1), (3, 3));
        assert_eq!(worth(100).0, worth(2).0);
    }

    #[test]
    fn rows_that_cannot_be_met_again_are_asked_about_in_batches_of_any_size() {
        let background = array![[0.5, 1.5, 1.0], [0.25, 2.5, 2.0], [0.125, 3.5, 3.0]];
        let coalitions = array![[true, false], [false, true], [true, false]];
        let of = |batch_rows: usize| {
            let model = Counting(model(), AtomicUsize::new(0));
            let fillers = model.0.predict(background.view()).unwrap();
            let absence = Absence::marginal(Background::new(background.clone()).unwrap());
            let (row, players) = (array![3.0, 1.0, 4.0], [vec![0], vec![1, 2]]);
            let prediction = array![43.0];
            let game =
                TableGame::new(&model, row.view(), &absence, &players, fillers.view(), prediction.view());
            let worth = game.unwrap().with_batch_rows(batch_rows).value(coalitions.view()).unwrap();
            (worth, model.1.load(Ordering::Relaxed))
        };
        // Six rows, since the third coalition is the first again.
        let means = [3.0 + 10.0 * (1.5 + 5.0 + 10.5) / 3.0, 40.0 + 0.875 / 3.0];
        for batch_rows in [1, 2, 4, 100] {
            let (worth, n_asked) = of(batch_rows);
            assert_eq!(n_asked, 6, "{batch_rows}");
            let expected = [means[0], means[1], means[0]];
            assert!(worth.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{worth}");
        }
    }

    #[test]
    fn an_answer_that_is_not_finite_is_refused_with_its_row() {
        let broken = FromFn::new(|rows: ArrayView2<'_, f64>| rows.mapv(|_| f64::NAN));
        let error = checked_answers(&broken, array![[1.0, 2.0]].view(), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the model answered NaN at output 0 for the row [1.0, 2.0]; only finite numbers can be explained"
        );
    }

    #[test]
    fn too_few_answers_are_refused() {
        let short = FromFn::new(|_: ArrayView2<'_, f64>| array![[1.0]]);
        let error = checked_answers(&short, array![[1.0], [2.0]].view(), None).unwrap_err();
        assert_eq!(error.to_string(), "the model's answer has shape [1, 1], but [2, 1] is needed");
    }
}
