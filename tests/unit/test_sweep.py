"""The table of a sweep: who wins, and by what."""

from tools.sweep import sweep_table


def entry(name, heads, rnn, transformer, rev="abcdef123", source="synthetic", **more):
    """A run as `dvc exp show --json` gives it; each family as (test MSE, validation MSE)."""
    families = {
        family: {"mse": test, "mse_ci_low": test - 0.01, "mse_ci_high": test + 0.01, "validation_mse": validation}
        for family, (test, validation) in {"rnn": rnn, "transformer": transformer}.items()
    }
    params = {"model": {"heads": heads}, "data": {"source": source}, "run": {"workers": heads}}
    data = {"metrics": {"reports/metrics.json": {"data": families}}, "params": {"params.yaml": {"data": params}}}
    return {"rev": rev, "name": name, "data": data, **more}


def shown(*experiments):
    baseline = entry(None, 4, (0.3, 0.30), (0.2, 0.20))
    baseline["experiments"] = [{"revs": [experiment]} for experiment in experiments]
    return [entry(None, 99, (0.0, 0.0), (0.0, 0.0), rev="workspace"), baseline]


def row(table, name):
    return next(line for line in table.splitlines() if line.startswith(f"| {name} "))


def test_the_winner_is_chosen_by_validation_and_not_by_test() -> None:
    """The run with the lower test error but the higher validation loss must not be marked."""
    lucky = entry("lucky", 2, (0.3, 0.30), (0.1, 0.25))
    sound = entry("sound", 8, (0.3, 0.31), (0.4, 0.15))
    table = sweep_table(shown(lucky, sound))
    assert "0.1500 ★" in row(table, "sound")
    assert "★" not in row(table, "lucky")
    assert row(table, "abcdef1").count("★") == 1  # the commit's own RNN
    assert "0.400 (0.390 to 0.410)" in row(table, "sound")


def test_only_changed_settings_that_matter_are_listed() -> None:
    table = sweep_table(shown(entry("eight", 8, (0.3, 0.3), (0.2, 0.2))))
    assert "| model.heads=8 |" in row(table, "eight")
    assert "(the commit)" in row(table, "abcdef1")


def test_each_series_has_stars_of_its_own() -> None:
    """Losses of different series are not comparable, however low."""
    mine, worse = ((0.01, 0.01), (0.01, 0.01)), ((0.02, 0.02), (0.02, 0.02))
    table = sweep_table(shown(entry("other", 4, *mine, source="csv"), entry("gru", 4, *worse, source="csv")))
    assert [row(table, name).count("★") for name in ("abcdef1", "other", "gru")] == [2, 2, 0]
    assert "stars of its own" in table


def test_failed_and_waiting_experiments_are_counted() -> None:
    waiting = {"rev": "123", "name": "waiting", "data": None}
    failed = entry("failed", 8, (0.3, 0.3), (0.2, 0.2), error={"msg": "broken"})
    busy = {"revs": [entry("busy", 8, (0.3, 0.3), (0.2, 0.1))], "executor": {"state": "running"}}
    commits = shown(waiting, failed)
    commits[1]["experiments"].append(busy)
    table = sweep_table(commits)
    assert "| busy" not in table
    assert "3 experiments have no results" in table
    assert "| failed" not in table


def test_a_commit_without_results_is_told() -> None:
    assert "no results yet" in sweep_table([{"rev": "abc", "name": "main", "data": None}])
