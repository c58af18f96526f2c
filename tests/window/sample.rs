//! The sample server that the application runs by itself, reached from outside as a colleague's program would.

use serde_json::Value;

use crate::desk::Desk;

/// Lets the sample server of a desk be asked and switched from outside.
pub const SWITCHES: (&str, &str) = ("TIDEMARK_SAMPLE_SWITCHES", "1");

/// The sample server of a running application.
pub struct Sample {
    origin: String,
}

impl Sample {
    /// The one of the application that runs on this desk with [`SWITCHES`].
    pub fn of(desk: &Desk) -> Sample {
        let port = std::fs::read_to_string(desk.data().join("sample-server/port")).expect("it has a port");
        Sample { origin: format!("http://127.0.0.1:{}", port.trim()) }
    }

    /// A record's text as the server keeps it.
    pub async fn record(&self, collection: &str, id: &str) -> String {
        self.get(&format!("v1/c/{collection}/{id}")).await
    }

    /// Everything that took effect on the server, in order, and what went wrong.
    pub async fn report(&self) -> Value {
        serde_json::from_str(&self.get("_report").await).expect("the report is JSON")
    }

    async fn get(&self, path: &str) -> String {
        let url = format!("{}/{path}", self.origin);
        let answer = reqwest::get(&url).await.expect("the sample server answers");
        assert!(answer.status().is_success(), "{url} answers {}", answer.status());
        answer.text().await.expect("it answers with text")
    }
}
