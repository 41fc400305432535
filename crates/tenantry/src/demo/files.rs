//! Files worth backing up, made up: texts and tables that compress, pictures and archives that don't. The same seed
//! always makes the same files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const WORDS: &str = "\
    account agreed amount annex april balance branch carrier clause contract customer delivery department draft \
    entry estimate figure freight harbour invoice journal ledger letter machine meeting minutes notice offer order \
    parcel plan quarter receipt report review schedule site survey term warehouse";

/// Kinds of files: folder, name, ending, and the largest size in bytes.
const KINDS: [(&str, &str, &str, Content, u64); 5] = [
    ("Documents/Contracts", "contract", "txt", Content::Text, 96 << 10),
    ("Documents/Minutes", "minutes", "txt", Content::Text, 24 << 10),
    ("Accounts", "ledger", "csv", Content::Table, 512 << 10),
    ("Pictures", "picture", "jpg", Content::Random, 1 << 20),
    ("Archive", "archive", "zip", Content::Random, 4 << 20),
];

#[derive(Clone, Copy, Debug)]
enum Content {
    Text,
    Table,
    Random,
}

/// Numbers that look random and are the same every time (`SplitMix64`).
#[derive(Clone, Debug)]
pub(super) struct Numbers(u64);

impl Numbers {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to but not including `end`, which isn't 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let at = self.next() % (of.len() as u64);
        // Smaller than a length, so it fits.
        &of[usize::try_from(at).unwrap_or_default()]
    }
}

/// A machine's files.
#[derive(Debug)]
pub(super) struct Tree {
    directory: PathBuf,
    numbers: Numbers,
    words: Vec<&'static str>,
    /// What there is, in the order in which it was made.
    files: Vec<PathBuf>,
    made: usize,
}

impl Tree {
    /// Makes about so many bytes of files.
    pub(super) fn make(directory: &Path, seed: u64, bytes: usize) -> io::Result<Self> {
        let mut tree = Self {
            directory: directory.to_owned(),
            numbers: Numbers::new(seed),
            words: WORDS.split(' ').collect(),
            files: Vec::new(),
            made: 0,
        };
        tree.grow(bytes)?;
        Ok(tree)
    }

    /// A day goes by: some files are written again, one goes, some come.
    pub(super) fn change(&mut self, bytes: usize) -> io::Result<()> {
        let again: Vec<PathBuf> = self.files.iter().skip(3).step_by(17).cloned().collect();
        for path in again {
            let mut content = fs::read(&path)?;
            self.text(&mut content, 2000);
            fs::write(&path, content)?;
        }
        if self.files.len() > 20 {
            fs::remove_file(self.files.remove(7))?;
        }
        self.grow(bytes)
    }

    fn grow(&mut self, bytes: usize) -> io::Result<()> {
        let mut left = bytes;
        while left > 0 {
            let (folder, name, ending, content, largest) = *self.numbers.pick(&KINDS);
            // Small files are more frequent than large ones.
            let shrunk = largest >> self.numbers.below(6);
            let size = usize::try_from(shrunk / 2 + self.numbers.below(shrunk / 2)).unwrap_or(usize::MAX).min(left);
            self.made += 1;
            let directory = self.directory.join(folder).join(format!("{}", 2023 + self.numbers.below(4)));
            fs::create_dir_all(&directory)?;
            let path = directory.join(format!("{name}-{:04}.{ending}", self.made));
            let mut bytes = Vec::with_capacity(size + 64);
            match content {
                Content::Text => self.text(&mut bytes, size),
                Content::Table => self.table(&mut bytes, size),
                Content::Random => self.random(&mut bytes, size),
            }
            fs::write(&path, bytes)?;
            self.files.push(path);
            left -= size;
        }
        Ok(())
    }

    fn text(&mut self, into: &mut Vec<u8>, size: usize) {
        let end = into.len() + size;
        while into.len() < end {
            into.extend_from_slice(self.numbers.pick(&self.words).as_bytes());
            into.push(if self.numbers.below(12) == 0 { b'\n' } else { b' ' });
        }
    }

    fn table(&mut self, into: &mut Vec<u8>, size: usize) {
        let end = into.len() + size;
        while into.len() < end {
            let (number, cents) = (self.numbers.below(100_000), self.numbers.below(1_000_000));
            let row = format!("{number:05};{};{}.{:02}\n", self.numbers.pick(&self.words), cents / 100, cents % 100);
            into.extend_from_slice(row.as_bytes());
        }
    }

    fn random(&mut self, into: &mut Vec<u8>, size: usize) {
        for _ in 0..size.div_ceil(8) {
            into.extend_from_slice(&self.numbers.next().to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_files_and_a_day_changes_some() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let content = |tree: &Tree, root: &Path| -> Vec<(PathBuf, Vec<u8>)> {
            let read = |path: &PathBuf| (path.strip_prefix(root).unwrap().to_owned(), fs::read(path).unwrap());
            tree.files.iter().map(read).collect()
        };
        let mut tree = Tree::make(one.path(), 7, 4 << 20).unwrap();
        let first = content(&tree, one.path());
        assert_eq!(first, content(&Tree::make(other.path(), 7, 4 << 20).unwrap(), other.path()));
        let bytes: usize = first.iter().map(|(_, content)| content.len()).sum();
        assert!((4 << 20..5 << 20).contains(&bytes), "{bytes}");
        tree.change(100_000).unwrap();
        let second = content(&tree, one.path());
        assert!(second.iter().any(|file| !first.contains(file)));
        assert!(second.iter().any(|file| first.contains(file)));
    }
}
