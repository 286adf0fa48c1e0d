"""A database of SQLite's in a file without a name, for sorting more than memory holds."""
