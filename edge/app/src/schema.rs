//! The database's schema by version, for hosts that bring it up to date themselves. Cloudflare's D1 gets the same files
//! from wrangler.

/// Migrations in order, each with its number.
const MIGRATIONS: [(i64, &str); 1] = [(1, include_str!("../../migrations/0001_init.sql"))];

/// Which migrations were applied.
pub const VERSION_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)";

/// The migrations that a database of `version` (0: empty) still needs.
///
/// # Errors
/// A sentence where the database is newer than this program.
pub fn pending(version: i64) -> Result<impl Iterator<Item = (i64, &'static str)>, String> {
    let newest = MIGRATIONS.iter().map(|(number, _)| *number).max().unwrap_or(0);
    if version > newest {
        return Err(format!("database: its schema is version {version}, this program knows up to {newest}; deploy the newer one"));
    }
    Ok(MIGRATIONS.into_iter().filter(move |(number, _)| *number > version))
}

/// The statements of a migration, one a string, as Spin wants them. A semicolon ends a statement only at a line's end.
pub fn statements(sql: &str) -> Vec<String> {
    let code: String = sql.lines().filter(|line| !line.trim_start().starts_with("--")).map(|line| format!("{line}\n")).collect();
    code.split(";\n").map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{MIGRATIONS, pending, statements};

    #[test]
    fn cuts_migrations_into_whole_statements() {
        let all: Vec<String> = MIGRATIONS.iter().flat_map(|(_, sql)| statements(sql)).collect();
        let parts = all.iter().map(|s| s.matches("CREATE ").count() + s.matches("ALTER ").count());
        assert!(all.len() > 10 && parts.clone().all(|n| n == 1), "{all:?}");
        assert!(all.iter().all(|s| s.starts_with("CREATE ") || s.starts_with("ALTER ")), "{all:?}");
    }

    #[test]
    fn applies_what_is_missing_and_refuses_what_is_newer() {
        assert_eq!(pending(0).unwrap_or_else(|e| panic!("{e}")).count(), MIGRATIONS.len());
        assert_eq!(pending(MIGRATIONS.len() as i64).unwrap_or_else(|e| panic!("{e}")).count(), 0);
        assert!(pending(99).err().is_some_and(|e| e.contains("deploy the newer one")));
    }
}
