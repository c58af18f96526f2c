//! What a person does on the page: look, wait for something to appear, click, type, take a picture.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, Locator};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The open window's page.
pub struct Page {
    client: Client,
}

impl Page {
    pub(crate) fn new(client: Client) -> Page {
        Page { client }
    }

    /// The underlying WebDriver client, for what has no word here.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Waits until an element matches the CSS selector.
    pub async fn find(&self, css: &str) -> Element {
        let wait = self.client.wait().at_most(PATIENCE).every(LOOK_AGAIN);
        match wait.for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => panic!("`{css}` did not appear ({error}); the page shows:\n{}", self.text().await),
        }
    }

    /// Waits until the page shows the text.
    pub async fn see(&self, text: &str) {
        let asked = self.client.wait().at_most(PATIENCE).every(LOOK_AGAIN);
        let path = format!("//body//*[contains(normalize-space(.), {})]", quoted(text));
        if let Err(error) = asked.for_element(Locator::XPath(&path)).await {
            panic!("the page does not show `{text}` ({error}); it shows:\n{}", self.text().await);
        }
    }

    /// Waits for a button, link, tab or menu entry with this name, and clicks it.
    pub async fn press(&self, name: &str) {
        let name = quoted(name);
        let roles =
            "self::button or self::a or self::summary or @role='tab' or @role='menuitem' or @role='option'";
        let path = format!("//*[{roles}][normalize-space(.)={name} or @aria-label={name} or @title={name}]");
        let wait = self.client.wait().at_most(PATIENCE).every(LOOK_AGAIN);
        match wait.for_element(Locator::XPath(&path)).await {
            Ok(element) => element.click().await.expect("it can be clicked"),
            Err(error) => {
                panic!("nothing named {name} to press ({error}); the page shows:\n{}", self.text().await)
            }
        }
    }

    /// Replaces the text of a field.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.expect("it can be emptied");
        field.send_keys(text).await.expect("it takes text");
    }

    /// All visible text.
    pub async fn text(&self) -> String {
        let body = self.client.find(Locator::Css("body")).await.expect("a page has a body");
        body.text().await.expect("a body has a text")
    }

    /// Runs a script in the page, as the driver may and the page's own policy would not.
    pub async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.expect("the script runs")
    }

    /// Takes a picture: into `docs/screenshots` when `TIDEMARK_KEEP_SCREENSHOTS` is set, else into the build folder.
    pub async fn picture(&self, name: &str) -> PathBuf {
        // Two frames, so that what was just changed has been drawn.
        let drawn =
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()));";
        self.client.execute_async(drawn, Vec::new()).await.expect("the page draws");
        let path = pictures().join(format!("{name}.png"));
        let bytes = self.client.screenshot().await.expect("a window can be drawn");
        std::fs::create_dir_all(pictures()).expect("the folder can be made");
        std::fs::write(&path, bytes).expect("the folder can be written");
        path
    }

    /// Closes the window as its close button would, and waits until the application has ended.
    pub async fn close(self) {
        self.client.close().await.expect("the application ends");
    }
}

/// How many colours a picture has: a blank one has one.
pub fn colours(picture: &Path) -> u64 {
    let output = Command::new("identify").args(["-format", "%k"]).arg(picture).output();
    let output = output.expect("identify comes with imagemagick");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("identify answers with a number")
}

fn pictures() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    if std::env::var_os("TIDEMARK_KEEP_SCREENSHOTS").is_some() {
        return root.join("docs/screenshots");
    }
    let here = std::env::current_exe().expect("a running program has a path");
    here.ancestors().nth(3).unwrap_or(&root).join("screenshots")
}

/// A text as XPath writes it; one with both kinds of quotes is put together.
fn quoted(text: &str) -> String {
    match (text.contains('\''), text.contains('"')) {
        (false, _) => format!("'{text}'"),
        (true, false) => format!("\"{text}\""),
        (true, true) => format!("concat('{}')", text.replace('\'', "', \"'\", '")),
    }
}
