"""The collections of the stock."""

from shopcore.adapters.mongo.schema.declaration import Collection

COLLECTIONS: tuple[Collection, ...] = ()
