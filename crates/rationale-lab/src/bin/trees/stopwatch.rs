//! Seconds: the clock's, or for one thread the processor's.

use std::time::Instant;

pub(crate) enum Stopwatch {
    Clock(Instant),
    Processor(f64),
}

impl Stopwatch {
    pub(crate) fn start(n_threads: usize) -> Self {
        let processor = (n_threads == 1).then(processor_seconds).flatten();
        processor.map_or_else(|| Self::Clock(Instant::now()), Self::Processor)
    }

    pub(crate) fn seconds(&self) -> f64 {
        match self {
            Self::Clock(begin) => begin.elapsed().as_secs_f64(),
            Self::Processor(begin) => processor_seconds().unwrap_or(f64::NAN) - begin,
        }
    }
}

/// What this thread has used, as Linux tells it.
fn processor_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split(' ').next()?.parse::<f64>().ok()? * 1e-9)
}
