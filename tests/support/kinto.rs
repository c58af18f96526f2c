//! A real Kinto on a free loopback port, in memory, with accounts.

use crate::kinto_venv;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use tempfile::TempDir;

/// Kinto ends with the process that started it, however that ends: its standard input closes.
const STARTER: &str = "\
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from kinto.__main__ import main
sys.exit(main(['start', '--ini', sys.argv[1]]))
";

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running Kinto; it ends when this is dropped.
pub struct Kinto {
    child: Child,
    origin: String,
    _folder: TempDir,
}

impl Kinto {
    /// Starts a server, making its Python environment first when that is missing.
    pub fn start() -> io::Result<Self> {
        Self::start_with(&[])
    }

    /// The same with further settings, such as `("kinto.backoff", "10")`.
    pub fn start_with(settings: &[(&str, &str)]) -> io::Result<Self> {
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
        let venv = kinto_venv::prepare(&target)?;
        let folder = tempfile::tempdir()?;
        let ini = folder.path().join("kinto.ini");
        std::fs::File::create(&ini)?.write_all(ini_text(settings).as_bytes())?;
        let mut child = Command::new(venv.join("bin/python"))
            .args(["-c", STARTER])
            .arg(&ini)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let origin = match serving_on(&mut child) {
            Ok(origin) => origin,
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(error);
            }
        };
        Ok(Self { child, origin, _folder: folder })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The endpoint: the origin with `/v1`.
    pub fn url(&self) -> String {
        format!("{}/v1", self.origin)
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Makes an account.
    pub async fn account(&self, name: &str, password: &str) {
        let body = serde_json::json!({"data": {"password": password}});
        self.put(&format!("accounts/{name}"), None, &body).await;
    }

    /// Makes a collection in the account's own bucket, or in a bucket of its own where one is named.
    pub async fn collection(&self, account: (&str, &str), bucket: Option<&str>, name: &str) {
        let empty = serde_json::json!({"data": {}});
        if let Some(bucket) = bucket {
            self.put(&format!("buckets/{bucket}"), Some(account), &empty).await;
        }
        let bucket = bucket.unwrap_or("default");
        self.put(&format!("buckets/{bucket}/collections/{name}"), Some(account), &empty).await;
    }

    async fn put(&self, path: &str, account: Option<(&str, &str)>, body: &serde_json::Value) {
        // A client of its own: a kept one would belong to the runtime of an earlier test.
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().expect("a client");
        let mut request = client
            .put(format!("{}/{path}", self.url()))
            .header("Content-Type", "application/json")
            .body(body.to_string());
        if let Some((user, password)) = account {
            request = request.basic_auth(user, Some(password));
        }
        let answer = request.send().await.expect("Kinto answers");
        let status = answer.status();
        assert!(status.is_success(), "PUT {path}: {status} {}", answer.text().await.unwrap_or_default());
    }
}

impl Drop for Kinto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ini_text(settings: &[(&str, &str)]) -> String {
    // Without the `basicauth` policy a wrong password is 401; with it, it would be somebody else.
    let mut text = "\
[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = 0
threads = 8

[app:main]
use = egg:kinto
kinto.includes = kinto.plugins.default_bucket kinto.plugins.accounts
kinto.storage_backend = kinto.core.storage.memory
kinto.cache_backend = kinto.core.cache.memory
kinto.permission_backend = kinto.core.permission.memory
kinto.userid_hmac_secret = only-for-tests
multiauth.policies = account
multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy
kinto.account_create_principals = system.Everyone
kinto.bucket_create_principals = system.Authenticated
"
    .to_owned();
    for (name, value) in settings {
        // What is set takes the place of what stands above: twice would be refused.
        let begins = format!("{name} = ");
        let kept = text.lines().filter(|line| !line.starts_with(&begins)).map(|line| format!("{line}\n"));
        text = kept.collect::<String>() + format!("{begins}{value}\n").as_str();
    }
    text
}

/// Reads what Kinto writes until it names its address; a thread goes on reading, or the pipe would fill.
fn serving_on(child: &mut Child) -> io::Result<String> {
    let stderr = child.stderr.take().ok_or_else(|| io::Error::other("Kinto has no standard error"))?;
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            // Nobody listens once the address is known.
            let _ = sender.send(line);
        }
    });
    let mut said = String::new();
    loop {
        let line = lines
            .recv_timeout(PATIENCE)
            .map_err(|_| io::Error::other(format!("Kinto did not start; it said:\n{said}")))?;
        if let Some((_, address)) = line.split_once("Serving on ") {
            return Ok(address.trim().to_owned());
        }
        said.push_str(&line);
        said.push('\n');
    }
}
