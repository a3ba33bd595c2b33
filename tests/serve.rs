//! `rcodetop serve` as a whole: what it answers, to whom, and that nobody can hold it up.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const PROGRAM: &str = env!("CARGO_BIN_EXE_rcodetop");
/// Longer than any of this takes on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

fn testdata(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// A service, and where it says that it listens.
struct Service {
    child: Child,
    address: SocketAddr,
    told: BufReader<ChildStderr>,
}

impl Service {
    fn start(words: &[&str]) -> Self {
        Self::with(Command::new(PROGRAM).arg("serve").args(words))
    }

    fn with(command: &mut Command) -> Self {
        command.args(["--listen", "127.0.0.1:0"]).env_remove("SUDO_UID").env_remove("SUDO_GID");
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = quiet.spawn().unwrap();
        let mut told = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert!(told.read_line(&mut line).unwrap() > 0, "it says where it listens");
            if let Some(rest) = line.trim().strip_prefix("metrics at http://") {
                break rest.strip_suffix("/metrics").unwrap().parse().unwrap();
            }
        };
        Self { child, address, told }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn get(&self, path: &str) -> String {
        let mut stream = self.connect();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Until a page has this in it.
    #[track_caller]
    fn wait(&self, path: &str, wanted: &str) -> String {
        let began = Instant::now();
        loop {
            let answer = self.get(path);
            if answer.contains(wanted) {
                return answer;
            }
            assert!(began.elapsed() < PATIENCE, "{path} has no {wanted}:\n{answer}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to end; its exit status and what it said.
    fn end(mut self) -> (Option<i32>, String) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        let mut said = String::new();
        self.told.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_file_is_told_as_a_report_tells_it() {
    let path = testdata("outage.pcap.gz");
    let path = path.to_str().unwrap();
    let report = Command::new(PROGRAM).args(["report", "-q", "--format", "json", path]).output();
    let report: serde_json::Value = serde_json::from_slice(&report.unwrap().stdout).unwrap();
    let service = Service::start(&[path]);
    let told = service.wait("/metrics", "\nrcodetop_capture_running 0\n");
    assert!(told.contains("Content-Type: text/plain; version=0.0.4\r\n"), "{told}");
    for row in report["rcodes"].as_array().unwrap() {
        let name = row["name"].as_str().unwrap();
        let sample = format!("rcodetop_responses_total{{rcode=\"{name}\",transport=");
        let lines = told.lines().filter(|line| line.starts_with(&sample));
        let responses = lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap());
        assert_eq!(Some(responses.sum::<u64>()), row["responses"].as_u64(), "{name}");
    }
    assert!(service.get("/ready").contains("\r\n\r\nread "), "a file is ready once it is read");
    assert!(service.get("/health").starts_with("HTTP/1.1 200 OK\r\n"));
    let (status, said) = service.end();
    assert_eq!((status, said.as_str()), (Some(0), ""));
}

#[test]
fn a_file_that_grows_is_followed() {
    let whole = fs::read(testdata("links/ethernet.pcap")).unwrap();
    let folder = tempfile::Builder::new().tempdir_in("/tmp").unwrap();
    let path = folder.path().join("growing.pcap");
    let mut file = File::create(&path).unwrap();
    file.write_all(&whole[..24]).unwrap();
    let service = Service::start(&["--follow", "--no-sandbox", path.to_str().unwrap()]);
    service.wait("/metrics", "\nrcodetop_queries_total 0\n");
    assert!(service.get("/ready").contains("reading "));
    file.write_all(&whole[24..]).unwrap();
    let began = Instant::now();
    while service.get("/metrics").contains("\nrcodetop_queries_total 0\n") {
        assert!(began.elapsed() < PATIENCE, "what was added is counted");
        thread::sleep(Duration::from_millis(20));
    }
    assert!(service.get("/metrics").contains("\nrcodetop_capture_running 1\n"));
    assert_eq!(service.end().0, Some(0));
}

#[test]
fn a_pipe_that_has_nothing_yet_keeps_nobody_waiting() {
    let folder = tempfile::Builder::new().tempdir_in("/tmp").unwrap();
    let path = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    let writer = File::options().read(true).write(true).open(&path).unwrap();
    let service = Service::start(&["--no-sandbox", path.to_str().unwrap()]);
    assert!(service.get("/health").starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(service.get("/metrics").starts_with("HTTP/1.1 "));
    (&writer).write_all(&fs::read(testdata("links/ethernet.pcap")).unwrap()).unwrap();
    service.wait("/ready", "reading ");
    let (_, _) = service.end();
}

#[test]
fn who_hangs_holds_up_nobody() {
    let service = Service::start(&[testdata("outage.pcap.gz").to_str().unwrap()]);
    let mut hanging = Vec::new();
    for nth in 0..300 {
        let mut stream = service.connect();
        let _ = match nth % 4 {
            0 => Ok(()),                                             // says nothing
            1 => stream.write_all(b"GET /metrics HT"),               // says half of it
            2 => stream.write_all(&[0xff; 64]),                      // says nonsense
            _ => stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n"), // does not listen
        };
        hanging.push(stream);
        if nth % 50 == 0 {
            assert!(service.get("/health").starts_with("HTTP/1.1 200 OK\r\n"));
        }
    }
    let told = service.wait("/metrics", "rcodetop_queries_total");
    assert!(told.ends_with('\n'), "an answer is whole while others hang");
    let descriptors = format!("/proc/{}/fd", service.child.id());
    if let Ok(open) = fs::read_dir(descriptors) {
        assert!(open.count() < 100, "connections are bounded");
    }
    assert_eq!(service.end().0, Some(0));
    drop(hanging);
}

#[test]
fn an_address_that_is_taken_is_refused_with_advice() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let file = testdata("outage.pcap.gz");
    let refused = Command::new(PROGRAM)
        .args(["serve", file.to_str().unwrap(), "--listen", &address])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.starts_with(&format!("error: cannot listen on {address} ")), "{said}");
    assert!(said.contains("--listen") && said.contains("in use"), "{said}");
}

#[test]
fn nobody_is_sent_to_a_service_that_has_nothing_to_read() {
    for file in [concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "/dev/null/none.pcap"] {
        for more in [&[][..], &["--follow"]] {
            let words = [&["serve", file, "--listen", "127.0.0.1:0"], more].concat();
            let refused = Command::new(PROGRAM).args(words).output().unwrap();
            let said = String::from_utf8_lossy(&refused.stderr);
            assert_eq!(refused.status.code(), Some(2), "{said}");
            assert!(said.starts_with("error: ") && !said.contains("metrics at"), "{said}");
        }
    }
}

#[test]
fn a_broken_capture_ends_with_a_panic_told_and_no_thread_left() {
    let mut command = Command::new(PROGRAM);
    let file = testdata("outage.pcap.gz");
    command.args(["serve", file.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    let output = command.env("RCODETOP_PANIC", "capture").stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(70));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("a rehearsed panic"), "{said}");
}

#[test]
fn it_is_confined_while_it_answers() {
    let service = Service::start(&[testdata("outage.pcap.gz").to_str().unwrap()]);
    service.wait("/metrics", "rcodetop_queries_total");
    let Ok(threads) = fs::read_dir(format!("/proc/{}/task", service.child.id())) else {
        println!("skipped: there is no /proc here");
        return;
    };
    let mut seen = 0;
    for thread in threads {
        let status = fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        assert!(status.contains("\nSeccomp:\t2\n"), "{status}");
        assert!(status.contains("\nCapEff:\t0000000000000000\n"), "{status}");
        seen += 1;
    }
    assert!(seen >= 2, "one captures and one answers");
}
