"""One chart a module: data in, Plotly figure out; no I/O, no streamlit."""
