//! Live capture, in a network namespace of its own: nothing is sent or seen outside.
//!
//! Needs root, `unshare` and `ip`; skips with a printed reason without them.

use std::net::UdpSocket;
use std::process::{Command, Stdio};

use rcodetop::source::{
    Direction, FrameSource, LiveOptions, Losses, Next, SourceError, list_interfaces, open_live,
};
use rcodetop::wire::{Decoder, LinkType, Packet};

/// Set in the process that runs inside the namespace.
const INSIDE: &str = "RCODETOP_TEST_INSIDE_NAMESPACE";

/// Frames of a UDP datagram over Ethernet carry their payload after this.
const HEADERS: usize = 42;

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|done| done.success())
}

/// Runs one test of this program again, inside a new network namespace.
fn in_namespace(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        // Its neighbour discovery and multicast reports come when they like.
        std::fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1").unwrap();
        return true;
    }
    if !succeeds(Command::new("unshare").args(["-nm", "ip", "link", "set", "lo", "up"])) {
        println!("skipped: no root, no `unshare` or no `ip` here");
        return false;
    }
    let status = Command::new("unshare")
        .arg("-nm")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("live::{test}"), "--nocapture", "--test-threads=1"])
        .env(INSIDE, "yes")
        .status()
        .unwrap();
    assert!(status.success(), "inside the namespace");
    false
}

fn ip(arguments: &str) {
    let words: Vec<_> = arguments.split(' ').collect();
    assert!(Command::new("ip").args(words).status().unwrap().success(), "ip {arguments}");
}

/// An interface with a cable to nobody, on which what is sent to 10.NETWORK.0.2 goes out.
fn dummy(name: &str, network: u8) {
    ip(&format!("link add {name} type veth peer name {name}p"));
    ip(&format!("link set {name}p up"));
    ip(&format!("addr add 10.{network}.0.1/24 dev {name}"));
    ip(&format!("link set {name} up"));
    ip(&format!("neigh add 10.{network}.0.2 lladdr 02:00:00:00:00:02 dev {name}"));
}

fn send(to: &str, payload: &str) {
    UdpSocket::bind("0.0.0.0:0").unwrap().send_to(payload.as_bytes(), to).unwrap();
}

fn open(names: &[&str], options: &LiveOptions) -> Box<dyn FrameSource> {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    open_live(&names, options).unwrap()
}

/// Payloads that come before enough silence to know that no more will.
fn payloads(source: &mut dyn FrameSource) -> Vec<String> {
    let (mut found, mut silences) = (Vec::new(), 0);
    while silences < 4 {
        match source.next() {
            Next::Frame(frame) => {
                assert!(frame.at.0 > 1_700_000_000_000_000_000, "{}", frame.at);
                found.push(String::from_utf8_lossy(&frame.bytes[HEADERS..]).into_owned());
            }
            Next::Quiet => silences += 1,
            Next::End(end) => panic!("{end:?}"),
        }
    }
    found
}

#[test]
fn one_port_of_one_interface_is_captured() {
    if !in_namespace("one_port_of_one_interface_is_captured") {
        return;
    }
    dummy("dummy0", 9);
    let mut source = open(&["dummy0"], &LiveOptions::default());
    send("10.9.0.2:80", "other");
    for number in 0..200 {
        send("10.9.0.2:53", &format!("query {number}"));
    }
    let found = payloads(source.as_mut());
    assert_eq!(found.len(), 200);
    assert!((0..).zip(&found).all(|(number, payload)| *payload == format!("query {number}")));
    assert_eq!(
        source.losses(),
        Losses { kernel: Some(0), interface: Some(0), ..Losses::default() }
    );
    let mut source =
        open(&["dummy0"], &LiveOptions { bpf: Some("port 80".into()), ..LiveOptions::default() });
    send("10.9.0.2:53", "query");
    send("10.9.0.2:80", "other");
    assert_eq!(payloads(source.as_mut()), ["other"]);
    // It came over the cable, or was put on it.
    for (direction, expected) in [(Direction::Out, 1), (Direction::In, 0)] {
        let direction = Some(direction);
        let mut source = open(&["dummy0"], &LiveOptions { direction, ..LiveOptions::default() });
        send("10.9.0.2:53", "query");
        assert_eq!(payloads(source.as_mut()).len(), expected, "{direction:?}");
    }
    let mut source =
        open(&["dummy0"], &LiveOptions { ports: vec![5353], ..LiveOptions::default() });
    send("10.9.0.2:53", "query");
    send("10.9.0.2:5353", "elsewhere");
    assert_eq!(payloads(source.as_mut()), ["elsewhere"]);
}

