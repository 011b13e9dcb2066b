"""The entry of a shared server: the app of :mod:`geoparty.pages.entry.app` behind the gate."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from geoparty.pages.gate import Gate

app = st.App(Path(__file__).with_name("app.py"), middleware=[Middleware(Gate)])
