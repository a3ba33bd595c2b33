//! The report for spreadsheets: one table, in which the column `list` says what a row is of.
//!
//! The heading is always the same, and fields that do not apply are empty. A cell that a
//! spreadsheet would take for a formula begins with an apostrophe.

use std::io::{self, Write};
use std::net::IpAddr;
use std::time::Duration;

use crate::snapshot::{
    Distinct, Latency, List, PathKey, Place, QuestionKey, Role, Row, Snapshot, Split, Timestamp,
    Whereabouts, share,
};

const HEADING: [&str; 26] = [
    "list",
    "key",
    "type",
    "class",
    "client",
    "server",
    "responses",
    "focus",
    "share",
    "unanswered",
    "clients",
    "servers",
    "names",
    "first",
    "last",
    "p50_ms",
    "p95_ms",
    "p99_ms",
    "max_ms",
    "error",
    "role",
    "place",
    "of",
    "country",
    "asn",
    "organisation",
];

/// Writes the heading and all rows.
pub(super) fn write(snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table { csv: csv::Writer::from_writer(out) };
    table.csv.write_record(HEADING)?;
    table.rcodes(snapshot)?;
    table.hosts("servers", &snapshot.servers, snapshot)?;
    table.hosts("clients", &snapshot.clients, snapshot)?;
    table.list("names", &snapshot.names, Subject::question)?;
    table.list("domains", &snapshot.domains, Subject::plain)?;
    table.list("suffixes", &snapshot.suffixes, Subject::plain)?;
    table.list("prefixes", &snapshot.prefixes, Subject::plain)?;
    table.list("paths", &snapshot.paths, Subject::path)?;
    table.splits("types", &snapshot.types)?;
    table.splits("classes", &snapshot.classes)?;
    table.splits("opcodes", &snapshot.opcodes)?;
    table.splits("transports", &snapshot.transports)?;
    if let Some(geography) = &snapshot.geography {
        table.list("server_networks", &geography.server_networks, Subject::plain)?;
        table.list("server_countries", &geography.server_countries, Subject::plain)?;
        table.list("client_networks", &geography.client_networks, Subject::plain)?;
        table.list("client_countries", &geography.client_countries, Subject::plain)?;
    }
    table.csv.flush()
}

/// The cells that say what a row is about.
#[derive(Default)]
struct Subject {
    key: String,
    rtype: String,
    class: String,
    client: String,
    server: String,
}

impl Subject {
    fn plain(key: &impl ToString) -> Self {
        Self { key: key.to_string(), ..Self::default() }
    }

    fn question(key: &QuestionKey) -> Self {
        let (rtype, class) = (key.rtype.to_string(), key.class.to_string());
        Self { key: key.name.clone(), rtype, class, ..Self::default() }
    }

    fn path(path: &PathKey) -> Self {
        let (client, server) = (path.client.to_string(), path.server.to_string());
        Self { client, server, ..Self::question(&path.question) }
    }
}

/// The cells that say how much, and what else is known.
#[derive(Default)]
struct Numbers {
    responses: u64,
    focus: u64,
    /// What the share of the focus is of.
    whole: u64,
    unanswered: Option<u64>,
    clients: Option<Distinct>,
    servers: Option<Distinct>,
    names: Option<Distinct>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    latency: Option<Latency>,
    error: u64,
    role: Option<Role>,
    place: Option<Place>,
    whereabouts: Whereabouts,
}

impl Numbers {
    fn of<K>(row: &Row<K>) -> Self {
        Self {
            responses: row.responses,
            focus: row.focus,
            whole: row.whole,
            unanswered: Some(row.unanswered),
            clients: row.clients,
            servers: row.servers,
            names: row.names,
            first: row.first,
            last: row.last,
            latency: row.latency,
            error: row.error,
            role: row.role,
            place: row.place,
            whereabouts: Whereabouts::default(),
        }
    }
}

struct Table<W: Write> {
    csv: csv::Writer<W>,
}

impl<W: Write> Table<W> {
    fn rcodes(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        for row in &snapshot.rcodes {
            let focus = if snapshot.focus == row.rcode { row.responses } else { 0 };
            let (responses, latency) = (row.responses, row.latency);
            let whole = responses;
            let numbers = Numbers { responses, focus, whole, latency, ..Numbers::default() };
            self.row("rcodes", Subject::plain(&row.rcode), &numbers)?;
        }
        Ok(())
    }

    fn list<K>(
        &mut self,
        list: &str,
        rows: &List<K>,
        key: impl Fn(&K) -> Subject,
    ) -> io::Result<()> {
        rows.rows.iter().try_for_each(|row| self.row(list, key(&row.key), &Numbers::of(row)))
    }

    /// Rows of addresses, with where these are.
    fn hosts(&mut self, list: &str, rows: &List<IpAddr>, snapshot: &Snapshot) -> io::Result<()> {
        let known = snapshot.geography.as_ref().map(|it| &it.addresses);
        rows.rows.iter().try_for_each(|row| {
            let whereabouts = known.and_then(|known| known.get(&row.key)).cloned();
            let whereabouts = whereabouts.unwrap_or_default();
            let numbers = Numbers { whereabouts, ..Numbers::of(row) };
            self.row(list, Subject::plain(&row.key), &numbers)
        })
    }

    fn splits<K: ToString>(&mut self, list: &str, splits: &[Split<K>]) -> io::Result<()> {
        splits.iter().try_for_each(|split| {
            let Split { responses, focus, whole, .. } = *split;
            let numbers = Numbers { responses, focus, whole, ..Numbers::default() };
            self.row(list, Subject::plain(&split.key), &numbers)
        })
    }

    fn row(&mut self, list: &str, key: Subject, numbers: &Numbers) -> io::Result<()> {
        let latency =
            |pick: fn(&Latency) -> Duration| cell(numbers.latency.as_ref().map(pick).map(ms));
        let distinct = |number: Option<Distinct>| cell(number.map(|number| number.count));
        let cells: [String; HEADING.len()] = [
            list.to_owned(),
            key.key,
            key.rtype,
            key.class,
            key.client,
            key.server,
            numbers.responses.to_string(),
            numbers.focus.to_string(),
            format!("{:.6}", share(numbers.focus, numbers.whole)),
            cell(numbers.unanswered),
            distinct(numbers.clients),
            distinct(numbers.servers),
            distinct(numbers.names),
            cell(numbers.first),
            cell(numbers.last),
            latency(|latency| latency.p50),
            latency(|latency| latency.p95),
            latency(|latency| latency.p99),
            latency(|latency| latency.max),
            numbers.error.to_string(),
            cell(numbers.role.map(Role::id)),
            cell(numbers.place.map(Place::id)),
            numbers.whole.to_string(),
            cell(numbers.whereabouts.country.as_ref()),
            cell(numbers.whereabouts.system),
            cell(numbers.whereabouts.organisation.as_ref()),
        ];
        self.csv.write_record(cells.map(disarm)).map_err(io::Error::from)
    }
}

fn cell(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// From whole nanoseconds by one division, so that 74.1375 does not print as 74.13749999999999.
fn ms(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1e6
}

/// A client chooses the names it asks for, and a spreadsheet runs what looks like a formula.
pub(crate) fn disarm(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_looks_like_a_formula_is_disarmed() {
        let cells = ["=1+1", "+1", "-", "@sum", "www.example", "1", ""];
        let shown = cells.map(|cell| disarm(cell.to_owned()));
        assert_eq!(shown, ["'=1+1", "'+1", "'-", "'@sum", "www.example", "1", ""]);
    }
}
