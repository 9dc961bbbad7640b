"""The readout by segments: queries that the mixer answers, all at once."""

import pytest
import torch

from rnn_vs_transformer.models.rnn import Recurrence, build_rnn
from rnn_vs_transformer.models.segments import SegmentReadout
from rnn_vs_transformer.models.shell import InputSizes
from rnn_vs_transformer.models.transformer import build_transformer

BUILDERS = pytest.mark.parametrize("build", [build_rnn, build_transformer])
SEGMENTS = {"model.readout": "segments", "model.patch_length": 4, "model.patch_stride": 4}


def contexts(count, length=12):
    return torch.randn(count, length, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "min_gru"])
@pytest.mark.parametrize("layers", [1, 2])
def test_recurrence_answers_a_query_by_one_more_step(configure, scramble, embed, cell, layers):
    """A query is what the cell would read next: each alone, from the final state, as if it followed the tokens."""
    mixer = scramble(Recurrence(configure({"model.cell": cell, "model.rnn_layers": layers}).model)).eval()
    tokens, queries = torch.randn(2, 5, 8), torch.randn(2, 3, 8)

    answers = mixer.answer(embed(tokens), queries)

    for number in range(3):
        longer = torch.cat([tokens, queries[:, [number]]], dim=1)
        torch.testing.assert_close(answers[:, number], mixer(embed(longer), last_only=True)[:, 0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("positional", ["sinusoidal", "learned", "rotary", "none"])
def test_attention_answers_queries_as_tokens_behind_the_others(configure, scramble, embed, positional):
    """The last layer asks for the queries alone; the numbers are those of the whole sequence."""
    params = configure({**SEGMENTS, "model.positional": positional}).model
    mixer = scramble(build_transformer(params, 12, 8)).eval().mixer  # 3 patches and 2 segments
    tokens, queries = torch.randn(2, 3, 8), torch.randn(2, 2, 8)

    whole = mixer(embed(torch.cat([tokens, queries], dim=1)), last_only=False)

    torch.testing.assert_close(mixer.answer(embed(tokens), queries), whole[:, 3:], rtol=1e-4, atol=1e-5)


@BUILDERS
def test_every_segment_sees_the_whole_context(configure, scramble, build):
    """A segment that lost the tokens would be a forecast of its position alone."""
    model = scramble(build(configure(SEGMENTS).model, 12, 8)).eval()
    for step in range(8):
        context = contexts(1).requires_grad_()
        model(context)[0, step].backward()
        assert (context.grad != 0).all()


@BUILDERS
def test_segments_differ_by_position_and_by_channel(configure, scramble, build):
    """Nothing but its query tells a segment apart, and nothing but the query knows the channel."""
    model = scramble(build(configure(SEGMENTS).model, 12, 8, InputSizes(series=2))).eval()
    same = contexts(1).expand(2, -1)

    forecast = model(same, torch.tensor([0, 1]))

    assert (forecast[:, :4] - forecast[:, 4:]).abs().max() > 1e-2
    assert (forecast[0] - forecast[1]).abs().max() > 1e-2
    assert torch.equal(model(same, torch.tensor([1, 1]))[0], forecast[1])


@BUILDERS
def test_a_last_segment_beyond_the_horizon_is_cut_off(configure, scramble, build):
    """Six steps in segments of four: two segments, of which the last gives only its first two steps."""
    short, long = (scramble(build(configure(SEGMENTS).model, 12, steps)).eval() for steps in (6, 8))
    torch.testing.assert_close(short(contexts(3)), long(contexts(3))[:, :6])


def test_the_channel_may_only_be_left_out_where_there_is_one():
    """Taking the first one silently would forecast every channel as if it were that."""
    torch.testing.assert_close(
        (one := SegmentReadout(2, 4, 8, 6, 1)).queries(3, None), one.queries(3, torch.zeros(3, dtype=torch.long))
    )
    with pytest.raises(ValueError, match="as there are 2"):
        SegmentReadout(2, 4, 8, 6, 2).queries(3, None)
