"""Finds what somebody wrote anew in a mail, without what they quote and without their signature.

In: the text of a mail. Out: the new text; and whether all that it says is "no more". Line by line
and in linear time: mails come from anybody. Looked at: `mail-parser-reply` (drops all that follows
a line which begins with *Thanks*, quadratic on long lines), `email-reply-parser` (English only, no
release since 2020), `email-reply-extractor` (made for mailing lists).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

ATTRIBUTION_CHARS_MAX = 300
ATTRIBUTION_LINES_MAX = 3
"""*On Monday … Skylark Air <hello@…>* is wrapped by some programs."""

HEADERS_NEAR = 5
"""Lines among which a second header says that a quoted mail begins here."""

_ENDS = re.compile(r"[:：]\s*$")
_DATED = re.compile(r"\d{1,2}[:.h]\d{2}|\b\d{4}\b|\d{4}年")
_WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|schreibt|a écrit|escribió|escreveu|ha scritto|scrive|schreef|skrev"
    r"|napisał(?:\(a\)|a)?|napsal(?:\(a\)|a)?|kirjoitti|ezt írta|a scris|yazdı|пишет|написал(?:а)?)"
    r"\b|のメール|写道|寫道|님이 작성",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"<[^<>\s]+@[^<>\s]+>")
_RULER = re.compile(r"^\s*(?:_{10,}|-{10,}|={10,}|[-_]{2,}\s?[^-_\n]{3,60}\s?[-_]{2,})\s*$")
_FIRST_HEADER = re.compile(
    r"^[\s*>]*(?:from|von|de|da|van|från|fra|od|lähettäjä|feladó|kimden|от|发件人|寄件者|差出人"
    r"|보낸 사람)\s?\*?\s?[:：]",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"^[\s*>]*(?:sent|date|to|subject|gesendet|datum|an|betreff|envoyé|à|objet|enviado|fecha|para"
    r"|asunto|data|assunto|inviato|a|oggetto|verzonden|aan|onderwerp|skickat|till|ämne|sendt|til"
    r"|emne|wysłano|do|temat|odesláno|předmět|отправлено|дата|кому|тема|发送时间|收件人|主题"
    r"|送信日時|宛先|件名|보낸 날짜|받는 사람|제목)\s?\*?\s?[:：]",
    re.IGNORECASE,
)
_MOBILE = re.compile(
    r"^\s*(?:sent from (?:my|the|outlook|mail)|get outlook for|von meinem .{1,40} gesendet"
    r"|gesendet (?:mit|von|über)|envoyé (?:de|depuis)|obtenez outlook|enviado (?:desde|do|de)"
    r"|inviato da|verzonden (?:vanaf|met|van)|skickat från|sendt fra|lähetetty|wysłane z"
    r"|odesláno z|отправлено (?:с|из)|iphoneから送信).{0,80}$",
    re.IGNORECASE,
)

STOP_WORDS = frozenset(
    (
        *("stop", "stop all", "stopp", "stop mail", "stop mails", "stop emails", "unsubscribe"),
        *("unsubscribe me", "please unsubscribe", "please unsubscribe me", "unsubscribe please"),
        *("remove me", "please remove me", "opt out", "optout", "no more mail", "no more emails"),
        *("abmelden", "bitte abmelden", "abbestellen", "bitte abbestellen", "austragen"),
        *("bitte austragen", "abmeldung", "keine mails mehr", "keine werbung mehr"),
        *("désabonner", "desabonner", "me désabonner", "désabonnement", "désinscription"),
        *("désinscrire", "me désinscrire", "arrêt", "arreter", "arrêter", "darme de baja", "baja"),
        *("cancelar suscripción", "cancelar suscripcion", "no más correos", "descadastrar"),
        *("cancelar inscrição", "cancelar subscrição", "remover", "disiscrivimi", "cancellami"),
        *("disiscrizione", "disiscriviti", "annulla iscrizione", "afmelden", "uitschrijven"),
        *("avregistrera", "avregistrera mig", "avprenumerera", "avmeld", "meld meg av", "afmeld"),
        *("frameld", "peruuta tilaus", "wypisz", "wypisz mnie", "rezygnuję", "odhlásit"),
        *("leiratkozás", "leiratkozom", "dezabonare", "abonelikten çık", "отписаться"),
        *("отписка", "отпишите меня", "стоп", "配信停止", "停止", "退订", "退訂", "取消订阅"),
        *("수신거부", "구독취소"),
    )
)
"""What says "no more" when it is all that is said, in small letters and without marks."""

_MARKS = re.compile(r"[^\w\s]+|_")


def new_text(text: str) -> str:
    """Return what was written anew; answers between quoted lines are kept, in order."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        length = _attribution(lines, at)
        if length:
            if not _is_quoted_next(lines, at + length):
                break  # a quote without marks: all that follows is old
            at += length
            continue
        if line.rstrip() == "--" or _RULER.match(line) or _begins_mail(lines, at):
            break
        if not line.lstrip().startswith(">") and not _MOBILE.match(line):
            kept.append(line.rstrip())
        at += 1
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def is_stop(text: str, subject: str) -> bool:
    """Return whether the only words of a mail are that no more shall come.

    `text` is what is new in it. The subject speaks when there is no text, as in the mails that
    programs write for a ``List-Unsubscribe: <mailto:…>``.
    """
    said = _words(text) if text.strip() else _words(subject)
    return said in STOP_WORDS


def _words(text: str) -> str:
    return " ".join(_MARKS.sub(" ", text[:200].casefold()).split())


def _attribution(lines: Sequence[str], at: int) -> int:
    """Return how many lines from here say who wrote what is quoted then; 0: none."""
    if not lines[at].strip() or lines[at].lstrip().startswith(">"):
        return 0
    joined = ""
    for length in range(1, ATTRIBUTION_LINES_MAX + 1):
        line = lines[at + length - 1].strip() if at + length <= len(lines) else ""
        if not line or len(joined) + len(line) > ATTRIBUTION_CHARS_MAX:
            return 0
        joined = f"{joined} {line}"
        if _ENDS.search(line):
            is_one = _DATED.search(joined) and (_WROTE.search(joined) or _ADDRESS.search(joined))
            return length if is_one or _is_wrote_before_quote(joined, lines, at + length) else 0
    return 0


def _is_wrote_before_quote(joined: str, lines: Sequence[str], at: int) -> bool:
    """Return whether somebody is said to have written what the next line quotes, without a date."""
    return bool(_WROTE.search(joined)) and _is_quoted_next(lines, at)


def _is_quoted_next(lines: Sequence[str], at: int) -> bool:
    return any(line.lstrip().startswith(">") for line in lines[at : at + 2])


def _begins_mail(lines: Sequence[str], at: int) -> bool:
    """Return whether the headers of a quoted mail begin here, as Outlook writes them."""
    if not _FIRST_HEADER.match(lines[at]):
        return False
    return sum(1 for line in lines[at + 1 : at + 1 + HEADERS_NEAR] if _HEADER.match(line)) >= 2
