//! Python objects as `schema.json` describes them.
//!
//! Each node names its `__loader__`: an `ObjectNode` or `TreeNode` holds a dictionary of attributes, a `JsonNode` a
//! number, text or null as JSON text, an `NdArrayNode` an array (or a NumPy number) in a file, or objects in a list.

use serde_json::Value;

use super::FORMAT;
use super::archive::Archive;
use super::npy::Array;
use crate::Error;

/// A text takes far more memory than an item of an array does.
const LABELS: usize = 1 << 20;

/// An object, and where in the model it stands.
#[derive(Debug, Clone)]
pub(super) struct Object<'a> {
    archive: &'a Archive,
    node: &'a Value,
    place: String,
}

impl<'a> Object<'a> {
    /// The object that was saved.
    pub(super) fn root(archive: &'a Archive) -> Self {
        Self { archive, node: archive.schema(), place: "model".to_owned() }
    }

    /// The name of its class.
    pub(super) fn class(&self) -> &'a str {
        self.key("__class__")
    }

    /// The module and the name of its class.
    pub(super) fn full_class(&self) -> String {
        format!("{}.{}", self.key("__module__"), self.class())
    }

    /// Whether scikit-learn itself defines the class; others reuse its names.
    pub(super) fn is_of_sklearn(&self) -> bool {
        self.key("__module__").starts_with("sklearn.")
    }

    /// An attribute, or a value of a dictionary.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        let content = self.node.get("content")?;
        // The attributes of an object are a dictionary node of their own.
        let entries = if self.key("__loader__") == "DictNode" { content } else { content.get("content")? };
        Some(self.child(entries.get(name)?, format!("{}.{name}", self.place)))
    }

    /// An attribute that must be there.
    pub(super) fn attribute(&self, name: &str) -> Result<Self, Error> {
        self.get(name).ok_or_else(|| Error::Malformed {
            format: FORMAT,
            place: format!("{}.{name}", self.place),
            expected: "this attribute of a fitted model",
            actual: "none".to_owned(),
        })
    }

    /// The items of a list, a tuple or an array of objects.
    pub(super) fn items(&self) -> Result<Vec<Self>, Error> {
        let items = self.node.get("content").and_then(Value::as_array);
        let items = items.ok_or_else(|| self.wrong("a list of objects"))?.iter().enumerate();
        Ok(items.map(|(idx, item)| self.child(item, format!("{}[{idx}]", self.place))).collect())
    }

    /// Whether it is a list or a tuple, where scikit-learn keeps an array for one output and a list for several.
    pub(super) fn is_list(&self) -> bool {
        matches!(self.key("__loader__"), "ListNode" | "TupleNode")
    }

    /// The array in its file.
    pub(super) fn array(&self) -> Result<Array<'a>, Error> {
        let name = self.node.get("file").and_then(Value::as_str).unwrap_or_default();
        self.archive.file(name)?.and_then(Array::read).ok_or_else(|| self.wrong("an array in NumPy's format"))
    }

    /// An array's numbers, or the one number.
    pub(super) fn floats(&self) -> Result<Vec<f64>, Error> {
        if self.node.get("file").is_some() {
            return self.array()?.floats("").ok_or_else(|| self.wrong("an array of numbers"));
        }
        self.scalar()
            .and_then(|scalar| scalar.number())
            .map(|number| vec![number])
            .ok_or_else(|| self.wrong("a number"))
    }

    /// The one number.
    pub(super) fn number(&self) -> Result<f64, Error> {
        match self.floats()?[..] {
            [number] => Ok(number),
            _ => Err(self.wrong("one number")),
        }
    }

    /// A number of things, or the index of one.
    pub(super) fn count(&self) -> Result<usize, Error> {
        index(self.number()?).ok_or_else(|| self.wrong("a whole number, at least 0"))
    }

    /// An array of counts or indices.
    pub(super) fn counts(&self) -> Result<Vec<usize>, Error> {
        let counts = self.floats()?.into_iter().map(index).collect::<Option<_>>();
        counts.ok_or_else(|| self.wrong("whole numbers, at least 0"))
    }

    /// The text, where it is one.
    pub(super) fn text(&self) -> Option<String> {
        match self.scalar()? {
            Scalar::Json(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether it is Python's None.
    pub(super) fn is_none(&self) -> bool {
        matches!(self.scalar(), Some(Scalar::Json(Value::Null)))
    }

    /// Class labels or names as people write them.
    pub(super) fn texts(&self) -> Result<Vec<String>, Error> {
        if self.node.get("file").is_some() {
            let array = self.array()?;
            let texts = if array.len() <= LABELS { array.texts() } else { None };
            return texts.ok_or_else(|| self.wrong("an array of at most 1048576 numbers or texts"));
        }
        self.items()?.iter().map(Self::label).collect()
    }

    /// The error that this object is not what it should be.
    pub(super) fn wrong(&self, expected: &'static str) -> Error {
        let actual = match self.scalar() {
            Some(Scalar::Json(value)) => format!("`{value}`"),
            Some(Scalar::NotFinite(value)) => format!("`{value}`"),
            None if self.class().is_empty() => "something else".to_owned(),
            None => format!("a `{}` that is something else", self.class()),
        };
        Error::Malformed { format: FORMAT, place: self.place.clone(), expected, actual }
    }

    /// Where in the model it stands.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    fn label(&self) -> Result<String, Error> {
        let label = match self.scalar() {
            Some(Scalar::Json(Value::String(text))) => Some(text),
            Some(Scalar::Json(Value::Null)) => Some("None".to_owned()),
            Some(Scalar::Json(Value::Bool(value))) => Some(if value { "True" } else { "False" }.to_owned()),
            Some(scalar) => scalar.number().map(|number| number.to_string()),
            None => self.array()?.texts().and_then(|texts| texts.into_iter().next()),
        };
        label.ok_or_else(|| self.wrong("a number or a text"))
    }

    fn scalar(&self) -> Option<Scalar> {
        let text = self.node.get("content").and_then(Value::as_str)?;
        match text {
            // Python writes what JSON lacks.
            "NaN" => Some(Scalar::NotFinite(f64::NAN)),
            "Infinity" => Some(Scalar::NotFinite(f64::INFINITY)),
            "-Infinity" => Some(Scalar::NotFinite(f64::NEG_INFINITY)),
            _ => serde_json::from_str(text).ok().map(Scalar::Json),
        }
    }

    fn key(&self, key: &str) -> &'a str {
        self.node.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    fn child(&self, node: &'a Value, place: String) -> Self {
        Self { archive: self.archive, node, place }
    }
}

enum Scalar {
    Json(Value),
    NotFinite(f64),
}

impl Scalar {
    fn number(&self) -> Option<f64> {
        match self {
            Self::Json(value) => value.as_f64(),
            Self::NotFinite(value) => Some(*value),
        }
    }
}

/// A whole number that is exact as float64.
fn index(number: f64) -> Option<usize> {
    let whole = number >= 0.0 && number.fract() == 0.0 && number < 9_007_199_254_740_992.0;
    #[expect(clippy::cast_sign_loss, reason = "checked: it is whole and at least 0")]
    whole.then_some(number as usize)
}
