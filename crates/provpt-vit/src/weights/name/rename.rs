use super::layout::Layout;

/// One step from a foreign name to timm's. In both patterns `{i}` stands for a block's number, `{s}`
/// for a stage's, and a final `*` for `weight` or `bias`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    from: &'static str,
    to: &'static str,
    pub(super) layout: Layout,
}

/// What stands for a number.
const NUMBERS: [&str; 2] = ["{i}", "{s}"];

/// A rule that keeps the layout.
pub(super) const fn rename(from: &'static str, to: &'static str) -> Rule {
    Rule { from, to, layout: Layout::Same }
}

impl Rule {
    pub(super) const fn laid_out(self, layout: Layout) -> Self {
        Self { layout, ..self }
    }

    /// timm's name, if the rule is about this one.
    pub(super) fn apply(&self, name: &str) -> Option<String> {
        let separator = |c: char| c == '.' || c == '/';
        let (mut names, mut patterns) = (name.split(separator), self.from.split(separator));
        let mut to = self.to.to_owned();
        loop {
            let (part, pattern) = match (names.next(), patterns.next()) {
                (None, None) => return Some(to),
                (part, pattern) => (part?, pattern?),
            };
            let numbered = NUMBERS.iter().find_map(|n| Some((n, pattern.strip_suffix(n)?)));
            if let Some((place, start)) = numbered {
                to = to.replace(place, &number(part.strip_prefix(start)?)?.to_string());
            } else if pattern == "*" && matches!(part, "weight" | "bias") {
                to = to.replace('*', part);
            } else if part != pattern {
                return None;
            }
        }
    }
}

/// A block's number, which no real backbone counts beyond 16 bits.
pub(in crate::weights) fn number(digits: &str) -> Option<u16> {
    let plain = digits == "0" || !digits.starts_with(['0', '+']);
    plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_matches_whole_names_only() {
        let rule = rename("encoder.layer.{i}.output.dense.*", "blocks.{i}.mlp.fc2.*");
        let fc2 = Some("blocks.11.mlp.fc2.bias".to_owned());
        assert_eq!(rule.apply("encoder.layer.11.output.dense.bias"), fc2);
        assert_eq!(rule.apply("encoder.layer.11.output.dense"), None);
        assert_eq!(rule.apply("encoder.layer.11.output.dense.bias.x"), None);
        assert_eq!(rule.apply("encoder.layer.11.output.dense.gamma"), None);
        assert_eq!(rule.apply("encoder.layer.01.output.dense.bias"), None);
        assert_eq!(rule.apply("encoder.layer.99999.output.dense.bias"), None);
        assert_eq!(rule.apply("encoder.layer..output.dense.bias"), None);
        let rule = rename("encoder.layers.{s}.blocks.{i}.output.*", "layers.{s}.blocks.{i}.fc2.*");
        let fc2 = Some("layers.2.blocks.17.fc2.bias".to_owned());
        assert_eq!(rule.apply("encoder.layers.2.blocks.17.output.bias"), fc2);
        assert_eq!(rule.apply("encoder.layers.2.blocks.x.output.bias"), None);
    }
}
