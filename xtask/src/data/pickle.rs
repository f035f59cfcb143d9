//! Weights saved by torch before 1.6: five pickles, then the storages' bytes. The pickles are read
//! by a machine that knows the few instructions and the three names such a file needs, and refuses
//! every other: nothing in a file is run.
//! Sources: `torch/serialization.py` (`_legacy_load`) and CPython's `pickletools`.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result, bail, ensure};

use super::weights::Array;

/// The first pickle: 0x1950a86a20f9469cfc6c, little-endian.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
/// The second.
const PROTOCOL: i64 = 1001;

/// The arrays of 32-bit floats of a saved state dict, by name; counters of whole numbers (batch
/// norm's `num_batches_tracked`) are left out.
pub fn read_state_dict(file: &[u8]) -> Result<BTreeMap<String, Array>> {
    let mut bytes = Bytes(file);
    let Value::Long(magic) = bytes.pickle()? else {
        bail!("this is no torch file from before 1.6");
    };
    ensure!(
        magic == MAGIC,
        "this is no torch file from before 1.6: its magic number differs"
    );
    ensure!(
        matches!(bytes.pickle()?, Value::Int(PROTOCOL)),
        "the file's protocol is not {PROTOCOL}"
    );
    let little = match bytes.pickle()? {
        Value::Dict(system) => system.iter().any(
            |it| matches!(it, (Value::Text(key), Value::Bool(true)) if key == "little_endian"),
        ),
        _ => false,
    };
    ensure!(little, "the file is not little-endian");
    let Value::Dict(state) = bytes.pickle()? else {
        bail!("the file holds no dictionary of arrays");
    };
    let storages = bytes.storages(&state)?;
    let mut arrays = BTreeMap::new();
    for (name, value) in state {
        let (Value::Text(name), Value::Tensor(tensor)) = (name, value) else {
            bail!("the dictionary holds something that is no named array");
        };
        if tensor.storage.kind == Kind::Long {
            continue;
        }
        let storage = storages
            .get(&tensor.storage.key)
            .with_context(|| format!("{name} has no storage"))?;
        let array = tensor
            .gathered(storage)
            .with_context(|| format!("{name} reaches outside its storage"))?;
        arrays.insert(name, array);
    }
    Ok(arrays)
}

/// What the machine computes with.
#[derive(Clone, Debug)]
enum Value {
    None,
    Bool(bool),
    Int(i64),
    Long(Vec<u8>),
    Text(String),
    Tuple(Vec<Self>),
    List(Vec<Self>),
    Dict(Vec<(Self, Self)>),
    Name(Name),
    Storage(Storage),
    Tensor(Tensor),
    Mark,
}

/// The names a state dict needs.
#[derive(Clone, Copy, Debug)]
enum Name {
    OrderedDict,
    RebuildTensor,
    StorageOf(Kind),
}

/// What a storage holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Float,
    Long,
}

#[derive(Clone, Debug)]
struct Storage {
    kind: Kind,
    key: String,
}

/// A view of a storage: strides in elements.
#[derive(Clone, Debug)]
struct Tensor {
    storage: Storage,
    offset: usize,
    dims: Vec<usize>,
    strides: Vec<usize>,
}

impl Tensor {
    /// The elements row by row, wherever they lie. `None` when they lie outside.
    fn gathered(&self, storage: &[f32]) -> Option<Array> {
        let count: usize = self
            .dims
            .iter()
            .try_fold(1_usize, |n, &dim| n.checked_mul(dim))?;
        // A view without overlap has no more elements than its storage.
        if count > storage.len() {
            return None;
        }
        let element = |index: usize| {
            let (mut rest, mut at) = (index, self.offset);
            for (&dim, &stride) in self.dims.iter().zip(&self.strides).rev() {
                at = at.checked_add((rest % dim).checked_mul(stride)?)?;
                rest /= dim;
            }
            storage.get(at).copied()
        };
        Some(Array {
            dims: self.dims.clone(),
            values: (0..count).map(element).collect::<Option<_>>()?,
        })
    }
}

