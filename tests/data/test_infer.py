from __future__ import annotations

import datetime

import numpy as np
import polars as pl
import pytest

from fieldguide.data import Dataset, Field
from fieldguide.data.infer import clean, infer_fields, refine


def text(*cells: str | None, times: int = 1) -> pl.Series:
    return pl.Series("c", list(cells) * times, dtype=pl.String)


def look(series: pl.Series, name: str = "c") -> tuple[Field, pl.Series]:
    cleaned = clean({name: series})
    column = cleaned.columns[name]
    assert isinstance(column, pl.Series)
    return cleaned.fields[name], column


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1", " 2 ", "+3", "-4"], [1, 2, 3, -4]),
        (["1.5", ".5", "2.", "1e3"], [1.5, 0.5, 2.0, 1000.0]),
        (["1,234.5", "2,000", "7", "1,000,000"], [1234.5, 2000, 7, 1000000]),
        (["1.234,5", "2.000", "7,25", "1.000.000"], [1234.5, 2000, 7.25, 1000000]),
        (["3,5", "4,25", "10", "0,5"], [3.5, 4.25, 10, 0.5]),
        (["1 234,5", "2 000", "7", "8"], [1234.5, 2000, 7, 8]),
        (["1'234.5", "2'000", "7", "8"], [1234.5, 2000, 7, 8]),
        (["$1,200.50", "$3", "($4)", "-$5"], [1200.5, 3, -4, -5]),
        (["12 €", "3 €", "4,5 €", "1 €"], [12, 3, 4.5, 1]),
        (["12%", "3.5%", "7 %", "1%"], [12, 3.5, 7, 1]),
        (["(1,200)", "5", "(3)", "4"], [-1200, 5, -3, 4]),
    ],
)
def test_numbers_as_people_write_them(cells: list[str], numbers: list[float]) -> None:
    field, column = look(text(*cells))
    assert field.kind == "number", field.reason
    assert column.to_list() == pytest.approx(numbers)
    assert field.facts["smallest"] == min(numbers)
    assert field.facts["largest"] == max(numbers)


@pytest.mark.parametrize(
    "missing", ["", "NA", "N/A", "n/a", "null", "NULL", "?", "-", "nan", "NaN", "  ", "#N/A"]
)
def test_missing_values_in_every_spelling(missing: str) -> None:
    numbers, column = look(text("1", "2", missing, "4.5"))
    assert (numbers.kind, numbers.missing) == ("number", 1)
    assert column.to_list() == [1, 2, None, 4.5]
    words, column = look(text("red", "blue", missing, "red"))
    assert (words.kind, words.missing, words.distinct) == ("category", 1, 2)
    assert column.to_list() == ["red", "blue", None, "red"]


def test_missing_spellings_are_counted() -> None:
    field, _ = look(text("a", "?", "b", "?", "NA"))
    assert field.facts["missing_spelled"] == {"?": 2, "NA": 1}


def test_words_that_mean_nothing_among_numbers_stay_words_among_words() -> None:
    assert look(text("1", "2", "unknown", "none"))[0].missing == 2
    assert look(text("red", "none", "unknown", "red"))[0].missing == 0


def test_a_few_slips_among_numbers_become_missing_and_are_booked() -> None:
    cells = ["1.5"] * 50 + ["2"] * 149 + ["oops"]
    cleaned = clean({"c": text(*cells)})
    assert cleaned.fields["c"].kind == "number"
    reason, positions = cleaned.repairs["c"]
    assert "oops" in reason
    assert positions.tolist() == [199]


def test_many_words_among_numbers_make_words_and_the_reason_says_so() -> None:
    field, column = look(text(*["1"] * 50, *["2"] * 40, *["low"] * 10))
    assert field.kind == "category"
    assert "90.0% of the values are numbers" in field.reason and "'low'" in field.reason
    assert column[0] == "1"


def test_whole_numbers_stay_whole() -> None:
    big = str(2**60 + 1)
    assert look(text("1", big, "?"))[1].to_list() == [1, 2**60 + 1, None]


def test_infinity_in_a_file_is_missing() -> None:
    assert look(text("1.5", "inf", "-inf", "2"))[1].to_list() == [1.5, None, None, 2]
    assert look(pl.Series("c", [1.5, float("inf"), float("nan"), 2]))[1].null_count() == 2


