//! Whole numbers that cross to the window, where every number is a double.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

/// The largest whole number a JavaScript number holds exactly: 2^53 − 1.
pub const MAX_EXACT: i64 = (1 << 53) - 1;

fn is_exact(value: i64) -> bool {
    (-MAX_EXACT..=MAX_EXACT).contains(&value)
}

macro_rules! exact {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, specta::Type)]
        #[specta(transparent)]
        pub struct $name(#[specta(type = i32)] pub i64);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if !is_exact(self.0) {
                    return Err(ser::Error::custom(format!("{} does not fit a number of the window (2^53)", self.0)));
                }
                serializer.serialize_i64(self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = i64::deserialize(deserializer)?;
                if !is_exact(value) {
                    return Err(de::Error::custom(format!("{value} is outside ±2^53")));
                }
                Ok(Self(value))
            }
        }

        impl From<i64> for $name {
            fn from(value: i64) -> Self {
                Self(value)
            }
        }
    };
}

exact! {
    /// A counter: how many of something, or how many bytes.
    Count
}
exact! {
    /// An instant in milliseconds since 1970-01-01T00:00:00Z, or a span in milliseconds where a field says so.
    Millis
}

impl Count {
    /// One count from another's length; lengths beyond 2^53 do not exist in memory.
    pub fn of(len: usize) -> Self {
        Self(i64::try_from(len).unwrap_or(MAX_EXACT))
    }

    /// A count that somebody else tells, where it is one that can be shown.
    pub fn told(number: i64) -> Option<Self> {
        (0..=MAX_EXACT).contains(&number).then_some(Self(number))
    }
}

impl Millis {
    /// This instant moved by `ms` milliseconds, staying inside what the window can hold.
    #[must_use]
    pub fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms).clamp(-MAX_EXACT, MAX_EXACT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_beyond_two_to_the_fifty_third_is_refused_instead_of_rounded() {
        assert!(serde_json::to_string(&Count(MAX_EXACT + 1)).is_err());
        assert_eq!(serde_json::to_string(&Count(MAX_EXACT)).unwrap(), "9007199254740991");
        assert!(serde_json::from_str::<Millis>("9007199254740993").is_err());
        assert!(
            serde_json::from_str::<Millis>(&i64::MIN.to_string()).is_err(),
            "the one without a positive twin"
        );
        assert!(serde_json::to_string(&Count(i64::MIN)).is_err());
    }

    #[test]
    fn a_number_inside_a_tagged_or_flattened_shape_is_read_from_text_as_from_a_value() {
        use crate::view::{Resolution, Sentence, SyncProgress};
        let later = r#"{"strategy":"skip","choices":[],"until":1781600000000}"#;
        let skip = Resolution::Skip { choices: vec![], until: Some(Millis(1_781_600_000_000)) };
        assert_eq!(serde_json::from_str::<Resolution>(later).unwrap(), skip);
        assert_eq!(serde_json::from_value::<Resolution>(later.parse().unwrap()).unwrap(), skip);
        let guard = r#"{"id":"removals","server":"erp","wouldRemove":-7}"#;
        assert!(matches!(
            serde_json::from_str::<Sentence>(guard).unwrap(),
            Sentence::Removals { would_remove: Count(-7), .. }
        ));
        let progress = SyncProgress { link: "office".into(), progress: Default::default() };
        let text = serde_json::to_string(&progress).unwrap();
        assert_eq!(serde_json::from_str::<SyncProgress>(&text).unwrap(), progress);
        assert!(
            serde_json::from_str::<Millis>("1.5").is_err() && serde_json::from_str::<Count>("\"1\"").is_err()
        );
    }
}
