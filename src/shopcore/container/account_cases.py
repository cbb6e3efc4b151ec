"""The use cases of accounts, in the groups in which they are offered."""

from dataclasses import dataclass

from shopcore.accounts.use_cases.claim_orders import ClaimOrders
from shopcore.accounts.use_cases.register_account import RegisterAccount
from shopcore.accounts.use_cases.sign_in import SignInByPassword
from shopcore.accounts.use_cases.sign_in_by_passkey import SignInByPasskey
from shopcore.accounts.use_cases.verify_email import VerifyEmail
from shopcore.administration.use_cases.add_colleague import AddColleague
from shopcore.administration.use_cases.find_person import FindPerson
from shopcore.administration.use_cases.lift_second_factor import LiftSecondFactor
from shopcore.administration.use_cases.list_colleagues import ListColleagues
from shopcore.administration.use_cases.list_people import ListPeople
from shopcore.administration.use_cases.lock_person import LockPerson
from shopcore.administration.use_cases.remove_colleague import RemoveColleague
from shopcore.administration.use_cases.vouch_for_colleague import VouchForColleague
from shopcore.delegation.use_cases.add_client import AddClient
from shopcore.delegation.use_cases.authenticate import Authenticate
from shopcore.delegation.use_cases.authorize_app import AuthorizeApp
from shopcore.delegation.use_cases.change_redirects import ChangeRedirects
from shopcore.delegation.use_cases.exchange_code import ExchangeCode
from shopcore.delegation.use_cases.issue_client_token import IssueClientToken
from shopcore.delegation.use_cases.list_apps import ListApps
from shopcore.delegation.use_cases.refresh_grant import RefreshGrant
from shopcore.delegation.use_cases.renew_secret import RenewSecret
from shopcore.delegation.use_cases.revoke_token import RevokeToken
from shopcore.delegation.use_cases.withdraw_app import WithdrawApp
from shopcore.identity.use_cases.add_passkey import AddPasskey
from shopcore.identity.use_cases.agree_to_email_change import AgreeToEmailChange
from shopcore.identity.use_cases.ask_email_change import AskEmailChange
from shopcore.identity.use_cases.ask_for_passkey import AskForPasskey
from shopcore.identity.use_cases.ask_password_reset import AskPasswordReset
from shopcore.identity.use_cases.begin_passkey import BeginPasskey
from shopcore.identity.use_cases.begin_second_factor import BeginSecondFactor
from shopcore.identity.use_cases.change_password import ChangePassword
from shopcore.identity.use_cases.confirm_by_passkey import ConfirmByPasskey
from shopcore.identity.use_cases.confirm_second_factor import ConfirmSecondFactor
from shopcore.identity.use_cases.count_recovery_codes import CountRecoveryCodes
from shopcore.identity.use_cases.disown_by_mail import DisownByMail
from shopcore.identity.use_cases.end_all_sessions import EndAllSessions
from shopcore.identity.use_cases.end_session import EndSession
from shopcore.identity.use_cases.end_session_by_token import EndSessionByToken
from shopcore.identity.use_cases.forget_expired_sessions import ForgetExpiredSessions
from shopcore.identity.use_cases.forget_spent_tokens import ForgetSpentTokens
from shopcore.identity.use_cases.forget_unverified_accounts import ForgetUnverifiedAccounts
from shopcore.identity.use_cases.leave_mailing import LeaveMailing
from shopcore.identity.use_cases.list_passkeys import ListPasskeys
from shopcore.identity.use_cases.list_sessions import ListSessions
from shopcore.identity.use_cases.refresh_session import RefreshSession
from shopcore.identity.use_cases.remove_address import RemoveAddress
from shopcore.identity.use_cases.remove_passkey import RemovePasskey
from shopcore.identity.use_cases.remove_second_factor import RemoveSecondFactor
from shopcore.identity.use_cases.rename_passkey import RenamePasskey
from shopcore.identity.use_cases.renew_recovery_codes import RenewRecoveryCodes
from shopcore.identity.use_cases.require_passkey import RequirePasskey
from shopcore.identity.use_cases.resend_verification import ResendVerification
from shopcore.identity.use_cases.reset_password import ResetPassword
from shopcore.identity.use_cases.save_address import SaveAddress
from shopcore.identity.use_cases.show_account import ShowAccount
from shopcore.identity.use_cases.stop_requiring_passkey import StopRequiringPasskey
from shopcore.identity.use_cases.update_account import UpdateAccount
from shopcore.identity.use_cases.vouch_by_mail import VouchByMail
from shopcore.notifications.use_cases.send_account_mail import SendAccountMail
from shopcore.oauth.use_cases.forget_expired_grants import ForgetExpiredGrants
from shopcore.oauth.use_cases.list_clients import ListClients
from shopcore.oauth.use_cases.remove_client import RemoveClient
from shopcore.payments.use_cases.close_wallets import CloseWallets
from shopcore.privacy.use_cases.erase_customer import EraseCustomer
from shopcore.privacy.use_cases.export_customer import ExportCustomer
from shopcore.privacy.use_cases.forget_buyer import ForgetBuyer
from shopcore.privacy.use_cases.list_keys import ListKeys
from shopcore.privacy.use_cases.rotate_keys import RotateKeys


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountCases:
    """The way in, for those who are not signed in yet."""

    register: RegisterAccount
    resend_verification: ResendVerification
    verify_email: VerifyEmail
    sign_in: SignInByPassword
    ask_for_passkey: AskForPasskey
    sign_in_by_passkey: SignInByPasskey
    refresh: RefreshSession
    ask_password_reset: AskPasswordReset
    reset_password: ResetPassword
    agree_to_email_change: AgreeToEmailChange
    vouch_by_mail: VouchByMail
    disown_by_mail: DisownByMail
    leave_mailing: LeaveMailing


