//! How it ended, for the caller's shell: the exit status and the words that go with it.

use std::error::Error;
use std::io;

use super::InternalError;
use crate::ledger::Reason;
use crate::output::probe;
use crate::snapshot::{
    COMPLAINT, Confidence, Ended, Finding, Focus, NOT_WRITTEN, Quality, Snapshot,
};
use crate::wire::LinkType;

/// An ending that produced what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing to add.
    Done,
    /// A fault was found, and the caller wanted to know by the exit status.
    Fault,
    /// The report is whole, but its input was not; says in what way.
    Incomplete(Vec<String>),
    /// A monitor was told; with the exit status that it knows.
    Probe(u8),
}

impl Exit {
    /// 0 done, 1 a fault was found, 3 the input was damaged or packets were lost.
    pub fn code(&self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Fault => 1,
            Self::Incomplete(_) => 3,
            Self::Probe(status) => *status,
        }
    }
}

/// The exit status: 0 if the reader of our output left, 70 after an internal error, 2 for
/// everything else that kept the work from being done.
pub fn exit_code(result: &anyhow::Result<Exit>) -> u8 {
    let is_closed_pipe = |cause: &(dyn Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|err| err.kind() == io::ErrorKind::BrokenPipe)
    };
    match result {
        Ok(exit) => exit.code(),
        Err(err) if err.chain().any(is_closed_pipe) => 0,
        Err(err) if err.is::<InternalError>() => 70,
        Err(_) => 2,
    }
}

/// The source failed before its first frame: there is no report to speak of.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct NothingRead(String);

/// Refuses to report on a source that failed before it gave anything.
pub(super) fn require_frames(snapshot: &Snapshot) -> Result<(), NothingRead> {
    match &snapshot.source.ended {
        Some(Ended::Failed(why)) if snapshot.ledger.frames == 0 => Err(NothingRead(why.clone())),
        _ => Ok(()),
    }
}

/// The verdict on a report that was made. A fault found outweighs a loss: it is certain, whereas
/// "no fault" cannot be said of a capture that is not whole.
pub(super) fn verdict(snapshot: &Snapshot, check: bool) -> Exit {
    let mut troubles = troubles(snapshot);
    if check && is_fault(snapshot) {
        return Exit::Fault;
    }
    let name = &snapshot.source.name;
    let unjudged = probe::unjudged(snapshot).filter(|_| check);
    troubles.extend(unjudged.map(|why| format!("{name}: {why}")));
    if troubles.is_empty() { Exit::Done } else { Exit::Incomplete(troubles) }
}

/// Whether a monitor should be told. What nothing explains counts as a fault.
fn is_fault(snapshot: &Snapshot) -> bool {
    let is_fault = |finding: &Finding| {
        finding.cause == "unknown" || finding.fault && finding.confidence >= Confidence::Likely
    };
    // No finding tells of slow responses.
    let is_unexplained = snapshot.findings.is_empty() || snapshot.focus == Focus::Slow;
    let focus = is_unexplained && snapshot.in_focus().0 > 0;
    focus || snapshot.findings.iter().any(is_fault)
}

pub(super) fn troubles(snapshot: &Snapshot) -> Vec<String> {
    let name = &snapshot.source.name;
    let ledger = &snapshot.ledger;
    let kernel = ledger.kernel_dropped.unwrap_or(0);
    let interface = ledger.interface_dropped.unwrap_or(0);
    let links = ledger.undecodable_for(Reason::LinkType);
    [
        match &snapshot.source.ended {
            Some(Ended::Damaged(why) | Ended::Failed(why)) => {
                Some(format!("{why}; what came before it is counted"))
            }
            _ => None,
        },
        (kernel > 0).then(|| format!("{name}: the kernel dropped {kernel} packets; try --buffer")),
        (interface > 0).then(|| format!("{name}: the interface dropped {interface} packets")),
        (links > 0).then(|| {
            let (types, supported) = (snapshot.source.link_types.join(", "), LinkType::supported());
            format!(
                "{name}: {links} frames are of link types that are not supported \
                 (link types: {types}; supported: {supported})"
            )
        }),
    ]
    .into_iter()
    .flatten()
    .chain(complaints(snapshot))
    .collect()
}

