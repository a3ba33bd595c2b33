//! A folder in which commands of the documentation run: with the program, the captures that a page
//! names, few other commands, and nobody's rights.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::page::Page;
use super::root;

/// What commands of the documentation may use beside the program and what a shell has itself.
const TOOLS: &[&str] = &["cat", "cut", "grep", "gzip", "head", "ls", "sort", "tail", "wc"];

/// Whose rights commands have when root runs the tests: they need none.
const NOBODY: u32 = 65534;

/// Far longer than any command takes; only one that waits for ever meets it.
const LONGEST: Duration = Duration::from_secs(300);

/// A copy of the program and links to the tools, for all pages.
pub(crate) struct Programs(tempfile::TempDir);

impl Programs {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("docs-").tempdir_in("/tmp").unwrap();
        open(folder.path());
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        open(&bin);
        // By a process of its own: a file that is open for writing here cannot be run.
        let program = bin.join("rcodetop");
        let copy = Command::new("cp").arg(env!("CARGO_BIN_EXE_rcodetop")).arg(&program).status();
        assert!(copy.unwrap().success());
        open(&program);
        for tool in TOOLS {
            let path = find(tool).unwrap_or_else(|| panic!("there is no {tool}"));
            symlink(path, bin.join(tool)).unwrap();
        }
        Self(folder)
    }
}

fn find(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(tool)).find(|path| path.is_file())
}

fn open(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The folder of one page: what a command writes is there for the next.
pub(crate) struct Scratch<'a> {
    programs: &'a Programs,
    folder: PathBuf,
}

impl<'a> Scratch<'a> {
    pub(crate) fn new(programs: &'a Programs, page: &Page) -> Self {
        let folder = programs.0.path().join(page.path.replace('/', "-"));
        fs::create_dir(&folder).unwrap();
        open(&folder);
        for capture in captures(page) {
            let to = folder.join(&capture);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(root().join(&capture), &to).unwrap();
            open(&to);
        }
        if is_root() {
            chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        Self { programs, folder }
    }

    /// Runs commands in one shell, one after the other; the lines that each printed, on standard
    /// output and error.
    pub(crate) fn run(&self, commands: &[&str]) -> Result<Vec<Vec<String>>, String> {
        const MARK: &str = "== printed ==";
        let step = |command: &&str| format!("{command}\nset -- $?\necho '{MARK}'\n(exit $1)\n");
        let script: String = commands.iter().map(step).collect();
        let printed = self.shell(&script)?;
        let parts: Vec<&str> = printed.split(&format!("{MARK}\n")).collect();
        let (rest, parts) = parts.split_last().ok_or("nothing was printed")?;
        if parts.len() != commands.len() {
            return Err(format!("the shell ended early: {rest}"));
        }
        let lines = |part: &&str| part.lines().map(|line| line.trim_end().to_owned()).collect();
        Ok(parts.iter().map(lines).collect())
    }

    fn shell(&self, script: &str) -> Result<String, String> {
        let to = self.programs.0.path().join("printed");
        let printed = File::create(&to).unwrap();
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", script]).current_dir(&self.folder).env_clear();
        shell.env("PATH", self.programs.0.path().join("bin"));
        shell.env("LANG", "C.UTF-8").env("HOME", &self.folder).env("TZ", "Asia/Tokyo");
        shell.stdin(Stdio::null()).stdout(printed.try_clone().unwrap()).stderr(printed);
        if is_root() {
            shell.uid(NOBODY).gid(NOBODY);
        }
        let mut child = shell.spawn().unwrap();
        let began = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if began.elapsed() > LONGEST {
                child.kill().unwrap();
                child.wait().unwrap();
                return Err("the commands do not end".into());
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(String::from_utf8_lossy(&fs::read(to).unwrap()).into_owned())
    }
}

/// The captures of `testdata` that a page names.
fn captures(page: &Page) -> Vec<String> {
    let is_end = |sign: char| !(sign.is_ascii_alphanumeric() || "/._-".contains(sign));
    let words = page.text.split(is_end).filter(|word| word.starts_with("testdata/"));
    let mut captures: Vec<String> =
        words.filter(|word| root().join(word).is_file()).map(str::to_owned).collect();
    captures.sort();
    captures.dedup();
    captures
}
