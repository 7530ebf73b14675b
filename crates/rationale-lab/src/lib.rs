//! What the benchmarks and the evaluation say of where and when they were run.

use anyhow::Result;

/// The date in UTC, as 2026-11-28.
pub fn today() -> String {
    chrono::Utc::now().date_naive().to_string()
}

/// The processor, its cores, and how busy the machine has been in the last minute.
pub fn machine() -> Result<String> {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpu.lines().find(|it| it.starts_with("model name")).and_then(|it| it.split(": ").nth(1));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().filter(|it| !it.is_empty()).unwrap_or("unknown");
    let n_cores = std::thread::available_parallelism()?;
    Ok(format!("{}, {n_cores} cores, load at the end {load}", name.unwrap_or("unknown")))
}
