use crate::support::{options, start};
use tidemark_sandbox::{Account, SandboxOptions};

#[tokio::test]
async fn what_is_no_document_is_invalid() {
    let desk = start(options()).await;
    for body in
        ["", "{", "[]", "1", "null", "\"text\"", "{\"id\":\"b\"}", "{\"id\":1}", "{} {}", "\u{1}", "{'a':1}"]
    {
        let refused = desk.put("/c/notes/a", body).await;
        assert_eq!(refused.problem(), (400, "invalid".into()), "{body:?}");
    }
    for body in ["{}", r#"{"id":""}"#, r#"{"id":7}"#] {
        let refused = desk.send("POST", "/c/notes", &[], body).await;
        assert_eq!(refused.problem(), (400, "invalid".into()), "{body:?}");
    }
    assert_eq!(desk.sandbox.report().unwrap().effects, [], "nothing took effect");
}

#[tokio::test]
async fn deep_documents_are_taken_up_to_a_bound() {
    let desk = start(options()).await;
    let deep = |levels: usize| format!("{{\"a\":{}1{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
    assert_eq!(desk.put("/c/notes/a", &deep(128)).await.status, 201);
    assert_eq!(desk.get("/c/notes/a").await.status, 200);
    assert_eq!(desk.put("/c/notes/b", &deep(100_000)).await.problem(), (400, "invalid".into()));
}

#[tokio::test]
async fn sixteen_mebibytes_are_taken_and_more_is_too_large() {
    let desk = start(options()).await;
    let of = |bytes: usize| format!(r#"{{"id":"a","t":"{}"}}"#, "x".repeat(bytes - 17));
    let limit = 16 * 1024 * 1024;
    assert_eq!(of(limit).len(), limit);
    assert_eq!(desk.put("/c/notes/a", &of(limit)).await.status, 201);
    assert_eq!(desk.put("/c/notes/a", &of(limit + 1)).await.problem(), (413, "too-large".into()));
    let patched = desk.send("PATCH", "/c/notes/a", &[], r#"{"more":"xxxxxxxxxx"}"#).await;
    assert_eq!(patched.problem(), (413, "too-large".into()), "a patch makes no larger record either");
}

#[tokio::test]
async fn a_bomb_is_not_unpacked() {
    let desk = start(options()).await;
    // 1 GiB of one letter, packed by zstd as one RLE block per 128 KiB.
    let mut bomb = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
    for block in 0..8192u32 {
        let header = u32::from(block == 8191) | 1 << 1 | (128 * 1024) << 3;
        bomb.extend_from_slice(&header.to_le_bytes()[..3]);
        bomb.push(b'x');
    }
    let sent = desk
        .client
        .put(format!("{}/c/notes/a", desk.sandbox.url()))
        .header("Content-Encoding", "zstd")
        .body(bomb)
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 413);
}

#[tokio::test]
async fn strange_paths_methods_and_types_are_told() {
    let desk = start(options()).await;
    assert_eq!(desk.get("/nowhere").await.problem(), (404, "not-found".into()));
    assert_eq!(desk.get("/c/unknown").await.problem(), (404, "not-found".into()));
    assert_eq!(desk.put("/c/unknown/a", "{}").await.problem(), (404, "not-found".into()));
    assert_eq!(desk.send("DELETE", "/collections", &[], "").await.problem(), (405, "invalid".into()));
    let typed = desk.send("PUT", "/c/notes/a", &[("Content-Type", "text/html")], "{}").await;
    assert_eq!(typed.problem(), (415, "invalid".into()));
    let packed = desk.send("PUT", "/c/notes/a", &[("Content-Encoding", "br")], "{}").await;
    assert_eq!(packed.problem(), (415, "invalid".into()));
    let both = desk.send("PUT", "/c/notes/a", &[("If-Match", "\"1\""), ("If-None-Match", "*")], "{}").await;
    assert_eq!(both.problem(), (400, "invalid".into()));
    assert_eq!(desk.get("/c/notes?limit=0").await.problem(), (400, "invalid".into()));
    assert_eq!(desk.get("/c/notes?limit=x").await.problem(), (400, "invalid".into()));
    assert_eq!(desk.get("/c/notes?after=xyz").await.problem(), (400, "invalid".into()));
}

#[tokio::test]
async fn accounts_sign_in_by_token_or_password() {
    let reader = Account { read_only: true, ..Account::new("Rita", "r-secret") };
    let desk =
        start(SandboxOptions { accounts: vec![Account::new("Anna K.", "s3cret"), reader], ..options() })
            .await;
    let url = format!("{}/c/notes/a", desk.sandbox.url());
    assert_eq!(desk.get("/").await.problem(), (401, "unauthorized".into()));
    let refused = desk.client.get(&url).bearer_auth("wrong").send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert!(refused.headers().get_all("www-authenticate").iter().count() == 2);
    let wrong = desk.client.get(&url).basic_auth("Anna K.", Some("r-secret")).send().await.unwrap();
    assert_eq!(wrong.status(), 401, "somebody else's password is none");

    let put = desk.client.put(&url).basic_auth("Anna K.", Some("s3cret")).body("{}").send().await.unwrap();
    assert_eq!(put.status(), 201);
    let read = desk.client.get(&url).bearer_auth("r-secret").send().await.unwrap();
    assert_eq!(read.status(), 200);
    let forbidden = desk.client.put(&url).bearer_auth("r-secret").body("{}").send().await.unwrap();
    assert_eq!(forbidden.status(), 403);
    assert_eq!(desk.sandbox.report().unwrap().effects[0].by, "Anna K.");
    assert!(!format!("{:?}", Account::new("a", "s3cret")).contains("s3cret"), "secrets are not shown");
}
