"""The settings of one family in their files."""

import pytest

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_bytes
from rnn_vs_transformer.settings.family.families import FAMILIES, load_settings, trained_settings


@pytest.mark.parametrize("content", [b"{}", b"[]", b"3", b'{"model": {"cell": "rnn"}, "train": {}}', b'{"model": []}'])
@pytest.mark.parametrize("family", FAMILIES)
def test_damaged_settings_name_the_stage_that_writes_them(tmp_path, monkeypatch, family, content):
    """Those beside the weights come from training, those that training follows from tuning."""
    monkeypatch.chdir(tmp_path)
    for path in (paths.settings(family), paths.tuned(family)):
        write_bytes(path, content)

    with pytest.raises(InputError, match=rf"settings\.json is damaged; run: dvc repro --force train_{family}$"):
        trained_settings(family)
    with pytest.raises(InputError, match=rf"{family}\.json is damaged; run: dvc repro --force tune_{family}$"):
        load_settings(family, paths.tuned(family))
