//! The sample collections with their JSON Schemas.

use crate::options::{CollectionSpec, Reference};
use serde_json::{Value, json};

/// Customers, equipment, work orders.
pub fn collections() -> Vec<CollectionSpec> {
    vec![
        spec("customers", "Customers", customers(), &[]),
        spec("equipment", "Equipment", equipment(), &[("/customer", "customers")]),
        spec(
            "work_orders",
            "Work orders",
            work_orders(),
            &[("/customer", "customers"), ("/equipment", "equipment")],
        ),
    ]
}

fn spec(name: &str, label: &str, schema: Value, references: &[(&str, &str)]) -> CollectionSpec {
    CollectionSpec {
        name: name.to_owned(),
        label: Some(label.to_owned()),
        schema: Some(schema),
        references: references
            .iter()
            .map(|(path, collection)| Reference {
                path: (*path).to_owned(),
                collection: (*collection).to_owned(),
            })
            .collect(),
    }
}

fn text(title: &str) -> Value {
    json!({"type": "string", "title": title})
}

fn formatted(title: &str, format: &str) -> Value {
    json!({"type": "string", "title": title, "format": format})
}

fn one_of(title: &str, values: &[&str]) -> Value {
    json!({"type": "string", "title": title, "enum": values})
}

fn amount(title: &str) -> Value {
    json!({"type": "number", "title": title, "multipleOf": "0.01".parse::<serde_json::Number>().ok(), "minimum": 0})
}

fn flag(title: &str) -> Value {
    json!({"type": "boolean", "title": title})
}

fn tags() -> Value {
    json!({"type": "array", "title": "Tags", "items": {"type": "string"}, "uniqueItems": true})
}

fn object(title: &str, required: &[&str], properties: Value) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object", "title": title, "required": required, "properties": properties,
    })
}

fn customers() -> Value {
    object(
        "Customer",
        &["id", "name"],
        json!({
            "id": {"type": "string", "title": "Number", "readOnly": true},
            "name": {"type": "string", "title": "Name", "minLength": 1, "maxLength": 140},
            "contact": {"type": "object", "title": "Contact", "properties": {
                "name": text("Name"), "email": formatted("E-mail", "email"), "phone": text("Telephone"),
            }},
            "address": {"type": "object", "title": "Address", "properties": {
                "street": text("Street"), "postcode": text("Postcode"), "city": text("City"),
                "country": {"type": "string", "title": "Country", "minLength": 2, "maxLength": 2},
            }},
            "since": formatted("Customer since", "date"),
            "hourly_rate": amount("Hourly rate"),
            "credit_limit": {"type": "integer", "title": "Credit limit", "minimum": 0},
            "active": flag("Active"),
            "tags": tags(),
        }),
    )
}

fn equipment() -> Value {
    object(
        "Machine",
        &["id", "name", "customer", "kind"],
        json!({
            "id": {"type": "string", "title": "Number", "readOnly": true},
            "name": {"type": "string", "title": "Name", "minLength": 1, "maxLength": 140},
            "customer": text("Customer"),
            "kind": one_of("Kind", &["cold-room", "oven", "dishwasher", "ice-machine", "ventilation",
                "compressor", "display-case", "mixer"]),
            "model": text("Model"),
            "serial": {"type": "integer", "title": "Serial number"},
            "installed": formatted("Installed on", "date"),
            "warranty_until": {"type": ["string", "null"], "title": "Warranty until", "format": "date"},
            "location": text("Where it stands"),
            "meter_hours": amount("Hours on the meter"),
            "in_service": flag("In service"),
            "wear_parts": {"type": "array", "title": "Wear parts", "items": {"type": "object", "properties": {
                "id": text("Number"), "name": text("Part"), "replaced": formatted("Replaced on", "date"),
            }}},
        }),
    )
}

fn work_orders() -> Value {
    object(
        "Work order",
        &["id", "title", "customer", "status", "due"],
        json!({
            "id": {"type": "string", "title": "Number", "readOnly": true},
            "title": {"type": "string", "title": "Title", "minLength": 1, "maxLength": 140},
            "customer": text("Customer"),
            "equipment": text("Machine"),
            "status": one_of("Status", &["new", "scheduled", "in_progress", "waiting_for_parts", "done"]),
            "priority": one_of("Priority", &["low", "normal", "high", "urgent"]),
            "technician": text("Technician"),
            "due": formatted("Due", "date"),
            "starts_at": formatted("Starts at", "date-time"),
            "hours": amount("Hours"),
            "description": {"type": "string", "title": "Description", "format": "multiline"},
            "remarks": {"type": "string", "title": "Remarks", "format": "multiline"},
            "lines": {"type": "array", "title": "Material", "items": {"type": "object",
                "required": ["id", "part", "quantity"], "properties": {
                    "id": text("Line"), "part": text("Part"),
                    "quantity": {"type": "integer", "title": "Quantity", "minimum": 1},
                    "unit_price": amount("Unit price"),
            }}},
            "total": amount("Total"),
            "signed": flag("Signed by the customer"),
            "tags": tags(),
        }),
    )
}
