"""Labelled data quite unlike the benchmarks, seeded: places, firms, accounts, people, strangers.

Each shape has other headers, another language, other gaps and slips; `truth` tells who is who.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

Row = dict[str, object]

_KITCHENS = ("golden", "dragon", "blue", "lotus", "casa", "luna", "old", "mill", "river",
             "garden", "silver", "spoon", "mama", "rosa")  # fmt: skip
_KINDS = ("grill", "cafe", "bistro", "kitchen", "house", "diner", "bar")
_STREETS = ("ocean", "sunset", "main", "park", "mission", "market", "valencia", "geary", "pine")
_CUISINES = ("italian", "chinese", "american", "french", "mexican")
_GIVEN = ("Łukasz", "Zoë", "Jürgen", "Søren", "Aña", "Pía", "Noémi", "Władysław", "Chloé", "Ömer",
          "Fátima", "Žofia", "Håkon", "Inés", "Renée", "Dağhan", "Göran", "Beáta")  # fmt: skip
_FAMILY = ("Żuk", "Müller", "Núñez", "Đorđević", "Ångström", "Çelik", "Lefèvre", "Kovács", "Østby",
           "Grünwald", "Ibáñez", "Příhoda")  # fmt: skip
_FIRMS = ("Nordwind", "Alpen", "Danube", "Atlas", "Orion", "Vega", "Helios", "Titan", "Kappa",
          "Lumen", "Astra", "Boreal")  # fmt: skip
_TRADES = ("Logistik", "Software", "Textil", "Metallbau", "Papier", "Energie", "Pharma")
_FORMS = (("GmbH", "G.m.b.H.", "Ges.m.b.H."), ("AG", "A.G.", "Aktiengesellschaft"))


def _slip(random: Random, text: str, share: float) -> str:
    if len(text) < 4 or random.random() >= share:
        return text
    place = random.randrange(1, len(text) - 1)
    return text[:place] + text[place + 1 :] if random.random() < 0.5 else (
        text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    )  # fmt: skip


def restaurants(count: int, seed: int = 1) -> list[Row]:
    """Return places to eat in two guides: name, addr, city, phone, type; no person at all."""
    random = Random(seed)
    rows: list[Row] = []
    for number in range(count):
        name = f"{random.choice(_KITCHENS)} {random.choice(_KITCHENS)} {random.choice(_KINDS)}"
        street, place = random.choice(_STREETS), random.randrange(1, 4000)
        city = random.choice(("san francisco", "los angeles", "new york", "atlanta"))
        phone = f"{random.randrange(200, 999)}/{random.randrange(200, 999)}-{number:04}"
        for guide in range(random.choice((1, 1, 2))):
            rows.append(
                {
                    "truth": number,
                    "guide": guide,
                    "name": _slip(random, name, 0.3) if guide else f"the {name}",
                    "addr": f"{place} {street} {'st.' if guide else 'street'}",
                    "city": city if random.random() < 0.9 else "la",
                    "phone": phone.replace("/", "-") if random.random() < 0.8 else "",
                    "type": random.choice(_CUISINES) if guide else "food",
                }
            )
    return rows


def born(count: int, seed: int = 2) -> list[Row]:
    """Return people of many languages by name and day of birth alone, in odd types and formats."""
    random = Random(seed)
    rows: list[Row] = []
    for number in range(count):
        given, family = random.choice(_GIVEN), random.choice(_FAMILY)
        day = date(1930, 1, 1) + timedelta(days=random.randrange(30_000))
        formats: tuple[object, ...] = (
            day,
            f"{day.day:02}.{day.month:02}.{day.year}",
            int(f"{day:%Y%m%d}"),
            day.isoformat(),
        )
        for _ in range(random.choice((1, 2, 3))):
            name = f"{_slip(random, given, 0.15)} {_slip(random, family, 0.15)}"
            rows.append(
                {
                    "truth": number,
                    "Nom complet": name if random.random() < 0.6 else f"{family}, {given}",
                    "né le": random.choice(formats) if random.random() < 0.95 else None,
                }
            )
    return rows


def firms(count: int, seed: int = 3) -> list[Row]:
    """Return companies of two ledgers: Firma, PLZ, Ort, UID; forms of the law spelled anyhow."""
    random = Random(seed)
    rows: list[Row] = []
    for number in range(count):
        name = f"{random.choice(_FIRMS)} {random.choice(_FIRMS)} {random.choice(_TRADES)}"
        form = random.choice(_FORMS)
        place = random.randrange(10, 99)
        for _ in range(random.choice((1, 2))):
            rows.append(
                {
                    "truth": number,
                    "Firma": f"{_slip(random, name, 0.2)} {random.choice(form)}",
                    "PLZ": float(1000 + place),
                    "Ort": f"Stadt{place}",
                    "UID": f"ATU{10_000_000 + number * 7919}" if random.random() < 0.5 else None,
                }
            )
    return rows


def accounts(count: int, seed: int = 4) -> list[Row]:
    """Return accounts of several sources with little but a mailbox, a handset and a nick."""
    random = Random(seed)
    rows: list[Row] = []
    for number in range(count):
        nick = "".join(random.choice("bcdfglmnprst") + random.choice("aeiou") for _ in range(4))
        mail, phone = f"{nick}@post.example", 43_664_0000000 + random.randrange(10**7)
        for source in random.sample(("crm", "till", "app"), random.choice((1, 2, 2))):
            rows.append(
                {
                    "truth": number,
                    "source": source,
                    "E-Mail": _slip(random, mail, 0.1) if random.random() < 0.8 else "",
                    "Handy": phone if random.random() < 0.7 else None,
                    "displayName": nick if source == "app" else nick.upper(),
                    "score": random.random(),
                }
            )
    return rows


def strangers(count: int, seed: int = 5) -> list[Row]:
    """Return people of whom no two are one, with the namesakes that chance brings."""
    random = Random(seed)
    return [
        {
            "truth": number,
            "vorname": random.choice(_GIVEN),
            "nachname": random.choice(_FAMILY),
            "stadt": f"Ort {random.randrange(30)}",
            "geburtsdatum": f"{random.randrange(1930, 2005)}-{random.randrange(1, 13):02}-11",
        }
        for number in range(count)
    ]
