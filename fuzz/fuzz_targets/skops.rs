//! scikit-learn's models as skops saves them: a zip archive, or the files of one.
//!
//! A zip archive holds a checksum of each file, so that a mutated archive hardly ever opens. Bytes that are no archive are
//! therefore packed into one: each file begins with a line `%%file NAME`.

#![no_main]

use std::io::{Cursor, Write};

use libfuzzer_sys::fuzz_target;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const MARK: &[u8] = b"%%file ";

fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(b"PK") {
        rationale_fuzz::check(rationale_trees::skops::read, bytes);
    } else if let Some(archive) = packed(bytes) {
        rationale_fuzz::check(rationale_trees::skops::read, &archive);
    }
});

/// None where two files have the same name or one is too long, which the writer refuses.
fn packed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for file in files(bytes) {
        let end = file.iter().position(|&byte| byte == b'\n')?;
        archive.start_file(String::from_utf8_lossy(&file[..end]), options).ok()?;
        archive.write_all(&file[end + 1..]).ok()?;
    }
    Some(archive.finish().ok()?.into_inner())
}

/// What stands behind each mark, up to the next.
fn files(bytes: &[u8]) -> Vec<&[u8]> {
    let marks = bytes.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK);
    let starts: Vec<_> = marks.map(|(place, _)| place).collect();
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    starts.iter().zip(ends).map(|(start, end)| &bytes[start + MARK.len()..end]).collect()
}
