//! Errors of Windows that belong to no response code, but to the same story.
//!
//! Those that do, 9001 to 9018, are explained with their code.

use super::text::paragraph;

/// One error of `winerror.h`.
struct Error {
    symbol: &'static str,
    number: u16,
    meaning: &'static str,
}

const fn row(number: u16, symbol: &'static str, meaning: &'static str) -> Error {
    Error { symbol, number, meaning }
}

const ERRORS: &[Error] = &[
    row(
        1460,
        "ERROR_TIMEOUT",
        "no server answered in time. Of silence there is no response code: see `rcodetop explain \
         acl-drop`, firewall-drop and port-closed.",
    ),
    row(
        9501,
        "DNS_INFO_NO_RECORDS",
        "the server answered, and the name has no records of the type asked for (NOERROR without \
         an answer, \"NODATA\").",
    ),
    row(9502, "DNS_ERROR_BAD_PACKET", "the response could not be read; capture it and look at it."),
    row(9503, "DNS_ERROR_NO_PACKET", "there was no response to read."),
    row(
        9504,
        "DNS_ERROR_RCODE",
        "the response carries an error code for which Windows has no number of its own; look at \
         the code in a capture.",
    ),
    row(
        9505,
        "DNS_ERROR_UNSECURE_PACKET",
        "the client's policy wants an answer that was validated with DNSSEC, or an update that \
         was signed, and got neither.",
    ),
    row(9506, "DNS_REQUEST_PENDING", "the query is on its way; this is no error."),
    row(
        9560,
        "DNS_ERROR_INVALID_NAME_CHAR",
        "the name has a character that the API does not take; nothing was sent.",
    ),
    row(
        9752,
        "DNS_ERROR_AXFR",
        "a zone transfer failed; the primary may have refused it: see `rcodetop explain \
         acl-transfer`.",
    ),
    row(
        9852,
        "DNS_ERROR_NO_DNS_SERVERS",
        "the machine knows no DNS server; look at `ipconfig /all` and at DHCP.",
    ),
    row(11001, "WSAHOST_NOT_FOUND", "no such host: mostly NXDOMAIN."),
    row(
        11002,
        "WSATRY_AGAIN",
        "no answer that could be used: mostly SERVFAIL, or nothing in time.",
    ),
    row(
        11003,
        "WSANO_RECOVERY",
        "an error that trying again does not mend: mostly REFUSED, FORMERR or NOTIMP.",
    ),
    row(11004, "WSANO_DATA", "the name exists, without records of the type asked for (NODATA)."),
];

/// Explains a symbol or a number, decimal, as `0x251D` or as `0x8007251D`.
pub(super) fn explain(text: &str) -> Option<String> {
    let number = number(text);
    let named = |error: &&Error| error.symbol.eq_ignore_ascii_case(text);
    let error = ERRORS.iter().find(|error| named(error) || number == Some(error.number))?;
    let Error { symbol, number, meaning } = error;
    Some(paragraph(&format!("{symbol} is Windows error {number} (0x{number:X}): {meaning}")))
}

/// The numbers that [`explain`] knows.
#[cfg(test)]
pub(super) fn numbers() -> impl Iterator<Item = u16> {
    ERRORS.iter().map(|error| error.number)
}

/// The symbols that [`explain`] knows.
pub(super) fn symbols() -> impl Iterator<Item = &'static str> {
    ERRORS.iter().map(|error| error.symbol)
}

fn number(text: &str) -> Option<u16> {
    let lower = without_facility(text);
    match lower.strip_prefix("0x") {
        Some(hex) => u16::from_str_radix(hex, 16).ok(),
        None => lower.parse().ok(),
    }
}

/// Windows also shows its errors as HRESULT: `0x8007232D` is error 0x232D.
pub(super) fn without_facility(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    match lower.strip_prefix("0x8007") {
        Some(error) if error.len() == 4 => format!("0x{error}"),
        _ => lower,
    }
}
