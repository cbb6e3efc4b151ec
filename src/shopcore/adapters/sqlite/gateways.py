"""What SQLite keeps of gateways: which are switched off."""

from collections.abc import Sequence

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.payments.model import Switch

_EVERYTHING = "SELECT body FROM gateway_switches ORDER BY gateway"
_PUT = """
INSERT INTO gateway_switches (gateway, body) VALUES (?, ?) ON CONFLICT (gateway) DO UPDATE SET body = excluded.body
"""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Switch).decode


class SqliteSwitches:
    """The last word about each gateway."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def everything(self) -> Sequence[Switch]:
        """See the port."""
        rows = await self._database.read(lambda connection: connection.execute(_EVERYTHING).fetchall())
        return [_decode(body) for (body,) in rows]

    async def put(self, switch: Switch) -> None:
        """See the port."""
        row = switch.gateway, _encode(switch)
        await self._database.write(lambda connection: connection.execute(_PUT, row))
