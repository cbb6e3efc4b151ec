"""The use cases of passkeys, built by a typed function."""

from shopcore.container.account_cases import PasskeyCases
from shopcore.container.build_accounts import Steps
from shopcore.container.parts import Parts
from shopcore.container.ports import Store, World
from shopcore.identity.use_cases.add_passkey import AddPasskey
from shopcore.identity.use_cases.begin_passkey import BeginPasskey
from shopcore.identity.use_cases.confirm_by_passkey import ConfirmByPasskey
from shopcore.identity.use_cases.count_recovery_codes import CountRecoveryCodes
from shopcore.identity.use_cases.list_passkeys import ListPasskeys
from shopcore.identity.use_cases.remove_passkey import RemovePasskey
from shopcore.identity.use_cases.rename_passkey import RenamePasskey
from shopcore.identity.use_cases.renew_recovery_codes import RenewRecoveryCodes
from shopcore.identity.use_cases.require_passkey import RequirePasskey
from shopcore.identity.use_cases.stop_requiring_passkey import StopRequiringPasskey


def passkeys(store: Store, world: World, parts: Parts, shared: Steps) -> PasskeyCases:
    """One's own passkeys."""
    return PasskeyCases(
        list=ListPasskeys(accounts=store.accounts),
        begin=BeginPasskey(accounts=store.accounts, ceremonies=shared.ceremonies, clock=world.clock),
        add=AddPasskey(
            ceremonies=shared.ceremonies,
            witness=shared.witness,
            unit_of_work=store.unit_of_work,
            ids=world.ids,
            clock=world.clock,
        ),
        rename=RenamePasskey(witness=shared.witness, unit_of_work=store.unit_of_work),
        remove=RemovePasskey(remove=shared.remove, unit_of_work=store.unit_of_work, clock=world.clock),
        confirm=ConfirmByPasskey(
            accounts=store.accounts,
            sessions=store.sessions,
            ceremonies=shared.ceremonies,
            audit=parts.audit,
            clock=world.clock,
        ),
        require=RequirePasskey(
            witness=shared.witness,
            unit_of_work=store.unit_of_work,
            ids=world.ids,
            clock=world.clock,
        ),
        count_recovery_codes=CountRecoveryCodes(accounts=store.accounts),
        renew_recovery_codes=RenewRecoveryCodes(
            witness=shared.witness, unit_of_work=store.unit_of_work, ids=world.ids, clock=world.clock
        ),
        stop_requiring=StopRequiringPasskey(remove=shared.remove, unit_of_work=store.unit_of_work, clock=world.clock),
    )
