//! One split as one Parquet file, laid out as the `datasets` library of Hugging Face does:
//! `image` a struct of `bytes` and `path`, `label` an int64, and the class names in the file's
//! metadata under `huggingface`.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{
    SerializedColumnWriter, SerializedFileWriter, SerializedRowGroupWriter,
};
use parquet::schema::parser::parse_message_type;
use serde_json::json;

const SCHEMA: &str = "message schema {
    optional group image { optional binary bytes; optional binary path (STRING); }
    optional int64 label;
}";
/// Values looked at between two decisions to begin a page: images are large values.
const BATCH: usize = 8;

/// One row.
pub(super) struct Row {
    /// The encoded image.
    pub(super) bytes: Vec<u8>,
    /// What it is called.
    pub(super) path: String,
    pub(super) label: usize,
}

pub(super) struct ParquetWriter<W: Write + Send>(SerializedFileWriter<W>);

impl<W: Write + Send> ParquetWriter<W> {
    pub(super) fn new(file: W, classes: &[String]) -> Result<Self, ParquetError> {
        // Images are compressed as they are, and nobody looks for one between two others.
        let properties = WriterProperties::builder()
            .set_compression(Compression::UNCOMPRESSED)
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_write_batch_size(BATCH)
            .set_key_value_metadata(Some(vec![KeyValue::new(
                "huggingface".to_owned(),
                metadata(classes),
            )]))
            .build();
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        Ok(Self(SerializedFileWriter::new(file, schema, Arc::new(properties))?))
    }

    /// Writes some rows as a row group, which readers hold in memory as a whole.
    pub(super) fn group(&mut self, rows: Vec<Row>) -> Result<(), ParquetError> {
        let (mut bytes, mut paths, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            bytes.push(ByteArray::from(row.bytes));
            paths.push(ByteArray::from(row.path.into_bytes()));
            labels.push(row.label as i64);
        }
        let mut group = self.0.next_row_group()?;
        column(&mut group, |column| {
            column.typed::<ByteArrayType>().write_batch(&bytes, Some(&vec![2; bytes.len()]), None)
        })?;
        column(&mut group, |column| {
            column.typed::<ByteArrayType>().write_batch(&paths, Some(&vec![2; paths.len()]), None)
        })?;
        column(&mut group, |column| {
            column.typed::<Int64Type>().write_batch(&labels, Some(&vec![1; labels.len()]), None)
        })?;
        group.close().map(drop)
    }

    /// Writes the footer; without it a file is none.
    pub(super) fn finish(self) -> Result<W, ParquetError> {
        self.0.into_inner()
    }
}

fn column<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    write: impl FnOnce(&mut SerializedColumnWriter<'_>) -> Result<usize, ParquetError>,
) -> Result<(), ParquetError> {
    let next = group.next_column()?;
    let mut column = next.ok_or_else(|| ParquetError::General("no column left".to_owned()))?;
    write(&mut column)?;
    column.close()
}

fn metadata(classes: &[String]) -> String {
    let features = json!({
        "image": { "_type": "Image" },
        "label": { "names": classes, "_type": "ClassLabel" },
    });
    json!({ "info": { "features": features } }).to_string()
}
