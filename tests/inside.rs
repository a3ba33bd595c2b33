//! What a confined program cannot do any more, tried from its inside.
//!
//! Rights are those of a thread, and the harness of tests has one of its own: so this is a program
//! without it, which runs each of its tests in a process that has one thread. Needs Linux; with root
//! it tries more.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("skipped: needs Linux");
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::main()
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{self, File, OpenOptions};
    use std::io::{self, Read, Write};
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::fd::{AsFd, AsRawFd, OwnedFd};
    use std::os::unix::fs::{PermissionsExt, chown};
    use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
    use std::path::Path;
    use std::process::{Command, ExitCode};
    use std::sync::OnceLock;
    use std::thread;

    use rcodetop::confine::{self, Role, Sockets, Wishes};
    use rustix::io::Errno;
    use rustix::net::{AddressFamily, SocketType, socket};
    use rustix::process::{Pid, Resource, Rlimit, Signal, Uid, geteuid, kill_process};
    use rustix::thread::{CapabilitySet, CapabilitySets};

    const NOBODY: u32 = 65534;

    /// The test and its folder, in the process that is confined.
    const TEST: &str = "RCODETOP_TEST_INSIDE";
    const FOLDER: &str = "RCODETOP_TEST_FOLDER";

    /// Asked for before the process is confined.
    static PARENT: OnceLock<u32> = OnceLock::new();

    fn parent() -> i32 {
        i32::try_from(*PARENT.get().unwrap()).unwrap()
    }

    type Test = (&'static str, fn(&Path));

    const TESTS: &[Test] = &[
        ("who_reads_packets_can_do_nothing_else", who_reads_packets_can_do_nothing_else),
        (
            "who_tells_metrics_can_accept_and_nothing_else",
            who_tells_metrics_can_accept_and_nothing_else,
        ),
        (
            "who_hears_dnstap_can_accept_and_nothing_else",
            who_hears_dnstap_can_accept_and_nothing_else,
        ),
        ("who_removes_a_socket_can_do_nothing_else", who_removes_a_socket_can_do_nothing_else),
        ("who_writes_reports_can_do_nothing_else", who_writes_reports_can_do_nothing_else),
        (
            "who_files_rows_can_make_folders_and_do_nothing_else",
            who_files_rows_can_make_folders_and_do_nothing_else,
        ),
        ("threads_are_not_left_behind", threads_are_not_left_behind),
    ];

    pub(super) fn main() -> ExitCode {
        if let (Ok(name), Some(folder)) = (std::env::var(TEST), std::env::var_os(FOLDER)) {
            let test = TESTS.iter().find(|(each, _)| *each == name).unwrap();
            PARENT.set(std::os::unix::process::parent_id()).unwrap();
            test.1(Path::new(&folder));
            return ExitCode::SUCCESS;
        }
        let failed = TESTS.iter().filter(|(name, _)| !run(name)).count();
        let (passed, word) = (TESTS.len() - failed, if failed == 0 { "ok" } else { "FAILED" });
        println!("\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored\n");
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// In a process of its own, with a folder that everybody can enter.
    fn run(test: &str) -> bool {
        let folder = tempfile::Builder::new().tempdir_in("/tmp").unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.path().join("allowed"), "allowed").unwrap();
        fs::write(folder.path().join("denied"), "denied").unwrap();
        fs::create_dir(folder.path().join("reports")).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        let output = command.env(TEST, test).env(FOLDER, folder.path()).output().unwrap();
        let passed = output.status.success();
        print!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        println!("test {test} ... {}", if passed { "ok" } else { "FAILED" });
        passed
    }

    /// Whether the kernel has all that confines it.
    fn confine(role: Role, folder: &Path, sockets: Sockets) -> bool {
        let user = confine::analyst(None).unwrap();
        let wishes = Wishes { role, user, read: vec![folder.join("allowed")], sockets };
        let status = confine::confine(&wishes).unwrap();
        println!("{}", status.line());
        let lacking = status.warnings();
        if !lacking.is_empty() {
            println!("skipped: {}", lacking.join("; "));
        }
        lacking.is_empty()
    }

    /// Something that must not be possible.
    type Misdeed<'a> = (&'a str, Box<dyn Fn() -> io::Result<()> + 'a>);

    #[track_caller]
    fn check_all_fail(misdeeds: &[Misdeed<'_>]) {
        let mut succeeded = Vec::new();
        for (what, try_it) in misdeeds {
            match try_it() {
                Ok(()) => succeeded.push(*what),
                Err(error) => {
                    println!("{what}: {error}");
                    let kinds = [Some(libc_errno(Errno::PERM)), Some(libc_errno(Errno::ACCESS))];
                    assert!(
                        kinds.contains(&error.raw_os_error()),
                        "{what} fails by chance: {error}"
                    );
                }
            }
        }
        assert!(succeeded.is_empty(), "could be done: {succeeded:?}");
    }

    fn libc_errno(errno: Errno) -> i32 {
        errno.raw_os_error()
    }

    /// What nobody may do, whatever the process is for.
    fn misdeeds(folder: &Path) -> Vec<Misdeed<'_>> {
        let of = |errno: Errno| io::Error::from_raw_os_error(errno.raw_os_error());
        let (denied, allowed) = (folder.join("denied"), folder.join("allowed"));
        vec![
            ("read /etc/shadow", Box::new(|| File::open("/etc/shadow").map(drop))),
            ("read what everybody may", Box::new(|| File::open("/etc/passwd").map(drop))),
            ("read a file beside the allowed one", Box::new(move || File::open(&denied).map(drop))),
            ("list a folder", Box::new(|| fs::read_dir("/").map(drop))),
            ("write an allowed file", {
                Box::new(move || OpenOptions::new().write(true).open(&allowed).map(drop))
            }),
            ("make a file", Box::new(|| File::create("/tmp/rcodetop-was-here").map(drop))),
            ("make a folder", Box::new(|| fs::create_dir("/tmp/rcodetop-was-here"))),
            ("make a link", Box::new(|| std::os::unix::fs::symlink("/", "/tmp/rcodetop-was-here"))),
            ("change rights", {
                Box::new(move || fs::set_permissions(folder, fs::Permissions::from_mode(0o777)))
            }),
            ("make a UDP socket", Box::new(|| UdpSocket::bind("127.0.0.1:0").map(drop))),
            ("connect", Box::new(|| TcpStream::connect("127.0.0.1:9").map(drop))),
            ("make a local socket", Box::new(|| UnixDatagram::unbound().map(drop))),
            ("make a packet socket", Box::new(move || packet_socket().map(drop).map_err(of))),
            ("run a program", Box::new(|| Command::new("/bin/true").status().map(drop))),
            ("be traced", Box::new(|| nix::sys::ptrace::traceme().map_err(io::Error::from))),
            ("trace another", {
                let parent = nix::unistd::Pid::from_raw(parent());
                Box::new(move || nix::sys::ptrace::attach(parent).map_err(io::Error::from))
            }),
            ("end another", {
                let parent = Pid::from_raw(parent());
                Box::new(move || kill_process(parent.unwrap(), Signal::TERM).map_err(of))
            }),
            ("end all others", {
                Box::new(move || {
                    rustix::process::kill_current_process_group(Signal::TERM).map_err(of)
                })
            }),
            ("become root", {
                Box::new(move || {
                    rustix::thread::set_thread_res_uid(Uid::ROOT, Uid::ROOT, Uid::ROOT).map_err(of)
                })
            }),
            ("take a capability", {
                let all = CapabilitySet::NET_RAW;
                let sets = CapabilitySets { effective: all, permitted: all, inheritable: all };
                Box::new(move || rustix::thread::set_capabilities(None::<Pid>, sets).map_err(of))
            }),
            ("raise a bound", {
                let bound = Rlimit { current: Some(1 << 30), maximum: Some(1 << 30) };
                Box::new(move || rustix::process::setrlimit(Resource::Nofile, bound).map_err(of))
            }),
        ]
    }

    fn sockets(sniffer: &Result<OwnedFd, Errno>, listening: &[&dyn AsRawFd]) -> Sockets {
        Sockets {
            packets: sniffer.iter().map(AsRawFd::as_raw_fd).collect(),
            listening: listening.iter().map(|each| each.as_raw_fd()).collect(),
        }
    }

    fn packet_socket() -> Result<OwnedFd, Errno> {
        socket(AddressFamily::PACKET, SocketType::DGRAM, None)
    }

    /// What the program still has to do.
    fn check_life_goes_on(folder: &Path) {
        assert_eq!(fs::read_to_string(folder.join("allowed")).unwrap(), "allowed");
        let (mut one, mut other) = UnixStream::pair().unwrap();
        let talk = thread::spawn(move || one.write_all(b"hello").unwrap());
        let mut heard = [0; 5];
        other.read_exact(&mut heard).unwrap();
        talk.join().unwrap();
        assert_eq!(&heard, b"hello");
        assert!(thread::available_parallelism().is_ok());
        // Ctrl-Z of a pipeline: nobody is in this group but this process, which goes on.
        kill_process(rustix::process::getpid(), Signal::CONT).unwrap();
    }

    fn who_reads_packets_can_do_nothing_else(folder: &Path) {
        let sniffer = packet_socket();
        if !confine(Role::Analyst, folder, sockets(&sniffer, &[])) {
            return;
        }
        let reports = folder.join("reports/rcodetop.md");
        let mut all = misdeeds(folder);
        all.push(("write a report oneself", Box::new(|| File::create(&reports).map(drop))));
        all.push(("remove a file", Box::new(|| fs::remove_file(folder.join("denied")))));
        match &sniffer {
            Err(why) => println!("skipped the packet socket: {why}"),
            Ok(sniffer) => {
                let of = |errno: Errno| io::Error::from_raw_os_error(errno.raw_os_error());
                all.push(("send a packet", {
                    Box::new(move || rustix::io::write(sniffer, b"x").map(drop).map_err(of))
                }));
                all.push(("send a packet by another call", {
                    let flags = rustix::net::SendFlags::empty();
                    Box::new(move || rustix::net::send(sniffer, b"x", flags).map(drop).map_err(of))
                }));
                all.push(("get a second descriptor of it", {
                    Box::new(move || sniffer.as_fd().try_clone_to_owned().map(drop))
                }));
            }
        }
        check_all_fail(&all);
        // A thread that begins later is no better off.
        thread::scope(|scope| scope.spawn(|| check_all_fail(&misdeeds(folder))).join()).unwrap();
        check_life_goes_on(folder);
    }

    fn who_tells_metrics_can_accept_and_nothing_else(folder: &Path) {
        let of = |errno: Errno| io::Error::from_raw_os_error(errno.raw_os_error());
        let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (listener, other, spare) = (listen(), listen(), listen());
        // Whoever asks did so before, as this process cannot any more.
        let address = listener.local_addr().unwrap();
        let mut asks = TcpStream::connect(address).unwrap();
        let _also = TcpStream::connect(other.local_addr().unwrap()).unwrap();
        let sniffer = packet_socket();
        if !confine(Role::Monitor, folder, sockets(&sniffer, &[&listener])) {
            return;
        }
        let all = || {
            let mut all = misdeeds(folder);
            all.push(("accept on another socket", Box::new(|| other.accept().map(drop))));
            all.push(("listen anew", Box::new(|| TcpListener::bind("127.0.0.1:0").map(drop))));
            all.push(("listen anew on a socket that is there", {
                Box::new(|| rustix::net::listen(&spare, 1).map_err(of))
            }));
            all.push(("connect to itself", Box::new(|| TcpStream::connect(address).map(drop))));
            all.push(("bind a socket that is there", {
                Box::new(|| rustix::net::bind(&spare, &address).map_err(of))
            }));
            all.push(("connect a socket that is there", {
                Box::new(|| rustix::net::connect(&spare, &address).map_err(of))
            }));
            all.push(("send to an address", {
                let flags = rustix::net::SendFlags::empty();
                let send = move |it: &TcpStream| {
                    rustix::net::sendto(it, b"x", flags, &address).map(drop).map_err(of)
                };
                let asks = &asks;
                Box::new(move || send(asks))
            }));
            if let Ok(sniffer) = &sniffer {
                all.push(("send a packet", {
                    Box::new(move || rustix::io::write(sniffer, b"x").map(drop).map_err(of))
                }));
            }
            check_all_fail(&all);
        };
        all();
        thread::scope(|scope| scope.spawn(all).join()).unwrap();
        check_life_goes_on(folder);
        let (mut accepted, _) = listener.accept().unwrap();
        accepted.set_nonblocking(true).unwrap();
        let mut heard = [0; 5];
        asks.write_all(b"hello").unwrap();
        assert_eq!(accepted.read(&mut heard).unwrap(), 5);
        accepted.write_all(b"world").unwrap();
        asks.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"world");
        assert_eq!(accepted.read(&mut heard).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }

    fn who_hears_dnstap_can_accept_and_nothing_else(folder: &Path) {
        let bind = |name: &str| UnixListener::bind(folder.join(name)).unwrap();
        let (listener, metrics, other) = (bind("dnstap"), bind("metrics"), bind("other"));
        for name in ["dnstap", "other"] {
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o777)).unwrap();
        }
        // Whoever tells came before, as this process cannot connect any more.
        let mut tells = UnixStream::connect(folder.join("dnstap")).unwrap();
        let _also = UnixStream::connect(folder.join("other")).unwrap();
        let mut asks = UnixStream::connect(folder.join("metrics")).unwrap();
        let sockets = sockets(&Err(Errno::NOENT), &[&listener, &metrics]);
        if !confine(Role::Analyst, folder, sockets) {
            return;
        }
        let all = || {
            let mut all = misdeeds(folder);
            all.push(("accept on another socket", Box::new(|| other.accept().map(drop))));
            all.push(("listen anew", Box::new(|| bind_at(&folder.join("anew")))));
            all.push(("connect to itself", Box::new(|| connect_to(&folder.join("dnstap")))));
            all.push(("connect to another", Box::new(|| connect_to(&folder.join("other")))));
            all.push(("remove the socket", Box::new(|| fs::remove_file(folder.join("dnstap")))));
            check_all_fail(&all);
        };
        all();
        thread::scope(|scope| scope.spawn(all).join()).unwrap();
        for (listener, other) in [(&listener, &mut tells), (&metrics, &mut asks)] {
            let (mut accepted, _) = listener.accept().unwrap();
            accepted.set_nonblocking(true).unwrap();
            let mut heard = [0; 5];
            other.write_all(b"READY").unwrap();
            assert_eq!(accepted.read(&mut heard).unwrap(), 5);
            accepted.write_all(b"START").unwrap();
            other.read_exact(&mut heard).unwrap();
            assert_eq!(&heard, b"START");
        }
        check_life_goes_on(folder);
    }

    fn bind_at(path: &Path) -> io::Result<()> {
        UnixListener::bind(path).map(drop)
    }

    fn connect_to(path: &Path) -> io::Result<()> {
        UnixStream::connect(path).map(drop)
    }

    fn who_removes_a_socket_can_do_nothing_else(folder: &Path) {
        let place = folder.join("reports");
        let socket = place.join("dnstap");
        let _listener = UnixListener::bind(&socket).unwrap();
        if geteuid().is_root() {
            chown(&place, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let wishes = Wishes {
            user: confine::holder(&place).unwrap(),
            ..Wishes::of(Role::Remover(place.clone()))
        };
        if !confine::confine(&wishes).unwrap().warnings().is_empty() {
            return println!("skipped: the kernel lacks a step");
        }
        check_all_fail(&misdeeds(folder));
        check_all_fail(&[
            ("remove a file above", Box::new(|| fs::remove_file(folder.join("denied")))),
            ("make a file beside it", Box::new(|| File::create(place.join("x")).map(drop))),
            ("move it", Box::new(|| fs::rename(&socket, place.join("moved")))),
            ("connect to it", Box::new(|| connect_to(&socket))),
        ]);
        fs::remove_file(&socket).unwrap();
    }

    fn who_writes_reports_can_do_nothing_else(folder: &Path) {
        let reports = folder.join("reports");
        if geteuid().is_root() {
            chown(&reports, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        if !confine(Role::Writer(reports.clone()), folder, Sockets::default()) {
            return;
        }
        let all: Vec<_> = misdeeds(folder);
        check_all_fail(&all);
        File::create_new(reports.join("aside")).unwrap().write_all(b"report").unwrap();
        fs::hard_link(reports.join("aside"), reports.join("report")).unwrap();
        fs::remove_file(reports.join("aside")).unwrap();
        let up = reports.join("../report");
        check_all_fail(&[
            ("move it out", Box::new(|| fs::rename(reports.join("report"), folder.join("report")))),
            ("write above", Box::new(|| File::create_new(&up).map(drop))),
            ("write over", Box::new(|| fs::write(reports.join("report"), "x"))),
            ("make a folder in it", Box::new(|| fs::create_dir(reports.join("sub")))),
        ]);
        assert_eq!(fs::read_to_string(reports.join("report")).unwrap(), "report");
    }

    fn who_files_rows_can_make_folders_and_do_nothing_else(folder: &Path) {
        let rows = folder.join("reports");
        if geteuid().is_root() {
            chown(&rows, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        if !confine(Role::Filer(rows.clone()), folder, Sockets::default()) {
            return;
        }
        check_all_fail(&misdeeds(folder));
        let hour = rows.join("date=2026-11-21/hour=03");
        fs::create_dir_all(&hour).unwrap();
        File::create_new(hour.join("aside")).unwrap().write_all(b"rows").unwrap();
        fs::hard_link(hour.join("aside"), hour.join("rows")).unwrap();
        fs::remove_file(hour.join("aside")).unwrap();
        check_all_fail(&[
            ("make a folder above", Box::new(|| fs::create_dir(rows.join("../sub")))),
            ("move it out", Box::new(|| fs::rename(hour.join("rows"), folder.join("rows")))),
            ("write over", Box::new(|| fs::write(hour.join("rows"), "x"))),
            ("remove a folder", Box::new(|| fs::remove_dir(&rows))),
        ]);
        assert_eq!(fs::read_to_string(hour.join("rows")).unwrap(), "rows");
    }

    fn threads_are_not_left_behind(folder: &Path) {
        let (go_on, wait) = std::sync::mpsc::channel::<()>();
        let other = thread::spawn(move || wait.recv());
        let read = vec![folder.to_owned()];
        let wishes = Wishes { read, ..Wishes::of(Role::Analyst) };
        let told = confine::confine(&wishes).unwrap_err().to_string();
        assert!(told.contains("threads already"), "{told}");
        drop(go_on);
        assert!(other.join().unwrap().is_err());
    }
}
