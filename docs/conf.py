"""How the documentation is built: `make docs` writes it to build/docs, and any broken link or reference fails."""

project = "Courtesy"
author = "Courtesy"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["reference/generate.py", "**/__pycache__"]
myst_enable_extensions = ["colon_fence", "deflist", "attrs_block"]
myst_heading_anchors = 3
myst_fence_as_directive: list[str] = []
html_theme = "furo"
html_title = "Courtesy"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_static_path: list[str] = []
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#155e63", "color-brand-content": "#155e63"},
    "dark_css_variables": {"color-brand-primary": "#82d3cf", "color-brand-content": "#82d3cf"},
}
