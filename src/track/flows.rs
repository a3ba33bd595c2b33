//! The queries that wait in each flow: between a port of a client and one of a server.
//!
//! A TCP reset, or an ICMP error that quotes no more than ports, is about a flow and not about a
//! message. Whoever sends many of them must not have every query looked at for each: so those of a
//! flow are linked, through the details that are kept of a query as long as it waits.

/// Where an entry stands in the list of those with the same hash.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Links {
    flow: u64,
    earlier: Link,
    later: Link,
}

/// The number of an entry, and one; zero: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Link(u32);

impl Link {
    fn to(entry: u32) -> Self {
        Self(entry.wrapping_add(1))
    }

    fn entry(self) -> Option<u32> {
        self.0.checked_sub(1)
    }
}

/// What has links.
pub(super) trait Linked {
    fn links(&self) -> &Links;
    fn links_mut(&mut self) -> &mut Links;
}

/// The latest entry of each hash; hashes must be keyed.
#[derive(Debug, Default)]
pub(super) struct Flows {
    /// A power of two long.
    heads: Vec<Link>,
    linked: usize,
}

const LEAST: usize = 64;

impl Flows {
    /// Adds an entry, which is in no list, as the latest one of a flow.
    #[inline]
    pub(super) fn link(&mut self, entries: &mut [impl Linked], entry: u32, flow: u64) {
        if self.linked >= self.heads.len() {
            self.grow(entries);
        }
        self.linked += 1;
        self.put(entries, entry, flow);
    }

    fn put(&mut self, entries: &mut [impl Linked], entry: u32, flow: u64) {
        let slot = self.slot(flow);
        let Some(head) = self.heads.get_mut(slot) else { return };
        let earlier = std::mem::replace(head, Link::to(entry));
        if let Some(earlier) = links(entries, earlier) {
            earlier.later = Link::to(entry);
        }
        if let Some(own) = links(entries, Link::to(entry)) {
            *own = Links { flow, earlier, later: Link::default() };
        }
    }

    /// Takes an entry out of its list; it must be in one.
    #[inline]
    pub(super) fn unlink(&mut self, entries: &mut [impl Linked], entry: u32) {
        let Some(own) = links(entries, Link::to(entry)) else { return };
        let Links { flow, earlier, later } = std::mem::take(own);
        self.linked = self.linked.saturating_sub(1);
        if let Some(earlier) = links(entries, earlier) {
            earlier.later = later;
        }
        if let Some(later) = links(entries, later) {
            later.earlier = earlier;
        } else {
            let slot = self.slot(flow);
            if let Some(head) = self.heads.get_mut(slot) {
                *head = earlier;
            }
        }
    }

    /// The entries of a flow, the latest first.
    pub(super) fn entries<'a>(
        &'a self,
        entries: &'a [impl Linked],
        flow: u64,
    ) -> impl Iterator<Item = u32> {
        let mut next = self.heads.get(self.slot(flow)).copied().unwrap_or_default();
        let all = std::iter::from_fn(move || {
            let entry = next.entry()?;
            let links = entries.get(entry as usize)?.links();
            next = links.earlier;
            Some((entry, links.flow))
        });
        all.filter(move |(_, theirs)| *theirs == flow).map(|(entry, _)| entry)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lower bits are meant")]
    fn slot(&self, flow: u64) -> usize {
        flow as usize & self.heads.len().wrapping_sub(1)
    }

    /// Twice as many lists, in which everything keeps its order.
    #[cold]
    fn grow(&mut self, entries: &mut [impl Linked]) {
        let size = (self.heads.len() * 2).max(LEAST);
        let old = std::mem::replace(&mut self.heads, vec![Link::default(); size]);
        for head in old {
            let mut chain = Vec::new();
            let mut next = head;
            while let Some(links) = links(entries, next) {
                chain.push((next, links.flow));
                next = links.earlier;
            }
            for (link, flow) in chain.into_iter().rev() {
                if let Some(entry) = link.entry() {
                    self.put(entries, entry, flow);
                }
            }
        }
    }
}

fn links(entries: &mut [impl Linked], link: Link) -> Option<&mut Links> {
    Some(entries.get_mut(link.entry()? as usize)?.links_mut())
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Linked for Links {
        fn links(&self) -> &Links {
            self
        }

        fn links_mut(&mut self) -> &mut Links {
            self
        }
    }

    /// Entries 0 and on are linked with these flows, and then these are unlinked.
    #[track_caller]
    fn check(flows: &[u64], unlinked: &[u32], flow: u64, expected: &[u32]) {
        let mut entries = vec![Links::default(); flows.len()];
        let mut table = Flows::default();
        for (entry, flow) in (0..).zip(flows) {
            table.link(&mut entries, entry, *flow);
        }
        unlinked.iter().for_each(|entry| table.unlink(&mut entries, *entry));
        assert_eq!(table.entries(&entries, flow).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_entries_of_a_flow_are_found_latest_first_until_they_are_unlinked() {
        check(&[], &[], 7, &[]);
        check(&[7], &[], 7, &[0]);
        check(&[7], &[0], 7, &[]);
        check(&[7, 7, 7], &[], 7, &[2, 1, 0]);
        for (unlinked, expected) in [(0, [2, 1]), (1, [2, 0]), (2, [1, 0])] {
            check(&[7, 7, 7], &[unlinked], 7, &expected);
        }
        check(&[7, 7, 7], &[1, 2, 0], 7, &[]);
    }

    #[test]
    fn flows_whose_hashes_meet_in_one_list_are_told_apart() {
        let other = 7 + (1 << 20);
        check(&[7, other, 7], &[], 7, &[2, 0]);
        check(&[7, other, 7], &[0], other, &[1]);
    }

    #[test]
    fn many_flows_make_the_table_grow_and_keep_their_order() {
        let flows: Vec<u64> = (0..10_000).map(|entry| entry % 1_000).collect();
        let expected: Vec<u32> = (0..10).rev().map(|round| round * 1_000 + 123).collect();
        check(&flows, &[], 123, &expected);
        check(&flows, &[123, 9_123], 123, &expected[1..9]);
        let mut table = Flows::default();
        let mut entries = vec![Links::default(); flows.len()];
        (0..).zip(&flows).for_each(|(entry, flow)| table.link(&mut entries, entry, *flow));
        assert!(table.heads.len() >= flows.len(), "a list is short");
    }
}
