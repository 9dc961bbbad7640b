"""The whole state of a training run after an epoch, in one file, so that a killed run goes on to the same bytes.

Tensors are safetensors, the rest is JSON in their header; nothing is pickled. A file is taken only by the very run that
it is of, by its identity, and only whole; else training starts anew.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import fingerprint, write_bytes
from rnn_vs_transformer.training.fit import TrainingState

WRITING_SHARE: Final = 0.02
"""Greatest share of the time that goes into writing."""
FORGOTTEN_AFTER_SECONDS: Final = 7 * 24 * 3600
PACKAGE: Final = Path(__file__).resolve().parents[1]
TRAINED_BY: Final = ("data", "models", "runtime", "settings", "training", "tuning")
"""Rooms of the code that decide what a run gives."""
COURSE: Final = ("start_losses", "train_losses", "validation_losses", "seconds", "best_epoch", "stopped", "finished")
MODEL, BEST, AVERAGE, OPTIMIZER, RANDOM = "model.", "best.", "average.", "optimizer.", "random."


@dataclass
class Checkpoint:
    """Keeps one training run in a file."""

    path: Path
    identity: str
    writing_share: float = WRITING_SHARE
    _written_at: float = field(default=float("-inf"), repr=False)
    _cost_seconds: float = field(default=0.0, repr=False)

    def restore(self, state: TrainingState) -> None:
        """Bring a state, just made, to where the file has it; without a file that fits it stays as it is."""
        kept = self._read()
        if kept is not None:
            _put(state, *kept)

    def keep(self, state: TrainingState) -> None:
        """Write the state, unless that would take more than its share of the time; the last one always."""
        started, last = time.perf_counter(), state.run.finished or state.run.paused
        if not last and self._cost_seconds > self.writing_share * (started - self._written_at):
            return
        tensors, notes = _take(state)
        told = json.dumps(notes)
        labels = {"identity": self.identity, "notes": told, "digest": _digest(tensors, told)}
        write_bytes(self.path, save(tensors, labels))
        self._written_at = time.perf_counter()
        self._cost_seconds = self._written_at - started

    def course(self) -> dict[str, Any]:
        """Losses, seconds and state so far; empty where nothing is kept."""
        kept = self._read()
        return {} if kept is None else dict(kept[1]["run"])

    def remove(self) -> None:
        """Forget the run, whose result is safe elsewhere."""
        self.path.unlink(missing_ok=True)

    def _read(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """What was kept; nothing where the file is missing, of another run, or not as it was written."""
        try:
            with safe_open(self.path, framework="pt") as file:
                labels = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no dictionary
        except (FileNotFoundError, SafetensorError):
            return None
        told = labels.get("notes", "")
        if labels.get("identity") != self.identity or labels.get("digest") != _digest(tensors, told):
            return None
        return tensors, json.loads(told)


def common_identity() -> str:
    """A hash of what all runs of a stage depend on: series, code, PyTorch, the processor's abilities."""
    code = [fingerprint(file) for room in TRAINED_BY for file in sorted((PACKAGE / room).rglob("*.py"))]
    machine = [torch.__version__, torch.backends.cpu.get_cpu_capability()]
    return _hash({"code": code, "data": [fingerprint(path) for path in paths.SERIES], "machine": machine})


def run_identity(common: str, told: Mapping[str, Any]) -> str:
    """What makes one training run the same as another: equal identity, equal bytes.

    Args:
        common: The `common_identity` of its stage.
        told: The settings and seed of the run, as JSON.
    """
    return _hash({**told, "common": common})


def checkpoint_of(label: str, common: str, told: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint of a run, see `run_identity`; the label is for people."""
    identity = run_identity(common, told)
    return Checkpoint(paths.checkpoint(label, identity), identity)


def forget_old_runs() -> None:
    """Remove what runs have left that were interrupted and never taken up again."""
    oldest = time.time() - FORGOTTEN_AFTER_SECONDS
    for path in paths.unfinished().glob("*"):
        if path.is_file() and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def _take(state: TrainingState) -> tuple[dict[str, Tensor], dict[str, Any]]:
    optimizer = state.optimizer.state_dict()
    schedule = {name: value for name, value in state.schedule.state_dict().items() if name != "lr_lambdas"}
    tensors = {MODEL + name: tensor.detach() for name, tensor in state.model.state_dict().items()}
    tensors |= {BEST + name: tensor for name, tensor in state.run.state.items()}
    if state.average is not None:
        tensors |= {AVERAGE + name: tensor.detach() for name, tensor in state.average.model.state_dict().items()}
    tensors |= {
        f"{OPTIMIZER}{number}.{name}": tensor
        for number, parameter in optimizer["state"].items()
        for name, tensor in parameter.items()
    }
    tensors |= {f"{RANDOM}order": state.order.get_state(), f"{RANDOM}torch": torch.get_rng_state()}
    if state.device.type != "cpu":
        tensors[RANDOM + state.device.type] = torch.get_device_module(state.device).get_rng_state(state.device)
    run = {name: getattr(state.run, name) for name in COURSE}
    groups = [{name: value for name, value in group.items() if name != "params"} for group in optimizer["param_groups"]]
    return {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, {
        "run": run,
        "groups": groups,
        "schedule": schedule,
        "averaged": state.average.steps if state.average is not None else 0,
    }


def _put(state: TrainingState, tensors: dict[str, Tensor], notes: dict[str, Any]) -> None:
    state.model.load_state_dict(_under(MODEL, tensors))
    if state.average is not None:
        state.average.model.load_state_dict(_under(AVERAGE, tensors))
        state.average.steps = notes["averaged"]
    parameters: dict[int, dict[str, Tensor]] = {}
    for key, tensor in _under(OPTIMIZER, tensors).items():
        number, _, name = key.partition(".")
        parameters.setdefault(int(number), {})[name] = tensor
    own = state.optimizer.state_dict()["param_groups"]
    groups = [{**mine, **kept} for mine, kept in zip(own, notes["groups"], strict=True)]
    state.optimizer.load_state_dict({"state": parameters, "param_groups": groups})
    state.schedule.load_state_dict({**state.schedule.state_dict(), **notes["schedule"]})
    state.order.set_state(tensors[f"{RANDOM}order"])
    torch.set_rng_state(tensors[f"{RANDOM}torch"])
    if (drawn := tensors.get(RANDOM + state.device.type)) is not None:  # of another device it has no meaning here
        torch.get_device_module(state.device).set_rng_state(drawn, state.device)
    state.run.state = _under(BEST, tensors)
    for name in COURSE:
        setattr(state.run, name, notes["run"][name])


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _digest(tensors: dict[str, Tensor], told: str) -> str:
    """A hash by which a damaged file is known, as a wrong bit in it would be a wrong result."""
    digest = hashlib.sha256(told.encode())
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype} {tuple(tensors[name].shape)} ".encode())
        digest.update(tensors[name].numpy().tobytes())
    return digest.hexdigest()


def _hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
