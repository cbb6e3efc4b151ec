"""Which jobs follow from what happened to accounts, and who does them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from shopcore.container.account_cases import AccountUpkeep
from shopcore.identity.events import (
    AppCodeReused,
    CustomerEntered,
    CustomerErased,
    EmailChangeAsked,
    EmailVerified,
    PasskeyCountedBack,
    PasskeysChanged,
    PasswordChanged,
    RecoveryCodesRenewed,
    RefreshTokenReused,
    ResetAsked,
    SecondFactorChanged,
    StrangeDeviceEntered,
    VerificationAsked,
)
from shopcore.jobs.model import Schedule
from shopcore.jobs.steps.do_jobs import Handlers
from shopcore.jobs.use_cases.publish_events import Bindings
from shopcore.kernel.actor import System
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.jobs import NewJob
from shopcore.notifications.model import Notice

_MAIL = 10  # as the other mails that a customer waits for
_A_DAY = 36  # tries, the later ones about an hour apart: as long as a mailed link is good for
_FIVE_DAYS = 172  # tries of what is true for longer (RFC 5321, 4.5.4.1)
_LINKS = {Notice.VERIFY, Notice.RESET, Notice.OLD_EMAIL, Notice.NEW_EMAIL}  # what of these is too late says nothing
_ONE_EVERY = 60  # seconds: however often somebody asks for it, a mailbox gets no more of one kind

BY_MAIL = ("send_account_mail",)
SCHEDULES = (
    Schedule(kind="forget_expired_sessions", every=timedelta(hours=1)),
    Schedule(kind="forget_spent_tokens", every=timedelta(hours=1)),
    Schedule(kind="forget_expired_grants", every=timedelta(hours=1)),
    Schedule(kind="forget_unverified_accounts", every=timedelta(hours=1)),
)


def _mail(notice: Notice, at: datetime, about: Mapping[str, str], name: str) -> NewJob:
    payload = {"notice": notice.value, "asked_at": at.isoformat(), **about}
    return NewJob(
        kind="send_account_mail",
        payload=payload,
        unique_key=f"mail/{notice.value}/{name}",
        priority=_MAIL,
        max_attempts=_A_DAY if notice in _LINKS else _FIVE_DAYS,
    )


def _to_address(notice: Notice, at: datetime, email_key: str) -> Sequence[NewJob]:
    return (_mail(notice, at, {"email_key": email_key}, f"{email_key}/{_moment(at)}"),)


def _moment(at: datetime) -> int:
    return int(at.timestamp()) // _ONE_EVERY


def _to_customer(notice: Notice, at: datetime, customer_id: CustomerId, subject: str = "") -> NewJob:
    about = {"customer_id": str(customer_id)} | ({"change_id": subject} if subject else {})
    return _mail(notice, at, about, f"{customer_id}/{subject or at.isoformat()}")


def _after_verification_asked(event: VerificationAsked) -> Sequence[NewJob]:
    return _to_address(Notice.VERIFY, event.at, event.email_key)


def _after_reset_asked(event: ResetAsked) -> Sequence[NewJob]:
    return _to_address(Notice.RESET, event.at, event.email_key)


def _after_verification(event: EmailVerified) -> Sequence[NewJob]:
    welcome = _to_customer(Notice.WELCOME, event.at, event.customer_id) if event.is_first else None
    return (*_after_proof(event), *([] if welcome is None else [welcome]))


def _after_strange_device(event: StrangeDeviceEntered) -> Sequence[NewJob]:
    return (_to_customer(Notice.NEW_SIGN_IN, event.at, event.customer_id),)


def _after_proof(event: EmailVerified | CustomerEntered) -> Sequence[NewJob]:
    payload: dict[str, str] = {"customer_id": event.customer_id}
    key = f"claim_orders/{event.customer_id}/{event.at.isoformat()}"
    return (NewJob(kind="claim_orders", payload=payload, unique_key=key),)


def _after_email_change_asked(event: EmailChangeAsked) -> Sequence[NewJob]:
    """A stranger's mailbox gets one a minute, whoever asks; that of who asks, one for each change that they ask for."""
    about: dict[str, str] = {"customer_id": event.customer_id, "change_id": event.change_id}
    to_new = _mail(Notice.NEW_EMAIL, event.at, about, f"{event.email_key}/{_moment(event.at)}")
    return (_to_customer(Notice.OLD_EMAIL, event.at, event.customer_id, event.change_id), to_new)


def _after_password_change(event: PasswordChanged) -> Sequence[NewJob]:
    return (_to_customer(Notice.PASSWORD_CHANGED, event.at, event.customer_id),)


