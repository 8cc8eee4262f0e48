"""Who lives in the world: the standing cast first, then neighbours, all from one seed.

The cast is the one of every test and page: Ada, Bruno, Chen, Dalia and her twin brother Dario,
and the Okafor family that shares one phone.
"""

from __future__ import annotations

from random import Random

from regard.world.dice import dice
from regard.world.records import Customer, Temper, TemperKind

TEMPERS: dict[TemperKind, Temper] = {
    "business": Temper(
        kind="business",
        visits=2,
        books=0.75,
        books_by=(0.6, 0.15, 0.25),
        uses_app=0.8,
        heeds_reminder=0.85,
        cancels=0.08,
        changes=0.12,
        calls=0.10,
        complains=0.04,
        likes_offers=0.35,
        unsubscribes=0.08,
    ),
    "family": Temper(
        kind="family",
        visits=3,
        books=0.55,
        books_by=(0.5, 0.3, 0.2),
        uses_app=0.4,
        heeds_reminder=0.7,
        cancels=0.05,
        changes=0.05,
        calls=0.20,
        complains=0.06,
        likes_offers=0.5,
        unsubscribes=0.05,
    ),
    "student": Temper(
        kind="student",
        visits=4,
        books=0.5,
        books_by=(0.95, 0.0, 0.05),
        uses_app=0.9,
        heeds_reminder=0.55,
        cancels=0.05,
        changes=0.04,
        calls=0.03,
        complains=0.08,
        likes_offers=0.75,
        unsubscribes=0.12,
    ),
}
_CAST: tuple[tuple[str, TemperKind], ...] = (
    ("Ada", "business"),
    ("Bruno", "student"),
    ("Chen", "business"),
    ("Dalia", "student"),
    ("Dario", "student"),
    ("Ngozi Okafor", "family"),
    ("Emeka Okafor", "family"),
    ("Chidi Okafor", "family"),
)
CAST_SIZE = len(_CAST)
_FIRST = """
    Alma Anton Aylin Bela Carla Cem Clara David Elif Emil Eva Felix Greta Hanna Ines Ivo Jana
    Jonas Kaan Katja Lea Leon Lina Luca Maja Marek Mia Milan Nora Oskar Paula Petar Rosa Samir
    Selma Theo Ursula Vera Yusuf Zoe
"""
_LAST = """
    Adler Bauer Cerny Dvorak Eder Fuchs Gruber Huber Ilic Jovic Kaya Lang Maier Novak Orsini
    Pichler Quist Rossi Steiner Toth Urban Vogel Winter Yilmaz Zeman
"""
_ZONES = ("Europe/Vienna", "Europe/Berlin", "Europe/Lisbon", "Europe/Istanbul")
_OKAFOR_PHONE = "+436643333333"


def settle(seed: int, count: int) -> tuple[Customer, ...]:
    """Return `count` customers, the same ones for the same seed; number 0 is Ada."""
    return tuple(_customer(seed, number) for number in range(count))


def _customer(seed: int, number: int) -> Customer:
    chance = dice(seed, "customer", number)
    name, kind = _CAST[number] if number < CAST_SIZE else _neighbour(chance)
    temper = TEMPERS[kind]
    is_cast = number < CAST_SIZE
    user = name.split()[0].lower() if is_cast else f"u{number:05d}"
    mail = user if is_cast else f"{name.lower().replace(' ', '.')}.{number}"
    has_app = chance.random() < temper.uses_app
    email = "" if not is_cast and chance.random() < 0.06 else f"{mail}@example.com"
    return Customer(
        number=number,
        user=user,
        name=name,
        temper=temper,
        email=email,
        phone=_phone(name, number, chance, is_shy=not email),
        push_token=f"push-{user}" if has_app else "",
        loyalty_number=f"SKY{number:06d}" if chance.random() < 0.6 else "",
        social_handle=f"@{user}@social.example",
        zone=_ZONES[0] if chance.random() < 0.7 else chance.choice(_ZONES),
        language="de" if chance.random() < 0.5 else "en",
        laptop=f"laptop-{user}",
        handset=f"handset-{user}" if has_app else "",
        app_dialect="posthog" if chance.random() < 0.5 else "rudder",
        skew_s=chance.randrange(-7_200, 7_200) if chance.random() < 0.06 else 0,
        has_dead_mailbox=not is_cast and chance.random() < 0.05,
        wants_offers=chance.random() < temper.likes_offers,
    )


def _neighbour(chance: Random) -> tuple[str, TemperKind]:
    kinds: tuple[TemperKind, ...] = ("business", "family", "student")
    kind = chance.choices(kinds, (35, 35, 30))[0]
    return f"{chance.choice(_FIRST.split())} {chance.choice(_LAST.split())}", kind


def _phone(name: str, number: int, chance: Random, *, is_shy: bool) -> str:
    """Return a valid Austrian mobile number; some never gave one, the shy least of all."""
    if name.endswith("Okafor"):
        return _OKAFOR_PHONE
    if number >= CAST_SIZE and chance.random() < (0.6 if is_shy else 0.15):
        return ""
    return f"+43664{5_000_000 + number:07d}"
