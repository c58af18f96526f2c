//! What a person does on the Records screen.

use super::page::Page;

/// The field of the form in the inspector, by the name it has in the document.
pub fn field(name: &str) -> String {
    format!(".inspector [id$='/{name}']")
}

/// Opens one record in the inspector, found by its id.
pub async fn open_record(window: &Page, collection: &str, id: &str) {
    choose_record(window, collection, id).await;
    window.see_in(".inspector", "Last changed on the server").await;
}

/// The same where it may just have been confirmed, so that it is not known yet when the server changed it.
pub async fn choose_record(window: &Page, collection: &str, id: &str) {
    window.screen("Records").await;
    window.choose("label:has(option) select", collection).await;
    window.fill("input[type=search]", id).await;
    let only = "[role=grid][aria-rowcount='2'] [aria-rowindex='2']";
    window.see_in(only, id).await;
    window.click(only).await;
    window.see_in(".inspector header", id).await;
}

/// Saves the form while the server is away.
pub async fn save_here(window: &Page) {
    window.press("Save here").await;
    window.see("Saved on this computer. Goes out when").await;
}
