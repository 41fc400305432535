//! Every answer is held against `openapi.json`: a documented status, its content type, and a body in which nothing is
//! missing, wrong or undocumented.

use std::collections::HashMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};

/// Read and compiled once for all tests.
pub(crate) static DESCRIPTION: LazyLock<Description> = LazyLock::new(Description::read);

/// Where all operations lie.
const BASE: &str = "/api/v1";

pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    /// Below `/api/v1`, with `{id}` for ids.
    pub(crate) path: String,
    pub(crate) has_body: bool,
    pub(crate) parameters: Vec<String>,
    /// By status: each content type and its schema.
    answers: HashMap<u16, Vec<(String, String)>>,
}

pub(crate) struct Description {
    pub(crate) operations: Vec<Operation>,
    /// By the schema's text.
    schemas: HashMap<String, Validator>,
}

impl Description {
    fn read() -> Self {
        let mut whole: Value = serde_json::from_str(&control::router::description()).unwrap();
        for component in whole["components"]["schemas"].as_object_mut().unwrap().values_mut() {
            // Others are made of components by allOf, so only what refers to one is closed, not the component itself.
            close(component, true);
        }
        let mut description = Self { operations: Vec::new(), schemas: HashMap::new() };
        let components = whole["components"].clone();
        for (path, item) in whole["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                description.add(path, method, operation, &components);
            }
        }
        description
    }

    fn add(&mut self, path: &str, method: &str, operation: &Value, components: &Value) {
        let mut answers = HashMap::new();
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let shared = answer["$ref"].as_str().and_then(|place| place.strip_prefix("#/components/responses/"));
            let answer = shared.map_or(answer, |name| &components["responses"][name]);
            let content = answer["content"].as_object().into_iter().flatten().map(|(kind, content)| {
                let mut schema = content["schema"].clone();
                close(&mut schema, false);
                let text = schema.to_string();
                self.schemas.entry(text.clone()).or_insert_with(|| {
                    schema["components"] = components.clone();
                    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
                });
                (kind.clone(), text)
            });
            answers.insert(status.parse().unwrap(), content.collect());
        }
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        self.operations.push(Operation {
            id: operation["operationId"].as_str().unwrap().to_owned(),
            method: method.to_uppercase().parse().unwrap(),
            path: path.strip_prefix(BASE).unwrap().to_owned(),
            has_body: operation["requestBody"].is_object(),
            parameters: parameters.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect(),
            answers,
        });
    }

    pub(crate) fn operation(&self, id: &str) -> &Operation {
        self.operations.iter().find(|operation| operation.id == id).unwrap()
    }

    /// Panics unless the answer is a documented one. `path` is below `/api/v1`, without the query.
    pub(crate) fn check(&self, method: &Method, path: &str, status: u16, content_type: Option<&str>, body: &[u8]) {
        let found = self.find(method, path);
        let what = format!("{method} {path} answered {status}: {}", String::from_utf8_lossy(body));
        let answer = match found {
            Some(operation) => operation.answers.get(&status),
            // What is no operation is refused like everything else.
            None => self.operation("me_show").answers.get(&404).filter(|_| status >= 400),
        };
        let Some(answer) = answer else { panic!("{what}, which is not documented") };
        if answer.is_empty() {
            assert!(body.is_empty() && content_type.is_none(), "{what}: documented without a body");
            return;
        }
        let kind = content_type.map(|kind| kind.split(';').next().unwrap());
        let Some((kind, schema)) = answer.iter().find(|(documented, _)| Some(documented.as_str()) == kind) else {
            panic!("{what}: of the type {kind:?}, which is not documented");
        };
        if !kind.ends_with("json") {
            // A file.
            return;
        }
        let instance: Value = serde_json::from_slice(body).unwrap_or_else(|error| panic!("{what}: {error}"));
        let errors: Vec<String> = self.schemas[schema]
            .iter_errors(&instance)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{what}\nis not as documented: {errors:#?}");
        if status >= 400 {
            assert_eq!(instance["status"], json!(status), "{what}");
        }
    }

    /// The operation at this address. Words win over placeholders.
    fn find(&self, method: &Method, path: &str) -> Option<&Operation> {
        let fits = |operation: &&Operation| {
            let (template, path): (Vec<&str>, Vec<&str>) =
                (operation.path.split('/').collect(), path.split('/').collect());
            operation.method == *method
                && template.len() == path.len()
                && template.iter().zip(path).all(|(part, given)| part.starts_with('{') || *part == given)
        };
        self.operations.iter().filter(fits).min_by_key(|operation| operation.path.matches('{').count())
    }
}

/// Closes every object in a schema, so that an undocumented field is an error. Parts of an `allOf` stay open, since what
/// is unknown to one of them may be known to another.
fn close(schema: &mut Value, is_part: bool) {
    match schema {
        Value::Object(fields) => {
            for (name, below) in fields.iter_mut() {
                match below {
                    Value::Array(parts) if name == "allOf" => parts.iter_mut().for_each(|part| close(part, true)),
                    below => close(below, false),
                }
            }
            let describes_fields = fields.get("properties").is_some_and(Value::is_object)
                || fields.get("$ref").is_some_and(Value::is_string)
                || fields.get("allOf").is_some_and(Value::is_array);
            if describes_fields && !is_part && !fields.contains_key("additionalProperties") {
                fields.insert("unevaluatedProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| close(item, false)),
        _ => {}
    }
}

#[test]
fn an_answer_that_is_not_documented_is_noticed() {
    let is_fine = |status: u16, kind: &str, body: Value| {
        let body = body.to_string();
        std::panic::catch_unwind(|| DESCRIPTION.check(&Method::GET, "/setup", status, Some(kind), body.as_bytes()))
            .is_ok()
    };
    let json = "application/json";
    assert!(is_fine(200, json, json!({ "setup_required": true, "mail_enabled": false, "sign_in_providers": [] })));
    assert!(
        !is_fine(200, json, json!({ "setup_required": "yes", "mail_enabled": false, "sign_in_providers": [] })),
        "a wrong type"
    );
    assert!(!is_fine(200, json, json!({})), "a missing field");
    assert!(
        !is_fine(
            200,
            json,
            json!({ "setup_required": true, "mail_enabled": false, "sign_in_providers": [], "token": "x" })
        ),
        "an undocumented field"
    );
    assert!(
        !is_fine(200, "text/html", json!({ "setup_required": true, "mail_enabled": false, "sign_in_providers": [] })),
        "another content type"
    );
    assert!(
        !is_fine(201, json, json!({ "setup_required": true, "mail_enabled": false, "sign_in_providers": [] })),
        "another status"
    );
}
