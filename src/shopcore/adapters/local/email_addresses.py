"""What counts as an e-mail address: the `email-validator` library's reading of RFC 5321, 5322 and 6531."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

from shopcore.kernel.errors import InvalidInput

_LONGEST = 1_000  # characters that are looked at; RFC 5321, 4.5.3.1.3 lets an address have 254
_WIDTHS = ("<wide>", "<narrow>")


class ValidatedEmailAddresses:
    """Syntax only; whether anybody reads it is found out by writing to it.

    Nothing is mapped to what somebody else may own. A domain is as IDNA 2008 (RFC 5891, 5895) reads it, where
    `straße.de` and `strasse.de` have different owners; folding case would make one of the two. A local part is as RFC
    8265, 3.3 has it of user names: letters of one width, small, composed.
    """

    def normal(self, text: str, field: str = "email") -> str:
        """See the port `kernel.address.EmailAddresses`."""
        try:
            found = validate_email(_of_one_width(text[:_LONGEST]), check_deliverability=False)
            local = unicodedata.normalize("NFC", found.local_part.lower())
            return validate_email(f"{local}@{found.domain}", check_deliverability=False).normalized
        except EmailNotValidError as error:
            raise InvalidInput.of(field, "invalid_email", str(error)) from None


def _of_one_width(text: str) -> str:
    """Wide and narrow forms, as keyboards of East Asia make them, are the letters that they are forms of."""
    return "".join(
        unicodedata.normalize("NFKC", letter) if unicodedata.decomposition(letter).startswith(_WIDTHS) else letter
        for letter in text
    )
