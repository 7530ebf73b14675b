//! What the figures share: a scene that grows, and a horizontal axis.

use crate::scale::Scale;
use crate::scene::{Anchor, Item, Scene, Text};
use crate::theme::Palette;
use crate::{Explained, Picture, Settings, font};

pub(crate) const MARGIN: f64 = 16.0;
pub(crate) const TEXT: f64 = 12.0;
/// The size of ticks, captions and notes.
pub(crate) const SMALL: f64 = 11.0;
const TITLE: f64 = 15.0;
/// Where drawing begins below the title.
pub(crate) const TOP: f64 = 48.0;
/// Room for the ticks and the caption below the drawing.
pub(crate) const BOTTOM: f64 = 48.0;
const NOTE: f64 = 17.0;

/// A growing scene.
pub(crate) struct Canvas {
    pub palette: Palette,
    scene: Scene,
}

/// Beside a value whose place before the next could be chance.
pub(crate) const OPEN_PLACE: &str = "~";

impl Canvas {
    /// An empty canvas with its title; `usual` is the title where the settings have none.
    pub(crate) fn new(
        [width, height]: [f64; 2],
        settings: &Settings,
        usual: &str,
        description: &str,
    ) -> Self {
        let palette = settings.theme.palette();
        let title = font::visible(settings.title.as_deref().unwrap_or(usual));
        let scene = Scene {
            width: width.ceil(),
            height: height.ceil(),
            background: palette.background,
            title: title.clone(),
            description: font::visible(description),
            items: Vec::new(),
        };
        let mut canvas = Self { palette, scene };
        let fill = canvas.palette.text;
        canvas.fitted([MARGIN, MARGIN + 14.0], &title, TITLE, Anchor::Start, fill, width - 2.0 * MARGIN);
        canvas
    }

    pub(crate) fn finish(self) -> Picture {
        Picture::new(self.scene)
    }

    pub(crate) fn push(&mut self, item: Item) {
        self.scene.items.push(item);
    }

    pub(crate) fn rect(&mut self, [x, y]: [f64; 2], [width, height]: [f64; 2], fill: String) {
        self.push(Item::Rect { x, y, width, height, fill });
    }

    /// A line of the grid.
    pub(crate) fn rule(&mut self, from: [f64; 2], to: [f64; 2]) {
        self.line(from, to, self.palette.grid, false);
    }

    pub(crate) fn dashes(&mut self, from: [f64; 2], to: [f64; 2]) {
        self.line(from, to, self.palette.muted, true);
    }

    pub(crate) fn line(&mut self, from: [f64; 2], to: [f64; 2], stroke: &str, dashed: bool) {
        self.push(Item::Line { from, to, stroke: stroke.to_owned(), width: 1.0, dashed });
    }

    pub(crate) fn dot(&mut self, center: [f64; 2], radius: f64, fill: String) {
        self.push(Item::Circle { center, radius, fill });
    }

    /// A feature's name, ending at its position and shortened to the room.
    pub(crate) fn name(&mut self, at: [f64; 2], name: &str, room: f64) {
        self.fitted(at, name, TEXT, Anchor::End, self.palette.text, room);
    }

    /// A text that begins at its position, shortened to the room.
    pub(crate) fn begun(&mut self, at: [f64; 2], text: &str, size: f64, room: f64) {
        self.fitted(at, text, size, Anchor::Start, self.palette.text, room);
    }

    /// A number or mark among lines and bars.
    pub(crate) fn label(&mut self, at: [f64; 2], text: &str, anchor: Anchor, fill: &str) {
        let rim = Some(self.palette.background);
        self.text(Text { rim, ..plain(at, text, TEXT, anchor, fill) });
    }

    /// Quiet text: ticks, captions.
    pub(crate) fn quiet(&mut self, at: [f64; 2], text: &str, anchor: Anchor) {
        self.text(plain(at, text, SMALL, anchor, self.palette.muted));
    }

    /// Quiet text around a position, moved where it would leave the picture and shortened to the room.
    pub(crate) fn centred(&mut self, [x, y]: [f64; 2], text: &str, room: f64) {
        let shown = font::fitted(&font::visible(text), SMALL, room);
        let x = self.inside(x, font::width(&shown, SMALL));
        self.fitted([x, y], text, SMALL, Anchor::Middle, self.palette.muted, room);
    }

    /// Where the middle of a text may stand that shall stand at `x`.
    pub(crate) fn inside(&self, x: f64, width: f64) -> f64 {
        let (least, most) = (MARGIN + width / 2.0, self.scene.width - MARGIN - width / 2.0);
        // Not `clamp`: where the text is wider than the picture, it begins at the margin.
        x.min(most).max(least)
    }

    /// Any text.
    pub(crate) fn text(&mut self, text: Text) {
        self.push(Item::Text(Text { text: font::visible(&text.text), ..text }));
    }

    /// The shortened form of a name, with the whole one for those who ask.
    pub(crate) fn shortened(&mut self, at: [f64; 2], whole: &str, shown: &str) {
        let full = (shown != whole).then(|| font::visible(whole));
        self.text(Text { full, ..plain(at, shown, TEXT, Anchor::End, self.palette.text) });
    }

    fn fitted(&mut self, at: [f64; 2], text: &str, size: f64, anchor: Anchor, fill: &str, room: f64) {
        let whole = font::visible(text);
        let shown = font::fitted(&whole, size, room);
        let full = (shown != whole).then_some(whole);
        self.text(Text { full, ..plain(at, &shown, size, anchor, fill) });
    }

    /// Grid lines and ticks of a horizontal axis below `bottom`, with its caption.
    pub(crate) fn axis(&mut self, scale: &Scale, [top, bottom]: [f64; 2], caption: &str) {
        for (value, label) in scale.fitting_ticks() {
            let x = scale.at(value);
            self.rule([x, top], [x, bottom]);
            self.centred([x, bottom + 15.0], &label, f64::INFINITY);
        }
        let middle = f64::midpoint(scale.start, scale.end);
        self.centred([middle, bottom + 33.0], caption, (scale.end - scale.start).abs());
    }

    /// A sentence on a line of its own at the foot of the picture, which grows by that line.
    pub(crate) fn note(&mut self, note: &str) {
        self.scene.height += NOTE;
        let at = [MARGIN, self.scene.height - NOTE + 3.0];
        self.fitted(at, note, SMALL, Anchor::Start, self.palette.muted, self.scene.width - 2.0 * MARGIN);
    }

    /// Says what [`OPEN_PLACE`] means, where it stands.
    pub(crate) fn note_open_places(&mut self) {
        self.note(&format!("{OPEN_PLACE} place before the next could be chance."));
    }

    /// Says how many attributions could not be drawn, if any.
    pub(crate) fn note_broken(&mut self, explained: &Explained<'_>) {
        let n_broken = explained.n_broken();
        if n_broken > 0 {
            self.note(&format!("{} not finite and drawn as 0.", count(n_broken, "value is", "values are")));
        }
    }
}

/// A text without rim, as it stands.
pub(crate) fn plain(at: [f64; 2], text: &str, size: f64, anchor: Anchor, fill: &str) -> Text {
    Text { at, text: text.to_owned(), size, anchor, fill: fill.to_owned(), rim: None, full: None }
}

/// A number with its noun.
pub(crate) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
