use crate::support::start;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tidemark_sandbox::{SandboxOptions, sample};

// proves H7
#[tokio::test]
async fn two_hundred_records_refer_to_each_other() {
    let desk = start(SandboxOptions::sample()).await;
    let collections = desk.get("/collections").await.json();
    let items = collections["items"].as_array().unwrap();
    let counts: Vec<(&str, u64)> =
        items.iter().map(|item| (item["name"].as_str().unwrap(), item["count"].as_u64().unwrap())).collect();
    assert_eq!(counts, [("customers", 40), ("equipment", 60), ("work_orders", 100)]);
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut docs: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (name, _) in &counts {
        let (rows, _) = desk.walk(name, None, 33).await;
        ids.insert(
            (*name).to_owned(),
            rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect(),
        );
        docs.insert((*name).to_owned(), rows.iter().map(|row| row["doc"].clone()).collect());
    }
    for item in items {
        let name = item["name"].as_str().unwrap();
        let bytes: u64 = docs[name].iter().map(|doc| doc.to_string().len() as u64).sum();
        assert_eq!(item["bytes"], bytes);
        for reference in item["references"].as_array().unwrap_or(&Vec::new()) {
            let (path, target) =
                (reference["path"].as_str().unwrap(), reference["collection"].as_str().unwrap());
            for doc in &docs[name] {
                let id = doc.pointer(path).and_then(Value::as_str).unwrap();
                assert!(ids[target].contains(id), "{name}{path} names {id}, which is not in {target}");
            }
        }
        // Every member has its title in the schema, and every required one is there.
        let schema = &item["schema"];
        for doc in &docs[name] {
            for member in doc.as_object().unwrap().keys() {
                assert!(schema["properties"][member]["title"].is_string(), "{name}.{member}");
            }
            for required in schema["required"].as_array().unwrap() {
                assert!(doc.get(required.as_str().unwrap()).is_some(), "{name}.{required}");
            }
            for (member, property) in schema["properties"].as_object().unwrap() {
                if let Some(values) = property["enum"].as_array() {
                    assert!(values.contains(&doc[member]), "{name}.{member} is {}", doc[member]);
                }
            }
        }
    }
    let orders = serde_json::to_string(&docs["work_orders"]).unwrap();
    assert!(orders.contains("\"unit_price\":1.10"), "prices keep their zeros");
    assert!(docs["work_orders"].iter().any(|doc| doc["description"].as_str().unwrap().len() > 1500));
}

#[test]
fn the_same_seed_and_day_give_the_same_records() {
    assert_eq!(sample::records(1, sample::TODAY), sample::records(1, sample::TODAY));
    assert_ne!(sample::records(1, sample::TODAY), sample::records(2, sample::TODAY));
}
