//! What a leaf column holds, as its type says.

use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::schema::types::ColumnDescriptor;

/// What can be made of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Signed,
    Unsigned,
    Text,
    Bytes,
    /// Dates, times, decimals, floats: nothing that names a class.
    Other,
}

impl Kind {
    pub(super) fn of(column: &ColumnDescriptor) -> Self {
        let (logical, converted) = (column.logical_type_ref(), column.converted_type());
        match column.physical_type() {
            Type::BOOLEAN => Self::Bool,
            Type::INT32 | Type::INT64 => whole(logical, converted),
            Type::BYTE_ARRAY => match (logical, converted) {
                (Some(LogicalType::String | LogicalType::Enum), _)
                | (None, ConvertedType::UTF8 | ConvertedType::ENUM) => Self::Text,
                (None, ConvertedType::NONE) => Self::Bytes,
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Bool | Self::Signed | Self::Unsigned)
    }
}

fn whole(logical: Option<&LogicalType>, converted: ConvertedType) -> Kind {
    use ConvertedType as C;
    match (logical, converted) {
        (Some(LogicalType::Integer(kind)), _) if kind.is_signed => Kind::Signed,
        (Some(LogicalType::Integer(_)), _)
        | (None, C::UINT_8 | C::UINT_16 | C::UINT_32 | C::UINT_64) => Kind::Unsigned,
        (None, C::NONE | C::INT_8 | C::INT_16 | C::INT_32 | C::INT_64) => Kind::Signed,
        _ => Kind::Other,
    }
}

/// One value per row, at most.
pub(super) fn is_plain(column: &ColumnDescriptor) -> bool {
    column.max_rep_level() == 0
}

/// `label int64`, `image.bytes binary`, `label timestamp`.
pub(super) fn in_words(column: &ColumnDescriptor) -> String {
    let kind = Kind::of(column);
    let physical = match column.physical_type() {
        Type::BOOLEAN => "bool",
        Type::INT32 if kind == Kind::Unsigned => "uint32",
        Type::INT64 if kind == Kind::Unsigned => "uint64",
        Type::INT32 => "int32",
        Type::INT64 => "int64",
        Type::INT96 => "int96",
        Type::FLOAT => "float",
        Type::DOUBLE => "double",
        Type::BYTE_ARRAY if kind == Kind::Text => "string",
        Type::BYTE_ARRAY => "binary",
        Type::FIXED_LEN_BYTE_ARRAY => "fixed binary",
    };
    let meant = match column.logical_type_ref() {
        Some(LogicalType::Decimal(_)) => "decimal",
        Some(LogicalType::Date) => "date",
        Some(LogicalType::Time(_)) => "time",
        Some(LogicalType::Timestamp(_)) => "timestamp",
        Some(LogicalType::Float16) => "float16",
        Some(LogicalType::Unknown) => "null",
        _ => physical,
    };
    let list = if is_plain(column) { "" } else { "list of " };
    format!("{} {list}{meant}", column.path().string())
}
