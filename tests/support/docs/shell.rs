//! What a shell would make of a block: words of commands, not their meaning.
//!
//! Knows quotes, comments, continued lines, pipes and redirections; what stands in `$(...)` stays
//! one word. That is what documentation needs, and the rest is refused.

use std::iter::Peekable;
use std::str::Chars;

/// A command as it would be run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Command {
    /// The line on which it begins, from 0.
    pub(crate) line: usize,
    pub(crate) words: Vec<String>,
    /// Its standard output goes to another command or to a file.
    pub(crate) is_redirected: bool,
}

/// What may stand before the program that a command is about: others that run it.
const RUNNERS: &[&str] = &[
    "sudo",
    "env",
    "nice",
    "timeout",
    "time",
    "nohup",
    "nsenter",
    "ip",
    "kubectl",
    "ssh",
    "systemd-run",
];

/// Commands that have the program's name as a word without running it.
const SPEAKERS: &[&str] =
    &["setcap", "cargo", "command", "man", "install", "systemctl", "journalctl"];

/// Words that begin what a shell does with commands.
const KEYWORDS: &[&str] =
    &["if", "then", "else", "while", "until", "do", "!", "{", "}", "done", "fi"];

const PROGRAM: &str = "rcodetop";

impl Command {
    /// The words of the program's own command line, if that is what is run.
    pub(crate) fn of_the_program(&self) -> Result<Option<&[String]>, String> {
        let is_word = |word: &&String| !KEYWORDS.contains(&word.as_str()) && !is_assignment(word);
        let Some(first) = self.words.iter().find(is_word) else { return Ok(None) };
        let Some(place) = self.words.iter().position(|word| word == PROGRAM) else {
            return Ok(None);
        };
        let first = first.as_str();
        if first == PROGRAM || RUNNERS.contains(&first) && !self.speaks_of_it(place) {
            return Ok(Some(&self.words[place..]));
        }
        if RUNNERS.contains(&first) || SPEAKERS.contains(&first) {
            return Ok(None);
        }
        Err(format!("does `{first}` run {PROGRAM}? RUNNERS or SPEAKERS should say so"))
    }

    /// `sudo setcap ... rcodetop`
    fn speaks_of_it(&self, place: usize) -> bool {
        self.words[..place].iter().any(|word| SPEAKERS.contains(&word.as_str()))
    }
}

fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty() && name.chars().all(|sign| sign.is_ascii_uppercase() || sign == '_')
}

/// The commands of a text.
pub(crate) fn commands(text: &str) -> Result<Vec<Command>, String> {
    let mut reader = Reader { signs: text.chars().peekable(), line: 0 };
    let mut commands = Vec::new();
    let mut command = Command::default();
    while let Some(part) = reader.next()? {
        if command.words.is_empty() {
            command.line = reader.line;
        }
        match part {
            Part::Word(word) => command.words.push(word),
            Part::Redirect { is_output } => {
                if !matches!(reader.next()?, Some(Part::Word(_))) {
                    return Err("a redirection without a file".into());
                }
                command.is_redirected |= is_output;
            }
            Part::End { is_pipe } => {
                command.is_redirected |= is_pipe;
                commands.push(std::mem::take(&mut command));
            }
        }
    }
    commands.push(command);
    commands.retain(|command| !command.words.is_empty());
    Ok(commands)
}

enum Part {
    Word(String),
    Redirect { is_output: bool },
    End { is_pipe: bool },
}

