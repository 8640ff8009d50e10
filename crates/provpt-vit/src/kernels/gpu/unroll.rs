//! Loops of shaders, written out.

/// The line above a loop that is written out.
const MARK: &str = "// unroll\n";

/// A source with the loops `for (var i = 0u; i < LIMIT; i++) { ... }` below [`MARK`] written out, where
/// `LIMIT` is one of the constants. What is no such loop stays.
pub(super) fn unrolled(source: &str, constants: &[(&str, usize)]) -> String {
    let mut parts = source.split(MARK);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |done, part| {
        done + &written_out(part, constants).unwrap_or_else(|| part.to_owned())
    })
}

/// The loop that a part begins with, written out, and the rest of the part.
fn written_out(part: &str, constants: &[(&str, usize)]) -> Option<String> {
    let (head, rest) = part.split_once('{')?;
    let name = head.split_once("var ")?.1.split_once(' ')?.0;
    let limit = head.split_once("< ")?.1.split_once(';')?.0;
    let (_, count) = constants.iter().find(|(constant, _)| *constant == limit)?;
    let end = end_of_block(rest)?;
    let turns = (0..*count).map(|turn| replaced(&rest[..end], name, &format!("{turn}u")));
    Some(turns.map(|turn| format!("{{{turn}}}\n")).collect::<String>() + &rest[end + 1..])
}

/// Where the brace stands that closes a block whose first brace is not in the text.
fn end_of_block(text: &str) -> Option<usize> {
    let mut depth = 1;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

/// The text with another word in place of a name.
fn replaced(text: &str, name: &str, by: &str) -> String {
    let is_inside = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        if !is_inside(c) {
            words.extend([&text[start..at], &text[at..at + c.len_utf8()]]);
            start = at + c.len_utf8();
        }
    }
    words.push(&text[start..]);
    words.into_iter().map(|word| if word == name { by } else { word }).collect()
}

#[cfg(test)]
mod tests {
    use super::unrolled;

    #[test]
    fn marked_loops_are_written_out() {
        let source =
            "a;\n// unroll\nfor (var i = 0u; i < N; i++) { if (i > j) { x[i] = xi; } }\nb;";
        let expected = "a;\n{ if (0u > j) { x[0u] = xi; } }\n{ if (1u > j) { x[1u] = xi; } }\n\nb;";
        assert_eq!(unrolled(source, &[("M", 3), ("N", 2)]), expected);
        assert_eq!(unrolled(source, &[("N", 0)]), "a;\n\nb;");
    }

    #[test]
    fn all_else_stays() {
        for source in ["for (var i = 0u; i < N; i++) { a(i); }", "", "// unroll"] {
            assert_eq!(unrolled(source, &[("N", 2)]), source);
        }
    }
}
