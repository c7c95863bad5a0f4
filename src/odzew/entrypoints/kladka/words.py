"""The platform's words in English and Polish."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

LANGUAGES: Final = ("en", "pl")
MONTHS: Final = {
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    "pl": ["sty", "lut", "mar", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź", "lis", "gru"],
}
_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "pretend": ("Pretend platform — generated pictures only", "Platforma na niby — same wygenerowane obrazki"),
    "skip": ("Skip to content", "Przejdź do treści"),
    "tagline": ("A small place for people who like footbridges.", "Małe miejsce dla tych, którzy lubią kładki."),
    "newest": ("Newest", "Najnowsze"),
    "empty": ("Nothing here yet.", "Jeszcze nic tu nie ma."),
    "older": ("Older posts", "Starsze wpisy"),
    "newer": ("Newer posts", "Nowsze wpisy"),
    "report": ("Report", "Zgłoś"),
    "report_away": ("Report at the desk, with no account", "Zgłoś w biurze, bez konta"),
    "report_of": ("Report the post by {who}", "Zgłoś wpis: {who}"),
    "open_of": ("Open the post by {who}", "Otwórz wpis: {who}"),
    "picture_by": ("Picture posted by {who}", "Obrazek, który dodaje {who}"),
    "repost_of": ("Repost of", "Podaje dalej"),
    "a_post": ("this post", "ten wpis"),
    "unavailable": ("Picture unavailable", "Obrazek niedostępny"),
    "all_posts": ("All posts", "Wszystkie wpisy"),
    "inbox": ("Inbox", "Skrzynka"),
    "inbox_of": ("Inbox of {who}", "Skrzynka: {who}"),
    "inbox_empty": ("No letters.", "Brak wiadomości."),
    "inbox_note": (
        "On a real platform only {who} could read this. Here signing in is pretended.",
        "Na prawdziwej platformie przeczyta to tylko {who}. Tutaj logowanie jest na niby.",
    ),
    "answer": ("Answer to your report", "Odpowiedź na Twoje zgłoszenie"),
    "statement": ("About your post", "W sprawie Twojego wpisu"),
    "appeal_until": ("You can appeal until {when}.", "Możesz się odwołać do {when}."),
    "appeal_label": ("Why do you disagree?", "Dlaczego się nie zgadzasz?"),
    "appeal": ("Send the appeal", "Wyślij odwołanie"),
    "appealed": ("Your appeal was sent.", "Odwołanie wysłane."),
    "desk_page": ("Your page at the desk, with no account", "Twoja strona w biurze, bez konta"),
    "desk_code": ("Your code there:", "Twój kod tam:"),
    "suspended": ("This account is suspended.", "To konto jest zawieszone."),
    "t451": ("Not available now", "Teraz niedostępne"),
    "b451": (
        "This post is not shown while it is being looked into. That is not a finding that somebody did wrong.",
        "Ten wpis nie jest pokazywany, dopóki ktoś go nie sprawdzi. To nie oznacza, że ktoś zrobił coś złego.",
    ),
    "m451": (
        "Only the picture is affected. The words stay:",
        "Dotyczy to tylko obrazka. Słowa zostają:",
    ),
    "t410": ("Removed", "Usunięte"),
    "b410": ("This post was removed and is shown to nobody.", "Ten wpis usunięto i nikt go już nie zobaczy."),
    "t403": ("Not for everyone", "Nie dla wszystkich"),
    "b403": ("Only people its author chose can see this.", "To widzą tylko osoby wybrane przez autora."),
    "t404": ("Nothing here", "Nic tu nie ma"),
    "b404": ("There is no such page.", "Nie ma takiej strony."),
    "t503": ("Away for a while", "Przerwa"),
    "b503": ("The platform is down. Please come back later.", "Platforma nie działa. Zajrzyj później."),
    "t400": ("That did not work", "Nie udało się"),
    "b400": ("Something in the request is not right.", "Coś w żądaniu jest nie tak."),
    "report_title": ("Report this post", "Zgłoś ten wpis"),
    "report_lead": (
        "You have not done anything wrong. You do not need to give a name or prove who you are.",
        "Nie robisz nic złego. Nie musisz podawać nazwiska ani udowadniać, kim jesteś.",
    ),
    "danger": ("Is someone in danger right now? Call", "Ktoś jest teraz w niebezpieczeństwie? Zadzwoń:"),
    "errors": ("Please answer what is still open:", "Brakuje jeszcze odpowiedzi:"),
    "who": ("Who is in the picture?", "Kto jest na obrazku?"),
    "who_me": ("Me", "Ja"),
    "who_child": ("My child, or someone I look after", "Moje dziecko albo ktoś pod moją opieką"),
    "who_someone": ("Someone else", "Ktoś inny"),
    "age": ("How old is that person?", "Ile lat ma ta osoba?"),
    "age_under18": ("Under 18", "Mniej niż 18"),
    "age_adult": ("18 or older", "18 lub więcej"),
    "age_unknown": ("I do not know", "Nie wiem"),
    "what": ("What is wrong?", "Co jest nie tak?"),
    "what_intimate": ("A naked or sexual picture", "Nagie albo seksualne zdjęcie"),
    "what_blackmail": ("Someone threatens or demands something with it", "Ktoś tym grozi albo czegoś żąda"),
    "what_grooming": ("An adult talks to a child in a sexual way", "Dorosły pisze do dziecka w seksualny sposób"),
    "what_bullying": ("It is there to hurt someone", "Ma kogoś skrzywdzić albo ośmieszyć"),
    "what_other": ("Something else", "Coś innego"),
    "more": ("Anything else we should know? (not needed)", "Co jeszcze warto wiedzieć? (nieobowiązkowe)"),
    "signed": ("Where should the answer come?", "Jak chcesz dostać odpowiedź?"),
    "signed_none": ("By a code only — nobody learns who I am", "Tylko przez kod — nikt nie wie, kim jestem"),
    "signed_as": ("Signed in as {who}", "Jako zalogowane konto {who}"),
    "send": ("Send the report", "Wyślij zgłoszenie"),
    "sent_title": ("We have your report", "Mamy Twoje zgłoszenie"),
    "sent_lead": ("Your code. Keep it safe. It is the only way back.", "Twój kod. Zachowaj go. To jedyna droga powrotu."),
    "sent_before": (
        "This report was already sent. The code was shown then and cannot be shown again.",
        "To zgłoszenie już dotarło. Kod był pokazany wtedy i nie można go pokazać ponownie.",
    ),
    "due": ("You will have an answer by {when}.", "Odpowiedź dostaniesz najpóźniej {when}."),
    "status": ("See how it goes", "Zobacz, co się dzieje"),
    "away_report": (
        "Nothing was sent: the desk for reports does not answer. Please press Send again in a moment.",
        "Nic nie wysłano: punkt zgłoszeń nie odpowiada. Za chwilę naciśnij Wyślij jeszcze raz.",
    ),
    "refused_report": (
        "Nothing was sent: the desk for reports did not accept it. Please try again later.",
        "Nic nie wysłano: punkt zgłoszeń tego nie przyjął. Spróbuj ponownie później.",
    ),
    "control": ("Behaviour", "Zachowanie"),
    "control_lead": ("How this platform treats the desk's orders.", "Jak ta platforma traktuje polecenia."),
    "mode_honest": ("Honest — does what it is told", "Uczciwa — robi, co jej każą"),
    "mode_slow": ("Slow — answers late", "Powolna — odpowiada późno"),
    "mode_lying": ("Lying — says “200 OK” and does nothing", "Kłamie — mówi „200 OK” i nic nie robi"),
    "mode_down": ("Down — answers 503", "Nie działa — odpowiada 503"),
    "apply": ("Apply", "Zastosuj"),
    "other_language": ("Polski", "English"),
}
_FORMS: Final = {
    "views": (("view", "views"), ("wyświetlenie", "wyświetlenia", "wyświetleń")),
    "reposts": (("repost", "reposts"), ("podanie dalej", "podania dalej", "podań dalej")),
    "posts": (("post", "posts"), ("wpis", "wpisy", "wpisów")),
}


def choose(*, wanted: str, accepted: str) -> str:
    """Return the language asked for, else the best of Accept-Language, else English."""
    if wanted in LANGUAGES:
        return wanted
    best, best_weight = "en", 0.0
    for part in accepted.lower().split(",")[:20]:
        found = re.fullmatch(r"\s*([a-z]{2})(?:-[a-z0-9-]*)?\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?", part)
        if found and found[1] in LANGUAGES and (weight := float(found[2] or 1)) > best_weight:
            best, best_weight = found[1], weight
    return best


def say(*, language: str, key: str, **values: str) -> str:
    """Return a text in a language."""
    text = _TEXTS[key][LANGUAGES.index(language)]
    return text.format(**values) if values else text


def number(*, language: str, value: int) -> str:
    """Write a whole number: 1,234 or 1 234 (no-break space; Polish leaves four digits alone)."""
    if language == "en":
        return f"{value:,}"
    return str(value) if value < 10_000 else f"{value:,}".replace(",", "\u00a0")


def count(*, language: str, key: str, value: int) -> str:
    """Write a number with its noun in the right form."""
    forms = _FORMS[key][LANGUAGES.index(language)]
    return f"{number(language=language, value=value)} {forms[_plural(language, value)]}"


def _plural(language: str, value: int) -> int:
    if value == 1:
        return 0
    if language == "en" or (value % 10 in {2, 3, 4} and value % 100 not in {12, 13, 14}):
        return 1
    return 2


def moment(*, language: str, written: str) -> str:
    """Write a moment for people, in UTC; what is no moment stays as it is."""
    try:
        when = datetime.fromisoformat(written)
    except ValueError:
        return written
    when = when.astimezone(UTC) if when.tzinfo else when
    return f"{when.day} {MONTHS[language][when.month - 1]} {when.year}, {when:%H:%M} UTC"
