//! The page holds everything, loads nothing, and no text can become code.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use rationale_report::{Block, Case, Cases, Cell, Contribution, Error, Note, Page, Section};

const HOSTILE: &str = "</script><script>alert(1)</script>\u{2028}<img src=x onerror=alert(1)> & \"quoted\"";

fn page(text: &str) -> String {
    let case = Case {
        id: text.to_owned(),
        cells: vec![Cell::Text(text.to_owned()), Cell::Number(0.123_456_789)],
        base_value: 0.5,
        prediction: 0.25,
        contributions: vec![
            Contribution { name: text.to_owned(), text: text.to_owned(), value: -0.25 },
            Contribution { name: "silent".to_owned(), text: String::new(), value: 0.0 },
        ],
        notes: vec![Note { title: text.to_owned(), text: text.to_owned(), values: vec![text.to_owned()] }],
    };
    let cases = Cases::new(vec![text.to_owned(), "score".to_owned()], text).with_cases(vec![case]);
    let section = Section::new(text)
        .with_block(Block::Prose(text.to_owned()))
        .with_block(Block::Notice(text.to_owned()))
        .with_block(Block::Facts(vec![(text.to_owned(), text.to_owned())]))
        .with_block(Block::Table {
            caption: text.to_owned(),
            header: vec![text.to_owned()],
            rows: vec![vec![Cell::Text(text.to_owned())]],
        })
        .with_block(Block::Cases(cases));
    Page::new(text).with_lead(text).with_section(section).html().unwrap()
}

fn html(block: Block) -> Result<String, Error> {
    Page::new("one block").with_section(Section::new("a section").with_block(block)).html()
}

#[test]
fn no_text_becomes_code() {
    let hostile = page(HOSTILE);
    let harmless = page("harmless");
    for tag in ["<script", "</script", "<img", "onerror=alert(1)>"] {
        assert_eq!(hostile.matches(tag).count(), harmless.matches(tag).count(), "{tag}");
    }
}

#[test]
fn nothing_is_loaded() {
    let page = page("harmless");
    // The namespace of SVG, which the page's script draws in, is a name and not an address.
    let addresses = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!addresses.contains("http:") && !addresses.contains("https:") && !addresses.contains("url("));
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn the_policy_names_the_very_script_and_style() {
    let page = page("harmless");
    assert_eq!(page.matches("sha256-").count(), 2);
    assert!(!page.contains("unsafe-inline"));
}

#[test]
fn numbers_are_short_and_zeros_left_out() {
    let page = page("harmless");
    assert!(page.contains("0.12346") && !page.contains("0.123456789"));
    assert!(page.contains("\"values\":[-0.25,0.0],\"texts\":[1,0]"), "the silent one has no text");
}

#[test]
fn what_is_no_number_is_said_in_cells_and_null_in_contributions() {
    let case = Case {
        id: "1".to_owned(),
        cells: vec![Cell::Number(f64::NAN), Cell::Number(f64::NEG_INFINITY)],
        contributions: vec![Contribution { name: "a".to_owned(), text: String::new(), value: f64::NAN }],
        ..Case::default()
    };
    let columns = vec!["first".to_owned(), "second".to_owned()];
    let html = html(Block::Cases(Cases::new(columns, "score").with_cases(vec![case]))).unwrap();
    assert!(html.contains(r#""cells":["not a number","−∞"]"#));
    assert!(html.contains(r#""values":[null]"#));
}

#[test]
fn digits_before_the_point_are_kept() {
    let case =
        Case { cells: vec![Cell::Number(123_456_789.25)], base_value: 1_234_567.125, ..Case::default() };
    let html = html(Block::Cases(Cases::new(vec!["id".to_owned()], "score").with_cases(vec![case]))).unwrap();
    assert!(html.contains("\"cells\":[123456789.0]") && html.contains("\"base\":1234567.125"));
}

#[test]
fn a_second_table_of_cases_is_refused() {
    let section = Section::new("cases")
        .with_block(Block::Cases(Cases::default()))
        .with_block(Block::Cases(Cases::default()));
    let error = Page::new("two").with_section(section).html().unwrap_err().to_string();
    assert_eq!(error, "a page holds one table of cases, but 2 were given");
}

#[test]
fn what_stands_between_backticks_is_code() {
    let page = html(Block::Prose("`a<b` and `c`, but 5` is not".to_owned())).unwrap();
    assert!(page.contains("<p><code>a&lt;b</code> and <code>c</code>, but 5` is not</p>"));
}

#[test]
fn a_column_of_numbers_has_its_name_above_them() {
    let table = Block::Table {
        caption: "some".to_owned(),
        header: vec!["name".to_owned(), "size".to_owned()],
        rows: vec![vec![Cell::Text("a".to_owned()), Cell::Number(1.5)]],
    };
    assert!(
        html(table)
            .unwrap()
            .contains("<th scope=\"col\">name</th><th scope=\"col\" class=\"number\">size</th>")
    );
}

#[test]
fn a_page_of_ten_thousand_cases_stays_below_ten_megabytes() {
    let mut draw = 1_u64;
    let mut random = move || {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (draw >> 40) as f64 / 16_777_216.0
    };
    let mut case = |id: usize| Case {
        id: format!("A-{id:07}"),
        cells: vec![
            Cell::Text(format!("A-{id:07}")),
            Cell::Text("declined".to_owned()),
            Cell::Number(random()),
            Cell::Text("How earlier credits were paid".to_owned()),
        ],
        base_value: 0.123_456_789_012_345,
        prediction: random(),
        contributions: (0..30)
            .map(|k| Contribution {
                name: format!("a column with a name of usual length {k}"),
                text: format!("{:.2}", 1000.0 * random()),
                value: random() - 0.5,
            })
            .collect(),
        notes: (0..4)
            .map(|k| Note {
                title: format!("The sentence of a reason, which is as long as sentences are ({k})"),
                text: "Of all that spoke against: \u{fffc}; moved it by \u{fffc} (\u{fffc} to \u{fffc})."
                    .to_owned(),
                values: (0..4).map(|_| format!("{:.3}", random())).collect(),
            })
            .collect(),
    };
    let cases = Cases::new(vec!["id".to_owned()], "score").with_cases((0..10_000).map(&mut case).collect());
    let html = Page::new("large")
        .with_section(Section::new("cases").with_block(Block::Cases(cases)))
        .html()
        .unwrap();
    assert!(html.len() < 10_000_000, "{}", html.len());
}

#[test]
fn a_page_without_cases_has_no_script() {
    let html = Page::new("plain").with_section(Section::new("a")).html().unwrap();
    assert!(!html.contains("<script>"));
}
