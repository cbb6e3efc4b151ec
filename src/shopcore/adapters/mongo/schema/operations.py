"""The collections of jobs, claims, the inbox and the audit log."""

from shopcore.adapters.mongo.schema.declaration import Collection

COLLECTIONS: tuple[Collection, ...] = ()
