# ruff: noqa: E501 - a rule is one line
"""The recipes that administrators carry over from the reference service, with our own people.

Each line is one shape that its pages show: what is written, who it is about,
and what the app gets.
"""

import datetime as dt
from typing import Final

import pytest

from seatkeeper.provisioning.expression.compile import compiled
from seatkeeper.provisioning.expression.trial import Plain, outcome
from seatkeeper.provisioning.expression.values import Environment, Value

NOW: Final = dt.datetime(2031, 7, 30, 12, tzinfo=dt.UTC)
ACTIVE: Final = 'Switch([Active], , "1", IIF(DateDiff("d", Now(), CDate([Hired])) > 5, "False", "True"), "0", "False")'
LEAVERS: Final = 'IIF(DateDiff("d", Now(), CDate(Switch([Left], [Left], "", "9999-12-31"))) <= 0, "leavers", [city])'
TIERS: Final = (
    "Switch(IsPresent([lead]), [lead], IsPresent([deputy]), [deputy], IsPresent([chief]), [chief])"
)
PHONE: Final = r"\\+(?<country>\\d* )(?<number>.* )[x](?<extension>.*)"
PAIR: Final = '"(?<first>[a-zA-Z]+ )(?<last>[a-zA-Z]+)"'
SAM: Final = r'Replace([x], , "([\\/\\\\\\[\\]\\:\\;\\|\\=\\,\\+\\*\\?\\<\\>])", , "", , )'
EMPTY: Final[dict[str, Value]] = {}
RECIPES: Final[list[tuple[str, dict[str, Value], Plain]]] = [
    # dates
    ("CDate([d])", {"d": "2032-02-09-06:00"}, "2/9/2032 6:00:00 AM"),
    ("CDate([d])", {"d": "2032-02-09+06:00"}, "2/8/2032 6:00:00 PM"),
    ("CDate([d])", {"d": "2032-02-09T22:10:05-07:00"}, "2/10/2032 5:10:05 AM"),
    ("CDate([d])", {"d": "Mon, 09 Feb 2032 22:10:05 GMT"}, "2/9/2032 10:10:05 PM"),
    ('DateAdd("ww", 2, CDate([d]))', {"d": "2032-02-09-06:00"}, "2/23/2032 6:00:00 AM"),
    ('DateAdd("m", 11, CDate([d]))', {"d": "2032-02-09-06:00"}, "1/9/2033 6:00:00 AM"),
    ('DateAdd("yyyy", 2, CDate([d]))', {"d": "2032-02-29-06:00"}, "2/28/2034 6:00:00 AM"),
    ('DateDiff("d", CDate("5/9/2032 5:41:18 PM"), CDate([d]))', {"d": "2032-05-07-07:00"}, -2),
    ('DateDiff("ww", CDate("5/9/2032 5:41:18 PM"), CDate([d]))', {"d": "2032-05-08"}, -1),
    ('DateDiff("m", CDate("5/9/2032"), CDate([d]))', {"d": "2031-12-31"}, -5),
    ('DateDiff("yyyy", CDate("5/9/2032"), CDate([d]))', {"d": "2029-12-31"}, -3),
    ('DateDiff("d", CDate([d]), CDate([d]))', {"d": "2032-05-07-07:00"}, 0),
    (ACTIVE, {"Active": "1", "Hired": "2031-08-02"}, "True"),
    (ACTIVE, {"Active": "1", "Hired": "2031-09-02"}, "False"),
    (ACTIVE, {"Active": "0"}, "False"),
    (ACTIVE, {"Active": "2"}, None),
    (LEAVERS, {"Left": "2031-07-29", "city": "Oslo"}, "leavers"),
    (LEAVERS, {"city": "Oslo"}, "Oslo"),
    ('IIF([again]=1, IIF(DateDiff("d", Now(), CDate([Hired])) >= 0, "no", "yes"), "yes")', {"again": "1", "Hired": "2031-07-30"}, "no"),
    ('NumFromDate(Join("", FormatDateTime([end], , "yyyy-MM-ddzzz", "yyyy-MM-dd"), " 23:59:59-08:00"))', {"end": "2020-12-31-08:00"}, 132539615990000000),
    ('NumFromDate(Join("", FormatDateTime([end], , "M/d/yyyy hh:mm:ss tt", "yyyy-MM-dd"), "T23:59:59-08:00"))', {"end": "12/31/2020 10:30:00 AM"}, 132539615990000000),
    ('FormatDateTime(DateAdd("yyyy", 5, CDate([d])), , "yyyy-MM-dd", "yyyy-MM-dd")', {"d": "2032-02-09"}, "2037-02-09"),
    ('FormatDateTime([d], , "yyyyMMddHHmmss.fZ", "dd/MM/yy")', {"d": "20320209105347.1Z"}, "09/02/32"),
    ("DateFromNum([stamp])", {"stamp": "129699324000000000"}, "1/1/2012 11:00:00 PM"),
    # null and empty
    ('IIF([unit]="A", IIF([site]="B", "x", "y"), "z")', {"unit": "A", "site": "B"}, "x"),
    ('IIF([unit]="", "Other", [unit])', {}, "Other"),
    ('IIF(IsNullOrEmpty([unit]), "Other", [unit])', {"unit": ""}, "Other"),
    ('IIF(IsPresent([unit]), [unit], "Other")', {"unit": "A"}, "A"),
    ('Switch([unit], [unit], "", "none")', {"unit": "A"}, "A"),
    ('Switch([flag], "?", "true", "1", "", "0")', {}, "0"),
    ('Switch([flag], "?", "true", "1", "", "0")', {"flag": "TRUE"}, "?"),
    (TIERS, {"lead": "Ida", "deputy": "Bo"}, "Bo"),
    (TIERS, {"lead": "Ida"}, "Ida"),
    (TIERS, {}, None),
    ("Coalesce([mail], [userPrincipalName])", {"userPrincipalName": "ida@larkspur.example"}, "ida@larkspur.example"),
    ('Coalesce([mail], [other], "")', {}, ""),
    ('IgnoreFlowIfNullOrEmpty(IIF(DateDiff("d", Now(), CDate([Hired])) > 0, "", [upn]))', {"Hired": "2031-08-15", "upn": "x"}, {"$ignore": True}),
    ('Switch([IsSoftDeleted], , "False", "True", "True", "False")', {"IsSoftDeleted": False}, "True"),
    # names
    ("PCase([n])", {"n": "ANNA LIND (THIRD)"}, "Anna Lind (Third)"),
    ("PCase([n], \" '-\")", {"n": "LIND-D'ARC"}, "Lind-D'Arc"),
    ("Replace(PCase(\"st anne's pier\"), \"'S\", , , \"'s\", , )", {}, "St Anne's Pier"),
    ('Append(Mid([g], 1, 3), Mid([s], "1", "5"))', {"g": "Bo", "s": "Lindqvist"}, "BoLindq"),
    ('Join(", ", "", [s], [g])', {"g": "Bo", "s": "Lind"}, "Lind, Bo"),
    ('Join("", [s], ",", [g], " ", Mid([middle], 1, 1), "-", [id])', {"s": "Lind", "g": "Bo", "id": "7"}, "Lind,Bo -7"),
    ('ToLower(NormalizeDiacritics(StripSpaces(Join(".", [g], [s]))))', {"g": "Åse Marie", "s": "Ødegård"}, "asemarie.oedegard"),
    (SAM, {"x": r"a/b\c[d]e:f;g|h=i,j+k*l?m<n>o"}, "abcdefghijklmno"),
    (r'Replace([x], , "(\\.)*$", , "", , )', {"x": "lind.."}, "lind"),
    ('Replace([x], , "[\\"\',]+", , "", , )', {"x": 'O\'Brien,"Bo"'}, "OBrienBo"),
    # replacing
    ('Replace([mail], "@larkspur.example", , ,"", ,)', {"mail": "ida@larkspur.example"}, "ida"),
    ('Replace([id], "{id}", , , , , "{id}@larkspur.example")', {"id": "ida"}, "ida@larkspur.example"),
    (f'Replace([n], , {PAIR}, , "${{last}}", ,)', {"n": "Ida Lind"}, "Lind"),
    ('Replace([n], , "(?<zeros>^0+)(?<rest>[a-zA-Z0-9]+)", , "${rest}", ,)', {"n": "000450"}, "450"),
    ('Replace([n], , "(?<a>.*)_(?<b>.*)_(?<c>.*)[0-9]", , "${b} ${c}", , )', {"n": "NLD_Van_den2"}, "Van den"),
    (f'Replace([t], , "{PHONE}", , "${{extension}}", , )', {"t": "+47 (22) 33-44 x81"}, "81"),
    (f'Replace(Replace([t], , "{PHONE}", , "${{number}}", , ), , "[()\\\\s-]+", , "", , )', {"t": "+47 (22) 33-44 x81"}, "223344"),
    (f'Replace([t], , "{PHONE.replace(chr(92) * 2, chr(92))}", , "${{country}}", , )', {"t": "+47 (22) 33-44 x81"}, "47 "),
    (r'Switch(Replace([t], , "\+(?<c>49|44|1|352)(?<n>.*)", , "${c}", , ), , "49", "DE", "352", "LU")', {"t": "+35212"}, "LU"),
    ('Replace([x], , "(.*?)(?<id>[0-9]{4})(.*)", , "D${id}", ,)', {"x": "ab12cd3456ef78901"}, "D3456"),
    ('Join("", 1000, Replace(ConvertToUTF8Hex([id]), , "[a-zA-Z_]*", , "", , ))', {"id": "Zoë-7"}, "1000563237"),
    # lists
    ('Split(Join(",", Append("smtp:", [a]), Append("SMTP:", [b])), ",")', {"a": "x", "b": "y"}, ["smtp:x", "SMTP:y"]),
    ("Item([proxyAddresses], 1)", {"proxyAddresses": ("first", "second")}, "first"),
    ("CStr([manager])", {"manager": "cn=Ida,dc=larkspur"}, "cn=Ida,dc=larkspur"),
    ('InStr("lAntern bay", "a", 3, vbBinaryCompare)', EMPTY, 10),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "source", "expected"), RECIPES)
def test_a_recipe_gives_here_what_it_gives_there(
    expression: str, source: dict[str, Value], expected: Plain
) -> None:
    given = compiled(expression)

    got = outcome(given.tree, Environment(source.get, now=NOW))

    assert (got, type(got)) == (expected, type(expected))


def test_a_unique_name_is_drawn_from_the_first_rule_that_is_free() -> None:
    rules = compiled(
        'SelectUniqueValue(Join(".", [g], [s]), Join(".", Mid([g], 1, 1), [s]), '
        'Join(".", Mid([g], 1, 2), [s]))'
    )

    def chosen(*taken: str) -> Value:
        ida = {"g": "Ida", "s": "Lind"}
        return rules.evaluate(Environment(ida.get, taken=lambda value: value in taken))

    assert chosen() == "Ida.Lind"
    assert chosen("Ida.Lind") == "I.Lind"
    assert chosen("Ida.Lind", "I.Lind") == "Id.Lind"
