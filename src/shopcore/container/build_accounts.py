"""The use cases of accounts, built by typed functions."""

from dataclasses import dataclass

from shopcore.accounts.steps import MergeCart, OpenSession
from shopcore.accounts.use_cases.register_account import RegisterAccount
from shopcore.accounts.use_cases.sign_in import SignInByPassword
from shopcore.accounts.use_cases.sign_in_by_passkey import SignInByPasskey
from shopcore.accounts.use_cases.verify_email import VerifyEmail
from shopcore.container.account_cases import AccountCases, ProfileCases, SessionCases
from shopcore.container.parts import Parts
from shopcore.container.ports import Store, World
from shopcore.identity.steps import (
    BoundGuesses,
    Ceremonies,
    ConfirmPassword,
    IssueTokens,
    KnowPassword,
    NewPasswords,
    RemoveProof,
    ReplacePassword,
    RotateSession,
    Witness,
)
from shopcore.identity.use_cases.agree_to_email_change import AgreeToEmailChange
from shopcore.identity.use_cases.ask_email_change import AskEmailChange
from shopcore.identity.use_cases.ask_for_passkey import AskForPasskey
from shopcore.identity.use_cases.ask_password_reset import AskPasswordReset
from shopcore.identity.use_cases.begin_second_factor import BeginSecondFactor
from shopcore.identity.use_cases.change_password import ChangePassword
from shopcore.identity.use_cases.confirm_second_factor import ConfirmSecondFactor
from shopcore.identity.use_cases.disown_by_mail import DisownByMail
from shopcore.identity.use_cases.end_all_sessions import EndAllSessions
from shopcore.identity.use_cases.end_session import EndSession
from shopcore.identity.use_cases.end_session_by_token import EndSessionByToken
from shopcore.identity.use_cases.leave_mailing import LeaveMailing
from shopcore.identity.use_cases.list_sessions import ListSessions
from shopcore.identity.use_cases.refresh_session import RefreshSession
from shopcore.identity.use_cases.remove_address import RemoveAddress
from shopcore.identity.use_cases.remove_second_factor import RemoveSecondFactor
from shopcore.identity.use_cases.resend_verification import ResendVerification
from shopcore.identity.use_cases.reset_password import ResetPassword
from shopcore.identity.use_cases.save_address import SaveAddress
from shopcore.identity.use_cases.show_account import ShowAccount
from shopcore.identity.use_cases.update_account import UpdateAccount
from shopcore.identity.use_cases.vouch_by_mail import VouchByMail


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """What several acts on accounts share."""

    issue: IssueTokens
    new_passwords: NewPasswords
    know_password: KnowPassword
    confirm: ConfirmPassword
    witness: Witness
    replace: ReplacePassword
    remove: RemoveProof
    ceremonies: Ceremonies
    rotate: RotateSession


def steps(store: Store, world: World, parts: Parts) -> Steps:
    """One of each."""
    bound_guesses = BoundGuesses(attempts=world.limiter, signer=world.signer)
    witness = Witness(accounts=store.accounts, events=parts.events, audit=parts.audit)
    return Steps(
        issue=IssueTokens(access_tokens=world.access_tokens, signer=world.signer),
        new_passwords=NewPasswords(passwords=world.passwords, common=world.common_passwords),
        know_password=KnowPassword(accounts=store.accounts, passwords=world.passwords, bound_guesses=bound_guesses),
        confirm=ConfirmPassword(accounts=store.accounts, passwords=world.passwords, bound_guesses=bound_guesses),
        witness=witness,
        replace=ReplacePassword(sessions=store.sessions, witness=witness),
        remove=RemoveProof(sessions=store.sessions, witness=witness),
        ceremonies=Ceremonies(
            passkeys=world.passkeys,
            spent=store.spent_tokens,
            signer=world.signer,
            ids=world.ids,
            witness=witness,
            unit_of_work=store.unit_of_work,
        ),
        rotate=RotateSession(sessions=store.sessions, signer=world.signer, witness=witness),
    )