def test_leading_zeros_make_codes() -> None:
    field, column = look(text("01234", "99999", "00501", "01234"))
    assert field.kind == "category" and "leading zeros" in field.reason
    assert column.to_list() == ["01234", "99999", "00501", "01234"]
    assert look(text("0.5", "0", "0.25"))[0].kind == "number"


@pytest.mark.parametrize(
    ("true", "false"),
    [("true", "false"), ("True", "False"), ("YES", "NO"), ("y", "n"), ("T", "F"), ("on", "off"),
     ("Ja", "Nein"), ("oui", "non")],
)  # fmt: skip
def test_booleans_in_many_spellings(true: str, false: str) -> None:
    field, column = look(text(true, false, None, true))
    assert field.kind == "boolean"
    assert column.to_list() == [True, False, None, True]


def test_boolean_spellings_may_mix_upper_and_lower_case() -> None:
    assert look(text("Yes", "yes", "NO", "no"))[1].to_list() == [True, True, False, False]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2024-12-31", (2024, 12, 31)),
        ("2024/12/31", (2024, 12, 31)),
        ("31.12.2024", (2024, 12, 31)),
        ("12/31/2024", (2024, 12, 31)),
        ("31/12/2024", (2024, 12, 31)),
        ("31.12.24", (2024, 12, 31)),
        ("31 Dec 2024", (2024, 12, 31)),
        ("31-Dec-2024", (2024, 12, 31)),
        ("Dec 31, 2024", (2024, 12, 31)),
        ("31 December 2024", (2024, 12, 31)),
        ("2024-12-31 23:59", (2024, 12, 31, 23, 59)),
        ("2024-12-31 23:59:58", (2024, 12, 31, 23, 59, 58)),
        ("2024-12-31T23:59:58", (2024, 12, 31, 23, 59, 58)),
        ("2024-12-31T23:59:58Z", (2024, 12, 31, 23, 59, 58)),
        ("2024-12-31T23:59:58+02:00", (2024, 12, 31, 21, 59, 58)),
        ("12/31/2024 11:59 PM", (2024, 12, 31, 23, 59)),
    ],
)
def test_dates_of_common_formats(cell: str, day: tuple[int, ...]) -> None:
    other = cell.replace("2024", "2023").replace(".24", ".23")
    field, column = look(text(cell, other, None))
    assert field.kind == "datetime", field.reason
    assert column[0] == datetime.datetime(*day)  # type: ignore[arg-type]
    assert column[2] is None


def test_day_and_month_that_could_be_exchanged_are_said() -> None:
    field, _ = look(text("01/02/2020", "03/04/2021"))
    assert field.facts["ambiguous"] and "%d/%m/%Y fits as well" in field.reason
    field, _ = look(text("01/02/2020", "03/14/2021"))
    assert not field.facts["ambiguous"]


def test_constants_and_empty_columns() -> None:
    assert look(text("x", "x", "x"))[0].kind == "constant"
    assert look(text("7", "7"))[0].kind == "constant"
    assert look(pl.Series("c", [2.0, 2.0]))[0].kind == "constant"
    field, _ = look(text(None, "", "NA"))
    assert (field.kind, field.reason, field.missing) == ("constant", "no values at all", 3)


def test_one_value_or_none_informs() -> None:
    assert look(text("x", None, "x"))[0].kind == "category"
    assert look(text("7", "", "7"))[0].kind == "number"


def test_identifiers() -> None:
    rows = [str(number) for number in range(100, 130)]
    assert look(text(*rows))[0].kind == "identifier"
    assert look(text("17", "3", "99"), "PassengerId")[0].kind == "identifier"
    assert look(text("17", "3", "99"), "customer_id")[0].kind == "identifier"
    assert look(pl.Series("c", range(1, 31)))[0].kind == "identifier"
    uuids = [f"{number:08x}-1111-4222-8333-444444444444" for number in range(30)]
    assert look(text(*uuids))[0].kind == "identifier"
    assert look(text(*[f"A-{number}" for number in range(100, 140)]))[0].kind == "identifier"


