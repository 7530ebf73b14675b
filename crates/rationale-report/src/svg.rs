//! Scenes as SVG text.

use std::fmt::Write;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::canvas::plain;
use crate::font;
use crate::html::escape;
use crate::scene::{Anchor, Item, Scene, Text};

/// What becomes of a character that the embedded font lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It stays text: the viewer has fonts of its own.
    Live,
    /// It is drawn as a box with its code.
    Boxed,
}

/// The scene as an SVG document without a prologue, so that it can also stand inside a page.
pub(crate) fn write(scene: &Scene, missing: Missing) -> String {
    let (width, height) = (scene.width, scene.height);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" font-family=\"{}, Verdana, sans-serif\">\n<title>{}</title>\n<desc>{}</desc>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n",
        font::FAMILY,
        escape(&scene.title),
        escape(&scene.description),
        scene.background
    );
    for item in &scene.items {
        write_item(&mut svg, item, missing);
        svg.push('\n');
    }
    svg.push_str("</svg>\n");
    svg
}

/// Writing into a string cannot fail.
macro_rules! put {
    ($svg:expr, $($part:tt)*) => { let _ = write!($svg, $($part)*); };
}

fn write_item(svg: &mut String, item: &Item, missing: Missing) {
    match item {
        Item::Rect { x, y, width, height, fill } => {
            let (x, y, width, height) = (n(*x), n(*y), n(*width), n(*height));
            put!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>");
        }
        Item::Line { from, to, stroke, width, dashed } => {
            let ([x1, y1], [x2, y2], width) = (from.map(n), to.map(n), n(*width));
            let dash = if *dashed { " stroke-dasharray=\"3 3\"" } else { "" };
            put!(
                svg,
                "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" stroke=\"{stroke}\" stroke-width=\"{width}\"{dash}/>"
            );
        }
        Item::Polyline { points, stroke, width, opacity } => {
            let (points, width, opacity) = (joined(points), n(*width), n(*opacity));
            put!(
                svg,
                "<polyline points=\"{points}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{width}\" stroke-opacity=\"{opacity}\"/>"
            );
        }
        Item::Polygon { points, fill } => {
            put!(svg, "<polygon points=\"{}\" fill=\"{fill}\"/>", joined(points));
        }
        Item::Circle { center, radius, fill } => {
            let ([x, y], radius) = (center.map(n), n(*radius));
            put!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{fill}\"/>");
        }
        // The renderer of SVG knows no photographs; they are laid on afterwards.
        Item::Image { .. } if missing == Missing::Boxed => {}
        Item::Image { x, y, width, height, png } => {
            let ([x, y, width, height], png) =
                ([*x, *y, *width, *height].map(n), BASE64_STANDARD.encode(png));
            put!(
                svg,
                "<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"none\" href=\"data:image/png;base64,{png}\"/>"
            );
        }
        Item::Text(text) => write_text(svg, text, missing),
    }
}

fn write_text(svg: &mut String, text: &Text, missing: Missing) {
    if missing == Missing::Boxed && !text.text.chars().all(font::covers) {
        return write_boxed(svg, text);
    }
    let [x, y] = text.at.map(n);
    let anchor = match text.anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let rim = text.rim.map(rim).unwrap_or_default();
    let full = text.full.as_ref().map(|full| format!("<title>{}</title>", escape(full))).unwrap_or_default();
    let (size, fill, words) = (n(text.size), &text.fill, escape(&text.text));
    put!(
        svg,
        "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{fill}\"{rim}>{full}{words}</text>"
    );
}

fn rim(colour: &str) -> String {
    format!(" stroke=\"{colour}\" stroke-width=\"3\" stroke-linejoin=\"round\" paint-order=\"stroke\"")
}

/// Runs of drawable characters as text, each other character as a box of one em with its code in two lines.
fn write_boxed(svg: &mut String, text: &Text) {
    let mut x = text.at[0] - text.anchor.shift(font::width(&text.text, text.size));
    let mut run = String::new();
    for character in text.text.chars() {
        if font::covers(character) {
            run.push(character);
            continue;
        }
        x += write_run(svg, text, &mut run, x);
        write_box(svg, text, character, x);
        x += text.size;
    }
    write_run(svg, text, &mut run, x);
}

/// Writes what has run up and returns its width. Spaces at its ends, which a text of its own would lose, are steps.
fn write_run(svg: &mut String, text: &Text, run: &mut String, x: f64) -> f64 {
    let run = std::mem::take(run);
    let words = run.trim();
    if !words.is_empty() {
        let before = font::width(&run[..run.len() - run.trim_start().len()], text.size);
        let (at, words) = ([x + before, text.at[1]], words.to_owned());
        let part = Text { at, text: words, anchor: Anchor::Start, full: None, ..text.clone() };
        write_text(svg, &part, Missing::Live);
    }
    font::width(&run, text.size)
}

fn write_box(svg: &mut String, text: &Text, character: char, x: f64) {
    let (size, y) = (text.size, text.at[1]);
    let (left, top, side) = (n(x + 0.06 * size), n(y - 0.82 * size), n(0.88 * size));
    put!(
        svg,
        "<rect x=\"{left}\" y=\"{top}\" width=\"{side}\" height=\"{side}\" fill=\"none\" stroke=\"{}\" stroke-width=\"0.6\"/>",
        text.fill
    );
    let code = format!("{:04X}", u32::from(character));
    let (upper, lower) = code.split_at(code.len() / 2);
    for (digits, down) in [(upper, 0.44), (lower, 0.03)] {
        let at = [x + 0.5 * size, y - down * size];
        write_text(svg, &plain(at, digits, 0.4 * size, Anchor::Middle, &text.fill), Missing::Live);
    }
}

fn joined(points: &[[f64; 2]]) -> String {
    let points: Vec<String> = points.iter().map(|[x, y]| format!("{},{}", n(*x), n(*y))).collect();
    points.join(" ")
}

/// A coordinate with at most two digits after the point.
fn n(value: f64) -> f64 {
    let rounded = (value * 100.0).round() / 100.0;
    // No "-0".
    rounded + 0.0
}
