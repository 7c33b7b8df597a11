//! The database's schema by version. The files are the same that Cloudflare's D1 gets.
#![cfg_attr(not(target_os = "wasi"), allow(dead_code, reason = "used by the component only"))]

/// Migrations in order, each with its number.
const MIGRATIONS: [(i64, &str); 1] = [(1, include_str!("../../migrations/0001_init.sql"))];

/// Which migrations were applied.
pub(crate) const VERSION_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)";

/// The migrations that a database of `version` (0: empty) still needs.
///
/// # Errors
/// A sentence where the database is newer than this component.
pub(crate) fn pending(version: i64) -> Result<impl Iterator<Item = (i64, &'static str)>, String> {
    let newest = MIGRATIONS.iter().map(|(number, _)| *number).max().unwrap_or(0);
    if version > newest {
        return Err(format!("database: its schema is version {version}, this component knows up to {newest}; deploy the newer component"));
    }
    Ok(MIGRATIONS.into_iter().filter(move |(number, _)| *number > version))
}

/// The statements of a migration, one a string, as Spin wants them. A semicolon ends a statement only at a line's end.
pub(crate) fn statements(sql: &str) -> Vec<String> {
    let code: String = sql.lines().filter(|line| !line.trim_start().starts_with("--")).map(|line| format!("{line}\n")).collect();
    code.split(";\n").map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{MIGRATIONS, pending, statements};

    #[test]
    fn cuts_migrations_into_whole_statements() {
        let all = statements(MIGRATIONS[0].1);
        assert_eq!(all.len(), 6);
        assert!(all.iter().all(|s| s.starts_with("CREATE ") && s.ends_with(')')), "{all:?}");
    }

    #[test]
    fn applies_what_is_missing_and_refuses_what_is_newer() {
        assert_eq!(pending(0).unwrap_or_else(|e| panic!("{e}")).count(), MIGRATIONS.len());
        assert_eq!(pending(MIGRATIONS.len() as i64).unwrap_or_else(|e| panic!("{e}")).count(), 0);
        assert!(pending(99).err().is_some_and(|e| e.contains("deploy the newer component")));
    }
}
