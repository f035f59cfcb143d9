//! A collection as it is kept beside its images.

use serde_json::{Value, json};

use super::{Class, Collection, Item, Kind};

/// The version of the format.
const FORM: u64 = 1;

/// A collection with what the storage needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionRecord {
    /// Counts its writes.
    pub revision: u64,
    /// The page that wrote it last.
    pub page: String,
    pub collection: Collection,
}

/// Why a record cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    #[error("a newer version of the lab has kept it; reload this page to get that version")]
    Newer,
    #[error("what is kept of it is damaged")]
    Damaged,
}

impl CollectionRecord {
    pub fn write(&self) -> String {
        let collection = &self.collection;
        let names = collection.classes().iter().map(|class| &class.name);
        let items = collection.items().iter();
        let items = items.map(|item| json!([item.number, item.class]));
        json!({
            "form": FORM,
            "revision": self.revision,
            "page": self.page,
            "name": collection.name(),
            "kind": match collection.kind() {
                Kind::Drawings => "drawings",
                Kind::Photos => "photos",
            },
            "classes": names.collect::<Vec<_>>(),
            "items": items.collect::<Vec<_>>(),
            "next": collection.next(),
        })
        .to_string()
    }

    /// # Errors
    /// When it is of a newer version or contradicts itself.
    pub fn read(text: &str) -> Result<Self, RecordError> {
        let record: Value = serde_json::from_str(text).map_err(|_| RecordError::Damaged)?;
        match record["form"].as_u64() {
            Some(FORM) => {}
            Some(form) if form > FORM => return Err(RecordError::Newer),
            Some(_) | None => return Err(RecordError::Damaged),
        }
        let kind = match record["kind"].as_str() {
            Some("drawings") => Kind::Drawings,
            Some("photos") => Kind::Photos,
            _ => return Err(RecordError::Damaged),
        };
        let name = record["name"].as_str().unwrap_or_default();
        let class = |name: &Value| {
            let name = name.as_str()?.to_owned();
            Some(Class { name })
        };
        let item = |item: &Value| {
            Some(Item {
                number: item[0].as_u64()?,
                class: u16::try_from(item[1].as_u64()?).ok()?,
            })
        };
        let classes = record["classes"].as_array().into_iter().flatten();
        let items = record["items"].as_array().into_iter().flatten();
        let collection = Collection::restored(
            name,
            kind,
            classes.filter_map(class).collect(),
            items.filter_map(item).collect(),
            record["next"].as_u64().unwrap_or_default(),
        );
        Ok(Self {
            revision: record["revision"].as_u64().unwrap_or_default(),
            page: record["page"].as_str().unwrap_or_default().to_owned(),
            collection: collection.ok_or(RecordError::Damaged)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written_and_others_are_refused() {
        let mut collection = Collection::new("Cats \"and\" dogs", Kind::Photos);
        collection.rename_class(1, "dög").unwrap();
        collection.add(1).unwrap();
        collection.add(0).unwrap();
        collection.delete(&[0]);
        let record = CollectionRecord {
            revision: 3,
            page: "a1".into(),
            collection,
        };
        let text = record.write();
        assert_eq!(CollectionRecord::read(&text), Ok(record));
        let newer = text.replace("\"form\":1", "\"form\":2");
        assert_eq!(CollectionRecord::read(&newer), Err(RecordError::Newer));
        for text in [
            "".to_owned(),
            "{}".to_owned(),
            // An image of a class that is not there; one whose number is not given yet.
            text.replace("[[1,0]]", "[[1,2]]"),
            text.replace("\"next\":2", "\"next\":1"),
        ] {
            assert_eq!(
                CollectionRecord::read(&text),
                Err(RecordError::Damaged),
                "{text}"
            );
        }
    }
}
