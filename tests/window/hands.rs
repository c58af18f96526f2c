//! The desk itself is sound: what the other tests rely on does what its name says.

use std::process::Command;

use crate::desk::{Desk, Theme};

#[tokio::test]
async fn typing_and_pressing_reach_the_page_and_notices_reach_the_desk() {
    let desk = Desk::new(Theme::Light, &[]);
    assert!(desk.data().is_dir());
    assert_eq!(desk.notifications(), [], "a new desk has seen nothing");

    let mut notice = Command::new("dunstify");
    notice.args(["A conflict waits", "for you"]).env("DBUS_SESSION_BUS_ADDRESS", desk.bus());
    assert!(notice.status().unwrap().success());
    desk.close_notices();
    assert_eq!(desk.notifications(), [("A conflict waits".to_string(), "for you".to_string())]);

    let window = desk.open().await;
    window.find("body").await;
    let form =
        "document.body.innerHTML = '<input id=\"name\" value=\"old\"><button>Say \"it\\'s\"</button><p></p>';
        document.querySelector('button').onclick = () => {
            document.querySelector('p').textContent = 'Hello ' + document.querySelector('input').value;
        };";
    window.script(form).await;
    window.fill("#name", "Ånna").await;
    window.press("Say \"it's\"").await;
    window.see("Hello Ånna").await;
    window.close().await;

    let again = desk.open().await;
    again.see("Work on your records").await;
    again.close().await;
}
