"""Streamlit with one line of text: what a browser takes before any app has shown anything."""

import streamlit as st

if __name__ == "__main__":
    st.markdown("geoparty")
