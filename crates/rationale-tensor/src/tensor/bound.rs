//! How large a tensor may become.

use std::cell::Cell;

use super::Tensor;

thread_local! {
    static BOUND: Cell<usize> = const { Cell::new(Tensor::MAX_BYTES) };
}

/// Puts the bound before it back, also where the work panics.
struct Restored(usize);

impl Drop for Restored {
    fn drop(&mut self) {
        BOUND.set(self.0);
    }
}

impl Tensor {
    /// The most bytes that one tensor may take unless [`Tensor::within`] says otherwise: 8 GiB.
    pub const MAX_BYTES: usize = 8 << 30;

    /// Does work in which no tensor takes more than so many bytes: what would is refused before memory is taken.
    ///
    /// It holds for what this thread asks for. Within another bound the inner one counts.
    pub fn within<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
        let _restored = Restored(BOUND.replace(bytes));
        work()
    }

    /// The most bytes that a tensor may take here.
    pub fn bound() -> usize {
        BOUND.get()
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use crate::{Device, Element, Error, Tensor};

    fn made(n: usize) -> Result<Tensor, Error> {
        Tensor::full(1.0, &[n], Element::F32, &Device::flex())
    }

    #[test]
    fn what_is_beyond_the_bound_is_refused_and_what_fits_is_made() {
        assert!(Tensor::within(400, || made(100)).is_ok());
        let error = Tensor::within(400, || made(101)).unwrap_err();
        assert!(matches!(error, Error::TooLarge { bound: 400, .. }), "{error}");
        assert!(made(101).is_ok());
    }

    #[test]
    fn a_result_of_tensors_that_fit_may_be_too_large() {
        let (row, column) = (made(100).unwrap(), made(100).unwrap().reshape(&[100, 1]).unwrap());
        assert!(Tensor::within(400, || row.add(&column)).is_err());
    }

    #[test]
    fn the_bound_is_put_back() {
        let inner = Tensor::within(400, || Tensor::within(800, Tensor::bound));
        assert_eq!((inner, Tensor::bound()), (800, Tensor::MAX_BYTES));
        let panicked =
            std::panic::catch_unwind(|| Tensor::within::<()>(4, || std::panic::resume_unwind(Box::new(()))));
        assert_eq!((panicked.is_err(), Tensor::bound()), (true, Tensor::MAX_BYTES));
    }
}
