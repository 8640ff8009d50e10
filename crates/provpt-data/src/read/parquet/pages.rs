//! Pages on their way to the decoder, which makes room for as many values as a page says it has.

use bytes::Bytes;
use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError as Cause, Result};
use parquet::schema::types::ColumnDescPtr;

/// Most entries of a dictionary: writers stop at a megabyte or so.
const MAX_DICTIONARY: usize = 1 << 22;

/// Refuses pages that claim more values than they can have, or values longer than they are.
pub(super) struct Checked<R> {
    pub(super) inner: R,
    /// Of the row group.
    pub(super) rows: usize,
    pub(super) column: ColumnDescPtr,
}

impl<R: PageReader> Checked<R> {
    fn check(&self, page: Option<Page>) -> Result<Option<Page>> {
        if let Some(page) = &page {
            check(page, self.rows)?;
            if self.column.physical_type() == Type::BYTE_ARRAY {
                let levels = [self.column.max_rep_level(), self.column.max_def_level()];
                check_lengths(page, levels.map(|most| most > 0))?;
            }
        }
        Ok(page)
    }
}

fn check(page: &Page, rows: usize) -> Result<()> {
    let (what, most, got) = match page {
        Page::DictionaryPage { buf, num_values, .. } => {
            ("dictionary", most_entries(buf), *num_values as usize)
        }
        Page::DataPage { num_values, .. } | Page::DataPageV2 { num_values, .. } => {
            ("page", rows, *num_values as usize)
        }
    };
    if got > most {
        return Err(Cause::General(format!("{what}: expected at most {most} values, got {got}")));
    }
    match page.encoding() {
        // Their decoders believe a number of values within the page.
        encoding @ (Encoding::DELTA_LENGTH_BYTE_ARRAY | Encoding::DELTA_BYTE_ARRAY) => {
            let expected = "plain or dictionary values";
            Err(Cause::NYI(format!("encoding: expected {expected}, got {encoding}")))
        }
        _ => Ok(()),
    }
}

/// In front of each plain byte array stands its length, which the decoder believes when it skips
/// one. `levels`: whether there are repetition and definition levels.
fn check_lengths(page: &Page, levels: [bool; 2]) -> Result<()> {
    let (values, count) = match page {
        Page::DictionaryPage { buf, num_values, .. } => (Some(&buf[..]), num_values),
        Page::DataPage {
            buf,
            num_values,
            encoding: Encoding::PLAIN,
            def_level_encoding: Encoding::RLE,
            ..
        } => (behind_levels(buf, levels), num_values),
        Page::DataPageV2 {
            buf,
            num_values,
            encoding: Encoding::PLAIN,
            def_levels_byte_len,
            rep_levels_byte_len,
            ..
        } => {
            let levels = *def_levels_byte_len as usize + *rep_levels_byte_len as usize;
            (buf.get(levels..), num_values)
        }
        _ => return Ok(()),
    };
    let mut values = values.ok_or_else(past_the_end)?;
    for _ in 0..*count {
        // Nulls have no value.
        if values.is_empty() {
            break;
        }
        values = behind(values).ok_or_else(past_the_end)?;
    }
    Ok(())
}

fn past_the_end() -> Cause {
    Cause::EOF("page: expected lengths within it, got one past its end".to_owned())
}

/// What follows the levels of a page of version 1.
fn behind_levels(buf: &[u8], levels: [bool; 2]) -> Option<&[u8]> {
    levels.into_iter().filter(|there| *there).try_fold(buf, |buf, _| behind(buf))
}

/// What follows a length and as many bytes.
fn behind(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.get(u32::from_le_bytes(*length) as usize..)
}

/// No entry is shorter than a byte.
fn most_entries(buf: &Bytes) -> usize {
    buf.len().min(MAX_DICTIONARY)
}

impl<R: PageReader> Iterator for Checked<R> {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl<R: PageReader> PageReader for Checked<R> {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.inner.get_next_page()?;
        self.check(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.inner.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.inner.at_record_boundary()
    }

    fn supports_deferred_dictionary(&self) -> bool {
        self.inner.supports_deferred_dictionary()
    }

    fn take_deferred_dictionary(&mut self) -> Result<Option<Page>> {
        let page = self.inner.take_deferred_dictionary()?;
        self.check(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(num_values: u32, encoding: Encoding) -> Page {
        Page::DataPage {
            buf: Bytes::new(),
            num_values,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        }
    }

    fn dictionary(num_values: u32, bytes: usize) -> Page {
        let (buf, encoding) = (Bytes::from(vec![0; bytes]), Encoding::PLAIN);
        Page::DictionaryPage { buf, num_values, encoding, is_sorted: false }
    }

    #[test]
    fn lengths_lie_within_the_page() {
        let page = |bytes: &[u8], num_values| {
            let mut page = data(num_values, Encoding::PLAIN);
            if let Page::DataPage { buf, .. } = &mut page {
                *buf = Bytes::copy_from_slice(bytes);
            }
            page
        };
        let two = [2, 0, 0, 0, 7, 7, 0, 0, 0, 0];
        assert!(check_lengths(&page(&two, 2), [false; 2]).is_ok());
        assert!(check_lengths(&page(&two, 9), [false; 2]).is_ok(), "nulls");
        let levels = [&[1, 0, 0, 0, 9][..], &two].concat();
        assert!(check_lengths(&page(&levels, 2), [false, true]).is_ok());
        for (bytes, levels) in [
            (&two[..9], [false; 2]),
            (&two[..5], [false; 2]),
            (&[255; 8][..], [false; 2]),
            (&two[..6], [true, true]),
            (&[9, 0, 0, 0, 1], [false, true]),
        ] {
            let message = check_lengths(&page(bytes, 2), levels).unwrap_err().to_string();
            assert!(message.ends_with("got one past its end"), "{message}");
        }
    }

    #[test]
    fn pages_claim_no_more_values_than_they_can_have() {
        let message = |page: Page| check(&page, 10).unwrap_err().to_string();
        assert!(check(&data(10, Encoding::PLAIN), 10).is_ok());
        let end = "page: expected at most 10 values, got 11";
        assert!(message(data(11, Encoding::PLAIN)).ends_with(end));
        assert!(check(&dictionary(7, 28), 10).is_ok());
        let end = "dictionary: expected at most 28 values, got 4294967295";
        assert!(message(dictionary(u32::MAX, 28)).ends_with(end));
        let end = "encoding: expected plain or dictionary values, got DELTA_BYTE_ARRAY";
        assert!(message(data(3, Encoding::DELTA_BYTE_ARRAY)).ends_with(end));
    }
}
