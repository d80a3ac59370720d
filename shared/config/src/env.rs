use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

use crate::error::Shown;
use crate::form::{flag, items};
use crate::{ConfigError, DotEnv, Names, Origin, ProcessNames, Program, Var, var};

/// The configuration as text, and the readers that give it types. Cheap to clone.
#[derive(Clone)]
pub struct Env {
    flags: HashMap<&'static str, String>,
    process: Arc<dyn Names>,
    file: Arc<DotEnv>,
}

impl Env {
    /// The environment of this process over `.env` in the working directory.
    ///
    /// # Errors
    /// [`ConfigError::File`] when `.env` is there and cannot be read.
    pub fn load() -> Result<Self, ConfigError> {
        Ok(Self::layers(ProcessNames, DotEnv::read(Path::new(".env"))?))
    }

    /// Any two layers; the first wins.
    pub fn layers(process: impl Names + 'static, file: DotEnv) -> Self {
        Self { flags: HashMap::new(), process: Arc::new(process), file: Arc::new(file) }
    }

    /// Only what the map says: for tests.
    pub fn from_map<K: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let names: HashMap<String, String> =
            pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self::layers(names, DotEnv::default())
    }

    /// Lays a flag of the command line over the variable.
    #[must_use]
    pub fn set(mut self, var: &'static Var, value: impl Into<String>) -> Self {
        self.flags.insert(var.name, value.into());
        self
    }

    /// Tries every variable that the program reads.
    ///
    /// # Errors
    /// The first one whose text does not have the form of the table.
    pub fn check(&self, program: Program) -> Result<(), ConfigError> {
        for var in var::TABLE.iter().filter(|var| var.readers.contains(&program)) {
            if let Some(text) = self.text(var) {
                self.of_form(var, &text)?;
            }
        }
        Ok(())
    }

    /// The text, or the default of the table; `None` when it is unset (or empty) and has no default.
    pub fn text(&self, var: &Var) -> Option<String> {
        self.find(var).map(|(text, _)| text)
    }

    /// Which layer the value comes from; `None` when it is unset and has no default.
    pub fn origin(&self, var: &Var) -> Option<Origin> {
        self.find(var).map(|(_, origin)| origin)
    }

    /// Whether someone has set it: a default does not count.
    pub fn is_set(&self, var: &Var) -> bool {
        self.origin(var).is_some_and(|origin| origin != Origin::Default)
    }

    /// The text of a name outside the table, as a manifest's `{env: NAME}` asks for it.
    pub fn foreign(&self, name: &str) -> Option<String> {
        self.process.get(name).or_else(|| self.file.get(name)).filter(|text| !text.is_empty())
    }

    /// The text of a variable that has to be there.
    ///
    /// # Errors
    /// [`ConfigError::Missing`], or [`ConfigError::Invalid`] when it does not have its form.
    pub fn required(&self, var: &Var) -> Result<String, ConfigError> {
        let Some(text) = self.text(var) else {
            return Err(ConfigError::Missing { name: var.name, expected: var.form.words() });
        };
        self.of_form(var, &text)?;
        Ok(text)
    }

    /// A number, or the default of the table.
    ///
    /// # Errors
    /// Not a number of the type, out of the table's bounds, or missing without a default.
    pub fn number<T: FromStr>(&self, var: &Var) -> Result<T, ConfigError> {
        let text = self.required(var)?;
        text.parse().map_err(|_| self.invalid(var, &text))
    }

    /// `true` or `false`; an unset flag without a default is `false`.
    ///
    /// # Errors
    /// Any other word.
    pub fn flag(&self, var: &Var) -> Result<bool, ConfigError> {
        match self.text(var) {
            None => Ok(false),
            Some(text) => flag(&text).ok_or_else(|| self.invalid(var, &text)),
        }
    }

    /// A secret; its `Debug` prints nothing of it.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`], without the value, when it does not have its form.
    pub fn secret(&self, var: &Var) -> Result<Option<SecretString>, ConfigError> {
        let Some(text) = self.text(var) else { return Ok(None) };
        self.of_form(var, &text)?;
        Ok(Some(SecretString::from(text)))
    }

    /// A secret that has to be there.
    ///
    /// # Errors
    /// Missing, or not of its form.
    pub fn required_secret(&self, var: &Var) -> Result<SecretString, ConfigError> {
        self.required(var).map(SecretString::from)
    }

    /// The items of a comma list; empty when it is unset.
    pub fn list(&self, var: &Var) -> Vec<String> {
        self.text(var).map(|text| items(&text).map(str::to_owned).collect()).unwrap_or_default()
    }

    /// The address ranges of a comma list; empty when it is unset.
    ///
    /// # Errors
    /// An item that is not a range in CIDR form.
    pub fn ranges(&self, var: &Var) -> Result<Vec<IpNet>, ConfigError> {
        let text = self.text(var).unwrap_or_default();
        items(&text).map(|item| item.parse().map_err(|_| self.invalid(var, item))).collect()
    }

    /// A time given in milliseconds.
    ///
    /// # Errors
    /// As [`Env::number`].
    pub fn millis(&self, var: &Var) -> Result<Duration, ConfigError> {
        self.number(var).map(Duration::from_millis)
    }

    /// A time given in seconds, with decimals.
    ///
    /// # Errors
    /// As [`Env::number`].
    pub fn seconds(&self, var: &Var) -> Result<Duration, ConfigError> {
        let seconds: f64 = self.number(var)?;
        Duration::try_from_secs_f64(seconds).map_err(|_| self.invalid(var, &seconds.to_string()))
    }

    /// An IP address with a port.
    ///
    /// # Errors
    /// Anything else.
    pub fn addr(&self, var: &Var) -> Result<SocketAddr, ConfigError> {
        self.number(var)
    }

    /// A URL with one of the table's schemes; `None` when it is unset.
    ///
    /// # Errors
    /// Anything else. The password of a URL is not in the error: such rows are secrets.
    pub fn url(&self, var: &Var) -> Result<Option<Url>, ConfigError> {
        let Some(text) = self.text(var) else { return Ok(None) };
        self.of_form(var, &text)?;
        Url::parse(&text).map(Some).map_err(|_| self.invalid(var, &text))
    }

    /// The error for a value that only its reader can judge, as text of the right form that means nothing.
    pub fn invalid(&self, var: &Var, text: &str) -> ConfigError {
        ConfigError::Invalid {
            name: var.name,
            value: Shown::new(text, var.secret),
            expected: var.form.words(),
        }
    }

    fn of_form(&self, var: &Var, text: &str) -> Result<(), ConfigError> {
        if var.form.accepts(text) { Ok(()) } else { Err(self.invalid(var, text)) }
    }

    fn find(&self, var: &Var) -> Option<(String, Origin)> {
        let set = |text: Option<String>, origin| {
            text.map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
                .map(|text| (text, origin))
        };
        set(self.flags.get(var.name).cloned(), Origin::Flag)
            .or_else(|| set(self.process.get(var.name), Origin::Environment))
            .or_else(|| set(self.file.get(var.name), Origin::DotEnv))
            .or_else(|| set(var.default.map(str::to_owned), Origin::Default))
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").finish_non_exhaustive()
    }
}
