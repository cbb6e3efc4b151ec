"""Who may do what: permissions, the roles that bundle them, the members who have roles, and API keys."""

from shopcore.access.model.api_keys import PREFIX, ApiKey
from shopcore.access.model.members import Member
from shopcore.access.model.permissions import FOR_PEOPLE_ONLY, INTERNAL, NEEDS, PERMISSIONS
from shopcore.access.model.roles import BUILT_IN, OWNER, Role

__all__ = [
    "BUILT_IN",
    "FOR_PEOPLE_ONLY",
    "INTERNAL",
    "NEEDS",
    "OWNER",
    "PERMISSIONS",
    "PREFIX",
    "ApiKey",
    "Member",
    "Role",
]
