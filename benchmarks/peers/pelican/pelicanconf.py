"""The archive with Pelican: threads are articles; `lists.py` beside this file makes their lists."""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

ARCHIVE = json.loads((HERE / "archive.json").read_text(encoding="utf-8"))
SITENAME = ARCHIVE["name"]
SITEURL = ARCHIVE["base_url"]
PATH = "content"
OUTPUT_PATH = "public"
THEME = "theme"
PLUGINS = ["lists"]
TIMEZONE = "UTC"
DEFAULT_LANG = "en"
ARTICLE_PATHS = ["threads"]
ARTICLE_URL = "threads/{slug}/"
ARTICLE_SAVE_AS = "threads/{slug}/index.html"
# A thread's language is for readers; Pelican would take two languages for two translations of one article.
ARTICLE_TRANSLATION_ID = None
PAGE_PATHS = ["pages"]
PAGE_URL = "{slug}/"
PAGE_SAVE_AS = "{slug}/index.html"
STATIC_PATHS = ["assets"]
DEFAULT_PAGINATION = 20
PAGINATED_TEMPLATES = {"list": 20}
PAGINATION_PATTERNS = (
    (1, "{base_name}/", "{base_name}/index.html"),
    (2, "{base_name}/page/{number}/", "{base_name}/page/{number}/index.html"),
)
DIRECT_TEMPLATES = ["index", "404", "topics"]
TOPICS_SAVE_AS = "topics/index.html"
MARKDOWN = {
    "extension_configs": {"markdown.extensions.extra": {}, "markdown.extensions.sane_lists": {}},
    "output_format": "html5",
}
AUTHOR_SAVE_AS = CATEGORY_SAVE_AS = TAG_SAVE_AS = ""
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
