"""Streamlit pages: widgets, one cached call, one view."""
