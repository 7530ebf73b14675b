//! Maps are normalised, upsampled and laid over a picture as PyTorch, OpenCV and pytorch-grad-cam do it.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use ndarray::{Array2, Array3};
use rationale_vision::{ColourMap, Grid, Overlay, Picture, scaled_to, upsample};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    tolerance: Tolerance,
    jet: Vec<u8>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Tolerance {
    map: f32,
    overlay: u8,
}

#[derive(Deserialize)]
struct Case {
    from: [usize; 2],
    to: [usize; 2],
    half_pixel: Vec<f32>,
    aligned_corners: Vec<f32>,
    scaled: Vec<f32>,
    overlay: Vec<u8>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../golden/maps.json")).unwrap()
}

/// The map of `golden/maps.py`.
fn map([height, width]: [usize; 2]) -> Array2<f32> {
    Array2::from_shape_fn((height, width), |(y, x)| ((7 * y * y + 5 * x + 3 * x * y) % 16) as f32 / 4.0 - 1.0)
}

/// The picture of `golden/maps.py`.
fn photograph([height, width]: [usize; 2]) -> Picture {
    let byte = |(y, x, c)| ((y * y * 3 + x * x * 5 + y * x * (c + 1) + 70 * c) % 256) as u8;
    Picture::from_rgb(Array3::from_shape_fn((height, width, 3), byte)).unwrap()
}

fn check(ours: &Array2<f32>, theirs: &[f32], tolerance: f32, what: &str) {
    assert_eq!(ours.len(), theirs.len());
    let differences = ours.iter().zip(theirs).map(|(ours, theirs)| (ours - theirs).abs());
    let most = differences.fold(0.0, f32::max);
    assert!(most <= tolerance, "{what}: {most}");
}

#[test]
fn maps_are_upsampled_and_normalised_alike() {
    let golden = golden();
    for case in &golden.cases {
        let small = map(case.from);
        let upsampled = |grid| upsample(small.view(), case.to, grid).unwrap();
        check(&upsampled(Grid::HalfPixel), &case.half_pixel, golden.tolerance.map, "half pixel");
        check(&upsampled(Grid::AlignedCorners), &case.aligned_corners, golden.tolerance.map, "aligned");
        check(&scaled_to(small.view(), case.to).unwrap(), &case.scaled, golden.tolerance.map, "scaled");
    }
}

#[test]
fn overlays_are_alike() {
    let golden = golden();
    for case in &golden.cases {
        let scaled = scaled_to(map(case.from).view(), case.to).unwrap();
        let drawn = Overlay::default().draw(&photograph(case.to), scaled.view()).unwrap();
        let most = drawn.iter().zip(&case.overlay).map(|(ours, theirs)| ours.abs_diff(*theirs)).max();
        assert!(most.unwrap() <= golden.tolerance.overlay, "{:?}: {most:?}", case.from);
    }
}

#[test]
fn jet_is_opencvs_but_for_one_level() {
    let steps = (0..256).flat_map(|step| ColourMap::Jet.colour((f64::from(step) + 0.5) / 255.0).unwrap());
    let golden = golden().jet;
    let others: Vec<(usize, u8, u8)> = steps
        .zip(golden)
        .enumerate()
        .filter(|(_, (ours, theirs))| ours != theirs)
        .map(|(k, (ours, theirs))| (k, ours, theirs))
        .collect();
    assert_eq!(others, [(159 * 3 + 2, 2, 1)]);
}
