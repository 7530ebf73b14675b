//! One self-contained HTML page: no network, opens from a file, lets people search, sort and open single cases.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::{Environment, Value, context};
use rationale_core::whole;

use crate::cases::Cases;
use crate::html::prose;
use crate::{Error, Picture, number};

const TEMPLATE: &str = include_str!("../assets/page.html");
const STYLE: &str = include_str!("../assets/page.css");
const SCRIPT: &str = include_str!("../assets/page.js");

/// A page: a title, a lead, and sections.
#[derive(Debug, Clone, Default)]
pub struct Page {
    title: String,
    lead: String,
    sections: Vec<Section>,
}

/// A heading and what stands below it.
#[derive(Debug, Clone)]
pub struct Section {
    heading: String,
    blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug, Clone)]
pub enum Block {
    /// A paragraph. In it, as in all sentences of a page, what stands between two backticks is set as code.
    Prose(String),
    /// A warning or a limit that must not be overlooked.
    Notice(String),
    /// Names and values.
    Facts(Vec<(String, String)>),
    /// A figure in both themes; the reader's browser picks one.
    Figure {
        /// For a light page.
        light: Picture,
        /// For a dark page.
        dark: Picture,
        /// What to see in it.
        caption: String,
    },
    /// A table.
    Table {
        /// What it shows.
        caption: String,
        /// The columns' names.
        header: Vec<String>,
        /// The rows.
        rows: Vec<Vec<Cell>>,
    },
    /// The table of cases; at most one a page.
    Cases(Cases),
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A text.
    Text(String),
    /// A number, shown with three significant digits or so.
    Number(f64),
}

impl Page {
    /// A page with its title.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Sets the paragraph below the title.
    pub fn with_lead(mut self, lead: impl Into<String>) -> Self {
        self.lead = lead.into();
        self
    }

    /// Adds a section.
    pub fn with_section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// The page as HTML.
    pub fn html(&self) -> Result<String, Error> {
        let sections = self.sections.iter().enumerate().map(|(place, section)| section.context(place));
        let sections = sections.collect::<Result<Vec<_>, Error>>()?;
        let mut environment = Environment::new();
        environment.add_template("page.html", TEMPLATE)?;
        let page = environment.get_template("page.html")?.render(context! {
            title => &self.title,
            lead => marked(&self.lead),
            sections,
            has_cases => self.n_cases_blocks()? > 0,
            style => Value::from_safe_string(STYLE.to_owned()),
            script => Value::from_safe_string(SCRIPT.to_owned()),
            style_hash => hash(STYLE),
            script_hash => hash(SCRIPT),
        })?;
        Ok(page)
    }

    fn n_cases_blocks(&self) -> Result<usize, Error> {
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        let n_tables = blocks.filter(|block| matches!(block, Block::Cases(_))).count();
        if n_tables <= 1 { Ok(n_tables) } else { Err(Error::Cases { n_tables }) }
    }

    /// Writes the page, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let html = self.html()?;
        whole::write_file(path, |out| out.write_all(html.as_bytes()))
            .map_err(|source| Error::Write { file: path.display().to_string(), source })
    }
}

impl Section {
    /// An empty section with its heading.
    pub fn new(heading: impl Into<String>) -> Self {
        Self { heading: heading.into(), blocks: Vec::new() }
    }

    /// Adds a block.
    pub fn with_block(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    fn context(&self, place: usize) -> Result<Value, Error> {
        let blocks = self.blocks.iter().map(Block::context).collect::<Result<Vec<_>, Error>>()?;
        Ok(context! { heading => &self.heading, id => format!("section-{}", place + 1), blocks })
    }
}

impl Block {
    fn context(&self) -> Result<Value, Error> {
        Ok(match self {
            Self::Prose(text) => context! { kind => "prose", text => marked(text) },
            Self::Notice(text) => context! { kind => "notice", text => marked(text) },
            Self::Facts(facts) => facts_context(facts),
            Self::Figure { light, dark, caption } => context! {
                kind => "figure",
                caption => marked(caption),
                light => Value::from_safe_string(light.svg()),
                dark => Value::from_safe_string(dark.svg()),
            },
            Self::Table { caption, header, rows } => table(caption, header, rows),
            Self::Cases(cases) => cases.context()?,
        })
    }
}

fn facts_context(facts: &[(String, String)]) -> Value {
    let fact = |(name, value): &(String, String)| context! { name, value => marked(value) };
    context! { kind => "facts", facts => facts.iter().map(fact).collect::<Vec<_>>() }
}

fn table(caption: &str, names: &[String], rows: &[Vec<Cell>]) -> Value {
    context! {
        kind => "table",
        caption => marked(caption),
        header => header(names, rows.first().map(Vec::as_slice)),
        rows => rows.iter().map(|row| cells(row)).collect::<Vec<_>>(),
    }
}

/// The columns' names; those of numbers stand to the right, as their numbers do.
pub(crate) fn header(names: &[String], first: Option<&[Cell]>) -> Value {
    let is_number = |column: usize| matches!(first.and_then(|row| row.get(column)), Some(Cell::Number(_)));
    let name = |(column, text)| context! { text, is_number => is_number(column) };
    names.iter().enumerate().map(name).collect()
}

pub(crate) fn cells(row: &[Cell]) -> Value {
    let cell = |cell: &Cell| match cell {
        Cell::Text(text) => context! { text => text, is_number => false },
        Cell::Number(value) => context! { text => number(*value), is_number => true },
    };
    row.iter().map(cell).collect()
}

/// Prose as a template takes it.
fn marked(text: &str) -> Value {
    Value::from_safe_string(prose(text))
}

/// As a content security policy names an inline style or script.
fn hash(text: &str) -> String {
    let hex = rationale_core::Fingerprint::of_bytes(text.as_bytes()).to_string();
    let byte = |place: usize| u8::from_str_radix(&hex[place..place + 2], 16).unwrap_or_default();
    let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
    format!("sha256-{}", STANDARD.encode(bytes))
}
