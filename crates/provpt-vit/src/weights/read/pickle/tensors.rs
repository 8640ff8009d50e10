use std::collections::BTreeMap;

use super::machine::Pickle;
use super::value::{Id, Value};
use super::view::View;

/// How deep containers may lie in one another.
const MAX_DEPTH: usize = 32;
/// How many values are looked at: what is referred to often is met often.
const MAX_VISITS: usize = 1 << 20;
/// How many tensors there may be.
const MAX_TENSORS: usize = 1 << 16;
/// The longest path of a value.
const MAX_PATH: usize = 512;

impl Pickle {
    /// Every tensor, by its path through dicts (by key) and lists (by index), with points between.
    pub(in crate::weights::read) fn tensors(&self) -> Result<BTreeMap<String, View>, String> {
        if !matches!(self.root(), Value::Dict(_)) {
            return Err(format!("expected a dict of tensors, got {}", self.root().kind()));
        }
        let mut walk =
            Walk { pickle: self, path: String::new(), visits: 0, found: BTreeMap::new() };
        walk.visit(self.root, 0)?;
        Ok(walk.found)
    }
}

struct Walk<'a> {
    pickle: &'a Pickle,
    path: String,
    visits: usize,
    found: BTreeMap<String, View>,
}

impl Walk<'_> {
    fn visit(&mut self, id: Id, depth: usize) -> Result<(), String> {
        self.visits += 1;
        if self.visits > MAX_VISITS || depth > MAX_DEPTH || self.found.len() > MAX_TENSORS {
            return Err(format!(
                "expected up to {MAX_TENSORS} tensors, {MAX_VISITS} values and {MAX_DEPTH} levels"
            ));
        }
        let pickle = self.pickle;
        match pickle.get(id) {
            Value::Tensor(view) => {
                let before = self.found.insert(self.path.clone(), (**view).clone());
                if before.is_some() {
                    return Err(format!("{} is there twice", self.path));
                }
            }
            Value::Dict(pairs) => {
                for (key, value) in pairs {
                    match pickle.get(*key) {
                        Value::Text(key) => self.enter(key, *value, depth)?,
                        Value::Int(key) => self.enter(&key.to_string(), *value, depth)?,
                        // No state dict has other keys.
                        _ => {}
                    }
                }
            }
            Value::List(items) | Value::Tuple(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.enter(&index.to_string(), *item, depth)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn enter(&mut self, key: &str, value: Id, depth: usize) -> Result<(), String> {
        let len = self.path.len();
        if len + key.len() >= MAX_PATH {
            return Err(format!("expected names of up to {MAX_PATH} bytes"));
        }
        if len > 0 {
            self.path.push('.');
        }
        self.path += key;
        self.visit(value, depth + 1)?;
        self.path.truncate(len);
        Ok(())
    }
}