def accounts(store: Store, world: World, parts: Parts, shared: Steps) -> AccountCases:
    """The way in."""
    open_session = OpenSession(
        sessions=store.sessions, issue=shared.issue, events=parts.events, audit=parts.audit, ids=world.ids
    )
    merge_cart = MergeCart(carts=store.carts, events=parts.events)
    return AccountCases(
        register=_register(store, world, parts, shared),
        resend_verification=_resend_verification(store, world, parts),
        verify_email=_verify_email(store, world, shared, open_session, merge_cart),
        sign_in=_sign_in(store, world, shared, open_session, merge_cart),
        ask_for_passkey=AskForPasskey(ceremonies=shared.ceremonies, clock=world.clock),
        sign_in_by_passkey=SignInByPasskey(
            accounts=store.accounts,
            ceremonies=shared.ceremonies,
            open_session=open_session,
            merge_cart=merge_cart,
            clock=world.clock,
        ),
        refresh=RefreshSession(
            rotate=shared.rotate, issue=shared.issue, unit_of_work=store.unit_of_work, clock=world.clock
        ),
        ask_password_reset=_ask_password_reset(store, world, parts),
        reset_password=_reset_password(store, world, shared),
        agree_to_email_change=AgreeToEmailChange(
            confirm=shared.confirm,
            signer=world.signer,
            witness=shared.witness,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        vouch_by_mail=VouchByMail(
            signer=world.signer, witness=shared.witness, unit_of_work=store.unit_of_work, clock=world.clock
        ),
        leave_mailing=LeaveMailing(signer=world.signer, witness=shared.witness, unit_of_work=store.unit_of_work),
        disown_by_mail=DisownByMail(
            sessions=store.sessions,
            signer=world.signer,
            witness=shared.witness,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
    )


def _register(store: Store, world: World, parts: Parts, shared: Steps) -> RegisterAccount:
    return RegisterAccount(
        accounts=store.accounts,
        new_passwords=shared.new_passwords,
        emails=world.emails,
        signer=world.signer,
        events=parts.events,
        unit_of_work=store.unit_of_work,
        ids=world.ids,
        clock=world.clock,
    )


def _resend_verification(store: Store, world: World, parts: Parts) -> ResendVerification:
    return ResendVerification(
        accounts=store.accounts,
        emails=world.emails,
        events=parts.events,
        unit_of_work=store.unit_of_work,
        clock=world.clock,
    )


def _verify_email(
    store: Store, world: World, shared: Steps, open_session: OpenSession, merge_cart: MergeCart
) -> VerifyEmail:
    return VerifyEmail(
        accounts=store.accounts,
        signer=world.signer,
        new_passwords=shared.new_passwords,
        open_session=open_session,
        merge_cart=merge_cart,
        witness=shared.witness,
        unit_of_work=store.unit_of_work,
        clock=world.clock,
    )


def _sign_in(
    store: Store, world: World, shared: Steps, open_session: OpenSession, merge_cart: MergeCart
) -> SignInByPassword:
    return SignInByPassword(
        accounts=store.accounts,
        know_password=shared.know_password,
        codes=world.one_time_codes,
        ceremonies=shared.ceremonies,
        emails=world.emails,
        open_session=open_session,
        merge_cart=merge_cart,
        unit_of_work=store.unit_of_work,
        clock=world.clock,
    )


def _ask_password_reset(store: Store, world: World, parts: Parts) -> AskPasswordReset:
    return AskPasswordReset(
        accounts=store.accounts,
        emails=world.emails,
        events=parts.events,
        unit_of_work=store.unit_of_work,
        clock=world.clock,
    )


def _reset_password(store: Store, world: World, shared: Steps) -> ResetPassword:
    return ResetPassword(
        accounts=store.accounts,
        new_passwords=shared.new_passwords,
        replace=shared.replace,
        signer=world.signer,
        unit_of_work=store.unit_of_work,
        clock=world.clock,
    )


def sessions(store: Store, world: World, parts: Parts, shared: Steps) -> SessionCases:
    """Where a customer is signed in."""
    return SessionCases(
        list=ListSessions(sessions=store.sessions, clock=world.clock),
        end=EndSession(sessions=store.sessions, audit=parts.audit, unit_of_work=store.unit_of_work, clock=world.clock),
        end_by_token=EndSessionByToken(
            sessions=store.sessions,
            signer=world.signer,
            witness=shared.witness,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        end_all=EndAllSessions(
            sessions=store.sessions, audit=parts.audit, unit_of_work=store.unit_of_work, clock=world.clock
        ),
    )


def profile(store: Store, world: World, shared: Steps) -> ProfileCases:
    """One's own account."""
    return ProfileCases(
        show=ShowAccount(accounts=store.accounts),
        update=UpdateAccount(witness=shared.witness, unit_of_work=store.unit_of_work),
        change_password=ChangePassword(
            confirm=shared.confirm,
            new_passwords=shared.new_passwords,
            replace=shared.replace,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        ask_email_change=AskEmailChange(
            confirm=shared.confirm,
            emails=world.emails,
            witness=shared.witness,
            unit_of_work=store.unit_of_work,
            ids=world.ids,
            clock=world.clock,
        ),
        save_address=SaveAddress(witness=shared.witness, unit_of_work=store.unit_of_work, ids=world.ids),
        remove_address=RemoveAddress(witness=shared.witness, unit_of_work=store.unit_of_work),
        begin_second_factor=BeginSecondFactor(
            accounts=store.accounts,
            codes=world.one_time_codes,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
        confirm_second_factor=ConfirmSecondFactor(
            codes=world.one_time_codes,
            witness=shared.witness,
            unit_of_work=store.unit_of_work,
            ids=world.ids,
            clock=world.clock,
        ),
        remove_second_factor=RemoveSecondFactor(
            confirm=shared.confirm,
            codes=world.one_time_codes,
            remove=shared.remove,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
    )
