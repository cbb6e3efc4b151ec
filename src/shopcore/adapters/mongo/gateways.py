"""What MongoDB keeps of gateways: which are switched off."""

from collections.abc import Sequence

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec
from shopcore.adapters.mongo.schema.sales import GATEWAY_SWITCHES
from shopcore.payments.model import Switch

_codec = Codec(GATEWAY_SWITCHES, Switch, key="gateway")


class MongoSwitches:
    """The last word about each gateway."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._switches = database.collection(GATEWAY_SWITCHES)

    async def everything(self) -> Sequence[Switch]:
        """See the port."""
        every = self._switches
        found = await self._database.read(lambda session: every.find({}, session=session).sort("_id").to_list())
        return [_codec.decode(document) for document in found]

    async def put(self, switch: Switch) -> None:
        """See the port."""
        document = _codec.encode(switch)
        await self._database.once(
            lambda session: self._switches.replace_one({"_id": switch.gateway}, document, upsert=True, session=session)
        )
