//! What every method of the family is told.

use rationale_tensor::Place;

use crate::{Error, OutputTarget};

/// Where a network is explained, for which output, and how many examples go through at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub(crate) places: Vec<Place>,
    pub(crate) target: OutputTarget,
    pub(crate) batch_size: usize,
}

impl Default for Settings {
    /// The first input, the largest element of the first output, 8 examples at once.
    fn default() -> Self {
        Self { places: vec![Place::Input(0)], target: OutputTarget::default(), batch_size: 8 }
    }
}

impl Settings {
    /// Explains at these places, together.
    pub fn with_places(mut self, places: Vec<Place>) -> Self {
        self.places = places;
        self
    }

    /// Which number is explained.
    pub fn with_target(mut self, target: OutputTarget) -> Self {
        self.target = target;
        self
    }

    /// So many examples, or steps of one, go through the network at once. It bounds the memory.
    pub fn with_batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.places.is_empty() {
            return Err(rationale_core::Error::Empty { what: "the list of places" }.into());
        }
        if self.batch_size == 0 {
            return Err(Error::Setting { what: "the batch size", value: 0.0, expected: "at least 1" });
        }
        Ok(())
    }
}

/// The settings that every method has, as consuming methods of its own.
macro_rules! with_settings {
    () => {
        /// Explains at this place, in the place of the first input.
        pub fn at(mut self, place: rationale_tensor::Place) -> Self {
            self.settings.places = vec![place];
            self
        }

        /// Explains at these places, together; the first input unless said otherwise.
        pub fn with_places(mut self, places: Vec<rationale_tensor::Place>) -> Self {
            self.settings.places = places;
            self
        }

        /// Which number is explained; the largest element of the first output unless said otherwise.
        pub fn with_target(mut self, target: $crate::OutputTarget) -> Self {
            self.settings.target = target;
            self
        }

        /// So many examples, or steps of one, go through the network at once; 8 unless said otherwise. It bounds the
        /// memory; on some backends it changes the last bits. A network that fixes the number overrides it.
        pub fn with_batch_size(mut self, batch_size: usize) -> Self {
            self.settings.batch_size = batch_size;
            self
        }
    };
}
pub(crate) use with_settings;
