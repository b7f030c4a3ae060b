"""What all pictures share can be read at 400 px."""

import pandas as pd
import pytest

from ontime.core.pictures import style


def test_text_is_nine_pixels_high_where_a_picture_is_400_wide():
    assert style.SMALL / 72 * 400 / style.WIDTH > 9


def test_panels_stand_below_one_another_with_title_and_legend_across_the_width():
    figure, (first, second) = style.panels(2.0, 3.0)
    assert (figure.get_figwidth(), figure.get_figheight()) == (style.WIDTH, 5.0)
    axes = first.subplots()
    axes.plot([0, 1], label="a line")
    style.titled(first, "word " * 30)
    style.legend_below(first, axes, 2)
    second.subplots()
    figure.draw_without_rendering()
    title, (legend,) = first._suptitle, first.legends
    width = figure.bbox.width
    for text in (title, legend):
        extent = text.get_window_extent()
        assert 0 <= extent.x0 < extent.x1 <= width
    assert title.get_text().count("\n") >= 1
    assert legend.get_window_extent().y1 <= axes.get_window_extent().y0


def test_rows_are_labelled_from_the_top_down():
    _, (panel,) = style.panels(2.0)
    axes = panel.subplots()
    style.rows(axes, ["first", "a second that is too long for one line"], letters=20)
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["first", "a second that is too\nlong for one line"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_lengths_of_intervals_are_those_of_the_bounds():
    table = pd.DataFrame({"gain": [0.5], "gain_low": [0.3], "gain_high": [0.9]})
    below, above = style.spread(table, "gain")
    assert [below[0], above[0]] == pytest.approx([0.2, 0.4])
