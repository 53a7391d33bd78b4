"""The only place below the pages that imports streamlit."""
