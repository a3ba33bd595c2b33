//! Interfaces by number: each of a file or section has its own, and its name where one is told.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;

use crate::wire::name::escape_text;

/// Names that are kept, and how many bytes of each: more than any machine has interfaces. What is
/// told of others is passed over, and they have none.
const MOST_NAMES: usize = 4096;
const LONGEST_NAME: usize = 256;

/// What interfaces are called; known once their first frame is there.
#[derive(Clone, Debug, Default)]
pub struct InterfaceNames(Arc<Mutex<HashMap<u32, String>>>);

impl InterfaceNames {
    /// Those of interfaces that are numbered from 0.
    pub fn of(names: &[String]) -> Self {
        let named = Self::default();
        (0..).zip(names).for_each(|(number, name)| named.tell(number, name.as_bytes()));
        named
    }

    /// The name of an interface, escaped; `None` where the capture tells none.
    pub fn get(&self, number: u32) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }

    fn tell(&self, number: u32, name: &[u8]) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() < MOST_NAMES && !name.is_empty() {
            let name = name.get(..LONGEST_NAME).unwrap_or(name);
            names.insert(number, escape_text(name));
        }
    }
}

/// Hands out interface numbers that are unique over all files and sections read together.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbering {
    next: Arc<AtomicU32>,
    names: InterfaceNames,
}

impl Numbering {
    pub(super) fn next(&self) -> u32 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Remembers what a capture calls the interface with this number.
    pub(super) fn name(&self, number: u32, name: &[u8]) {
        self.names.tell(number, name);
    }

    pub(super) fn names(&self) -> InterfaceNames {
        self.names.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_bounded() {
        let names = InterfaceNames::of(&["eth0".to_owned(), "a\x1b[31m".to_owned()]);
        assert_eq!(names.get(0).as_deref(), Some("eth0"));
        assert_eq!(names.get(1).as_deref(), Some("a\\027[31m"));
        assert_eq!(names.get(2), None);
        for number in 2..9000 {
            names.tell(number, &[b'x'; 1000]);
        }
        assert_eq!(names.get(4095).map(|name| name.len()), Some(LONGEST_NAME));
        assert_eq!(names.get(4096), None);
    }
}
