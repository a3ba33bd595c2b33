//! What the screen hands on to be written: reports of what it shows.
//!
//! The screen writes no file and knows no format: whoever runs it does, on another thread.

use std::sync::Arc;

use crate::snapshot::Snapshot;

/// A form that a report can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For reading.
    Text,
    /// For a ticket.
    Markdown,
    /// For a script.
    Json,
    /// The packets behind it.
    Packets,
}

/// Every form with the end of its files' names, and what it is for.
pub(crate) const FORMS: &[(Form, &str, &str)] = &[
    (Form::Markdown, "md", "Markdown, for a ticket"),
    (Form::Text, "txt", "text, for reading"),
    (Form::Json, "json", "JSON, for a script"),
    (Form::Packets, "pcapng", "packets in memory, for Wireshark"),
];

impl Form {
    /// The end of a file's name.
    pub fn extension(self) -> &'static str {
        FORMS.iter().find(|(form, ..)| *form == self).map_or("txt", |(_, extension, _)| extension)
    }
}

/// A report to be written.
#[derive(Clone, Debug)]
pub struct Order {
    /// What it looks like.
    pub form: Form,
    /// The name that its file shall have, without the end; a number is added if it is taken.
    pub stem: String,
    /// What it says.
    pub snapshot: Arc<Snapshot>,
}

/// What came of an order: the path of the file, or why there is none and what to do.
pub type Written = Result<String, Refusal>;

/// Why a report was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What failed, on what, why.
    pub why: String,
    /// What to do about it.
    pub advice: String,
}

/// Who writes reports. Neither call waits for the file.
pub trait Writer {
    /// Where files go, for a person to read.
    fn folder(&self) -> String;
    /// Begins to write a report.
    fn write(&mut self, order: Order);
    /// What came of an order since the last call.
    fn news(&mut self) -> Option<Written>;
}

/// The name of a report's file without its end: it tells of which moment the report speaks, by
/// packet time.
pub(crate) fn stem(snapshot: &Snapshot) -> String {
    match snapshot.source.last {
        Some(last) => format!("rcodetop-{}", last.stamp()),
        None => "rcodetop".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Timestamp;

    #[test]
    fn a_file_is_named_after_the_moment_it_tells_of() {
        let mut snapshot = Snapshot::default();
        assert_eq!(stem(&snapshot), "rcodetop");
        snapshot.source.last = Some(Timestamp::new(1_795_489_925, 999));
        assert_eq!(stem(&snapshot), "rcodetop-20261124T031205Z");
    }

    #[test]
    fn every_form_has_an_end_of_its_own() {
        for (nth, (form, extension, _)) in FORMS.iter().enumerate() {
            assert_eq!(form.extension(), *extension);
            assert!(FORMS[..nth].iter().all(|other| other.1 != *extension));
        }
    }
}
