"""The functions of the mapping language that look at their arguments and nothing else.

    source change -> scope -> [map] -> match -> plan -> export -> log

One function per name, with the rules of mapping language 3: what null, lists
and odd numbers give is said there and tested by its vectors. Arguments arrive
evaluated; one that was not given is null, and where that differs from null the
signature says so (``catalogue``). All raise ``EvaluationFailed``.
"""

import base64
import unicodedata
from typing import Final

from seatkeeper.provisioning.expression import dates, formats
from seatkeeper.provisioning.expression.letters import (
    LETTERS,
    lowered,
    raised,
)
from seatkeeper.provisioning.expression.values import (
    EvaluationFailed,
    Moment,
    Value,
    is_empty,
    text_of,
    texts_of,
    truth_of,
    whole_of,
)

# --- texts ---------------------------------------------------------------------


def append(source: Value, suffix: Value) -> Value:
    """Return the text with the suffix behind it; null stays null."""
    text = text_of(source, "Append")
    return None if text is None else text + (text_of(suffix, "Append") or "")


def convert_to_base64(source: Value) -> Value:
    """Return the base64 of the text's UTF-16LE bytes."""
    text = text_of(source, "ConvertToBase64")
    if text is None:
        return None
    return base64.b64encode(text.encode("utf-16-le", "surrogatepass")).decode("ascii")


def convert_to_utf8_hex(source: Value) -> Value:
    """Return the text's UTF-8 bytes as capital hex digits."""
    text = text_of(source, "ConvertToUTF8Hex")
    return None if text is None else text.encode("utf-8", "replace").hex().upper()


def c_str(value: Value) -> Value:
    """Return a number or truth as text."""
    return text_of(value, "CStr")


def in_str(value1: Value, value2: Value, start: Value, compare_type: Value) -> Value:
    """Return where the second text begins in the first, counted from 1; 0 where it does not."""
    text, sought = text_of(value1, "InStr") or "", text_of(value2, "InStr") or ""
    begin = 1 if start is None else whole_of(start, "The start of InStr")
    if begin < 1:
        raise EvaluationFailed("The start of InStr is 1 or more.", advice="Count from 1.")
    if _ignores_case(compare_type):
        # Folded letter by letter, so that positions stay those of the text.
        text, sought = lowered(text, ""), lowered(sought, "")
    if begin > len(text):
        return 0
    return text.find(sought, begin - 1) + 1


def _ignores_case(compare_type: Value) -> bool:
    asked = text_of(compare_type, "The compareType of InStr")
    if asked not in (None, "", "vbTextCompare", "vbBinaryCompare"):
        raise EvaluationFailed(
            f"{asked[:30]!r} is no compareType.",
            advice="There are vbTextCompare and vbBinaryCompare.",
        )
    return asked == "vbTextCompare"


def left(string: Value, num_chars: Value) -> Value:
    """Return the first characters; a negative number gives the whole text, null the empty one."""
    text = text_of(string, "Left") or ""
    count = whole_of(num_chars, "NumChars of Left")
    return text if count < 0 else text[:count]


def mid(source: Value, start: Value, length: Value) -> Value:
    """Return part of a text; ``start`` counts from 1."""
    text = text_of(source, "Mid") or ""
    begin, count = whole_of(start, "The start of Mid"), whole_of(length, "The length of Mid")
    if begin < 1 or count < 0:
        raise EvaluationFailed(
            "Mid starts at 1 or later and takes 0 or more characters.", advice="Count from 1."
        )
    return text[begin - 1 : begin - 1 + count]


def normalize_diacritics(source: Value) -> Value:
    """Return the text with Latin letters in their plain form (mapping language 4)."""
    text = text_of(source, "NormalizeDiacritics")
    if text is None or text.isascii():
        return text
    out: list[str] = []
    latin = False
    for character in unicodedata.normalize("NFD", text):
        if unicodedata.category(character) == "Mn":
            if not latin:
                out.append(character)
            continue
        latin = unicodedata.name(character, "").startswith("LATIN ")
        out.append(LETTERS.get(character, character))
    return unicodedata.normalize("NFC", "".join(out))


