"""What is shown in a page beside the page itself: the problems that keep the archive from being built.

It is HTML in a shadow tree, which the styles of the page don't reach: these may be what is wrong.
"""

from html import escape
from pathlib import Path

from medqa.console import count
from medqa.errors import Problem
from medqa.reports import excerpt
from medqa.serve.preview import Standing

_SHOWN = 20
"""Problems that are shown; an archive may have thousands when a template is wrong."""
_FRAME = """<medqa-problems role="alert"><template shadowrootmode="open"><style>
:host{position:fixed;inset:0 0 auto;z-index:2147483647;display:block;max-height:60vh;overflow:auto;
font:16px/1.5 system-ui,sans-serif;color:#fff;background:#7a1020;box-shadow:0 2px 12px #0008}
details{padding:.6rem 1rem}summary{cursor:pointer;font-weight:700}ol{margin:.4rem 0;padding-inline-start:1.6rem}
li{margin:.5rem 0}code,pre{font:14px/1.5 ui-monospace,monospace}
pre{margin:.2rem 0;padding:.3rem .6rem;overflow:auto;background:#0006}p{margin:.2rem 0}
</style><details open><summary>%s</summary>%s</details></template></medqa-problems>"""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>%s</title>
</head>
<body>
<p>%s</p>
</body>
</html>
"""


def overlay(root: Path, standing: Standing) -> str:
    """Show why the last build failed; "" where it did not."""
    if not standing.failed:
        return ""
    number = len(standing.problems)
    what = f"{count(number, 'error')} in the archive" if number else "The preview cannot be made"
    shown = "".join(_item(root, found) for found in standing.problems[:_SHOWN])
    more = f"<p>… and {number - _SHOWN:,} more: the terminal lists them all.</p>" if number > _SHOWN else ""
    reason = f"<p>{escape(standing.reason)}</p>" if standing.reason else ""
    return _FRAME % (f"{what}. The pages stay as they were until this is mended.", f"{reason}<ol>{shown}</ol>{more}")


def page(text: str) -> str:
    """Make a page of a sentence, where the site has none to show."""
    return _PAGE % (escape(text), escape(text))


def _item(root: Path, found: Problem) -> str:
    place = escape(f"{found.path}:{found.line}:{found.column}")
    parts = [f"<code>{place}</code> {found.code}<br>{escape(found.message)}"]
    if lines := excerpt(root, found):
        parts.append(f"<pre>{escape(chr(10).join(lines))}</pre>")
    if found.hint:
        parts.append(f"<p>Hint: {escape(found.hint)}</p>")
    return f"<li>{''.join(parts)}</li>"
