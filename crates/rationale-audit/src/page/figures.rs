//! The report's figures.

use rationale_core::Attributions;
use rationale_report::{
    Explained, Picture, Settings, Theme, bar, beeswarm, decision, dependence, heatmap, waterfall,
};

use crate::{Error, Findings};

/// Columns whose dependence is drawn.
const MOST_DEPENDENCES: usize = 3;

/// The report's figures, each for a light and for a dark page.
pub(crate) struct Figures {
    pub beeswarm: [Picture; 2],
    pub bar: [Picture; 2],
    pub dependence: Vec<(String, [Picture; 2])>,
    pub heatmap: [Picture; 2],
    pub decision: [Picture; 2],
    /// The declined applicant with the worst score, where anybody is declined and on the page.
    pub waterfall: Option<(usize, [Picture; 2])>,
}

impl Figures {
    pub(crate) fn new(findings: &Findings) -> Result<Self, Error> {
        let shown = &findings.shown;
        let rows: Vec<usize> = shown.drawn.iter().map(|&place| shown.rows[place]).collect();
        let attributions = findings.attributions.select_rows(&rows);
        let numbers = shown.numbers.select(ndarray::Axis(0), &shown.drawn);
        let texts: Vec<Vec<String>> = shown.drawn.iter().map(|&place| shown.texts[place].clone()).collect();
        let explained = Explained::new(&attributions, 0)?.with_numbers(numbers.view())?.with_texts(&texts)?;
        let (score, unit) = (&findings.setup.output, findings.setup.unit.name());
        let features = findings.attributions.feature_names();
        let dependence = findings.most_important(MOST_DEPENDENCES).into_iter().map(|column| {
            let title = format!("What {} adds to the {unit}, by its value", features[column]);
            Ok((
                features[column].clone(),
                both(&title, &|settings| dependence(&explained, column, settings))?,
            ))
        });
        Ok(Self {
            beeswarm: both(
                &format!("What moves the score “{score}”, applicant by applicant"),
                &|settings| beeswarm(&explained, settings),
            )?,
            bar: both(&format!("What moves the score “{score}” on average"), &|settings| {
                bar(&explained, settings)
            })?,
            dependence: dependence.collect::<Result<_, Error>>()?,
            heatmap: both("Applicants in order of their score", &|settings| heatmap(&explained, settings))?,
            decision: both(&format!("From the reference's mean {unit} to each applicant's"), &|settings| {
                decision(&explained, settings)
            })?,
            waterfall: worst(findings)?,
        })
    }

    /// Each figure's file name, light and dark.
    pub(crate) fn named(&self) -> Vec<(String, &Picture, &Picture)> {
        let mut named = vec![
            ("beeswarm".to_owned(), &self.beeswarm),
            ("bar".to_owned(), &self.bar),
            ("heatmap".to_owned(), &self.heatmap),
            ("decision".to_owned(), &self.decision),
        ];
        let numbered = self.dependence.iter().enumerate();
        named.extend(numbered.map(|(rank, (_, pair))| (format!("dependence-{}", rank + 1), pair)));
        named.extend(self.waterfall.iter().map(|(row, pair)| (format!("waterfall-{row}"), pair)));
        named.into_iter().map(|(name, [light, dark])| (name, light, dark)).collect()
    }
}

/// One figure for both pages.
pub(crate) fn both(
    title: &str,
    draw: &dyn Fn(&Settings) -> Result<Picture, rationale_report::Error>,
) -> Result<[Picture; 2], Error> {
    let settings = |theme| Settings::default().with_theme(theme).with_title(title);
    Ok([draw(&settings(Theme::Light))?, draw(&settings(Theme::Dark))?])
}

fn worst(findings: &Findings) -> Result<Option<(usize, [Picture; 2])>, Error> {
    let Some(case) = findings.worst() else { return Ok(None) };
    let Some(place) = findings.shown.place(case.row) else { return Ok(None) };
    let attributions: Attributions = findings.attributions.select_rows(&[case.row]);
    let texts = [findings.shown.texts[place].clone()];
    let explained = Explained::new(&attributions, 0)?.with_texts(&texts)?;
    let unit = findings.setup.unit.name();
    let title = format!("How the {unit} of applicant {} came about", findings.ids.of(case.row));
    Ok(Some((case.row, both(&title, &|settings| waterfall(&explained, 0, settings))?)))
}