/// What is left of the file.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .context("the file ends too early")?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    fn word(&mut self) -> Result<u32> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn line(&mut self) -> Result<&'a str> {
        let end = self.0.iter().position(|&byte| byte == b'\n');
        let line = self.take(end.context("the file ends inside a name")?)?;
        self.take(1)?;
        Ok(std::str::from_utf8(line)?)
    }

    /// The storages that follow the pickles, in the order of the last of them.
    fn storages(&mut self, state: &[(Value, Value)]) -> Result<HashMap<String, Vec<f32>>> {
        let kinds: HashMap<&str, Kind> = state
            .iter()
            .filter_map(|(_, value)| match value {
                Value::Tensor(tensor) => Some((tensor.storage.key.as_str(), tensor.storage.kind)),
                _ => None,
            })
            .collect();
        let Value::List(keys) = self.pickle()? else {
            bail!("the file does not list its storages");
        };
        let mut storages = HashMap::new();
        for key in keys {
            let Value::Text(key) = key else {
                bail!("a storage's key is no text");
            };
            let (low, high) = (self.word()?, self.word()?);
            let count = usize::try_from(u64::from(low) | u64::from(high) << 32)?;
            let kind = kinds.get(key.as_str());
            match kind.with_context(|| format!("nothing uses the storage {key}"))? {
                Kind::Long => {
                    self.take(count.saturating_mul(8))?;
                }
                Kind::Float => {
                    let (values, _) = self.take(count.saturating_mul(4))?.as_chunks::<4>();
                    let values = values.iter().map(|it| f32::from_le_bytes(*it)).collect();
                    storages.insert(key, values);
                }
            }
        }
        Ok(storages)
    }

    /// Reads one pickle, of protocol 2.
    fn pickle(&mut self) -> Result<Value> {
        let mut machine = Machine::default();
        loop {
            let op = self.byte()?;
            match op {
                b'.' => return machine.pop(),
                // PROTO
                0x80 => {
                    let version = self.byte()?;
                    ensure!(version == 2, "the pickle is of protocol {version}, not 2");
                }
                b'K' => machine.push(Value::Int(self.byte()?.into())),
                b'M' => {
                    let bytes = self.take(2)?;
                    machine.push(Value::Int(u16::from_le_bytes([bytes[0], bytes[1]]).into()));
                }
                b'J' => machine.push(Value::Int(self.word()?.cast_signed().into())),
                // LONG1
                0x8a => {
                    let length = self.byte()?;
                    machine.push(Value::Long(self.take(length.into())?.to_vec()));
                }
                b'X' => {
                    let length = self.word()? as usize;
                    let text = std::str::from_utf8(self.take(length)?)?;
                    machine.push(Value::Text(text.to_owned()));
                }
                b'N' => machine.push(Value::None),
                0x88 => machine.push(Value::Bool(true)),
                0x89 => machine.push(Value::Bool(false)),
                b'}' => machine.push(Value::Dict(Vec::new())),
                b']' => machine.push(Value::List(Vec::new())),
                b')' => machine.push(Value::Tuple(Vec::new())),
                b'(' => machine.push(Value::Mark),
                b't' => {
                    let items = machine.since_mark()?;
                    machine.push(Value::Tuple(items));
                }
                0x85..=0x87 => {
                    let items = machine.last(usize::from(op - 0x84))?;
                    machine.push(Value::Tuple(items));
                }
                b'e' => {
                    let items = machine.since_mark()?;
                    machine.list()?.extend(items);
                }
                b's' => {
                    let items = machine.last(2)?;
                    machine.set(items)?;
                }
                b'u' => {
                    let items = machine.since_mark()?;
                    machine.set(items)?;
                }
                b'q' => machine.remember(self.byte()?.into())?,
                b'r' => machine.remember(self.word()?)?,
                b'h' => machine.recall(self.byte()?.into())?,
                b'j' => machine.recall(self.word()?)?,
                b'c' => machine.push(Value::Name(name(self.line()?, self.line()?)?)),
                b'R' => machine.call()?,
                b'Q' => machine.storage()?,
                // BUILD: attributes of the dictionary, torch's `_metadata`.
                b'b' => drop(machine.pop()?),
                other => bail!("the pickle's instruction {other:#04x} has no place in weights"),
            }
        }
    }
}