struct Reader<'a> {
    signs: Peekable<Chars<'a>>,
    line: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Result<Option<Part>, String> {
        loop {
            let Some(sign) = self.signs.peek().copied() else { return Ok(None) };
            match sign {
                ' ' | '\t' => _ = self.signs.next(),
                '#' => while self.signs.next_if(|sign| *sign != '\n').is_some() {},
                '\n' => {
                    self.signs.next();
                    self.line += 1;
                    return Ok(Some(Part::End { is_pipe: false }));
                }
                '|' | ';' | '&' | '(' | ')' => {
                    self.signs.next();
                    let is_pipe = sign == '|' && self.signs.next_if_eq(&'|').is_none();
                    return Ok(Some(Part::End { is_pipe }));
                }
                '<' | '>' => return self.redirect(true).map(Some),
                _ => match self.word()? {
                    Word::Text(word) => return Ok(Some(Part::Word(word))),
                    Word::Descriptor(is_output) => return self.redirect(is_output).map(Some),
                    Word::Nothing => {}
                },
            }
        }
    }

    fn redirect(&mut self, is_output: bool) -> Result<Part, String> {
        let sign = self.signs.next();
        if sign == Some('<') && self.signs.peek() == Some(&'<') {
            return Err("a document within the shell is not understood here".into());
        }
        self.signs.next_if_eq(&'>');
        self.signs.next_if_eq(&'&');
        Ok(Part::Redirect { is_output: is_output && sign == Some('>') })
    }

    fn word(&mut self) -> Result<Word, String> {
        let mut word = String::new();
        let mut is_text = false;
        while let Some(sign) = self.signs.peek().copied() {
            match sign {
                '<' | '>' if !is_text && matches!(word.as_str(), "1" | "2") => {
                    return Ok(Word::Descriptor(word == "1"));
                }
                ' ' | '\t' | '\n' | '|' | ';' | '&' | '(' | ')' | '<' | '>' => break,
                '\'' | '"' => {
                    self.signs.next();
                    is_text = true;
                    self.quoted(sign, &mut word)?;
                }
                '\\' => {
                    self.signs.next();
                    match self.signs.next() {
                        Some('\n') => self.line += 1,
                        Some(sign) => word.push(sign),
                        None => return Err("a line is continued and there is none".into()),
                    }
                }
                '$' => {
                    self.signs.next();
                    word.push('$');
                    if self.signs.peek() == Some(&'(') {
                        self.substitution(&mut word)?;
                    }
                }
                sign => {
                    self.signs.next();
                    word.push(sign);
                }
            }
        }
        Ok(if word.is_empty() && !is_text { Word::Nothing } else { Word::Text(word) })
    }

    fn quoted(&mut self, quote: char, word: &mut String) -> Result<(), String> {
        loop {
            match self.signs.next() {
                None => return Err(format!("a quote {quote} is never closed")),
                Some(sign) if sign == quote => return Ok(()),
                Some('\\') if quote == '"' => word.extend(self.signs.next()),
                Some('$') if quote == '"' && self.signs.peek() == Some(&'(') => {
                    word.push('$');
                    self.substitution(word)?;
                }
                Some(sign) => {
                    self.line += usize::from(sign == '\n');
                    word.push(sign);
                }
            }
        }
    }

    /// `(...)` as it is, however deep.
    fn substitution(&mut self, word: &mut String) -> Result<(), String> {
        let mut depth = 0;
        loop {
            let sign = self.signs.next().ok_or("$( is never closed")?;
            word.push(sign);
            match sign {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }
}

enum Word {
    Text(String),
    /// The number before a redirection, and whether it is that of standard output.
    Descriptor(bool),
    Nothing,
}

/// What of a text is for the program: its words, with `>` where its output goes elsewhere.
#[cfg(test)]
#[track_caller]
fn check(text: &str, expected: &[&[&str]]) {
    let commands = commands(text).unwrap();
    let found: Vec<Vec<String>> = commands
        .iter()
        .filter_map(|command| {
            let mut words = command.of_the_program().unwrap()?.to_vec();
            words.extend(command.is_redirected.then(|| ">".to_owned()));
            Some(words)
        })
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn commands_of_the_program_are_found_wherever_a_shell_runs_them() {
    check("rcodetop a.pcap # a comment", &[&["rcodetop", "a.pcap"]]);
    check("sudo rcodetop -i eth0", &[&["rcodetop", "-i", "eth0"]]);
    check("sudo -u ops env A=1 rcodetop report x", &[&["rcodetop", "report", "x"]]);
    check("tcpdump -w - | rcodetop - | less", &[&["rcodetop", "-", ">"]]);
    check("rcodetop report a \\\n  --top 5 && ls", &[&["rcodetop", "report", "a", "--top", "5"]]);
    check("rcodetop --print-config > ~/x 2>&1", &[&["rcodetop", "--print-config", ">"]]);
    check("rcodetop man 2>/dev/null", &[&["rcodetop", "man"]]);
    check(
        "rcodetop x --filter 'a b|c'; rcodetop y",
        &[&["rcodetop", "x", "--filter", "a b|c"], &["rcodetop", "y"]],
    );
    check("kubectl exec pod -- rcodetop -i any", &[&["rcodetop", "-i", "any"]]);
    check(
        "if ! rcodetop report --check a; then echo b; fi",
        &[&["rcodetop", "report", "--check", "a"]],
    );
    check("sudo setcap cap_net_raw=eip \"$(command -v rcodetop)\"", &[]);
    check("cargo install rcodetop\nsudo setcap x rcodetop\necho it", &[]);
}

#[test]
fn what_is_not_understood_is_told() {
    assert!(commands("rcodetop 'a").unwrap_err().contains("never closed"));
    assert!(commands("rcodetop <<EOF").unwrap_err().contains("not understood"));
    let unknown = commands("frobnicate rcodetop").unwrap();
    assert!(unknown[0].of_the_program().unwrap_err().contains("frobnicate"));
}
