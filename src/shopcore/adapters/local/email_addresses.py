"""What counts as an e-mail address: the `email-validator` library's reading of RFC 5321, 5322 and 6531."""

from email_validator import EmailNotValidError, validate_email

from shopcore.kernel.errors import InvalidInput


class ValidatedEmailAddresses:
    """Syntax only; whether anybody reads it is found out by writing to it."""

    def normal(self, text: str, field: str = "email") -> str:
        """See the port `kernel.address.EmailAddresses`."""
        try:
            return validate_email(text, check_deliverability=False).normalized
        except EmailNotValidError as error:
            raise InvalidInput.of(field, "invalid_email", str(error)) from None
