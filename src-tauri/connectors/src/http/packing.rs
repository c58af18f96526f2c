//! Bodies on their way out, packed where setting and server allow it (row A15).
//!
//! What is sealed, hashed and bound to its key is the plain body; packing happens each time it is sent, and gives the
//! same bytes each time. A server that remembers keys unpacks before it compares, so that a repetition is the same
//! request also where it goes plain after a 415.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use tidemark_model::settings::Compress;

/// Shorter bodies go as they are.
const WORTH_IT: usize = 1024;
/// The level that zstd itself takes for good; a fixed one, so that a body always gives the same bytes.
const ZSTD_LEVEL: i32 = 3;

/// A packing that HTTP knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    /// Its name in `Content-Encoding`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// A body packed; none where that failed, which memory alone could cause.
    pub(super) fn pack(self, body: &str) -> Option<Vec<u8>> {
        match self {
            Self::Gzip => {
                // No name and no time stand in the header: the same body gives the same bytes.
                let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                packer.write_all(body.as_bytes()).ok()?;
                packer.finish().ok()
            }
            Self::Zstd => zstd::encode_all(body.as_bytes(), ZSTD_LEVEL).ok(),
        }
    }
}

/// What is known of a server's taste.
#[derive(Debug, Default)]
pub(super) struct Packings {
    setting: Compress,
    /// What it offered: 0 nothing, 1 gzip, 2 zstd.
    offered: AtomicU8,
    refused: AtomicBool,
}

impl Packings {
    pub(super) fn new(setting: Compress) -> Self {
        Self { setting, ..Self::default() }
    }

    /// Takes in what the server says that it takes.
    pub(super) fn offered<'a>(&self, names: impl IntoIterator<Item = &'a str>) {
        let best = names.into_iter().map(|name| match name {
            "zstd" => 2,
            "gzip" => 1,
            _ => 0,
        });
        self.offered.store(best.max().unwrap_or(0), Ordering::Relaxed);
    }

    /// How a body goes; none plain.
    pub(super) fn of(&self, body: Option<&str>) -> Option<Packing> {
        if self.was_refused() || body.is_none_or(|body| body.len() <= WORTH_IT) {
            return None;
        }
        match (self.setting, self.offered.load(Ordering::Relaxed)) {
            (Compress::Off, _) | (Compress::Offered, 0) => None,
            (Compress::Zstd, _) | (Compress::Offered, 2..) => Some(Packing::Zstd),
            (Compress::Gzip, _) | (Compress::Offered, 1) => Some(Packing::Gzip),
        }
    }

    /// The server answered 415 to a packed body: none goes packed any more.
    pub(super) fn refuse(&self) {
        self.refused.store(true, Ordering::Relaxed);
    }

    pub(super) fn was_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // proves A15
    #[test]
    fn only_long_bodies_are_packed_and_only_as_setting_and_server_allow() {
        let (long, short) = ("x".repeat(1025), "x".repeat(1024));
        let packings = Packings::new(Compress::Offered);
        assert_eq!(packings.of(Some(&long)), None, "the server offered nothing");
        packings.offered(["br", "gzip"]);
        assert_eq!(packings.of(Some(&long)), Some(Packing::Gzip));
        packings.offered(["gzip", "zstd"]);
        assert_eq!(packings.of(Some(&long)), Some(Packing::Zstd));
        assert_eq!((packings.of(Some(&short)), packings.of(None)), (None, None));
        packings.refuse();
        assert_eq!(packings.of(Some(&long)), None);
        assert_eq!(Packings::new(Compress::Gzip).of(Some(&long)), Some(Packing::Gzip));
        let off = Packings::new(Compress::Off);
        off.offered(["zstd"]);
        assert_eq!(off.of(Some(&long)), None);
    }

    // proves A15, A4
    #[test]
    fn the_same_body_is_packed_to_the_same_bytes() {
        let body = "{\"remarks\":\"ten crates of oranges\"}".repeat(100);
        for packing in [Packing::Gzip, Packing::Zstd] {
            let first = packing.pack(&body).unwrap();
            assert!(first.len() < body.len() / 4, "{packing:?}: {}", first.len());
            assert_eq!(packing.pack(&body).unwrap(), first);
        }
    }
}
