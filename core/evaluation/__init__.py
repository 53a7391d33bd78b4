"""Predictions, metrics and the verdict. Imports neither streamlit nor keras."""
