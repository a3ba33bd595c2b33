//! What `--focus` takes beside response codes: no response, and slow responses.

use crate::focus::{Focus, NO_RESPONSE as NO_RESPONSE_WORD, SLOW as SLOW_WORD};

use super::causes;
use super::text::paragraph;

const NO_RESPONSE: [&str; 2] = [
    "No response is no response code: only responses have one. A query got none if nothing \
     came in time (--timeout, 5 s), or an ICMP error or a TCP reset came instead. Its share \
     is of the queries that had an end: those that still wait when the capture ends are in \
     neither number. A response that comes late after all takes the silence back.",
    "To find out which cause it is, compare: does the server answer other clients, the client \
     other servers, and both over TCP? Then capture at the server as well: a query that does \
     not arrive there is lost on the way; one that arrives is dropped there, or comes to a \
     server that is too busy or not running. A capture that lacks one direction, or packets, \
     makes silence of its own, and the report says so. An overloaded server (overload) and dead \
     servers of a zone (servfail-upstream-dead) leave queries without response as well.",
];

const SLOW: [&str; 2] = [
    "A response is slow if it is the first one to a query that was seen and came later than a \
     threshold, whatever its code: half a second, or another time with slow:200ms. The time \
     begins with the first copy of the query. Its share is of answered queries. What a \
     resolver has to look up takes a few hundred milliseconds; after a second the first \
     clients ask elsewhere, after five seconds nearly all.",
    "A cause is not told by times alone. Slow at one server only: it is busy, or far away. \
     Slow for some names only: the servers of their zones are, and the resolver waits for \
     them. Slow since one moment: look at what changed. Times just above a second or five are \
     often retries: see the ladder of one lookup (L on the dashboard).",
];

/// Explains one of the two, by its word or as it is shown.
pub(super) fn explain(text: &str) -> Option<String> {
    let focus = text.parse().ok()?;
    let [first, more] = match focus {
        Focus::Rcode(_) => return None,
        Focus::NoResponse => NO_RESPONSE,
        Focus::Slow => SLOW,
    };
    Some(format!("{}\n{}{}", paragraph(first), paragraph(more), causes::behind(focus)))
}

/// Their words.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    [NO_RESPONSE_WORD, SLOW_WORD].into_iter()
}

/// Both, one a line.
pub(super) fn list() -> String {
    "  no-response  queries that got no response in time\n  \
     slow         answered queries whose response came later than half a second\n"
        .to_owned()
}
