//! Which columns hold sealed text. One list, [`SEALED`], that erasing, changing keys and shredding walk, so that no column is
//! forgotten by one of them; a test compares it with the schema.

use nearside_privacy::seal::Place;
use serde_json::Value;

use crate::ports::{PortError, Row, Statement};
use crate::records::{count, ids, optional};

/// What a column is sealed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Under {
    /// The deployment's keys.
    Deployment,
    /// The site's newest key: changing keys seals these anew.
    Site,
    /// The conversation's own key, which stays as long as the conversation does.
    Conversation,
}

/// What a column goes away with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// A conversation, by this column.
    Conversation(&'static str),
    /// An event.
    Event,
    /// The site's keys.
    Keys,
}

/// A column that holds sealed text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sealed {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) under: Under,
    pub(crate) of: Of,
    /// The columns that its place consists of: sealed text opens only beside what stood there when it was sealed.
    pub(crate) bound: &'static [&'static str],
}

/// A conversation's own key. Who the conversation belongs to is bound to it: whoever writes another `subject` or `key_hash`
/// into the row has a key that opens nothing.
pub(crate) const CONVERSATION_KEY: Sealed = Sealed {
    table: "conversations",
    column: "key_sealed",
    under: Under::Site,
    of: Of::Conversation("id"),
    bound: &["id", "key_hash", "subject"],
};

/// An entry of a conversation.
pub(crate) const WORDS: Sealed = Sealed {
    table: "entries",
    column: "words_sealed",
    under: Under::Conversation,
    of: Of::Conversation("conversation"),
    bound: &["conversation", "id"],
};

/// A masked question that editors learn from.
pub(crate) const QUESTION: Sealed =
    Sealed { table: "events", column: "question_sealed", under: Under::Site, of: Of::Event, bound: &["id"] };

/// A site's key.
pub(crate) const SITE_KEY: Sealed =
    Sealed { table: "site_keys", column: "key_sealed", under: Under::Deployment, of: Of::Keys, bound: &["id"] };

/// All of them.
pub(crate) const SEALED: [Sealed; 4] = [CONVERSATION_KEY, WORDS, QUESTION, SITE_KEY];

/// Tables of a conversation without sealed columns, and by what they know it.
const OPEN: [(&str, &str); 1] = [("handoffs", "conversation")];

/// A row's part of its place: the values of [`Sealed::bound`], none of which can hold a `/`.
pub(crate) fn bound(values: &[&str]) -> String {
    values.join("/")
}

impl Sealed {
    /// Where a value of this column stands.
    pub(crate) fn place<'a>(&self, site: &'a str, bound: &'a str) -> Place<'a> {
        Place { table: self.table, column: self.column, site, row: bound }
    }

    /// A row's part of its place, from the row.
    pub(crate) fn bound(&self, row: &Row) -> Result<String, PortError> {
        let values = self.bound.iter().map(|name| Ok(optional(row, name)?.unwrap_or_default())).collect::<Result<Vec<_>, PortError>>()?;
        Ok(bound(&values))
    }

    /// The statement that writes over the column where `which` holds: as many bytes as before, so that SQLite writes them in
    /// their old place and none stays behind in a free page.
    pub(crate) fn overwrite(&self, which: &str) -> String {
        let Self { table, column, .. } = self;
        format!("UPDATE {table} SET {column} = substr(hex(zeroblob(length({column}))), 1, length({column})) WHERE {which}")
    }
}

/// The statements that erase a set of records in one transaction, and first say what they will erase.
///
/// The set is a query for `id`s, asked again in each statement: what must hold of a record when it is deleted (its age, that
/// no one holds it, whose key it has) is looked at in the deleting statement itself.
pub(crate) struct Erasing(Vec<String>);

impl Erasing {
    /// Erases the conversations that `piece` finds. A conversation's row goes last: the query must find it until then.
    pub(crate) fn conversations(piece: &str) -> Self {
        let mut all = vec![piece.to_owned(), format!("SELECT count(*) AS n FROM entries WHERE site = ?1 AND conversation IN ({piece})")];
        let mut delete = Vec::new();
        for (sealed, by) in SEALED.iter().filter_map(|s| if let Of::Conversation(by) = s.of { Some((s, by)) } else { None }) {
            all.push(sealed.overwrite(&format!("site = ?1 AND {by} IN ({piece})")));
            delete.push((sealed.table, by));
        }
        delete.extend(OPEN);
        delete.sort_by_key(|(table, _)| *table == CONVERSATION_KEY.table);
        all.extend(delete.iter().map(|(table, by)| format!("DELETE FROM {table} WHERE site = ?1 AND {by} IN ({piece})")));
        Self(all)
    }

