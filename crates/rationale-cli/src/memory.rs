//! How much memory a network may ask for.

use clap::Args;
use rationale::onnx::Limits;

#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct MemoryLimit {
    /// The most that the file, and any one tensor that it computes, may take: bytes, or 500MiB, 4GiB. A file may take 16GiB
    /// unless said otherwise, a tensor 8GiB.
    #[arg(long = "memory-limit", value_name = "SIZE", value_parser = bytes)]
    limit: Option<usize>,
}

impl MemoryLimit {
    pub(crate) fn limits(self) -> Limits {
        match self.limit {
            Some(bytes) => Limits { memory: bytes as u64, tensor: bytes, ..Limits::default() },
            None => Limits::default(),
        }
    }
}

/// A whole number of bytes, or of units of 1024 to a power.
fn bytes(text: &str) -> Result<usize, String> {
    let split = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let shift = match unit.trim() {
        "" | "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        other => return Err(format!("`{other}` is no unit; the units are B, KiB, MiB and GiB")),
    };
    let number = number.parse::<usize>().ok().and_then(|it| it.checked_mul(1 << shift));
    number.filter(|it| *it > 0).ok_or_else(|| "a size above 0 is needed, such as 4GiB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_of_1024() {
        assert_eq!(bytes("4GiB"), Ok(4 << 30));
        assert_eq!(bytes("500 MiB"), Ok(500 << 20));
        assert_eq!(bytes("17"), Ok(17));
    }

    #[test]
    fn what_is_no_size_is_refused_with_what_would_be() {
        assert_eq!(bytes("4GB").unwrap_err(), "`GB` is no unit; the units are B, KiB, MiB and GiB");
        for wrong in ["", "0", "GiB", "99999999999GiB", "-1"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn one_size_bounds_the_file_and_its_tensors() {
        let limits = MemoryLimit { limit: Some(1 << 20) }.limits();
        assert_eq!((limits.memory, limits.tensor), (1 << 20, 1 << 20));
        assert_eq!(MemoryLimit::default().limits(), Limits::default());
    }
}
