"""The settings of one family in their files."""

import pytest

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_bytes
from rnn_vs_transformer.settings.family.families import FAMILIES, load_settings, trained_settings

NO_SEEDS = b'{"model": {"cell": "rnn"}, "train": {}}'


@pytest.mark.parametrize("content", [b"{}", b"[]", b"3", NO_SEEDS, b'{"model": []}'])
@pytest.mark.parametrize("family", FAMILIES)
def test_damaged_settings_name_the_stages_that_write_them(tmp_path, monkeypatch, family, content):
    """Those beside the weights come from training, those that training follows from `check`."""
    monkeypatch.chdir(tmp_path)
    given = paths.family_settings("given", family)
    for path in (paths.trained_settings(family), given):
        write_bytes(path, content)

    for read in (lambda: trained_settings(family), lambda: load_settings(family, given)):
        with pytest.raises(
            InputError, match=r"json is damaged; run again the stage that writes it, as in: dvc repro --force check$"
        ):
            read()
