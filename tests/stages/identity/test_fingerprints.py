"""Numbers for texts: equal where the texts are, however they are stored, and different where they differ."""

from __future__ import annotations

from itertools import product

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from kinfolk.stages.identity.fingerprints import fingerprints

TEXTS = st.lists(st.text(max_size=30), max_size=40)


def numbers(texts: list[str]) -> list[int]:
    return list(fingerprints(pa.array(texts, pa.string())).tolist())


@given(TEXTS, TEXTS)
def test_a_text_has_one_number_wherever_it_stands(texts: list[str], others: list[str]) -> None:
    known = dict(zip(texts, numbers(texts), strict=True))
    found = dict(zip(others + texts, numbers(others + texts), strict=True))
    assert {text: found[text] for text in texts} == known
    assert len(set(found.values())) == len(found)


@given(TEXTS, st.integers(0, 40))
def test_part_of_a_column_has_the_numbers_it_has_in_the_whole(texts: list[str], begin: int) -> None:
    whole = pa.array(texts, pa.string())
    assert fingerprints(whole.slice(begin)).tolist() == fingerprints(whole).tolist()[begin:]


def test_texts_that_differ_in_the_ends_of_words_alone_have_numbers_of_their_own() -> None:
    """The last bytes of several words of eight are where a sum of products would collide."""
    letters = "".join(map(chr, range(33, 127)))
    texts = [f"{'x' * 7}{a}{'y' * 7}{b}{'z' * 7}{c}" for a, b, c in product(letters[:40], repeat=3)]
    texts += ["".join(letters) for letters in product("a\0", repeat=12)]
    texts += ["a" * length for length in range(1, 41)]
    assert len(set(numbers(texts))) == len(set(texts))


def test_there_are_more_texts_than_are_worked_on_at_a_time() -> None:
    texts = [f"{n}@mail.example" for n in range(120_000)]
    found = numbers(texts)
    assert len(set(found)) == len(texts)
    assert found[70_000:70_003] == numbers(texts[70_000:70_003])
