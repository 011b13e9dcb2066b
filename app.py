"""The app's entry for ``streamlit run app.py [-- PROJECT]``."""

from geoparty.pages import main

if __name__ == "__main__":
    main()
