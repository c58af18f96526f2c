//! A running sandbox with a client.

use chrono::{DateTime, TimeZone, Utc};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::Value;
use std::sync::Arc;
use tidemark_sandbox::{RunningSandbox, Sandbox, SandboxOptions};

/// The fixed time of these tests.
pub fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 6, 15, 12, 0, 0).unwrap()
}

/// An empty collection `notes`, a second one, and a clock that stands still.
pub fn options() -> SandboxOptions {
    SandboxOptions { now: Arc::new(noon), ..SandboxOptions::with_collections(&["notes", "other"]) }
}

pub struct Desk {
    pub sandbox: RunningSandbox,
    pub client: Client,
}

/// What came back.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn etag(&self) -> &str {
        self.header("etag").unwrap()
    }

    /// The last part of the problem's type, checked to be a problem.
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let json = self.json();
        assert_eq!(json["status"], self.status, "the body says the same status");
        (self.status, json["type"].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
    }
}

pub async fn start(options: SandboxOptions) -> Desk {
    Desk {
        sandbox: Sandbox::start(options).await.unwrap(),
        client: Client::builder().no_proxy().build().unwrap(),
    }
}

impl Desk {
    /// Sends; `path` is what follows `/v1`, or begins with `/_`.
    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Got, reqwest::Error> {
        let url = match path.starts_with("/_") {
            true => format!("{}{path}", self.sandbox.origin()),
            false => format!("{}{path}", self.sandbox.url()),
        };
        let mut request = self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.body(body.to_owned()).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Got { status, headers, text: response.text().await? })
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Got {
        self.try_send(method, path, headers, body).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Got {
        self.send("GET", path, &[], "").await
    }

    pub async fn put(&self, path: &str, body: &str) -> Got {
        self.send("PUT", path, &[], body).await
    }

    /// All pages after a token: the items and the last token.
    pub async fn walk(&self, collection: &str, after: Option<&str>, limit: usize) -> (Vec<Value>, String) {
        let (mut items, mut token) = (Vec::new(), after.map(str::to_owned));
        loop {
            let page = self.page(collection, token.as_deref(), limit).await.json();
            items.extend(page["items"].as_array().unwrap().clone());
            let next = page["next"].as_str().unwrap().to_owned();
            if page["more"] == false {
                return (items, next);
            }
            token = Some(next);
        }
    }

    pub async fn page(&self, collection: &str, after: Option<&str>, limit: usize) -> Got {
        let after = after.map(|token| format!("&after={token}")).unwrap_or_default();
        self.get(&format!("/c/{collection}?limit={limit}{after}")).await
    }
}
