//! Bytes that are sent: in memory, in a file where nothing is ever written over, or in both.

use std::fs::File;
use std::io;
use std::sync::Arc;

use hyper::body::Bytes;

/// Bytes to be sent. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Extent {
    held: Option<Bytes>,
    filed: Option<(Arc<File>, u64)>,
    len: usize,
}

impl Extent {
    /// Bytes in a file, from an offset on; `held` when they are in memory too.
    #[must_use]
    pub fn filed(file: Arc<File>, offset: u64, len: usize, held: Option<Bytes>) -> Self {
        Self { held, filed: Some((file, offset)), len }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Where they begin in a file, when they lie in it.
    #[must_use]
    pub fn offset_in(&self, file: &Arc<File>) -> Option<u64> {
        self.filed.as_ref().filter(|(known, _)| Arc::ptr_eq(known, file)).map(|(_, at)| *at)
    }

    /// They lie in a file now.
    pub fn lies_at(&mut self, file: Arc<File>, offset: u64) {
        self.filed = Some((file, offset));
    }

    /// No longer holds bytes that lie in a file: the system keeps them in memory as long as it has
    /// some to spare.
    pub fn let_go(&mut self) {
        if self.filed.is_some() {
            self.held = None;
        }
    }

    /// The bytes.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self) -> io::Result<Bytes> {
        match (&self.held, &self.filed) {
            (Some(bytes), _) => Ok(bytes.clone()),
            (None, Some((file, offset))) => {
                let mut bytes = vec![0; self.len];
                read_exact_at(file, &mut bytes, *offset)?;
                Ok(bytes.into())
            }
            (None, None) => Ok(Bytes::new()),
        }
    }
}

impl From<Bytes> for Extent {
    fn from(bytes: Bytes) -> Self {
        Self { len: bytes.len(), held: Some(bytes), filed: None }
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_read(file, bytes, offset)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[count..];
        offset += count as u64;
    }
    Ok(())
}
