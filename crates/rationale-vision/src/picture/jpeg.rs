//! Whether a JPEG is complete, and what its colours are.
//!
//! Decoders fill what is missing with grey and say nothing; an explanation of a picture that is half grey would be about
//! the grey. So the markers are walked to the last one (ITU-T T.81, B.1.1): a segment says its length, and the coded data
//! after a scan's header run until a marker that is neither a restart nor an escaped 0xff.

const START_OF_SCAN: u8 = 0xda;
const END: u8 = 0xd9;

/// What the markers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Markers {
    /// Whether the end marker is reached.
    pub is_complete: bool,
    /// How many channels a pixel has; 4 are a printer's colours.
    pub n_channels: Option<u8>,
}

/// Walks the markers.
pub(super) fn markers(bytes: &[u8]) -> Markers {
    let mut found = Markers::default();
    let mut at = 2;
    while let Some(marker) = marker(bytes, &mut at) {
        if marker == END {
            found.is_complete = true;
            break;
        }
        if is_frame(marker) {
            // Behind the length stand the precision, height and width.
            found.n_channels = bytes.get(at + 7).copied();
        }
        if !stands_alone(marker) {
            let Some(length) = bytes.get(at..at + 2) else { break };
            at += usize::from(length[0]) << 8 | usize::from(length[1]);
        }
        if marker == START_OF_SCAN {
            at = end_of_scan(bytes, at);
        }
    }
    found
}

/// Whether a frame's header begins here; among those codes stand three that are tables.
fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

/// The code of the marker at or after `at`, which moves past it.
fn marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    let start = *at + bytes.get(*at..)?.iter().position(|byte| *byte == 0xff)?;
    let code = start + bytes.get(start..)?.iter().position(|byte| *byte != 0xff)?;
    *at = code + 1;
    bytes.get(code).copied()
}

/// Start, restarts and the temporary marker have no length.
fn stands_alone(marker: u8) -> bool {
    matches!(marker, 0x00 | 0x01 | 0xd0..=0xd8)
}

fn end_of_scan(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let ends = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7 | 0xff);
    rest.windows(2).position(ends).map_or(bytes.len(), |idx| from + idx)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Start, one segment of four bytes, a scan with an escaped 0xff and a restart, end.
    const WHOLE: &[u8] = &[
        0xff, 0xd8, 0xff, 0xe0, 0, 4, 0xff, 0xd9, 0xff, 0xda, 0, 2, 1, 0xff, 0, 0xff, 0xd3, 7, 0xff, 0xd9, 9,
    ];

    #[test]
    fn the_end_marker_inside_a_segment_is_not_the_end() {
        assert!(markers(WHOLE).is_complete);
        for n_bytes in 0..WHOLE.len() - 1 {
            assert!(!markers(&WHOLE[..n_bytes]).is_complete, "{n_bytes}");
        }
    }
}
