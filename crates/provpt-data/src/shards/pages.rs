//! Pages on their way to the decoder, which makes room for as many values as a page says it has.

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError as Cause, Result};

/// Most entries of a dictionary: writers stop at a megabyte or so.
const MAX_DICTIONARY: usize = 1 << 22;

/// Refuses pages that claim more values than they can have.
pub(super) struct Checked<R> {
    pub(super) inner: R,
    /// Of the row group.
    pub(super) rows: usize,
}

impl<R: PageReader> Checked<R> {
    fn check(&self, page: Option<Page>) -> Result<Option<Page>> {
        if let Some(page) = &page {
            check(page, self.rows)?;
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
