//! What every page must be.

const VOID: [&str; 2] = ["meta", "br"];

/// Panics at the first tag that is not closed in order. Attribute values must be quoted.
pub(crate) fn assert_well_formed(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let doctype = "<!DOCTYPE html>";
    assert!(page.starts_with(doctype));
    let mut rest = &page[doctype.len()..];
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').unwrap_or(rest.len() - start);
        let tag = &rest[start + 1..end];
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes in <{tag}>");
        let name = tag.split([' ', '>']).next().unwrap_or_default();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "closed after {:?}", &rest[..start]),
            None if VOID.contains(&name) => {}
            None => open.push(name),
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}

pub(crate) fn assert_self_contained(page: &str) {
    let forbidden = ["http", "src=", "href=", "url(", "@import", "<script", "<link"];
    for word in forbidden {
        assert!(!page.contains(word), "the page needs {word}");
    }
}
