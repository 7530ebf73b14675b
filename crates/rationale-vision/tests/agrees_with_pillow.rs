//! Resizing equals Pillow's in every byte, and published input tensors are made again from their photograph.

use std::fs::File;
use std::path::PathBuf;

use ndarray::{Array3, Array4};
use ndarray_npy::ReadNpyExt;
use rationale_vision::{Filter, Picture, Preset, resize};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    filter: Filter,
    from: [usize; 2],
    to: [usize; 2],
    bytes: Vec<u8>,
}

/// The picture of `golden/pillow.py`.
fn formula([height, width]: [usize; 2]) -> Array3<u8> {
    Array3::from_shape_fn((height, width, 3), |(y, x, c)| {
        ((y * y * 3 + x * x * 5 + y * x * (c + 1) + 70 * c) % 256) as u8
    })
}

#[test]
fn every_byte_is_pillows() {
    let golden: Golden = serde_json::from_str(include_str!("../golden/pillow.json")).unwrap();
    assert_eq!(golden.cases.len(), 32);
    for case in golden.cases {
        let resized = resize(formula(case.from).view(), case.to, case.filter).unwrap();
        assert_eq!(resized.into_raw_vec_and_offset().0, case.bytes, "{:?} {:?}", case.filter, case.from);
    }
}

#[test]
fn published_tensors_are_made_again() {
    let Some(root) = std::env::var_os("RATIONALE_TESTDATA").map(PathBuf::from) else {
        println!("skipped: no test data");
        return;
    };
    let chelsea = Picture::open(&root.join("images/skimage/chelsea.png")).unwrap();
    for (network, preset, side, tolerance) in [
        ("inception-v3", Preset::ImagenetTf, 299, 1e-7),
        ("mobilenet-v1", Preset::ImagenetTf, 224, 1e-7),
        ("resnet50", Preset::ImagenetCaffe, 224, 1e-5),
    ] {
        let path = root.join(format!("models/expected/{network}.chelsea.input.npy"));
        let published = Array4::<f32>::read_npy(File::open(path).unwrap()).unwrap();
        let prepared = preset.preparation([side, side]).unwrap().prepare(&chelsea).unwrap();
        let differences =
            prepared.tensor().iter().zip(&published).map(|(ours, theirs)| (ours - theirs).abs());
        let most = differences.fold(0.0_f32, f32::max);
        assert_eq!(prepared.tensor().dim(), published.dim());
        println!("{network}: greatest difference {most}; {}", prepared.describe());
        assert!(most <= tolerance, "{network}: {most}");
    }
}
