//! Real servers that refuse a client, and how soon the verdict names them.
//!
//! Needs `dnsperf`, `dig` and a server beside what all live tests need.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::net::{Running, SERVER, client, in_namespace, nsenter, start, succeeds, wait_until};
use super::terminal::{PROGRAM, Terminal};

/// A server: its program, the configuration that refuses the client, how it is started in a folder,
/// and the words of the cause that the first screen has to name.
struct Server {
    program: &'static str,
    configuration: &'static str,
    arguments: &'static [&'static str],
    cause: &'static [&'static str],
}

const NAMED: Server = Server {
    program: "named",
    configuration: r#"options {
        directory "@"; pid-file none; session-keyfile "@/session.key";
        listen-on { 10.99.0.1; }; listen-on-v6 { none; }; dnssec-validation no;
        recursion yes; allow-recursion { 10.98.0.0/16; }; allow-query-cache { 10.98.0.0/16; };
    };
    controls { };
    zone "own.example" { type primary; file "@/zone"; };"#,
    arguments: &["-g", "-c", "@/configuration"],
    // That others may is not to be seen while no other asks.
    cause: &["10.99.0.2 uses 10.99.0.1 as resolver, which answers for its own zones only"],
};

/// The same, which also tells what it does.
const NAMED_TELLS: Server = Server {
    configuration: r#"options {
        directory "@"; pid-file none; session-keyfile "@/session.key";
        listen-on { 10.99.0.1; }; listen-on-v6 { none; }; dnssec-validation no;
        recursion yes; allow-recursion { 10.98.0.0/16; }; allow-query-cache { 10.98.0.0/16; };
        dnstap { client; auth; resolver; forwarder; }; dnstap-output unix "@/dnstap.sock";
    };
    controls { };
    zone "own.example" { type primary; file "@/zone"; };"#,
    cause: &["10.99.0.2", SERVER],
    ..NAMED
};

const UNBOUND: Server = Server {
    program: "unbound",
    configuration: r#"server:
        interface: 10.99.0.1
        do-daemonize: no
        username: ""
        chroot: ""
        directory: "@"
        pidfile: ""
        use-syslog: no
        module-config: "iterator"
        access-control: 10.99.0.0/24 refuse"#,
    arguments: &["-d", "-c", "@/configuration"],
    cause: &["10.99.0.2", SERVER],
};

const KNOTD: Server = Server {
    program: "knotd",
    configuration: r#"server:
    rundir: "@"
    listen: 10.99.0.1@53
database:
    storage: "@/db"
log:
  - target: stderr
    any: warning
zone:
  - domain: own.example
    file: "@/zone""#,
    arguments: &["-c", "@/configuration"],
    cause: &[SERVER],
};

const ZONE: &str = "\
own.example. 60 IN SOA ns.own.example. ops.own.example. 1 60 60 60 60
own.example. 60 IN NS ns.own.example.
ns.own.example. 60 IN A 10.99.0.1
www.own.example. 60 IN A 10.99.0.1
";

/// Asks for these names, so many a second, for so many seconds.
fn ask(pid: &str, folder: &Path, names: &str, rate: u32, seconds: u32) -> Running {
    let list = folder.join("names");
    fs::write(&list, names).expect("it can be written");
    let [rate, seconds] = [rate, seconds].map(|number| number.to_string());
    let list = list.to_str().expect("it is text");
    let words = ["dnsperf", "-s", SERVER, "-Q", &rate, "-l", &seconds, "-d", list];
    start(nsenter(pid).args(words))
}

impl Server {
    fn start(&self, folder: &Path) -> Running {
        let place = folder.to_str().expect("it is text");
        let here = |text: &str| text.replace('@', place).replace(&format!("{place}53"), "@53");
        fs::create_dir(folder.join("db")).expect("it can be made");
        fs::write(folder.join("zone"), ZONE).expect("it can be written");
        fs::write(folder.join("configuration"), here(self.configuration)).expect("likewise");
        let arguments = self.arguments.iter().map(|argument| here(argument));
        start(Command::new(self.program).args(arguments))
    }
}

