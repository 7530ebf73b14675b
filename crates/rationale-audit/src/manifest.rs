//! The manifest of an audit: the SHA-256 of every file, chained to the audit before, signed where a key is given.
//!
//! `manifest.json` ends with its own SHA-256, computed with sixty-four zeros in that place: a byte changed anywhere in it
//! shows. `manifest.signature.json` holds an Ed25519 signature (RFC 8032) of the whole manifest. Without a signature a
//! manifest shows accidents; whoever wants to deceive can make another.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use rationale_core::{Fingerprint, Hasher};
use serde::{Deserialize, Serialize};

use crate::configuration::found;
use crate::folder::{json_text, write_text, wrong};
use crate::wire::PROGRAM;
use crate::{Configuration, Error};

pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const SIGNATURE: &str = "manifest.signature.json";
const FORMAT: &str = "rationale/manifest/1";
const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Within this share of a row's largest number, values recomputed by another engine or instruction set are the same.
pub(crate) const TOLERANCE: f64 = 1e-9;

/// What `manifest.json` holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub format: String,
    pub program: String,
    pub engine: String,
    pub tolerance: f64,
    /// The public key, where the manifest is signed.
    pub signed_by: Option<String>,
    pub previous: Option<Previous>,
    /// What was read.
    pub inputs: Vec<Hashed>,
    /// What was written.
    pub files: Vec<Hashed>,
    /// Of this file, with zeros here.
    pub manifest_sha256: String,
}

/// The audit before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Previous {
    pub folder: String,
    pub manifest_sha256: String,
}

/// A file with its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hashed {
    /// What an input is for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub role: Option<String>,
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signed {
    pub algorithm: String,
    pub public_key: String,
    pub signature: String,
}

/// Writes the manifest of a folder whose other files are all there.
pub(crate) fn write(folder: &Path, configuration: &Configuration, engine: &str) -> Result<(), Error> {
    let key = configuration.signing_key.as_deref().map(read_key).transpose()?;
    let mut files = Vec::new();
    for path in files_of(folder)? {
        files.push(hashed(&folder.join(&path), None, path)?);
    }
    let mut inputs = Vec::new();
    for input in configuration.inputs() {
        let place = found(&input.path, folder).unwrap_or_else(|| input.path.clone().into());
        inputs.push(hashed(&place, Some(input.role), input.path)?);
    }
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        program: PROGRAM.to_owned(),
        engine: engine.to_owned(),
        tolerance: TOLERANCE,
        signed_by: key.as_ref().map(|key| hex(key.verifying_key().as_bytes())),
        previous: configuration.previous.as_deref().map(previous).transpose()?,
        inputs,
        files,
        manifest_sha256: ZEROS.to_owned(),
    };
    let text = json_text(&manifest)?;
    let text = with_own_hash(&text, &Fingerprint::of_bytes(text.as_bytes()).to_string());
    write_text(&folder.join(MANIFEST), &text)?;
    match key {
        None => Ok(()),
        Some(key) => {
            let signature = key.expanded_sign(text.as_bytes());
            write_text(&folder.join(SIGNATURE), &json_text(&signature)?)
        }
    }
}

trait ExpandedSign {
    fn expanded_sign(&self, text: &[u8]) -> Signed;
}

impl ExpandedSign for SigningKey {
    fn expanded_sign(&self, text: &[u8]) -> Signed {
        use ed25519_dalek::Signer;
        let signature: Signature = self.sign(text);
        Signed {
            algorithm: "ed25519".to_owned(),
            public_key: hex(self.verifying_key().as_bytes()),
            signature: hex(&signature.to_bytes()),
        }
    }
}

/// Puts the hash into the last value of the text.
fn with_own_hash(text: &str, hash: &str) -> String {
    match text.rfind(ZEROS) {
        Some(at) => format!("{}{hash}{}", &text[..at], &text[at + ZEROS.len()..]),
        None => text.to_owned(),
    }
}

/// Reads a manifest; none where it is not as it was written.
pub(crate) fn sound(text: &str) -> Option<Manifest> {
    let manifest: Manifest = serde_json::from_str(text).ok()?;
    let at = text.rfind(&manifest.manifest_sha256)?;
    let zeroed = format!("{}{ZEROS}{}", &text[..at], &text[at + manifest.manifest_sha256.len()..]);
    let is_own = Fingerprint::of_bytes(zeroed.as_bytes()).to_string() == manifest.manifest_sha256;
    (is_own && manifest.format == FORMAT && json_text(&manifest).is_ok_and(|written| written == text))
        .then_some(manifest)
}

fn previous(folder: &str) -> Result<Previous, Error> {
    let path = Path::new(folder).join(MANIFEST);
    let text = fs::read_to_string(&path)
        .map_err(|source| Error::ReadPrevious { file: path.display().to_string(), source })?;
    let manifest = sound(&text).ok_or_else(|| Error::Previous { file: path.display().to_string() })?;
    Ok(Previous { folder: folder.to_owned(), manifest_sha256: manifest.manifest_sha256 })
}

/// Whether the text has the signature of the key that the manifest names.
pub(crate) fn is_signed(text: &str, signature: &str, manifest: &Manifest) -> bool {
    let check = || -> Option<bool> {
        let signed: Signed = serde_json::from_str(signature).ok()?;
        let is_canonical = json_text(&signed).ok()? == signature && signed.algorithm == "ed25519";
        let key = VerifyingKey::from_bytes(&bytes(&signed.public_key)?).ok()?;
        let made = Signature::from_bytes(&bytes(&signed.signature)?);
        let is_named = manifest.signed_by.as_deref() == Some(signed.public_key.as_str());
        Some(is_canonical && is_named && key.verify_strict(text.as_bytes(), &made).is_ok())
    };
    check().unwrap_or(false)
}

fn read_key(path: &str) -> Result<SigningKey, Error> {
    let text = fs::read_to_string(path).map_err(|source| Error::ReadKey { file: path.to_owned(), source })?;
    let key = bytes(text.trim()).ok_or_else(|| Error::Key { file: path.to_owned() })?;
    Ok(SigningKey::from_bytes(&key))
}

/// All files of a folder and its folders, but for the manifest and its signature: paths with slashes, sorted.
pub(crate) fn files_of(folder: &Path) -> Result<Vec<String>, Error> {
    let mut files = Vec::new();
    gather(folder, "", &mut files)?;
    files.retain(|path| path != MANIFEST && path != SIGNATURE);
    files.sort();
    Ok(files)
}

fn gather(folder: &Path, prefix: &str, files: &mut Vec<String>) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(|source| wrong(folder, source))?;
    for entry in entries {
        let entry = entry.map_err(|source| wrong(folder, source))?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            gather(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

pub(crate) fn hashed(place: &Path, role: Option<String>, path: String) -> Result<Hashed, Error> {
    let failed = |source| Error::ReadInput { file: place.display().to_string(), source };
    let mut file = File::open(place).map_err(failed)?;
    let (mut hasher, mut bytes, mut buffer) = (Hasher::new(), 0, vec![0; 1 << 16]);
    loop {
        let n = file.read(&mut buffer).map_err(failed)?;
        if n == 0 {
            return Ok(Hashed { role, path, bytes, sha256: hasher.finish().to_string() });
        }
        hasher.bytes(&buffer[..n]);
        bytes += n as u64;
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Lower-case hexadecimal digits as bytes.
fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    if hex.len() != 2 * N || !hex.bytes().all(is_hex) {
        return None;
    }
    let mut bytes = [0; N];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(bytes)
}
