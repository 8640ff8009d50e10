//! The keys and values of the published code as a page for people has them.

use super::published::{ABSENT, Meaning, PUBLISHED, Published, SPELLINGS};

/// Markdown tables of all published keys that are no settings of ours, and of the values that are
/// spelled otherwise here or do not exist.
pub fn render_published() -> String {
    let mut page = "| key | values | why |\n|---|---|---|\n".to_owned();
    for row in PUBLISHED {
        let names: Vec<String> = row.names.iter().map(|name| code(&name.to_uppercase())).collect();
        page += &format!("| {} | {} | {} |\n", names.join(", "), values(row), row.why);
    }
    page += "\n| setting | published value | here |\n|---|---|---|\n";
    for (key, theirs, ours) in SPELLINGS {
        page += &format!("| {} | {} | {} |\n", code(key), code(theirs), code(ours));
    }
    for (key, values) in ABSENT {
        let values: Vec<String> = values.iter().map(|value| code(value)).collect();
        page += &format!("| {} | {} | refused |\n", code(key), values.join(", "));
    }
    page
}

/// Which values are taken, and for what.
fn values(row: &Published) -> String {
    match row.meaning {
        Meaning::Harmless => "any".to_owned(),
        Meaning::Only(words) => words.iter().map(|word| code(word)).collect::<Vec<_>>().join(", "),
        Meaning::Switch { usual, otherwise: (key, value) } => {
            format!("`{usual}`; `{}` is `{key} = {value}`", !usual)
        }
    }
}

fn code(text: &str) -> String {
    if text.is_empty() { "empty".to_owned() } else { format!("`{text}`") }
}
