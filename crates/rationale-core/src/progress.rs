//! How long work says how far it is.

/// Is told when units of work are done. Called from several threads, often: an implementation must be quick.
pub trait Progress: Send + Sync {
    /// `units` more rows (or model calls, as the method documents) are done.
    fn advance(&self, units: u64);

    /// The model will be asked about at most this many more rows. Told by methods that know it, after each batch.
    fn calls_left(&self, _calls: u64) {}
}

/// Reports to nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn advance(&self, _units: u64) {}
}

impl<F: Fn(u64) + Send + Sync> Progress for F {
    fn advance(&self, units: u64) {
        self(units);
    }
}
