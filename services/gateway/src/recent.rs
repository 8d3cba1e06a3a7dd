//! A bounded map for what may be forgotten: verified tokens and issued assertions.

use std::collections::HashMap;
use std::hash::Hash;

/// Keeps between half and all of the most recently inserted entries. Two generations instead of a
/// use list: a look-up needs no write, so callers share a read lock.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    generation: usize,
}

impl<K: Eq + Hash, V> Recent<K, V> {
    /// Holds at most `capacity` entries, and never fewer than the last half of that.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), generation: capacity.div_ceil(2).max(1) }
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.generation && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::Recent;

    #[test]
    fn the_newest_half_is_always_there_and_the_whole_stays_bounded() {
        let mut recent = Recent::new(10);
        for number in 0_u32..1_000 {
            recent.insert(number, number);
            let kept = (0..=number).filter(|key| recent.get(key).is_some()).count();
            assert!(kept <= 10, "{kept} kept");
            for newest in number.saturating_sub(4)..=number {
                assert_eq!(recent.get(&newest), Some(&newest));
            }
        }
    }

    #[test]
    fn a_renewed_entry_is_read_in_its_new_form() {
        let mut recent = Recent::new(2);
        recent.insert("token", 1);
        recent.insert("other", 2);
        recent.insert("token", 3);
        assert_eq!(recent.get(&"token"), Some(&3));
    }
}
