"""What an actor can do about accounts, in groups."""

from shopcore.container.account_cases import (
    AccountCases,
    OAuthCases,
    PasskeyCases,
    PeopleCases,
    PrivacyCases,
    ProfileCases,
    SessionCases,
)
from shopcore.container.bound import bound
from shopcore.kernel.actor import Actor


class AccountActs:
    """The way in."""

    def __init__(self, cases: AccountCases, actor: Actor) -> None:
        self.register = bound(cases.register, actor)
        self.resend_verification = bound(cases.resend_verification, actor)
        self.verify_email = bound(cases.verify_email, actor)
        self.sign_in = bound(cases.sign_in, actor)
        self.ask_for_passkey = bound(cases.ask_for_passkey, actor)
        self.sign_in_by_passkey = bound(cases.sign_in_by_passkey, actor)
        self.refresh = bound(cases.refresh, actor)
        self.ask_password_reset = bound(cases.ask_password_reset, actor)
        self.reset_password = bound(cases.reset_password, actor)
        self.agree_to_email_change = bound(cases.agree_to_email_change, actor)
        self.vouch_by_mail = bound(cases.vouch_by_mail, actor)
        self.disown_by_mail = bound(cases.disown_by_mail, actor)
        self.leave_mailing = bound(cases.leave_mailing, actor)


class OAuthActs:
    """Apps and integrations."""

    def __init__(self, cases: OAuthCases, actor: Actor) -> None:
        self.authorize = bound(cases.authorize, actor)
        self.exchange_code = bound(cases.exchange_code, actor)
        self.refresh = bound(cases.refresh, actor)
        self.issue_client_token = bound(cases.issue_client_token, actor)
        self.revoke = bound(cases.revoke, actor)
        self.list_apps = bound(cases.list_apps, actor)
        self.withdraw_app = bound(cases.withdraw_app, actor)
        self.add_client = bound(cases.add_client, actor)
        self.list_clients = bound(cases.list_clients, actor)
        self.remove_client = bound(cases.remove_client, actor)
        self.renew_secret = bound(cases.renew_secret, actor)
        self.change_redirects = bound(cases.change_redirects, actor)


class SessionActs:
    """Where a customer is signed in."""

    def __init__(self, cases: SessionCases, actor: Actor) -> None:
        self.list = bound(cases.list, actor)
        self.end = bound(cases.end, actor)
        self.end_by_token = bound(cases.end_by_token, actor)
        self.end_all = bound(cases.end_all, actor)


class ProfileActs:
    """One's own account."""

    def __init__(self, cases: ProfileCases, actor: Actor) -> None:
        self.show = bound(cases.show, actor)
        self.update = bound(cases.update, actor)
        self.change_password = bound(cases.change_password, actor)
        self.ask_email_change = bound(cases.ask_email_change, actor)
        self.save_address = bound(cases.save_address, actor)
        self.remove_address = bound(cases.remove_address, actor)
        self.begin_second_factor = bound(cases.begin_second_factor, actor)
        self.confirm_second_factor = bound(cases.confirm_second_factor, actor)
        self.remove_second_factor = bound(cases.remove_second_factor, actor)


class PasskeyActs:
    """One's own passkeys."""

    def __init__(self, cases: PasskeyCases, actor: Actor) -> None:
        self.list = bound(cases.list, actor)
        self.begin = bound(cases.begin, actor)
        self.add = bound(cases.add, actor)
        self.rename = bound(cases.rename, actor)
        self.remove = bound(cases.remove, actor)
        self.confirm = bound(cases.confirm, actor)
        self.require = bound(cases.require, actor)
        self.stop_requiring = bound(cases.stop_requiring, actor)
        self.count_recovery_codes = bound(cases.count_recovery_codes, actor)
        self.renew_recovery_codes = bound(cases.renew_recovery_codes, actor)


class PeopleActs:
    """Customers and colleagues."""

    def __init__(self, cases: PeopleCases, actor: Actor) -> None:
        self.list = bound(cases.list, actor)
        self.find = bound(cases.find, actor)
        self.lock = bound(cases.lock, actor)
        self.lift_second_factor = bound(cases.lift_second_factor, actor)
        self.vouch_for_colleague = bound(cases.vouch_for_colleague, actor)
        self.list_colleagues = bound(cases.list_colleagues, actor)
        self.add_colleague = bound(cases.add_colleague, actor)
        self.remove_colleague = bound(cases.remove_colleague, actor)


class PrivacyActs:
    """What is held on oneself, and how it is forgotten; and the keys that all of it is held under."""

    def __init__(self, cases: PrivacyCases, actor: Actor) -> None:
        self.export = bound(cases.export, actor)
        self.erase = bound(cases.erase, actor)
        self.list_keys = bound(cases.list_keys, actor)
        self.rotate_keys = bound(cases.rotate_keys, actor)
