//! Messages by their descriptors: builds a request from named values and reads a field of an answer by its path.

use std::sync::LazyLock;

use anyhow::{Context, bail};
use prost_reflect::{
    DescriptorPool, DynamicMessage, Kind, MessageDescriptor, MethodDescriptor, ReflectMessage, Value,
};

/// All messages and methods of the suite.
pub static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(canopy_proto::CONTRACT).expect("the image of this build"));

/// The method of a full name, such as `canopy.registry.v1.CreditService/CountListings`.
pub fn method(name: &str) -> anyhow::Result<MethodDescriptor> {
    let (service, method) = name.split_once('/').with_context(|| format!("{name:?} is no method"))?;
    let service = POOL.get_service_by_name(service).with_context(|| format!("no service {service}"))?;
    let found = service.methods().find(|known| known.name() == method);
    found.with_context(|| format!("no method {name}"))
}

/// Builds a message from values by field name.
pub fn message(descriptor: &MessageDescriptor, values: &toml::Table) -> anyhow::Result<DynamicMessage> {
    let mut message = DynamicMessage::new(descriptor.clone());
    for (name, value) in values {
        let field = descriptor.get_field_by_name(name);
        let field = field.with_context(|| format!("{} has no field {name}", descriptor.full_name()))?;
        let value =
            to_field(&field.kind(), value).with_context(|| format!("{}.{name}", descriptor.full_name()))?;
        message.set_field(&field, value);
    }
    Ok(message)
}

fn to_field(kind: &Kind, value: &toml::Value) -> anyhow::Result<Value> {
    let text = match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Boolean(flag) => return Ok(Value::Bool(*flag)),
        other => bail!("a {} is no field value", other.type_str()),
    };
    Ok(match kind {
        Kind::String => Value::String(text),
        Kind::Int32 => Value::I32(text.parse()?),
        Kind::Int64 => Value::I64(text.parse()?),
        Kind::Enum(words) => {
            let word = words.get_value_by_name(&text).with_context(|| format!("no word {text}"))?;
            Value::EnumNumber(word.number())
        }
        other => bail!("a field of type {other:?} cannot be set"),
    })
}

/// The field at a dotted path, as text: numbers in decimals, enum values by name. None where it is unset.
pub fn text(message: &DynamicMessage, path: &str) -> anyhow::Result<Option<String>> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let descriptor = message.descriptor();
    let field = descriptor.get_field_by_name(name);
    let field = field.with_context(|| format!("{} has no field {name}", descriptor.full_name()))?;
    let value = message.get_field(&field);
    if let Some(rest) = rest {
        let inner = value.as_message().with_context(|| format!("{name} is no message"))?;
        return text(inner, rest);
    }
    let text = match (value.as_ref(), field.kind()) {
        (Value::String(text), _) => text.clone(),
        (Value::I32(number), _) => number.to_string(),
        (Value::I64(number), _) => number.to_string(),
        (Value::Bool(flag), _) => flag.to_string(),
        (Value::EnumNumber(number), Kind::Enum(words)) => {
            words.get_value(*number).map_or_else(|| number.to_string(), |word| word.name().to_owned())
        }
        _ => bail!("{}.{name} cannot be shown", descriptor.full_name()),
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// The entries of a list of messages.
pub fn list(message: &DynamicMessage, name: &str) -> anyhow::Result<Vec<DynamicMessage>> {
    let value = message.get_field_by_name(name);
    let value = value.with_context(|| format!("{} has no field {name}", message.descriptor().full_name()))?;
    let entries = value.as_list().with_context(|| format!("{name} is no list"))?;
    entries
        .iter()
        .map(|entry| entry.as_message().cloned().with_context(|| format!("{name} is no list of messages")))
        .collect()
}
