//! Numbers keep the digits that somebody gave them.

use tidemark_tests::world::Stage;

const TEXT: &str =
    r#"{"id":"t001","big":12345678901234567890,"price":1.10,"zero":-0.0,"state":"open","tiny":1e-7}"#;

// proves D3
#[tokio::test]
async fn numbers_survive_the_edit_of_another_field() {
    let mut world = Stage::default().record("tasks", TEXT).open().await;
    world.set("t001", "state", "done").await;
    let expected = TEXT.replace("open", "done");
    assert_eq!(world.record("t001").unwrap().document.as_deref(), Some(expected.as_str()));
    world.restart().await;
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.text_there("t001").as_deref(), Some(expected.as_str()));
    assert_eq!(world.record("t001").unwrap().base.as_deref(), Some(expected.as_str()));
    world.finish().await;
}

// proves D3
#[tokio::test]
async fn numbers_survive_a_merge() {
    let world = Stage::default().record("tasks", TEXT).open().await;
    world.set("t001", "state", "done").await;
    world.colleague_sets("t001", "who", "Anna");
    assert_eq!(world.sync().await.confirmed, 1);
    let text = world.text_there("t001").unwrap();
    for literal in ["12345678901234567890", "1.10", "-0.0", "1e-7"] {
        assert!(
            text.contains(&format!(":{literal},")) || text.contains(&format!(":{literal}}}")),
            "{literal}: {text}"
        );
    }
    world.finish().await;
}
