use std::collections::HashMap;
use std::path::Path;

use crate::ConfigError;

/// Where the text of a variable comes from: the process, or a map in tests.
pub trait Names: Send + Sync {
    /// The text of a name, `None` when it is not set.
    fn get(&self, name: &str) -> Option<String>;
}

/// Which layer a value was found in; the layers win in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag of the command line, laid over the rest with `Env::set`.
    Flag,
    /// The real environment of the process.
    Environment,
    /// The `.env` file of the working directory.
    DotEnv,
    /// The default of the table.
    Default,
}

/// The environment of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessNames;

impl Names for ProcessNames {
    /// A value that is not UTF-8 keeps its replacement characters, so that its form is refused by name.
    fn get(&self, name: &str) -> Option<String> {
        std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
    }
}

impl Names for HashMap<String, String> {
    fn get(&self, name: &str) -> Option<String> {
        Self::get(self, name).cloned()
    }
}

/// The names of a `.env` file; empty when there is none.
#[derive(Clone, Default)]
pub struct DotEnv(HashMap<String, String>);

impl DotEnv {
    /// Reads a file in the dotenv form.
    ///
    /// # Errors
    /// [`ConfigError::File`] when the file is there and cannot be read.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let broken = |what: String| ConfigError::File { path: path.display().to_string(), what };
        let lines = match dotenvy::from_path_iter(path) {
            Ok(lines) => lines,
            Err(error) if error.not_found() => return Ok(Self::default()),
            Err(dotenvy::Error::Io(error)) => return Err(broken(error.to_string())),
            Err(_) => return Err(broken("not a file of NAME=value lines".to_owned())),
        };
        let mut names = HashMap::new();
        for (number, line) in lines.enumerate() {
            // The error carries the text of the line, which may be a secret: tell the place only.
            let (name, value) = line.map_err(|_| {
                broken(format!("entry {} is not NAME=value (quote values with blanks)", number + 1))
            })?;
            names.insert(name, value);
        }
        Ok(Self(names))
    }
}

impl Names for DotEnv {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

impl std::fmt::Debug for DotEnv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DotEnv({} names)", self.0.len())
    }
}