#[test]
fn an_idle_interface_starves_no_other_and_one_that_goes_may_come_back() {
    if !in_namespace("an_idle_interface_starves_no_other_and_one_that_goes_may_come_back") {
        return;
    }
    dummy("idle0", 9);
    dummy("busy0", 10);
    let mut source = open(&["idle0", "busy0"], &LiveOptions::default());
    (0..20).for_each(|_| send("10.10.0.2:53", "busy"));
    assert_eq!(payloads(source.as_mut()), vec!["busy"; 20]);
    send("10.9.0.2:53", "idle no more");
    assert_eq!(payloads(source.as_mut()), ["idle no more"]);
    ip("link del idle0");
    send("10.10.0.2:53", "still here");
    assert_eq!(payloads(source.as_mut()), ["still here"]);
    let gone = "idle0 disappeared (was it removed or renamed?); capturing goes on when it is back";
    assert_eq!(source.complaints(), [gone]);
    ip("link del busy0");
    assert!(payloads(source.as_mut()).is_empty(), "it waits for them");
    assert_eq!(source.complaints().len(), 2);
    dummy("busy0", 10);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert!(payloads(source.as_mut()).is_empty(), "it is found again");
    send("10.10.0.2:53", "back again");
    assert_eq!(payloads(source.as_mut()), ["back again"]);
    assert!(source.complaints()[1].starts_with("busy0 was gone once, for "));
}

#[test]
fn an_interface_that_goes_down_and_up_is_captured_on_again() {
    if !in_namespace("an_interface_that_goes_down_and_up_is_captured_on_again") {
        return;
    }
    // What tells is that of the name space in which it was mounted.
    let mounted = succeeds(Command::new("mount").args(["-t", "sysfs", "sysfs", "/sys"]));
    dummy("dummy0", 9);
    let mut source = open(&["dummy0"], &LiveOptions::default());
    ip("link set dummy0 down");
    let told = await_complaint(source.as_mut(), |told| told.contains("dummy0 went down"));
    assert!(told || !mounted, "that it is down is told: {:?}", source.complaints());
    ip("link set dummy0 up");
    ip("neigh replace 10.9.0.2 lladdr 02:00:00:00:00:02 dev dummy0");
    let told = await_complaint(source.as_mut(), |told| told.contains("was switched off once"));
    assert!(told || !mounted, "that it was down is told: {:?}", source.complaints());
    send("10.9.0.2:53", "again");
    assert_eq!(payloads(source.as_mut()), ["again"]);
}

/// Whether something is complained of within some seconds of silence.
fn await_complaint(source: &mut dyn FrameSource, is_it: impl Fn(&str) -> bool) -> bool {
    (0..30).any(|_| {
        assert!(matches!(source.next(), Next::Quiet), "nothing was sent");
        source.complaints().iter().any(|told| is_it(told))
    })
}

/// Puts a frame with VLAN tags on the other end of the cable; needs `python3`.
fn send_tagged(interface: &str, tags: &str, port: u16) -> bool {
    let udp = format!("1234{port:04x}000c000071756572");
    let ip = "45000020000100004011000000000000".to_owned() + "0a000002";
    let frame = format!("ffffffffffff020000000002{tags}0800{ip}{udp}");
    let program = format!(
        "import socket; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); \
         s.bind(('{interface}p', 0)); s.send(bytes.fromhex('{frame}'))"
    );
    succeeds(Command::new("python3").args(["-c", &program]))
}

#[test]
fn tagged_frames_pass_the_built_in_filter() {
    if !in_namespace("tagged_frames_pass_the_built_in_filter") {
        return;
    }
    dummy("dummy0", 9);
    for tags in ["", "81000005", "88a8000681000005"] {
        let mut source = open(&["dummy0"], &LiveOptions::default());
        if !send_tagged("dummy0", tags, 80) {
            return println!("skipped: no `python3` here");
        }
        send_tagged("dummy0", tags, 53);
        let found = payloads(source.as_mut());
        assert_eq!(found.len(), 1, "tags {tags:?}: {found:?}");
        assert!(found[0].ends_with("quer"), "tags {tags:?}: {found:?}");
    }
}

#[test]
fn all_interfaces_together_can_be_captured_on() {
    if !in_namespace("all_interfaces_together_can_be_captured_on") {
        return;
    }
    dummy("dummy0", 9);
    match open_live(&["any".into()], &LiveOptions::default()) {
        Ok(mut source) => {
            send("10.9.0.2:53", "query");
            let Next::Frame(frame) = source.next() else { panic!("nothing came") };
            assert!([113, 276].contains(&frame.link.0) && frame.bytes.ends_with(b"query"));
            for tags in ["81000005", "88a8000681000005"] {
                while let Next::Frame(_) = source.next() {}
                if !send_tagged("dummy0", tags, 53) {
                    return println!("skipped the part with tags: no `python3` here");
                }
                check_tagged(source.as_mut(), tags);
            }
        }
        Err(SourceError::LinkType { number, .. }) => {
            let link = LinkType(u16::try_from(number).unwrap());
            assert!(link.link().is_none() && [113, 276].contains(&link.0), "{link:?}");
        }
        Err(error) => panic!("{error}"),
    }
}

