use super::globals::{Element, Global, Rebuild};
use super::machine::Machine;
use super::value::{Id, Storage, Value};
use super::view::View;

/// How many storages there may be.
const MAX_STORAGES: usize = 1 << 16;
/// The longest name of a storage, which usually is a number.
const MAX_KEY: usize = 64;

/// What a call gives; nothing is executed.
pub(super) fn call(machine: &Machine, global: Global, arguments: &[Id]) -> Result<Value, String> {
    match global {
        Global::Tensor(kind) => tensor(machine, kind, arguments),
        Global::Parameter => match arguments.first().map(|id| machine.get(*id)) {
            Some(Value::Tensor(view)) => Ok(Value::Tensor(view.clone())),
            other => Err(unfit("a parameter's tensor", other)),
        },
        Global::Subclass => subclass(machine, arguments),
        Global::Dict => dict(machine, arguments),
        Global::List => match arguments.first().map(|id| machine.get(*id)) {
            None => Ok(Value::List(Vec::new())),
            Some(Value::List(items) | Value::Tuple(items)) => Ok(Value::List(items.clone())),
            other => Err(unfit("a sequence", other)),
        },
        Global::Inert => Ok(Value::Other),
        Global::Storage(_) | Global::Type(_) => {
            Err("pickle: expected storages by their ids, got a call of a type".to_owned())
        }
    }
}

fn unfit(expected: &str, got: Option<&Value>) -> String {
    let got = got.map_or("nothing", Value::kind);
    format!("pickle: expected {expected}, got {got}")
}

/// An OrderedDict of pairs. A defaultdict's argument makes its defaults, of which there are none.
fn dict(machine: &Machine, arguments: &[Id]) -> Result<Value, String> {
    let items = match arguments.first().map(|id| machine.get(*id)) {
        Some(Value::List(items) | Value::Tuple(items)) => items,
        None | Some(Value::Global(_) | Value::None) => return Ok(Value::Dict(Vec::new())),
        other => return Err(unfit("pairs of keys and values", other)),
    };
    let pair = |id: &Id| match machine.get(*id) {
        Value::Tuple(pair) | Value::List(pair) if pair.len() == 2 => Ok((pair[0], pair[1])),
        other => Err(unfit("a pair", Some(other))),
    };
    items.iter().map(pair).collect::<Result<_, _>>().map(Value::Dict)
}

fn subclass(machine: &Machine, arguments: &[Id]) -> Result<Value, String> {
    let values: Vec<&Value> = arguments.iter().map(|id| machine.get(*id)).collect();
    match values[..] {
        // Not a subclass of a subclass, which might go on for ever.
        [Value::Global(Global::Tensor(kind)), _, Value::Tuple(inner), ..] => {
            tensor(machine, *kind, inner)
        }
        _ => Err("pickle: expected a tensor's class and arguments".to_owned()),
    }
}

/// `(storage, offset, shape, strides, ..)`.
fn tensor(machine: &Machine, kind: Rebuild, arguments: &[Id]) -> Result<Value, String> {
    let values: Vec<&Value> = arguments.iter().map(|id| machine.get(*id)).collect();
    let [Value::Storage(place), offset, shape, strides, rest @ ..] = &values[..] else {
        return Err("pickle: expected a tensor's storage, offset, shape and strides".to_owned());
    };
    let storage = &machine.storages[*place];
    let element = match (kind, rest) {
        (Rebuild::WithType, [_, _, Value::Global(Global::Type(element)), ..]) => Some(*element),
        (Rebuild::WithType, _) => None,
        (Rebuild::Typed, _) => storage.element,
    };
    let element = element.ok_or("pickle: expected a tensor's type")?;
    let offset = size(offset, "offset")?.checked_mul(element.size);
    let start = offset.and_then(|offset| offset.checked_add(storage.start));
    let start = start.ok_or("pickle: a tensor's offset is too large")?;
    let axes = (sizes(machine, shape, "shape")?, sizes(machine, strides, "strides")?);
    let view = View::new((*place, storage.len), element, start, axes);
    Ok(Value::Tensor(Box::new(view.map_err(|cause| format!("storage {}: {cause}", storage.key))?)))
}

fn size(value: &Value, what: &str) -> Result<usize, String> {
    match value {
        Value::Int(number) => usize::try_from(*number)
            .map_err(|_| format!("pickle: expected a {what} of 64 bits from 0 on, got {number}")),
        other => Err(unfit(what, Some(other))),
    }
}

fn sizes(machine: &Machine, value: &Value, what: &str) -> Result<Vec<usize>, String> {
    match value {
        Value::Tuple(items) | Value::List(items) if items.len() <= 64 => {
            items.iter().map(|id| size(machine.get(*id), what)).collect()
        }
        Value::Tuple(_) | Value::List(_) => Err(format!("pickle: expected a shorter {what}")),
        other => Err(unfit(what, Some(other))),
    }
}

/// `('storage', class, key, location, elements[, view])`.
pub(super) fn storage(machine: &mut Machine, id: Id) -> Result<Value, String> {
    let Value::Tuple(items) = machine.get(id) else {
        return Err(unfit("a storage's persistent id", Some(machine.get(id))));
    };
    let values: Vec<&Value> = items.iter().take(8).map(|id| machine.get(*id)).collect();
    let [Value::Text(tag), Value::Global(Global::Storage(element)), key, _, count, view @ ..] =
        &values[..]
    else {
        return Err("pickle: expected a storage's persistent id, got another tuple".to_owned());
    };
    let key = match key {
        Value::Text(key) => key.clone(),
        Value::Int(number) => number.to_string(),
        other => return Err(unfit("a storage's name", Some(other))),
    };
    if tag != "storage" {
        return Err("pickle: expected the persistent id of a storage".to_owned());
    }
    let (element, unit) = (*element, element.map_or(1, |element: Element| element.size));
    let bytes = |count: usize| {
        count.checked_mul(unit).ok_or_else(|| format!("storage {key}: expected fewer elements"))
    };
    let len = bytes(size(count, "number of elements")?)?;
    // A view of a storage: `(key, offset, elements)`.
    let start = match view {
        [Value::Tuple(view), ..] if view.len() == 3 => {
            bytes(size(machine.get(view[1]), "view's offset")?)?
        }
        [] | [Value::None] => 0,
        _ => return Err("pickle: expected a view of a storage".to_owned()),
    };
    place(machine, Storage { key, element, len, start }).map(Value::Storage)
}

/// The storage's place; what is named twice must be the same storage.
fn place(machine: &mut Machine, storage: Storage) -> Result<usize, String> {
    let next = machine.storages.len();
    let place = *machine
        .places
        .entry((storage.key.clone(), storage.start, storage.element))
        .or_insert(next);
    match machine.storages.get(place) {
        None if next == MAX_STORAGES || storage.key.len() > MAX_KEY => Err(format!(
            "expected up to {MAX_STORAGES} storages, with names of up to {MAX_KEY} bytes"
        )),
        Some(known) if *known == storage => Ok(place),
        Some(_) => Err(format!("storage {}: its size is there twice", storage.key)),
        None => {
            machine.storages.push(storage);
            Ok(place)
        }
    }
}
