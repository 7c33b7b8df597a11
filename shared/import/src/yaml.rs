//! YAML as values of JSON, every scalar as it is written: `0800 123` is no number, and `no` no boolean.
//!
//! What an alias stands for counts each time: a few lines of aliases of aliases would be gigabytes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use yaml_rust2::parser::{Event, MarkedEventReceiver, Parser};
use yaml_rust2::scanner::{Marker, TScalarStyle};

use crate::Note;

/// So many values may a document come to.
const MOST_VALUES: usize = 1_000_000;

/// The documents of a text.
///
/// # Errors
/// A note: no YAML, or more values than a FAQ has.
pub(crate) fn documents(path: &str, text: &str, first_line: usize) -> Result<Vec<Value>, Vec<Note>> {
    let mut builder = Builder::default();
    let parsed = Parser::new_from_str(text).load(&mut builder, true);
    parsed.map_err(|e| vec![Note::new(path, e.marker().line() + first_line, format!("not YAML: {}", e.info()))])?;
    if builder.values > MOST_VALUES {
        return Err(vec![Note::whole(path, format!("YAML whose aliases come to more than {MOST_VALUES} values"))]);
    }
    Ok(builder.documents)
}

#[derive(Default)]
struct Builder {
    documents: Vec<Value>,
    /// Open collections, each with its anchor and, in a mapping, the key that waits for its value.
    open: Vec<(Value, usize, Option<String>)>,
    anchors: BTreeMap<usize, (Value, usize)>,
    values: usize,
    /// Values when each open collection began.
    began: Vec<usize>,
}

impl Builder {
    fn put(&mut self, value: Value, anchor: usize, size: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), size));
        }
        match self.open.last_mut() {
            None => self.documents.push(value),
            Some((Value::Array(list), ..)) => list.push(value),
            Some((Value::Object(fields), _, key)) => match key.take() {
                None => *key = Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
                // What is merged in stands behind what is there.
                Some(name) if name == "<<" => merge(fields, value),
                Some(name) => {
                    fields.insert(name, value);
                }
            },
            Some(_) => {}
        }
    }

    fn close(&mut self) {
        if let (Some((value, anchor, _)), Some(began)) = (self.open.pop(), self.began.pop()) {
            self.put(value, anchor, self.values - began + 1);
        }
    }
}

fn merge(fields: &mut Map<String, Value>, value: Value) {
    match value {
        Value::Object(more) => more.into_iter().for_each(|(name, value)| {
            fields.entry(name).or_insert(value);
        }),
        Value::Array(list) => list.into_iter().for_each(|value| merge(fields, value)),
        _ => {}
    }
}

impl MarkedEventReceiver for Builder {
    fn on_event(&mut self, event: Event, _: Marker) {
        if self.values > MOST_VALUES {
            return;
        }
        self.values += 1;
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let is_null = style == TScalarStyle::Plain && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL");
                self.put(if is_null { Value::Null } else { Value::String(text) }, anchor, 1);
            }
            Event::SequenceStart(anchor, _) => {
                self.began.push(self.values);
                self.open.push((Value::Array(Vec::new()), anchor, None));
            }
            Event::MappingStart(anchor, _) => {
                self.began.push(self.values);
                self.open.push((Value::Object(Map::new()), anchor, None));
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => {
                let Some((value, size)) = self.anchors.get(&anchor) else { return };
                self.values = self.values.saturating_add(*size);
                if self.values <= MOST_VALUES {
                    let (value, size) = (value.clone(), *size);
                    self.put(value, 0, size);
                }
            }
            _ => {}
        }
    }
}
