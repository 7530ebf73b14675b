//! Which parts of an input are present or absent together: columns, pixels, groups of columns.

use crate::Error;
use crate::error::check_length;

/// How a picture lies in a row of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelOrder {
    /// `[channel, row, column]`, as networks take them.
    First,
    /// `[row, column, channel]`, as files hold them.
    Last,
}

/// The size of a picture, and how it lies in a row of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plane {
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
    /// Numbers a pixel.
    pub n_channels: usize,
    /// Which varies slowest.
    pub order: ChannelOrder,
}

impl Plane {
    /// How many pixels.
    pub fn n_pixels(&self) -> usize {
        self.height * self.width
    }

    /// Where a pixel's channel lies in the row of numbers.
    pub fn place(&self, pixel: usize, channel: usize) -> usize {
        match self.order {
            ChannelOrder::First => channel * self.n_pixels() + pixel,
            ChannelOrder::Last => pixel * self.n_channels + channel,
        }
    }

    /// Square patches of pixels from the top left; those at the right and lower edge may be smaller.
    ///
    /// ```
    /// use rationale_metrics::{ChannelOrder, Plane};
    ///
    /// let plane = Plane { height: 2, width: 3, n_channels: 1, order: ChannelOrder::First };
    /// assert_eq!(plane.patches(2), [vec![0, 1, 3, 4], vec![2, 5]]);
    /// ```
    pub fn patches(&self, side: usize) -> Vec<Vec<usize>> {
        let side = side.max(1);
        let across = self.width.div_ceil(side);
        let mut patches = vec![Vec::new(); self.height.div_ceil(side) * across];
        for pixel in 0..self.n_pixels() {
            let (y, x) = (pixel / self.width, pixel % self.width);
            patches[y / side * across + x / side].push(pixel);
        }
        patches
    }

    /// The pixels of a box, `true` inside: a pixel is inside where its middle is. What lies outside the picture is cut off;
    /// a box without any pixel in the picture is an error.
    pub fn inside(&self, [left, top, right, bottom]: [f64; 4]) -> Result<Vec<bool>, Error> {
        let (width, height) = (self.width, self.height);
        let middle = |at: usize| at as f64 + 0.5;
        let is_inside = |pixel: usize| {
            let (y, x) = (middle(pixel / width), middle(pixel % width));
            left <= x && x < right && top <= y && y < bottom
        };
        let region: Vec<bool> = (0..self.n_pixels()).map(is_inside).collect();
        if region.contains(&true) {
            return Ok(region);
        }
        Err(Error::Box { left, top, right, bottom, width, height })
    }
}

/// Which columns of a row belong to which player of the game.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Players {
    of_column: Vec<usize>,
    n_players: usize,
    plane: Option<Plane>,
}

impl Players {
    /// Each column is a player.
    pub fn columns(n_columns: usize) -> Self {
        Self { of_column: (0..n_columns).collect(), n_players: n_columns, plane: None }
    }

    /// Each pixel is a player, with all its channels.
    pub fn pixels(plane: Plane) -> Self {
        let n_players = plane.n_pixels();
        let mut of_column = vec![0; n_players * plane.n_channels];
        for pixel in 0..n_players {
            (0..plane.n_channels).for_each(|channel| of_column[plane.place(pixel, channel)] = pixel);
        }
        Self { of_column, n_players, plane: Some(plane) }
    }

    /// The player of each column, counted from 0.
    pub fn of_columns(of_column: Vec<usize>) -> Result<Self, Error> {
        let n_players = of_column.iter().max().map_or(0, |last| last + 1);
        if n_players == 0 {
            return Err(Error::Empty { what: "the list of players" });
        }
        Ok(Self { of_column, n_players, plane: None })
    }

    /// The player of each column, of so many players; some may have no column.
    pub fn among(of_column: Vec<usize>, n_players: usize) -> Result<Self, Error> {
        if n_players == 0 {
            return Err(Error::Empty { what: "the list of players" });
        }
        match of_column.iter().find(|player| **player >= n_players) {
            Some(&player) => Err(Error::Player { player, available: n_players }),
            None => Ok(Self { of_column, n_players, plane: None }),
        }
    }

    /// How many players there are.
    pub fn len(&self) -> usize {
        self.n_players
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.n_players == 0
    }

    /// How many columns a row has.
    pub fn n_columns(&self) -> usize {
        self.of_column.len()
    }

    /// The player of each column.
    pub fn by_column(&self) -> &[usize] {
        &self.of_column
    }

    /// The picture, where the players are its pixels.
    pub fn plane(&self) -> Option<&Plane> {
        self.plane.as_ref()
    }
}

/// Fails where groups are no partition of the players.
pub(crate) fn check_partition(groups: &[Vec<usize>], n_players: usize) -> Result<(), Error> {
    let mut times = vec![0_usize; n_players];
    for &player in groups.iter().flatten() {
        *times.get_mut(player).ok_or(Error::Player { player, available: n_players })? += 1;
    }
    match times.iter().position(|times| *times != 1) {
        Some(player) => Err(Error::Groups { player, times: times[player] }),
        None => Ok(()),
    }
}

/// Fails where a row or its fill has another number of columns.
pub(crate) fn check_columns(players: &Players, row: usize, fill: usize) -> Result<(), Error> {
    check_length("the row", players.n_columns(), row)?;
    check_length("the fill", players.n_columns(), fill)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLANE: Plane = Plane { height: 2, width: 2, n_channels: 2, order: ChannelOrder::First };

    #[test]
    fn a_pixel_has_all_its_channels_in_either_order() {
        assert_eq!(Players::pixels(PLANE).by_column(), [0, 1, 2, 3, 0, 1, 2, 3]);
        let last = Plane { order: ChannelOrder::Last, ..PLANE };
        assert_eq!(Players::pixels(last).by_column(), [0, 0, 1, 1, 2, 2, 3, 3]);
    }

    #[test]
    fn boxes_are_cut_at_the_edge_and_refused_beyond() {
        assert_eq!(PLANE.inside([1.0, -5.0, 9.0, 9.0]).unwrap(), [false, true, false, true]);
        let error = PLANE.inside([2.0, 0.0, 4.0, 2.0]).unwrap_err().to_string();
        assert_eq!(
            error,
            "the box from column 2, row 0 to column 4, row 2 has no pixel in a picture of 2 x 2"
        );
    }

    #[test]
    fn a_player_may_have_no_column_but_no_column_another_player() {
        assert_eq!(Players::among(vec![0, 0, 2], 4).unwrap().len(), 4);
        let error = Players::among(vec![0, 2], 2).unwrap_err();
        assert!(matches!(error, Error::Player { player: 2, available: 2 }));
    }

    #[test]
    fn groups_must_be_a_partition() {
        assert!(matches!(
            check_partition(&[vec![0], vec![0, 1]], 2),
            Err(Error::Groups { player: 0, times: 2 })
        ));
        assert!(matches!(check_partition(&[vec![0]], 2), Err(Error::Groups { player: 1, times: 0 })));
        assert!(matches!(check_partition(&[vec![7]], 2), Err(Error::Player { player: 7, available: 2 })));
    }
}
