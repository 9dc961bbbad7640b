"""Which machine this is, so that times of two are never mixed."""

import hashlib
import platform
from pathlib import Path


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def machine_label() -> str:
    """Processor, cores, and a short hash of the host's name, as in `Intel Xeon, 2 cores, host 3fa9c1`."""
    from joblib import cpu_count  # noqa: PLC0415 - a forecast, which trains nothing, need not wait for it

    host = hashlib.sha256(platform.node().encode()).hexdigest()[:6]
    return f"{processor()}, {cpu_count()} cores, host {host}"


def is_of_host(label: str, host: str) -> bool:
    """Whether a label is that of a host, or of one of its devices, which stands behind it."""
    return label == host or label.startswith(f"{host}, ")


def device_behind(label: str) -> str:
    """The device that stands behind a host's label, as in `..., host 3fa9c1, NVIDIA H100`; empty: the processor."""
    return label.partition(", host ")[2].partition(", ")[2]
