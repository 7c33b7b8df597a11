//! Sorting through one function: a sort of its own for each type takes 5 KB of a module that every visitor downloads.

use std::cmp::Ordering;

/// `items` in order; equal ones stay as they stood.
///
/// ```
/// assert_eq!(nearside_text::in_order(&["b", "ab", "a"], |a, b| a.len().cmp(&b.len())), ["b", "a", "ab"]);
/// ```
pub fn in_order<T: Clone>(items: &[T], order: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    places(items.len(), &|a, b| order(&items[a], &items[b])).into_iter().map(|at| items[at].clone()).collect()
}

fn places(count: usize, order: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|&a, &b| order(a, b));
    places
}
