//! Seconds: the clock's, or for one thread the processor's.

use std::time::Instant;

use cpu_time::ThreadTime;

pub(crate) enum Stopwatch {
    Clock(Instant),
    Processor(ThreadTime),
}

impl Stopwatch {
    pub(crate) fn start(n_threads: usize) -> Self {
        if n_threads == 1 { Self::Processor(ThreadTime::now()) } else { Self::Clock(Instant::now()) }
    }

    pub(crate) fn seconds(&self) -> f64 {
        match self {
            Self::Clock(begin) => begin.elapsed().as_secs_f64(),
            Self::Processor(begin) => begin.elapsed().as_secs_f64(),
        }
    }
}
