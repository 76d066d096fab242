//! The OpenAPI 3.1 document, made from the endpoint table.

use super::Role;
use super::endpoint::{self, Endpoint, Method, Visit};
use super::wire::{HEADERS, parameter};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// The whole document.
#[must_use]
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| s.definitions_path = "/components/schemas".into());
    let mut paths = Paths { paths: Map::new(), generator: settings.into_generator() };
    endpoint::all(&mut paths);
    paths.raw();
    let problem = paths.generator.subschema_for::<super::Problem>();
    let schemas = paths.generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Watchfloor platform",
            "version": "1",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "Events, detections, incidents, response and ledger of one platform. Errors are RFC 9457 \
                            problem documents.",
        },
        "security": [{ "token": [] }],
        "paths": paths.paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "responses": {
                "Problem": {
                    "description": "What could not be done, why, and what to do.",
                    "content": { "application/problem+json": { "schema": problem } },
                }
            },
        },
    })
}

struct Paths {
    paths: Map<String, Value>,
    generator: SchemaGenerator,
}

/// An endpoint without its types: what is written of it is compiled once, not once an endpoint.
struct Call {
    name: &'static str,
    about: &'static str,
    method: Method,
    path: &'static str,
    role: Option<Role>,
    input: Value,
}

impl Visit for Paths {
    fn endpoint<E: Endpoint>(&mut self) {
        let input = self.generator.root_schema_for::<E::Input>().to_value();
        self.define(&input);
        let output = self.generator.subschema_for::<E::Output>().to_value();
        self.call(
            Call { name: E::NAME, about: E::ABOUT, method: E::METHOD, path: E::PATH, role: E::ROLE, input },
            &output,
        );
    }
}

impl Paths {
    /// Takes over the definitions that an input brought along.
    fn define(&mut self, input: &Value) {
        for (name, schema) in input["$defs"].as_object().into_iter().flatten() {
            self.generator.definitions_mut().entry(name.clone()).or_insert_with(|| schema.clone());
        }
    }

    fn call(&mut self, call: Call, output: &Value) {
        let mut properties = call.input["properties"].as_object().cloned().unwrap_or_default();
        let required: Vec<String> = call.input["required"]
            .as_array()
            .map(|names| names.iter().filter_map(|n| n.as_str().map(str::to_owned)).collect())
            .unwrap_or_default();
        let mut parameters = Vec::new();
        for name in call.path.split('/').filter_map(parameter) {
            let schema = properties.remove(name).unwrap_or_else(|| json!({}));
            parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
        }
        for (field, header) in HEADERS {
            if let Some(schema) = properties.remove(field) {
                parameters.push(json!({ "name": header, "in": "header", "schema": schema }));
            }
        }
        let mut operation = json!({
            "operationId": call.name,
            "summary": call.about.trim(),
            "description": match &call.role {
                Some(role) => format!("Needs role `{}`.", role.as_str()),
                None => "Needs no token.".to_owned(),
            },
        });
        if call.method == Method::Get {
            for (name, schema) in properties {
                let needed = required.contains(&name);
                parameters.push(json!({ "name": name, "in": "query", "required": needed, "schema": schema }));
            }
        } else if !properties.is_empty() {
            let needed: Vec<_> = required.iter().filter(|n| properties.contains_key(*n)).collect();
            operation["requestBody"] = json!({ "content": { "application/json": {
                "schema": { "type": "object", "required": needed, "properties": properties },
            }}});
        }
        operation["parameters"] = Value::Array(parameters);
        operation["responses"] = json!({
            "200": { "description": "Done.", "content": { "application/json": { "schema": output } } },
            "default": { "$ref": "#/components/responses/Problem" },
        });
        if call.role.is_none() {
            operation["security"] = json!([]);
        }
        let method = if call.method == Method::Get { "get" } else { "post" };
        self.add(call.path, method, operation);
    }

    fn add(&mut self, path: &str, method: &str, operation: Value) {
        let entry = self.paths.entry(path.to_owned()).or_insert_with(|| json!({}));
        entry[method] = operation;
    }

    /// The calls outside the typed table.
    fn raw(&mut self) {
        let ingested = self.generator.subschema_for::<endpoint::Ingested>();
        let live = self.generator.subschema_for::<super::Live>();
        let problem = json!({ "$ref": "#/components/responses/Problem" });
        self.add(
            endpoint::raw::INGEST,
            "post",
            json!({
                "operationId": "ingest", "summary": "Push OCSF events, one JSON object a line.",
                "description": "Needs role `ingest`.",
                "requestBody": { "content": { "application/x-ndjson": { "schema": { "type": "string" } } } },
                "responses": {
                    "200": { "description": "Stored.", "content": { "application/json": { "schema": ingested } } },
                    "default": problem,
                },
            }),
        );
        self.add(
            endpoint::raw::STREAM,
            "get",
            json!({
                "operationId": "stream", "summary": "Live updates as server-sent events.",
                "description": "Needs role `viewer`.",
                "parameters": [{ "name": "last-event-id", "in": "header", "schema": { "type": "string" } }],
                "responses": {
                    "200": { "description": "A stream.", "content": { "text/event-stream": { "schema": live } } },
                    "default": problem,
                },
            }),
        );
        self.add(
            endpoint::raw::GATE,
            "get",
            json!({
                "operationId": "gate.check", "summary": "Forward-auth check for a trusted proxy.",
                "description": "The proxy's own address must be trusted. Takes the client from X-Real-IP or \
                                X-Forwarded-For, the request from X-Original-URI or X-Forwarded-Uri.",
                "security": [],
                "responses": {
                    "200": { "description": "Let it pass." },
                    "401": { "description": "The session is revoked." },
                    "403": { "description": "Address or range is blocked, or the request is hostile." },
                },
            }),
        );
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_document_is_the_approved_one() {
        insta::with_settings!({ snapshot_path => "../../snapshots", prepend_module_to_snapshot => false }, {
            insta::assert_json_snapshot!("openapi", super::document());
        });
    }
}
