"""Where the database is, and how it's accessed, migrated, backed up and moved."""