/// What the source complained of while it went on: part of the input is missing; or of what was to
/// be written.
fn complaints(snapshot: &Snapshot) -> impl Iterator<Item = String> {
    let is_one = |quality: &&Quality| [COMPLAINT, NOT_WRITTEN].contains(&quality.id);
    let told = snapshot.quality.iter().filter(is_one);
    told.map(|quality| quality.text.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Ledger;
    use crate::snapshot::{Rcode, RcodeRow, fixtures};

    fn with_refusals(responses: u64) -> Snapshot {
        let row = RcodeRow { rcode: Rcode::REFUSED, responses, share: 1.0, latency: None };
        let ledger = Ledger { responses: 5, ..Ledger::default() };
        Snapshot { focus: Focus::default(), rcodes: vec![row], ledger, ..Snapshot::default() }
    }

    fn finding(cause: &'static str, confidence: Confidence, fault: bool) -> Finding {
        Finding { cause, confidence, fault, ..fixtures::finding() }
    }

    #[track_caller]
    fn check_findings(findings: Vec<Finding>, expected: u8) {
        let snapshot = Snapshot { findings, ..with_refusals(5) };
        assert_eq!(verdict(&snapshot, true).code(), expected, "{:?}", snapshot.findings);
    }

    #[test]
    fn refusals_are_a_fault_only_to_who_asks() {
        assert_eq!(verdict(&with_refusals(1), false), Exit::Done);
        assert_eq!(verdict(&with_refusals(1), true), Exit::Fault);
        assert_eq!(verdict(&with_refusals(0), true), Exit::Done);
    }

    #[test]
    fn silence_is_no_proof_that_nobody_is_refused() {
        let nothing = Snapshot { ledger: Ledger::default(), ..with_refusals(0) };
        let asked = Ledger { queries: 4, ..Ledger::default() };
        let silence = Snapshot { ledger: asked, ..with_refusals(0) };
        for (snapshot, why) in
            [(nothing, "no DNS message was captured"), (silence, "4 queries and no")]
        {
            let Exit::Incomplete(told) = verdict(&snapshot, true) else { panic!("{why}") };
            assert!(told[0].contains(why), "{told:?}");
            assert_eq!(verdict(&snapshot, false), Exit::Done);
        }
    }

    #[test]
    fn a_finding_is_a_fault_if_it_says_so_with_confidence_or_explains_nothing() {
        check_findings(vec![finding("acl", Confidence::Likely, true)], 1);
        check_findings(vec![finding("acl", Confidence::Certain, true)], 1);
        check_findings(vec![finding("acl", Confidence::Possible, true)], 0);
        check_findings(vec![finding("chaos", Confidence::Certain, false)], 0);
        check_findings(vec![finding("unknown", Confidence::Possible, false)], 1);
    }

    #[track_caller]
    fn check_trouble(mut snapshot: Snapshot, ended: Ended, check: bool, expected: &Exit) {
        snapshot.source.name = "x.pcap".into();
        snapshot.source.ended = Some(ended);
        assert_eq!(verdict(&snapshot, check), *expected);
    }

    #[test]
    fn damage_is_told_unless_a_fault_outweighs_it() {
        let damage = Ended::Damaged("x.pcap is cut at byte 99".into());
        let told = vec!["x.pcap is cut at byte 99; what came before it is counted".into()];
        check_trouble(with_refusals(1), damage.clone(), false, &Exit::Incomplete(told.clone()));
        check_trouble(with_refusals(0), damage.clone(), true, &Exit::Incomplete(told));
        check_trouble(with_refusals(1), damage, true, &Exit::Fault);
    }

    #[test]
    fn lost_packets_are_told_by_who_lost_them() {
        let mut snapshot = with_refusals(0);
        snapshot.ledger.kernel_dropped = Some(7);
        snapshot.ledger.interface_dropped = Some(2);
        let told = [
            "x.pcap: the kernel dropped 7 packets; try --buffer",
            "x.pcap: the interface dropped 2 packets",
        ];
        let told = Exit::Incomplete(told.map(String::from).into());
        check_trouble(snapshot, Ended::Stopped, false, &told);
    }

    #[test]
    fn unsupported_links_are_named_with_what_is_supported() {
        let mut snapshot = with_refusals(0);
        snapshot.ledger.frames = 1;
        snapshot.ledger.undecodable(Reason::LinkType);
        snapshot.source.link_types = vec!["LINKTYPE147".into()];
        let Exit::Incomplete(told) = verdict(&snapshot, false) else {
            panic!("frames that cannot be decoded are no success")
        };
        let told = told.join("\n");
        assert!(told.contains("not supported (link types: LINKTYPE147; supported: "), "{told}");
    }

    #[test]
    fn a_source_that_failed_before_its_first_frame_gives_no_report() {
        let mut snapshot = Snapshot::default();
        snapshot.source.ended = Some(Ended::Failed("eth0 is down".into()));
        assert_eq!(require_frames(&snapshot), Err(NothingRead("eth0 is down".into())));
        snapshot.ledger.frames = 1;
        assert_eq!(require_frames(&snapshot), Ok(()));
        assert_eq!(verdict(&snapshot, false).code(), 3);
    }

    #[test]
    fn a_closed_pipe_is_success_however_deep_it_is() {
        let closed = io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(exit_code(&Err(anyhow::Error::new(closed).context("cannot write"))), 0);
        assert_eq!(exit_code(&Err(io::Error::from(io::ErrorKind::StorageFull).into())), 2);
        assert_eq!(exit_code(&Err(InternalError("x".into()).into())), 70);
    }
}
