//! The methods that have a name.

use provpt_runs::MethodRow;

const fn row(
    name: &'static str,
    title: &'static str,
    settings: &'static [(&'static str, &'static str)],
) -> MethodRow {
    MethodRow { name, title, settings }
}

const TYPE: &str = "model.transfer_type";
const DEEP: &str = "model.prompt.deep";
const ADAPTIVE: &str = "model.prompt.adaptive";
const ALLOCATOR: &str = "model.prompt.allocator";

#[rustfmt::skip]
/// In the order in which people compare them.
pub(crate) const METHODS: &[MethodRow] = &[
    row("linear", "linear probe", &[(TYPE, "linear")]),
    row("vpt-shallow", "VPT-Shallow", &[(TYPE, "prompt"), (DEEP, "false"), (ADAPTIVE, "false")]),
    row("vpt-deep", "VPT-Deep", &[(TYPE, "prompt"), (DEEP, "true"), (ADAPTIVE, "false")]),
    row("pro-vpt-ppo", "PRO-VPT (PPO)",
        &[(TYPE, "prompt"), (DEEP, "true"), (ADAPTIVE, "true"), (ALLOCATOR, "ppo")]),
    row("pro-vpt-thompson", "PRO-VPT (Thompson)",
        &[(TYPE, "prompt"), (DEEP, "true"), (ADAPTIVE, "true"), (ALLOCATOR, "thompson")]),
    row("pro-vpt-random", "PRO-VPT (random targets)",
        &[(TYPE, "prompt"), (DEEP, "true"), (ADAPTIVE, "true"), (ALLOCATOR, "random")]),
    row("pro-vpt-fixed", "PRO-VPT (targets in turn)",
        &[(TYPE, "prompt"), (DEEP, "true"), (ADAPTIVE, "true"), (ALLOCATOR, "fixed")]),
];

#[cfg(test)]
mod tests {
    use provpt::config::Config;

    use super::*;

    #[test]
    fn a_method_by_its_settings_has_its_name() {
        for method in METHODS {
            let settings = method.settings.iter().map(|(key, value)| format!("{key}={value}"));
            let settings: Vec<String> = settings.collect();
            let config = Config::from_args(None, &settings).unwrap().config;
            assert_eq!(config.method_name(), method.name);
        }
    }
}
