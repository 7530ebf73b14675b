//! What identifies a model, a table or a file: SHA-256 over its content.

use std::fmt;

use ndarray::ArrayView2;
use sha2::{Digest, Sha256};

/// How much is hashed at a time.
const PIECE_BYTES: usize = 8 << 10;

/// The SHA-256 of something, printed as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of bytes, such as a file's.
    ///
    /// ```
    /// use rationale_core::Fingerprint;
    ///
    /// assert!(Fingerprint::of_bytes(b"abc").to_string().starts_with("ba7816bf"));
    /// ```
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new();
        hasher.bytes(bytes);
        hasher.finish()
    }

    /// Of an array: its shape, then its values row by row as little-endian float64.
    pub fn of_rows(rows: ArrayView2<'_, f64>) -> Self {
        let mut hasher = Hasher::new();
        hasher.integer(rows.nrows() as u64);
        hasher.integer(rows.ncols() as u64);
        // Many numbers at a time: SHA-256 is quickest over long pieces.
        let mut bytes = Vec::with_capacity(PIECE_BYTES);
        for &value in &rows {
            let value = if value.is_nan() { f64::NAN } else { value };
            bytes.extend_from_slice(&value.to_bits().to_le_bytes());
            if bytes.len() >= PIECE_BYTES {
                hasher.bytes(&bytes);
                bytes.clear();
            }
        }
        hasher.bytes(&bytes);
        hasher.finish()
    }

    /// The first eight bytes as a number: enough to key random draws by what they are for.
    pub fn prefix(&self) -> u64 {
        self.0.iter().take(8).fold(0, |prefix, &byte| prefix << 8 | u64::from(byte))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// Builds a [`Fingerprint`] piece by piece.
#[derive(Debug, Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Nothing hashed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Adds an integer as eight little-endian bytes.
    pub fn integer(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    /// Adds a number as float64, little-endian; all NaNs are one.
    pub fn number(&mut self, value: f64) {
        let value = if value.is_nan() { f64::NAN } else { value };
        self.integer(value.to_bits());
    }

    /// Adds a text and its length, so that two neighbouring texts cannot run into each other.
    pub fn text(&mut self, text: &str) {
        self.integer(text.len() as u64);
        self.bytes(text.as_bytes());
    }

    /// The fingerprint of all that was added.
    pub fn finish(self) -> Fingerprint {
        Fingerprint(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_shape_counts() {
        let wide = Fingerprint::of_rows(array![[1.0, 2.0]].view());
        let tall = Fingerprint::of_rows(array![[1.0], [2.0]].view());
        assert_ne!(wide, tall);
    }

    #[test]
    fn rows_are_hashed_number_by_number() {
        let rows =
            ndarray::Array2::from_shape_fn((700, 3), |(row, k)| if row == k { f64::NAN } else { row as f64 });
        let mut hasher = Hasher::new();
        hasher.integer(700);
        hasher.integer(3);
        rows.iter().for_each(|x| hasher.number(*x));
        assert_eq!(Fingerprint::of_rows(rows.view()), hasher.finish());
    }

    #[test]
    fn the_memory_order_does_not_count() {
        let rows = array![[1.0, 2.0], [3.0, 4.0]];
        let turned = rows.t().as_standard_layout().into_owned();
        assert_eq!(Fingerprint::of_rows(rows.view()), Fingerprint::of_rows(turned.t()));
    }
}
