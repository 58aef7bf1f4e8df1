//! The Rust version that a library crate promises is enough for all that it builds on.
//!
//! Clippy's `incompatible_msrv` holds our own code to the promise; this holds the dependencies to theirs.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::command;
use crate::failure::{Failure, Result};
use crate::workspace::Workspace;

pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut cargo = workspace.cargo(["metadata", "--format-version", "1", "--all-features"]);
    let metadata = serde_json::from_slice(&command::output(&mut cargo)?)?;
    let graph = Graph::read(&metadata);
    let newer: Vec<_> =
        workspace.libraries().flat_map(|library| graph.newer_than(&library.name)).collect();
    if newer.is_empty() {
        Ok(())
    } else {
        Err(Failure::found(format!("newer than what we promise:{}", newer.concat())))
    }
}

/// Packages by id, and what each needs to be built by someone else: not what its tests need.
struct Graph<'a> {
    packages: HashMap<&'a str, &'a Value>,
    needs: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Graph<'a> {
    fn read(metadata: &'a Value) -> Self {
        let list = |value: &'a Value| value.as_array().into_iter().flatten();
        let id = |value: &'a Value| value.as_str().unwrap_or_default();
        let needs = list(&metadata["resolve"]["nodes"]).map(|node| {
            let needs =
                list(&node["deps"]).filter(|dependency| !tests_only(&dependency["dep_kinds"]));
            (id(&node["id"]), needs.map(|dependency| id(&dependency["pkg"])).collect())
        });
        let packages = list(&metadata["packages"]).map(|package| (id(&package["id"]), package));
        Self { packages: packages.collect(), needs: needs.collect() }
    }

    /// A line for each package below `library` that wants a newer Rust than `library` says.
    fn newer_than(&self, library: &str) -> Vec<String> {
        let ours = self
            .packages
            .iter()
            .find(|(_, package)| package["name"] == library && package["source"].is_null());
        let Some((&root, package)) = ours else { return Vec::new() };
        let promised = rust_version(package);
        let (mut seen, mut open) = (HashSet::from([root]), vec![root]);
        let mut newer = Vec::new();
        while let Some(id) = open.pop() {
            let Some(package) = self.packages.get(id) else { continue };
            if rust_version(package) > promised {
                let [name, version, wants] = ["name", "version", "rust_version"]
                    .map(|key| package[key].as_str().unwrap_or_default());
                newer.push(format!(
                    "\n  {library} needs {name} {version}, which needs Rust {wants}"
                ));
            }
            let needs = self.needs.get(id).into_iter().flatten();
            open.extend(needs.filter(|id| seen.insert(id)));
        }
        newer.sort();
        newer
    }
}

fn tests_only(kinds: &Value) -> bool {
    kinds.as_array().is_some_and(|kinds| kinds.iter().all(|kind| kind["kind"] == "dev"))
}

/// Missing parts are zero, so that no promise at all is the oldest of all.
fn rust_version(package: &Value) -> [u32; 3] {
    let mut version = [0; 3];
    let parts = package["rust_version"].as_str().unwrap_or_default().split('.');
    for (place, part) in version.iter_mut().zip(parts) {
        *place = part.parse().unwrap_or(0);
    }
    version
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(dependency: &str) -> Value {
        let package = |name: &str, rust: Value| {
            let [id, version] = [name, "1.2.3"];
            json!({ "id": id, "name": name, "version": version, "source": null, "rust_version": rust })
        };
        let on = |pkg: &str, kind: Value| json!({ "pkg": pkg, "dep_kinds": [{ "kind": kind }] });
        json!({
            "packages": [
                package("palisade-core", json!("1.88")),
                package("between", Value::Null),
                package("below", json!(dependency)),
                package("tests-only", json!("1.95")),
            ],
            "resolve": { "nodes": [
                { "id": "palisade-core", "deps": [on("between", Value::Null), on("tests-only", json!("dev"))] },
                { "id": "between", "deps": [on("below", json!("build")), on("palisade-core", Value::Null)] },
                { "id": "below", "deps": [] },
                { "id": "tests-only", "deps": [] },
            ] },
        })
    }

    #[test]
    fn the_same_version_in_another_spelling_is_enough() {
        assert!(Graph::read(&metadata("1.88.0")).newer_than("palisade-core").is_empty());
    }

    #[test]
    fn a_newer_one_is_found_at_any_depth_but_not_among_the_tests() {
        assert_eq!(
            Graph::read(&metadata("1.90")).newer_than("palisade-core"),
            ["\n  palisade-core needs below 1.2.3, which needs Rust 1.90"]
        );
    }
}
