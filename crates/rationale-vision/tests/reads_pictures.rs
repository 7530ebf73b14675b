//! Picture files as people have them: turned, transparent, deep, broken, and not pictures at all.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::io::Cursor;

use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, RgbImage, Rgba};
use rationale_vision::{Background, Error, Limits, Picture, Preset, Window};

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn colourful(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x * 7 % 256) as u8, (y * 5 % 256) as u8, ((x + y) % 256) as u8])
    })
}

fn pixel(picture: &Picture, [y, x]: [usize; 2]) -> [u8; 3] {
    [0, 1, 2].map(|channel| picture.rgb()[[y, x, channel]])
}

fn near(a: [u8; 3], b: [u8; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 3)
}

fn message(bytes: &[u8]) -> String {
    Picture::decode(bytes).unwrap_err().to_string()
}

#[test]
fn what_is_kept_whole_comes_back_whole() {
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff] {
        let picture = Picture::decode(&encoded(colourful(9, 5), format)).unwrap();
        assert_eq!(picture.size(), [5, 9], "{format:?}");
        assert_eq!(pixel(&picture, [4, 8]), [56, 20, 12], "{format:?}");
    }
    let grey = RgbImage::from_pixel(16, 8, Rgb([130, 130, 130]));
    for format in [ImageFormat::Jpeg, ImageFormat::Gif] {
        let picture = Picture::decode(&encoded(grey.clone(), format)).unwrap();
        assert_eq!(picture.size(), [8, 16], "{format:?}");
        assert!(near(pixel(&picture, [3, 3]), [130, 130, 130]), "{format:?}");
    }
}

#[test]
fn one_pixel_is_a_picture() {
    let picture = Picture::decode(&encoded(colourful(1, 1), ImageFormat::Png)).unwrap();
    assert_eq!((picture.size(), picture.describe()), ([1, 1], "PNG, 1 x 1 pixels, 8 bits colour"));
}

#[test]
fn a_very_wide_picture_is_read_and_a_limit_refuses_it_by_its_header() {
    let bytes = encoded(colourful(30_000, 2), ImageFormat::Png);
    assert_eq!(Picture::decode(&bytes).unwrap().size(), [2, 30_000]);
    let limits = Limits::default().with_max_pixels(50_000);
    // The pixels are not even there.
    let error = Picture::decode_with(&bytes[..100], limits, Background::White).unwrap_err();
    assert_eq!(error.to_string(), "the picture has 30000 x 2 pixels, 60000 in all; the limit is 50000");
    let limits = Limits::default().with_max_bytes(99);
    let error = Picture::decode_with(&bytes, limits, Background::White).unwrap_err();
    assert_eq!(error.to_string(), "the file has more than 99 bytes, which is the limit");
}

#[test]
fn sixteen_bits_are_scaled() {
    let deep = ImageBuffer::from_fn(3, 1, |x, _| Rgb([[0_u16, 32_768, 65_535][x as usize]; 3]));
    let picture = Picture::decode(&encoded(DynamicImage::ImageRgb16(deep), ImageFormat::Png)).unwrap();
    assert_eq!([0, 1, 2].map(|x| pixel(&picture, [0, x])[0]), [0, 128, 255]);
    assert_eq!(picture.describe(), "PNG, 3 x 1 pixels, 16 bits colour");
    let grey = ImageBuffer::from_pixel(1, 1, Luma([257_u16 * 77]));
    let picture = Picture::decode(&encoded(DynamicImage::ImageLuma16(grey), ImageFormat::Png)).unwrap();
    assert_eq!(pixel(&picture, [0, 0]), [77; 3]);
}

#[test]
fn transparency_is_laid_over_the_background() {
    let half = ImageBuffer::from_fn(3, 1, |x, _| Rgba([200, 100, 0, [0, 128, 255][x as usize]]));
    let bytes = encoded(DynamicImage::ImageRgba8(half), ImageFormat::Png);
    let over = |background| Picture::decode_with(&bytes, Limits::default(), background).unwrap();
    let row = |picture: &Picture| [0, 1, 2].map(|x| pixel(picture, [0, x]));
    let white = over(Background::White);
    assert_eq!(row(&white), [[255, 255, 255], [227, 177, 127], [200, 100, 0]]);
    assert_eq!(white.describe(), "PNG, 3 x 1 pixels, 8 bits colour, laid over white");
    assert_eq!(row(&over(Background::Black)), [[0, 0, 0], [100, 50, 0], [200, 100, 0]]);
    let deep = ImageBuffer::from_pixel(1, 1, LumaA([0_u16, 32_768]));
    let picture = Picture::decode(&encoded(DynamicImage::ImageLumaA16(deep), ImageFormat::Png)).unwrap();
    assert_eq!(pixel(&picture, [0, 0]), [127; 3]);
}

/// A JPEG whose upper half is white, with an EXIF segment behind its first marker.
fn turned(orientation: u8) -> Vec<u8> {
    let half = RgbImage::from_fn(32, 16, |_, y| Rgb([if y < 8 { 255 } else { 0 }; 3]));
    let bytes = encoded(half, ImageFormat::Jpeg);
    let tiff = [
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(),
        &[orientation, 0, 0, 0, 0, 0, 0, 0],
    ];
    let tiff = tiff.concat();
    let length = u16::try_from(tiff.len() + 2).unwrap().to_be_bytes();
    [&bytes[..2], &[0xff, 0xe1], &length, &tiff, &bytes[2..]].concat()
}

