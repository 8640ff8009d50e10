//! The table of methods, as crates below the method take it.

use provpt::method::METHODS;
use provpt_runs::MethodRow;

/// In the order in which people compare them.
pub(crate) fn rows() -> Vec<MethodRow> {
    let row = |method: &provpt::method::Method| MethodRow {
        name: method.name,
        title: method.title,
        settings: method.settings.clone(),
    };
    METHODS.iter().map(row).collect()
}
