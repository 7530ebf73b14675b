//! How much a file may ask for.

use rationale_tensor::Tensor;

use crate::Error;

/// How much a file may ask for; beyond it reading, or a run of the network, fails before memory is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes held, tensors and everything else together. Lists that grow take up to twice what is counted for them.
    /// 16 GiB by default.
    pub memory: u64,
    /// Bytes of any one tensor that is computed. 8 GiB by default.
    pub tensor: usize,
    /// Graphs inside graphs, as branches and loops have them, the outermost counted. 16 by default; exporters write 1 to 3.
    /// Each takes a piece of the stack.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: 16 << 30, tensor: Tensor::MAX_BYTES, depth: 16 }
    }
}

/// What is left of the memory.
pub(super) struct Budget {
    limit: u64,
    held: u64,
}

impl Budget {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, held: 0 }
    }

    /// Counts bytes that are about to be taken; `what` names them where they are too many.
    pub(super) fn take(&mut self, bytes: u64, what: impl FnOnce() -> String) -> Result<(), Error> {
        let needed = self.held.saturating_add(bytes);
        if needed > self.limit {
            return Err(Error::Memory { what: what(), needed, limit: self.limit });
        }
        self.held = needed;
        Ok(())
    }
}
