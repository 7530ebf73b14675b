//! One self-contained page of explained texts.

use std::fmt::Write;

use rationale::report::html::{escape, prose};

use super::shown::{CAUTION, Ranked, Shown, ranked};

const STYLE: &str = "body{font:16px/1.6 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;\
background:#fff}.text{font-size:1.25rem;line-height:2.1;white-space:pre-wrap;overflow-wrap:anywhere;padding:1rem;\
border:1px solid #dde2e8;border-radius:.5rem}.text span{border-radius:.25rem;padding:.15rem .1rem}table{border-collapse:collapse}\
td,th{padding:.2rem .8rem .2rem 0;text-align:start}td.n{text-align:end;font-variant-numeric:tabular-nums}small,.muted{color:#59636e}\
.for{background:rgb(194 65 12/var(--s))}.against{background:rgb(25 113 194/var(--s))}\
@media(prefers-color-scheme:dark){body{color:#e6e9ee;background:#14171c}.text{border-color:#303741}small,.muted{color:#a3adba}\
.for{background:rgb(255 159 90/var(--s))}.against{background:rgb(108 182 255/var(--s))}}";

/// The page. Nothing in it is loaded, and no text is taken for markup.
pub(super) fn html(model: &str, texts: &[Shown]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'\"><title>Explained texts</title><style>{STYLE}</style></head><body><h1>Which words count</h1>\n\
         <p class=\"muted\">Network: <bdi>{}</bdi>. <span class=\"for\" style=\"--s:.5\">Orange</span> speaks for the class that \
         is explained, <span class=\"against\" style=\"--s:.5\">blue</span> against it. {}</p>\n",
        escape(model),
        escape(CAUTION)
    );
    texts.iter().for_each(|it| section(&mut page, it));
    page.push_str("</body></html>\n");
    page
}

fn section(page: &mut String, shown: &Shown) {
    add(page, format_args!("<h2>{}</h2>\n", prose(&shown.headline())));
    if shown.n_cut > 0 {
        add(
            page,
            format_args!("<p>The last {} tokens were cut: the network takes no more.</p>\n", shown.n_cut),
        );
    }
    for (place, (method, attributions)) in shown.found.iter().enumerate() {
        let (values, largest) = Shown::values(attributions);
        let evidence = attributions.evidence();
        add(page, format_args!("<h3>{method}</h3>\n<p class=\"text\" dir=\"auto\">"));
        let mut end = 0;
        for (word, value) in shown.words.iter().zip(&values) {
            let strength = if largest > 0.0 { 0.75 * value.abs() / largest } else { 0.0 };
            let side = if *value >= 0.0 { "for" } else { "against" };
            add(
                page,
                format_args!(
                    "{}<span class=\"{side}\" style=\"--s:{strength:.2}\" title=\"{value:+.4}\">{}</span>",
                    escape(&shown.text[end..word.start]),
                    escape(&shown.text[word.clone()])
                ),
            );
            end = word.end;
        }
        let error = if evidence.standard_error.is_some() { "<th>standard error<th>" } else { "" };
        add(
            page,
            format_args!("{}</p>\n<table><tr><th>word<th>value{error}</tr>\n", escape(&shown.text[end..])),
        );
        ranked(attributions).iter().take(20).for_each(|it| row(page, shown, it));
        add(
            page,
            format_args!(
                "</table>\n<p class=\"muted\">base {:.4}, output {:.4}, gap {:.1e}; {} passes through the network; absence: \
                 {}</p>\n",
                attributions.base_values()[[0, 0]],
                attributions.predictions()[[0, 0]],
                attributions.completeness_gap(),
                evidence.model_calls,
                escape(evidence.baseline.as_deref().unwrap_or("not compared"))
            ),
        );
        for sentence in shown.sentences(place) {
            add(page, format_args!("<p>{}</p>\n", prose(&sentence)));
        }
    }
}

fn row(page: &mut String, shown: &Shown, ranked: &Ranked) {
    let tie = if ranked.is_tied { "<small>its place before the next could be chance</small>" } else { "" };
    let error = ranked.error.map_or_else(String::new, |it| format!("<td class=\"n\">{it:.4}<td>{tie}"));
    add(
        page,
        format_args!(
            "<tr><td><bdi>{}</bdi><td class=\"n\">{:+.4}{error}</tr>\n",
            escape(&shown.text[shown.words[ranked.word].clone()]),
            ranked.value
        ),
    );
}

fn add(page: &mut String, what: std::fmt::Arguments<'_>) {
    // A String takes all that is written.
    let _ = page.write_fmt(what);
}
