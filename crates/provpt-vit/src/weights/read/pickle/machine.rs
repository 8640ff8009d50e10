use std::collections::HashMap;
use std::io::Read;

use super::super::fault::Fault;
use super::bytes::Bytes;
use super::globals::{self, Element};
use super::rebuild::{call, storage};
use super::value::{Id, Storage, Value};

/// The most opcodes of one pickle: tens of thousands of tensors, or long lists of numbers.
pub(super) const MAX_STEPS: usize = 2 << 20;
/// The most arguments of a call; those that rebuild tensors have eight.
const MAX_ARGUMENTS: usize = 64;

/// A pickle that has been read.
pub(in crate::weights::read) struct Pickle {
    pub(super) values: Vec<Value>,
    pub(super) root: Id,
    /// The storages of its tensors, in the order in which they are named.
    pub(in crate::weights::read) storages: Vec<Storage>,
}

impl Pickle {
    pub(in crate::weights::read) fn root(&self) -> &Value {
        self.get(self.root)
    }

    pub(in crate::weights::read) fn get(&self, id: Id) -> &Value {
        self.values.get(id.0 as usize).unwrap_or(&Value::Other)
    }
}

/// Reads one pickle, up to and with its `STOP`; give it a buffered reader.
pub(in crate::weights::read) fn run(source: impl Read) -> Result<Pickle, Fault> {
    let mut machine = Machine::default();
    let mut bytes = Bytes::new(source);
    while machine.work < MAX_STEPS {
        machine.work += 1;
        let opcode = bytes.byte()?;
        if opcode == b'.' {
            let root = machine.pop()?;
            let Machine { values, storages, .. } = machine;
            return Ok(Pickle { values, root, storages });
        }
        machine.step(opcode, &mut bytes)?;
    }
    Err(format!("pickle: expected up to {MAX_STEPS} opcodes").into())
}

#[derive(Default)]
pub(super) struct Machine {
    /// Opcodes so far, and values that calls have copied.
    work: usize,
    values: Vec<Value>,
    stack: Vec<Id>,
    /// Heights of the stack at each open mark.
    marks: Vec<usize>,
    memo: HashMap<u64, Id>,
    pub(super) storages: Vec<Storage>,
    /// Places of storages by name, type and start.
    pub(super) places: HashMap<(String, usize, Option<Element>), usize>,
}

impl Machine {
    fn step(&mut self, opcode: u8, bytes: &mut Bytes<impl Read>) -> Result<(), Fault> {
        match opcode {
            // PROTO, FRAME
            0x80 => drop(bytes.byte()?),
            0x95 => drop(bytes.long8()?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_mark()?),
            b'2' => self.stack.push(self.top()?),
            b'g' | b'h' | b'j' => {
                let index = index(opcode, bytes)?;
                let id = self.memo.get(&index).copied();
                self.stack.push(id.ok_or_else(|| format!("pickle: nothing at memo {index}"))?);
            }
            b'p' | b'q' | b'r' => drop(self.memo.insert(index(opcode, bytes)?, self.top()?)),
            0x94 => drop(self.memo.insert(self.memo.len() as u64, self.top()?)),
            b'a' | b'e' | b's' | b'u' | 0x90 => self.fill(opcode)?,
            b't' | b'l' | b'd' | b')' | b']' | b'}' | 0x85..=0x87 | 0x8f | 0x91 => {
                self.collect(opcode)?;
            }
            b'c' | 0x93 | b'i' | b'o' | b'R' | 0x81 | 0x92 | b'b' | b'Q' => {
                self.object(opcode, bytes)?;
            }
            b'P' => return Err("pickle: expected storages, got a persistent id of text".into()),
            // Extensions stand for classes by number, in a table that a program keeps.
            0x82..=0x84 => return Err("pickle: expected tensors, got an extension code".into()),
            _ => {
                let value = scalar(opcode, bytes)?;
                self.push(value);
            }
        }
        Ok(())
    }

    pub(super) fn push(&mut self, value: Value) {
        // Steps bound the length.
        self.stack.push(Id(self.values.len() as u32));
        self.values.push(value);
    }

