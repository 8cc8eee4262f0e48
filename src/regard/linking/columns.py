"""What the columns of a table mean: each is given a *role* (``given_name``, ``phone`` …).

Headers are recognised by their usual names in any spelling; a mapping says the others. A column
that nobody recognises is left out and named, never guessed at: it might hold the answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from regard.core.errors import Problem, Refused
from regard.linking.names import plain

ALIASES: Mapping[str, str] = {
    "name": "name fullname displayname personname customername contactname completename kundenname"
    " nomcomplet nombrecompleto nomecompleto",
    "company": "company companyname firma firmenname business businessname organisation"
    " organization orgname employer restaurant shopname storename vendor supplier entreprise"
    " societe empresa"
    " razonsocial ragionesociale azienda",
    "given_name": "given givenname givennames firstname first fname forename forenames"
    " christianname vorname vornamen rufname prenom prenoms nombre primernombre imie voornaam"
    " fornamn fornavn",
    "middle_name": "middle middlename middlenames mname middleinitial secondname",
    "surname": "surname lastname last lname familyname family sname secondsurname"
    " nachname familienname zuname nom nomdefamille apellido apellidos primerapellido cognome"
    " nazwisko achternaam efternamn etternavn",
    "suffix": "suffix namesuffix generation",
    "title": "title salutation prefix nameprefix honorific anrede",
    "sex": "sex gender geschlecht sexe sexo sesso",
    "date_of_birth": "dateofbirth dob birthdate birthday bday born bdate"
    " datebirth dateborn geburtsdatum gebdatum geburtstag geboren geborenam"
    " datedenaissance datenaissance naissance neele nele fechadenacimiento fechanacimiento"
    " nacimiento datadinascita datanascita dataurodzenia geboortedatum",
    "birth_year": "birthyear yearofbirth yob birthyr byear gebjahr geburtsjahr anneenaissance"
    " anonacimiento annonascita",
    "birth_month": "birthmonth monthofbirth mob bmonth gebmonat geburtsmonat moisnaissance"
    " mesnacimiento mesenascita",
    "birth_day": "dayofbirth birthdayofmonth gebtag journaissance dianacimiento giornonascita",
    "phone": "phone phonenumber telephone tel mobile mobilephone cell cellphone homephone landline"
    " workphone phone1 phone2 msisdn telephonenumber mobilenumber contactnumber"
    " telefon telefonnummer handy handynummer mobil mobiltelefon mobilnummer festnetz rufnummer"
    " telefono movil cellulare numerotelephone portable telefoon",
    "email": "email emailaddress mail mailaddress emailid emailaddr e_mail"
    " mailadresse emailadresse correo correoelectronico courriel adressemail",
    "address": "address address1 address2 addressline1 addressline2 addr addr1 addr2 street"
    " streetname streetaddress line1 line2 fulladdress postaladdress homeaddress street1 street2"
    " adresse anschrift strasse strassehausnummer rue direccion calle indirizzo via ulica straat",
    "house_number": "housenumber streetnumber number houseno streetno stnum streetnum"
    " buildingnumber hausnummer hausnr hnr numerocivico huisnummer",
    "postcode": "postcode postalcode zip zipcode plz postcodefake postal zip5"
    " postleitzahl codepostal codigopostal cap kodpocztowy",
    "city": "city town suburb locality place municipality village cityname"
    " ort stadt wohnort gemeinde ville commune ciudad localidad citta comune miasto stad",
    "state": "state province region county federalstate stateabbr bundesland kanton"
    " departement provincia",
    "country": "country countrycode land staat pays pais paese",
    "id": "ssn socsecid socialsecuritynumber nationalid passport passportnumber taxid nino"
    " loyaltynumber membernumber cardnumber customernumber insurancenumber driverslicense"
    " uid uidnummer vatid vatnumber vat ustid steuernummer sozialversicherungsnummer svnr"
    " kundennummer kundennr mitgliedsnummer dni nif siret siren codicefiscale pesel"
    " licensenumber socialsecurity soc_sec_id",
}
"""Usual headers of a role, in small letters and without anything else."""

ROLES = (*ALIASES, "other", "source", "ignore")
"""``other`` is compared as text, ``source`` names where a record comes from."""


def _bare(header: str) -> str:
    """Return a header in small letters without accents and signs."""
    return re.sub(r"[^a-z0-9]", "", plain(header))


_BY_HEADER = {_bare(alias): role for role, line in ALIASES.items() for alias in line.split()}

_QUALIFIERS = (
    "mailingaddress", "postaladdress", "homeaddress", "billingaddress", "shippingaddress",
    "deliveryaddress", "residentialaddress", "address", "addr", "mailing", "postal", "billing",
    "shipping", "delivery", "residential", "home", "contact", "customer", "client", "primary",
    "personal", "private", "patient", "member", "person", "guest", "rechnungs", "liefer", "kunden",
)  # fmt: skip
"""What may stand in front of a usual header: `billing_city`. Not what belongs to somebody else
(`employer_city`, `spouse_first_name`), and `user_name` is no name."""

_ONLY_ALONE = frozenset({"number", "place", "land", "last", "first", "given", "family"})
"""Headers that mean something else behind such a word: a `guest_number`, a `customer_first`."""


def _role_of(header: str) -> str:
    bare = _bare(header)
    if bare in _BY_HEADER:
        return _BY_HEADER[bare]
    rests = {bare.removeprefix(word) for word in _QUALIFIERS if bare.startswith(word)}
    found = {_BY_HEADER[rest] for rest in rests - _ONLY_ALONE if rest in _BY_HEADER}
    return found.pop() if len(found) == 1 else "ignore"


def roles_of(headers: Sequence[str], columns: Mapping[str, str]) -> dict[str, str]:
    """Return the role of each header that has one; `columns` (header to role) has the last word.

    Raises `Refused` with every role that does not exist and every header that is not there.
    """
    problems = [
        Problem(message=f"{role!r} is no role", path=header, hint=f"One of: {', '.join(ROLES)}.")
        for header, role in columns.items()
        if role not in ROLES
    ]
    problems += [
        Problem(message="no record has this column", path=header)
        for header in columns
        if header not in headers
    ]
    if problems:
        raise Refused("The columns are not mapped well.", code="bad_columns", problems=problems)
    guessed = {h: _role_of(h) for h in headers}
    return {h: role for h, role in {**guessed, **columns}.items() if role != "ignore"}