def _after_second_factor_change(event: SecondFactorChanged) -> Sequence[NewJob]:
    notice = Notice.SECOND_FACTOR_ON if event.is_on else Notice.SECOND_FACTOR_OFF
    return (_to_customer(notice, event.at, event.customer_id, event.proof),)


def _after_renewed_codes(event: RecoveryCodesRenewed) -> Sequence[NewJob]:
    return (_to_customer(Notice.RECOVERY_CODES, event.at, event.customer_id),)


def _after_passkeys_change(event: PasskeysChanged) -> Sequence[NewJob]:
    notice = Notice.PASSKEY_ADDED if event.is_added else Notice.PASSKEY_REMOVED
    return (_to_customer(notice, event.at, event.customer_id, event.proof),)


def _after_reuse(event: RefreshTokenReused) -> Sequence[NewJob]:
    return (_to_customer(Notice.TOKEN_REUSED, event.at, event.customer_id),)


def _after_code_reuse(event: AppCodeReused) -> Sequence[NewJob]:
    return (_to_customer(Notice.CODE_REUSED, event.at, event.customer_id, event.session_id),)


def _after_copied_passkey(event: PasskeyCountedBack) -> Sequence[NewJob]:
    """Once a day for each, however often its copy is shown."""
    return (_to_customer(Notice.PASSKEY_COPIED, event.at, event.customer_id, f"{event.passkey_id}/{event.at:%F}"),)


def _after_erasure(event: CustomerErased) -> Sequence[NewJob]:
    payload: dict[str, str] = {"customer_id": event.customer_id}
    kinds = ("forget_buyer", "close_wallets")
    return tuple(NewJob(kind=kind, payload=payload, unique_key=f"{kind}/{event.customer_id}") for kind in kinds)


BINDINGS: Bindings = {
    CustomerErased: _after_erasure,
    VerificationAsked: _after_verification_asked,
    ResetAsked: _after_reset_asked,
    EmailVerified: _after_verification,
    CustomerEntered: _after_proof,
    EmailChangeAsked: _after_email_change_asked,
    PasswordChanged: _after_password_change,
    SecondFactorChanged: _after_second_factor_change,
    RecoveryCodesRenewed: _after_renewed_codes,
    PasskeysChanged: _after_passkeys_change,
    RefreshTokenReused: _after_reuse,
    StrangeDeviceEntered: _after_strange_device,
    AppCodeReused: _after_code_reuse,
    PasskeyCountedBack: _after_copied_passkey,
}


def handlers(upkeep: AccountUpkeep) -> Handlers:
    """The use case behind each kind of job, with the shop itself as the actor."""

    async def send_account_mail(payload: Mapping[str, str]) -> None:
        customer_id = payload.get("customer_id")
        await upkeep.send_mail(
            System(kind="send_account_mail"),
            notice=Notice(payload["notice"]),
            asked_at=datetime.fromisoformat(payload["asked_at"]),
            email_key=payload.get("email_key"),
            customer_id=None if customer_id is None else CustomerId(customer_id),
            subject=payload.get("change_id", ""),
        )

    async def claim_orders(payload: Mapping[str, str]) -> None:
        actor, customer_id = System(kind="claim_orders"), CustomerId(payload["customer_id"])
        if not await upkeep.claim_orders(actor, customer_id=customer_id):
            await upkeep.forget_buyer(actor, customer_id=customer_id)

    async def forget_buyer(payload: Mapping[str, str]) -> None:
        await upkeep.forget_buyer(System(kind="forget_buyer"), customer_id=CustomerId(payload["customer_id"]))

    async def close_wallets(payload: Mapping[str, str]) -> None:
        await upkeep.close_wallets(System(kind="close_wallets"), customer_id=CustomerId(payload["customer_id"]))

    async def forget_expired_sessions(_payload: Mapping[str, str]) -> None:
        await upkeep.forget_expired_sessions(System(kind="forget_expired_sessions"))

    async def forget_spent_tokens(_payload: Mapping[str, str]) -> None:
        await upkeep.forget_spent_tokens(System(kind="forget_spent_tokens"))

    async def forget_expired_grants(_payload: Mapping[str, str]) -> None:
        await upkeep.forget_expired_grants(System(kind="forget_expired_grants"))

    async def forget_unverified_accounts(_payload: Mapping[str, str]) -> None:
        await upkeep.forget_unverified_accounts(System(kind="forget_unverified_accounts"))

    return {
        "send_account_mail": send_account_mail,
        "claim_orders": claim_orders,
        "forget_buyer": forget_buyer,
        "close_wallets": close_wallets,
        "forget_expired_sessions": forget_expired_sessions,
        "forget_spent_tokens": forget_spent_tokens,
        "forget_expired_grants": forget_expired_grants,
        "forget_unverified_accounts": forget_unverified_accounts,
    }
