//! Superpixels against the Python library scikit-image.

use std::path::Path;

use ndarray::{Array2, Ix3};
use rationale_surrogate::superpixels::{Quickshift, Segments, Slic};
use rationale_testkit::golden::{Golden, Tensor, read};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    picture: Tensor,
    segmentations: Vec<Segmentation>,
}

#[derive(Deserialize)]
struct Segmentation {
    name: String,
    n: Option<usize>,
    compactness: Option<f64>,
    kernel_size: Option<usize>,
    max_distance: Option<f64>,
    ratio: Option<f64>,
    labels: Vec<usize>,
}

#[test]
fn every_pixel_is_in_the_same_patch() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/superpixels.json");
    let golden: Golden<Case> = read(&path).unwrap();
    let case = &golden.cases[0];
    let picture = case.picture.array().unwrap().into_dimensionality::<Ix3>().unwrap();
    let (height, width, _) = picture.dim();
    for it in &case.segmentations {
        let ours = match (it.n, it.kernel_size) {
            (Some(n), _) => Slic::new(n).with_compactness(it.compactness.unwrap()).cut(picture.view()),
            (_, Some(size)) => Quickshift::new(size, it.max_distance.unwrap())
                .with_ratio(it.ratio.unwrap())
                .cut(picture.view()),
            _ => panic!("{} is neither", it.name),
        };
        let labels = Array2::from_shape_vec((height, width), it.labels.clone()).unwrap();
        let theirs = Segments::new(labels.view()).unwrap();
        let ours = ours.unwrap();
        let apart = ours.labels().iter().zip(theirs.labels()).filter(|(a, b)| a != b).count();
        assert_eq!(apart, 0, "{}: {apart} pixels, {} patches against {}", it.name, ours.len(), theirs.len());
        assert!(ours.len() > 1, "{}", it.name);
    }
    assert_eq!((case.segmentations.len(), height, width), (6, 24, 32));
}
