//! Blocks of commands with what they print: run, and held against it.

use super::page::{Block, Page};
use super::scratch::Scratch;

/// Stands for any number of lines.
pub(crate) const ANY: &str = "...";

/// A command and what stands below it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The line in the block, from 0.
    line: usize,
    command: String,
    expected: Vec<String>,
}

/// The commands of a block; a line that ends with a backslash goes on in the next.
pub(crate) fn steps(block: &Block) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::new();
    let mut goes_on = false;
    for (line, text) in block.lines.iter().enumerate() {
        match (text.strip_prefix("$ "), steps.last_mut()) {
            (_, Some(step)) if goes_on => step.command += &format!("\n{text}"),
            (Some(command), _) => {
                steps.push(Step { line, command: command.to_owned(), expected: Vec::new() });
            }
            (None, Some(step)) => step.expected.push(text.trim_end().to_owned()),
            (None, None) => return Err("begins with no command (`$ ...`)".into()),
        }
        let is_command = goes_on || text.starts_with("$ ");
        goes_on = is_command && text.ends_with('\\');
    }
    if steps.is_empty() {
        return Err("has no command".into());
    }
    match steps.iter().find(|step| step.expected == [ANY]) {
        Some(step) => Err(format!("`{}`: whatever it prints fits", step.command)),
        None => Ok(steps),
    }
}

/// Whether lines are those expected, with [`ANY`] in these for any number of lines.
pub(crate) fn fits(expected: &[String], lines: &[String]) -> bool {
    let Some(place) = expected.iter().position(|line| line == ANY) else {
        return expected == lines;
    };
    let (head, rest) = (&expected[..place], &expected[place + 1..]);
    lines.starts_with(head) && (head.len()..=lines.len()).any(|from| fits(rest, &lines[from..]))
}

/// A line without what changes most: its numbers.
fn bones(line: &str) -> String {
    let letters = line.chars().filter(|sign| sign.is_alphabetic() || "$/.:".contains(*sign));
    letters.collect()
}

/// What is expected, made to fit: as many lines of each part as before, from where they are now.
pub(crate) fn renew(expected: &[String], lines: &[String]) -> Option<Vec<String>> {
    let parts: Vec<&[String]> = expected.split(|line| line == ANY).collect();
    let (head, rest) = parts.split_first()?;
    let Some((tail, middle)) = rest.split_last() else { return Some(lines.to_vec()) };
    let mut from = head.len().min(lines.len());
    let end = lines.len().checked_sub(tail.len())?;
    let mut new = lines[..from].to_vec();
    for part in middle {
        let likeness = |at: usize| {
            let pairs = lines[at..].iter().zip(*part);
            pairs.filter(|(new, old)| bones(new) == bones(old)).count()
        };
        let last = end.checked_sub(part.len())?;
        let best = (from..=last).rev().max_by_key(|at| likeness(*at))?;
        if likeness(best) == 0 {
            return None;
        }
        new.push(ANY.to_owned());
        new.extend_from_slice(&lines[best..best + part.len()]);
        from = best + part.len();
    }
    new.push(ANY.to_owned());
    new.extend_from_slice(lines.get(end.max(from)..)?);
    fits(&new, lines).then_some(new)
}

/// Runs a block; the block with what came of it, and what differs.
pub(crate) fn run(page: &Page, block: &Block, scratch: &Scratch<'_>) -> Result<Block, Vec<String>> {
    let told = |line: usize, why: &str| format!("{}:{}: {why}", page.path, block.line + 1 + line);
    let steps = steps(block).map_err(|why| vec![told(0, &why)])?;
    let commands: Vec<&str> = steps.iter().map(|step| step.command.as_str()).collect();
    let printed = scratch.run(&commands).map_err(|why| vec![told(0, &why)])?;
    let mut new = Vec::new();
    let mut complaints = Vec::new();
    for (step, lines) in steps.iter().zip(printed) {
        new.extend(format!("$ {}", step.command).lines().map(str::to_owned));
        if fits(&step.expected, &lines) {
            new.extend(step.expected.clone());
        } else if !super::is_update() {
            let (line, why) = differs(step, &lines);
            complaints.push(told(line, &why));
        } else if let Some(renewed) = renew(&step.expected, &lines) {
            new.extend(renewed);
        } else {
            complaints.push(told(step.line, "what stands around `...` is not there any more"));
        }
    }
    let Block { kind, line, .. } = block;
    if complaints.is_empty() {
        Ok(Block { kind: kind.clone(), line: *line, lines: new })
    } else {
        Err(complaints)
    }
}

/// On which line of the block what is expected differs from what was printed, and how. Behind
/// [`ANY`] that cannot be told; then it is the line of that.
fn differs(step: &Step, lines: &[String]) -> (usize, String) {
    let same = step.expected.iter().zip(lines).take_while(|(old, new)| old == new).count();
    let of = |lines: &[String]| lines.get(same).map_or("nothing more".into(), Clone::clone);
    let (expected, found) = (of(&step.expected), of(lines));
    let line = step.line + step.command.lines().count() + same;
    let why = format!(
        "`{}` prints other lines than stand there, first (unless behind `...`)\n  \
         expected: {expected}\n  printed:  {found}",
        step.command
    );
    (line, why)
}

#[cfg(test)]
fn lines(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn lines_fit_with_any_number_in_place_of_the_dots() {
    for (expected, found, does) in [
        ("a b", "a b", true),
        ("a b", "a b c", false),
        ("a ...", "a", true),
        ("... c", "a b c", true),
        ("a ... c ... e", "a b c d c e", true),
        ("a ... c ... e", "a b d e", false),
        ("...", "", true),
        ("", "", true),
        ("", "a", false),
    ] {
        assert_eq!(fits(&lines(expected), &lines(found)), does, "{expected} / {found}");
    }
}

#[test]
fn what_is_expected_is_made_to_fit_part_by_part() {
    for (expected, found, renewed) in [
        ("", "a b", Some("a b")),
        ("a1 b1", "a2 b2 c2", Some("a2 b2 c2")),
        ("a1 ...", "a2 b2", Some("a2 ...")),
        ("... c1", "a b c2", Some("... c2")),
        ("a1 ... c1 ...", "a2 b2 c2 d2", Some("a2 ... c2 ...")),
        ("a1 ... x1 ...", "a2 b2 c2 d2", None),
    ] {
        assert_eq!(
            renew(&lines(expected), &lines(found)),
            renewed.map(lines),
            "{expected} / {found}"
        );
    }
}

#[test]
fn a_block_is_commands_with_what_they_print() {
    let block = |text: &str| Block {
        kind: "console".into(),
        line: 1,
        lines: text.lines().map(str::to_owned).collect(),
    };
    let step = |line, command: &str, expected: &str| Step {
        line,
        command: command.into(),
        expected: lines(expected),
    };
    let found = steps(&block("$ a \\\n  b\nx\ny\n$ c")).unwrap();
    assert_eq!(found, [step(0, "a \\\n  b", "x y"), step(4, "c", "")]);
    assert!(steps(&block("a")).is_err());
    assert!(steps(&block("")).is_err());
    assert!(steps(&block("$ a\n...")).is_err(), "anything would do");
}
