//! Draws every figure on made-up data, light and dark: `cargo run -p rationale-report --example gallery -- FOLDER`.

use std::path::Path;

use ndarray::{Array2, Array3, Axis};
use rationale_core::{Attributions, Seed};
use rationale_report::{
    Error, Explained, Panel, Picture, Settings, Sheet, Theme, bar, beeswarm, decision, dependence, heatmap,
    waterfall,
};

const NAMES: [&str; 14] = [
    "status_of_existing_checking_account",
    "duration_in_month",
    "credit_amount",
    "installment_rate_in_percentage_of_disposable_income",
    "savings_account_and_bonds",
    "purpose",
    "信用スコア",
    "الدخل الشهري",
    "other_installment_plans",
    "housing <own> & rent",
    "job",
    "property",
    "telephone",
    "existing credits",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("give a folder")?;
    std::fs::create_dir_all(&folder)?;
    let mut draws = Seed::new(1).draws("gallery", 0, 0);
    let numbers = Array2::from_shape_simple_fn((300, 14), || draws.normal());
    let mut noise = Seed::new(2).draws("gallery", 0, 0);
    let values = Array3::from_shape_fn((300, 14, 1), |(row, k, _)| {
        (numbers[[row, k]] + 0.3 * noise.normal()) * 0.12 / (k + 1) as f64
    });
    let base = Array2::from_elem((300, 1), 0.7);
    let predictions = values.sum_axis(Axis(1)) + &base;
    let attributions = Attributions::new(values, base, predictions)?
        .with_feature_names(NAMES.map(String::from).to_vec())?
        .with_output_names(vec!["good".to_owned()])?;
    let explained = Explained::new(&attributions, 0)?.with_numbers(numbers.view())?;
    for (theme, name) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        let settings = Settings::default().with_theme(theme).with_max_display(11);
        let pictures = [
            ("waterfall", waterfall(&explained, 3, &settings)?),
            ("bar", bar(&explained, &settings)?),
            ("beeswarm", beeswarm(&explained, &settings)?),
            ("dependence", dependence(&explained, 1, &settings)?),
            ("heatmap", heatmap(&explained, &settings)?),
            ("decision", decision(&explained, &settings)?),
        ];
        for (figure, picture) in pictures {
            picture.save(&Path::new(&folder).join(format!("{figure}-{name}.png")))?;
            picture.save(&Path::new(&folder).join(format!("{figure}-{name}.svg")))?;
        }
    }
    let sheet = sheet()?;
    sheet.save(&Path::new(&folder).join("sheet.png"))?;
    sheet.save(&Path::new(&folder).join("sheet.svg"))?;
    Ok(())
}

/// Two made-up pictures with their captions.
#[expect(clippy::cast_sign_loss, reason = "hills of at least 7")]
fn sheet() -> Result<Picture, Error> {
    let hills = |height: usize, width: usize| {
        Array3::from_shape_fn((height, width, 3), |(y, x, channel)| {
            let slope = (x as f64 / 40.0).sin() + (y as f64 / (20.0 + 5.0 * channel as f64)).cos();
            (127.0 + 60.0 * slope) as u8
        })
    };
    let predictions = [("Egyptian cat", 0.62), ("tabby, tabby cat", 0.21), ("lynx, catamount", 0.0004)];
    let predictions = predictions.map(|(name, probability)| (name.to_owned(), probability)).to_vec();
    let photograph = Panel::new("cat.png", hills(300, 451))?.with_predictions(predictions);
    let bar = Array3::from_shape_fn((1, 256, 3), |(_, x, _)| x as u8);
    let map = Panel::new("Grad-CAM", hills(224, 224))?
        .with_subtitle("layer /layer4/layer4.2/relu_2/Relu_output_0, for Egyptian cat")
        .with_legend(bar, "weakest", "strongest")?
        .with_note("Rank correlation with the map of a randomised last layer: 0.11.");
    let sheet =
        Sheet::new(vec![photograph, map]).with_note("The map shows where the network looks, not why.");
    sheet.draw(&Settings::default().with_title("Two pictures"))
}