_SEPARATORS: Final = frozenset(
    {"Cc", "Cf", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So"}
)


def p_case(source: Value, word_separators: Value) -> Value:
    """Return the text with each word's first letter capital and all others small."""
    text = text_of(source, "PCase")
    if text is None:
        return None
    given = text_of(word_separators, "PCase")
    small = lowered(text, "")
    out: list[str] = []
    first = True
    for place, character in enumerate(small):
        separates = _separates(small, place) if given is None else character in given
        out.append(raised(character, "") if first and not separates else character)
        first = separates
    return "".join(out)


def _separates(text: str, place: int) -> bool:
    character = text[place]
    if character == "'":  # between letters it belongs to the word: De'silva
        around = text[place - 1 : place] + text[place + 1 : place + 2]
        return not (len(around) == 2 and around.isalpha())
    return character.isspace() or unicodedata.category(character) in _SEPARATORS


def strip_spaces(source: Value) -> Value:
    """Return the text without any U+0020."""
    text = text_of(source, "StripSpaces")
    return None if text is None else text.replace(" ", "")


def to_lower(source: Value, culture: Value) -> Value:
    """Return the text in small letters by the rules of a culture."""
    text = text_of(source, "ToLower")
    return None if text is None else lowered(text, text_of(culture, "ToLower") or "")


def to_upper(source: Value, culture: Value) -> Value:
    """Return the text in capital letters by the rules of a culture."""
    text = text_of(source, "ToUpper")
    return None if text is None else raised(text, text_of(culture, "ToUpper") or "")


def word(string: Value, word_number: Value, delimiters: Value) -> Value:
    """Return the n-th word, counted from 1; the empty text where there is none."""
    text = text_of(string, "Word") or ""
    number = whole_of(word_number, "The WordNumber of Word")
    marks = text_of(delimiters, "Word") or ""
    if marks:
        for mark in marks[1:]:
            text = text.replace(mark, marks[0])
    words = [one for one in (text.split(marks[0]) if marks else [text]) if one]
    return words[number - 1] if 1 <= number <= len(words) else ""


# --- lists -----------------------------------------------------------------------


def count(attribute: Value) -> Value:
    """Return the number of values; null has none."""
    return len(attribute) if isinstance(attribute, tuple) else int(attribute is not None)


def item(attribute: Value, index: Value) -> Value:
    """Return one value, counted from 1; null where there are fewer."""
    values = texts_of(attribute)
    place = whole_of(index, "The index of Item")
    if place < 1:
        raise EvaluationFailed("The index of Item counts from 1.", advice="Use 1 for the first.")
    return values[place - 1] if place <= len(values) else None


def join(separator: Value, *sources: Value) -> Value:
    """Return all values with the separator between; null and empty ones leave no gap."""
    between = text_of(separator, "The separator of Join") or ""
    return between.join(one for source in sources for one in texts_of(source) if one)


def remove_duplicates(attribute: Value) -> Value:
    """Return the values, each once, in the order of their first appearance."""
    return tuple(dict.fromkeys(texts_of(attribute))) if isinstance(attribute, tuple) else attribute


def split(source: Value, delimiter: Value) -> Value:
    """Return the trimmed parts between delimiters; null has none."""
    text = text_of(source, "Split")
    if text is None:
        return ()
    mark = text_of(delimiter, "The delimiter of Split")
    return tuple(part.strip() for part in text.split(mark)) if mark else (text.strip(),)


# --- logic -----------------------------------------------------------------------


def c_bool(expression: Value) -> Value:
    """Return whether the value is true or a number that is not zero."""
    return truth_of(expression, "CBool")


def is_null(expression: Value) -> Value:
    """Return whether the attribute is absent."""
    return expression is None


def is_null_or_empty(expression: Value) -> Value:
    """Return whether the value is absent or empty."""
    return is_empty(expression)


def is_present(expression: Value) -> Value:
    """Return whether there is a value that is not empty."""
    return not is_empty(expression)


def is_string(expression: Value) -> Value:
    """Return whether the value can be one text."""
    return expression is not None and not isinstance(expression, tuple)


def negated(source: Value) -> Value:
    """Return False for True, and True for anything else, null included."""
    text = text_of(source, "Not")
    return text is None or text.casefold() != "true"


def bit_and(value1: Value, value2: Value) -> Value:
    """Return the bits that both whole numbers have."""
    return whole_of(value1, "BitAnd") & whole_of(value2, "BitAnd")


def same_key(source: Value, key: Value) -> bool:
    """Whether a key of ``Switch`` fits: equal text, case included; null equals the empty one."""
    return (text_of(source, "Switch") or "") == (text_of(key, "A key of Switch") or "")


# --- dates -----------------------------------------------------------------------


def moment_of(value: Value, what: str) -> Moment | None:
    """Return a value as a moment, null as null."""
    if isinstance(value, Moment):
        return value
    text = text_of(value, what)
    return dates.read_date(text) if text else None


def c_date(expression: Value) -> Value:
    """Return a text as a moment in UTC."""
    return moment_of(expression, "CDate")


def date_add(interval: Value, value: Value, date_time: Value) -> Value:
    """Return the date with so many intervals added."""
    at = moment_of(date_time, "DateAdd")
    if at is None:
        return None
    return dates.moved(
        text_of(interval, "DateAdd") or "", whole_of(value, "The value of DateAdd"), at.at
    )


def date_diff(interval: Value, date1: Value, date2: Value) -> Value:
    """Return how many intervals the second date lies after the first."""
    first, second = moment_of(date1, "DateDiff"), moment_of(date2, "DateDiff")
    if first is None or second is None:
        return None
    return dates.difference(text_of(interval, "DateDiff") or "", first.at, second.at)


def date_from_num(value: Value) -> Value:
    """Return the moment of an Active Directory file time."""
    return None if is_empty(value) else dates.from_file_time(whole_of(value, "DateFromNum"))


def num_from_date(value: Value) -> Value:
    """Return the Active Directory file time of a moment."""
    at = moment_of(value, "NumFromDate")
    return None if at is None else dates.file_time(at.at)


def format_date_time(
    source: Value, date_time_styles: Value, input_format: Value, output_format: Value
) -> Value:
    """Return a date read in one format and printed in another.

    What a date function made needs no reading, so the input format is not
    asked. The styles are accepted and change nothing: white space around a
    date is always allowed, and everything is UTC.
    """
    text_of(date_time_styles, "FormatDateTime")
    text = text_of(source, "FormatDateTime")
    if not text:
        return None
    form = text_of(input_format, "FormatDateTime")
    if isinstance(source, Moment):
        at = source
    else:
        at = formats.read_formatted(text, form) if form else dates.read_date(text)
    return formats.formatted(at.at, text_of(output_format, "FormatDateTime") or "")
