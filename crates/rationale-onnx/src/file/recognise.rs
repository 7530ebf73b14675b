//! What a file is that is no ONNX model, by its first bytes.

use crate::Error;

/// The first bytes of other kinds of file. Models begin with their version, the byte 8, and so with none of these.
const KINDS: [(&[u8], &str); 22] = [
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a WebP picture or another RIFF file"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive, such as PyTorch's `.pt`, Keras's `.keras` or NumPy's `.npz`"),
    (b"\x1f\x8b", "a file compressed by gzip"),
    (b"\x28\xb5\x2f\xfd", "a file compressed by zstd"),
    (b"BZh", "a file compressed by bzip2"),
    (b"\xfd7zXZ", "a file compressed by xz"),
    (b"\x89HDF", "an HDF5 file, such as Keras's `.h5`"),
    (b"\x93NUMPY", "an array of NumPy"),
    (b"\x80\x02", "a pickle, such as an old PyTorch checkpoint"),
    (b"\x80\x03", "a pickle"),
    (b"\x80\x04", "a pickle"),
    (b"\x80\x05", "a pickle"),
    (b"GGUF", "a GGUF model"),
    (b"PAR1", "a Parquet table"),
    (b"version https://git-lfs", "a pointer of Git LFS instead of the file that it stands for"),
    (b"<", "an HTML or XML page, such as a failed download"),
    (b"{", "JSON"),
    (b"[", "JSON"),
];

/// Fails where the first bytes are not those of a model.
pub(super) fn check(start: &[u8]) -> Result<(), Error> {
    if start.is_empty() {
        return Err(Error::Empty);
    }
    match kind(start) {
        Some(kind) => Err(Error::NotOnnx { kind }),
        None if begins_a_model(start) => Ok(()),
        None => Err(Error::NotOnnx { kind: "no kind of file that is known here" }),
    }
}

fn kind(start: &[u8]) -> Option<&'static str> {
    // Tools on Windows put a mark before their texts; pages begin with empty lines.
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let known = KINDS.iter().find(|(magic, _)| start.starts_with(magic) || text.starts_with(magic));
    match known {
        Some((_, kind)) => Some(kind),
        None if start.get(4..8) == Some(b"TFL3") => Some("a TensorFlow Lite model"),
        // A length in 8 bytes, then JSON.
        None if start.get(5..9) == Some(b"\0\0\0{") => Some("a safetensors file"),
        None if is_text(start) => Some("a text"),
        None => None,
    }
}

/// Whether the first field is one of `ModelProto`.
fn begins_a_model(start: &[u8]) -> bool {
    // ir_version, producer_name, producer_version, domain, model_version, doc_string, graph, opset_import, metadata_props;
    // training_info, functions and configuration have tags of two bytes.
    const TAGS: [u8; 9] = [0x08, 0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72];
    const LONG_TAGS: [[u8; 2]; 3] = [[0xa2, 0x01], [0xca, 0x01], [0xd2, 0x01]];
    start.first().is_some_and(|tag| TAGS.contains(tag))
        || start.first_chunk().is_some_and(|tag| LONG_TAGS.contains(tag))
}

fn is_text(start: &[u8]) -> bool {
    let start = &start[..start.len().min(256)];
    start.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~')) && start.len() > 8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_kind(start: &[u8], expected: &str) {
        match check(start) {
            Err(Error::NotOnnx { kind }) => assert!(kind.contains(expected), "{kind} instead of {expected}"),
            other => panic!("{other:?} instead of {expected}"),
        }
    }

    #[test]
    fn other_files_are_named() {
        check_kind(b"\x89PNG\r\n\x1a\n", "PNG");
        check_kind(b"\x89HDF\r\n\x1a\n", "Keras");
        check_kind(b"PK\x03\x04\x14\0", "PyTorch");
        check_kind(b"\n\n<!DOCTYPE html>", "failed download");
        check_kind(b"\xef\xbb\xbf{\"a\": 1}", "JSON");
        check_kind(b"version https://git-lfs.github.com/spec/v1\n", "Git LFS");
        check_kind(b"\x1c\0\0\0TFL3", "TensorFlow Lite");
        check_kind(b"\x40\x01\0\0\0\0\0\0{\"", "safetensors");
        check_kind(b"name,age\nAda,36\n", "a text");
        check_kind(b"\n\x0bfrozen_graph", "no kind");
    }

    #[test]
    fn every_kind_is_found_by_its_first_bytes() {
        for (magic, kind) in KINDS {
            check_kind(magic, kind);
        }
    }

    #[test]
    fn a_model_is_let_through() {
        assert!(check(b"\x08\x07\x12\x07pytorch").is_ok());
        assert!(matches!(check(b""), Err(Error::Empty)));
    }
}
