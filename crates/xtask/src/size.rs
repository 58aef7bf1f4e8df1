//! No source file outgrows one idea.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};

const MOST_LINES: usize = 300;

/// Reads every Rust file in `crates/*/src`.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut large = Vec::new();
    for package in fs::read_dir(root.join("crates"))? {
        let source = package?.path().join("src");
        if source.is_dir() {
            visit(&source, &mut |file| {
                let lines = fs::read_to_string(&file)?.lines().count();
                if lines > MOST_LINES {
                    let file = file.strip_prefix(root).unwrap_or(&file);
                    large.push(format!("\n  {lines} {}", file.display()));
                }
                Ok(())
            })?;
        }
    }
    large.sort();
    if large.is_empty() {
        Ok(())
    } else {
        Err(Failure::found(format!("over {MOST_LINES} lines:{}", large.concat())))
    }
}

fn visit(directory: &Path, file: &mut impl FnMut(PathBuf) -> io::Result<()>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            visit(&path, file)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            file(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_refused_at_one_line_too_many() {
        let root = std::env::temp_dir().join(format!("xtask-size-{}", std::process::id()));
        let source = root.join("crates/core/src/keys");
        fs::create_dir_all(&source).unwrap();
        fs::write(source.join("mod.rs"), "\n".repeat(MOST_LINES)).unwrap();
        fs::write(source.join("script.lua"), "\n".repeat(MOST_LINES + 1)).unwrap();
        check(&root).unwrap();

        fs::write(source.join("mod.rs"), "\n".repeat(MOST_LINES + 1)).unwrap();
        let failure = check(&root).unwrap_err().to_string();
        assert!(failure.ends_with("301 crates/core/src/keys/mod.rs"), "{failure}");
        fs::remove_dir_all(&root).unwrap();
    }
}