#[test]
fn photographs_are_turned_upright() {
    // Where the white half comes to lie: two places inside it.
    for (orientation, size, white) in [
        (1, [16, 32], [[3, 3], [3, 28]]),
        (3, [16, 32], [[12, 3], [12, 28]]),
        (6, [32, 16], [[3, 12], [28, 12]]),
        (8, [32, 16], [[3, 3], [28, 3]]),
    ] {
        let picture = Picture::decode(&turned(orientation)).unwrap();
        assert_eq!(picture.size(), size, "{orientation}");
        assert!(white.iter().all(|at| near(pixel(&picture, *at), [255; 3])), "{orientation}");
        let says_so =
            picture.describe().ends_with(&format!("turned upright (EXIF orientation {orientation})"));
        assert_eq!(says_so, orientation != 1, "{}", picture.describe());
    }
}

/// Red above, cyan below; `pictures/cmyk.jpg` was written by Pillow 13.0 at quality 95.
#[test]
fn printers_colours_become_screen_colours() {
    let picture = Picture::decode(include_bytes!("pictures/cmyk.jpg")).unwrap();
    let [above, below] = [[2, 2], [12, 2]].map(|at| pixel(&picture, at));
    assert!(near(above, [255, 0, 0]) && near(below, [0, 255, 255]), "{above:?} {below:?}");
    assert_eq!(picture.describe(), "JPEG, 16 x 16 pixels, 8 bits CMYK without colour management");
}

#[test]
fn truncated_files_are_refused_wherever_they_end() {
    for (format, name) in [
        (ImageFormat::Png, "PNG"),
        (ImageFormat::Jpeg, "JPEG"),
        (ImageFormat::WebP, "WebP"),
        (ImageFormat::Bmp, "BMP"),
        (ImageFormat::Tiff, "TIFF"),
        (ImageFormat::Gif, "GIF"),
    ] {
        let whole = encoded(colourful(40, 30), format);
        for share in [30, 50, 75, 95] {
            let part = &whole[..whole.len() * share / 100];
            match Picture::decode(part) {
                Err(Error::Truncated { format, n_bytes }) => {
                    assert_eq!((format, n_bytes), (name, part.len()));
                }
                other => panic!("{format:?} at {share} %: {other:?}"),
            }
        }
    }
    let jpeg = encoded(colourful(40, 30), ImageFormat::Jpeg);
    let n_bytes = jpeg.len() - 2;
    let expected = format!("the JPEG is truncated: its {n_bytes} bytes end before the picture does");
    assert_eq!(message(&jpeg[..n_bytes]), expected);
}

#[test]
fn no_cut_and_no_flipped_byte_panics() {
    for format in
        [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Tiff]
    {
        let whole = encoded(colourful(12, 9), format);
        for k in 0..whole.len() {
            let _ = Picture::decode(&whole[..k]);
            let mut flipped = whole.clone();
            flipped[k] ^= 0xa5;
            let _ =
                Picture::decode_with(&flipped, Limits::default().with_max_pixels(1 << 16), Background::White);
        }
    }
}

#[test]
fn what_is_no_picture_is_named() {
    let end = "; PNG, JPEG, WebP, GIF, BMP and TIFF are read";
    for (bytes, seen) in [
        (b"%PDF-1.7\n".as_slice(), "a PDF document"),
        (b"", "empty"),
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "an SVG drawing"),
        (b"Where is the cat?", "text that begins with `Where is the cat?`"),
    ] {
        assert_eq!(message(bytes), format!("this is no picture that can be read: it is {seen}{end}"));
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Picture::open("no/such/cat.png".as_ref()).unwrap_err();
    assert!(error.to_string().starts_with("`no/such/cat.png` cannot be read"), "{error}");
}

#[test]
fn maps_of_a_turned_picture_lie_on_it_as_it_is_seen() {
    // The file holds 16 rows of 32 pixels, and is looked at as 32 rows of 16.
    let picture = Picture::decode(&turned(6)).unwrap();
    assert_eq!(picture.size(), [32, 16]);
    let prepared = Preset::ImagenetTf.preparation([4, 4]).unwrap().prepare(&picture).unwrap();
    let geometry = prepared.geometry();
    assert_eq!(geometry.window(), Window { top: 8.0, left: 0.0, height: 16.0, width: 16.0 });
    let mut map = ndarray::Array2::<f32>::zeros((4, 4));
    map[[0, 3]] = 1.0;
    let placed = geometry.place(map.view()).unwrap();
    assert!(placed.row(7).iter().all(|it| it.is_nan()) && placed.row(24).iter().all(|it| it.is_nan()));
    assert!(placed[[8, 15]] > 0.9 && placed[[23, 0]] == 0.0);
    assert_eq!(geometry.point([0, 3], [4, 4]), [10.0, 14.0]);
}