fn name(module: &str, name: &str) -> Result<Name> {
    Ok(match (module, name) {
        ("collections", "OrderedDict") => Name::OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2") => Name::RebuildTensor,
        ("torch", "FloatStorage") => Name::StorageOf(Kind::Float),
        ("torch", "LongStorage") => Name::StorageOf(Kind::Long),
        _ => bail!("the file asks for {module}.{name}, which has no place in weights"),
    })
}

#[derive(Default)]
struct Machine {
    stack: Vec<Value>,
    memo: HashMap<u32, Value>,
}

impl Machine {
    fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    fn pop(&mut self) -> Result<Value> {
        self.stack
            .pop()
            .context("the pickle takes more than it has")
    }

    /// What lies above the topmost mark, which goes too.
    fn since_mark(&mut self) -> Result<Vec<Value>> {
        let mark = self.stack.iter().rposition(|it| matches!(it, Value::Mark));
        let items = self
            .stack
            .split_off(mark.context("the pickle lacks a mark")? + 1);
        self.pop()?;
        Ok(items)
    }

    fn last(&mut self, count: usize) -> Result<Vec<Value>> {
        let start = self.stack.len().checked_sub(count);
        let start = start.context("the pickle takes more than it has")?;
        Ok(self.stack.split_off(start))
    }

    fn list(&mut self) -> Result<&mut Vec<Value>> {
        match self.stack.last_mut() {
            Some(Value::List(list)) => Ok(list),
            _ => bail!("the pickle extends what is no list"),
        }
    }

    fn set(&mut self, items: Vec<Value>) -> Result<()> {
        let Some(Value::Dict(dict)) = self.stack.last_mut() else {
            bail!("the pickle sets an item of what is no dictionary");
        };
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            dict.push((key, value));
        }
        Ok(())
    }

    fn remember(&mut self, at: u32) -> Result<()> {
        let top = self.stack.last().context("the pickle keeps nothing")?;
        // Containers grow after they were remembered, and values here are copies: none that can
        // still change is ever given back.
        let fixed = match top {
            Value::Dict(_) | Value::List(_) => return Ok(()),
            fixed => fixed.clone(),
        };
        self.memo.insert(at, fixed);
        Ok(())
    }

    fn recall(&mut self, at: u32) -> Result<()> {
        let value = self.memo.get(&at).cloned();
        self.push(value.with_context(|| format!("the pickle recalls number {at}, not kept"))?);
        Ok(())
    }

    /// `OrderedDict()`, or `_rebuild_tensor_v2(storage, offset, size, stride, …)`.
    fn call(&mut self) -> Result<()> {
        let Value::Tuple(arguments) = self.pop()? else {
            bail!("the pickle calls without arguments");
        };
        let made = match (self.pop()?, arguments.as_slice()) {
            (Value::Name(Name::OrderedDict), []) => Value::Dict(Vec::new()),
            (
                Value::Name(Name::RebuildTensor),
                [
                    Value::Storage(storage),
                    Value::Int(offset),
                    dims,
                    strides,
                    ..,
                ],
            ) => {
                let (dims, strides) = (whole(dims)?, whole(strides)?);
                ensure!(dims.len() == strides.len(), "an array lacks a stride");
                Value::Tensor(Tensor {
                    storage: storage.clone(),
                    offset: usize::try_from(*offset)?,
                    dims,
                    strides,
                })
            }
            (callee, _) => bail!("the pickle calls {callee:?}, which has no place in weights"),
        };
        self.push(made);
        Ok(())
    }

    /// `('storage', type, key, device, count, view)`.
    fn storage(&mut self) -> Result<()> {
        let Value::Tuple(id) = self.pop()? else {
            bail!("a storage has no description");
        };
        match id.as_slice() {
            [
                Value::Text(what),
                Value::Name(Name::StorageOf(kind)),
                Value::Text(key),
                _,
                _,
                Value::None,
            ] if what == "storage" => {
                let (kind, key) = (*kind, key.clone());
                self.push(Value::Storage(Storage { kind, key }));
                Ok(())
            }
            _ => bail!("a storage is described in a way that is not known"),
        }
    }
}

