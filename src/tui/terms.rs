//! Rows of tables as terms of a filter.

use super::sheets::SheetId;
use crate::select::quoted;
use crate::snapshot::{Class, Finding, FindingOutcome, QuestionKey, Snapshot};

/// A row in words, and as a filter.
type Term = (String, String);

/// The row of a table in words and as a filter; `None` where no filter says the same.
pub(super) fn quoted_term(id: SheetId, row: usize, snapshot: &Snapshot) -> Option<Term> {
    let one = |key: &str, value: String| {
        (value != "-").then(|| (format!("{key} {value}"), term(key, &value)))
    };
    match id {
        SheetId::Servers | SheetId::ServerTimes => {
            one("server", snapshot.servers.rows.get(row)?.key.to_string())
        }
        SheetId::Clients => one("client", snapshot.clients.rows.get(row)?.key.to_string()),
        SheetId::Prefixes => one("client", snapshot.prefixes.rows.get(row)?.key.to_string()),
        SheetId::Names => question(&snapshot.names.rows.get(row)?.key),
        SheetId::Domains => one("under", snapshot.domains.rows.get(row)?.key.clone()),
        SheetId::Suffixes => one("under", snapshot.suffixes.rows.get(row)?.key.clone()),
        SheetId::Paths => {
            let path = &snapshot.paths.rows.get(row)?.key;
            let (label, term) = question(&path.question)?;
            let (server, client) = (path.server, path.client);
            Some((
                format!("{client} asks {server} for {label}"),
                format!("server:{server} client:{client} {term}"),
            ))
        }
        SheetId::Rcodes | SheetId::RcodeTimes => {
            one("rcode", snapshot.rcodes.get(row)?.rcode.to_string())
        }
        SheetId::Types => one("type", snapshot.types.get(row)?.key.to_string()),
        SheetId::Classes => one("class", snapshot.classes.get(row)?.key.to_string()),
        SheetId::Opcodes => one("opcode", snapshot.opcodes.get(row)?.key.to_string()),
        SheetId::Transports => {
            let transport = snapshot.transports.get(row)?.key.to_string();
            one("transport", transport.to_lowercase())
        }
        SheetId::Ede => {
            let row = snapshot.ede.get(row)?;
            Some((
                format!("EDE {} {}", row.ede.0, row.ede),
                format!("ede:{} rcode:{}", row.ede.0, row.rcode),
            ))
        }
        // Entered by their rows: no packet says where anybody is.
        SheetId::ServerNetworks
        | SheetId::ServerCountries
        | SheetId::ClientNetworks
        | SheetId::ClientCountries
        // Opened, not entered.
        | SheetId::Lookups => None,
        SheetId::Findings => finding(snapshot.findings.get(row)?),
    }
}

fn term(key: &str, value: &str) -> String {
    format!("{key}:{}", written(value))
}

/// A value that means itself: a label `*` is one, and no wildcard.
fn written(value: &str) -> String {
    let literal = value.strip_prefix("*.").map(|rest| format!("\\042.{rest}"));
    quoted(literal.as_deref().unwrap_or(value))
}

fn question(key: &QuestionKey) -> Option<Term> {
    if !key.is_known() {
        return None;
    }
    let QuestionKey { name, rtype, class } = key;
    let mut out = format!("{} type:{rtype}", term("name", name));
    if *class != Class::IN {
        out += &format!(" class:{class}");
    }
    Some((key.told(), out))
}

/// The same as the text of a filter; `None` for what nothing explains, and for connections that were
/// not taken: these are no exchanges.
pub(crate) fn finding_filter(finding: &Finding) -> Option<String> {
    self::finding(finding).map(|(_, filter)| filter)
}

/// The exchanges that a finding covers, but for what belongs to findings before it.
fn finding(finding: &Finding) -> Option<Term> {
    if finding.is_unknown() || finding.is_of_connections() {
        return None;
    }
    let scope = &finding.scope;
    let lists = [
        ("server", scope.servers.clone()),
        ("client", scope.clients.clone()),
        ("under", scope.suffixes.clone()),
        ("type", scope.types.iter().map(ToString::to_string).collect()),
        ("opcode", scope.opcodes.iter().map(ToString::to_string).collect()),
        ("class", scope.classes.iter().map(ToString::to_string).collect()),
    ];
    let mut terms: Vec<String> =
        lists.iter().filter_map(|(key, values)| any(key, values)).collect();
    terms.extend(any("under", &scope.outside_suffixes).map(|term| format!("not {term}")));
    let yes = |yes: bool| if yes { "yes" } else { "no" };
    terms.extend(scope.recursion_desired.map(|desired| format!("recursion:{}", yes(desired))));
    terms.extend(scope.unasked.map(|it| if it { "unasked" } else { "not unasked" }.to_owned()));
    terms.push(match finding.outcome {
        FindingOutcome::Response(rcode) => format!("rcode:{rcode}"),
        FindingOutcome::Unanswered => "unanswered not unreachable".to_owned(),
        FindingOutcome::Unreachable => "unreachable".to_owned(),
    });
    Some((finding.cause.to_owned(), terms.join(" ")))
}

fn any(key: &str, values: &[String]) -> Option<String> {
    let all: Vec<String> =
        values.iter().filter(|value| *value != "-").map(|value| written(value)).collect();
    (!all.is_empty()).then(|| format!("{key}:{}", all.join(",")))
}
