"""The app over results that are already made, as ``geoparty app`` serves it."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from geoparty.pages.shelf import Shelf

app = st.App(Path(__file__).with_name("served_script.py"), middleware=[Middleware(Shelf)])
