//! Golden files: what the reference libraries say, made anew in one Python environment a script.
//!
//! A script names its libraries in inline metadata (PEP 723), each at one version, and writes its JSON into the folder
//! it is started in. Several reference libraries cannot share an environment, so each script has its own; they lie in
//! the target folder and are made once for each list of versions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rationale_core::Fingerprint;
use serde::Deserialize;

use crate::command::run as start;
use crate::repository::{Repository, extension};
use crate::snapshot::write_lines;
use crate::workspace::{self, Metadata};

/// Which files to make, and with what.
#[derive(clap::Args)]
pub(crate) struct Settings {
    /// Only this script or the scripts of this crate, such as `shap_sklearn` or `rationale-shapley`
    name: Option<String>,
    /// The Python that makes the environments
    #[arg(long, default_value = "python3")]
    python: String,
}

/// Runs the scripts, each beside the files that it writes.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    let environments = Metadata::of_members()?.target_directory.join("golden");
    let scripts = chosen(scripts()?, settings.name.as_deref())?;
    for script in scripts {
        println!("== {}", script.path.strip_prefix(workspace::root()).unwrap_or(&script.path).display());
        let python = script.environment(&environments, &settings.python)?;
        start(Command::new(python).arg(&script.path).current_dir(script.folder()))?;
    }
    Ok(())
}

struct Script {
    crate_name: String,
    name: String,
    path: PathBuf,
}

impl Script {
    fn at(path: PathBuf) -> Option<Self> {
        let name = path.file_stem()?.to_str()?.to_owned();
        let crate_name = path.parent()?.parent()?.file_name()?.to_str()?.to_owned();
        Some(Self { crate_name, name, path })
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// The Python of the script's own environment, which is made where it does not stand yet.
    fn environment(&self, environments: &Path, python: &str) -> Result<PathBuf> {
        let text = fs::read_to_string(&self.path)?;
        let pins = pins(&text).with_context(|| format!("in {}", self.path.display()))?;
        let version = &Fingerprint::of_bytes(pins.join("\n").as_bytes()).to_string()[..12];
        let folder = environments.join(format!("{}-{version}", self.name));
        // Written last, so an environment that was interrupted is made again.
        let finished = folder.join("requirements.txt");
        if !finished.is_file() {
            make_environment(&folder, python, &pins)?;
            write_lines(&finished, &pins)?;
        }
        Ok(python_in(&folder))
    }
}

fn make_environment(folder: &Path, python: &str, pins: &[String]) -> Result<()> {
    start(Command::new(python).args(["-m", "venv", "--clear"]).arg(folder))?;
    start(Command::new(python_in(folder)).args(["-m", "pip", "install", "--quiet"]).args(pins))
}

fn python_in(environment: &Path) -> PathBuf {
    environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

/// Every `crates/CRATE/golden/*.py` with inline metadata, in order; those without are modules that scripts share.
fn scripts() -> Result<Vec<Script>> {
    let repository = Repository::read()?;
    let texts = repository.texts().filter(|(path, _)| path.starts_with("crates/") && extension(path) == "py");
    let golden = texts.filter(|(path, text)| path.contains("/golden/") && block(text).is_some());
    Ok(golden.filter_map(|(path, _)| Script::at(workspace::root().join(path))).collect())
}

fn chosen(scripts: Vec<Script>, name: Option<&str>) -> Result<Vec<Script>> {
    let Some(name) = name else { return Ok(scripts) };
    let known: Vec<_> = scripts.iter().map(|it| format!("{} of {}", it.name, it.crate_name)).collect();
    let chosen: Vec<_> = scripts.into_iter().filter(|it| it.name == name || it.crate_name == name).collect();
    ensure!(!chosen.is_empty(), "no golden script is called `{name}`; there are: {}", known.join(", "));
    Ok(chosen)
}

/// What a script asks for in its inline metadata, <https://peps.python.org/pep-0723/>.
fn pins(script: &str) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Metadata {
        dependencies: Vec<String>,
    }
    let block = block(script)
        .context("the script has no block `# /// script` ... `# ///` that names its libraries")?;
    let Metadata { dependencies } = toml::from_str(&block)?;
    for dependency in &dependencies {
        ensure!(dependency.contains("=="), "`{dependency}` has no version: write `{dependency}==VERSION`");
    }
    Ok(dependencies)
}

/// The TOML between `# /// script` and `# ///`, freed of its comment signs.
fn block(script: &str) -> Option<String> {
    let inside = script.lines().skip_while(|line| line.trim_end() != "# /// script").skip(1);
    let lines: Vec<_> = inside.take_while(|line| line.trim_end() != "# ///").collect();
    let is_closed = script.lines().any(|line| line.trim_end() == "# ///");
    let freed = lines.iter().map(|line| line.trim_start_matches('#').trim_start().to_owned() + "\n");
    (is_closed && !lines.is_empty()).then(|| freed.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "# /// script\n# requires-python = \">=3.11\"\n# dependencies = [\n#     \"shap==0.51.0\",\n#\n#     \"numpy==2.4.6\",\n# ]\n# ///\n\"\"\"Doc.\"\"\"\n";

    #[test]
    fn reads_the_inline_metadata() {
        assert_eq!(pins(SCRIPT).unwrap(), ["shap==0.51.0", "numpy==2.4.6"]);
    }

    #[test]
    fn refuses_a_script_that_does_not_pin() {
        let open = pins(&SCRIPT.replace("numpy==2.4.6", "numpy>=2")).unwrap_err().to_string();
        assert!(open.contains("`numpy>=2` has no version"), "{open}");
        for broken in ["", "import shap\n", "# /// script\n# dependencies = []\n", "# /// script\n# ///\n"] {
            assert!(pins(broken).unwrap_err().to_string().contains("has no block"), "{broken}");
        }
    }

    #[test]
    fn every_script_of_the_workspace_pins_its_libraries() {
        let scripts = scripts().unwrap();
        assert!(!scripts.is_empty());
        for script in scripts {
            let text = fs::read_to_string(&script.path).unwrap();
            assert!(pins(&text).is_ok(), "{}", script.path.display());
        }
    }

    #[test]
    fn a_name_means_a_script_or_a_crate() {
        let both =
            || ["/x/a/golden/b.py", "/x/c/golden/d.py"].map(|it| Script::at(it.into()).unwrap()).into();
        let names = |chosen: Vec<Script>| chosen.into_iter().map(|it| it.name).collect::<Vec<_>>();
        assert_eq!(names(chosen(both(), None).unwrap()), ["b", "d"]);
        assert_eq!(names(chosen(both(), Some("a")).unwrap()), ["b"]);
        assert_eq!(names(chosen(both(), Some("d")).unwrap()), ["d"]);
        let unknown = chosen(both(), Some("e")).err().map(|it| it.to_string());
        assert_eq!(unknown.as_deref(), Some("no golden script is called `e`; there are: b of a, d of c"));
    }
}
