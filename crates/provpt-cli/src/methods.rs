//! The table of methods, as crates below the method take it.

use provpt::method::{METHODS, Method};
use provpt_runs::MethodRow;

/// In the order in which people compare them.
pub(crate) fn rows() -> Vec<MethodRow> {
    let row = |method: &'static Method| MethodRow {
        name: &method.name,
        title: &method.title,
        settings: method.settings.iter().map(|(key, value)| (*key, &**value)).collect(),
    };
    METHODS.iter().map(row).collect()
}
