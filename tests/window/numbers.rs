//! Numbers that no machine word holds pass through the window untouched.

use tidemark_sandbox::SandboxOptions;

use crate::desk::{Desk, Theme};
use crate::records::{field, open_record};
use crate::server::{connect, record, serve, stored};

const NUMBERS: &str = r#""serial":12345678901234567890,"price":1.10,"tiny":1e-400,"nested":{"rate":0.10}"#;

// proves C1, H1
#[tokio::test]
async fn long_and_exact_numbers_survive_the_edit_of_another_field_in_the_form() {
    let mut options = SandboxOptions::with_collections(&["parts"]);
    options.records.push(record("parts", &format!(r#"{{"id":"P-1","name":"Seal",{NUMBERS}}}"#)));
    let server = serve(options).await;
    let desk = Desk::new(Theme::Light, &[]);
    let window = desk.open().await;
    connect(&window, &server).await;
    window.see("Up to date").await;

    open_record(&window, "parts", "P-1").await;
    for (name, literal) in [("serial", "12345678901234567890"), ("price", "1.10")] {
        let shown = window.find(&field(name)).await.prop("value").await.unwrap();
        assert_eq!(shown.as_deref(), Some(literal), "the form shows the literal");
    }
    window.fill(&field("name"), "Door seal").await;
    window.press("Save").await;
    window.screen("Overview").await;
    window.see_in("[data-testid=ledger]", "1 saved = 1 confirmed").await;

    let text = stored(&server, "parts", "P-1");
    assert!(text.contains(r#""name":"Door seal""#), "the edit arrived: {text}");
    assert!(text.contains(NUMBERS), "every other literal is as it was: {text}");
    window.close().await;
}
