"""A small town for linking tests: the Okafors and others, each known to several sources, seeded."""

from __future__ import annotations

from random import Random

GIVEN = (
    "ada bruno chen dalia dario emeka ifeoma jonas katharina leopold",
    "marta nikolai olga pavel rosa stefan theresa ursula viktor wanda",
)
HEADS = "oka now gru mos ste pic wal ber lin hof kov ada bru fel gar".split()  # noqa: SIM905
TAILS = "for ak ber er mann gl ner ti qvist mair ic".split()  # noqa: SIM905
STREETS = "linden eichen rosen birken kirch garten schul wald berg wiesen bach mozart".split()  # noqa: SIM905

Row = dict[str, object]


def town(people: int, seed: int = 1, *, logins: float = 0.4) -> list[Row]:
    """Return records of people in households of up to three; `truth` tells whose each is."""
    random = Random(seed)
    rows: list[Row] = []
    number = 0
    while number < people:
        surname = random.choice(HEADS) + random.choice(TAILS)
        home = f"{random.choice(STREETS)}gasse {random.randrange(1, 90)}"
        postcode = str(random.randrange(4000, 4090))
        for given in random.sample(" ".join(GIVEN).split(), random.randrange(1, 4)):
            person = {
                "truth": number,
                "first_name": given,
                "last_name": surname,
                "address": home,
                "postcode": postcode,
                "born": f"{random.randrange(1940, 2005)}-{random.randrange(1, 13):02}-"
                f"{random.randrange(1, 29):02}",
                "phone": f"0664{random.randrange(10**6, 10**7)}",
            }
            has_login = random.random() < logins
            for copy in range(random.randrange(1, 4)):
                row = _told(random, person)
                row["login"] = f"u{number}" if has_login and (copy or random.random() < 0.7) else ""
                rows.append(row)
            number += 1
    random.shuffle(rows)
    return rows


def _told(random: Random, person: Row) -> Row:
    row = dict(person)
    for name in ("first_name", "last_name", "address", "born"):
        if random.random() < 0.12:
            row[name] = _slip(random, str(row[name]))
    for name in ("address", "postcode", "born", "phone"):
        if random.random() < 0.3:
            row[name] = ""
    return row


def _slip(random: Random, text: str) -> str:
    place = random.randrange(len(text) - 1)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
