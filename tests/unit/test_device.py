"""Training on a device: the same tests run on the CPU, and on CUDA and MPS wherever such a device is seen."""

import numpy as np
import pytest
import torch
from panels import windows_of
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

from rnn_vs_transformer.data.series import save_series
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.models.shell import InputSizes
from rnn_vs_transformer.models.transformer import build_transformer
from rnn_vs_transformer.runtime.device import CPU, device_label, devices_of, make_repeatable, widest
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.machine import machine_label
from rnn_vs_transformer.settings.family.families import given_settings
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.training import seeds as training
from rnn_vs_transformer.training.checkpoint import Checkpoint
from rnn_vs_transformer.training.fit import UNWATCHED, Watch, begin, fit
from rnn_vs_transformer.training.stack import can_be_stacked, fit_stacked

TOLERANCE = 1e-4
"""Relative change of a loss: as between processors, see test_determinism.py."""
TOLERANCE_OF_DEVICES = 1e-3
"""The same between the CPU and another device, whose kernels add up in another order."""
TOLERANCE_OF_BFLOAT16 = 0.05
"""Relative change of the best validation loss of a short run: products carry 8 bits."""
SEEN = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
DEVICES = [
    pytest.param(name, marks=pytest.mark.skipif(not seen, reason=f"no {name.upper()} device is seen"))
    for name, seen in SEEN.items()
]
CELLS = ["rnn", "gru", "lstm", "min_gru"]
FOREVER = float("inf")
pytestmark = [
    pytest.mark.filterwarnings("ignore:There is a performance drop"),  # attention under vmap on a CPU
    pytest.mark.filterwarnings("ignore:.* does not have a deterministic implementation"),  # on MPS
]


@pytest.fixture(params=DEVICES)
def device(request):
    """Each device that is seen, made repeatable as for a stage."""
    found = torch.device(request.param)
    make_repeatable(found)
    yield found
    torch.use_deterministic_algorithms(False)


def sines(count, seed=0):
    """Contexts (count, 12) and targets (count, 4) of sines of period 12, each with a phase of its own."""
    phases = 2 * torch.pi * torch.rand(count, 1, generator=torch.Generator().manual_seed(seed))
    return torch.sin(2 * torch.pi * torch.arange(16) / 12 + phases).split([12, 4], dim=1)


def data(device):
    return windows_of(*sines(42), device), windows_of(*sines(40, seed=1), device)


def built(family, params, seed, device):
    torch.manual_seed(seed)
    return BUILDERS[family](params.model, 12, 4, InputSizes(series=42, levels=params.train.levels)).to(device)


def stacked(family, params, device, watches=(UNWATCHED,) * 3):
    """Three seeds in one."""
    windows = data(device)
    states = [
        begin(built(family, params, seed, device), windows, params.train, seed, watch, False)
        for seed, watch in enumerate(watches)
    ]
    return fit_stacked(states, windows, params.train)


def alone(family, params, device, count=3):
    return [fit(built(family, params, seed, device), data(device), params.train, seed) for seed in range(count)]


def tolerance_of(device):
    """Of what it trains against what the CPU trains."""
    return TOLERANCE if device == CPU else TOLERANCE_OF_DEVICES


def tolerance_of_repeats(device):
    """None but on MPS, where torch only warns of what does not repeat."""
    return TOLERANCE if device.type == "mps" else 0.0


def assert_near(run, other, tolerance=TOLERANCE):
    assert run.train_losses == pytest.approx(other.train_losses, rel=tolerance)
    assert run.validation_losses == pytest.approx(other.validation_losses, rel=tolerance)
    assert run.best_epoch == other.best_epoch


STACKED = pytest.mark.parametrize(
    ("family", "changes"),
    [
        ("transformer", {}),
        ("transformer", {"model.positional": "rotary", "model.readout": "segments", "model.patch_length": 4,
                         "model.patch_stride": 4, "model.seasonal_naive": 4}),
        ("transformer", {"train.loss": "quantile"}),
        ("transformer", {"model.decoding": "autoregressive"}),
        ("mlp", {"train.loss": "mae", "model.mlp_layers": 2, "model.seasonal_naive": 3, "train.weight_average": True}),
    ],
)  # fmt: skip


@STACKED
def test_seeds_in_one_are_the_seeds_one_by_one(configure, device, family, changes):
    """Own first weights, order of batches, clipping and stopping: seeds that end early leave the others as they are."""
    params = configure({"model.dropout": 0.0, "train.epochs": 4, "train.patience": 2, "train.batch_size": 8,
                        "train.learning_rate": 0.01,
                        "train.gradient_clip": 0.1, "train.schedule": "cosine", **changes})  # fmt: skip
    for run, other in zip(stacked(family, params, device), alone(family, params, device), strict=True):
        assert_near(run, other)
        off = {name for name in other.state if not np.allclose(run.state[name], other.state[name], atol=1e-3)}
        assert all(name.endswith("key_value.bias") for name in off), off  # keys' part has no gradient but rounding


