"""The packaged entry of the app: ``streamlit run geoparty/pages/entry/app.py -- PROJECT``."""

from geoparty.pages import main

if __name__ == "__main__":
    main()
