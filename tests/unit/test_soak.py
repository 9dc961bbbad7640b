"""The soak's verdict: what grows is called growth, and the ups and downs of experiments are not."""

import pytest

from tools.soak import Sample, growth, is_growth


def samples(memory):
    return [Sample(second, second, 9, memory(second), 900.0 + 300 * (second % 5), 40, 300, 12) for second in range(300)]


@pytest.mark.parametrize(
    ("memory", "grows"),
    [
        (lambda _: 200.0, False),
        (lambda second: 200.0 + second / 2, True),
        (lambda second: 200.0 + 40 * (second % 7), False),
        (lambda second: 100.0 if second < 40 else 200.0, False),  # warming up
        (lambda second: 200.0 + second / 40, False),  # 7 MiB in all
    ],
)
def test_only_a_lasting_rise_is_growth(memory, grows):
    found = growth(samples(memory))
    assert {name for name, pair in found.items() if is_growth(name, *pair)} == ({"queue_mebibytes"} if grows else set())