    /// Erases the events that `piece` finds.
    pub(crate) fn events(piece: &str) -> Self {
        Self::of_events(piece, &format!("DELETE FROM events WHERE site = ?1 AND id IN ({piece})"))
    }

    /// Erases the questions of the events that `piece` finds, and keeps what was counted.
    pub(crate) fn questions(piece: &str) -> Self {
        Self::of_events(piece, &format!("UPDATE events SET question_sealed = NULL WHERE site = ?1 AND id IN ({piece})"))
    }

    fn of_events(piece: &str, end: &str) -> Self {
        let mut all = vec![piece.to_owned(), format!("SELECT count(*) AS n FROM ({piece})")];
        let columns = SEALED.iter().filter(|s| s.of == Of::Event);
        all.extend(columns.map(|s| s.overwrite(&format!("site = ?1 AND {} IS NOT NULL AND id IN ({piece})", s.column))));
        all.push(end.to_owned());
        Self(all)
    }

    /// The statements; `values` are those of the query, the site first.
    pub(crate) fn statements(&'static self, values: &[Value]) -> Vec<Statement> {
        self.0.iter().map(|sql| Statement { sql, values: values.to_vec() }).collect()
    }

    /// The query alone: what would be erased.
    pub(crate) fn look(&'static self, values: &[Value]) -> Statement {
        Statement { sql: &self.0[0], values: values.to_vec() }
    }

    /// What [`statements`](Self::statements) erased, by their rows: ids, and how many entries (of events, how many events).
    pub(crate) fn done(all: &[Vec<Row>]) -> Result<(Vec<String>, u32), PortError> {
        Ok((ids(all, 0)?, count(all, 1)?))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use futures_executor::block_on;

    use super::{CONVERSATION_KEY, Erasing, OPEN, Of, SEALED};
    use crate::memory::Memory;
    use crate::ports::{Database, Statement};
    use crate::records::text;

    /// Each column of the schema, with its table.
    fn columns() -> Vec<(String, String)> {
        let memory = Memory::new(&[], None).unwrap();
        let sql = "SELECT m.name AS t, p.name AS c FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS p WHERE m.type = 'table'";
        let found = block_on(memory.transaction(vec![Statement { sql, values: vec![] }])).unwrap();
        let read = |row| Ok::<_, crate::ports::PortError>((text(row, "t")?.to_owned(), text(row, "c")?.to_owned()));
        found[0].iter().map(read).collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn the_list_names_every_sealed_column_of_the_schema() {
        let schema: BTreeSet<(String, String)> = columns().into_iter().filter(|(_, column)| column.ends_with("_sealed")).collect();
        let listed: BTreeSet<(String, String)> = SEALED.iter().map(|s| (s.table.to_owned(), s.column.to_owned())).collect();
        assert_eq!(listed, schema);
    }

    #[test]
    fn what_belongs_to_a_conversation_is_erased_with_it() {
        // Holds and tombstones are about conversations that are to stay, or are gone.
        let tables: BTreeSet<String> = columns()
            .into_iter()
            .filter(|(table, column)| column == "conversation" && !["holds", "tombstones"].contains(&table.as_str()))
            .map(|(table, _)| table)
            .chain([CONVERSATION_KEY.table.to_owned()])
            .collect();
        let of = SEALED.iter().filter(|s| matches!(s.of, Of::Conversation(_))).map(|s| s.table);
        assert_eq!(of.chain(OPEN.map(|(table, _)| table)).map(str::to_owned).collect::<BTreeSet<_>>(), tables);
        let Erasing(all) = Erasing::conversations("SELECT 1 AS id");
        for table in &tables {
            assert!(all.iter().any(|sql| sql.starts_with(&format!("DELETE FROM {table} "))), "{table}: {all:?}");
        }
        assert!(all.last().is_some_and(|sql| sql.starts_with("DELETE FROM conversations ")), "{all:?}");
    }
}