@dataclass(frozen=True, kw_only=True, slots=True)
class OAuthCases:
    """Apps and integrations: how they are registered, what people let them do, and the tokens that they get."""

    authenticate: Authenticate
    authorize: AuthorizeApp
    exchange_code: ExchangeCode
    refresh: RefreshGrant
    issue_client_token: IssueClientToken
    revoke: RevokeToken
    list_apps: ListApps
    withdraw_app: WithdrawApp
    add_client: AddClient
    list_clients: ListClients
    remove_client: RemoveClient
    renew_secret: RenewSecret
    change_redirects: ChangeRedirects


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionCases:
    """Where a customer is signed in."""

    list: ListSessions
    end: EndSession
    end_by_token: EndSessionByToken
    end_all: EndAllSessions


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileCases:
    """One's own account."""

    show: ShowAccount
    update: UpdateAccount
    change_password: ChangePassword
    ask_email_change: AskEmailChange
    save_address: SaveAddress
    remove_address: RemoveAddress
    begin_second_factor: BeginSecondFactor
    confirm_second_factor: ConfirmSecondFactor
    remove_second_factor: RemoveSecondFactor


@dataclass(frozen=True, kw_only=True, slots=True)
class PasskeyCases:
    """One's own passkeys."""

    list: ListPasskeys
    begin: BeginPasskey
    add: AddPasskey
    rename: RenamePasskey
    remove: RemovePasskey
    confirm: ConfirmByPasskey
    require: RequirePasskey
    stop_requiring: StopRequiringPasskey
    count_recovery_codes: CountRecoveryCodes
    renew_recovery_codes: RenewRecoveryCodes


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleCases:
    """Customers and colleagues, for those who look after them."""

    list: ListPeople
    find: FindPerson
    lock: LockPerson
    lift_second_factor: LiftSecondFactor
    vouch_for_colleague: VouchForColleague
    list_colleagues: ListColleagues
    add_colleague: AddColleague
    remove_colleague: RemoveColleague


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivacyCases:
    """What is held on a customer, and how they are forgotten."""

    export: ExportCustomer
    erase: EraseCustomer
    list_keys: ListKeys
    rotate_keys: RotateKeys


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountUpkeep:
    """What the shop does by itself about accounts."""

    send_mail: SendAccountMail
    claim_orders: ClaimOrders
    forget_expired_sessions: ForgetExpiredSessions
    forget_spent_tokens: ForgetSpentTokens
    forget_unverified_accounts: ForgetUnverifiedAccounts
    forget_expired_grants: ForgetExpiredGrants
    forget_buyer: ForgetBuyer
    close_wallets: CloseWallets
