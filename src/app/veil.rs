//! Pseudonyms in the place of addresses: where the key comes from, and what it is laid over.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};

use crate::cli::{Analysis, Secret, Volume};
use crate::mask::{Key, LEAST_KEY, Mask};
use crate::select::Filter;
use crate::source::{FrameSource, Masked};
use crate::wire::name::escape_text;

/// A file with a key is no longer than this.
const LONGEST_KEY: u64 = 64 << 10;

/// What hides true addresses.
#[derive(Clone)]
pub(super) struct Veil(Arc<Key>);

impl Veil {
    /// The key that is meant; of one that is made up it is said that it will be forgotten.
    pub(super) fn new(secret: &Secret, volume: Volume) -> anyhow::Result<Self> {
        let key = match secret {
            Secret::Key(key) => key.clone(),
            Secret::File(path) => read(path)?,
            Secret::Random => {
                let key = Key::random().context("cannot make a key for pseudonyms")?;
                if volume > Volume::Quiet {
                    // Where nobody can be told, the report still says that there are pseudonyms.
                    let _ = writeln!(io::stderr(), "note: {FORGOTTEN}");
                }
                key
            }
        };
        Ok(Self(Arc::new(key)))
    }

    /// That of a plan, if it asks for one.
    pub(super) fn of(analysis: &Analysis) -> anyhow::Result<Option<Self>> {
        analysis.secret.as_ref().map(|secret| Self::new(secret, analysis.volume)).transpose()
    }

    /// A filter for what is behind the veil, from one with true addresses.
    pub(super) fn filter(&self, filter: &Filter) -> anyhow::Result<Filter> {
        filter.masked(&mut Mask::new(&self.0)).map_err(|error| anyhow!("--filter: {error}"))
    }
}

const FORGOTTEN: &str = "addresses are pseudonyms of a key that is forgotten with this run; for the \
                         same ones in another run give --anonymize=@FILE";

/// Lays the veil over a source, if there is one.
pub(super) fn cover(
    source: Box<dyn FrameSource>,
    veil: Option<&Veil>,
    ports: &[u16],
) -> Box<dyn FrameSource> {
    match veil {
        Some(veil) => Box::new(Masked::new(source, &veil.0, ports)),
        None => source,
    }
}

fn read(path: &Path) -> anyhow::Result<Key> {
    let name = escape_text(path.as_os_str().as_encoded_bytes());
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST_KEY).read_to_string(&mut text));
    read.with_context(|| {
        format!(
            "cannot read the key for pseudonyms from {name}; make one: \
             head -c 32 /dev/urandom | base64 > {name}"
        )
    })?;
    match Key::from_text(&text) {
        Some(key) => Ok(key),
        None => bail!(
            "the key for pseudonyms in {name} is too short: at least {LEAST_KEY} letters; make one: \
             head -c 32 /dev/urandom | base64 > {name}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_from_a_file_and_a_bad_one_is_refused_with_advice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let key =
            || Veil::new(&Secret::File(path.clone()), Volume::Quiet).map(|veil| (*veil.0).clone());
        let refusal = |why: &str| {
            let error = format!("{:#}", key().unwrap_err());
            assert!(error.contains(why), "{error}");
        };
        refusal("cannot read the key for pseudonyms");
        std::fs::write(&path, "short\n").unwrap();
        refusal("/dev/urandom");
        std::fs::write(&path, [0xff; 40]).unwrap();
        refusal("cannot read");
        std::fs::write(&path, "a key of more than sixteen letters\n").unwrap();
        assert_eq!(Some(key().unwrap()), Key::from_text("a key of more than sixteen letters"));
    }

    #[test]
    fn a_filter_with_true_addresses_means_their_pseudonyms() {
        let key = Key::from_text("a key of more than sixteen letters").unwrap();
        let veil = Veil::new(&Secret::Key(key.clone()), Volume::Quiet).unwrap();
        let filter: Filter =
            "client:198.51.100.7,10.0.0.0/8 not (type:A or failed)".parse().unwrap();
        let masked = veil.filter(&filter).unwrap();
        let address: std::net::IpAddr = "198.51.100.7".parse().unwrap();
        let pseudonym = Mask::new(&key).address(address.into()).ip();
        assert_eq!(masked.text(), format!("client:{pseudonym},10.0.0.0/8 not (type:A or failed)"));
        let short: Filter = "host:198.0.0.0/8".parse().unwrap();
        let error = veil.filter(&short).unwrap_err().to_string();
        assert!(error.contains("198.0.0.0/8"), "{error}");
    }
}
