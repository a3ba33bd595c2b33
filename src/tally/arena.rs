//! Many short byte strings, packed: one length byte each, no allocation of their own.

/// Bytes of one chunk; chunks are never moved, so growth copies nothing.
const CHUNK: usize = 1 << 20;

/// A place for byte strings of up to 255 bytes, 4 GiB in all; they are never given back singly.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    chunks: Vec<Vec<u8>>,
}

impl Arena {
    /// Keeps a string; where it is. A longer one than 255 bytes is kept as the empty string.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> u32 {
        let (length, bytes) =
            u8::try_from(bytes.len()).map_or((0, &[][..]), |length| (length, bytes));
        let full = self.chunks.last().is_none_or(|chunk| chunk.len() + 1 + bytes.len() > CHUNK);
        if full {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let number = self.chunks.len() - 1;
        let Some(chunk) = self.chunks.last_mut() else { return u32::MAX };
        let place = number * CHUNK + chunk.len();
        chunk.push(length);
        chunk.extend_from_slice(bytes);
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    /// The string at a place; empty if there is none.
    pub(crate) fn get(&self, place: u32) -> &[u8] {
        let place = place as usize;
        let rest = self.chunks.get(place / CHUNK).and_then(|chunk| chunk.get(place % CHUNK..));
        let Some((length, rest)) = rest.and_then(<[u8]>::split_first) else { return &[] };
        rest.get(..usize::from(*length)).unwrap_or_default()
    }

    /// Bytes of memory in use.
    pub(crate) fn bytes(&self) -> usize {
        let last = self.chunks.last().map_or(0, Vec::len);
        self.chunks.len().saturating_sub(1) * CHUNK + last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_come_back_from_any_chunk() {
        let mut arena = Arena::default();
        let text = |n: u32| vec![u8::try_from(n % 251).unwrap(); n as usize % 256];
        let places: Vec<u32> = (0..20_000).map(|n| arena.push(&text(n))).collect();
        assert!(arena.chunks.len() > 2);
        for (n, place) in (0..).zip(places) {
            assert_eq!(arena.get(place), text(n));
        }
        assert!(arena.get(u32::MAX).is_empty());
    }
}
