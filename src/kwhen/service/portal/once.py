"""Forms that make something: sent twice, by a double click or a reload, they make it once.

A form carries a token of its own. What was made of it is remembered in the transaction in which it
was made, for as long as answers to an Idempotency-Key are.
"""

import hashlib
import secrets

from kwhen.operations.work import Work
from kwhen.service.portal.forms import Form
from kwhen.storage import answers

FIELD = "once"
LONGEST_COUNT = 64
DONE = 200


def fresh() -> str:
    """A token for a form: `<input type="hidden" name="once" value="…">`."""
    return secrets.token_hex(16)


def made_before(work: Work, form: Form, what: str) -> str | None:
    """What was made of this form; None where it comes for the first time, or nothing was made."""
    token = _token(form)
    if not token:
        return None
    hashed = hashlib.sha256(what.encode()).hexdigest()
    kept = answers.claim(work.session, work.tenant, _route(what), token, hashed, work.now)
    return kept.body.decode() if kept is not None and kept.status == DONE else None


def note_made(work: Work, form: Form, what: str, made: str) -> None:
    """Remember what was made of a form, such as its id; nothing that is secret."""
    if token := _token(form):
        answers.keep(work.session, work.tenant, _route(what), token, DONE, made.encode())


def _token(form: Form) -> str:
    return form.text(FIELD)[:LONGEST_COUNT]


def _route(what: str) -> str:
    return f"portal {what}"
