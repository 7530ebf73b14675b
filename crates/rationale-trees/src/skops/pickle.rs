//! Pickle and joblib files: recognised, and refused.

use crate::Error;

/// Fails where the bytes are a pickle, or compressed as joblib compresses one.
///
/// Protocols 2 to 5 begin with the opcode PROTO and the protocol's number; a frame (4 and 5) or another opcode
/// follows. A compressed file is named by its magic bytes alone: no model format that is read begins with them.
pub(crate) fn refuse(bytes: &[u8]) -> Result<(), Error> {
    match kind(bytes) {
        Some(kind) => Err(Error::Pickle { kind }),
        None => Ok(()),
    }
}

fn kind(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [0x80, 2..=5, ..] => "a pickle or joblib file",
        // Protocol 0 has no mark; an object that is no plain value begins by naming its constructor's module.
        _ if bytes.starts_with(b"ccopy_reg\n") => "a pickle of protocol 0",
        // Deflate with a window of 32 KiB, at the four levels that zlib marks.
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => "a file compressed by zlib, as joblib compresses pickles",
        [0x1f, 0x8b, 8, ..] => "a file compressed by gzip, as joblib compresses pickles",
        [0x04, 0x22, 0x4d, 0x18, ..] => "a file compressed by LZ4, as joblib compresses pickles",
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => "a file compressed by bzip2, as joblib compresses pickles",
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => "a file compressed by xz, as joblib compresses pickles",
        [0x5d, 0, 0, ..] => "a file compressed by LZMA, as joblib compresses pickles",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pickle_is_refused_with_the_way_out() {
        for start in [
            &b"\x80\x04\x95"[..],
            b"\x80\x02c",
            b"\x78\x9c",
            b"\x1f\x8b\x08",
            b"\x04\x22\x4d\x18",
            b"BZh9",
            b"ccopy_reg\n",
        ] {
            let message = refuse(start).unwrap_err().to_string();
            assert!(message.contains("whatever code") && message.contains("skops.io.dump"), "{message}");
        }
        for start in [&b""[..], b"\x80", b"PK\x03\x04", b"{\"a\"", b"\x08\x0a", b"tree\nversion"] {
            refuse(start).unwrap();
        }
    }
}
