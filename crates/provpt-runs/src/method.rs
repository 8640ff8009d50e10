/// A method as those know it who plan runs and look at them: what it is called, and the settings
/// that make a run one of it. Who trains has the table; the crates below are handed its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodRow {
    /// In specs, plans and results: `vpt-deep`.
    pub name: &'static str,
    /// As people call it: `VPT-Deep`.
    pub title: &'static str,
    /// Keys of the configuration and their values, as they stand on a command line.
    pub settings: Vec<(&'static str, &'static str)>,
}
