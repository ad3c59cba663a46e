"""Sizes: what is suggested in place of one that is too large."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.messages import SpecError
from engine.messages.sizes import check_pixels
from tests.infos import small

SIDE = st.integers(1, 99_999)


@settings(max_examples=300, deadline=None)
@given(width=SIDE, height=SIDE, f=st.sampled_from([4, 8, 16]), side=st.sampled_from([64, 128, 333, 512]))
def test_the_suggested_size_fits_and_has_that_shape(width: int, height: int, f: int, side: int) -> None:
    info, most = small(f=f), side * side
    if width * height <= most:
        return check_pixels(width, height, info, most)
    with pytest.raises(SpecError) as refused:
        check_pixels(width, height, info, most)
    found = re.search(r"for example (\d+)x(\d+)\.$", str(refused.value))
    assert found
    suggested = int(found[1]), int(found[2])
    assert info.snap(*suggested) == suggested
    check_pixels(*suggested, info, most)
    aspect = abs(math.log(width / height))
    if aspect <= math.log(4):
        wrong = abs(math.log(suggested[0] / suggested[1] * height / width))
        assert wrong <= math.log(1 + 2 * f / min(suggested))  # a step of a side
    assert (suggested[0] > suggested[1]) == (width > height) or aspect < math.log(1 + 3 * f / min(suggested))
    return None