def test_dropout_differs_between_stacked_seeds_and_repeats(configure, device):
    params = configure({"train.epochs": 2, "train.patience": 2, "model.dropout": 0.3})
    first, again = stacked("transformer", params, device), stacked("transformer", params, device)
    for run, other in zip(first, again, strict=True):
        assert_near(run, other, tolerance_of_repeats(device))
    assert len({run.train_losses[0] for run in first}) == 3


@pytest.mark.parametrize("family", ["transformer", "mlp"])
def test_a_checkpoint_of_stacked_seeds_goes_on_alone_and_elsewhere(configure, device, tmp_path, family):
    """What a GPU has begun, a CPU can end, and the other way: a checkpoint is of one seed and knows of no device."""
    changes = {"train.epochs": 6, "train.patience": 6, "train.batch_size": 8, "train.weight_average": True}
    params = configure({"model.dropout": 0.0, **changes})
    wholes = alone(family, params, CPU)
    for there, here in {(device, CPU), (CPU, device)}:
        folder = tmp_path / f"{there}-{here}"
        keepers = [Checkpoint(folder / str(seed), str(seed), writing_share=FOREVER) for seed in range(3)]
        stacked(family, params, there, [Watch(stops=lambda run: len(run.seconds) == 3, keeper=one) for one in keepers])
        for seed, (keeper, whole) in enumerate(zip(keepers, wholes, strict=True)):
            assert_near(goes_on(family, params, seed, keeper, here), whole, tolerance_of(device))


def goes_on(family, params, seed, keeper, device):
    """A seed whose training was cut off, from its checkpoint to its end."""
    windows, model = data(device), built(family, params, 9, device)
    state = begin(model, windows, params.train, seed, Watch(keeper=keeper), False)
    assert len(state.run.seconds) == 3
    state.run.finished = state.run.stopped = False  # stands for a kill
    return fit_stacked([state], windows, params.train)[0]


@pytest.mark.parametrize("decoding", ["direct", "autoregressive"])
@pytest.mark.parametrize("cell", CELLS)
def test_bfloat16_learns_what_float32_learns_with_each_cell(configure, device, cell, decoding):
    """A recurrence is in float32, whatever stands around it; weights and forecasts are float32 too."""
    changes = {"train.epochs": 3, "train.patience": 3, "model.cell": cell, "model.decoding": decoding}
    low, full = (
        alone("rnn", configure({**changes, "train.precision": one}), device, count=1)[0]
        for one in ("bfloat16", "float32")
    )
    assert low.best_validation_loss == pytest.approx(full.best_validation_loss, rel=TOLERANCE_OF_BFLOAT16)
    assert low.train_losses != full.train_losses
    assert {tensor.dtype for tensor in low.state.values()} == {torch.float32}


@STACKED
def test_bfloat16_learns_what_float32_learns_in_stacked_seeds(configure, device, family, changes):
    settings = {"model.dropout": 0.0, "train.epochs": 3, "train.patience": 3, **changes}
    low, full = (
        stacked(family, configure({**settings, "train.precision": one}), device) for one in ("bfloat16", "float32")
    )
    for run, other in zip(low, full, strict=True):
        assert run.best_validation_loss == pytest.approx(other.best_validation_loss, rel=TOLERANCE_OF_BFLOAT16)
        assert run.train_losses != other.train_losses


@pytest.mark.parametrize("cell", CELLS)
def test_models_with_cells_are_not_stacked(configure, cell):
    params = configure({"model.cell": cell})
    assert not can_be_stacked(build_rnn(params.model, 12, 4))
    assert can_be_stacked(build_transformer(params.model, 12, 4))


@pytest.mark.parametrize("family", ["rnn", "transformer"])
def test_seeds_on_a_device_are_the_seeds_of_the_pool(configure, pass_settings, tmp_path, monkeypatch, family):
    """From the files of the stage before: weights within tolerance, in the order of the tasks."""
    monkeypatch.chdir(tmp_path)
    params = configure(
        {"model.dropout": 0.0, "train.epochs": 2, "train.patience": 2, "train.epoch_windows": 128, "train.seeds": 3}
    )
    save_series(make_series(params.data))
    pass_settings(params)
    tasks = training.seed_tasks(family, given_settings(family, params.model, params.train))
    one_by_one = [training.train_seed(task) for task in tasks]
    training.forget_seeds(tasks)
    monkeypatch.setattr(training, "devices_of", lambda _: [CPU, torch.device("cpu", 0)])
    dealt = training.train_seeds(tasks, params.run.model_copy(update={"workers": 1}))
    for run, other in zip(dealt, one_by_one, strict=True):
        assert_near(run.fit, other.fit)
        assert run.machine == machine_label() == device_label(CPU)