fn whole(tuple: &Value) -> Result<Vec<usize>> {
    let Value::Tuple(numbers) = tuple else {
        bail!("an array's size is no tuple");
    };
    let number = |value: &Value| match value {
        Value::Int(number) => Ok(usize::try_from(*number)?),
        _ => bail!("an array's size is no number"),
    };
    numbers.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file after `torch.save` by hand: `w` is 2×3 over a storage of 7 values.
    fn file(strides: [u8; 2], offset: u8) -> Vec<u8> {
        let mut file = vec![0x80, 2, 0x8a, 10];
        file.extend(MAGIC);
        // 1001 = 0x03e9
        file.extend([b'.', 0x80, 2, b'M', 0xe9, 3, b'.']);
        let text = |text: &str| {
            let mut bytes = vec![b'X'];
            bytes.extend((text.len() as u32).to_le_bytes());
            bytes.extend(text.as_bytes());
            bytes
        };
        file.extend([0x80, 2, b'}', b'q', 0, b'(']);
        file.extend(text("little_endian"));
        file.extend([0x88, b'u', b'.']);

        file.extend([0x80, 2]);
        file.extend(b"ccollections\nOrderedDict\nq\x00)Rq\x01(");
        file.extend(text("w"));
        file.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        file.extend(text("storage"));
        file.extend(b"ctorch\nFloatStorage\n");
        file.extend(text("77"));
        file.extend(text("cpu"));
        // 7 values, no view; offset; size (2, 3); strides; no gradient, no hooks
        file.extend([b'K', 7, b'N', b't', b'Q', b'K', offset]);
        file.extend([
            b'K', 2, b'K', 3, 0x86, b'K', strides[0], b'K', strides[1], 0x86,
        ]);
        file.extend([0x89, b'h', 0, b')', b'R', b't', b'R', b'u', b'.']);

        file.extend([0x80, 2, b']', b'(']);
        file.extend(text("77"));
        file.extend([b'e', b'.']);
        file.extend(7_u64.to_le_bytes());
        file.extend((0..7_u8).flat_map(|n| f32::from(n).to_le_bytes()));
        file
    }

    fn values(file: &[u8]) -> Vec<f32> {
        let arrays = read_state_dict(file).unwrap();
        assert_eq!(arrays["w"].dims, [2, 3]);
        arrays["w"].values.clone()
    }

    #[test]
    fn strides_say_where_the_values_lie() {
        assert_eq!(values(&file([3, 1], 0)), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        // The same storage column by column, from its second value on.
        assert_eq!(values(&file([1, 2], 1)), [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
    }

    #[test]
    fn a_view_that_leaves_its_storage_is_refused() {
        assert!(read_state_dict(&file([3, 1], 2)).is_err());
        assert!(read_state_dict(&file([200, 100], 0)).is_err());
    }

    #[test]
    fn a_name_that_is_no_array_is_refused_before_anything_is_made_of_it() {
        let mut bad = file([3, 1], 0);
        let at = bad.windows(11).position(|it| it == b"OrderedDict").unwrap();
        bad[at..at + 11].copy_from_slice(b"namedtuple_");
        let error = read_state_dict(&bad).unwrap_err().to_string();
        assert!(error.contains("collections.namedtuple_"), "{error}");
    }

    #[test]
    fn every_shortened_file_is_refused() {
        let whole = file([3, 1], 0);
        for length in 0..whole.len() {
            assert!(read_state_dict(&whole[..length]).is_err(), "{length}");
        }
    }
}
