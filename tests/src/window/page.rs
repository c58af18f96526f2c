//! What a person does on the page: look, wait for something to appear, click, type, take a picture.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, Locator};
use serde_json::Value;

use super::application::{Application, Running, programs};

const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The open window's page.
pub struct Page {
    client: Client,
    application: Application,
}

impl Page {
    pub(crate) fn new(client: Client, application: Application) -> Page {
        Page { client, application }
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

    /// Waits until a person can read the text somewhere on the page.
    pub async fn see(&self, text: &str) {
        self.see_in("body", text).await;
    }

    /// Waits until a person can read the text in what the selector matches first.
    pub async fn see_in(&self, css: &str, text: &str) {
        let shown = self.until(|page| async move { page.text_of(css).await.contains(text) }).await;
        assert!(shown, "`{css}` does not show `{text}`; the page shows:\n{}", self.text().await);
    }

    /// Waits until the text can no longer be read.
    pub async fn lose(&self, text: &str) {
        let gone = self.until(|page| async move { !page.text().await.contains(text) }).await;
        assert!(gone, "`{text}` does not go; the page shows:\n{}", self.text().await);
    }

    /// Waits until a script answers `true`; when it does not, the promise is told with the last answer.
    pub async fn hold(&self, script: &str, promise: &str) {
        if !self.until(|page| async move { page.script(script).await == true }).await {
            let answer = self.script(script).await;
            panic!("{promise}: {answer}; the page shows:\n{}", self.text().await);
        }
    }

    async fn until<'a, F: Future<Output = bool>>(&'a self, mut holds: impl FnMut(&'a Page) -> F) -> bool {
        let begun = Instant::now();
        while !holds(self).await {
            if begun.elapsed() > PATIENCE {
                return false;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        true
    }

    /// Waits for a button, link, tab, menu entry or switch with this name, and clicks it.
    pub async fn press(&self, name: &str) {
        self.press_in("", name).await;
    }

    /// The same inside of what the XPath matches.
    pub async fn press_in(&self, inside: &str, name: &str) {
        let named = quoted(name);
        let roles = "self::button or self::a or self::summary or @role='tab' or @role='menuitem' or @role='option' \
                     or input[@role='switch']";
        let names = format!(
            "normalize-space(.)={named} or @aria-label={named} or @title={named} or *[normalize-space(.)={named}]"
        );
        let path = format!("{inside}//*[{roles}][{names}]");
        let begun = Instant::now();
        loop {
            // What is hidden or not to be pressed yet is not what a person means.
            for element in self.client.find_all(Locator::XPath(&path)).await.expect("the page answers") {
                let ready = element.is_displayed().await.unwrap_or(false)
                    && element.is_enabled().await.unwrap_or(false);
                if ready && element.click().await.is_ok() {
                    return;
                }
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "nothing named {named} to press; the page shows:\n{}",
                self.text().await
            );
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Clicks what the selector matches first.
    pub async fn click(&self, css: &str) {
        let element = self.find(css).await;
        element.click().await.unwrap_or_else(|error| panic!("`{css}` cannot be clicked: {error}"));
    }

    /// Chooses an entry of a list by what it says.
    pub async fn choose(&self, css: &str, entry: &str) {
        let list = self.find(css).await;
        list.select_by_label(entry).await.unwrap_or_else(|error| panic!("`{css}` has no `{entry}`: {error}"));
    }

    /// Presses a key while what the selector matches first has the focus.
    pub async fn keys(&self, css: &str, key: Key) {
        let focused = self.find(css).await;
        focused.send_keys(&char::from(key).to_string()).await.expect("it takes keys");
    }

    /// Goes to a screen by the sidebar.
    pub async fn screen(&self, name: &str) {
        self.press_in("//nav", name).await;
    }

    /// Replaces the text of a field.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.expect("it can be emptied");
        field.send_keys(text).await.expect("it takes text");
    }

    /// All that can be read, with each run of white space as one space.
    pub async fn text(&self) -> String {
        self.text_of("body").await
    }

    async fn text_of(&self, css: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        let text = self.client.execute(script, vec![css.into()]).await.expect("the page answers");
        text.as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Runs a script in the page, as the driver may and the page's own policy would not.
    pub async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.expect("the script runs")
    }

    /// Where on the window the middle of an element is, in pixels.
    pub async fn place_of(&self, xpath: &str) -> (i64, i64) {
        let element = self.client.find(Locator::XPath(xpath)).await.expect("it is on the page");
        let (x, y, width, height) = element.rectangle().await.expect("it is drawn");
        ((x + width / 2.0) as i64, (y + height / 2.0) as i64)
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

    /// The process behind the page.
    pub fn running(&self) -> Running {
        self.application.running()
    }

    /// Closes the window as its close button would, and waits until the application has ended.
    pub async fn close(self) {
        let running = self.running();
        self.client.close().await.expect("the application ends");
        running.ended().await;
    }

    /// Kills the application in the middle of whatever it does.
    pub async fn kill(self) {
        let running = self.running();
        running.kill();
        running.ended().await;
        // With the next word to it the driver notices, and is free for another session.
        let _ = self.client.close().await;
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
    programs().with_file_name("screenshots")
}

/// A text as XPath writes it; one with both kinds of quotes is put together.
fn quoted(text: &str) -> String {
    match (text.contains('\''), text.contains('"')) {
        (false, _) => format!("'{text}'"),
        (true, false) => format!("\"{text}\""),
        (true, true) => format!("concat('{}')", text.replace('\'', "', \"'\", '")),
    }
}
