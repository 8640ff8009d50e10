use std::io::{ErrorKind, Read};

/// The most bytes of one pickle. The tensors of the largest checkpoints are described in a few;
/// their values lie elsewhere.
pub(super) const MAX_PICKLE: u64 = 64 << 20;
/// The longest line of text.
const MAX_LINE: usize = 1024;
/// The longest string that is kept; names of tensors are far shorter.
const MAX_TEXT: u64 = 4096;

/// The bytes of one pickle.
pub(super) struct Bytes<R> {
    source: R,
    left: u64,
}

impl<R: Read> Bytes<R> {
    /// To be given a buffered reader.
    pub(super) fn new(source: R) -> Self {
        Self { source, left: MAX_PICKLE }
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.spend(N as u64)?;
        let mut array = [0; N];
        self.source.read_exact(&mut array).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => "pickle: it ends in the middle".to_owned(),
            _ => error.to_string(),
        })?;
        Ok(array)
    }

    pub(super) fn byte(&mut self) -> Result<u8, String> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(super) fn short(&mut self) -> Result<u64, String> {
        self.byte().map(u64::from)
    }

    pub(super) fn long(&mut self) -> Result<u64, String> {
        Ok(u64::from(u32::from_le_bytes(self.array()?)))
    }

    pub(super) fn long8(&mut self) -> Result<u64, String> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// Text up to the end of the line.
    pub(super) fn line(&mut self) -> Result<String, String> {
        let mut line = Vec::new();
        loop {
            match self.byte()? {
                b'\n' => break,
                _ if line.len() == MAX_LINE => {
                    return Err(format!("pickle: expected lines of up to {MAX_LINE} bytes"));
                }
                byte => line.push(byte),
            }
        }
        String::from_utf8(line).map_err(|_| "pickle: expected UTF-8".to_owned())
    }

    /// A string; none if it is too long to be of interest, or no text.
    pub(super) fn text(&mut self, len: u64) -> Result<Option<String>, String> {
        if len > MAX_TEXT {
            return self.skip(len).map(|()| None);
        }
        self.spend(len)?;
        let mut text = Vec::new();
        let read = self.source.by_ref().take(len).read_to_end(&mut text);
        whole(read.map(|read| read as u64), len)?;
        Ok(String::from_utf8(text).ok())
    }

    pub(super) fn skip(&mut self, len: u64) -> Result<(), String> {
        self.spend(len)?;
        whole(std::io::copy(&mut self.source.by_ref().take(len), &mut std::io::sink()), len)
    }

    fn spend(&mut self, len: u64) -> Result<(), String> {
        let left = self.left.checked_sub(len);
        self.left = left.ok_or_else(|| format!("pickle: expected up to {MAX_PICKLE} bytes"))?;
        Ok(())
    }
}

fn whole(read: std::io::Result<u64>, len: u64) -> Result<(), String> {
    match read {
        Ok(read) if read == len => Ok(()),
        Ok(read) => Err(format!("pickle: expected {len} bytes, got {read}")),
        Err(error) => Err(error.to_string()),
    }
}
