"""Everything a shop can be told, read once from the environment and `.env`.

The variable of a field is its name in capitals. Each carries what it is for and which values it takes, and a test holds
`docs/reference/settings.md` to that. An empty variable is one that is not set.
"""

from shopcore.settings.gateway_rules import gateway_rules
from shopcore.settings.kinds import MEMORY, MONGO, About
from shopcore.settings.mail_servers import MailServer, mail_servers
from shopcore.settings.reading import ALIASES, InvalidSettings, Setting, describe, read_settings
from shopcore.settings.safety import problems_of
from shopcore.settings.whole import Settings

__all__ = [
    "ALIASES",
    "MEMORY",
    "MONGO",
    "About",
    "InvalidSettings",
    "MailServer",
    "Setting",
    "Settings",
    "describe",
    "gateway_rules",
    "mail_servers",
    "problems_of",
    "read_settings",
]
