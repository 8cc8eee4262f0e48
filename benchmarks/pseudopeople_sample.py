"""The sample of pseudopeople as columns, made in an environment of its own, as JSON.

Ten thousand simulated people of the USA as the University of Washington's IHME ships them in the
PyPI package `pseudopeople` (BSD-3-Clause): the censuses of 2020 and 2030, the wage and tax forms of
2022 and a nutrition programme of 2024, each with its own columns and gaps and with the slips that
the package makes by default. A row says who it truly is and where they live.
"""

from __future__ import annotations

import json

import pandas
import pseudopeople

COLUMNS = ("first_name", "middle_initial", "last_name", "date_of_birth", "street_number",
           "street_name", "city", "state", "zipcode", "sex", "ssn")  # fmt: skip
MAILING = "mailing_address_"
SEED = 1


def main() -> None:
    """Print one line of JSON: `columns` by header, `persons` and `homes` by record."""
    sources = [
        pseudopeople.generate_decennial_census(year=2020, seed=SEED),
        pseudopeople.generate_decennial_census(year=2030, seed=SEED),
        pseudopeople.generate_taxes_w2_and_1099(year=2022, seed=SEED),
        pseudopeople.generate_women_infants_and_children(year=2024, seed=SEED),
    ]
    named = [source.rename(columns=lambda name: name.removeprefix(MAILING)) for source in sources]
    frame = pandas.concat(named, ignore_index=True).astype(object)
    plain = frame.where(frame.notna(), None)
    told = {
        "columns": {
            name: [None if value is None else str(value) for value in plain[name]]
            for name in COLUMNS
        },
        "persons": plain["simulant_id"].tolist(),
        "homes": plain["household_id"].tolist(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
