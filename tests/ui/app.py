"""Opens a page of the app in Streamlit's own test harness."""

from streamlit.testing.v1 import AppTest

from core.settings import APP_ROOT


def open_page(page: str = "", **query: str) -> AppTest:
    """Runs a page, as a deep link with those query parameters does."""
    app = AppTest.from_file(APP_ROOT / "streamlit_app.py", default_timeout=200)
    if page:
        app.switch_page(page)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def words(page: AppTest) -> str:
    """All text of a page, without the escapes of Markdown and with plain spaces."""
    kinds = ("markdown", "caption", "subheader", "error", "info", "warning", "success")
    text = "\n".join(element.value for kind in kinds for element in page.get(kind))
    return text.replace("\\", "").replace("\u00a0", " ")
