//! A page of Markdown as text, with its fenced blocks and headings.

use std::fs;
use std::path::Path;

use super::root;

/// A page, by its path from the root of the project.
pub(crate) struct Page {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A fenced block.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// What stands behind the fence.
    pub(crate) kind: String,
    /// The line of the fence, from 1.
    pub(crate) line: usize,
    pub(crate) lines: Vec<String>,
}

/// A line's number, from 1, and what stands there.
pub(crate) type Line = (usize, String);

/// Pages that tell those who change the program, not those who use it. Only their links are held.
const OTHERS: &[&str] =
    &["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "testdata/README.md"];

/// README.md and all pages of `docs`, by path.
pub(crate) fn pages() -> Vec<Page> {
    let mut paths = vec!["README.md".to_owned()];
    find(&root().join("docs"), &mut paths);
    paths.sort();
    paths.iter().map(|path| Page::read(path)).collect()
}

/// Every page whose links must lead somewhere.
pub(crate) fn linking_pages() -> Vec<Page> {
    pages().into_iter().chain(OTHERS.iter().map(|path| Page::read(path))).collect()
}

fn find(folder: &Path, paths: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
        }
    }
}

/// The fence that a line is, and how far it is indented.
fn fence(line: &str) -> Option<(usize, &str)> {
    let text = line.trim_start();
    (text.starts_with("```") || text.starts_with("~~~")).then_some((line.len() - text.len(), text))
}

impl Page {
    pub(crate) fn read(path: &str) -> Self {
        let text = fs::read_to_string(root().join(path));
        let text = text.unwrap_or_else(|why| panic!("cannot read {path}: {why}"));
        Self { path: path.to_owned(), text }
    }

    /// All fenced blocks, in order.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<(Block, &str, usize)> = None;
        for (nth, line) in self.text.lines().enumerate() {
            match (open.take(), fence(line)) {
                (None, Some((indent, text))) => {
                    let mark = &text[..3];
                    let kind = text.trim_start_matches(&mark[..1]).trim().to_owned();
                    open = Some((Block { kind, line: nth + 1, lines: Vec::new() }, mark, indent));
                }
                (Some((block, mark, _)), Some((_, text))) if text.trim_end() == mark => {
                    blocks.push(block);
                }
                (Some((mut block, mark, indent)), _) => {
                    let cut = line.len() - line.trim_start().len();
                    block.lines.push(line[cut.min(indent)..].to_owned());
                    open = Some((block, mark, indent));
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block is never closed", self.path);
        blocks
    }

    /// The page with other lines in its blocks: of each its line and what it holds now.
    pub(crate) fn with(&self, blocks: &[Block]) -> String {
        let old = self.blocks();
        let mut lines: Vec<String> = self.text.lines().map(str::to_owned).collect();
        for block in blocks.iter().rev() {
            let length = old.iter().find(|each| each.line == block.line).unwrap().lines.len();
            let fence = &lines[block.line - 1];
            let indent = " ".repeat(fence.len() - fence.trim_start().len());
            let indented = block.lines.iter().map(|line| format!("{indent}{line}"));
            let indented: Vec<String> = indented.map(|line| line.trim_end().to_owned()).collect();
            lines.splice(block.line..block.line + length, indented);
        }
        lines.join("\n") + "\n"
    }

    /// The lines outside of blocks, from 1.
    pub(crate) fn prose(&self) -> Vec<(usize, &str)> {
        let inside: Vec<(usize, usize)> = self
            .blocks()
            .iter()
            .map(|block| (block.line, block.line + block.lines.len() + 1))
            .collect();
        let numbered = self.text.lines().enumerate().map(|(nth, line)| (nth + 1, line));
        numbered
            .filter(|(line, _)| !inside.iter().any(|(first, last)| (first..=last).contains(&line)))
            .collect()
    }

    /// The prose without what stands in it as code, and that code, each with its line. Code may go
    /// on in the next line of a paragraph.
    pub(crate) fn words_and_code(&self) -> (Vec<Line>, Vec<Line>) {
        let (mut words, mut codes) = (Vec::new(), Vec::new());
        let mut open: Option<(usize, String)> = None;
        for (line, text) in self.prose() {
            if text.trim().is_empty() {
                open = None; // a sign alone, and no code
            }
            let mut prose = String::new();
            for sign in text.trim_start().chars() {
                match (sign, open.take()) {
                    ('`', Some(code)) => codes.push(code),
                    ('`', None) => {
                        prose.push('`');
                        open = Some((line, String::new()));
                    }
                    (sign, Some((line, code))) => open = Some((line, code + &sign.to_string())),
                    (sign, None) => prose.push(sign),
                }
            }
            open = open.map(|(line, code)| (line, code + " "));
            words.push((line, prose));
        }
        (words, codes)
    }

    /// What links to its headings end with.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let (mut titles, mut anchors) = (Vec::new(), Vec::new());
        for (_, line) in self.prose() {
            let title = line.trim_start_matches('#');
            if title.len() == line.len() || !title.starts_with(' ') {
                continue;
            }
            titles.push(anchor(title.trim()));
            let earlier = titles.iter().filter(|title| Some(*title) == titles.last()).count() - 1;
            let title = titles.last().unwrap();
            anchors.push(if earlier == 0 { title.clone() } else { format!("{title}-{earlier}") });
        }
        anchors
    }
}

/// The end of a link to a heading, as the usual viewers make it.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|sign| sign.is_alphanumeric() || " -_".contains(*sign));
    kept.flat_map(char::to_lowercase).map(|sign| if sign == ' ' { '-' } else { sign }).collect()
}

#[test]
fn blocks_are_found_with_their_lines_and_can_be_replaced() {
    let text = "a\n```sh\nx\n```\n- b\n  ```text\n  y\n    z\n  ```\n# C: `d`\n";
    let page = Page { path: "p".into(), text: text.into() };
    let block = |kind: &str, line, lines: &[&str]| Block {
        kind: kind.into(),
        line,
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
    };
    assert_eq!(page.blocks(), [block("sh", 2, &["x"]), block("text", 6, &["y", "  z"])]);
    let new = page.with(&[block("sh", 2, &[]), block("text", 6, &["1", "2", "3"])]);
    assert_eq!(new, "a\n```sh\n```\n- b\n  ```text\n  1\n  2\n  3\n  ```\n# C: `d`\n");
    assert_eq!(page.anchors(), ["c-d"]);
    let page = Page { path: "p".into(), text: "a `b` c `d\n  e` f\n\ng ` h\n\n`i`\n".into() };
    let (words, codes) = page.words_and_code();
    let words: Vec<&str> = words.iter().map(|(_, words)| words.as_str()).collect();
    assert_eq!(words, ["a ` c `", " f", "", "g `", "", "`"]);
    assert_eq!(codes, [(1, "b".into()), (1, "d e".into()), (6, "i".into())]);
    let page = Page { path: "p".into(), text: "# A b\n## A b\n# c\n### A B\n#no\n".into() };
    assert_eq!(page.anchors(), ["a-b", "a-b-1", "c", "a-b-2"]);
}
