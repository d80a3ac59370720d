//! The keys of a `lumi dev`'s secrets. It and the commands read the same ones in the same order.

use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lumi_config::{Env, var};
use lumi_store::seal::Keyring;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::files::write_private;

/// Name of the file in the data folder.
pub(crate) const FILE: &str = "secret.key";

/// The keys of `LUMI_SECRET_KEY`, then those of the data folder: the first seals, all open. So
/// what was sealed before the variable was set still opens.
///
/// # Errors
/// There are none, or one is malformed.
pub(crate) fn of_data(env: &Env, data: &Path) -> anyhow::Result<Keyring> {
    let given = given(env)?;
    let file = data.join(FILE);
    let kept = match std::fs::read_to_string(&file) {
        Ok(text) => Some(text.trim().to_owned()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(e) => return Err(e).with_context(|| format!("read {}", file.display())),
    };
    if let Some(kept) = &kept {
        Keyring::parse(&kept.clone().into())
            .with_context(|| format!("read the key in {}", file.display()))?;
    }
    let list = match (given, kept) {
        (Some(given), Some(kept)) => format!("{},{kept}", given.expose_secret()).into(),
        (Some(given), None) => given,
        (None, Some(kept)) => kept.into(),
        (None, None) => env.required_secret(&var::LUMI_SECRET_KEY)?,
    };
    Ok(Keyring::parse(&list)?)
}

/// Makes the data folder's file where it is missing: of `LUMI_SECRET_KEY`, else a new key.
///
/// # Errors
/// The variable is malformed, or the folder cannot be written.
pub(crate) fn keep(env: &Env, data: &Path) -> anyhow::Result<()> {
    let file = data.join(FILE);
    if file.exists() {
        return Ok(());
    }
    let key = given(env)?.unwrap_or_else(fresh);
    write_private(&file, key.expose_secret())
}

fn given(env: &Env) -> anyhow::Result<Option<SecretString>> {
    let Some(list) = env.secret(&var::LUMI_SECRET_KEY)? else { return Ok(None) };
    Keyring::parse(&list).map_err(|_| env.invalid(&var::LUMI_SECRET_KEY, list.expose_secret()))?;
    Ok(Some(list))
}

fn fresh() -> SecretString {
    let bytes = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
    STANDARD.encode(Sha256::digest(bytes)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    const B: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

    /// Id of the key that seals, when `variable` is set on a folder that holds `file`.
    fn seals(variable: Option<&str>, file: Option<&str>) -> anyhow::Result<String> {
        let data = std::env::temp_dir().join(format!("lumi-keys-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&data)?;
        let bare = Env::from_map::<String, String>([]);
        let mut env = bare.clone();
        if let Some(key) = variable {
            env = env.set(&var::LUMI_SECRET_KEY, key);
        }
        if let Some(key) = file {
            std::fs::write(data.join(FILE), format!("{key}\n"))?;
        }
        keep(&env, &data)?;
        let with_variable = of_data(&env, &data)?;
        // What `lumi dev` keeps on its first start opens without the variable, too.
        if file.is_none() {
            assert_eq!(of_data(&bare, &data)?.current()?, with_variable.current()?);
        }
        std::fs::remove_dir_all(&data)?;
        Ok(with_variable.current()?.to_owned())
    }

    #[test]
    fn the_variable_goes_before_the_file() {
        let id = |key: &str| {
            Keyring::parse(&key.to_owned().into()).unwrap().current().unwrap().to_owned()
        };
        for (variable, file, first) in [
            (Some(A), None, A),
            (None, Some(B), B),
            (Some(A), Some(B), A),
            (Some("BAD"), Some(B), ""),
            (Some(A), Some("BAD"), ""),
        ] {
            let sealing = seals(variable, file);
            match first {
                "" => assert!(sealing.is_err(), "{variable:?} {file:?}"),
                first => assert_eq!(sealing.unwrap(), id(first), "{variable:?} {file:?}"),
            }
        }
        assert_ne!(seals(None, None).unwrap(), seals(None, None).unwrap());
    }
}
