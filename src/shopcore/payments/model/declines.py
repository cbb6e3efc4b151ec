"""What whoever pays is told of why a payment failed."""

_FOR_STAFF = frozenset({"fraudulent", "lost_card", "merchant_blacklist", "pickup_card", "stolen_card"})
"""What a bank knows of a card, in Stripe's words: somebody who tries stolen cards would learn which of them are."""

_DECLINED = "generic_decline"


def told_to_payer(failure: str | None) -> str | None:
    """The gateway's word, or that of any decline where it would tell a thief what the bank knows: Stripe asks for that
    (its documentation, "Decline codes"). Staff read the word itself.
    """
    return _DECLINED if failure in _FOR_STAFF else failure
