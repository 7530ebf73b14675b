//! Sheets as files: pixels come back as they went in, and the same sheet gives the same bytes.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use ndarray::Array3;
use rationale_report::{Panel, Settings, Sheet};
use resvg::tiny_skia::Pixmap;

fn sheet() -> Sheet {
    let gradient = Array3::from_shape_fn((544, 544, 3), |(y, x, channel)| [y / 3, x / 3, 90][channel] as u8);
    let white = Array3::from_elem((2, 2, 3), 255);
    let panel = Panel::new("Grad-CAM", gradient).unwrap().with_subtitle("layer4.2");
    let panel = panel.with_predictions(vec![("Egyptian cat".to_owned(), 0.625)]).with_note("Gap 0.");
    Sheet::new(vec![panel, Panel::new("white", white).unwrap()])
}

#[test]
fn pixels_come_back_where_they_stand() {
    let picture = sheet().draw(&Settings::default()).unwrap();
    let drawn = Pixmap::decode_png(&picture.png(2.0).unwrap()).unwrap();
    // The picture begins at 16, 83 and is drawn 272 wide, twice as large in PNG: one pixel each.
    let pixel = |x: u32, y: u32| {
        let pixel = drawn.pixel(32 + x, 166 + y).unwrap();
        [pixel.red(), pixel.green(), pixel.blue()]
    };
    for (x, y) in [(0, 0), (300, 10), (543, 543), (7, 400)] {
        let expected = [(y / 3) as u8, (x / 3) as u8, 90];
        let differs = pixel(x, y).iter().zip(expected).any(|(a, b)| a.abs_diff(b) > 1);
        assert!(!differs, "({x}, {y}): {:?}, not {expected:?}", pixel(x, y));
    }
}

#[test]
fn the_same_sheet_gives_the_same_bytes() {
    let [a, b] = [(); 2].map(|()| sheet().draw(&Settings::default()).unwrap());
    assert_eq!((a.svg(), a.png(2.0).unwrap()), (b.svg(), b.png(2.0).unwrap()));
}

#[test]
fn an_svg_carries_its_pictures_and_its_words() {
    let svg = sheet().draw(&Settings::default().with_title("cat.png")).unwrap().svg();
    assert_eq!(svg.matches("<image ").count(), 2);
    assert!(svg.contains("href=\"data:image/png;base64,iVBORw0KGgo"));
    for words in [
        ">cat.png<",
        ">Egyptian cat<",
        ">62.5 %<",
        ">Gap 0.<",
        "<desc>Pictures: Grad-CAM (layer4.2); white.</desc>",
    ] {
        assert!(svg.contains(words), "{words}");
    }
}
