"""What is stored of messages, and of who waits for which."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from shopcore.messages.model import Sending, StockWatch, TroubledAddress
from shopcore.privacy.model.personal_data import Declared, Gone, Kept, declared, personal

MESSAGES: Mapping[type[msgspec.Struct], Declared] = MappingProxyType(
    {
        Sending: declared(
            "messages",
            personal(Kept.INDEXED, Gone.LATER, "key", "What was sent to whom, so that it is sent once; 30 days."),
            impersonal="kind began_at at state repeats version",
        ),
        StockWatch: declared(
            "stock_watches",
            personal(Kept.PLAIN, Gone.SOON, "id customer_id", "Who waits for it."),
            personal(Kept.PLAIN, Gone.SOON, "variant_id since", "What somebody waits for.", exported="watches"),
        ),
        TroubledAddress: declared(
            "troubled_addresses",
            personal(Kept.INDEXED, Gone.NEVER, "id", "Mail to it came back; without the key it tells no address."),
            impersonal="first_at at suppressed_by delays version",
        ),
    }
)
