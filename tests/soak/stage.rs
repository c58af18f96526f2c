//! Everything that takes part: the server, the proxy before it, the desk with the application, and those who work.

use crate::command_line::CommandLine;
use crate::ledger::Ledger;
use crate::person::{LINK, Person, Refused};
use crate::readings::{Reader, Reading};
use crate::{closing, colleague, hands, log, settling, vitals, weather};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tidemark_sandbox::{RunningSandbox, Sandbox, SandboxOptions};
use tidemark_tests::fault_proxy::FaultProxy;
use tidemark_tests::window::application::programs;
use tidemark_tests::window::desk::{Desk, Theme};
use tidemark_tests::window::page::Page;

/// How long what the work leaves for a moment may take: the undo window, messages that go by themselves, a last poll.
const SETTLE: Duration = Duration::from_secs(30);
/// How long it is measured after that while nobody does anything: two polls.
const REST: Duration = Duration::from_secs(60);

/// The running application and what is around it; all of it ends when this is dropped.
pub struct Stage {
    pub window: Page,
    pub ctl: CommandLine,
    application: u32,
    folder: PathBuf,
    desk: Desk,
    proxy: FaultProxy,
    server: RunningSandbox,
}

/// What was done and measured.
pub struct Worked {
    pub readings: Vec<Reading>,
    /// What everybody was told is saved.
    pub ledger: Ledger,
    refused: Refused,
    weather: weather::Told,
    pictures: Vec<PathBuf>,
    writes: String,
}

impl Stage {
    /// Starts it all on a fresh data folder, with a connection and everything received.
    pub async fn set_up() -> Stage {
        let folder = programs().with_file_name("soak");
        std::fs::create_dir_all(&folder).expect("the build folder can be written");
        let errors = std::fs::File::create(folder.join(LOG)).expect("the folder can be written");
        let server = Sandbox::start(SandboxOptions::sample()).await.expect("the sandbox starts");
        let proxy = FaultProxy::start(&server.origin()).await.expect("the proxy starts");
        // The desk's own instant would be another one for each process of the command line.
        let now = chrono::Utc::now().to_rfc3339();
        let settings = [("TIDEMARK_CLOCK", now.as_str()), ("TIDEMARK_NETWORK", "unknown")];
        let desk = Desk::heard_by(Stdio::from(errors), Theme::Light, &settings);
        let ctl = CommandLine::on(&desk.data());
        let added = ctl.run(&["link", "add", LINK, "--kind", "rest", "--url", &proxy.url("/v1")]).await;
        assert!(added.is_done(), "the server is connected: {added:?}");
        let window = desk.open().await;
        window.see("Up to date").await;
        hands::walk(&window).await;
        let application = window.running().id();
        Stage { window, ctl, application, folder, desk, proxy, server }
    }

    /// Readings of the application, written down beside its log.
    pub fn reader(&self) -> Reader {
        let file = self.folder.join("readings.csv");
        Reader::new(self.application, &self.desk.data(), &file).expect("the folder can be written")
    }

    /// One reading while nobody does anything.
    pub async fn rest(&self, reader: &mut Reader) -> Reading {
        tokio::time::sleep(SETTLE).await;
        let reading = reader.read_over(REST).await;
        println!("handles at rest: {:?}", vitals::handles(self.application));
        reading
    }

    /// Everybody works for so long, each by choices of their own that follow from the seed.
    pub async fn work(&self, reader: &mut Reader, span: Duration, seed: u64) -> Worked {
        let until = Instant::now() + span;
        let (readings, (typed, refused), by_colleague, (by_hand, pictures), unsettled, weather) = tokio::join!(
            reader.read_until(until),
            Person::new(&self.ctl, seed ^ 1).work(until),
            colleague::work(self.server.handle(), seed ^ 2, until),
            hands::work(&self.window, &self.desk, &self.ctl, seed ^ 3, until),
            settling::look_after(&self.ctl, seed ^ 4, until),
            weather::rage(&self.proxy, self.application, seed ^ 5, until),
        );
        let writes = format!(
            "{} by the command line, {} in the window, {} by the colleague",
            typed.writes, by_hand.writes, by_colleague.writes
        );
        let (mut ledger, mut all_refused) = (typed, refused);
        ledger.take(by_hand);
        ledger.take(by_colleague);
        all_refused.extend(unsettled);
        Worked { readings, ledger, refused: all_refused, weather, pictures, writes }
    }

    /// Ends the application and looks what it left; what is wrong with that, in words.
    pub async fn close(self, ledger: &Ledger) -> Vec<String> {
        self.window.close().await;
        let mut breaches = closing::breaches(&self.desk.data(), &self.server, ledger).await;
        let log = std::fs::read_to_string(self.folder.join(LOG)).unwrap_or_default();
        breaches.extend(log::complaints(&log));
        self.server.stop().await;
        breaches
    }
}

/// What the application says on standard error.
const LOG: &str = "application.log";

impl Worked {
    /// Says what was done.
    pub fn tell(&self) {
        println!("writes: {}", self.writes);
        println!("weather: {:?}", self.weather);
        println!("refused: {:#?}", self.refused);
        println!("pictures: {:?}", self.pictures);
    }
}
