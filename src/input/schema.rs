//! The JSON schema of an answers file, for editors and for programs that fill in answers.

use serde_json::{Map, Value, json};

use crate::input::answers_file::{ANSWERS, NAME, VERSION};
use crate::input::name;
use crate::input::options::Options;

/// Describes the answers to these options.
#[must_use]
pub fn of(options: &Options) -> Value {
    let mut answers = Map::new();
    answers.insert(
        NAME.to_owned(),
        json!({
            "type": "string",
            "description": "The name of the project",
            "maxLength": name::MAX_LENGTH,
        }),
    );
    for option in &options.list {
        answers.insert(
            option.name.clone(),
            json!({
                "type": "boolean",
                "title": option.question,
                "description": option.gloss,
                "default": option.default,
            }),
        );
    }
    let needs: Vec<Value> = options
        .list
        .iter()
        .flat_map(|option| option.needs.iter().map(move |need| (&option.name, need)))
        .map(|(option, need)| {
            json!({
                "if": { "properties": { option: { "const": true } }, "required": [option] },
                "then": { "properties": { need: { "const": true } } },
            })
        })
        .collect();
    let mut table = json!({
        "type": "object",
        "properties": answers,
        "additionalProperties": false,
    });
    if !needs.is_empty() {
        table["allOf"] = Value::Array(needs);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Answers for forge",
        "type": "object",
        "properties": {
            VERSION: {
                "type": "string",
                "description": "The version of forge that wrote the file",
            },
            ANSWERS: table,
        },
        "required": [ANSWERS],
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_option_needs_is_part_of_the_schema() {
        let options = Options::parse(
            r"
            [[option]]
            name = 'redis'
            question = 'Use Redis?'
            gloss = ''
            default = true

            [[option]]
            name = 'worker'
            question = 'Add a worker?'
            gloss = ''
            default = true
            needs = ['redis']
            ",
        )
        .unwrap();
        assert_eq!(
            of(&options)["properties"]["answers"]["allOf"],
            json!([{
                "if": { "properties": { "worker": { "const": true } }, "required": ["worker"] },
                "then": { "properties": { "redis": { "const": true } } },
            }])
        );
    }
}
