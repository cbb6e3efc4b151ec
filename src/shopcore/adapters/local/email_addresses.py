"""What counts as an e-mail address: the `email-validator` library's reading of RFC 5321, 5322 and 6531."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

from shopcore.kernel.errors import InvalidInput

_LONGEST = 1_000  # characters that are looked at; RFC 5321, 4.5.3.1.3 lets an address have 254


class ValidatedEmailAddresses:
    """Syntax only; whether anybody reads it is found out by writing to it."""

    def normal(self, text: str, field: str = "email") -> str:
        """See the port `kernel.address.EmailAddresses`."""
        try:
            found = validate_email(unicodedata.normalize("NFKC", text[:_LONGEST]), check_deliverability=False)
            # Folding may undo the form, and the other way round: once more, and it stays.
            local = unicodedata.normalize("NFKC", found.local_part.casefold())
            return validate_email(f"{local}@{found.domain.casefold()}", check_deliverability=False).normalized
        except EmailNotValidError as error:
            raise InvalidInput.of(field, "invalid_email", str(error)) from None
