"""The lines about devices that programs for PyTorch have."""

from __future__ import annotations

import pytest

import tinygrad_course as tg


def test_a_program_that_asks_for_a_device_runs_on_the_cpu() -> None:
    device = tg.device("cuda" if tg.cuda.is_available() else "cpu")
    model = tg.nn.Linear(2, 3, device=device).to(device)
    x = tg.randn(4, 2, device=device, dtype=tg.float)
    assert model(x.to(device)).device == device == tg.device("cpu:0")
    assert (device.type, str(device), repr(device)) == ("cpu", "cpu", "device(type='cpu')")
    assert tg.zeros(2, device="cpu", dtype=tg.long).dtype == tg.int64


@pytest.mark.parametrize(
    "ask",
    [
        lambda: tg.device("cuda"),
        lambda: tg.zeros(2, device="cuda:0"),
        lambda: tg.ones(2).to("mps"),
        lambda: tg.tensor([1], device="meta"),
    ],
)
def test_another_device_is_refused(ask: object) -> None:
    with pytest.raises(RuntimeError, match="computes on the CPU"):
        ask()  # type: ignore[operator]
