"""The rules of the client, in one published, immutable, numbered version."""
