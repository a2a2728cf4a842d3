"""Where the database is, how it's spoken to, migrated, backed up and moved."""
