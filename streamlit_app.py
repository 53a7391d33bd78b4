"""The application: Home where Streamlit runs this file as a page, `app` where it imports it.

Home says what this is, how far each step is, and shows the latest runs.
"""

import streamlit as st

if __name__ == "__main__":
    from core.language import tr
    from core.runs.groups import standalone
    from core.ui import page, session
    from core.ui.home import hero, show_steps, start
    from core.ui.runs.table import latest_runs
    from core.ui.tips import show_tips_again

    page.setup("Unfreeze", "home")

    hero()
    start()

    st.subheader(tr("The steps"), anchor=False)
    show_steps()

    runs = standalone(session.run_store().list())
    if runs:
        st.subheader(tr("Latest runs"), anchor=False)
        latest_runs(runs)
        st.page_link("pages/6_Runs.py", label=tr("All runs"), icon=":material/arrow_forward:")
    show_tips_again()
else:
    from core.app import around_pages

    app = st.App(__file__, **around_pages())
