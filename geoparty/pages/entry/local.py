"""The entry of the app on its own machine: :mod:`geoparty.pages.entry.app` behind the shelf."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from geoparty.pages.shelf import Shelf

app = st.App(Path(__file__).with_name("app.py"), middleware=[Middleware(Shelf)])