def test_what_is_no_identifier() -> None:
    assert look(text("17", "3", "99"), "width")[0].kind == "number"
    assert look(text("17", "3", "17"), "customer_id")[0].kind == "number"
    assert "group" in look(text("a", "b", "a"), "customer_id")[0].reason
    assert look(pl.Series("c", np.linspace(0, 1, 40)))[0].kind == "number"
    assert look(text("17", "3", "99"), "valid")[0].kind == "number"
    assert look(text("17", "3", "99"), "paid")[0].kind == "number"


def test_identifiers_are_used_where_there_is_nothing_else() -> None:
    raw = {"id": text(*[str(n) for n in range(30)]), "y": text("a", "b", times=15)}
    cleaned = clean(raw)
    assert not cleaned.fields["id"].is_input
    refine(cleaned, raw, "y")
    assert cleaned.fields["id"].kind == "number"


def test_text_and_categories() -> None:
    sentences = [f"this is review number {number} of the thing" for number in range(30)]
    assert look(text(*sentences))[0].kind == "text"
    assert (
        look(text("strongly agree with the statement", "do not agree at all", times=30))[0].kind
        == "category"
    )
    names = [f"Mr. Smith {chr(97 + n % 26)}{n}" for n in range(300)]
    field, _ = look(text(*names))
    assert field.kind == "text" and "too many for categories" in field.reason


def test_types_of_the_file_are_kept() -> None:
    columns = {
        "number": pl.Series([1, 2, 2]),
        "boolean": pl.Series([True, False, None]),
        "datetime": pl.Series([datetime.date(2020, 1, 1), datetime.date(2020, 1, 2), None]),
        "category": pl.Series(["1", "2", "1"], dtype=pl.Categorical),
        "array": np.zeros((3, 4)),
        "image": np.zeros((3, 1, 8, 8)),
    }
    fields = infer_fields(columns)
    assert {name: known.kind for name, known in fields.items()} == {name: name for name in columns}
    assert fields["array"].shape == (4,) and fields["image"].shape == (1, 8, 8)


def test_a_target_keeps_the_users_spelling() -> None:
    raw = {"x": text("1", "2", "5"), "y": text("Yes", "no", "Yes")}
    cleaned = clean(raw)
    refine(cleaned, raw, "y")
    assert cleaned.fields["y"].kind == "category"
    assert cleaned.columns["y"].to_list() == ["Yes", "no", "Yes"]


def test_known_fields_read_other_rows_alike() -> None:
    first = clean(
        {
            "price": text("1.234,5", "2,5", "3"),
            "code": text("012", "345", "678"),
            "day": text("01.02.2020", "03.04.2021", "05.06.2022"),
            "flag": text("Yes", "no", "no"),
        }
    )
    later = clean(
        {
            "price": text("1.500"),
            "code": text("111"),
            "day": text("07.08.2023"),
            "flag": text("no"),
        },
        first.fields,
    )
    assert [later.columns[name][0] for name in ("price", "code", "flag")] == [1500, "111", False]
    assert later.columns["day"][0] == datetime.datetime(2023, 8, 7)
    assert later.fields["price"].kind == "number"


def test_known_kinds_alone_are_enough() -> None:
    kinds = {"n": Field("n", "number"), "b": Field("b", "boolean"), "d": Field("d", "datetime")}
    raw = {"n": text("1,234.5"), "b": text("yes"), "d": text("2020-01-31")}
    columns = clean(raw, kinds).columns
    assert [columns[name][0] for name in raw] == [1234.5, True, datetime.datetime(2020, 1, 31)]


def test_fields_survive_json() -> None:
    import json

    field, _ = look(text("1,234.5", "2,000", "?"))
    assert Field.from_dict(json.loads(json.dumps(field.to_dict()))) == field


def test_from_columns_books_repairs() -> None:
    cells = ["1.5"] * 50 + ["2"] * 149 + ["oops"]
    data = Dataset.from_columns({"x": text(*cells), "y": text("a", "b", times=100)}, target="y")
    assert data.ledger.counts() == {
        "repaired: not a number, read as missing (such as 'oops') in 'x'": 1
    }
    assert data.ledger.entries[0].places.tolist() == [200]  # type: ignore[attr-defined]
