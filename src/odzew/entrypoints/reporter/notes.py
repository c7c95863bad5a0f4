"""The plain file that a reporter may keep: the code, the receipt, and a signed checkpoint of the record."""

from __future__ import annotations

from odzew.answers.wordbook import say
from odzew.foundation.settings import settings
from odzew.notices.receipt import clean
from odzew.usecases.read_status import Status


def notes_file(*, code: str, found: Status, language: str, checkpoint: str) -> str:
    """Return the text of the file. The checkpoint stands at the end as it was signed: with it a later change of the record shows."""
    digits = clean(typed=code) or ""
    receipt = next((a for a in reversed(found.answers) if a.kind == "receipt"), None)
    parts = [
        f"{say(key='page.code', language=language)}: {' '.join(digits[n : n + 4] for n in range(0, 20, 4))}",
        say(key="page.receipt_code_help", language=language),
        f"{say(key='page.file_where', language=language)} {settings().base_url}/status",
        receipt.text if receipt else "",
    ]
    if checkpoint:
        parts += [say(key="page.file_seal", language=language), checkpoint]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"