    fn pop(&mut self) -> Result<Id, String> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn top(&self) -> Result<Id, String> {
        let above = self.marks.last().is_none_or(|mark| *mark < self.stack.len());
        let top = if above { self.stack.last() } else { None };
        top.copied().ok_or_else(|| "pickle: nothing on the stack".to_owned())
    }

    fn pop_mark(&mut self) -> Result<Vec<Id>, String> {
        let mark = self.marks.pop().ok_or("pickle: no mark on the stack")?;
        if mark > self.stack.len() {
            return Err("pickle: a mark beyond the stack".to_owned());
        }
        Ok(self.stack.split_off(mark))
    }

    pub(super) fn get(&self, id: Id) -> &Value {
        self.values.get(id.0 as usize).unwrap_or(&Value::Other)
    }

    /// Containers, empty or from the stack. Sets are lists here.
    fn collect(&mut self, opcode: u8) -> Result<(), String> {
        let value = match opcode {
            b')' => Value::Tuple(Vec::new()),
            b']' | 0x8f => Value::List(Vec::new()),
            b'}' => Value::Dict(Vec::new()),
            b't' => Value::Tuple(self.pop_mark()?),
            b'l' | 0x91 => Value::List(self.pop_mark()?),
            b'd' => Value::Dict(pairs(&self.pop_mark()?)?),
            _ => {
                let mut items = Vec::new();
                for _ in 0x85..=opcode {
                    items.push(self.pop()?);
                }
                items.reverse();
                Value::Tuple(items)
            }
        };
        self.push(value);
        Ok(())
    }

    /// Puts items into the container on the stack.
    fn fill(&mut self, opcode: u8) -> Result<(), String> {
        let items = match opcode {
            b'a' => vec![self.pop()?],
            b's' => {
                let value = self.pop()?;
                vec![self.pop()?, value]
            }
            _ => self.pop_mark()?,
        };
        let top = self.top()?;
        let in_dict = matches!(opcode, b's' | b'u');
        match self.values.get_mut(top.0 as usize) {
            Some(Value::List(list)) if !in_dict => list.extend(items),
            Some(Value::Dict(dict)) if in_dict => dict.extend(pairs(&items)?),
            Some(Value::Other) => {}
            value => {
                let kind = value.map_or("nothing", |value| value.kind());
                return Err(format!("pickle: expected a container to fill, got {kind}"));
            }
        }
        Ok(())
    }

    /// Classes, calls, state and storages.
    fn object(&mut self, opcode: u8, bytes: &mut Bytes<impl Read>) -> Result<(), Fault> {
        match opcode {
            b'c' => self.global(&bytes.line()?, &bytes.line()?)?,
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                match (self.get(module), self.get(name)) {
                    (Value::Text(module), Value::Text(name)) => {
                        let (module, name) = (module.clone(), name.clone());
                        self.global(&module, &name)?;
                    }
                    _ => return Err("pickle: expected a class's module and name".into()),
                }
            }
            b'i' => {
                self.global(&bytes.line()?, &bytes.line()?)?;
                let class = self.pop()?;
                let arguments = self.pop_mark()?;
                self.call(class, &arguments)?;
            }
            b'o' => {
                let all = self.pop_mark()?;
                let (class, arguments) = all.split_first().ok_or("pickle: expected a class")?;
                self.call(*class, arguments)?;
            }
            b'Q' => {
                let id = self.pop()?;
                let value = storage(self, id)?;
                self.push(value);
            }
            b'b' => {
                self.pop()?;
                let kind = self.get(self.top()?);
                // An OrderedDict's attributes, a parameter's: nothing that weights need.
                if !matches!(kind, Value::Dict(_) | Value::Tensor(_) | Value::Other) {
                    return Err(format!(
                        "pickle: expected an object to build, got {}",
                        kind.kind()
                    )
                    .into());
                }
            }
            _ => {
                if opcode == 0x92 {
                    self.pop()?;
                }
                let (arguments, callable) = (self.pop()?, self.pop()?);
                let arguments = match self.get(arguments) {
                    Value::Tuple(list) if list.len() <= MAX_ARGUMENTS => list.clone(),
                    _ => return Err("pickle: expected a tuple of a few arguments".into()),
                };
                self.call(callable, &arguments)?;
            }
        }
        Ok(())
    }

    fn global(&mut self, module: &str, name: &str) -> Result<(), Fault> {
        let global = globals::find(module, name).ok_or_else(|| {
            let name = format!("{module}.{name}");
            Fault::Unreadable(format!("a pickle that asks for {name}{}", kind(module)))
        })?;
        self.push(Value::Global(global));
        Ok(())
    }

    fn call(&mut self, callable: Id, arguments: &[Id]) -> Result<(), String> {
        if let Some(Value::List(items) | Value::Tuple(items)) =
            arguments.first().map(|id| self.get(*id))
        {
            self.work += items.len();
        }
        let value = match self.get(callable) {
            Value::Global(global) => call(self, *global, arguments)?,
            other => return Err(format!("pickle: expected a class to call, got {}", other.kind())),
        };
        self.push(value);
        Ok(())
    }
}