/// Whether the server answers.
fn answers(pid: &str) -> bool {
    let dig = ["dig", "+tries=1", "+time=1", "@10.99.0.1", "own.example", "SOA"];
    succeeds(nsenter(pid).args(dig))
}

/// Names that are not the server's.
fn elsewhere() -> String {
    let names: Vec<_> = (0..40).map(|each| format!("www{each}.elsewhere.test A\n")).collect();
    names.concat()
}

fn program() -> String {
    std::env::var("RCODETOP").unwrap_or_else(|_| PROGRAM.to_owned())
}

/// A capture on which nothing happens, until the server refuses.
fn check(test: &str, server: &Server) {
    if !in_namespace(&format!("servers::{test}"), &[server.program, "dnsperf", "dig"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("it can be made");
    let client = client();
    let pid = client.0.id().to_string();
    let _server = server.start(folder.path());
    wait_until("answer of the server", || answers(&pid));
    let mut terminal = Terminal::run(&[&program(), "--no-config", "-i", "server"], &[]);
    terminal.wait_to_see("capturing");
    let began = Instant::now();
    let _asking = ask(&pid, folder.path(), &elsewhere(), 50, 20);
    terminal.wait_to_see("REFUSED 100 % of responses");
    for words in server.cause {
        terminal.wait_to_see(words);
    }
    let took = began.elapsed().as_secs_f64();
    println!("{}: verdict and cause {took:.2} s after the client began to ask", server.program);
    let shown = terminal.screen().contents();
    let verdict = shown.lines().find(|line| line.starts_with("REFUSED")).unwrap_or_default();
    println!("{verdict}");
    terminal.type_in("q");
    terminal.check_end(0);
}

#[test]
fn bind_refuses_recursion_and_the_dashboard_says_so() {
    check("bind_refuses_recursion_and_the_dashboard_says_so", &NAMED);
}

#[test]
fn unbound_refuses_a_network_and_the_dashboard_says_so() {
    check("unbound_refuses_a_network_and_the_dashboard_says_so", &UNBOUND);
}

#[test]
fn knot_refuses_what_it_does_not_hold_and_the_dashboard_says_so() {
    check("knot_refuses_what_it_does_not_hold_and_the_dashboard_says_so", &KNOTD);
}

#[test]
fn bind_tells_that_it_refuses_and_the_dashboard_says_so_though_it_sees_no_packet() {
    let test = "bind_tells_that_it_refuses_and_the_dashboard_says_so_though_it_sees_no_packet";
    let server = &NAMED_TELLS;
    if !in_namespace(&format!("servers::{test}"), &[server.program, "dnsperf", "dig"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("it can be made");
    let client = client();
    let pid = client.0.id().to_string();
    let socket = folder.path().join("dnstap.sock");
    let words = ["--no-config", "--dnstap-socket", socket.to_str().expect("it is text")];
    let mut terminal = Terminal::run(&[&[program().as_str()], &words[..]].concat(), &[]);
    terminal.wait_to_see("no sender connected yet");
    let running = server.start(folder.path());
    wait_until("answer of the server", || answers(&pid));
    terminal.wait_to_see("1 sender");
    let began = Instant::now();
    let _asking = ask(&pid, folder.path(), &elsewhere(), 50, 20);
    terminal.wait_to_see("REFUSED");
    for words in server.cause {
        terminal.wait_to_see(words);
    }
    let took = began.elapsed().as_secs_f64();
    println!("{} over dnstap: verdict {took:.2} s after the client began to ask", server.program);
    drop(running);
    terminal.wait_to_see("no sender connected");
    terminal.type_in("q");
    terminal.check_end(0);
    assert!(!socket.exists(), "the socket is removed");
}
