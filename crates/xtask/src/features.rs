//! Each feature of each library crate compiles alone, and none of them is needed.

use crate::command;
use crate::failure::Result;
use crate::workspace::{Package, Workspace};

/// Goes through all of them, also after one that fails.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let outcomes = workspace.libraries().flat_map(selections).map(|selection| {
        let mut cargo = workspace.cargo(["clippy", "--quiet"]);
        command::run(cargo.args(selection).args(["--", "-Dwarnings"]))
    });
    outcomes.fold(Ok(()), Result::and)
}

/// No feature, then each by itself; `default` among them, as that is what most users build.
fn selections(package: &Package) -> impl Iterator<Item = Vec<&str>> {
    let none = ["-p", &package.name, "--no-default-features"];
    let alone =
        package.features.iter().map(move |feature| [&none[..], &["--features", feature]].concat());
    std::iter::once(none.to_vec()).chain(alone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_comes_first_and_then_each_feature() {
        let package = Package {
            name: "palisade".to_owned(),
            features: vec!["default".to_owned(), "http".to_owned()],
            tests: vec![],
            library: true,
        };
        let lines: Vec<_> = selections(&package).map(|words| words.join(" ")).collect();
        assert_eq!(
            lines,
            [
                "-p palisade --no-default-features",
                "-p palisade --no-default-features --features default",
                "-p palisade --no-default-features --features http",
            ]
        );
    }
}
