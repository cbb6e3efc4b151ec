"""Everything that a person can cause, as one line on standard error and an exit status."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

import click

from shop_http.commands.output import plain
from shopcore.kernel.errors import FieldError, ShopError
from shopcore.kernel.sealing import Unsealable
from shopcore.operations.errors import UnreadableFile
from shopcore.shop import InvalidSettings


class Failure(click.ClickException):
    """The shop refused, or could not: what went wrong, each thing in a line of its own."""

    exit_code = 1

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it."""
        for line in self.lines:
            click.echo(f"shop: {plain(line)}", file=file, err=file is None)


class Misuse(Failure):
    """The command, its input or the settings are wrong: the shop was not asked."""

    exit_code = 2


@contextmanager
def told() -> Iterator[None]:
    """Turn refusals into failures. What is not here is a bug, and its traceback is logged."""
    try:
        yield
    except InvalidSettings as error:
        raise Misuse(*error.problems) from error
    except UnreadableFile as error:
        raise Misuse(error.detail) from error
    except ShopError as error:
        raise Failure(_line(error.detail, error.errors)) from error
    except Unsealable as error:
        raise Failure(f"{error}; the keys must be those that the shop was kept with") from error
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "shop"
        raise Misuse(f"{error.format_message()} See {command} --help.") from error
    except OSError as error:
        raise Failure(f"{error.filename or 'the system'}: {error.strerror or error}") from error


def _line(detail: str, errors: Sequence[FieldError]) -> str:
    """The refusal and the fields that it is about, unless it names them already."""
    fields = [f"{error.field}: {error.message}" for error in errors]
    return detail if all(field in detail for field in fields) else f"{detail} ({'; '.join(fields)})"