/// What comes in at one end, and goes out at the other, is a datagram of the port, tagged or not.
fn check_tagged(source: &mut dyn FrameSource, tags: &str) {
    let mut seen = 0;
    let mut decoder = Decoder::new(&[53], 1 << 16);
    while let Next::Frame(frame) = source.next() {
        let packet = decoder.decode(&frame);
        let is_datagram = matches!(packet, Packet::Datagram(_));
        assert!(is_datagram, "tags {tags}: {packet:?} from {:02x?}", frame.bytes);
        seen += 1;
    }
    assert_eq!(seen, 2, "tags {tags}");
}

#[test]
fn what_cannot_be_captured_on_says_what_to_do() {
    if !in_namespace("what_cannot_be_captured_on_says_what_to_do") {
        return;
    }
    dummy("dummy0", 9);
    let told = |name: &str, options: &LiveOptions| {
        open_live(&[name.to_owned()], options).err().unwrap().to_string()
    };
    let options = LiveOptions::default();
    let missing = told("no-such0", &options);
    assert!(missing.starts_with("there is no interface no-such0 (there are: "), "{missing}");
    assert!(missing.contains("dummy0"), "{missing}");
    let filter = told("dummy0", &LiveOptions { bpf: Some("port fifty".into()), ..options });
    assert!(
        filter.starts_with("the capture filter `port fifty` does not work on dummy0: "),
        "{filter}"
    );
    let looked_up = told(
        "dummy0",
        &LiveOptions { bpf: Some("host ns1.example".into()), ..LiveOptions::default() },
    );
    assert!(
        looked_up.contains("names ns1.example, which would have to be looked up"),
        "{looked_up}"
    );
    let verdicts = told("nfqueue", &LiveOptions::default());
    assert!(verdicts.contains("rcodetop only watches"), "{verdicts}");
    ip("link set dummy0 down");
    let down = told("dummy0", &LiveOptions::default());
    assert!(down.ends_with("(switch it on: ip link set dev dummy0 up)"), "{down}");
    assert_eq!(open_live(&[], &LiveOptions::default()).err().unwrap(), SourceError::Nothing);
}

#[test]
fn interfaces_are_listed_with_what_can_be_done_on_them() {
    if !in_namespace("interfaces_are_listed_with_what_can_be_done_on_them") {
        return;
    }
    dummy("dummy0", 9);
    let all = list_interfaces().unwrap();
    let found = all.iter().find(|each| each.name == "dummy0").unwrap();
    assert!(found.is_up && !found.is_loopback && !found.is_wireless);
    assert!(found.addresses.contains(&"10.9.0.1".parse().unwrap()));
    let link = found.capture.as_ref().unwrap();
    assert_eq!((link.link, link.name.as_str(), link.is_supported), (LinkType(1), "EN10MB", true));
    assert!(all.iter().any(|each| each.name == "lo" && each.is_loopback));
    assert!(all.iter().all(|each| !each.name.starts_with("nf")), "no interfaces are left out");
    // Somebody without the right gets the same list, with the way to get it.
    let test = "live::without_the_right_the_remedy_is_named";
    let mut plain = Command::new("setpriv");
    plain.args(["--reuid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]);
    plain.arg(std::env::current_exe().unwrap()).args(["--exact", test]).env(INSIDE, "yes");
    match plain.status() {
        Ok(status) => assert!(status.success(), "without rights"),
        Err(error) => println!("skipped the part without rights: setpriv: {error}"),
    }
}

#[test]
fn without_the_right_the_remedy_is_named() {
    let Ok(all) = list_interfaces() else { return println!("skipped: no interfaces listed") };
    let denied = |each: &&rcodetop::source::InterfaceInfo| {
        each.name == "lo" && matches!(each.capture, Err(SourceError::NotPermitted { .. }))
    };
    let Some(lo) = all.iter().find(denied) else {
        return println!("skipped: this user may capture, or there is no `lo`");
    };
    let told = lo.capture.as_ref().unwrap_err().to_string();
    assert!(told.contains("run as root, or once: sudo setcap cap_net_raw=eip /"), "{told}");
    assert_eq!(open_live(&["lo".into()], &LiveOptions::default()).err(), lo.capture.clone().err());
}
