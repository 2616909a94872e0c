//! Free areas of a file as JSON values.

use serde_json::{Map, Number, Value};
use toml::de::DeValue;

/// A TOML value as the JSON value templates see; dates become text.
pub(super) fn json_of(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::String(number.to_string()), Value::from),
        DeValue::Float(number) => number
            .as_str()
            .parse()
            .ok()
            .and_then(Number::from_f64)
            .map_or_else(|| Value::String(number.to_string()), Value::Number),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Datetime(moment) => Value::String(moment.to_string()),
        DeValue::Array(list) => list.iter().map(|v| json_of(v.get_ref())).collect(),
        DeValue::Table(table) => {
            let pairs = table.iter();
            let pairs = pairs.map(|(k, v)| (k.get_ref().to_string(), json_of(v.get_ref())));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
    }
}
