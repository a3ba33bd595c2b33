//! What a reader is told, word by word.

use crate::diagnose::causes;
use crate::iana::{RCODES, Rcode};

use super::{explain, list, names, text, windows};

#[track_caller]
fn check(what: &str, expected: &str) {
    let text = explain(what).unwrap_or_else(|err| err.to_string());
    assert!(text.contains(expected), "explain {what} says:\n{text}\nexpected: {expected}");
}

#[test]
fn refused_goes_by_all_its_names() {
    let names = ["REFUSED", "refused", "5", "RCODE5", "9005", "0x232D", "0x232d", "0x8007232D"];
    for name in names.into_iter().chain(["DNS_ERROR_RCODE_REFUSED", " refused "]) {
        check(name, "REFUSED is response code 5");
    }
    check("REFUSED", "Windows reports it as error 9005 (0x232D), DNS_ERROR_RCODE_REFUSED");
    check("REFUSED", "RFC 1035");
    check("REFUSED", "REFUSED, SERVFAIL and NXDOMAIN:");
}

#[test]
fn a_code_names_the_causes_that_show_as_it() {
    check("REFUSED", "rcodetop explain acl-recursion");
    check("REFUSED", "  auth-only               an authoritative server is used as a resolver");
    check("SERVFAIL", "  zone-expired            ");
    check("NOTAUTH", "  acl-transfer            ");
    let text = explain("NXRRSET").unwrap();
    assert!(!text.contains("What can be behind"), "{text}");
}

#[test]
fn numbers_are_those_of_the_registry_and_not_those_of_hearsay() {
    check("4", "NOTIMP is response code 4");
    check("9001", "FORMERR is response code 1");
    check("9002", "SERVFAIL is response code 2");
    check("9003", "NXDOMAIN is response code 3");
    check("9004", "NOTIMP is response code 4");
}

#[test]
fn sixteen_is_badvers_and_badsig_in_tsig() {
    check("16", "BADVERS is response code 16");
    check("BADSIG", "BADSIG in the error field of a TSIG record");
    check("9016", "DNS_ERROR_RCODE_BADSIG");
    check("16", "It needs EDNS");
}

#[test]
fn numbers_without_a_name_are_explained_as_such() {
    check("12", "RCODE12: not assigned");
    check("3841", "RCODE3841: reserved for private use");
    check("ede:36", "not assigned by IANA");
    check("ede:49152", "reserved for private use");
}

#[test]
fn what_is_no_code_is_explained_with_the_causes_that_show_so() {
    check("no-response", "No response is no response code");
    check("No Response", "rcodetop explain acl-drop");
    check("no-response", "  firewall-reject         ");
    check("slow", "whatever its code: half a second");
    assert!(!explain("slow").unwrap().contains("What can be behind"));
}

#[test]
fn an_extended_error_goes_by_its_number_and_its_name() {
    check("ede:18", "Extended DNS Error 18, Prohibited: this client may not");
    check("EDE 15", "Blocked");
    check("ede20", "Not Authoritative");
    check("not ready", "Extended DNS Error 14");
    check("ede:35", "Blocked by Upstream DNS Server");
}

#[test]
fn errors_of_windows_go_by_their_symbols_and_numbers() {
    check("9501", "DNS_INFO_NO_RECORDS is Windows error 9501 (0x251D)");
    check("0x251D", "DNS_INFO_NO_RECORDS");
    check("0x8007251D", "DNS_INFO_NO_RECORDS");
    check("WSATRY_AGAIN", "error 11002");
    check("error_timeout", "no server answered in time");
    check("DNS_ERROR_RCODE_NO_ERROR", "NOERROR is response code 0");
}

#[test]
fn a_number_that_windows_and_a_response_may_have_is_explained_as_both() {
    let text = explain("1460").unwrap();
    assert!(text.starts_with("ERROR_TIMEOUT is Windows error 1460 (0x5B4)"), "{text}");
    check("1460", "\nRCODE1460: not assigned by IANA");
    for number in ["0x5B4", "0x800705b4"] {
        check(number, "ERROR_TIMEOUT");
        assert!(!explain(number).unwrap().contains("RCODE1460"), "{number}");
    }
    let code = explain("RCODE1460").unwrap();
    assert!(code.starts_with("RCODE1460: ") && !code.contains("Windows"), "{code}");
}

/// What is in use as a code must not be pushed down the page by an error of the same number.
#[test]
fn no_error_of_windows_has_the_number_of_an_assigned_code() {
    for number in windows::numbers() {
        assert_eq!(Rcode(number).fact().map(|fact| fact.name), None, "{number}");
    }
}

#[test]
fn every_cause_has_a_page() {
    for cause in causes::ALL {
        check(cause.id, &format!("{}: {}", cause.id, cause.title));
        check(cause.id, "\nWhat to do\n  1. ");
        check(cause.id, &format!("\nSources: {}", cause.sources.join(", ")));
    }
    check("ACL-RECURSION", "\n  BIND              allow-recursion {");
    check("acl-recursion", "A fault; shows as REFUSED.");
    check("acl-drop", "shows as silence or an error of the network.");
    check("meta-query", "Works as intended; shows as REFUSED.");
}

#[test]
fn every_word_that_is_offered_is_explained() {
    for name in names() {
        assert!(explain(name).is_ok(), "{name}");
    }
}

#[test]
fn what_is_unknown_is_answered_with_what_would_be_known() {
    for what in ["", "REFUSD", "4096", "9000", "9019", "-5", "ede:", "ede:65536", "0x", "é"] {
        assert!(explain(what).is_err(), "{what}");
    }
    check("REFUSD", "nothing known about \"REFUSD\"; did you mean REFUSED");
    check("lame", "did you mean lame-delegation");
    check("gibberish", "nothing known about \"gibberish\"; give an RCODE");
}

#[test]
fn the_list_has_every_code_and_cause_once() {
    let list = list();
    for fact in RCODES {
        let row = format!("{:>5}  {:<9}", fact.rcode.0, fact.name);
        assert_eq!(list.matches(&row).count(), 1, "{row}");
    }
    for cause in causes::ALL {
        let row = format!("\n  {:<22}  ", cause.id);
        assert_eq!(list.matches(&row).count(), 1, "{row}");
    }
    assert!(list.contains("18  Prohibited"));
}

#[test]
fn no_line_is_longer_than_a_screen() {
    let pages = names().map(|name| explain(name).unwrap());
    let numbers = (0..40).map(|code| explain(&format!("ede:{code}")).unwrap());
    let all: Vec<_> = pages.chain(numbers).chain([list()]).collect();
    for line in all.iter().flat_map(|page| page.lines()) {
        assert!(line.chars().count() <= text::WIDTH && line.trim_end() == line, "{line}");
    }
}
