"""How the documentation is built: offline, from Markdown."""

from importlib.metadata import version as installed

project = "shopcore"
version = release = installed("shopcore")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3  # so that pages can link to headings of one another

# Nothing is fetched while building or reading: no intersphinx, no web fonts, no analytics.
html_theme = "furo"
html_title = "shopcore"

autodoc_typehints = "description"
# A signature names types of other libraries, which are documented elsewhere; our own must resolve.
nitpick_ignore_regex = [("py:.*", r"(?!shopcore|shop_http).*")]
