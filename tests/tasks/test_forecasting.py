"""The forecasting task: windows, scales, scores, intervals."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch
from sklearn import metrics

import fieldguide as fg
from fieldguide.data import Dataset
from fieldguide.errors import DataError, TaskMismatch, UsageError
from fieldguide.tasks import backtest
from fieldguide.tasks.forecasting import Forecasting
from tests import toys


def one_series(count: int = 300, season: int = 6, seed: int = 0) -> Dataset:
    chance = np.random.default_rng(seed)
    y = 50 + 10 * np.sin(np.arange(count) * 2 * np.pi / season) + chance.normal(size=count)
    columns = {"y": pl.Series(y), "x": pl.Series(chance.normal(size=count))}
    return Dataset.from_columns(columns).as_series(4, targets=("y",), lookback=12, season=season)


def test_windows_are_what_slicing_gives() -> None:
    data = one_series(40)
    task = Forecasting.fit(data)
    examples = task.encode(data)
    y, x = data.columns["y"].to_numpy(), data.columns["x"].to_numpy()
    steps = np.stack([(y - y.mean()) / y.std(), (x - x.mean()) / x.std()], axis=1)
    assert len(examples) == 40 - 16 + 1
    batch = examples.batch(torch.tensor([3, 0]))
    np.testing.assert_allclose(batch.x["past"][0], steps[3:15], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(batch.x["past"][1], steps[:12], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(batch.y[0, :, 0], steps[15:19, 0], rtol=1e-5, atol=1e-6)
    assert batch.y.shape == (2, 4, 1) and "known" not in batch.x
    np.testing.assert_array_equal(examples.y[3], batch.y[0])


def test_truth_is_a_view_of_the_steps() -> None:
    examples = Forecasting.fit(data := one_series()).encode(data)
    assert examples.y.untyped_storage().data_ptr() == examples.values.untyped_storage().data_ptr()
    task = Forecasting.fit(both := toys.windows())
    of_two = task.encode(both)
    index = torch.arange(len(of_two))
    np.testing.assert_array_equal(of_two.y, of_two.batch(index).y)


def test_known_columns_reach_over_the_horizon() -> None:
    data = toys.windows()
    batch = Forecasting.fit(data).encode(data).span(0, 2)
    known = batch.x["known"]
    assert known.shape == (2, 12, 1)
    promoted = data.columns["promoted"].to_numpy()
    assert (known[1, :, 0] > 0).tolist() == (promoted[1:13] > promoted[:60].mean()).tolist()


def test_rows_of_numbers_hold_the_same() -> None:
    data = toys.windows()
    task = Forecasting.fit(data, ("array",))
    flat, window = task.encode(data).span(0, 3), Forecasting.fit(data).encode(data).span(0, 3)
    past, last = window.x["past"][:, :-1], window.x["past"][:, -1:]
    parts = [(past - last).flatten(1), last.flatten(1), window.x["known"].flatten(1)]
    assert torch.equal(flat.x, torch.cat(parts, dim=1))
    assert task.inputs.shape == (flat.x.shape[1],)
    assert torch.equal(flat.y, window.y - last[..., :1])
    assert torch.equal(task.encode(data).y[:3], flat.y)


def test_differences_are_added_up_again() -> None:
    """A linear trend leaves the range of training; pulled towards 0, ridge goes on from its end."""
    data = Dataset.from_columns({"y": pl.Series(np.arange(200) * 3.0)}).as_series(2, lookback=4)
    train, test = data.split(0.5)
    model = fg.RidgeRegression(regularisation=0.001).fit(train)
    np.testing.assert_allclose(model.predict(test), [[600, 603]], atol=0.5)
    table = model.forecast(test)
    np.testing.assert_allclose(table["forecast"], [600, 603], atol=0.5)
    assert model.evaluate(test)["mae"] < 0.5


def test_every_series_has_its_own_scale() -> None:
    small, large = np.sin(np.arange(60)), 1e4 + 1e3 * np.sin(np.arange(60))
    names = pl.Series(["small"] * 60 + ["large"] * 60)
    columns = {"name": names, "y": pl.Series(np.concatenate([small, large]))}
    data = Dataset.from_columns(columns).as_series(2, series="name", lookback=6)
    examples = Forecasting.fit(data).encode(data)
    assert abs(float(examples.y.mean())) < 0.1 and 0.8 < float(examples.y.std()) < 1.2
    guess = fg.Naive().fit(data).predict(data)
    assert guess[:, 0] == pytest.approx([small[-1], large[-1]], rel=1e-4)


def test_scales_come_from_training_alone() -> None:
    train, test = one_series(100).split(0.3)
    task = Forecasting.fit(train)
    mean, deviation = task.inputs.codecs["steps"].table[0, 0]
    y = train.columns["y"].to_numpy()
    assert (mean, deviation) == pytest.approx((y.mean(), y.std()))
    later = task.encode(test).values[:, 0].numpy() * deviation + mean
    np.testing.assert_allclose(later, test.columns["y"].to_numpy(), rtol=1e-5)


def test_the_unit_of_skill_is_the_seasonal_naive_error() -> None:
    data = one_series(200, season=6)
    task = Forecasting.fit(data)
    z = task.encode(data).values[:, 0].double().numpy()
    # Four steps ahead of a season of six: each is six steps back.
    assert task.naive == pytest.approx(np.abs(z[6:] - z[:-6]).mean(), rel=1e-5)
    short = Forecasting.fit(
        Dataset.from_columns({"y": pl.Series(z)}).as_series(5, lookback=12, season=2)
    )
    lags = [2, 2, 4, 4, 6]
    expected = np.mean([np.abs(z[lag:] - z[:-lag]).mean() for lag in lags])
    assert short.naive == pytest.approx(expected, rel=1e-4)


def test_scores_equal_scikit_learn() -> None:
    train, test = one_series().split(0.3)
    model = fg.Drift().fit(train)
    found = model.evaluate(test)
    y = test.columns["y"].to_numpy()
    truth = np.stack([y[i + 12 : i + 16] for i in range(len(y) - 15)])
    last = np.stack([y[i + 11] for i in range(len(truth))])[:, None]
    slope = (last - np.stack([y[i] for i in range(len(truth))])[:, None]) / 11
    guess = last + slope * np.arange(1, 5)
    deviation = train.columns["y"].to_numpy().std()
    mae = metrics.mean_absolute_error(truth, guess)
    assert found["mae"] == pytest.approx(mae, rel=1e-4)
    rmse = metrics.root_mean_squared_error(truth.ravel(), guess.ravel())
    assert found["rmse"] == pytest.approx(rmse, rel=1e-4)
    assert found["standardised_mae"] == pytest.approx(mae / deviation, rel=1e-4)
    mse = metrics.mean_squared_error(truth, guess) / deviation**2
    assert found["standardised_mse"] == pytest.approx(mse, rel=1e-4)
    assert found["skill"] == pytest.approx(1 - mae / deviation / model.task_.naive, rel=1e-4)
    assert model.score(test) == pytest.approx(found["skill"])


def with_gaps(count: int = 200) -> tuple[Dataset, np.ndarray]:
    """Return series with a tenth of the values missing, and their values."""
    chance = np.random.default_rng(3)
    y = 5 + np.sin(np.arange(count) * 2 * np.pi / 6) + 0.2 * chance.normal(size=count)
    y[chance.random(count) < 0.1] = np.nan
    y[[0, -1]] = 5.0  # known ends: what is missing at the end would be the future
    columns = {"y": pl.Series(y).fill_nan(None)}
    return Dataset.from_columns(columns).as_series(4, lookback=12, season=6), y


def test_nothing_is_judged_by_what_was_filled_in() -> None:
    data, y = with_gaps()
    model = fg.Naive().fit(data)
    filled = pl.Series(y).fill_nan(None).forward_fill().to_numpy()
    truth = np.stack([y[i + 12 : i + 16] for i in range(len(y) - 15)])
    last = np.stack([filled[i + 11] for i in range(len(truth))])
    kept = np.isfinite(truth).mean(axis=1) >= 0.5
    error = np.abs(truth - last[:, None])[kept]
    assert model.evaluate(data)["mae"] == pytest.approx(np.nanmean(error), rel=1e-4)
    unit = np.nanmean(np.abs(y[6:] - y[:-6]))
    skill = 1 - np.nanmean(error, axis=1).mean() / unit
    assert model.score(data) == pytest.approx(skill, rel=1e-4)
    examples = model.task_.encode(data)
    assert len(examples) == kept.sum() < len(truth)
    batch = examples.span(0, len(examples))  # to learn from and to look back on, filled in
    assert batch.y.isfinite().all() and batch.x["past"].isfinite().all()
    some = model.task_.encode(data).take(torch.tensor([5, 2]))
    np.testing.assert_array_equal(some.y, examples.y[[5, 2]])


def test_margins_leave_out_what_was_filled_in() -> None:
    data, y = with_gaps()
    task = fg.Naive().fit(data).task_
    truth = np.stack([y[i + 12 : i + 16] for i in range(len(y) - 15)])
    filled = pl.Series(y).fill_nan(None).forward_fill().to_numpy()
    last = np.stack([filled[i + 11] for i in range(len(truth))])
    error = np.abs(truth - last[:, None])[np.isfinite(truth).mean(axis=1) >= 0.5] / np.nanstd(y)
    for step, half in enumerate(task.margins):
        ordered = np.sort(error[np.isfinite(error[:, step]), step])
        rank = int(np.ceil((len(ordered) + 1) * 0.8 - 1e-9))
        assert half == pytest.approx(ordered[rank - 1], rel=1e-4)


def test_late_windows_share_no_step_ahead_with_early_ones() -> None:
    data = toys.windows()  # two series
    examples = Forecasting.fit(data).encode(data)
    early, late = examples.late(0.2)
    assert len(late) == pytest.approx(0.2 * len(examples), abs=1)
    horizon = examples.cut.horizon
    ahead = [
        {int(start) + step for start in examples.starts[index] for step in range(horizon)}
        for index in (early, late)
    ]
    assert not ahead[0] & ahead[1] and len(early) + len(late) > 0.9 * len(examples) - 10


def test_mase_equals_its_definition() -> None:
    train, test = one_series(season=6).split(0.3)
    model = fg.SeasonalNaive().fit(train)
    y, later = train.columns["y"].to_numpy(), test.columns["y"].to_numpy()
    windows, ahead = range(len(later) - 15), range(4)
    errors = [np.abs(later[i + 12 + h] - later[i + 6 + h]) for i in windows for h in ahead]
    expected = np.mean(errors) / np.abs(y[6:] - y[:-6]).mean()
    assert model.evaluate(test)["mase"] == pytest.approx(expected, rel=1e-4)


def test_pinball_loss_equals_scikit_learn() -> None:
    chance = np.random.default_rng(0)
    truth, low = chance.normal(size=(50, 3, 2)), chance.normal(size=(50, 3, 2))
    for level in (0.1, 0.5, 0.9):
        ours = float(backtest.pinball(torch.from_numpy(truth - low), level))
        theirs = metrics.mean_pinball_loss(truth.ravel(), low.ravel(), alpha=level)
        assert ours == pytest.approx(theirs)


def test_conformal_margins_hold_what_they_promise() -> None:
    errors = torch.arange(1.0, 100.0)[:, None]  # 99 errors: the 80th of 99 holds 80 % of 100
    assert float(backtest.conformal(errors, 0.8)) == 80.0
    assert float(backtest.conformal(torch.tensor([[3.0], [1.0]]), 0.8)) == 3.0


def test_intervals_hold_about_eighty_per_cent() -> None:
    train, test = one_series(1500).split(0.3)
    model = fg.DLinear(epochs=5).fit(train)
    assert len(model.task_.margins) == 4
    assert 0.75 < model.evaluate(test)["coverage"] < 0.85


def test_intervals_survive_saving(tmp_path) -> None:
    data = toys.windows()
    model = fg.SeasonalNaive().fit(data)
    back = fg.load(model.save(tmp_path / "model"))
    assert back.task_ == model.task_ and back.forecast(data).equals(model.forecast(data))


def test_the_table_of_a_forecast() -> None:
    data = toys.windows()
    table = fg.SeasonalNaive().fit(data).forecast(data)
    assert table.columns == ["shop", "time", "target", "forecast", "low", "high"]
    assert len(table) == 2 * toys.AHEAD
    south = table.filter(pl.col("shop") == "south")
    assert str(south["time"][0]) == "2024-01-03 02:00:00"  # 50 hours, then the next one
    rows = data.columns["load"].to_numpy()[64 + 50 - 8 : 64 + 50 - 4]
    assert south["forecast"].to_list() == pytest.approx(rows.tolist(), rel=1e-4)
    assert (table["low"] < table["forecast"]).all() and (table["forecast"] < table["high"]).all()


def test_new_rows_are_read_as_in_training(tmp_path) -> None:
    data = one_series(120)
    model = fg.RidgeRegression().fit(data)
    frame = pl.DataFrame({"y": data.columns["y"], "x": data.columns["x"]})
    path = tmp_path / "new.csv"
    frame.write_csv(path)
    np.testing.assert_allclose(model.predict(path), model.predict(data), rtol=1e-4)
    np.testing.assert_allclose(model.predict(frame.to_pandas()), model.predict(data), rtol=1e-4)
    assert model.evaluate(path)["mae"] == pytest.approx(model.evaluate(data)["mae"], rel=1e-3)


def test_a_series_that_training_did_not_have_brings_its_own_scale() -> None:
    data = toys.windows()
    model = fg.Naive().fit(data)
    rows = np.flatnonzero(data.columns["shop"] == "south")
    other = data.take(rows)
    other.columns["shop"] = pl.Series(["east"] * len(rows))
    other.columns["load"] = data.columns["load"].gather(rows) * 1000
    assert model.predict(other)[0, 0] == pytest.approx(1000 * model.predict(data)[1, 0], rel=1e-4)


def test_a_future_that_must_be_known_is_asked_for() -> None:
    data = toys.windows()
    model = fg.Naive().fit(data)
    row = len(data) - 2
    short = data.take(np.arange(row))
    with pytest.raises(DataError, match=r"field 'promoted'.*3 step\(s\) ahead is missing.*4") as e:
        model.predict(short)
    assert e.value.row is not None and "Add rows for the steps to come" in str(e.value)
    holed = data.columns["promoted"].to_list()
    holed[row] = None
    data.columns["promoted"] = pl.Series(holed)
    with pytest.raises(DataError, match=rf"row {row + 1}, field 'promoted'"):
        model.predict(data)


def test_too_little_past_is_said() -> None:
    model = fg.Naive().fit(one_series())
    with pytest.raises(DataError, match=r"has 5 known steps; a forecast looks back on 12"):
        model.predict(one_series().take(np.arange(5)))
    with pytest.raises(DataError, match=r"scoring it takes 4 more"):
        model.evaluate(one_series().take(np.arange(14)))


def test_another_question_is_refused() -> None:
    data = one_series()
    model = fg.Naive().fit(data)
    columns = {name: data.columns[name] for name in ("y", "x")}
    other = Dataset.from_columns(columns).as_series(4, targets=("x",), lookback=12)
    with pytest.raises(DataError, match=r"targets \('x',\).*trained with \('y',\)"):
        model.predict(other)


def test_a_table_is_no_series_and_series_are_no_table() -> None:
    with pytest.raises(DataError, match=r"how far ahead.*--horizon"):
        fg.Naive(task="forecasting").fit(toys.table("regression"))
    with pytest.raises(TaskMismatch, match="poses forecasting"):
        fg.GradientBoosting().fit(toys.windows())


def test_what_forecasts_cannot_do_is_said(tmp_path) -> None:
    from fieldguide import serve

    model = fg.RidgeRegression().fit(one_series())
    with pytest.raises(UsageError, match="cannot be exported"):
        model.export(tmp_path / "model.onnx")
    with pytest.raises(UsageError, match=r"forecasts series.*fieldguide predict"):
        serve.load(model.save(tmp_path / "model"))


def test_gradients_reach_every_weight() -> None:
    """One step of each network that forecasts, in double precision against finite differences."""
    data = toys.windows()
    for kind in (fg.DLinear, fg.MLP):
        model = kind(task="forecasting")
        model.task_ = Forecasting.fit(data, model.card.inputs)
        model.network_ = model.build(model.task_).double()
        batch = model.task_.encode(data).span(0, 3)
        double = (
            (lambda x: x.double())
            if isinstance(batch.x, torch.Tensor)
            else (lambda x: {name: part.double() for name, part in x.items()})
        )
        batch.x, batch.y = double(batch.x), batch.y.double()
        loss = model.task_.loss(model.forward(batch), batch)
        loss.backward()
        for weight in model.network_.parameters():
            place = int(weight.grad.abs().flatten().argmax())
            slope = float(weight.grad.flatten()[place])
            with torch.no_grad():
                ends = []
                for shift in (1e-6, -2e-6):
                    weight.view(-1)[place] += shift
                    ends.append(float(model.task_.loss(model.forward(batch), batch)))
                weight.view(-1)[place] += 1e-6
            assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(slope, rel=1e-4)
