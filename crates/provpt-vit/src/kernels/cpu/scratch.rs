//! Memory for the inside of a kernel, one piece per thread, kept from call to call.

use std::cell::Cell;

thread_local! {
    static KEPT: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
}

/// Calls `work` with `len` values of any content.
pub(super) fn with<T>(len: usize, work: impl FnOnce(&mut [f32]) -> T) -> T {
    // Taken out, so that a kernel within `work` finds an empty cell rather than the same memory.
    let mut values = KEPT.take();
    if values.len() < len {
        values.resize(len, 0.0);
    }
    let result = work(&mut values[..len]);
    KEPT.set(values);
    result
}

#[cfg(test)]
mod tests {
    use super::with;

    #[test]
    fn nested_calls_get_memory_of_their_own() {
        with(3, |outer| {
            outer.fill(1.0);
            with(5, |inner| inner.fill(2.0));
            assert_eq!(outer, [1.0; 3]);
        });
        with(2, |again| assert_eq!(again.len(), 2));
    }
}
