//! The values that cross to a database: text, `i64`, `bool`, bytes, and their options. Whatever else a program has
//! (ids, times, money) is one of these by the time it gets here.

/// A value to be bound. Even an absent one knows its type, so that `PostgreSQL` needn't guess it from the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bool(Option<bool>),
    Bytes(Option<Vec<u8>>),
}

/// Anything that shows itself as text: `&str`, `&String`, and a reference to any newtype with `AsRef<str>`. An id that
/// only has `as_str()` is bound by that: `sql!["… where id = ", id.as_str()]`.
impl<T: AsRef<str> + ?Sized> From<&T> for Value {
    fn from(text: &T) -> Self {
        Self::Text(Some(text.as_ref().to_owned()))
    }
}

impl<T: AsRef<str> + ?Sized> From<Option<&T>> for Value {
    fn from(text: Option<&T>) -> Self {
        Self::Text(text.map(|text| text.as_ref().to_owned()))
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(Some(bytes.to_vec()))
    }
}

impl<const N: usize> From<Option<[u8; N]>> for Value {
    fn from(bytes: Option<[u8; N]>) -> Self {
        Self::Bytes(bytes.map(|bytes| bytes.to_vec()))
    }
}

macro_rules! values {
    ($($type:ty => $variant:ident;)*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(Some(value))
            }
        }

        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value)
            }
        }
    )*};
}

values! {
    String => Text;
    i64 => Int;
    bool => Bool;
    Vec<u8> => Bytes;
}
