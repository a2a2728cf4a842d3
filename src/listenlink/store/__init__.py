"""The store: all SQL is here."""
