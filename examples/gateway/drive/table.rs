//! Columns that are as wide as their widest cell.

use std::fmt;

/// Lines of cells. The first columns are words and stand left, the others numbers.
#[derive(Clone, Debug)]
pub struct Table {
    words: usize,
    lines: Vec<Vec<String>>,
}

impl Table {
    /// No lines yet; the first `words` columns are words.
    #[must_use]
    pub fn new(words: usize) -> Self {
        Self { words, lines: Vec::new() }
    }

    /// Adds a line.
    pub fn push<T: ToString>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.lines.push(cells.into_iter().map(|cell| cell.to_string()).collect());
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            for (column, cell) in line.iter().enumerate() {
                let gap = if column == 0 { "" } else { "  " };
                let width = self.width(column);
                if column < self.words {
                    write!(f, "{gap}{cell:<width$}")?;
                } else {
                    write!(f, "{gap}{cell:>width$}")?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_left_and_numbers_right() {
        let mut table = Table::new(1);
        table.push(["who", "n", "p50 ms"]);
        table.push(["greedy", "1250", "0.9"]);
        table.push(["\u{fc}", "7", "-"]);
        assert_eq!(
            table.to_string(),
            "who        n  p50 ms\n\
             greedy  1250     0.9\n\
             \u{fc}          7       -\n"
        );
    }
}
