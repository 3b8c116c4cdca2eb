"""tg.save and tg.load: everything comes back, no code runs, and nothing is lost on the way."""

from __future__ import annotations

import io
import pickle
import zipfile

import numpy as np
import pytest

import tinygrad_course as tg


def test_a_checkpoint_comes_back(tmp_path) -> None:
    tg.manual_seed(0)
    model = tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.ReLU(), tg.nn.Linear(4, 2))
    optimizer = tg.optim.Adam(model.parameters())
    model(tg.randn(5, 3)).sum().backward()
    optimizer.step()
    checkpoint = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "best": (0.1, None)}
    tg.save(checkpoint, tmp_path / "checkpoint.tg")
    loaded = tg.load(tmp_path / "checkpoint.tg")
    other = tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.ReLU(), tg.nn.Linear(4, 2))
    other.load_state_dict(loaded["model"])
    again = tg.optim.Adam(other.parameters())
    again.load_state_dict(loaded["optimizer"])
    assert loaded["epoch"] == 3 and loaded["best"] == (0.1, None)
    x = tg.randn(5, 3)
    for m, o in ((model, optimizer), (other, again)):
        o.zero_grad()
        m(x).sum().backward()
        o.step()
    for p, q in zip(model.parameters(), other.parameters(), strict=True):
        assert np.array_equal(p.data, q.data)


@pytest.mark.parametrize(
    "obj",
    [None, True, 7, 2**70, 0.1, float("inf"), "ünï", [1, (2, [3])], {"a": {1: "b"}, (1, 2): 3.5}, [], {}],
    ids=str,
)
def test_plain_values_come_back(obj) -> None:
    file = io.BytesIO()
    tg.save(obj, file)
    file.seek(0)
    loaded = tg.load(file)
    assert loaded == obj and type(loaded) is type(obj)


@pytest.mark.parametrize("dtype", [tg.float64, tg.float32, tg.float16, tg.int64, tg.uint8, tg.bool])
def test_tensors_keep_dtype_shape_and_numbers(dtype, tmp_path) -> None:
    for shape in ((), (0, 3), (2, 3)):
        x = tg.ones(shape, dtype=dtype)
        tg.save(x, tmp_path / "x")
        loaded = tg.load(tmp_path / "x")
        assert loaded.dtype == dtype and loaded.shape == shape and np.array_equal(loaded.data, x.data)
        assert loaded.data.flags.writeable


def test_loading_runs_no_code(tmp_path) -> None:
    class Evil:
        def __reduce__(self):
            return print, ("ran",)

    with zipfile.ZipFile(tmp_path / "evil", "w") as file:
        file.writestr("structure.json", '{"tensor": 0}')
        content = io.BytesIO()
        np.save(content, np.array([Evil()], dtype=object), allow_pickle=True)
        file.writestr("0.npy", content.getvalue())
    (tmp_path / "pickle").write_bytes(pickle.dumps(1))
    for name in ("evil", "pickle"):
        with pytest.raises(ValueError, match=r"not a whole file of tg\.save"):
            tg.load(tmp_path / name)


def test_a_damaged_file_is_told(tmp_path) -> None:
    tg.save({"w": tg.ones(100)}, tmp_path / "w")
    content = (tmp_path / "w").read_bytes()
    for damaged in (content[: len(content) // 2], content[:60] + b"!" + content[61:], b""):
        (tmp_path / "w").write_bytes(damaged)
        with pytest.raises(ValueError, match=r"not a whole file of tg\.save"):
            tg.load(tmp_path / "w")


def test_what_cannot_be_saved_leaves_the_old_file(tmp_path) -> None:
    tg.save(1, tmp_path / "x")
    with pytest.raises(TypeError, match=r"cannot save a Linear: save its state_dict\(\)"):
        tg.save(tg.nn.Linear(1, 1), tmp_path / "x")
    assert tg.load(tmp_path / "x") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
