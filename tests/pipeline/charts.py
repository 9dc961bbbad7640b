"""What the charts of a page of `dvc plots` show, as drawn in a browser without a network."""

import html
import json
import re
from pathlib import Path

SPY = """<script>
  const drawn = [], embed = window.vegaEmbed;
  window.vegaEmbed = (...chart) => { const view = embed(...chart); drawn.push(view); return view; };
</script></head>"""
TELL = """<script>
  addEventListener("load", () => Promise.all(drawn)
    .then((views) => Promise.all(views.map(({view}) => view.toSVG())))
    .then((charts) => document.title = JSON.stringify(charts)));
</script></body>"""


def drawn_charts(page: Path, browse) -> dict[str, str]:
    """The charts as SVG by title."""
    target = page.with_name("watched.html")
    target.write_text(page.read_text().replace("</head>", SPY).replace("</body>", TELL))
    dom, console = browse(target)
    notes = (
        " spec uses ",
        "WARN Infinite extent",
    )  # on versions, and on the layer of DVC's template that the mouse fills
    assert not [line for line in console if not any(note in line for note in notes)], console
    found = re.search(r"<title>(.*?)</title>", dom, re.DOTALL)
    assert found
    charts = json.loads(html.unescape(found.group(1)))
    titles = [re.search(r"Title text '([^']*)'", chart) for chart in charts]
    return {title.group(1): chart for title, chart in zip(titles, charts, strict=True) if title}


def lines_of(chart: str) -> int:
    """Lines that are really drawn: those with a point to go to."""
    return len(re.findall(r'aria-roledescription="line mark"[^>]*? d="M[^"]+L', chart))
