//! Stored events decode for ever: bytes of every event as it was once written, kept beside what they say.

use std::collections::{BTreeMap, BTreeSet};

use canopy_tests::golden;
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value,
};

const FILE: &str = "events.txt";

/// One kept event: type, bytes in hex, and what they say as text.
type Sample = (String, String, String);

fn pool() -> DescriptorPool {
    DescriptorPool::decode(canopy_proto::IMAGE).unwrap()
}

/// Messages that services write to their outbox: all of a package's `event.proto`.
fn events(pool: &DescriptorPool) -> Vec<MessageDescriptor> {
    pool.files()
        .filter(|file| file.name().starts_with("canopy/") && file.name().ends_with("/event.proto"))
        .flat_map(|file| file.messages().collect::<Vec<_>>())
        .collect()
}

/// A message with every field set, by the field's number and name alone.
fn sample(message: &MessageDescriptor, depth: u32) -> DynamicMessage {
    let mut sample = DynamicMessage::new(message.clone());
    for field in message.fields() {
        // Of a oneof the last member stays; a message within itself ends at the third level.
        if depth < 6 {
            sample.set_field(&field, value(&field, depth));
        }
    }
    sample
}

fn value(field: &FieldDescriptor, depth: u32) -> Value {
    if field.is_map() {
        let entry = field.kind().as_message().unwrap().clone();
        let inner = single(&entry.map_entry_value_field(), depth);
        return Value::Map(std::collections::HashMap::from([(MapKey::String("key".into()), inner)]));
    }
    let one = single(field, depth);
    if field.is_list() { Value::List(vec![one]) } else { one }
}

fn single(field: &FieldDescriptor, depth: u32) -> Value {
    let number = field.number();
    match field.kind() {
        Kind::Bool => Value::Bool(true),
        Kind::String => Value::String(format!("{} {number}", field.name())),
        Kind::Bytes => Value::Bytes(number.to_be_bytes().to_vec().into()),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(i32::try_from(number).unwrap()),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(i64::from(number) * 1_000_003),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(number),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(u64::from(number) * 1_000_003),
        Kind::Enum(kind) => {
            Value::EnumNumber(kind.values().map(|value| value.number()).max().unwrap_or_default())
        }
        Kind::Message(kind) => Value::Message(sample(&kind, depth + 1)),
        Kind::Double | Kind::Float => panic!("{}: an event holds no float", field.full_name()),
    }
}

fn kept() -> BTreeSet<Sample> {
    let text = std::fs::read_to_string(golden::path(FILE)).unwrap_or_default();
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let mut parts = line.splitn(3, ' ').map(str::to_owned);
            (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap())
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn golden_events() {
    let mut samples = kept();
    samples.extend(events(&pool()).iter().map(|message| {
        let sample = sample(message, 0);
        let says = sample.to_string();
        (message.full_name().to_owned(), hex(&sample.encode_to_vec()), says)
    }));
    // Lines are only ever added: an event once written must be read for ever.
    let mut text = String::from(
        "# Events as they were once written: type, bytes, meaning. `make golden` only adds lines.\n",
    );
    for (name, hex, says) in &samples {
        text.push_str(&format!("{name} {hex} {says}\n"));
    }
    golden::check(FILE, text.as_bytes());
}

#[test]
fn an_event_once_written_still_says_the_same() {
    let pool = pool();
    let mut of_type: BTreeMap<String, usize> = BTreeMap::new();
    for (name, hex, says) in kept() {
        let message =
            pool.get_message_by_name(&name).unwrap_or_else(|| panic!("{name} was stored and is gone"));
        let event = DynamicMessage::decode(message, bytes(&hex).as_slice()).unwrap();
        assert_eq!(event.unknown_fields().count(), 0, "{name} lost a field");
        assert_eq!(event.to_string(), says, "{name} says something else than it did");
        *of_type.entry(name).or_default() += 1;
    }
    if golden::rewriting() {
        return;
    }
    for message in events(&pool) {
        assert!(of_type.contains_key(message.full_name()), "{} has no kept bytes", message.full_name());
    }
}
