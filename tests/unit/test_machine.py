"""The label that times carry tells machines apart, and gives no host's name away."""

import platform
import re
from pathlib import Path

import joblib

from rnn_vs_transformer.runtime.machine import is_of_host, machine_label, processor


def test_a_label_names_processor_and_cores_and_stays_the_same():
    label = machine_label()

    assert label == machine_label()
    assert label.startswith(f"{processor()}, {joblib.cpu_count()} cores, host ")
    assert re.search(r"host [0-9a-f]{6}$", label)


def test_machines_of_one_kind_are_told_apart_without_their_names(monkeypatch):
    """Labels are published with the times."""
    labels = []
    for name in ("lab-one.example", "lab-two.example"):
        monkeypatch.setattr(platform, "node", lambda name=name: name)
        labels.append(machine_label())

    assert labels[0] != labels[1]
    assert not any("lab" in label for label in labels)


def test_a_device_is_of_its_host_and_of_no_other():
    host = "EPYC, 2 cores, host 12ab34"
    assert is_of_host(host, host)
    assert is_of_host(f"{host}, NVIDIA H100", host)
    assert not is_of_host("EPYC, 2 cores, host 12ab35, NVIDIA H100", host)
    assert not is_of_host(host, f"{host}, NVIDIA H100")


def test_without_proc_cpuinfo_the_platform_is_asked(monkeypatch):
    """As on macOS; some systems name no processor either, but each its architecture."""

    def refuse(*_, **__):
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", refuse)
    monkeypatch.setattr(platform, "processor", lambda: "")
    assert processor() == platform.machine() != ""
