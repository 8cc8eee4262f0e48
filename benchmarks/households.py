"""Families as a company meets them: seeded records of shop, phone and web with the truth beside.

People live in households that share a surname (mostly), an address, a landline and a mailbox;
sons bear their father's name, twins a date of birth, people move, marry, mistype and call
themselves by nicknames. Names and nicknames are from languages that the linker's lists do not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from msgspec import Struct

HER = (
    "Katarzyna", "Agnieszka", "Malgorzata", "Aleksandra", "Johanna", "Elisabeth", "Magdalena",
    "Franziska", "Theresia", "Giuseppina", "Francesca", "Alessandra", "Guadalupe", "Dolores",
    "Concepcion", "Mercedes", "Ngozi", "Chiamaka", "Adaeze", "Ifeoma", "Siobhan", "Aoife",
    "Niamh", "Caoimhe", "Ingrid", "Solveig", "Astrid", "Annika", "Zsofia", "Erzsebet",
    "Katalin", "Ilona", "Marija", "Jelena", "Svetlana", "Ludmila", "Yekaterina", "Anastasia",
    "Fatima", "Aisha", "Leyla", "Zeynep", "Meryem", "Priya", "Lakshmi", "Deepika", "Yuki",
    "Haruka", "Mei", "Lan",
)  # fmt: skip
HIM = (
    "Krzysztof", "Wojciech", "Stanislaw", "Aleksander", "Maximilian", "Leopold", "Johannes",
    "Sebastian", "Giuseppe", "Francesco", "Alessandro", "Domenico", "Ignacio", "Fernando",
    "Alejandro", "Santiago", "Chukwuemeka", "Obinna", "Emeka", "Olumide", "Padraig", "Cillian",
    "Eoghan", "Diarmuid", "Anders", "Bjorn", "Magnus", "Torsten", "Laszlo", "Istvan", "Gabor",
    "Zoltan", "Dragan", "Miroslav", "Vladimir", "Dmitri", "Yevgeny", "Mehmet", "Mustafa",
    "Ibrahim", "Yusuf", "Rajesh", "Sanjay", "Vikram", "Hiroshi", "Takeshi", "Wei", "Jun",
    "Anton", "Emil",
)  # fmt: skip
CALLED = {
    "Katarzyna": "Kasia", "Agnieszka": "Aga", "Malgorzata": "Gosia", "Aleksandra": "Ola",
    "Johanna": "Hanni", "Elisabeth": "Lisi", "Magdalena": "Leni", "Franziska": "Franzi",
    "Theresia": "Resi", "Giuseppina": "Pina", "Guadalupe": "Lupita", "Dolores": "Lola",
    "Concepcion": "Concha", "Krzysztof": "Krzys", "Wojciech": "Wojtek", "Stanislaw": "Staszek",
    "Maximilian": "Maxl", "Leopold": "Poldi", "Johannes": "Hans", "Sebastian": "Wastl",
    "Giuseppe": "Beppe", "Francesco": "Checco", "Ignacio": "Nacho", "Fernando": "Nando",
    "Alejandro": "Jandro", "Chukwuemeka": "Emeka", "Padraig": "Paddy", "Istvan": "Pista",
    "Laszlo": "Laci", "Vladimir": "Vova", "Yekaterina": "Katya", "Svetlana": "Sveta",
    "Dmitri": "Dima", "Anastasia": "Nastya", "Ludmila": "Mila", "Alessandro": "Sandro",
}  # fmt: skip
_HEADS = (
    "Kowal", "Nowick", "Wisnie", "Zielin", "Lewand", "Gruber", "Hofst", "Brandst", "Mosl",
    "Eichinger", "Rossi", "Bianch", "Lombard", "Esposit", "Garcia", "Ferrer", "Navarr",
    "Okafor", "Nwosu", "Adeyem", "Balogun", "Byrne", "Gallagh", "Sorens", "Lindqv", "Nagy",
    "Szabo", "Horvat", "Petrov", "Ivanov", "Smirn", "Yilmaz", "Demir", "Kaya", "Sharma",
    "Patel", "Iyer", "Tanaka", "Suzuk", "Wang", "Muell", "Bauer", "Schwarz", "Steind", "Pichl",
    "Reiter", "Wallner", "Fuchs", "Winkl",
)  # fmt: skip
_TAILS = ("ski", "er", "i", "o", "sen", "ist", "ov", "ic", "a", "mann", "eda", "ell")
_STREET_HEADS = (
    "Linden", "Eichen", "Rosen", "Birken", "Kirch", "Bahnhof", "Garten", "Schul", "Wald",
    "Berg", "Wiesen", "Bach", "Mozart", "Schubert", "Haydn", "Goethe", "Schiller", "Anker",
    "Nelken", "Tulpen", "Ahorn", "Kastanien", "Brunnen", "Kloster", "Markt", "Ring", "Feld",
    "Hafen", "Insel", "Stern", "Sonnen", "Wein", "Burg", "Tal", "Donau", "Kaiser", "Herren",
    "Muehl", "Turm", "Stein",
)  # fmt: skip
_STREET_TAILS = ("gasse", "strasse", "weg", "platz", "allee", "steig")
_CITIES = (
    "Altmuenster", "Bruckneudorf", "Deutschfeistritz", "Ebreichsdorf", "Feldkirchen",
    "Gallneukirchen", "Hallein", "Innsbruck", "Judenburg", "Knittelfeld", "Leonding",
    "Mattersburg", "Neusiedl", "Oberwart", "Perchtoldsdorf", "Rankweil",
)  # fmt: skip
SOURCES = ("shop", "phone", "web")
JUNIORS = 0.2 * 0.75 / 0.48
"""Share of homes with a child where one bears the name of a parent: a fifth of all homes of more
than one person (75 % of the homes; 48 % have a child)."""


class Human(Struct, frozen=True, kw_only=True):
    """One person as they are: the truth behind their records."""

    number: int
    household: int
    given: str
    surname: str
    maiden: str
    sex: str
    born: str
    suffix: str
    mobile: str
    mailbox: str
    landline: str
    family_mailbox: str
    address: tuple[str, str, str]
    old_address: tuple[str, str, str]


class Families(Struct, frozen=True, kw_only=True):
    """`columns` as the linker takes them; who and which household each record truly is."""

    columns: dict[str, list[str | None]]
    persons: list[int]
    households: list[int]


def families(households: int, seed: int, *, logins: float = 0.25) -> Families:
    """Return the records of that many households; a share of households logs in (`user_id`)."""
    random = Random(seed)
    rows: list[dict[str, str | None]] = []
    persons: list[int] = []
    homes: list[int] = []
    people = 0
    for household in range(households):
        members = _household(random, household, people)
        people += len(members)
        has_logins = random.random() < logins
        for human in members:
            for _ in range(random.choices((1, 2, 3, 4), (30, 35, 25, 10))[0]):
                rows.append(_record(random, human, members, has_logins=has_logins))
                persons.append(human.number)
                homes.append(household)
    order = random.sample(range(len(rows)), len(rows))
    columns = {name: [rows[i][name] for i in order] for name in rows[0]}
    return Families(
        columns=columns, persons=[persons[i] for i in order], households=[homes[i] for i in order]
    )


def _household(random: Random, household: int, first: int) -> list[Human]:
    surname, home = _surname(random), _address(random)
    old = _address(random) if random.random() < 0.15 else home
    landline = f"07{random.randrange(10**7, 10**8)}" if random.random() < 0.6 else ""
    mailbox = f"familie.{surname.lower()}{random.randrange(99)}@mail.example"
    shared = {
        "household": household, "address": home, "old_address": old, "landline": landline,
        "family_mailbox": mailbox if random.random() < 0.4 else "",
    }  # fmt: skip
    size = random.choices((1, 2, 3, 4, 5, 6), (25, 27, 17, 18, 9, 4))[0]
    junior = random.randrange(2, size) if size > 2 and random.random() < JUNIORS else 0
    humans: list[Human] = []
    year = random.randrange(1940, 1992)
    for place in range(size):
        is_child = place >= 2
        sex = random.choice("mf") if place != 1 else {"m": "f", "f": "m"}[humans[0].sex]
        if place == junior and junior:
            sex = humans[0].sex
        given = random.choice(HIM if sex == "m" else HER)
        born = f"{year + random.randrange(-5, 6) + (28 if is_child else 0)}-{_day(random)}"
        own, suffix = surname, ""
        if place == 1 and random.random() < 0.25:
            own = _surname(random)
        if place == junior and junior:
            given, suffix = humans[0].given, "Jr"
        if is_child and len(humans) > 2 and random.random() < 0.06:
            born = humans[-1].born
        maiden = _surname(random) if sex == "f" and random.random() < 0.08 else own
        humans.append(
            Human(
                number=first + place, given=given, surname=own, maiden=maiden, sex=sex, born=born,
                suffix=suffix, mobile=_mobile(random), mailbox=_mailbox(random, given, own),
                **shared,
            )
        )  # fmt: skip
    return humans


def _surname(random: Random) -> str:
    return random.choice(_HEADS) + random.choice(_TAILS)


def _day(random: Random) -> str:
    return f"{random.randrange(1, 13):02}-{random.randrange(1, 29):02}"


def _mobile(random: Random) -> str:
    return f"+43664{random.randrange(10**6, 10**7)}" if random.random() < 0.8 else ""


def _mailbox(random: Random, given: str, surname: str) -> str:
    if random.random() < 0.15:
        return ""
    g, s = given.lower(), surname.lower()
    local = random.choice((f"{g}.{s}", f"{g[0]}.{s}", f"{g}{random.randrange(40, 99)}", f"{s}.{g}"))
    return f"{local}{random.choice(('', str(random.randrange(99))))}@mail.example"


def _address(random: Random) -> tuple[str, str, str]:
    street = random.choice(_STREET_HEADS) + random.choice(_STREET_TAILS)
    town = random.randrange(len(_CITIES))
    return f"{street} {random.randrange(1, 90)}", str(4000 + town * 37), _CITIES[town]


def _record(
    random: Random, human: Human, members: list[Human], *, has_logins: bool
) -> dict[str, str | None]:
    source = random.choice(SOURCES)
    home = human.old_address if random.random() < 0.3 else human.address
    surname = human.maiden if random.random() < 0.3 else human.surname
    given = _given(random, human)
    if random.random() < 0.01:
        given, surname = surname, given
    row = {
        "first": _mistyped(random, given, 0.07), "last": _mistyped(random, surname, 0.07),
        "suffix": human.suffix if random.random() < 0.25 else "",
        "gender": human.sex if random.random() < 0.4 else "",
        "born": _mistyped(random, human.born, 0.04),
        "street": _mistyped(random, home[0], 0.1), "zip": _mistyped(random, home[1], 0.03),
        "town": _mistyped(random, home[2], 0.05),
        "tel": _mistyped(random, _telephone(random, human, members), 0.03),
        "mail": _mistyped(random, _mail(random, human, members), 0.03),
    }  # fmt: skip
    kept = _KEPT[source]
    found: dict[str, str | None] = {
        name: value if value and random.random() < kept.get(name, 1.0) else None
        for name, value in row.items()
    }
    is_logged_in = has_logins and random.random() < {"web": 0.9, "phone": 0.4, "shop": 0.5}[source]
    return {**found, "source": source, "user_id": f"u{human.number}" if is_logged_in else None}


_KEPT: Mapping[str, Mapping[str, float]] = {
    "shop": {"born": 0.5, "street": 0.85, "zip": 0.9, "town": 0.85, "tel": 0.5, "mail": 0.3},
    "phone": {"born": 0.3, "street": 0.6, "zip": 0.6, "town": 0.6, "tel": 0.95, "mail": 0.2},
    "web": {"born": 0.4, "street": 0.6, "zip": 0.65, "town": 0.6, "tel": 0.4, "mail": 0.95},
}
"""How often a source knows a column; what is not named is always asked."""


def _given(random: Random, human: Human) -> str:
    dice = random.random()
    if dice < 0.12:
        return CALLED.get(human.given, human.given)
    return human.given[0] if dice < 0.15 else human.given


def _telephone(random: Random, human: Human, members: list[Human]) -> str:
    if human.landline and (not human.mobile or random.random() < 0.4):
        return human.landline
    return human.mobile if random.random() < 0.95 else random.choice(members).mobile


def _mail(random: Random, human: Human, members: list[Human]) -> str:
    if human.family_mailbox and (not human.mailbox or random.random() < 0.35):
        return human.family_mailbox
    return human.mailbox if random.random() < 0.93 else random.choice(members).mailbox


def _mistyped(random: Random, text: str, share: float) -> str:
    """Return a text with one slip of the keyboard at times: change, loss, double, transposition."""
    if len(text) < 3 or random.random() >= share:
        return text
    place = random.randrange(len(text) - 1)
    one, two = text[place], text[place + 1]
    letter = random.choice("0123456789" if one.isdigit() else "abcdefghijklmnopqrstuvwxyz")
    slips = (letter + two, two, one + one + two, two + one)
    return text[:place] + random.choice(slips) + text[place + 2 :]
