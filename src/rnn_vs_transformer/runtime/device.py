"""Where models are trained: on the processor, or on what `run.device` names."""

import os
from typing import Final

import torch

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.machine import machine_label
from rnn_vs_transformer.runtime.run import RunParams

CPU: Final = torch.device("cpu")


def devices_of(run: RunParams) -> list[torch.device]:
    """The devices to train on, in order: all of the kind that is asked for, or with `auto` that is seen; else the CPU.

    Raises:
        InputError: The device that is asked for is not seen.
    """
    if run.backend != "loky" or run.device == "cpu":
        return [CPU]
    seen = {"cuda": _seen_of_cuda(), "mps": [torch.device("mps")] if torch.backends.mps.is_available() else []}
    if run.device == "auto":
        return seen["cuda"] or seen["mps"] or [CPU]
    if not seen[run.device]:
        raise InputError(
            f"run.device: {run.device} is not seen by PyTorch {torch.__version__} here; install a PyTorch and a driver "
            "for it, or run: dvc exp run -S run.device=auto"
        )
    return seen[run.device]


def unused_devices(run: RunParams) -> list[torch.device]:
    """Those that a run with `run.device: cpu` leaves idle."""
    if run.backend != "loky" or run.device != "cpu":
        return []
    return [device for device in devices_of(run.model_copy(update={"device": "auto"})) if device != CPU]


def make_repeatable(device: torch.device) -> None:
    """Let a device give the same numbers each time, in full float32, where torch can; call it before its first work.

    On CUDA an operation that cannot repeat is an error, on MPS a warning. The CPU repeats as it is.
    """
    if device.type == "cpu":
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":16:8")  # read when CUDA starts; cuDNN's cells ask for it too
    torch.use_deterministic_algorithms(True, warn_only=device.type != "cuda")
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined] # no step reads such
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False  # 10 bits of a float32's 23, and the default of recurrent kernels


def widest(device: torch.device) -> torch.dtype:
    """What sums are taken in: float64, which MPS does not have."""
    return torch.float32 if device.type == "mps" else torch.float64


def device_label(device: torch.device) -> str:
    """The machine, and the device where it is not the CPU: times of two are never mixed."""
    if device.type == "cpu":
        return machine_label()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return f"{machine_label()}, {name}"


def _seen_of_cuda() -> list[torch.device]:
    if not torch.cuda.is_available():  # a card whose driver is too old for this PyTorch is counted all the same
        return []
    return [torch.device("cuda", number) for number in range(torch.cuda.device_count())]
