"""What the leak check calls level."""

from bench.leak import verdict


def test_what_fills_up_at_first_and_then_stays_is_level() -> None:
    assert verdict([(10, 900, 90), (40, 3000, 300), (40.5, 3010, 300), (41, 3000, 310)]) == []


def test_what_goes_on_growing_is_named() -> None:
    heap = [(20 + 3 * i, 3000, 300) for i in range(10)]
    assert verdict(heap) == ["heap +12.0 MB"]
    assert verdict([(20, 3000 + 100 * i, 300 + 90 * i) for i in range(10)]) == ["nodes +400", "listeners +360"]
