"""What settings are made of: what is said about each, and the types that several have."""

from typing import Annotated

import msgspec
from msgspec import Meta

MEMORY = ":memory:"
MONGO = "mongodb://"


class About(msgspec.Struct, frozen=True):
    """What a setting is for, which values it takes, and whether it is never to be shown."""

    purpose: str
    values: str = ""
    secret: bool = False


Text = Annotated[str, Meta(min_length=1)]
Seconds = Annotated[float, Meta(gt=0, le=3600)]
SECONDS = "a number of seconds above 0"
