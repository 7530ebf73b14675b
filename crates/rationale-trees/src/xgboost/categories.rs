//! The names of categories (`cats`), which files carry since XGBoost 3.1 where training was on a data frame.
//!
//! Code k is the k-th category of the training data. Texts stand in one array of bytes that `offsets` cut; whole numbers
//! stand as they are, their type by number. UBJSON has no wide unsigned integers, so there they are stored as signed ones.
//!
//! Before 3.4 the Python package counts characters where `offsets` count bytes (`npstr_to_arrow_strarr`), so that names
//! which are not ASCII, and all names after them, are cut in the wrong places. Such names are left out.

use super::wire::Names;
use super::{broken, wire};
use crate::Error;

/// What `offsets` count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offsets {
    Bytes,
    MaybeCharacters,
}

impl Offsets {
    /// By the version (major, minor) that wrote the model.
    pub(super) fn of_version(version: (u32, u32)) -> Self {
        if version >= (3, 4) { Self::Bytes } else { Self::MaybeCharacters }
    }
}

/// The names of each feature's categories, for as many features as the file says.
pub(super) fn read(
    categories: &wire::Categories,
    offsets: Offsets,
) -> Result<Vec<Option<Vec<String>>>, Error> {
    let of_feature = |(feature, names)| of_feature(feature, names, offsets);
    categories.enc.iter().enumerate().map(of_feature).collect()
}

fn of_feature(feature: usize, names: &Names, counted: Offsets) -> Result<Option<Vec<String>>, Error> {
    let is_ascii = names.values.iter().all(|value| (0..128).contains(value));
    let read = match &names.offsets {
        Some(_) if counted == Offsets::MaybeCharacters && !is_ascii => return Ok(None),
        Some(offsets) => texts(offsets, &names.values),
        None => numbers(names.kind, &names.values),
    };
    match read {
        Some(names) => Ok((!names.is_empty()).then_some(names)),
        None => Err(broken(
            format!("cats.enc[{feature}]"),
            "ascending offsets into UTF-8 texts, or whole numbers of the type named",
            "something else",
        )),
    }
}

fn texts(offsets: &[i64], values: &[i64]) -> Option<Vec<String>> {
    // The file calls bytes signed.
    #[expect(clippy::cast_sign_loss, reason = "a signed byte stands for the byte of the same bits")]
    let bytes: Vec<u8> = values.iter().map(|&value| value as u8).collect();
    let text = |ends: &[i64]| {
        let (start, end) = (usize::try_from(ends[0]).ok()?, usize::try_from(ends[1]).ok()?);
        String::from_utf8(bytes.get(start..end)?.to_vec()).ok()
    };
    offsets.windows(2).map(text).collect()
}

fn numbers(kind: Option<i64>, values: &[i64]) -> Option<Vec<String>> {
    let wrap = match kind {
        // Signed ones of 8 to 64 bits, and unsigned ones that UBJSON can hold or XGBoost keeps below 2^63.
        Some(9..=11 | 13 | 15 | 16) => 0,
        Some(12) => 1 << 16,
        Some(14) => 1 << 32,
        _ => return values.is_empty().then(Vec::new),
    };
    let unsigned = |value: i64| if value < 0 { value.checked_add(wrap) } else { Some(value) };
    values.iter().map(|&value| unsigned(value).map(|value| value.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_texts_and_numbers() {
        let tuerkis: Vec<i64> = "redtürkis".bytes().map(|byte| i64::from(byte.cast_signed())).collect();
        assert_eq!(texts(&[0, 3, 10], &tuerkis).unwrap(), ["red", "türkis"]);
        assert_eq!(numbers(Some(13), &[-4, 7]).unwrap(), ["-4", "7"]);
        assert_eq!(numbers(Some(12), &[-1]).unwrap(), ["65535"]);
        assert_eq!(numbers(Some(14), &[-1]).unwrap(), ["4294967295"]);
    }

    #[test]
    fn names_that_may_be_cut_are_left_out() {
        let values = "tür".bytes().map(|byte| i64::from(byte.cast_signed())).collect();
        let names = Names { offsets: Some(vec![0, 2]), kind: None, values };
        assert_eq!(of_feature(0, &names, Offsets::of_version((3, 3))).unwrap(), None);
        assert!(of_feature(0, &names, Offsets::of_version((3, 4))).is_err());
        let ascii = Names { values: vec![97, 98, 99], ..names };
        assert_eq!(of_feature(0, &ascii, Offsets::MaybeCharacters).unwrap().unwrap(), ["ab"]);
    }

    #[test]
    fn refuses_what_is_no_name() {
        assert!(texts(&[0, 4], &[114, 101, 100]).is_none());
        assert!(texts(&[2, 1], &[114, 101, 100]).is_none());
        assert!(texts(&[-1, 1], &[114]).is_none());
        assert!(texts(&[0, 1], &[-1]).is_none());
        assert!(numbers(Some(7), &[1]).is_none());
        assert!(numbers(None, &[1]).is_none());
    }
}