/// What is in a file whose pickle asks for such a module.
fn kind(module: &str) -> &'static str {
    match module {
        "__torch__" => " (a program of TorchScript)",
        _ if module.starts_with("__torch__.") => " (a program of TorchScript)",
        _ => "",
    }
}

fn pairs(items: &[Id]) -> Result<Vec<(Id, Id)>, String> {
    match items.as_chunks::<2>() {
        (pairs, []) => Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect()),
        _ => Err("pickle: expected pairs of keys and values".to_owned()),
    }
}

fn index(opcode: u8, bytes: &mut Bytes<impl Read>) -> Result<u64, String> {
    match opcode {
        b'h' | b'q' => bytes.short(),
        b'j' | b'r' => bytes.long(),
        _ => bytes.line()?.parse().map_err(|_| "pickle: expected a memo's number".to_owned()),
    }
}

/// Values that stand in the pickle itself.
fn scalar(opcode: u8, bytes: &mut Bytes<impl Read>) -> Result<Value, String> {
    let text = |text: Option<String>| text.map_or(Value::Other, Value::Text);
    Ok(match opcode {
        b'N' => Value::None,
        0x88 | 0x89 => Value::Bool(opcode == 0x88),
        b'I' | b'L' => match bytes.line()?.as_str() {
            "00" => Value::Bool(false),
            "01" => Value::Bool(true),
            line => line.trim_end_matches('L').parse().map_or(Value::Other, Value::Int),
        },
        b'J' => Value::Int(i128::from(i32::from_le_bytes(bytes.array()?))),
        b'K' => Value::Int(i128::from(bytes.byte()?)),
        b'M' => Value::Int(i128::from(u16::from_le_bytes(bytes.array()?))),
        0x8a => {
            let len = bytes.short()?;
            number(len, bytes)?
        }
        0x8b => {
            let len = bytes.long()?;
            number(len, bytes)?
        }
        b'G' => bytes.array::<8>().map(|_| Value::Other)?,
        b'F' | b'S' => bytes.line().map(|_| Value::Other)?,
        b'V' => Value::Text(bytes.line()?),
        b'U' | 0x8c => {
            let len = bytes.short()?;
            text(bytes.text(len)?)
        }
        b'T' | b'X' => {
            let len = bytes.long()?;
            text(bytes.text(len)?)
        }
        0x8d => {
            let len = bytes.long8()?;
            text(bytes.text(len)?)
        }
        b'C' => bytes.short().and_then(|len| bytes.skip(len)).map(|()| Value::Other)?,
        b'B' => bytes.long().and_then(|len| bytes.skip(len)).map(|()| Value::Other)?,
        0x8e | 0x96 => bytes.long8().and_then(|len| bytes.skip(len)).map(|()| Value::Other)?,
        _ => return Err(format!("pickle: unknown opcode {opcode:#04x}")),
    })
}

/// A little-endian integer in two's complement; one of more than 16 bytes is of no interest.
fn number(len: u64, bytes: &mut Bytes<impl Read>) -> Result<Value, String> {
    if len > 16 {
        return bytes.skip(len).map(|()| Value::Other);
    }
    let mut digits = Vec::new();
    for _ in 0..len {
        digits.push(bytes.byte()?);
    }
    let sign = if digits.last().is_some_and(|byte| *byte > 0x7f) { 0xff } else { 0 };
    digits.resize(16, sign);
    let digits: [u8; 16] = digits.try_into().unwrap_or_default();
    Ok(Value::Int(i128::from_le_bytes(digits)))
}
