//! Facts as they are written down, and what was written down as facts.

use std::net::IpAddr;

use super::{End, Facts, How, LAST_LEVEL, MOST_ORIGINS, Marks, Row};
use crate::iana::{Class, Ede, Opcode, Rcode, RecordType};
use crate::time::Timestamp;
use crate::track::Obstacle;
use crate::wire::name::{parse, text};
use crate::wire::{Address, Question};

use crate::tally::moments::{Moments, Parts};
use crate::tally::records::{FactRecord, FactsRecord};
use crate::tally::restore::{Broken, MOST_COUNTED};

const WHAT: &str = "facts";

/// The longest that all can have waited, in microseconds: some nine thousand years.
const LONGEST: u64 = 1 << 58;

/// Every end, by its number.
const ENDS: [End; 11] = [
    End::Answered,
    End::Repeated,
    End::Unasked,
    End::Silence,
    End::NoConnection,
    End::Blocked(Obstacle::PortClosed),
    End::Blocked(Obstacle::Rejected),
    End::Blocked(Obstacle::RejectedByHost),
    End::Blocked(Obstacle::NoRoute),
    End::Blocked(Obstacle::Reset),
    End::Skipped,
];

impl Facts {
    /// What all facts have in common, and each of them, in an order that does not depend on how they
    /// came.
    pub(crate) fn records(&self) -> (FactsRecord, Vec<FactRecord>) {
        let mut origins: Vec<Timestamp> = self.origins.clone();
        origins.sort_unstable();
        let place = |origin: u32| {
            let origin = self.origins.get(origin as usize).copied().unwrap_or_default();
            origins.binary_search(&origin).ok().and_then(|place| u32::try_from(place).ok())
        };
        let rows = self.rows.iter().filter(|row| row.count > 0);
        let mut rows: Vec<&Row> = rows.collect();
        let key = |row: &Row| (row.client, row.server, row.how, row.question.map(kind));
        rows.sort_unstable_by(|one, other| {
            let names = || self.names.get(one.name).cmp(self.names.get(other.name));
            let origins = || place(one.origin).cmp(&place(other.origin));
            key(one).cmp(&key(other)).then_with(names).then_with(origins)
        });
        let rows = rows.into_iter().map(|row| self.record(row, place(row.origin)));
        let common = FactsRecord {
            level: self.level,
            origins: origins.iter().map(|origin| origin.0).collect(),
            began: self.parts.began.0,
            length: self.parts.length(),
            responses: self.responses,
            queries: self.queries,
            first: self.first.0,
            last: self.last.0,
        };
        (common, rows.collect())
    }

    fn record(&self, row: &Row, origin: Option<u32>) -> FactRecord {
        let name = self.names.get(row.name);
        let end = ENDS.iter().position(|end| *end == row.how.end);
        FactRecord {
            client: row.client.ip().to_string(),
            server: row.server.ip().to_string(),
            name: if name.is_empty() { String::new() } else { text(name) },
            question: row.question.map(kind),
            end: end.and_then(|end| u8::try_from(end).ok()).unwrap_or(u8::MAX),
            opcode: row.how.opcode.0,
            rcode: row.how.rcode.0,
            ede: row.how.ede.map(|ede| ede.0),
            marks: row.how.marks.0,
            count: row.count,
            sent: row.sent,
            took: row.took,
            waited: row.waited,
            when: row.when.bits(),
            first: row.first.0,
            last: row.last.0,
            origin: origin.unwrap_or_default(),
        }
    }

    /// Fills in what all facts have in common.
    pub(crate) fn restore(&mut self, record: &FactsRecord) -> Result<(), Broken> {
        let broken = || Broken::Value { what: WHAT };
        let is_sane = record.level <= LAST_LEVEL
            && record.origins.len() <= MOST_ORIGINS
            && !record.origins.is_empty()
            && record.origins.is_sorted_by(|one, other| one < other)
            && record.responses <= MOST_COUNTED
            && record.queries <= MOST_COUNTED;
        if !is_sane {
            return Err(broken());
        }
        self.level = record.level;
        self.origins = record.origins.iter().map(|origin| Timestamp(*origin)).collect();
        self.parts = Parts::of(Timestamp(record.began), record.length).ok_or_else(broken)?;
        (self.responses, self.queries) = (record.responses, record.queries);
        (self.first, self.last) = (Timestamp(record.first), Timestamp(record.last));
        Ok(())
    }

    /// Fills in a fact.
    pub(crate) fn restore_row(&mut self, record: &FactRecord) -> Result<(), Broken> {
        let broken = || Broken::Value { what: WHAT };
        if self.rows.len() >= self.max {
            return Err(Broken::TooMany { what: WHAT, most: self.max });
        }
        let address = |text: &str| text.parse::<IpAddr>().map(Address::from).map_err(|_| broken());
        let name = match record.name.as_str() {
            "" => Vec::new(),
            name => parse(name).ok_or_else(broken)?,
        };
        let question = record
            .question
            .map(|(rtype, class)| Question { rtype: RecordType(rtype), class: Class(class) });
        let how = How {
            end: *ENDS.get(usize::from(record.end)).ok_or_else(broken)?,
            opcode: Opcode(record.opcode),
            rcode: Rcode(record.rcode),
            ede: record.ede.map(Ede),
            marks: Marks(record.marks),
        };
        let is_sane = record.count > 0
            && record.origin < u32::try_from(self.origins.len()).unwrap_or(u32::MAX)
            && record.waited <= LONGEST
            && record.first <= record.last
            && how.rcode <= Rcode::MAX
            && how.opcode.0 < 16;
        if !is_sane {
            return Err(broken());
        }
        let client = address(&record.client)?;
        let row = Row {
            lookup: self.lookup(client, &name, question, how.end),
            client,
            server: address(&record.server)?,
            question,
            name: 0,
            how,
            count: record.count,
            sent: record.sent,
            took: record.took,
            waited: record.waited,
            when: Moments::of_bits(record.when),
            first: Timestamp(record.first),
            last: Timestamp(record.last),
            origin: record.origin,
        };
        let before = self.rows.len();
        self.add_row(&row, &name);
        if self.rows.len() == before {
            // It was there, or its lookup is not among those that are kept.
            return Err(Broken::Twice { what: WHAT });
        }
        Ok(())
    }

    /// The hash of client and question that counting finds a lookup by.
    fn lookup(&self, client: Address, name: &[u8], question: Option<Question>, end: End) -> u64 {
        let asked = match end {
            End::NoConnection => 0,
            _ => self.hasher.question(name, question),
        };
        self.hasher.pair(self.hasher.address(client), asked)
    }
}

fn kind(question: Question) -> (u16, u16) {
    (question.rtype.0, question.class.0)
}
