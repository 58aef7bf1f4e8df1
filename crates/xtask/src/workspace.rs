//! What `cargo metadata` says of the workspace: where it is, its packages and their features.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::command;
use crate::failure::{Failure, Result};

#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Relative to `root` where it lies below it.
    pub(crate) target: PathBuf,
    pub(crate) packages: Vec<Package>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) features: Vec<String>,
    /// The names of its integration tests.
    pub(crate) tests: Vec<String>,
    /// Not marked `publish = false`: one of the crates that the project is about.
    pub(crate) library: bool,
}

impl Workspace {
    pub(crate) fn load() -> Result<Self> {
        let mut cargo = cargo();
        cargo.args(["metadata", "--format-version", "1", "--no-deps"]);
        Self::read(&serde_json::from_slice(&command::output(&mut cargo)?)?)
            .ok_or_else(|| Failure::found("cargo metadata: not in the form of version 1"))
    }

    /// A `cargo` to be run in the workspace's root.
    pub(crate) fn cargo<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut cargo = cargo();
        cargo.current_dir(&self.root).args(arguments);
        cargo
    }

    pub(crate) fn libraries(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.library)
    }

    fn read(metadata: &Value) -> Option<Self> {
        let root = PathBuf::from(metadata["workspace_root"].as_str()?);
        let target = Path::new(metadata["target_directory"].as_str()?);
        let target = target.strip_prefix(&root).unwrap_or(target).to_owned();
        let packages = metadata["packages"].as_array()?.iter().map(Package::read);
        Some(Self { packages: packages.collect::<Option<_>>()?, target, root })
    }
}

impl Package {
    fn read(package: &Value) -> Option<Self> {
        let kind = |target: &Value, kind| {
            target["kind"].as_array().is_some_and(|k| k.contains(&Value::from(kind)))
        };
        let tests = package["targets"].as_array()?.iter().filter(|target| kind(target, "test"));
        Some(Self {
            name: package["name"].as_str()?.to_owned(),
            features: package["features"].as_object()?.keys().cloned().collect(),
            tests: tests.filter_map(|test| Some(test["name"].as_str()?.to_owned())).collect(),
            // `publish = false` is told as an empty list of registries.
            library: package["publish"].as_array().is_none_or(|registries| !registries.is_empty()),
        })
    }
}

fn cargo() -> Command {
    // The one that runs us, so that `cargo +TOOLCHAIN xtask` means all of it.
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_package_is_read_from_its_metadata() {
        let metadata = json!({
            "workspace_root": "/src/palisade",
            "target_directory": "/src/palisade/target",
            "packages": [
                {
                    "name": "palisade-core",
                    "publish": null,
                    "features": { "serde": ["dep:serde"], "test-util": [] },
                    "targets": [
                        { "kind": ["lib"], "name": "palisade_core" },
                        { "kind": ["test"], "name": "loom_cell" },
                    ],
                },
                { "name": "xtask", "publish": [], "features": {}, "targets": [] },
            ],
        });
        let workspace = Workspace::read(&metadata).unwrap();
        assert_eq!(workspace.target, Path::new("target"));
        assert_eq!(
            workspace.libraries().collect::<Vec<_>>(),
            [&Package {
                name: "palisade-core".to_owned(),
                features: vec!["serde".to_owned(), "test-util".to_owned()],
                tests: vec!["loom_cell".to_owned()],
                library: true,
            }]
        );
    }

    #[test]
    fn metadata_of_another_form_is_refused() {
        assert!(Workspace::read(&json!({ "workspace_root": "/src" })).is_none());
    }
}
