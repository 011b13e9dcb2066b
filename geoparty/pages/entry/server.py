"""The entry of a shared server: the app of :mod:`geoparty.pages.entry.app` behind the gate."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from geoparty.pages.gate import Gate
from geoparty.pages.shelf import Shelf

middleware = [Middleware(Gate), Middleware(Shelf)]
app = st.App(Path(__file__).with_name("app.py"), middleware=middleware)