def test_auto_is_the_cpu_where_there_is_no_gpu(configure, monkeypatch):
    assert configure().run.device == "cpu"
    run = configure({"run.device": "auto"}).run
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)  # as with a driver that PyTorch cannot use
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert devices_of(run) == [CPU]
    make_repeatable(CPU)
    assert not torch.are_deterministic_algorithms_enabled()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert [str(device) for device in devices_of(run)] == ["cuda:0", "cuda:1"]
    assert devices_of(run.model_copy(update={"device": "cpu"})) == [CPU]
    assert devices_of(run.model_copy(update={"backend": "ray"})) == [CPU]


def test_a_gpu_that_is_left_idle_is_told_with_how_to_use_it(configure, monkeypatch, caplog):
    caplog.set_level("INFO")
    monkeypatch.setattr(training, "run_side_by_side", lambda *_: [])
    for cards in (0, 1):
        monkeypatch.setattr(torch.cuda, "is_available", lambda cards=cards: cards > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda cards=cards: cards)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
        for changes in ({}, {"run.device": "auto"}, {"run.backend": "ray"}):
            training.train_seeds([], configure(changes).run)
    assert caplog.messages == ["cuda:0 left idle; to train there: dvc exp run --force -S run.device=auto"]


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_device_that_is_not_seen_is_told_with_what_to_do(configure, monkeypatch, name):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(InputError, match=rf"^run.device: {name} is not seen .* -S run.device=auto$"):
        devices_of(configure({"run.device": name}).run)
    with pytest.raises(ValueError, match=r"needs run\.backend: loky"):
        configure({"run.device": name, "run.backend": "ray"})


def test_a_device_without_memory_left_is_told_with_what_to_do(monkeypatch):
    def refuse(*_):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(training, "train_on", refuse)
    with pytest.raises(InputError, match=r"the memory of cpu:1 is not enough; .* -S run.device=cpu$"):
        training._train_share((torch.device("cpu", 1), [training.SeedTask("rnn", None, 0, "")]))


@pytest.mark.parametrize("averaged", [False, True])
@pytest.mark.parametrize("family", ["rnn", "transformer", "mlp"])
def test_a_device_trains_what_the_cpu_trains_and_repeats(
    configure, pass_settings, tmp_path, monkeypatch, device, family, averaged
):
    """As a stage does it."""
    monkeypatch.chdir(tmp_path)
    params = configure({"model.dropout": 0.0, "train.epochs": 2, "train.patience": 2, "train.epoch_windows": 128,
                        "train.seeds": 2, "train.weight_average": averaged})  # fmt: skip
    save_series(make_series(params.data))
    pass_settings(params)
    tasks = training.seed_tasks(family, given_settings(family, params.model, params.train))
    found = []
    for name in (device.type, device.type, "cpu"):
        found.append(training.train_seeds(tasks, params.run.model_copy(update={"device": name, "workers": 1})))
        training.forget_seeds(tasks)
    for first, again, on_cpu in ([run.fit for run in runs] for runs in zip(*found, strict=True)):
        assert {tensor.device for tensor in first.state.values()} == {CPU}
        off = tolerance_of_repeats(device)
        torch.testing.assert_close(first.state, again.state, rtol=off, atol=off)
        assert_near(first, again, off)
        assert_near(first, on_cpu, tolerance_of(device))


class NoFloat64(TorchDispatchMode):
    """Refuses what MPS does not have."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        found = func(*args, **(kwargs or {}))
        dtypes = {part.dtype for part in pytree.tree_leaves((args, kwargs, found)) if isinstance(part, torch.Tensor)}
        assert torch.float64 not in dtypes, func
        return found


@pytest.mark.parametrize(
    "changes",
    [{}, {"train.loss": "quantile"}, {"train.precision": "bfloat16"}, {"train.weight_average": True}],
)
@pytest.mark.parametrize("family", ["rnn", "transformer", "mlp"])
def test_training_has_no_float64_where_the_device_has_none(configure, monkeypatch, family, changes):
    params = configure({"train.epochs": 2, "train.patience": 2, **changes})
    for module in ("fit", "predict", "stack"):
        monkeypatch.setattr(f"rnn_vs_transformer.training.{module}.widest", lambda _: widest(torch.device("mps")))
    windows, models = data(CPU), [built(family, params, seed, CPU) for seed in range(2)]
    with NoFloat64():
        assert fit(models[0], windows, params.train, 0).best_epoch
        if can_be_stacked(models[0]):
            states = [begin(model, windows, params.train, 0, UNWATCHED, False) for model in models]
            assert all(run.best_epoch for run in fit_stacked(states, windows, params.train))
