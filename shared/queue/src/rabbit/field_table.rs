//! Headers to and from AMQP's field tables.

use lapin::types::{AMQPValue, FieldTable, ShortString};
use serde_json::{Map, Value};

use crate::envelope::Headers;

/// AMQP field names are at most 255 bytes long; one that is longer is not ours and is left out.
pub(crate) fn to_field_table(headers: &Headers) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in headers {
        if let Ok(name) = ShortString::try_new(name.as_str()) {
            table.insert(name, to_amqp(value));
        }
    }
    table
}

/// Leaves out what the broker writes: those headers would make it believe that a message which is stored
/// again goes in a circle, and drop it.
pub(crate) fn from_field_table(table: &FieldTable) -> Headers {
    table
        .inner()
        .iter()
        .filter(|(name, _)| !is_brokers(name.as_str()))
        .map(|(name, value)| (name.to_string(), from_amqp(value)))
        .collect()
}

/// How often the broker delivered the message before (quorum queues count it).
pub(crate) fn delivery_count(table: &FieldTable) -> u32 {
    let count = table.inner().get("x-delivery-count").map(from_amqp).and_then(|v| v.as_u64());
    count.and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
}

/// Why the message was dead-lettered.
pub(crate) fn death_reason(table: &FieldTable) -> Option<String> {
    let reason = table.inner().get("x-first-death-reason").map(from_amqp)?;
    reason.as_str().map(ToOwned::to_owned)
}

fn is_brokers(name: &str) -> bool {
    name == "x-death"
        || name == "x-delivery-count"
        || name == "x-acquired-count"
        || name.starts_with("x-first-death-")
        || name.starts_with("x-last-death-")
}

fn to_amqp(value: &Value) -> AMQPValue {
    match value {
        Value::Null => AMQPValue::Void,
        Value::Bool(value) => AMQPValue::Boolean(*value),
        Value::Number(number) => number
            .as_i64()
            .map(AMQPValue::LongLongInt)
            .or_else(|| number.as_f64().map(AMQPValue::Double))
            .unwrap_or(AMQPValue::Void),
        Value::String(text) => AMQPValue::LongString(text.as_str().into()),
        Value::Array(items) => {
            AMQPValue::FieldArray(items.iter().map(to_amqp).collect::<Vec<_>>().into())
        }
        Value::Object(object) => AMQPValue::FieldTable(to_field_table(object)),
    }
}

fn from_amqp(value: &AMQPValue) -> Value {
    match value {
        AMQPValue::Boolean(value) => (*value).into(),
        AMQPValue::ShortShortInt(n) => (*n).into(),
        AMQPValue::ShortShortUInt(n) => (*n).into(),
        AMQPValue::ShortInt(n) => (*n).into(),
        AMQPValue::ShortUInt(n) => (*n).into(),
        AMQPValue::LongInt(n) => (*n).into(),
        AMQPValue::LongUInt(n) => (*n).into(),
        AMQPValue::LongLongInt(n) => (*n).into(),
        AMQPValue::Timestamp(n) => (*n).into(),
        AMQPValue::Float(n) => f64::from(*n).into(),
        AMQPValue::Double(n) => (*n).into(),
        AMQPValue::ShortString(text) => text.as_str().into(),
        AMQPValue::LongString(text) => String::from_utf8_lossy(text.as_bytes()).into_owned().into(),
        AMQPValue::ByteArray(bytes) => {
            String::from_utf8_lossy(bytes.as_slice()).into_owned().into()
        }
        AMQPValue::FieldArray(items) => items.as_slice().iter().map(from_amqp).collect(),
        AMQPValue::FieldTable(table) => {
            let entries = table.inner().iter();
            Value::Object(
                entries.map(|(k, v)| (k.to_string(), from_amqp(v))).collect::<Map<_, _>>(),
            )
        }
        AMQPValue::DecimalValue(_) | AMQPValue::Void => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn headers_survive_the_way_over_amqp() {
        let sent = json!({"text": "Отпуск", "int": -3, "big": 1_700_000_000_123_i64, "half": 0.5,
            "yes": true, "none": null, "list": [1, "a"], "table": {"k": "v"}});
        let sent = sent.as_object().cloned().unwrap();
        assert_eq!(from_field_table(&to_field_table(&sent)), sent);
    }

    #[test]
    fn what_the_broker_wrote_is_left_out() {
        let came = json!({"x-death": [{"count": 1}], "x-first-death-reason": "delivery_limit",
            "x-last-death-queue": "q", "x-delivery-count": 3, "x-lumi-version": 1});
        let table = to_field_table(came.as_object().unwrap());
        assert_eq!(Value::Object(from_field_table(&table)), json!({"x-lumi-version": 1}));
        assert_eq!(delivery_count(&table), 3);
        assert_eq!(death_reason(&table).as_deref(), Some("delivery_limit"));
        assert_eq!(delivery_count(&FieldTable::default()), 0);
    }
}
